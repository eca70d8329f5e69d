"""The experiments: which models each compares, and what is measured of them.

A base configuration is a TOML file; an arm is that with one thing replaced, a run an arm with a seed. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from models import config
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
    """Empty where an experiment has one arm: its rows are called by what is measured."""
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
    between: tuple[tuple[str, str], ...] = ()
    """Columns whose differences in one row are shown."""
    curve: str = ""
    """What the last word of a measurement's name is the number of; they are drawn as a curve then."""


PREDICTION = (
    "correct, greedy", "correct, sampled", "correct, true narrative",
    "incorrect, greedy", "incorrect, sampled", "incorrect, true narrative",
    "unseen correct, greedy", "unseen correct, sampled", "unseen correct, true narrative",
    "unseen incorrect, greedy", "unseen incorrect, sampled", "unseen incorrect, true narrative",
    "all, greedy", "all, sampled", "all, true narrative", "random, greedy", "raises, greedy",
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


def feedback() -> Experiment:
    """Where feedback comes from, while a model learns to repair and when it is used."""
    base = _rl("repair")
    (task,) = base.tasks
    sources = ("none", "random", "true", "predicted")
    configs = {source: replace(base, tasks=(replace(task, feedback=source),)) for source in sources}
    arms = (Arm("before"), *(Arm(f"learned with {source}", (one,)) for source, one in configs.items()))
    return Experiment(
        "feedback", "What is feedback worth, no, random, true or self-predicted, in learning and in the loop?", arms,
        "loops", ("first right", "last right", "fixed", "broken", "verdicts as executed", "tokens"),
        (("before", ""), ("", "none")), frozenset({"tokens"}),
    )  # fmt: skip


CHOICE = (
    "pass@1", "best by simulation", "best by majority", "best by execution (oracle)", "predictions right",
    "false accepts", "false rejects",
)  # fmt: skip


CHOSEN = (("best by simulation", "pass@1"), ("best by simulation", "best by majority"))


def verifier() -> Experiment:
    """One model that writes and judges against two of half the tokens."""
    joint = _rl("verifier")
    train = replace(joint.train, tokens=joint.train.tokens // 2)
    halves = {task.kind: replace(joint, tasks=(task,), train=train) for task in joint.tasks}
    arms = (Arm("before"), Arm("joint", (joint,)), Arm("separate", (halves["solve"], halves["predict"])))
    return Experiment(
        "verifier", "Is one model for writing and simulating as good as two that share its budget?",
        arms, "verifier", CHOICE, (("before", ""), ("joint", "")), between=CHOSEN,
    )  # fmt: skip


def told() -> Experiment:
    """What a model tells of a run before its outcome; `direct` is nothing."""
    base = config.load(FOLDER / "told.toml")
    kinds = {kind: replace(base.dataset, told=kind) for kind in ("direct", "compact", "prose")}
    kinds["stepped"] = replace(kinds["compact"], workings="stepped")  # all that spelled narratives tell, and more
    arms = tuple(Arm(kind, (replace(base, dataset=dataset),)) for kind, dataset in kinds.items())
    return Experiment(
        "told", "What should be told before an outcome: nothing, a compact or a stepped trace, or prose?",
        arms, "told", ("right", "right, short", "right, longer", "unreadable", "tokens"),
        (("direct", ""), ("compact", "")), frozenset({"tokens"}),
    )  # fmt: skip


def votes() -> Experiment:
    """One greedy run of each program against the majority of several, sampled or under other names."""
    return Experiment(
        "votes", "Do several votes on what a program does choose better programs?", (Arm(""),),
        "votes", (*CHOICE, "tokens"), (("", "votes = 1"),), frozenset({"tokens"}), CHOSEN,
    )  # fmt: skip


def candidates() -> Experiment:
    """How much more candidates help."""
    ways = ("simulation", "majority", "likelihood", "execution (oracle)", "any (pass@N)")
    return Experiment(
        "candidates", "How does the best of N grow with N?", (Arm(""),), "candidates", ways, (("", "N = 1"),),
        between=(("simulation", "majority"), ("simulation", "likelihood")), curve="candidates, N",
    )  # fmt: skip


EXPERIMENTS: Mapping[str, Callable[[], Experiment]] = {
    "worth": worth, "pool": pool, "feedback": feedback, "told": told, "votes": votes, "candidates": candidates,
    "verifier": verifier,
}  # fmt: skip
"""By the name of the command."""


def seeded(base: Config, seed: int) -> Config:
    """The configuration of one run. Where a model is trained from scratch its data is the same for every seed."""
    if isinstance(base, RlConfig):
        return replace(base, seed=seed)
    return replace(base, pretrain=replace(base.pretrain, seed=seed))


def _rl(name: str) -> RlConfig:
    return rl.load(FOLDER / f"{name}.toml")
