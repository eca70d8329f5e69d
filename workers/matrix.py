"""The verdict matrix as a table, and the small pieces every report is made of: marks, shortened text, plain tables.

Pure: prints nothing, knows no terminal but the width it is given.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rich import box
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from workers.pipeline.types import IOTest, Prediction, Problem, Simulation, SolveResult, Verdict

MARKS: Mapping[Verdict, tuple[str, str]] = {
    Verdict.PASS: ("✓", "green"),
    Verdict.FAIL: ("✗", "red"),
    Verdict.ABSTAIN: ("?", "magenta"),
}
_CELL_MIN, _CELL_MAX = 16, 40
"""Columns a matrix cell takes at least and at most."""
_BLOCKS = 4
"""Matrices one under the other at most; more tests than fit are shown as one mark each."""


def visible(text: str) -> str:
    """Text with control characters other than newline and tab spelled out, as `\\x1b`."""
    return "".join(c if c.isprintable() or c in "\n\t" else c.encode("unicode_escape").decode() for c in text)


def shorten(text: str, width: int) -> str:
    """One line of at most `width` characters, the middle left out; line ends become ↵."""
    line = visible(text.rstrip("\n").replace("\r\n", "\n")).replace("\n", "↵").replace("\t", " ")
    if len(line) <= width:
        return line
    head = (width - 1) * 2 // 3
    return f"{line[:head]}…{line[len(line) - (width - 1 - head) :]}"


def outcome(prediction: Prediction) -> str:
    """What was predicted, in a few words."""
    if prediction.output is not None:
        return prediction.output if prediction.output.strip() else "(nothing)"
    if prediction.raises is not None:
        return f"raises {prediction.raises}"
    if prediction.finishes is False:
        return "does not finish"
    return "cut off" if prediction.truncated else "could not tell"


def matrix(problem: Problem, result: SolveResult, width: int) -> Iterator[RenderableType]:
    """Candidates × tests: a mark and the predicted output in each cell, input and expected output on top."""
    tests = problem.public_tests
    room = max(_CELL_MIN, width - 2 - max(len(c.id) for c in result.candidates))
    columns = max(1, room // (_CELL_MIN + 2))
    if len(tests) > columns * _BLOCKS:
        yield _marks_only(result, len(tests))
        return
    cells = {(s.candidate, s.test): s for s in result.simulations}
    blocks = -(-len(tests) // columns)
    step = -(-len(tests) // blocks)
    cell = min(_CELL_MAX, room // step - 2)
    for start in range(0, len(tests), step):
        if start:
            yield Text("")
        shown = range(start, min(start + step, len(tests)))
        grid = plain_table()
        grid.add_column("")
        for test in shown:
            grid.add_column(_test_head(test, tests[test], cell), no_wrap=True, width=cell)
        for name in result.ranking.order:
            grid.add_row(Text(name), *(_cell(cells.get((name, test)), cell) for test in shown))
        yield grid


def plain_table() -> Table:
    """A table of headings and rows, without frame or colour."""
    return Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), header_style="none")


def _test_head(number: int, test: IOTest, width: int) -> Text:
    expected = "not known" if test.output is None else shorten(test.output, width - 2)
    text = Text(f"{number + 1}: {shorten(test.input, width - len(str(number + 1)) - 2)}\n")
    return text.append(f"→ {expected}", style="bold")


def _cell(simulation: Simulation | None, width: int) -> Text:
    if simulation is None:
        return Text("·")
    return mark(simulation.verdict).append(" " + shorten(outcome(simulation.prediction), width - 2))


def mark(verdict: Verdict) -> Text:
    """The mark in its colour; what is appended to it stays plain."""
    sign, colour = MARKS[verdict]
    return Text().append(sign, style=colour)


def _marks_only(result: SolveResult, tests: int) -> Table:
    """Many tests: one mark for each, in the order of the tests."""
    cells = {(s.candidate, s.test): s.verdict for s in result.simulations}
    grid = plain_table()
    grid.add_column("")
    grid.add_column(f"tests 1 to {tests}")
    for name in result.ranking.order:
        row = Text()
        for test in range(tests):
            row.append_text(mark(cells[name, test]) if (name, test) in cells else Text("·"))
        grid.add_row(Text(name), row)
    return grid
