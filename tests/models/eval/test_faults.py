"""The first fault of a narrative: where it is, what kind, and what was being told."""

from __future__ import annotations

import pytest

from models.eval.faults import KINDS, Fault, first_fault, outermost

CODE = """
def f(s, k):
    n = s.find('  # b') + len(s)
    if n > k:
        return s[1:] + s.center(k, '*')
    return s
"""
TRUE = """def f(s, k):  # s = 'a, b', k = 2
n = s.find('  # b') + len(s)  # find '  # b': 'a, b'4 = -1, len 'a, b'4 = 4, -1 + 4, n = 3
if n > k:  # 3 > 2, True
return s[1:] + s.center(k, '*')  # [1:] ', b', 'a, b' center 'a, b', ', ba, b'"""


def fault(old: str, new: str, right: bool = False) -> Fault:
    assert TRUE.count(old) == 1
    return first_fault(TRUE.replace(old, new), TRUE, CODE, right)


@pytest.mark.parametrize(
    ("old", "new", "kind", "line", "operation"),
    [
        ("s = 'a, b', k", "s = 'a, d', k", "arguments", 1, ""),
        ("n = s.find('  # b')", "n = s.find('  # d')", "source", 2, ""),
        ("= -1, len", "= 1, len", "working", 2, "find"),
        ("len 'a, b'4 = 4", "len 'a, b'4 = 5", "working", 2, "len"),
        ("-1 + 4, n", "-1 + 5, n", "working", 2, "+"),
        ("n = 3", "n = 4", "value", 2, "+"),
        ("3 > 2, True", "4 > 2, True", "working", 3, ">"),
        ("3 > 2, True", "3 > 2, False", "value", 3, ">"),
        ("[1:] ', b'", "[1:] ' b'", "working", 4, "slice"),
        ("center 'a, b'", "center '*a, b'", "working", 4, "center"),
        ("', ba, b'", "', bb'", "value", 4, "+"),
        (TRUE.split("\n")[3], "return s  # 'a, b'", "path", 4, "another line"),
        ("\nif n > k:  # 3 > 2, True", "", "path", 3, "another line"),
    ],
)  # fmt: skip
def test_the_first_difference_says_what_was_told_wrong(
    old: str, new: str, kind: str, line: int, operation: str
) -> None:
    found = fault(old, new)
    assert (found.kind, found.line, found.operation) == (kind, line, operation)
    assert found.true.startswith(found.told[: found.at]) and found.true != found.told


STDIO = "n = int(input())\nwords = input().split()\nprint(n + sum([n, 2]), 'a' + words[0], n in words)"
READ = """n = int(input())  # n = 21
words = input().split()  # words = ['x, y']
print(n + sum([n, 2]), 'a' + words[0], n in words)  # """ + (
    "sums 21 23, 21 + 23, [0] 'x, y', 'a' + title, 21 in keys, prints '44'"
)


@pytest.mark.parametrize(
    ("old", "new", "kind", "operation"),
    [
        ("n = 21", "n = 12", "value", "int"),
        ("'x, y']", "'x', 'y']", "value", "split"),
        ("sums 21 23", "sums 21 24", "working", "sum"),
        ("21 + 23", "21 + 24", "working", "+"),
        ("[0] 'x, y'", "[0] 'x, z'", "working", "index"),
        ("'a' + title", "'a' + titel", "working", "+"),
        ("21 in keys", "21 in kyes", "working", "in"),
        ("sums 21 23, 21 + 23, [0] 'x, y', 'a' + title, 21 in keys", "sums 21 23", "working", "+"),
    ],
)
def test_a_program_that_reads_is_given_no_arguments(old: str, new: str, kind: str, operation: str) -> None:
    assert READ.count(old) == 1
    found = first_fault(READ.replace(old, new), READ, STDIO, False)
    assert (found.kind, found.operation) == (kind, operation)


@pytest.mark.parametrize("cut", [5, 60, 100, 140])
def test_a_narrative_cut_off_in_a_line_ends_early(cut: int) -> None:
    found = first_fault(TRUE[:cut], TRUE, CODE, False)
    assert (found.kind, found.operation) == ("path", "ends early")


def test_of_several_faults_the_first_counts() -> None:
    wrong = TRUE.replace("-1 + 4", "9 + 4").replace("', ba, b'", "''")
    assert first_fault(wrong, TRUE, CODE, False) == fault("-1 + 4", "9 + 4", False)


def test_a_narrative_may_end_early_or_go_on() -> None:
    lines = TRUE.split("\n")
    for count in range(len(lines)):
        early = first_fault("\n".join(lines[:count]), TRUE, CODE, False)
        assert (early.kind, early.operation, early.line, early.told) == ("path", "ends early", count + 1, "")
        late = first_fault(TRUE, "\n".join(lines[:count]), CODE, False)
        assert (late.kind, late.operation, late.line, late.true) == ("path", "goes on", count + 1, "")


def test_a_true_narrative_leaves_only_the_outcome() -> None:
    assert first_fault(TRUE + "\n", TRUE, CODE, True) == Fault("none")
    assert first_fault(TRUE, TRUE, CODE, False) == Fault("outcome")


def test_every_text_has_a_fault_of_a_known_kind() -> None:
    for at in range(len(TRUE)):
        for cut in (TRUE[:at], TRUE[:at] + "?" + TRUE[at:], TRUE[:at] + "'" + TRUE[at + 1 :], TRUE[at:]):
            assert first_fault(cut, TRUE, CODE, False).kind in KINDS


@pytest.mark.parametrize(
    ("line", "comes_of"),
    [
        ("x = s.center(3)", "center"), ("x += 3", "+"), ("elif not x:", "not"), ("while a <= b:", "<="),
        ("for c in sorted(s):", "sorted"), ("print(max(x))", "max"), ("print()", "print"), ("return s[1:]", "slice"),
        ("return s[1]", "index"), ("return [c for c in s]", "list comprehension"), ("y = x", "copy"),
        ("return", "other"), ("n = -1", "copy"), ("else:", "other"), ("n = -n", "-"), ("return a and b", "and"),
        ("??", "other"),
    ],
)  # fmt: skip
def test_what_the_value_of_a_line_comes_of(line: str, comes_of: str) -> None:
    assert outermost(line) == comes_of


@pytest.mark.parametrize(("told", "operation"), [("[3]: 0:3 1:1 2:4 3:5", "index"), ("[1:4]: 'ab'2 'c'3", "slice")])
def test_places_told_in_small_steps_are_places(told: str, operation: str) -> None:
    code = "def f(s):\n    return s[3] + s[1:4]\n"
    true = "def f(s):  # s = 'abcd'\nreturn s[3] + s[1:4]  # [3]: 0:3 1:1 2:4 3:1, [1:4]: 'a'1 'bcd'4, 'dbcd'"
    start = told[: told.index(" ")]
    note = true[: true.index(start)] + told
    assert first_fault(note, true, code, False).operation == operation
