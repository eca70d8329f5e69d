"""Weighted programs: common operations are common, values fit, what has no end is told early, the rest is thinned."""

from __future__ import annotations

import ast
from collections import Counter
from functools import cache
from random import Random

import pytest

from models.config import DatasetConfig, digest
from models.dataset import records
from models.programs import broad, probes, weighted, wild
from models.programs.frequencies import Figures, parts
from models.programs.source import Source
from models.programs.weighted import values
from models.programs.weighted.probe import SHAPES, TEMPLATES, Weighted
from models.programs.weighted.thin import KEPT
from models.trace.tracer import trace
from models.trace.types import Trace, TraceLimits, TraceRejected

SOON = TraceLimits(endless_steps=weighted.ENDS)


def run(source: Source, limits: TraceLimits = SOON) -> Trace | None:
    try:
        return trace(source.code, source.io, source.entry_point, source.inputs[0], limits, workings="spelled")
    except TraceRejected:
        return None


@cache
def drawn(count: int = 500) -> tuple[tuple[Source, Trace], ...]:
    rng = Random("weighted")
    sources = [weighted.probe(rng) for _ in range(count)]
    return tuple((source, seen) for source in sources if (seen := run(source)))


def written(kind: str, shape: str, template: str, rng: Random) -> Source:
    body = [template]
    if shape == "straight":
        body = probes.in_a_row(kind, [template], rng)
    elif shape == "rounds":
        body = [probes.gathering(kind, template)]
    return probes.function(body, lambda: values.draw(kind, "\n".join(body), rng), rng)


@pytest.mark.parametrize("kind", TEMPLATES)
def test_every_template_can_be_run_and_lacks_no_name(kind: str) -> None:
    rng = Random("templates")
    for shape in ("straight", "rounds", "bodies", weighted.DOUBTFUL):
        for template in TEMPLATES[kind][shape].templates:
            runs = [seen for _ in range(3) if (seen := run(written(kind, shape, template, rng)))]
            assert runs, template
            assert not {seen.raised for seen in runs} & {"NameError", "UnboundLocalError", "AttributeError"}, template


def test_the_same_seed_draws_the_same_programs() -> None:
    for draw in (weighted.probe, weighted.broad):
        assert [draw(Random(seed)) for seed in range(40)] == [draw(Random(seed)) for seed in range(40)]


def test_templates_come_as_often_as_they_weigh_and_none_twice() -> None:
    rng = Random("weights")
    chosen = Weighted.of({"6": ["a"], "3": ["b"]}, others=("c", "a"), rest=1.0)
    counts = Counter(chosen.draw(rng)[0] for _ in range(3000))
    assert [round(counts[name] / 300) for name in "abc"] == [6, 3, 1]
    assert sorted(chosen.draw(rng, 5)) == ["a", "b", "c"]


def test_most_runs_return_and_some_raise_or_have_no_end() -> None:
    ends = Counter("raises" if seen.raised else "endless" if seen.endless else "returns" for _, seen in drawn())
    assert ends["returns"] > 0.85 * len(drawn())
    assert 0.005 < ends["raises"] / len(drawn()) < 0.09
    assert 0.01 < ends["endless"] / len(drawn()) < 0.1


def test_only_doubtful_programs_have_no_end_and_some_of_them_end() -> None:
    counts = Counter((source.origin, seen.endless) for source, seen in drawn())
    assert counts["probe", True] == 0
    assert counts[weighted.DOUBTFUL, True] > counts[weighted.DOUBTFUL, False] > 0
    assert sum(SHAPES.values()) == pytest.approx(1)


def test_what_has_not_ended_soon_goes_on() -> None:
    """That a doubtful function does not end is known after few lines: five times as many change no outcome."""
    rng = Random("doubtful")
    for kind in TEMPLATES:
        for template in TEMPLATES[kind][weighted.DOUBTFUL].templates:
            for _ in range(2):
                source = written(kind, weighted.DOUBTFUL, template, rng)
                seen, later = run(source), run(source, TraceLimits(endless_steps=5 * weighted.ENDS))
                assert seen is None or (later is not None and later.endless == seen.endless), source


def figures(made: tuple[tuple[Source, Trace], ...]) -> dict[str, float]:
    out = Figures()
    for source, seen in made:
        out.add(source.code, source.inputs[0], seen)
    return out.table()


def test_far_indices_slices_and_common_methods_are_more_frequent_than_in_even_ones() -> None:
    rng = Random("even")
    evenly = [probes.draw(rng) for _ in range(500)]
    even = figures(tuple((source, seen) for source in evenly if (seen := run(source))))
    ours = figures(drawn())
    for name in ("per 100 runs: far index", "per 100 runs: far slice", "% with .replace"):
        assert ours[name] > 1.5 * even.get(name, 0.0), name
    assert ours["list, median"] > even["list, median"]


def test_indices_lie_in_what_is_indexed_whatever_else_is_given() -> None:
    rng = Random("indices")
    for kind, name in probes.MAIN.items():
        outside = 0
        for _ in range(500):
            given = values.draw(kind, "", rng)
            size = len(given[name])
            outside += size > 0 and not -size <= given["i"] < size
        assert 0 < outside < 40, kind


def test_a_list_has_the_size_asked_for() -> None:
    rng = Random("sizes")
    assert all(len(values.sized(make, size, rng)) == size for make in (wild.ints, wild.mixed) for size in range(12))


def test_what_idioms_overdo_is_thinned_and_still_there() -> None:
    rng = Random("thin")
    before = Counter(part for _ in range(700) for part in parts(broad.draw(rng).code))
    after = Counter(part for _ in range(700) for part in parts(weighted.broad(rng).code))
    assert set(KEPT) <= set(before)
    assert all(after[part] > 0 for part in KEPT)
    for part in ("%", "ListComp", "sorted()"):
        assert after[part] < 0.75 * before[part], part


def test_records_are_drawn_so_where_the_configuration_asks_for_it() -> None:
    even, other = DatasetConfig(drills=1.0), DatasetConfig(drills=1.0, frequencies="weighted")
    assert digest(even) != digest(other)
    rng = Random("records")
    origins = {config.frequencies: Counter(records.draw_program(config, rng).origin for _ in range(300))
               for config in (even, other)}  # fmt: skip
    assert weighted.DOUBTFUL not in origins["even"]
    assert origins["weighted"][weighted.DOUBTFUL] > 0
    program = records.draw_program(other, rng)
    assert ast.unparse(ast.parse(program.code)) == program.code
