"""Results as text for people: SolveResult and Prediction → rich renderables.

Pure: prints nothing, knows no terminal but the width it is given. Meaning never hangs on colour alone, and only colours
that read on dark and light backgrounds are used. Text from models is shown with its control characters spelled out, so
that it can never steer a terminal.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich.console import RenderableType
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from workers.matrix import MARKS, mark, matrix, outcome, plain_table, shorten, visible
from workers.pipeline.types import (
    Candidate,
    Phase,
    Prediction,
    Problem,
    SolveResult,
    StopReason,
    Usage,
    Verdict,
)

_STOPS: Mapping[StopReason, str] = {
    StopReason.AGREED: "the best candidate's predicted outputs agree with every public test",
    StopReason.ROUND_LIMIT: "the round limit was reached before any candidate agreed with every public test",
    StopReason.NOT_REFUTED: "no test is predicted to fail for the best candidate, but the model abstains on some",
    StopReason.NO_CANDIDATE: "no completion held a usable program",
    StopReason.NO_TESTS: "no public test has a known output, so no verdict decides the order",
}


def solve_report(problem: Problem, result: SolveResult, width: int) -> Iterator[RenderableType]:
    """Everything `deskcheck solve` prints, top to bottom."""
    yield heading(problem, width)
    if result.simulations:
        yield _title("Predicted outputs")
        yield from matrix(problem, result, width)
    if result.ranking.order:
        yield _title("Ranking")
        yield ranking(result)
    yield from repairs(result)
    yield from rejections(result, width)
    winner = next((c for c in result.candidates if c.id == result.best), None)
    if winner is not None:
        yield _title(f"Best program: {winner.id}")
        yield program(winner.code)
    yield Text(f"\nStopped: {_STOPS[result.stop]}.")
    yield costs(result.phases)


def heading(problem: Problem, width: int) -> Text:
    """The problem in two lines: what is asked, and the form of it."""
    form = f"function {problem.entry_point}" if problem.io == "function" else "stdin → stdout"
    tests = len(problem.public_tests)
    text = Text(f"{shorten(problem.id, width // 2)}", style="bold")
    text.append(f" · {form} · {tests} public test{'' if tests == 1 else 's'}\n", style="not bold")
    return text.append(shorten(" ".join(problem.statement.split()), 2 * width - 20), style="not bold")


def ranking(result: SolveResult) -> Table:
    """The order, each score with its tests, where each program came from, and the rule that put it before the next."""
    by_id = {c.id: c for c in result.candidates}
    grid = plain_table()
    for head in ("rank", "program", "predicted to pass", "from", "before the next by"):
        grid.add_column(head, justify="right" if head == "rank" else "left")
    for rank, name in enumerate(result.ranking.order, 1):
        rule = result.ranking.ties.get(name, "")
        score = Text(f"{result.ranking.scores[name]:.0%} {_tally(result, name)}")
        grid.add_row(str(rank), Text(name), score, Text(_origin(by_id[name])), Text(rule))
    return grid


def repairs(result: SolveResult) -> Iterator[RenderableType]:
    """One line for each program of a round: who was repaired, and which verdicts changed; or that it is new."""
    yield _title("Rounds")
    if not result.rounds:
        yield Text("none: no round was allowed" if result.stop is StopReason.ROUND_LIMIT else "none needed")
    for number in range(1, result.rounds + 1):
        made = [c for c in result.candidates if c.round == number]
        if not made:
            yield Text(f"round {number}: no new program")
        for candidate in made:
            if candidate.parent is None:
                yield Text(f"round {number}: {candidate.id} is new: {_tally(result, candidate.id)}")
            else:
                line = Text(f"round {number}: {candidate.id} repairs {candidate.parent}: ")
                yield line.append_text(_changes(result, candidate))


def rejections(result: SolveResult, width: int) -> Iterator[RenderableType]:
    """Completions that held no usable program, counted by reason."""
    if not result.rejected:
        return
    counts: dict[str, int] = {}
    for rejected in result.rejected:
        counts[rejected.reason] = counts.get(rejected.reason, 0) + 1
    yield _title("Dropped completions")
    for reason, count in sorted(counts.items(), key=lambda item: -item[1]):
        yield Text(f"{count} × {shorten(reason, width - 8)}")


def program(code: str) -> Syntax:
    """A program, highlighted with the terminal's own colours."""
    return Syntax(visible(code).rstrip(), "python", theme="ansi_light", background_color="default", word_wrap=True)


def costs(phases: Mapping[str, Phase]) -> Table:
    """Requests, tokens and seconds of each phase, and their sum."""
    grid = plain_table()
    for head in ("phase", "requests", "prompt tokens", "written tokens", "seconds"):
        grid.add_column(head, justify="left" if head == "phase" else "right")
    total = Phase(
        seconds=sum(p.seconds for p in phases.values()),
        usage=sum((p.usage for p in phases.values()), Usage()),
        requests=sum(p.requests for p in phases.values()),
    )
    for name, phase in [*phases.items(), ("total", total)]:
        tokens = (str(phase.usage.prompt_tokens), str(phase.usage.completion_tokens))
        grid.add_row(name, str(phase.requests), *tokens, f"{phase.seconds:.2f}")
    return grid


def predict_report(prediction: Prediction) -> Iterator[RenderableType]:
    """Everything `deskcheck predict` prints: the run step by step, then the outcome and how sure the model is."""
    steps = [line for line in visible(prediction.narrative).splitlines() if line.strip()]
    digits = len(str(len(steps)))
    for number, step in enumerate(steps, 1):
        yield Text(f"{number:>{digits}}  ", style="dim").append(step, style="not dim")
    if steps:
        yield Text("")
    if prediction.output is not None and "\n" in prediction.output.strip("\n"):
        yield Text("output", style="bold").append("\n" + visible(prediction.output.rstrip("\n")), style="not bold")
    elif prediction.output is not None:
        yield Text("output  ", style="bold").append(visible(outcome(prediction).rstrip("\n")), style="not bold")
    else:
        reason = f": {shorten(prediction.reason, 200)}" if prediction.reason else ""
        yield Text(outcome(prediction), style="bold").append(reason, style="not bold")
    votes = f", {prediction.votes} of {prediction.ballots} votes" if prediction.ballots > 1 else ""
    yield Text(f"confidence {prediction.confidence:.0%}{votes}")


def _title(text: str) -> Text:
    return Text(f"\n{text}", style="bold")


def _tally(result: SolveResult, name: str) -> str:
    """`(3 ✓ 1 ✗)`: the verdicts behind a score."""
    verdicts = [s.verdict for s in result.simulations if s.candidate == name]
    counts = [f"{verdicts.count(v)} {MARKS[v][0]}" for v in Verdict if verdicts.count(v)]
    return f"({' '.join(counts)})" if counts else ""


def _origin(candidate: Candidate) -> str:
    made = f"repair of {candidate.parent}" if candidate.parent else "sample"
    return f"{made}, written {candidate.duplicates + 1} times" if candidate.duplicates else made


def _changes(result: SolveResult, candidate: Candidate) -> Text:
    """Which tests changed their verdict between a candidate and its parent."""
    before = {s.test: s.verdict for s in result.simulations if s.candidate == candidate.parent}
    after = {s.test: s.verdict for s in result.simulations if s.candidate == candidate.id}
    changed = [test for test in sorted(after) if test in before and before[test] != after[test]]
    if not changed:
        return Text("no verdict changed")
    moves = (Text(" → ").join([mark(before[test]), mark(after[test])]) for test in changed)
    named = zip(changed, moves, strict=True)
    return Text(", ").join(Text(f"test {test + 1} ").append_text(move) for test, move in named)
