"""`python -m models.pretrain.export --config X.toml --run FOLDER --data FOLDER --out FOLDER`: a run → a checkpoint."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path
from typing import Any

import torch

from models import checkpoint, config, lineage
from models.config import TrainerConfig
from models.pretrain import prepare
from models.pretrain.feed import together
from models.pretrain.model import llama_config
from models.pretrain.shards import data_hash
from workers.pipeline.errors import DeskcheckError, InputError


def export(run: Path, data: Path, out: Path, source: Path, replace: bool = False) -> None:
    """Write the checkpoint of a run's last save; `source` is the configuration file the run was made with.

    Raises InputError without a saved state, or where `out` exists and is not to be replaced.
    """
    write(run, data, out, config.load(source), source.name, replace)


def write(run: Path, data: Path, out: Path, resolved: TrainerConfig, source: str, replace: bool = False) -> None:
    """As `export`, for a configuration that is resolved already; `source` is the name of its file."""
    if not (run / "state.pt").exists():
        raise InputError(f"{run}: no state.pt; train first")
    state = torch.load(run / "state.pt", map_location="cpu", weights_only=True)
    position, everything = state["progress"]["position"], prepare.shards(resolved.dataset)
    chunks = (position["chunk"] + 1) * together(resolved.dataset, resolved.pretrain)
    seen = everything if position["epoch"] else min(everything, chunks)
    arrays = {name: value.float().numpy() for name, value in state["model"].items() if name != "lm_head.weight"}
    vocab = arrays["model.embed_tokens.weight"].shape[0]
    architecture = llama_config(resolved.model, vocab).to_dict()
    architecture |= {"architectures": ["LlamaForCausalLM"], "dtype": "float16"}
    told = resolved.dataset.told
    narrative = config.NARRATIVES[resolved.dataset.workings] if told == "compact" else told
    manifest: dict[str, Any] = {
        "name": resolved.name, "stage": "pretrain", "context_length": resolved.model.context, "prompt_style": "tagged",
        "narrative_style": narrative, "tasks": ["solve", "predict", "fix"], "config": source,
        "data_hash": data_hash(data, seen), "config_hash": config.digest(resolved),
        "training": {"tokens": state["progress"]["tokens"], "seconds": round(state["progress"]["seconds"])},
        "evaluation": {}, "calibration": [],
    }  # fmt: skip
    if resolved.pretrain.init:
        manifest["parent"] = lineage.parent(Path(resolved.pretrain.init))
    if replace and out.exists():
        shutil.rmtree(out)
    checkpoint.write(out, arrays, architecture, data / "tokenizer.json", manifest)


def main() -> None:
    """Export one run; an existing folder is replaced only where that is asked for."""
    parser = argparse.ArgumentParser(prog="python -m models.pretrain.export", description=__doc__)
    for name in ("config", "run", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--replace", action="store_true", help="an existing --out is deleted")
    args = parser.parse_args()
    try:
        export(args.run, args.data, args.out, args.config, replace=args.replace)
    except DeskcheckError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
