"""Verify rows: verdicts that are true when the program runs, in balance, and spoken as the pipeline speaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

import pytest

from models.config import DataConfig, SourceConfig
from models.dataset import card, part, schema, stated
from models.dataset.kept import HALF, Kept, together
from models.dataset.stats import Stats
from models.rl.rows import VerifyRow
from models.rl.verify import VerifyEpisode
from models.sandbox import ExecStatus, Sandbox
from tests.models.dataset import posed
from workers.pipeline import compare, parse
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import prompts, tagged
from workers.pipeline.types import Completion, FinishReason, IOTest, Problem, Verdict

SOURCE = SourceConfig("composed", 0.8, predict=0.2, solve=0.0, fix=0.1, verify=1.0, wrong=0.5)
STYLES = [("tagged", "compact"), ("chat", "compact"), ("chat", "prose")]
Row = dict[str, Any]


@cache
def part_of(
    style: str, narrative: str, rows: int = 90, max_chars: int = 12_000
) -> tuple[tuple[Row, ...], Counter[tuple[str, str]]]:
    config = DataConfig(
        "t", (SOURCE,), rows=rows, parts=1, style=style, narrative=narrative, max_chars=max_chars, validation=0.2
    )
    dropped = Counter[tuple[str, str]]()
    return tuple(part.draw(config, 0, dropped)), dropped


def verdicts(style: str = "tagged", narrative: str = "compact", **more: int) -> list[Row]:
    return [row for row in part_of(style, narrative, **more)[0] if row["task"] == "verify"]


def answer(row: Row) -> Verdict:
    """What the pipeline reads from a completion, as a server sends it."""
    text = row["completion"] if row["style"] == "tagged" else row["completion"][0]["content"]
    return parse.verdict(Completion(text.removesuffix(tagged.END), FinishReason.STOP), row["style"])


def shown(row: Row) -> IOTest:
    (test,) = (IOTest(t["input"], t["output"]) for t in row["tests"] if t["input"] == row["input"])
    return test


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as started:
        yield started


@pytest.mark.parametrize(("style", "narrative"), STYLES)
def test_a_verdict_is_read_back_as_what_the_sandbox_finds(sandbox: Sandbox, style: str, narrative: str) -> None:
    for row in verdicts(style, narrative):
        (ran,), test = posed.really(sandbox, row, row["program"], [row["input"]]), shown(row)
        passes = ran.status is ExecStatus.SUCCESS and compare.matches(ran.output, test.output or "", row["io"])
        assert answer(row) is (Verdict.PASS if passes else Verdict.FAIL), (row["program"], test)
        if ran.status is ExecStatus.SUCCESS:
            assert (row["output"], row["raises"], row["finishes"]) == (ran.output, None, True)
        else:
            assert row["output"] is None


def test_as_many_pass_as_fail_in_each_split_and_wrong_programs_do_both() -> None:
    rows, splits, programs, edges = verdicts(), Counter[Any](), Counter[Any](), Counter[Any]()
    for row in rows:
        splits[row["split"], answer(row)] += 1
        programs[row["correct"], answer(row)] += 1
        edges[next(t["edge"] for t in row["tests"] if t["input"] == row["input"]), answer(row)] += 1
    for split in ("train", "validation"):
        assert splits[split, Verdict.PASS] == splits[split, Verdict.FAIL] > 0
    assert programs[True, Verdict.FAIL] == 0
    right, lucky, half = programs[True, Verdict.PASS], programs[False, Verdict.PASS], len(rows) // 2
    assert right + lucky == programs[False, Verdict.FAIL] == half
    assert min(right, lucky) > half / 4
    for edge in (True, False):
        assert edges[edge, Verdict.PASS] == edges[edge, Verdict.FAIL] > 5


def test_a_pair_shares_its_problem_and_either_its_program_or_its_test(sandbox: Sandbox) -> None:
    kinds = Counter[str]()
    for one, other in (several for several in together(verdicts()) if len(several) == 2):
        assert {answer(one), answer(other)} == {Verdict.PASS, Verdict.FAIL}
        assert all(one[name] == other[name] for name in ("statement", "group", "split", "entry_point", "difficulty"))
        same = one["program"] == other["program"]
        assert same is (one["input"] != other["input"])
        assert [one["correct"], other["correct"]].count(False) == 1 + same
        kinds["program" if same else "test"] += 1
    assert min(kinds.values()) > 5
    for row in verdicts():
        names = ("right_program", "wrong_program", "slip", "failing_input")
        assert all((row[name] is None) is row["correct"] for name in names)
        if not row["correct"]:
            assert row["wrong_program"] == row["program"]
            ran = [posed.really(sandbox, row, row[name], [row["failing_input"]])[0] for name in names[:2]]
            assert ran[0].output != ran[1].output


@pytest.mark.parametrize(("style", "narrative"), STYLES)
def test_the_prompt_is_that_of_serving_and_of_reinforcement(style: Any, narrative: str) -> None:
    for row in verdicts(style, narrative):
        problem, test = Problem(row["statement"], row["io"], row["entry_point"]), shown(row)
        asked = prompts(style).verify(problem, row["program"], test)
        assert row["prompt"] == (asked.text if style == "tagged" else list(asked.messages or ()))
        episode = VerifyEpisode(VerifyRow(problem, row["program"], test, answer(row) is Verdict.PASS), style)
        assert episode.start().prompts == (asked,)
        assert all(t["public"] for t in row["tests"] if t["input"] == test.input)  # what a prompt shows is not hidden


def test_a_tagged_completion_is_the_verdict_alone() -> None:
    assert {row["completion"] for row in verdicts()} == {f"True{tagged.END}", f"False{tagged.END}"}
    assert {row["narrative"] for row in verdicts()} == {None}


@pytest.mark.parametrize("narrative", ["compact", "prose"])
def test_a_chat_completion_tells_the_run_and_ends_in_the_one_block_that_is_asked_for(narrative: str) -> None:
    for row in verdicts("chat", narrative):
        [message] = row["completion"]
        told, _, block = message["content"].rpartition("\n\n")
        assert block == f"[VERDICT]\n{answer(row).upper()}\n[/VERDICT]"
        assert not any(mark in told for mark in ("[OUTPUT]", "[RAISES]", "[ENDLESS]", "[VERDICT]"))
        assert told.startswith("```\n" if narrative == "compact" else "1. ")
        seen = "raises " + row["raises"] if row["raises"] else "does not finish" if not row["finishes"] else "gives "
        last = told.rpartition("\n\n")[2]
        assert last.startswith("Test 1 expects ")
        assert seen in last
        assert row["narrative"] == narrative


def test_a_pair_is_kept_or_dropped_as_a_whole() -> None:
    """Also where only one of the two is too long, or has no room left."""
    rows, dropped = part_of("chat", "prose", rows=45, max_chars=1700)
    counts = Counter(answer(row) for row in rows if row["task"] == "verify")
    assert counts[Verdict.PASS] == counts[Verdict.FAIL] > 3
    assert dropped["composed", "too long"] > 3
    only = DataConfig("t", (SourceConfig("composed", predict=0, verify=1.0),), rows=5, parts=1)
    counted = Counter[tuple[str, str]]()
    assert Counter(answer(row) for row in part.draw(only, 0, counted)) == {Verdict.PASS: 2, Verdict.FAIL: 2}
    assert counted["composed", HALF] == 1


def test_what_is_taken_together_is_taken_or_refused_together() -> None:
    def row(id: str, key: str, task: str = "verify") -> Row:
        return {"id": id, "key": key, "task": task}

    kept = Kept(same_program=1)
    assert kept.why_not(row("a", "k"), row("b", "k")) is None  # one program, one pair
    assert kept.why_not(row("c", "l"), row("d", "k")) == "equal program"
    assert kept.why_not(row("e", "m"), row("b", "n")) == "equal row"
    assert kept.why_not(row("f", "o"), row("f", "o")) == "equal row"
    assert kept.why_not(row("c", "l"), row("e", "m")) is None  # refused before, so not taken
    assert kept.why_not(row("g", "k", "predict")) is None
    rows = [row("1", "", "fix"), row("2", ""), row("3", ""), row("4", "", "fix"), row("5", "")]
    assert [[r["id"] for r in several] for several in together(rows)] == [["1"], ["2", "3"], ["4"], ["5"]]


def test_drafts_are_the_same_where_no_verdict_is_asked_for() -> None:
    source = SourceConfig("composed", predict=0.5, solve=0.2, fix=0.3)
    for seed in range(300):
        new, old = Random(seed), Random(seed)
        assert stated._task(source, new) == old.choices(("predict", "solve", "fix"), (0.5, 0.2, 0.3))[0]
        assert new.getstate() == old.getstate()


def test_what_has_no_statements_judges_nothing() -> None:
    with pytest.raises(InputError, match="'broad' has no statements"):
        part.check(DataConfig("t", (SourceConfig("broad", verify=0.1),)))


def test_the_card_counts_verdicts_and_the_slips_that_are_judged() -> None:
    rows, counted = part_of("tagged", "compact")[0], Stats()
    for row in schema.table(rows, "tagged").to_pylist():
        counted.add(row)
    half = len(verdicts()) // 2
    right = sum(row["correct"] for row in verdicts())
    (_, table) = card._verdicts(counted)
    assert table.split("\n")[2:] == [f"| right | {right} | 0 |", f"| wrong | {half - right} | {half} |"]
    judged, told = Counter(row["slip"] for row in verdicts() if not row["correct"]), card._wrong(counted)
    for slip, count in judged.items():
        assert f"| {slip} | {counted.slips[slip, 'predict']} | {counted.slips[slip, 'fix']} | {count} |" in told
    assert card._verdicts(Stats()) == []
