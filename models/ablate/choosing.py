"""Choosing among candidates: joint against separate verifiers, numbers of votes, numbers of candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from models.ablate import items
from models.ablate.candidates import Drawn, draw, graded, judged, verdicts
from models.ablate.given import Given
from models.ablate.results import Figures
from models.eval.choosing import choices
from models.eval.estimators import best_at, pass_at
from models.rl.rows import SolveRow
from models.sandbox.grading import SandboxGrader
from models.sandbox.sandbox import Sandbox
from workers.pipeline.simulate import Simulated
from workers.pipeline.types import Voting

WAYS: dict[str, tuple[int, Voting | None]] = {
    "votes = 1": (1, None),
    "3 samples": (3, "samples"),
    "5 samples": (5, "samples"),
    "3 under other names": (3, "names"),
    "5 under other names": (5, "names"),
}
"""How many votes, and how they differ."""
MOST = max(count for count, _ in WAYS.values())
NUMBERS = (1, 2, 4, 8, 16)
"""Candidates for each problem; as far as so many are drawn."""


async def verifier(given: Given) -> dict[str, Figures]:
    """Candidates of the first model, chosen by the simulations of the last one. Nobody's confidences are calibrated."""
    drawn = await _drawn(given, items.problem_rows(given.items), given.sizes.candidates)
    async with given.judge() as model:
        simulated = await judged(drawn, replace(model, calibration=(), belief=None), given.config())
    return {"": _figures(drawn, simulated, given.sizes.candidates)}


async def votes(given: Given) -> dict[str, Figures]:
    """The same candidates, each outcome predicted by one greedy run or by the majority of several, for each way."""
    every = items.problem_rows(given.items)
    chosen = [every[place * len(every) // given.sizes.voted] for place in range(given.sizes.voted)]
    drawn = await _drawn(given, chosen, given.sizes.candidates)
    out: dict[str, Figures] = {}
    async with given.judge() as model:
        model = replace(model, belief=None)  # which is for single runs
        with given.together(model, given.checkpoints[-1], MOST) as sampling:  # three samples: the first of the five
            for way, (count, voting) in WAYS.items():
                if voting == "names" and model.style != "tagged":
                    continue
                simulated = await judged(drawn, sampling, replace(given.config(), votes=count, voting=voting))
                out[way] = _figures(drawn, simulated, given.sizes.candidates)
    return out


async def candidates(given: Given) -> dict[str, Figures]:
    """Best@N of every way of choosing, for N out of one draw, without bias (`models.eval.choosing`)."""
    most = given.sizes.most
    drawn = await _drawn(given, items.problem_rows(given.items), most)
    async with given.judge() as model:
        simulated = await judged(drawn, model, given.config())
    out: dict[str, Figures] = {}
    for one, said in zip(drawn, simulated, strict=True):
        values, ranked = choices(*graded(one, said), most)
        right = round(values["pass@1 sampled"] * most)
        for number in (n for n in NUMBERS if n <= most):
            best = {way: best_at(number, order) for way, order in ranked.items()}
            for figure, value in {**best, "any (pass@N)": pass_at(number, right, most)}.items():
                out.setdefault(f"N = {number}", {}).setdefault(figure, {})[one.row.problem.id] = (value, 1)
    return out


async def _drawn(given: Given, rows: Sequence[SolveRow], number: int) -> list[Drawn]:
    config = replace(given.config(), candidates=number)
    with Sandbox(given.threads) as sandbox:
        async with given.writer() as model:
            with given.together(model, given.checkpoints[0], number) as sampling:
                return await draw(rows, sampling, config, SandboxGrader(sandbox))


def _figures(drawn: Sequence[Drawn], simulated: Sequence[Simulated], number: int) -> Figures:
    out: Figures = {}
    for one, said in zip(drawn, simulated, strict=True):
        values, _ = choices(*graded(one, said), number)
        found = {
            "pass@1": (values["pass@1 sampled"], 1.0),
            "best by simulation": (values["best@N by simulation"], 1.0),
            "best by majority": (values["majority"], 1.0),
            "best by execution (oracle)": (values["best@N by execution (oracle)"], 1.0),
            **verdicts(one, said),
        }
        for figure, value in found.items():
            out.setdefault(figure, {})[one.row.problem.id] = value
    return out
