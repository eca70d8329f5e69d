"""`python -m models.pretrain --config X.toml --data FOLDER --out FOLDER`, or the same under torchrun.

The data is made beforehand by `models.pretrain.prepare`, or meanwhile where cores are free beside a GPU: `--workers N`.
"""

from __future__ import annotations

import argparse
import dataclasses
import os
import shutil
from pathlib import Path

from models import config
from models.config import TrainerConfig
from models.pretrain import shards
from models.pretrain.making import making
from models.training.command import ended
from workers.pipeline.errors import InputError


def main() -> None:
    """Train to the end of the budget; goes on from the last save in `--out`."""
    parser = argparse.ArgumentParser(prog="python -m models.pretrain", description=__doc__)
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True, help="folder made by models.pretrain.prepare")
    parser.add_argument(
        "--workers", type=int, default=0, help="make what the folder lacks meanwhile, in so many processes"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder of the run: state.pt, log.jsonl")
    args = parser.parse_args()
    with ended():
        if args.workers < 0:
            raise InputError(f"--workers must be at least 0, not {args.workers}")
        run(config.load(args.config), args.data, args.out, args.workers)


def run(resolved: TrainerConfig, folder: Path, out: Path, workers: int = 0) -> None:
    """One process of a training run; torchrun's environment says which one of how many.

    With `workers`, the first one has the data made meanwhile. Raises a DeskcheckError for what cannot be used: folder,
    data, save, disk, loss not a number.
    """
    # not above: the processes that make data meanwhile read this file, and torch takes seconds to import
    import torch
    from torch import distributed as dist

    from models.pretrain.train import Trainer
    from models.training.result import claim

    first = int(os.environ.get("RANK", 0)) == 0
    if resolved.pretrain.compile and not shutil.which(os.environ.get("CXX", "g++")):
        raise InputError("[pretrain] compile needs a C++ compiler (g++), or set it to false")
    if first:  # torchrun ends the others when this one fails
        claim(out, dataclasses.asdict(resolved))
    shards.belongs(folder, resolved.dataset)
    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))
    device = _device()
    if "WORLD_SIZE" in os.environ:
        dist.init_process_group("gloo" if device == "cpu" else "nccl")
    try:
        if workers and first:
            with making(resolved.dataset, folder, workers) as coming:
                Trainer(resolved, folder, out, device, coming).train()
        else:
            Trainer(resolved, folder, out, device, lambda: workers > 0).train()
    finally:
        if dist.is_initialized():
            dist.destroy_process_group()


def _device() -> str:
    """This process's own GPU, or the CPU where there are fewer GPUs than processes on this machine."""
    import torch

    if torch.cuda.device_count() < int(os.environ.get("LOCAL_WORLD_SIZE", 1)):
        return "cpu"
    torch.cuda.set_device(local := int(os.environ.get("LOCAL_RANK", 0)))
    torch.set_float32_matmul_precision("high")  # what autocast leaves in float32 is multiplied as TF32
    return f"cuda:{local}"


if __name__ == "__main__":
    main()
