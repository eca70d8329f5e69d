"""Wide programs: every template runs and is told, names are new, the other streams are what they were."""

from __future__ import annotations

import ast
import builtins
import hashlib
import keyword
import multiprocessing
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from statistics import median
from typing import Any

import pytest
from tokenizers import Tokenizer

from models import config
from models.config import DatasetConfig
from models.dataset import records
from models.narrative.compact import narrate
from models.programs import weighted, wide
from models.programs.frequencies import Figures
from models.programs.source import Source
from models.programs.wide import names, values
from models.programs.wide.draw import TEMPLATES, UNSEEN, own, written
from models.programs.wide.fill import LAYERS, LITERALS, STACKED
from models.programs.wide.slips import shows_order
from models.trace.limits import hash_seed, limit_child
from models.trace.tracer import trace
from models.trace.types import TraceLimits, TraceRejected

CONFIG = Path(__file__).parents[3] / "models/configs/nano-wide.toml"
STREAMS = {
    "even": "e909860b2a512accd9f272e67cebc6912d5bb3e1e669c72fff78fc455d03d0fe",
    "weighted": "23de57d84e6da3dbc33d417850c0f88f4c0737b3fdf88ab337ecf7050e38f24a",
}
"""Digests of what these draw, from before there was `wide`."""
WRITTEN = 5
"""Functions made of each template."""
TOKENIZER = Tokenizer.from_file(str(CONFIG.parents[1] / "checkpoints/nano/tokenizer.json"))
MOST = config.load(CONFIG.with_name("nano-long.toml")).dataset.max_tokens
"""Tokens of a record beyond which it is dropped."""
Run = tuple[Source, str, int]
"""A program, how it ends, and the tokens of the record that tells it."""
EVERY = (*TEMPLATES, *UNSEEN)


def in_a_child(do: Callable[..., Any], *args: Any) -> Any:
    """What `do` returns, within limits of time and memory, where sets have the order that data are made with."""
    with hash_seed(), multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:
        return pool.apply(do, args)


def run(source: Source) -> Run:
    limits = TraceLimits(endless_steps=weighted.ENDS)
    try:
        seen = trace(source.code, source.io, source.entry_point, source.inputs[0], limits, workings="stepped")
    except TraceRejected as error:
        return source, f"rejected: {error}", 0
    end = seen.raised or ("endless" if seen.endless else f"returns {seen.output}")
    record = f"{source.code}{source.inputs[0]}{narrate(source.code, seen)}"
    return source, end, len(TOKENIZER.encode(record).ids)


def _every_template() -> list[list[Run]]:
    rng = Random("templates")
    return [[run(written(template, rng)) for _ in range(WRITTEN)] for template in EVERY]


@cache
def every_template() -> list[list[Run]]:
    return in_a_child(_every_template)  # type: ignore[no-any-return]


def test_every_template_returns_and_lacks_no_name() -> None:
    for template, runs in zip(EVERY, every_template(), strict=True):
        ends = [end for _, end, _ in runs]
        assert any(end.startswith("returns") for end in ends), template
        assert not {*ends} & {"NameError", "UnboundLocalError", "AttributeError", "endless"}, runs


def test_none_shows_the_order_of_a_set() -> None:
    rng = Random("orders")
    assert not [template.body for template in EVERY if shows_order(written(template, rng).code)]


def test_nearly_all_are_told_within_limits() -> None:
    runs = [one for runs in every_template() for one in runs]
    told = [size for _, end, size in runs if not end.startswith("rejected") and size <= MOST]
    assert len(told) > 0.92 * len(runs)
    assert median(told) < 850
    assert sum(end.startswith("returns") for _, end, _ in runs) > 0.95 * len(runs)


def test_every_hole_is_one_and_every_layer_an_expression() -> None:
    holes = re.compile(r"<([a-z][a-z0-9-]*)(:[^<>\s]+)?>")
    for text in [template.body for template in EVERY] + [layer for kind in LAYERS.values() for layer in kind]:
        for kind, on in holes.findall(text):
            assert kind in (LAYERS if on else LITERALS), text
    assert {*STACKED, *STACKED.values()} <= {*LAYERS}
    assert {kind for template in TEMPLATES for kind in template.kinds} <= {*values.MAKERS}


def test_names_are_allowed_different_and_mostly_new() -> None:
    rng = Random("names")
    drawn = [names.name(rng) for _ in range(2000)]
    assert all(one.isidentifier() and not keyword.iskeyword(one) and not hasattr(builtins, one) for one in drawn)
    assert len({*drawn}) > 1400
    assert any(one[-1].isdigit() for one in drawn)
    assert any("_" in one for one in drawn)
    for _ in range(300):
        function = ast.parse(own(rng).code).body[-1]
        assert isinstance(function, ast.FunctionDef)
        params = [one.arg for one in function.args.args]
        assert len({*params, function.name}) == len(params) + 1


def test_programs_are_long_nested_and_made_of_parts_as_strangers_are() -> None:
    """Of 162 functions of strangers 16 % have more than ten lines, 6 % nested loops, 7 % imports, 6 % inner helpers."""
    rng = Random("shapes")
    trees = [(source.code.count("\n"), ast.parse(source.code)) for source in (own(rng) for _ in range(1000))]
    nodes = [(tree.body[-1], [*ast.walk(tree)]) for _, tree in trees]
    assert sum(lines > 10 for lines, _ in trees) > 160
    assert sum(any(loop is not one and isinstance(one, ast.For) for loop in every if isinstance(loop, ast.For)
                   for one in ast.walk(loop)) for _, every in nodes) > 50  # fmt: skip
    assert sum(any(isinstance(one, ast.Import | ast.ImportFrom) for one in every) for _, every in nodes) > 15
    assert sum(len(tree.body) > 1 for _, tree in trees) > 30
    assert sum(any(isinstance(one, ast.FunctionDef) and one is not last for one in every) for last, every in nodes) > 50


def test_words_are_plain_and_stand_once() -> None:
    assert len({*names.WORDS}) == len(names.WORDS) > 500
    assert all(re.fullmatch("[a-z]{3,8}", word) for word in names.WORDS)


def _renamed(count: int) -> list[tuple[Run, Run]]:
    rng = Random("renamed")
    sources = [draw(rng) for _ in range(count) for draw in (weighted.probe, weighted.broad)]
    pairs = [(source, names.renamed(source, rng)) for source in sources]
    return [(run(old), run(new)) for old, new in pairs if old.code != new.code]


def test_a_renamed_program_does_the_same() -> None:
    pairs = in_a_child(_renamed, 150)
    assert len(pairs) > 200
    for old, new in pairs:
        if not (old[1].startswith("rejected") or new[1].startswith("rejected")):  # names count in what is too long
            assert old[1] == new[1], (old, new)


def test_what_binds_names_otherwise_is_left_alone() -> None:
    for code in (
        "def f(a):\n    try:\n        return a[0]\n    except KeyError as e:\n        return str(e)",
        "def f(a):\n    global _n\n    _n = a\n    return _n",
        "from math import gcd\n\ndef f(a):\n    return gcd(a, 4)",
    ):
        source = Source(code, "function", "f", ("1",), "broad", "")
        assert all(names.renamed(source, Random(seed)) == source for seed in range(20))
    called = Source("def f(a):\n    return sorted(a, key=len)", "function", "f", ("[]",), "broad", "")
    assert all("key=len" in names.renamed(called, Random(seed)).code for seed in range(20))


def test_values_have_the_sizes_of_strangers_values() -> None:
    rng = Random("values")
    texts = [values.text(rng) for _ in range(500)]
    assert all(1 <= len(text) <= 44 for text in texts)
    assert sum(len(text) >= 10 for text in texts) > 380
    assert any("'" in text for text in texts)
    lists = [values.ints(rng) for _ in range(300)]
    assert median(map(len, lists)) > 7
    assert any(item < 0 for items in lists for item in items)
    tables = [values.MAKERS["table"](rng, None) for _ in range(300)]
    assert 4 <= median(len(table) for table in tables) <= 6  # type: ignore[arg-type]


def test_what_is_looked_for_mostly_occurs() -> None:
    rng = Random("fits")
    for kinds in (("text", "part"), ("ints", "item"), ("words", "item"), ("table", "key")):
        pairs = [values.arguments(kinds, rng) for _ in range(300)]
        assert 200 < sum(second in first for first, second in pairs) < 300, kinds  # type: ignore[operator]


def test_the_same_seed_draws_the_same_programs() -> None:
    for draw in (wide.probe, wide.broad):
        assert [draw(Random(seed)) for seed in range(60)] == [draw(Random(seed)) for seed in range(60)]


def stream(frequencies: str) -> str:
    settings = DatasetConfig(drills=0.4, broad=0.7, operations=4, frequencies=frequencies)
    rng, out = Random("pinned"), hashlib.sha256()
    for _ in range(300):
        try:
            program = records.draw_program(settings, rng)
        except records.Dropped:
            continue
        out.update(f"{program.code}\0{program.given}\0{program.origin}\n".encode())
    return out.hexdigest()


@pytest.mark.parametrize("frequencies", STREAMS)
def test_other_frequencies_draw_what_they_drew(frequencies: str) -> None:
    assert in_a_child(stream, frequencies) == STREAMS[frequencies]


def _drawn(frequencies: str, count: int) -> tuple[Counter[str], dict[str, float]]:
    settings = DatasetConfig(drills=0.4, broad=0.7, operations=4, frequencies=frequencies)
    rng, origins, figures = Random("shares"), Counter[str](), Figures()
    while figures.programs < count:
        try:
            program = records.draw_program(settings, rng)
        except records.Dropped:
            continue
        origins[program.origin] += 1
        figures.add(program.code, program.given, None)
    return origins, figures.table()


@cache
def drawn(frequencies: str) -> tuple[Counter[str], dict[str, float]]:
    return in_a_child(_drawn, frequencies, 1500)  # type: ignore[no-any-return]


def test_a_third_of_the_predicted_programs_is_of_the_templates_here() -> None:
    settings = config.load(CONFIG).dataset
    assert (settings.frequencies, settings.drills, settings.broad) == ("wide", 0.4, 0.7)
    share = 0.4 * records.PROBES["wide"] * wide.OWN["probe"] + 0.6 * 0.7 * wide.OWN["broad"]
    assert 0.35 < share < 0.42
    assert drawn("wide")[0][wide.ORIGIN] / 1500 == pytest.approx(share * (1 - wide.SLIPS), abs=0.05)
    assert drawn("weighted")[0][wide.ORIGIN] == 0


def test_one_program_in_four_of_those_has_a_slip() -> None:
    share = (0.4 * records.PROBES["wide"] + 0.6 * 0.7) * wide.SLIPS
    assert drawn("wide")[0][wide.SLIPPED] / 1500 == pytest.approx(share, abs=0.04)
    assert drawn("weighted")[0][wide.SLIPPED] == 0


def test_what_was_missing_is_there() -> None:
    before, after = drawn("weighted")[1], drawn("wide")[1]
    for name in (
        "a repetition", "an item's index", "a nest of calls", "a tuple returned", "and, or as value",
        "a chained comparison", "a name with a digit", "a name with _", ".fromkeys", ".update", ".popitem",
        ".splitlines", ".translate", ".rindex", ".istitle", ".expandtabs", ".copy", "dict()", "isinstance()",
        "an early return",
    ):  # fmt: skip
        assert after[f"% with {name}"] > max(0.2, 1.2 * before.get(f"% with {name}", 0.0)), name
    assert after["names, % of one program"] > 1.5 * before["names, % of one program"]
    assert after["list, median"] >= before["list, median"]
