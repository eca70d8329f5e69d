"""The broad generator: valid, varied, reproducible programs that run, and get harder as they are told to."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random

import pytest

from models.dataset.keys import program_key
from models.narrative.compact import narrate
from models.programs import broad
from models.programs.broad.draw import IDIOMS, Idiom, merged, written
from models.programs.broad.fill import HOLES, LITERALS, fill
from models.programs.broad.inputs import MAKERS
from models.programs.source import Source
from models.trace.tracer import trace
from models.trace.types import Trace, TraceRejected

CRUXEVAL = Path(__file__).parents[4] / "shared/data/cruxeval_dev.jsonl"


@cache
def drawn(count: int, seed: int = 0, difficulty: float | None = None) -> tuple[Source, ...]:
    rng = Random(f"broad:{seed}")
    return tuple(broad.draw(rng, difficulty) for _ in range(count))


def runs(sources: tuple[Source, ...]) -> list[tuple[Source, Trace]]:
    out = []
    for source in sources:
        try:
            out.append((source, trace(source.code, source.io, source.entry_point, source.inputs[0])))
        except TraceRejected:
            continue
    return out


def test_no_hole_is_left_and_every_program_parses() -> None:
    for source in drawn(3000):
        tree = ast.parse(source.code)
        assert "<" not in re.sub(r" <=? |<<|:<4", "", source.code)
        functions = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
        assert (source.entry_point in functions) == (source.io == "function")


def test_every_hole_of_every_idiom_is_known() -> None:
    rng = Random(0)
    for idiom in IDIOMS:
        assert {kind for _, kind in idiom.params} <= set(MAKERS)
        for _ in range(30):
            ast.parse("def f():\n" + "\n".join("    " + line for line in fill(idiom.code, rng).split("\n")))
    for kind, forms in HOLES.items():
        for form in forms:
            for _ in range(5):
                ast.parse(fill(form.replace("$v", "v"), rng), mode="eval")
        assert kind not in LITERALS


def test_every_idiom_can_be_drawn_and_traced_and_told() -> None:
    """None needs a name that it lacks, whatever fills its holes."""
    rng = Random("idioms")
    for idiom in IDIOMS:
        runs = [run for _ in range(12) if (run := _run_of(idiom, rng)) is not None]
        assert runs, idiom
        assert not {run.raised for run in runs} & {"NameError", "UnboundLocalError", "ImportError"}, idiom


def _run_of(idiom: Idiom, rng: Random) -> Trace | None:
    made = written([idiom], "f", rng, 0.5)
    if made is None:
        return None
    given = ", ".join(repr(MAKERS[kind](rng, 0.5)) for kind in made.kinds)
    try:
        run = trace(made.code, "function", "f", given)
    except TraceRejected:
        return None
    assert narrate(made.code, run)
    return run


def test_imports_come_first_and_once_and_are_used() -> None:
    found = 0
    for source in drawn(3000):
        kinds = [isinstance(node, (ast.Import, ast.ImportFrom)) for node in ast.parse(source.code).body]
        assert kinds == sorted(kinds, reverse=True), source.code
        found += any(kinds)
        nodes = list(ast.walk(ast.parse(source.code)))
        modules = [n.module for n in nodes if isinstance(n, ast.ImportFrom)]
        assert len(modules) == len(set(modules)), source.code
        names = [alias.name for n in nodes if isinstance(n, (ast.Import, ast.ImportFrom)) for alias in n.names]
        assert len(names) == len(set(names)), source.code
        assert set(names) <= {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
        assert not set(names) & {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        assert not set(names) & {n.arg for n in nodes if isinstance(n, ast.arg)}
    assert found > 200


def test_imports_from_one_module_stand_on_one_line() -> None:
    lines = ["from typing import List", "import re", "from typing import Dict", "import re", "from typing import List"]
    assert merged(lines) == ["import re", "from typing import Dict, List"]


def test_programs_of_every_shape_have_imports_and_annotations() -> None:
    imports = [source for source in drawn(3000) if re.search("^(from|import) ", source.code)]
    assert len({source.io for source in imports}) == 2
    assert any("\ndef " not in source.code for source in imports)
    assert 100 < sum(") -> " in source.code for source in drawn(3000)) < 500


def test_the_same_seed_gives_the_same_programs() -> None:
    rng = Random("broad:0")
    assert tuple(broad.draw(rng) for _ in range(200)) == drawn(3000)[:200]


def test_programs_vary() -> None:
    keys = Counter(program_key(source.code) for source in drawn(3000))
    assert len(keys) > 1500
    assert keys.most_common(1)[0][1] < 90
    assert {source.io for source in drawn(3000)} == {"function", "stdio"}


def test_most_programs_run_cleanly_and_briefly_and_some_fail() -> None:
    made = runs(drawn(3000))
    kinds = Counter("raises" if run.raised else "endless" if run.endless else "output" for _, run in made)
    assert len(made) > 0.95 * 3000
    assert 0.01 < kinds["raises"] / len(made) < 0.07
    assert kinds["endless"] > 0
    steps = sorted(len(run.steps) for _, run in made)
    assert steps[len(steps) // 2] <= 12


def test_the_input_matters() -> None:
    """Of five inputs, not all give the same outcome, for most programs."""
    rng, differ = Random("inputs"), 0
    sources = [broad.draw(rng, inputs=5) for _ in range(500)]
    for source in sources:
        outcomes = set()
        for given in source.inputs:
            try:
                run = trace(source.code, source.io, source.entry_point, given)
            except TraceRejected:
                continue
            outcomes.add((run.output, run.raised))
        differ += len(outcomes) > 1
    assert differ / len(sources) > 0.85, differ


def test_harder_programs_are_longer_deeper_and_run_longer() -> None:
    def means(difficulty: float) -> tuple[float, float, float]:
        made = runs(drawn(1200, 1, difficulty))
        depth = [max(_depth(n) for n in ast.parse(s.code).body) for s, _ in made]
        return (
            sum(len(s.code) for s, _ in made) / len(made),
            sum(depth) / len(made),
            sum(len(r.steps) for _, r in made) / len(made),
        )

    easy, middle, hard = means(0.0), means(0.5), means(1.0)
    assert all(a < b < c for a, b, c in zip(easy, middle, hard, strict=True)), (easy, middle, hard)


def _depth(node: ast.AST) -> int:
    deeper = max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)
    return deeper + isinstance(node, (ast.For, ast.While, ast.If, ast.Try, ast.FunctionDef))


def test_contest_programs_come_in_three_shapes() -> None:
    """A call, a number of cases, or bare statements; all read every line they are given."""
    ways: Counter[str] = Counter()
    for source in (s for s in drawn(3000) if s.io == "stdio"):
        way = "cases" if "range(int(input()))" in source.code else "call" if "\nprint(" in source.code else "flat"
        solved = re.search(r"^    return |^        return ", source.code, re.MULTILINE)
        ways[way if solved else "flat"] += 1
        times = int(source.inputs[0].split("\n")[0]) if way == "cases" else 1
        reads = source.code.count("input()") - (way == "cases")
        assert source.inputs[0].count("\n") == times * reads + (way == "cases"), source
    assert min(ways["flat"], ways["call"], ways["cases"]) > 30, ways


@pytest.mark.skipif(not CRUXEVAL.exists(), reason="no ../shared/data beside the project")
def test_no_program_is_one_of_cruxevals() -> None:
    """Not even but for names and literals. (One line still can, about once in 60,000; data sets drop it by its key.)"""
    theirs = {program_key(json.loads(line)["code"]) for line in CRUXEVAL.read_text().splitlines()}
    assert [source.code for source in drawn(20_000) if program_key(source.code) in theirs] == []
