"""Statements in rich words: many frames, whole sentences, drawn by the seed alone, with inputs and programs as ever."""

from __future__ import annotations

import ast
import re
from random import Random
from unittest.mock import patch

from models.programs import chain, frames, problems
from models.programs.problems import Stated


def drawn(count: int, seed: int) -> list[Stated]:
    rng = Random(seed)
    return [frames.state(chain.draw(rng), rng) for _ in range(count)]


def test_the_same_seed_gives_the_same_text() -> None:
    assert drawn(200, 1) == drawn(200, 1)
    assert [stated.statement for stated in drawn(50, 1)] != [stated.statement for stated in drawn(50, 2)]


def test_the_frames_differ_even_where_the_operations_say_nothing() -> None:
    with patch.object(frames, "_fill", lambda *_: "\0"), patch.object(frames, "PLAIN", 0):
        texts = {re.sub(r"`?\b(a|s|d|n|t|x|[a-z]{1,2})\b`?", "", stated.statement) for stated in drawn(2000, 3)}
    assert len(texts) > 1800


def test_few_statements_come_twice() -> None:
    assert len({stated.statement for stated in drawn(2000, 4)}) > 1990


def test_some_statements_are_plain() -> None:
    with patch.object(problems, "state", lambda steps, rng: None):
        plain = sum(stated is None for stated in drawn(2000, 5))
    assert 0.08 < plain / 2000 < 0.16


def test_a_statement_is_whole_sentences() -> None:
    for stated in drawn(3000, 6):
        text = stated.statement
        assert not re.search(r"[{}$@<>|\[\]\0]|  | [.;,:]|\.\.|,,|;;|: :", text), text
        assert text[-1] in ".!?", text
        assert text.count("`") % 2 == 0 and text.count("'") % 2 == 0, text
        assert text.count("(") == text.count(")") or re.search(r"(^|\s)[0-9]\) ", text), text


def test_nothing_follows_a_clause_within_a_sentence_that_could_be_a_part_of_it() -> None:
    clauses = 0
    for stated in drawn(6000, 10):
        for clause in re.findall(r"\b(?:when|if) you (.*)", stated.statement):
            several = clause.startswith("first ")
            clauses += several
            assert several == bool(re.search(r" and (?:then|after that) ", clause)), clause
            assert not re.search(r"\band (?:return|print)|, then |, and with the result", clause), clause
    assert clauses > 50


def test_the_wording_is_the_one_that_is_asked_for() -> None:
    steps = chain.draw(Random(11), 3)
    said = {wording: frames.state_in(wording, steps, Random(11)) for wording in ("plain", "rich")}
    assert said == {"plain": problems.state(steps, Random(11)), "rich": frames.state(steps, Random(11))}
    assert said["plain"].statement != said["rich"].statement


def test_function_and_parameter_are_those_of_the_starter() -> None:
    named = 0
    for stated in drawn(1000, 7):
        assert (stated.io == "function") == bool(stated.starter) == bool(stated.entry_point)
        assert stated.param in problems.PARAMS[stated.steps[0].op.src]
        if stated.io == "function":
            assert stated.starter == f"def {stated.entry_point}({stated.param}):"
            called = re.findall(r"\b(\w+)\(", stated.statement)
            assert {*called} <= {stated.entry_point}, stated.statement
            named += bool(called)
    assert named > 50


def test_parameters_of_every_operation_are_told() -> None:
    for stated in drawn(1000, 8):
        for step in stated.steps:
            code = " ".join(step.op.code)
            assert "$k" not in code or re.search(rf"(?<!\w){step.k}(?!\w)", stated.statement), stated.statement
            assert "$c" not in code or repr(step.c) in stated.statement, stated.statement


def test_programs_and_inputs_fit_as_those_of_plain_statements() -> None:
    rng = Random(9)
    seen = set()
    for stated in drawn(300, 9):
        code = problems.program(stated, rng)
        ast.parse(code)
        seen.add(stated.form)
        assert ("input()" in code) == (stated.io == "stdio")
        assert problems.arguments(stated, rng)
    assert {"ints:n", "ints:line", "ints:rows", "words:line", "words:rows", "str:line", "int:line", "dict"} <= seen
