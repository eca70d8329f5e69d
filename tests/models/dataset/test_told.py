"""What a predict record tells before its outcome: the same programs and outcomes, whatever it is."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from itertools import islice

from models.config import DatasetConfig
from models.dataset.decontaminate import Decontaminator
from models.dataset.records import Record
from models.dataset.stream import stream
from models.pretrain.prepare import vocabulary_texts
from models.pretrain.tokenizer import build
from tests.models.dataset import drawn
from workers.pipeline import parse
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Completion, FinishReason, Prediction

CONFIG = DatasetConfig(seed=5, records=200, drills=0.5, predict=0.8)


@cache
def told(kind: str, workings: str = "plain") -> tuple[Record, ...]:
    source = stream(replace(CONFIG, told=kind, workings=workings), "5:0", Decontaminator.load(), Counter())
    return tuple(islice(source, 120))


def outcome(record: Record) -> Prediction:
    read = parse.prediction(Completion(record.completion, FinishReason.STOP), "tagged")
    assert not read.reason
    return replace(read, narrative="")


def test_prompts_and_outcomes_are_the_same() -> None:
    for kind in ("prose", "direct"):
        for record, compact in zip(told(kind), told("compact"), strict=True):
            assert (record.task, record.prompt) == (compact.task, compact.prompt)
            if record.task == "predict":
                assert outcome(record) == outcome(compact)
            else:
                assert record == compact


def test_direct_tells_nothing() -> None:
    tags = (tagged.OUTPUT, tagged.PRINTED, tagged.RAISES, tagged.ENDLESS)
    direct = [record for record in told("direct") if record.task == "predict"]
    assert all(record.completion.startswith(tags) for record in direct)


def test_prose_is_numbered_steps_and_ends_in_the_tagged_outcome_alone() -> None:
    prose = [record for record in told("prose") if record.task == "predict"]
    for record in prose:
        steps = record.completion.split("<|")[0]
        assert steps.startswith("1. ")
        assert not steps.endswith("\n")
        assert "[OUTPUT]" not in steps and "[RAISES]" not in steps and "[ENDLESS]" not in steps
    assert sum("So the call returns" in record.completion for record in prose) > 10


def test_the_vocabulary_of_prose_has_its_words_and_that_of_others_stays() -> None:
    def pieces(kind: str) -> set[str]:
        return set(build(vocabulary_texts(replace(CONFIG, told=kind)), 896).get_vocab())

    words = {"Ġgoes", "called", "Ġtimes"}  # Ġ is a leading space
    assert words <= pieces("prose")
    assert not words & pieces("direct")
    assert pieces("direct") == pieces("compact")


def test_programs_are_those_of_the_prompts() -> None:
    for record in told("prose"):
        if record.task == "predict":
            assert drawn.program(record) == record.program


def test_spelled_workings_tell_more_of_the_same_runs() -> None:
    """Which long runs are left out differs, so the streams part at some point."""
    plain = {record.prompt: record for record in told("compact") if record.task == "predict"}
    same = [record for record in told("compact", "spelled") if record.prompt in plain]
    longer = 0
    for record in same:
        assert outcome(record) == outcome(plain[record.prompt])
        assert len(record.completion) >= len(plain[record.prompt].completion)
        longer += record != plain[record.prompt]
    assert longer > 5


def test_spelled_workings_count_in_pieces() -> None:
    records = [record for record in told("compact", "spelled") if record.task == "predict"]
    assert any("len: " in record.completion for record in records)
    assert not any("len: " in record.completion for record in told("compact"))
