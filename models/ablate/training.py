"""Training of one model, from a configuration to a checkpoint folder. Every stage goes on where it was stopped."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from models.config import DatasetConfig, TrainerConfig
from models.rl.config import RlConfig

CHECKPOINT = "checkpoint"
"""The folder of the result under that of a model."""


def reinforce(config: RlConfig, parent: Path, folder: Path) -> None:
    """Reinforcement learning from `parent`; what the optimizer saved is of no use afterwards and goes."""
    from models.export.export import export  # torch takes seconds to import, and the parent does without
    from models.rl.run import run

    run(config, f"{config.name}.toml", parent, folder / "run")
    export(folder / "run", folder / CHECKPOINT, replace=True)
    for save in (folder / "run").glob("checkpoint-*"):
        shutil.rmtree(save)


def prepare(config: DatasetConfig, folder: Path) -> None:
    """Token shards."""
    from models.pretrain.prepare import build

    build(config, folder, 1)


def pretrain(config: TrainerConfig, data: Path, folder: Path) -> None:
    """Training from scratch on the shards in `data`; the optimizer's state goes afterwards."""
    from models.pretrain.__main__ import run
    from models.pretrain.export import write

    run(config, data, folder / "run")
    write(folder / "run", data, folder / CHECKPOINT, config, f"{config.name}.toml", replace=True)
    (folder / "run/state.pt").unlink()


def tokens(checkpoint: Path) -> int:
    """What a checkpoint says of its last training: tokens that were there to learn from."""
    return int(json.loads((checkpoint / "manifest.json").read_text(encoding="utf-8"))["training"]["tokens"])
