"""Tests of a stated problem: inputs, and what its right programs give for them.

An input on which a right program raises is no test, since the statement says nothing of it; nor is an edge case that
right programs answer differently. Public tests are ordinary inputs, as people show them; about half of the hidden ones
are edge cases, as far as the problem has such.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from models.dataset.draft import Posed
from models.dataset.records import Dropped
from models.dataset.runs import run
from models.programs.source import Source
from workers.pipeline import compare
from workers.pipeline.prompts import chat
from workers.pipeline.types import IOTest, Prediction


def told(row: Mapping[str, Any]) -> str:
    """The statement of a row with its tests, as people write examples below it; empty where it has no tests."""
    tests = row["tests"] or ()
    return "\n".join([row["statement"], *(f"{test['input']}\n{test['output']}" for test in tests)]) if tests else ""


@dataclass(frozen=True, slots=True)
class Suite:
    """The tests of one problem, with no input twice."""

    public: tuple[IOTest, ...]
    hidden: tuple[IOTest, ...]
    """Edge cases first."""
    edges: int
    """How many of the hidden ones are edge cases."""

    def all(self) -> tuple[IOTest, ...]:
        """Public and hidden ones."""
        return self.public + self.hidden

    def edge(self, test: IOTest) -> bool:
        """Whether one of them is an edge case."""
        return test in self.hidden[: self.edges]

    def column(self, shown: Collection[str] = ()) -> list[dict[str, object]]:
        """The tests as a row holds them; what its prompt shows, by these inputs, is hidden no longer."""
        public = {test.input for test in self.public} | set(shown)
        return [
            {"input": t.input, "output": t.output, "public": t.input in public, "edge": self.edge(t)}
            for t in self.all()
        ]


def gives(test: IOTest, seen: Prediction, io: str) -> tuple[str | None, str]:
    """In words of the chat style: what a test expects, and what a program does on it."""
    want, got = (test.output, seen.output) if io == "function" else (repr(test.output), repr(seen.output))
    return want, chat.outcome(seen) if seen.output is None else f"gives {got}"


def suite(source: Source, posed: Posed) -> Suite:
    """The tests of a problem whose first right program is `source.code`.

    Raises `Dropped` where there are too few, where right programs disagree, or where one answer passes all hidden ones.
    """
    programs = (source.code, *posed.writings)
    edges = _tests(source, programs, posed.edges, posed.hidden // 2, strict=False)
    taken = {test.input for test in edges}
    wanted = posed.public + posed.hidden - len(edges)
    ordinary = _tests(source, programs, (i for i in posed.inputs if i not in taken), wanted, strict=True)
    if len(ordinary) < wanted:
        raise Dropped("too few tests")
    hidden = edges + ordinary[posed.public :]
    if len({compare.key(test.output or "", source.io) for test in hidden}) < 2:
        raise Dropped("one answer passes every hidden test")
    return Suite(ordinary[: posed.public], hidden, len(edges))


def _tests(
    source: Source, programs: tuple[str, ...], inputs: Iterable[str], most: int, strict: bool
) -> tuple[IOTest, ...]:
    """Tests from the first inputs that make one. Where the programs disagree, `strict` drops the whole problem."""
    found: list[IOTest] = []
    for given in inputs:
        if len(found) == most:
            break
        outputs = [run(source, code, given).output for code in programs]
        first = outputs[0]
        agreed = all(_same(first, output, source) for output in outputs[1:])
        if not agreed and strict:
            raise Dropped("right programs disagree")
        if agreed and first is not None:
            found.append(IOTest(given, first))
    return tuple(found)


def _same(one: str | None, other: str | None, source: Source) -> bool:
    if one is None or other is None:
        return one is other
    return compare.matches(other, one, source.io)
