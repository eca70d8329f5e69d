"""Figures of solving: how good the samples are, what each way of choosing makes of them, and what repair adds.

All ways choose among the same N samples of a problem. Duplicates count as often as they were sampled, completions
without a program rank last. `k` of the N are thought drawn without replacement; the order of a way is that among all N.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from models.eval.benchmarks import Task
from models.eval.cost import cost
from models.eval.estimators import best_at, pass_at
from models.eval.solving import Graded
from models.eval.stats import Array, Estimate, brier, estimate, expected_calibration_error, of_sums
from models.eval.verdicts import Judged, judge, summary
from workers.pipeline.rank import expected_pass, rank
from workers.pipeline.types import Candidate, Problem, SolveResult, Usage, Verdict

Order = Callable[[Task, Graded], list[Candidate]]
"""A way of choosing: the samples of a problem, best first."""


def samples(result: SolveResult) -> list[Candidate]:
    """The candidates of the first draw: no repairs, nor what was sampled in later rounds."""
    return [c for c in result.candidates if c.round == 0]


def by_simulation(problem: Problem, result: SolveResult) -> list[Candidate]:
    """The pipeline's ranking of the samples alone, before any repair."""
    own = {c.id: c for c in samples(result)}
    ranking = rank(problem, list(own.values()), [s for s in result.simulations if s.candidate in own])
    return [own[name] for name in ranking.order]


def _sorted(key: Callable[[Graded, Candidate], tuple[float, ...]]) -> Order:
    return lambda _, g: sorted(samples(g.result), key=lambda c: (*key(g, c), int(c.id[1:])))


ORDERS: dict[str, Order] = {
    "simulation": lambda task, g: by_simulation(task.problem, g.result),
    "execution (oracle)": _sorted(lambda g, c: (-g.public[c.id], -c.duplicates)),
    "majority": _sorted(lambda _, c: (-c.duplicates,)),
    "likelihood": _sorted(lambda _, c: (-c.logprob,)),
    "shortest": _sorted(lambda _, c: (len(c.code),)),
}
"""Ways of choosing. The oracle really runs the public tests; the others never run anything."""


def summarize(
    items: Sequence[Task], graded: Sequence[Graded], candidates: int, seconds: float = float("nan")
) -> dict[str, Any]:
    """All figures; `candidates` is N, `seconds` the wall clock of all runs together."""
    rows: dict[str, list[float]] = {}
    curves: dict[str, dict[int, list[float]]] = {}
    sizes = [k for k in (1, 2, 4, 8, 16, 32, 64) if k <= candidates]
    for task, g in zip(items, graded, strict=True):
        values, ranked = choices(task, g, candidates)
        for name, value in values.items():
            rows.setdefault(name, []).append(float(value))
        for name, order in ranked.items():
            for k in sizes:
                curves.setdefault(name, {}).setdefault(k, []).append(best_at(k, order))
        right = round(values["pass@1 sampled"] * candidates)
        for k in sizes:
            curves.setdefault("any (pass@k)", {}).setdefault(k, []).append(pass_at(k, right, candidates))
    best = rows["best@N by simulation"]
    others = ("pass@1 sampled", "pass@1 greedy", "random readable candidate", "majority")
    return {
        "candidates": candidates,
        **{name: estimate(values) for name, values in rows.items()},
        "best@N by simulation minus": {
            name: estimate([a - b for a, b in zip(best, rows[name], strict=True)]) for name in others
        },
        "share of the gap to execution closed": _gap(rows),
        **changes("repair", list(zip(best, rows["after repair"], strict=True))),
        **_loops(graded),
        "best@k": {name: {str(k): estimate(v) for k, v in by_k.items()} for name, by_k in curves.items()},
        "by io": {io: _share(items, rows, io) for io in ("function", "stdio")},
        "tests": verdicts(graded),
        "expected passes": honesty(graded),
        "programs": summary([_judged(g) for g in graded]),
        "cost": _cost(graded, seconds),
        "items": [
            {"id": task.problem.id, **{name: values[i] for name, values in rows.items()}, **_facts(g)}
            for i, (task, g) in enumerate(zip(items, graded, strict=True))
        ],
    }  # fmt: skip


def choices(task: Task, g: Graded, n: int) -> tuple[dict[str, float], dict[str, list[float]]]:
    """Of one problem: the value of each figure, and for each way of choosing the value of every sample, best first."""
    own = samples(g.result)
    readable = sum(1 + c.duplicates for c in own)
    ranked = {}
    for name, order in ORDERS.items():
        values = [float(g.hidden[c.id]) for c in order(task, g) for _ in range(1 + c.duplicates)]
        ranked[name] = values + [0.0] * (n - len(values))
    right = sum((1 + c.duplicates) * g.hidden[c.id] for c in own)
    return {
        "pass@1 sampled": right / n,
        "pass@1 greedy": float(g.greedy),
        "random readable candidate": right / readable if readable else 0.0,
        "majority": ranked["majority"][0],
        "best@N by simulation": ranked["simulation"][0],
        "best@N by execution (oracle)": ranked["execution (oracle)"][0],
        "pass@N (any candidate)": float(any(g.hidden[c.id] for c in own)),
        "after repair": float(bool(g.result.best and g.hidden[g.result.best])),
    }, ranked


def _gap(rows: dict[str, list[float]]) -> Estimate:
    """(best@N − pass@1) / (oracle − pass@1), over all problems together; none where the oracle gains nothing."""
    names = ("pass@1 sampled", "best@N by simulation", "best@N by execution (oracle)")

    def share(sums: Array) -> Array:
        one, best, most = sums[..., 0], sums[..., 1], sums[..., 2]
        return np.where(most > one, (best - one) / (most - one), np.nan)

    return of_sums(list(zip(*(rows[name] for name in names), strict=True)), share)


def changes(name: str, ends: Sequence[tuple[float, float]]) -> dict[str, int]:
    """How many answers got right and how many wrong."""
    return {
        f"fixed by {name}": sum(after > before for before, after in ends),
        f"broken by {name}": sum(before > after for before, after in ends),
    }


ENDS = {(False, False): "fail, fail", (False, True): "fixed", (True, False): "broken", (True, True): "pass, pass"}
"""First and last answer of the loop: right or not."""


def loop(ends: Sequence[tuple[bool, bool]]) -> dict[str, int]:
    """First against last answer of the loop, in problems (table 5 of the paper)."""
    return {name: sum(end == one for one in ends) for end, name in ENDS.items()}


def shares(ends: Sequence[tuple[bool, bool]]) -> dict[str, Estimate]:
    """The same as shares of the problems."""
    return {name: estimate([float(end == one) for one in ends]) for end, name in ENDS.items()}


def _loops(graded: Sequence[Graded]) -> dict[str, Any]:
    """Of the loop, and of the one that execution tells what is wrong."""
    ends = {"loop from one sample": [g.loop for g in graded], "loop by execution (oracle)": [g.oracle for g in graded]}
    counted = {name: loop(own) for name, own in ends.items()}
    shared = {f"{name}, shares": shares(own) for name, own in ends.items()}
    return {**counted, **shared, "share of the oracle loop's gain": _share_of_gain(graded)}


def _share_of_gain(graded: Sequence[Graded]) -> Estimate:
    """What the loop gains over its first answer, of what it gains where execution is believed; none where that is 0."""
    gains = [(float(g.loop[1]) - g.loop[0], float(g.oracle[1]) - g.oracle[0]) for g in graded]
    return of_sums(gains, lambda sums: np.where(sums[..., 1] > 0, sums[..., 0] / sums[..., 1], np.nan))


def _share(items: Sequence[Task], rows: dict[str, list[float]], io: str) -> dict[str, Estimate]:
    own = [i for i, task in enumerate(items) if task.problem.io == io]
    return {name: estimate([values[i] for i in own]) for name, values in rows.items()} if own else {}


def verdicts(graded: Sequence[Graded]) -> dict[str, int]:
    """Predicted against true outcome of every candidate on every public test."""
    cells = {f"true {truth}, said {said}": 0 for truth in ("pass", "fail") for said in ("pass", "fail")}
    cells["abstained"] = 0
    for g in graded:
        for s in g.result.simulations:
            truth = "pass" if g.truth[s.candidate, s.test] else "fail"
            key = "abstained" if s.verdict is Verdict.ABSTAIN else f"true {truth}, said {s.verdict.value}"
            cells[key] += 1
    return cells


def honesty(graded: Sequence[Graded]) -> dict[str, Estimate]:
    """How far the probability that a test is passed is from what happens, over every candidate and public test."""
    pairs = [[(expected_pass(s), g.truth[s.candidate, s.test]) for s in g.result.simulations] for g in graded]
    return {"ece": expected_calibration_error(pairs), "brier": brier(pairs)}


def _judged(g: Graded) -> list[Judged]:
    """What was said of each program of a problem."""
    own = {c.id: [s for s in g.result.simulations if s.candidate == c.id] for c in g.result.candidates}
    return [judge(told, all(g.truth[name, s.test] for s in told)) for name, told in own.items() if told]


def _cost(graded: Sequence[Graded], seconds: float) -> dict[str, float]:
    """Means per problem, of the whole pipeline; the wall clock is of the greedy program and of the loop too."""
    n = max(1, len(graded))
    phases = [phase for g in graded for phase in g.result.phases.values()]
    return {
        "requests per problem": sum(phase.requests for phase in phases) / n,
        "seconds per problem": sum(phase.seconds for phase in phases) / n,
        **cost(sum((phase.usage for phase in phases), Usage()), seconds, len(graded)),
    }


def _facts(g: Graded) -> dict[str, Any]:
    """What is worth looking at in one problem's run; for the JSON, not for the table."""
    own: dict[str, list[Any]] = {c.id: [] for c in g.result.candidates}
    for s in g.result.simulations:
        own[s.candidate].append(s)
    return {
        "loop": g.loop, "oracle": g.oracle,
        "stopped": g.result.stop.value, "rounds": g.result.rounds, "best": g.result.best,
        "candidates": [
            {
                "id": c.id, "round": c.round, "parent": c.parent, "duplicates": c.duplicates, "logprob": c.logprob,
                "right": g.hidden[c.id], "verdicts": [s.verdict.value for s in own[c.id]],
                "confidences": [s.prediction.confidence for s in own[c.id]],
                "expected passes": [expected_pass(s) for s in own[c.id]],
                "really passes": [g.truth[c.id, s.test] for s in own[c.id]], "code": c.code,
            }
            for c in g.result.candidates
        ],
    }  # fmt: skip
