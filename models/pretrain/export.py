"""`python -m models.pretrain.export --config X.toml --run FOLDER --data FOLDER --out FOLDER`: a run → a checkpoint."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from models import checkpoint, config, lineage
from models.config import TrainerConfig
from models.pretrain import prepare
from models.pretrain.feed import together
from models.pretrain.model import llama_config, rows
from models.pretrain.shards import belongs, data_hash
from models.pretrain.state import STATE, load
from models.pretrain.tokenizer import vocabulary
from models.training.command import ended
from models.training.result import CLAIM, claimed
from workers.pipeline.errors import InputError


def export(run: Path, data: Path, out: Path, source: Path, replace: bool = False) -> None:
    """Write the checkpoint of a run's last save; `source` is the configuration file the run was made with.

    Raises InputError without a saved state, for a configuration or data that are not those of the run, a run or data in
    another PROMPT_VERSION, weights that are no numbers, or where `out` exists and is not to be replaced; OSError where
    the disk is full.
    """
    write(run, data, out, config.load(source), source.name, replace)


def write(run: Path, data: Path, out: Path, resolved: TrainerConfig, source: str, replace: bool = False) -> None:
    """As `export`, for a configuration that is resolved already; `source` is the name of its file."""
    if not (run / STATE).exists():
        raise InputError(f"{run}: no {STATE}; train first")
    speaks = _check(run, data, resolved)
    state = load(run / STATE)
    position, everything = state["progress"]["position"], prepare.shards(resolved.dataset)
    chunks = max(1, position["chunk"] + (position["at"] > 0))  # one that is waited for is not there to be hashed
    seen = everything if position["epoch"] else min(everything, chunks * together(resolved.dataset, resolved.pretrain))
    arrays = {name: value.float().numpy() for name, value in state["model"].items() if name != "lm_head.weight"}
    vocab, entries = arrays["model.embed_tokens.weight"].shape[0], len(vocabulary(data / "tokenizer.json"))
    if rows(entries) != vocab:
        raise InputError(f"{data}: its vocabulary has {entries} entries, which is not that of the run's {vocab} rows")
    architecture = llama_config(resolved.model, vocab).to_dict()
    architecture |= {"architectures": ["LlamaForCausalLM"], "dtype": "float16"}
    told = resolved.dataset.told
    narrative = config.NARRATIVES[resolved.dataset.workings] if told == "compact" else told
    manifest: dict[str, Any] = {
        "name": resolved.name, "stage": "pretrain", "context_length": resolved.model.context, "prompt_version": speaks,
        "prompt_style": "tagged", "narrative_style": narrative, "tasks": ["solve", "predict", "fix"], "config": source,
        "data_hash": data_hash(data, seen), "config_hash": config.digest(resolved),
        "training": {"tokens": state["progress"]["tokens"], "seconds": round(state["progress"]["seconds"])},
        "evaluation": {}, "calibration": [],
    }  # fmt: skip
    if resolved.pretrain.init:
        manifest["parent"] = lineage.parent(Path(resolved.pretrain.init))
    checkpoint.write(out, arrays, architecture, data / "tokenizer.json", manifest, replace)


def _check(run: Path, data: Path, resolved: TrainerConfig) -> int:
    """The PROMPT_VERSION of a run, if configuration and data are its own. Raises InputError."""
    told = claimed(run)
    if told is None:
        raise InputError(f"{run}: no {CLAIM}, which says what the run was begun with")
    speaks = int(told.pop("prompt_version"))
    if config.parsed(told, str(run / CLAIM)) != resolved:
        raise InputError(f"{run} was not trained with this configuration: {CLAIM} there says with which")
    if not belongs(data, resolved.dataset):
        raise InputError(f"{data} holds no data of python -m models.pretrain.prepare")
    return speaks


def main() -> None:
    """Export one run; an existing folder is replaced only where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m models.pretrain.export", description=__doc__)
    for name in ("config", "run", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--replace", action="store_true", help="an existing --out is deleted")
    args = parser.parse_args()
    with ended("stopped"):
        export(args.run, args.data, args.out, args.config, replace=args.replace)


if __name__ == "__main__":
    main()
