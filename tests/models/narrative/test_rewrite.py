"""Rewriting over real HTTP: what is kept, why the rest is dropped, and that a kill loses nothing."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from models.config import ExplainConfig, SourceConfig
from models.dataset import explain
from models.narrative import explanation, journal, prose
from models.narrative.explanation import KEPT, Task
from models.narrative.rewrite import Params, estimate, prompt, rewrite, verdict
from models.programs.source import Rejected
from tests.models.narrative.server import Server, serving
from workers.pipeline.errors import CompleterError, InputError
from workers.pipeline.openai import OpenAICompleter
from workers.pipeline.types import Completion, FinishReason

ROOT = Path(__file__).parents[3]


def draw(count: int, seed: int) -> list[Task]:
    return explain.draw(ExplainConfig("t", (SourceConfig("random"),), seed), count).tasks


TASK = next(t for t in draw(40, 1) if t.run.output is not None and len(t.run.steps) > 4 and t.source.io == "function")
TRUE = prose.narrate(TASK.source.code, TASK.run, TASK.source.io)


@pytest.fixture
def server() -> Iterator[Server]:
    with serving(TRUE) as started:
        yield started


def judged(text: str, finish: FinishReason = FinishReason.STOP) -> str:
    return verdict(Completion(text, finish), TASK)


def lied() -> str:
    """The true account with the last claimed value of a variable made another one."""
    name, value = next(iter(TASK.run.steps[0].changes.items()))
    assert f"{name} = {value}" in TRUE
    return TRUE.replace(f"{name} = {value}", f"{name} = 98765", 1)


def test_a_true_account_is_kept_and_each_fault_has_its_reason() -> None:
    assert judged(TRUE) == KEPT
    assert judged("<think>\nhm\n</think>\n" + TRUE) == KEPT
    wrong = TRUE.partition("[OUTPUT]")[0] + "[OUTPUT]\n'no such output'\n[/OUTPUT]"
    assert judged(wrong) == "wrong outcome"
    assert judged(lied()) == "false claim"
    assert judged(f"It runs.\n[OUTPUT]\n{TASK.run.output}\n[/OUTPUT]") == "nothing checkable"
    assert judged("I cannot say.") == "no outcome stated"
    assert judged(TRUE[: len(TRUE) // 2], FinishReason.LENGTH) == "cut off"
    assert judged("As the trace shows:\n" + TRUE) == "speaks of the trace"
    assert judged("\ud83d" + TRUE) == "text that cannot be encoded"


def test_the_prompt_holds_program_run_and_outcome() -> None:
    for task in draw(30, 2):
        text = "".join(message["content"] for message in prompt(task).messages or ())
        assert task.source.code in text
        assert "Record of the run" in text
        if task.run.output is not None:
            assert task.run.output in text


@pytest.mark.anyio
async def test_answers_are_journalled_counted_and_not_asked_for_twice(server: Server, tmp_path: Path) -> None:
    tasks = [replace(TASK, id=str(i)) for i in range(6)]
    server.refusals = 2
    seen = list[tuple[int, int]]()
    async with OpenAICompleter(server.url, "m", endpoint="chat", backoff=0.01) as completer:
        first = await rewrite(tasks[:4], completer, Params(concurrency=2), tmp_path / "j", lambda *n: seen.append(n))
        assert (first, server.seen) == (Counter({KEPT: 4}), 6)
        assert seen == [(n, 4) for n in (1, 2, 3, 4)]
        server.text = lied()
        second = await rewrite(tasks, completer, Params(), tmp_path / "j")
    assert second == Counter({KEPT: 4, "false claim": 2})
    assert server.seen == 8
    rows = [json.loads(line) for line in (tmp_path / "j").read_text().splitlines()]
    assert [("explanation" in row) for row in rows] == [True] * 4 + [False] * 2
    assert [row.get("answer") for row in rows] == [None] * 4 + [lied().strip()] * 2
    (tmp_path / "j").rename(tmp_path / explanation.JOURNAL)
    read = explanation.read(str(tmp_path))
    assert [row.reason for row in read if isinstance(row, Rejected)] == ["false claim"] * 2


@pytest.mark.anyio
async def test_half_a_character_in_an_answer_is_dropped_and_stops_nothing(server: Server, tmp_path: Path) -> None:
    server.text = "\ud83d" + TRUE
    async with OpenAICompleter(server.url, "m", endpoint="chat") as completer:
        counts = await rewrite([TASK], completer, Params(), tmp_path / "j")
    assert counts == {"text that cannot be encoded": 1}
    assert json.loads((tmp_path / "j").read_bytes())["answer"].startswith("?")


@pytest.mark.anyio
async def test_a_failing_server_is_an_error_and_what_was_answered_stays(server: Server, tmp_path: Path) -> None:
    tasks = [replace(TASK, id=str(i)) for i in range(3)]
    async with OpenAICompleter(server.url, "m", endpoint="chat", retries=1, backoff=0.01) as completer:
        await rewrite(tasks[:1], completer, Params(), tmp_path / "j")
        server.refusals = 1000
        with pytest.raises(CompleterError):
            await rewrite(tasks, completer, Params(), tmp_path / "j")
    with journal.opened(tmp_path / "j") as done:
        assert done.ids == {"0"}


def test_half_a_line_is_cut_off_and_a_foreign_file_refused(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(b'{"id": "a"}\n{"id": "b", "expl')
    with journal.opened(path) as done:
        assert done.ids == {"a"}
        done.append({"id": "c", "text": "é"})
    assert [json.loads(line)["id"] for line in path.read_bytes().splitlines()] == ["a", "c"]
    path.write_text("hello\n")
    with pytest.raises(InputError, match="no journal"), journal.opened(path):
        pass


def test_the_estimate_grows_with_the_work() -> None:
    few, many = estimate(draw(5, 3), Params()), estimate(draw(50, 3), Params())
    assert (few.requests, many.requests) == (5, 50)
    assert 0 < few.prompt_tokens < many.prompt_tokens
    assert many.price(1.0, 2.0) == pytest.approx((many.prompt_tokens + 2 * many.completion_tokens) / 1e6)


