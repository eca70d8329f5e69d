"""How much is measured, and how a run in miniature differs: the same path, too little of everything to say anything."""

from __future__ import annotations

from dataclasses import dataclass, replace

from models.ablate.experiments import FOLDER, Config
from models.rl.config import RlConfig
from models.toml import read, section


@dataclass(frozen=True, slots=True)
class Sizes:
    """Items and samples of the measurements."""

    pairs: int = 80
    """Problems with a correct and an incorrect program each, whose outcomes are predicted."""
    unseen: int = 80
    """Such pairs of templates that are kept out of training."""
    random: int = 40
    """Random programs that give an output."""
    raises: int = 40
    """Programs that end in an exception."""
    samples: int = 4
    """Sampled predictions of each program."""
    hard: int = 60
    """Problems of `operations`, half of them on standard input."""
    operations: int = 6
    easy: int = 40
    """Problems of up to three operations."""
    voted: int = 40
    """Of all problems those that votes are compared on, evenly from hard to easy: sampled predictions cost most."""
    expressions: int = 300
    """Programs like those that models are trained on from scratch."""
    turns: int = 4
    """Programs in one loop at most, the first included."""
    candidates: int = 8
    """Programs sampled for each problem where best@N is measured at one N."""
    most: int = 16
    """The same where it is measured at all N up to this one."""


def full() -> Sizes:
    """Those of the configuration file. Raises InputError."""
    path = FOLDER / "sizes.toml"
    sizes: Sizes = section(Sizes, read(path), f"{path}:")
    return sizes


SMOKE = Sizes(
    pairs=4, unseen=2, random=2, raises=2, samples=2, hard=4, easy=2, voted=2, expressions=12, turns=2, candidates=2,
    most=4,
)  # fmt: skip


def miniature(config: Config) -> Config:
    """The configuration with a budget of seconds."""
    if isinstance(config, RlConfig):
        train = replace(
            config.train, steps=2, tokens=0, prompts=2, group=4, micro=8, new_tokens=min(config.train.new_tokens, 128)
        )
        return replace(config, pool=replace(config.pool, rows=8, steps=12, low=0.0, high=1.0), train=train)
    pretrain = replace(config.pretrain, tokens=20_000, batch_tokens=2048, validation_records=16, warmup_steps=2)
    return replace(config, dataset=replace(config.dataset, records=300, shard_records=300), pretrain=pretrain)
