"""`python -m models.pretrain.export --run FOLDER --data FOLDER --out FOLDER`: a run's last save → a checkpoint folder."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import torch

from models import checkpoint, config
from models.pretrain.model import llama_config
from workers.pipeline.errors import InputError


def export(run: Path, data: Path, out: Path, source: Path) -> None:
    """Write the checkpoint of a run made with the configuration file `source`. Raises InputError without a saved state."""
    if not (run / "state.pt").exists():
        raise InputError(f"{run}: no state.pt; train first")
    resolved = config.load(source)
    state = torch.load(run / "state.pt", map_location="cpu", weights_only=True)
    dataset = json.loads((data / "manifest.json").read_text())
    weights = {name: value.float().numpy() for name, value in state["model"].items() if name != "lm_head.weight"}
    vocab = weights["model.embed_tokens.weight"].shape[0]
    architecture = llama_config(resolved.model, vocab).to_dict()
    architecture |= {"architectures": ["LlamaForCausalLM"], "dtype": "float16"}
    manifest = {
        "name": resolved.name, "context_length": resolved.model.context, "prompt_style": "tagged",
        "narrative_style": "compact", "tasks": ["solve", "predict", "fix"], "config": source.name,
        "data_hash": dataset["data_hash"], "config_hash": config.digest(resolved),
        "training": {"tokens": state["progress"]["tokens"], "seconds": round(state["progress"]["seconds"])},
        "evaluation": {}, "calibration": [],
    }  # fmt: skip
    checkpoint.write(out, weights, architecture, data / "tokenizer.json", manifest)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("run", "data", "out", "config"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    args = parser.parse_args()
    export(args.run, args.data, args.out, args.config)


if __name__ == "__main__":
    main()
