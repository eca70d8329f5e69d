"""The rich words of training are none of the words of the frozen set `reworded`, and are drawn only where asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from random import Random
from typing import Any

from models.config import DataConfig, DatasetConfig, SourceConfig, digest
from models.dataset import records, reworded, stated
from models.programs import chain, problems
from models.programs.frames import FRAMES
from models.programs.wordings import WORDINGS, expand


def bare(text: str) -> str:
    """The letters and digits of a text alone, without parameters and placeholders."""
    return re.sub(r"[^a-z0-9]", "", re.sub(r"\$\w|\{\w*\}", "", text.lower()))


def pattern(template: str) -> re.Pattern[str]:
    """All that a template stands for, bare."""
    return re.compile("".join(part if part in "[]|@" else bare(part) for part in parts(template)).translate(ALL))


ALL = {ord("["): "(?:", ord("]"): ")", ord("@"): "(?:" + "|".join(
    bare(text)
    for place in FRAMES["object"].values() for texts in place.values() for text in texts if "[" not in text
) + "|it)"}  # fmt: skip


def parts(template: str) -> list[str]:
    return re.findall(r"[\[\]|@]|[^\[\]|@]+", template)


def strings(value: Any) -> Iterator[str]:
    """Every text in a tree of tables and lists."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    else:
        for inner in value:
            yield from strings(inner)


@cache
def clauses() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Operation and pattern of every rich clause."""
    return tuple((name, pattern(template)) for name, said in WORDINGS.items() for template in said.all())


def test_a_pattern_is_what_its_template_stands_for() -> None:
    found = pattern("[drop|take out] every [odd|] number over $k in @, please")
    assert found.fullmatch(bare("Take out every number over $k in the list, please"))
    assert not found.fullmatch(bare("Drop every even number over $k in the list, please"))


def test_no_rich_clause_is_a_phrase_of_the_reworded_set() -> None:
    phrases = {bare(phrase): phrase for phrase in reworded.WORDS["phrases"].values()}
    found = [(text, said.pattern) for key, text in phrases.items() for _, said in clauses() if said.fullmatch(key)]
    assert found == []


def test_no_rich_clause_is_within_the_reworded_phrase_of_its_operation() -> None:
    phrases = reworded.WORDS["phrases"]
    found = [(phrases[name], said.pattern) for name, said in clauses() if said.search(bare(phrases[name]))]
    assert found == []


def test_no_rich_sentence_is_one_of_the_reworded_set() -> None:
    others = {bare(text): text for key, value in reworded.WORDS.items() if key != "phrases" for text in strings(value)}
    own = [pattern(expand(text, FRAMES["words"])) for key, value in FRAMES.items() if key != "words"
           for text in strings(value)]  # fmt: skip
    assert [(text, said.pattern) for key, text in others.items() for said in own if key and said.fullmatch(key)] == []


def test_the_default_is_the_plain_wording() -> None:
    rng, other = Random(1), Random(1)
    for _ in range(50):
        while chain.held_out(steps := chain.draw(other)):
            pass
        assert records.draw_stated(rng) == problems.state(steps, other)


OLDER = {
    DatasetConfig(): "2b6ef90bc6916b653dc7af1c1ee055369c3fcb45abc28c98146be5cb20e32d0b",
    DatasetConfig(seed=7, told="prose"): "139aac65844b86066e336a614fee549587f90f8cf2140e628b47a823e97d0569",
    SourceConfig("composed"): "f68720ad0847acf5ba18f18838bd2f788a2a357c3c995018e2d531a53cfb576c",
    SourceConfig("composed", predict=0, solve=1.0, path="runs/x"):
        "32e1fe837cf7225b347ead3f061ba1311fd49686cbc4b3fd32d463128dccd0a8",
    DataConfig("d", (SourceConfig("drill"),)): "70bde68ef47994636e72e65885eabaab4619c998a0ac0273c2b864f436516c0f",
    DataConfig("d", (SourceConfig("composed", solve=1.0), SourceConfig("broad")), style="chat", narrative="prose",
               fold=9): "3794d473ca0418e91d0ba5bbf9ec385bc408cce2c829ce3b104da37d8a80dc20",
}  # fmt: skip
"""Configurations and their digests before there were `workings`, `wording` and `operations` (commit 172c27d)."""


def test_later_settings_leave_older_digests_alone() -> None:
    assert {config: digest(config) for config in OLDER} == OLDER
    later: list[object] = [
        DatasetConfig(wording="rich"), DatasetConfig(workings="spelled"), DatasetConfig(operations=4),
        SourceConfig("composed", wording="rich"), DataConfig("d", (SourceConfig("drill"),), workings="spelled"),
        SourceConfig("composed", verify=0.05), SourceConfig("composed", fix=0.05),  # the former is no 0.0 and a 5
    ]  # fmt: skip
    assert len({*map(digest, later)} - {*OLDER.values()}) == len(later)


def test_rich_statements_come_where_they_are_asked_for_and_nowhere_else() -> None:
    before, after = ({records.solve(DatasetConfig(wording=wording), Random(seed)).statement for seed in range(40)}
                     for wording in ("plain", "rich"))  # fmt: skip
    assert len(before & after) < 10
    sources = [SourceConfig("composed", predict=0, solve=1, wording=wording) for wording in ("plain", "rich")]
    plain, rich = (stated.composed(source, Random(3)).source.statement for source in sources)
    assert plain != rich


def test_what_is_predicted_does_not_depend_on_the_wording() -> None:
    config = {wording: DatasetConfig(wording=wording, composed=1.0, drills=0.0) for wording in ("plain", "rich")}
    for seed in range(20):
        plain, rich = (records.draw_program(config[wording], Random(seed)) for wording in ("plain", "rich"))
        assert plain == rich
