"""What a prediction is worth on programs that the model did not write: an `Others`, from programs of known truth.

Functions of templates that are kept out of training, and for each a mutant that some test tells from it: users'
programs are neither the model's own nor those of its training, and it misreads more of them than of either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from models.eval import predicting, verifying
from models.eval.benchmarks import Task
from models.eval.predicting import Item
from models.sandbox import ExecResult, ExecStatus, Job, Sandbox
from workers.pipeline.believe import Others
from workers.pipeline.calibrate import fit as fit_table
from workers.pipeline.config import PipelineConfig
from workers.pipeline.model import Model
from workers.pipeline.simulate import verdict
from workers.pipeline.types import IOTest, Problem, Verdict

Run = tuple[Item, IOTest, bool]
"""What really happens to a program on a test, the test, and whether it is passed."""
TELLING = (ExecStatus.SUCCESS, ExecStatus.WRONG_OUTPUT, ExecStatus.EXCEPTION, ExecStatus.TIMEOUT)
"""What becomes of a run that a prediction can be compared with."""


@dataclass(frozen=True, slots=True)
class Ran:
    """One program on one test: what is said of it, and what is true."""

    raw: float
    """The model's own probability of the runs that agreed, 0..1, their mean over all votes."""
    right: bool
    """Whether the predicted outcome is the true one."""
    said: Verdict
    passes: bool


async def measure(
    tasks: Sequence[Task], model: Model, config: PipelineConfig, sandbox: Sandbox, votes: Sequence[int]
) -> list[list[Ran]]:
    """Both programs of each task on the tests that verdicts are measured on, for each of some numbers of votes.

    Raises SandboxUnavailable.
    """
    cases = verifying.mutated(tasks, sandbox, Counter(), seed=0)
    shown = [(case, code) for case in cases for code in (case.pair.right, case.pair.wrong)]
    jobs = [Job(code, case.shown, case.pair.io, case.pair.entry_point) for case, code in shown]
    ran = zip(shown, sandbox.map(jobs, verifying.LIMITS), strict=True)
    runs = [run for (case, code), results in ran for run in _runs(case, code, results)]
    return [await _told(runs, model, replace(config, votes=number, voting=None)) for number in votes]


async def _told(runs: Sequence[Run], model: Model, config: PipelineConfig) -> list[Ran]:
    bare = replace(model, calibration=(), belief=None, votes=config.votes)
    made = await predicting.predictions([item for item, *_ in runs], bare, config)
    return [
        Ran(told.confidence, predicting.right(told, item), verdict(told, test, _problem(item)), passes)
        for (item, test, passes), told in zip(runs, made, strict=True)
        if told.finishes is not None
    ]


def _runs(case: verifying.Case, code: str, results: Sequence[ExecResult]) -> list[Run]:
    """For each test of a case one run."""
    pair = case.pair
    out = []
    for test, result, passes in zip(case.shown, results, verifying.passes(results), strict=True):
        if result.status in TELLING:
            raises = result.kind if result.status is ExecStatus.EXCEPTION else None
            output = test.output if passes else result.output if result.status is ExecStatus.WRONG_OUTPUT else None
            ends = result.status is not ExecStatus.TIMEOUT
            out.append((Item(pair.id, code, pair.io, pair.entry_point, test.input, output, raises, ends), test, passes))
    return out


def _problem(item: Item) -> Problem:
    return Problem("", item.io, item.entry_point)


def fit(seen: Sequence[Ran], votes: int) -> Others:
    """What these predictions of so many votes bear out. A hit and a miss added keep the slip between 0 and 1."""
    mistaken = [run.said is Verdict.PASS for run in seen if not run.right and not run.passes]
    slip = (sum(mistaken) + 1) / (len(mistaken) + 2)
    return Others(fit_table([(run.raw, run.right) for run in seen]), slip, votes)
