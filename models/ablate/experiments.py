"""The experiments: which models each compares, and what is measured of them.

A base configuration is a TOML file; an arm is that with one thing replaced, a run an arm with a seed. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from models.config import TrainerConfig
from models.rl import config as rl
from models.rl.config import RlConfig

FOLDER = Path(__file__).parents[1] / "configs/ablations"
Config = RlConfig | TrainerConfig
"""A model reinforced from the given checkpoint, or one trained from scratch."""
Row = tuple[str, str]
"""A row of the table: an arm, and which of its measurements (empty where there is one)."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One side of a comparison."""

    name: str
    models: tuple[Config, ...] = ()
    """What its models are trained by: the first writes programs, the last says what they do. Empty: the given
    checkpoint does both."""


@dataclass(frozen=True, slots=True)
class Experiment:
    """A question, its arms, and the measurement that answers it."""

    name: str
    question: str
    arms: tuple[Arm, ...]
    measure: str
    """A name of `models.ablate.measures`."""
    columns: tuple[str, ...]
    """Figures that the table shows; the others are in the JSON."""
    against: tuple[Row, ...]
    """Rows that every other one is compared with; an empty part of the name stands for the row's own."""
    counted: frozenset[str] = field(default=frozenset())
    """Columns that are numbers of something; all others are shares."""
    curve: str = ""
    """What the measurements of an arm are numbers of; they are drawn as a curve then."""


PREDICTION = (
    "correct, greedy", "correct, sampled", "incorrect, greedy", "incorrect, sampled",
    "random, greedy", "raises, greedy", "all, greedy",
)  # fmt: skip


def worth() -> Experiment:
    """Output prediction before and after reinforcement learning."""
    return Experiment(
        "worth", "What does reinforcement learning on output prediction add to the model it starts from?",
        (Arm("before"), Arm("after", (_rl("predict"),))), "programs", PREDICTION, (("before", ""),),
    )  # fmt: skip


def pool() -> Experiment:
    """A pool of correct programs against one that is half incorrect."""
    balanced = _rl("predict")
    # no slips either, and so nothing that never ends: a program that does is a wrong one
    correct = replace(balanced, pool=replace(balanced.pool, wrong=0.0, endless=0.0))
    arms = (Arm("before"), Arm("correct only", (correct,)), Arm("balanced", (balanced,)))
    return Experiment(
        "pool", "Does it matter that half of the programs in the pool are incorrect?",
        arms, "programs", PREDICTION, (("before", ""), ("correct only", "")),
    )  # fmt: skip


EXPERIMENTS: Mapping[str, Callable[[], Experiment]] = {"worth": worth, "pool": pool}
"""By the name of the command."""


def seeded(config: Config, seed: int) -> Config:
    """The configuration of one run. Where a model is trained from scratch its data is the same for every seed."""
    if isinstance(config, RlConfig):
        return replace(config, seed=seed)
    return replace(config, pretrain=replace(config.pretrain, seed=seed))


def _rl(name: str) -> RlConfig:
    return rl.load(FOLDER / f"{name}.toml")
