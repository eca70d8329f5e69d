"""What the model answered is not asked again, however the call was stopped; another model's answers are never taken."""

from __future__ import annotations

import asyncio
import errno
from pathlib import Path
from typing import IO, Any

import pytest

from models.eval.answers import Answers
from tests.fakes import ScriptedCompleter, completion
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import InputError
from workers.pipeline.types import Completion, FinishReason, Prompt

ABOUT = {"model": "nano", "url": None, "files": {"model.safetensors": "ab"}, "seed": 0}
REQUESTS = [
    CompletionRequest(Prompt("ä\n"), 9),
    CompletionRequest(Prompt("ä\n"), 9, temperature=0.8, top_p=0.95, seed=1),
    CompletionRequest(Prompt("ä\n"), 9, temperature=0.8, top_p=0.95, seed=2),
    CompletionRequest(Prompt(messages=({"role": "user", "content": "ä"},)), 9),
]


def told(request: CompletionRequest) -> Completion:
    """Another answer to each of REQUESTS."""
    return completion(f"{REQUESTS.index(request)}é", logprob=-1 / 3, finish=FinishReason.LENGTH)


class Stopped(BaseException):
    """As Ctrl-C or a signal."""


def ask(path: Path | None, requests: list[CompletionRequest], about: dict[str, Any] = ABOUT) -> ScriptedCompleter:
    """Ask these, look at each answer, and be stopped."""
    model = ScriptedCompleter(told)

    async def all_of_them(answers: Answers) -> None:
        for request in requests:
            assert await answers.complete(request) == told(request)

    with pytest.raises(Stopped), Answers(model, path, about) as answers:
        asyncio.run(all_of_them(answers))
        assert answers.recalled == len(requests) - len(model.requests)  # none of them twice
        raise Stopped
    return model


def test_only_what_was_not_answered_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "runs/a.json.answers"
    assert ask(path, REQUESTS[:3]).requests == REQUESTS[:3]
    assert ask(path, REQUESTS).requests == REQUESTS[3:]
    assert ask(path, REQUESTS[::-1]).requests == []


def test_wherever_the_file_was_cut_the_whole_answers_before_are_taken(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    ask(path, REQUESTS)
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    for cut in range(0, len(whole), 7):
        path.write_bytes(whole[:cut])
        kept = max(0, whole[:cut].count(b"\n") - 1)  # the first line says who answered
        assert ask(path, REQUESTS).requests == REQUESTS[kept:]
        assert path.read_bytes().splitlines(keepends=True) == lines


@pytest.mark.parametrize("other", [{"files": {"model.safetensors": "cd"}}, {"url": "http://x"}, {"model": "7b"}])
def test_answers_of_another_model_are_dropped_and_of_another_run_are_not(tmp_path: Path, other: dict[str, Any]) -> None:
    path = tmp_path / "answers"
    ask(path, REQUESTS[:2])
    assert ask(path, REQUESTS[:2], ABOUT | {"seed": 1}).requests == []
    assert ask(path, REQUESTS[1:2], ABOUT | other).requests == REQUESTS[1:2]
    assert ask(path, REQUESTS[:2], ABOUT | other).requests == REQUESTS[:1]


def test_what_is_measured_is_dropped_and_what_another_call_left_is_not(tmp_path: Path) -> None:
    path = tmp_path / "answers"
    ask(path, REQUESTS[:3])
    model = ScriptedCompleter(told)
    with Answers(model, path, ABOUT) as answers:
        for request in (REQUESTS[1], REQUESTS[3], REQUESTS[3]):
            assert asyncio.run(answers.complete(request)) == told(request)
        assert answers.recalled == 1
    assert model.requests == [REQUESTS[3]]  # once: the second time it is in the file
    assert ask(path, REQUESTS).requests == [REQUESTS[1], REQUESTS[3]]
    with Answers(model, path, ABOUT) as answers:
        for request in REQUESTS:
            asyncio.run(answers.complete(request))
    assert list(tmp_path.iterdir()) == []


def test_without_a_path_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ask(None, [*REQUESTS, *REQUESTS]).requests == [*REQUESTS, *REQUESTS]
    assert list(tmp_path.iterdir()) == []


def test_answers_of_another_engine_are_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "answers"
    ask(path, REQUESTS[:2])
    monkeypatch.setattr("models.eval.answers.version", lambda name: f"{name} 9")
    assert ask(path, REQUESTS[:2]).requests == REQUESTS[:2]


def test_a_full_disk_is_a_typed_error_and_what_was_kept_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "answers"
    ask(path, REQUESTS[:1])

    def full(file: IO[bytes], _: object) -> None:
        file.write(b'{"request": "')
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(InputError, match="answers cannot be written: No space left"):
        patched.setattr("models.eval.answers._append", full)
        ask(path, REQUESTS)
    assert ask(path, REQUESTS[:2]).requests == REQUESTS[1:2]


def test_a_place_that_cannot_be_written_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"^.*cannot be written: Is a directory$"):
        Answers(ScriptedCompleter(told), tmp_path, ABOUT)
