"""The command: whole runs in miniature, killed and gone on, and every refusal as one line."""

from __future__ import annotations

import errno
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("trl", reason="the trainer's environment")

from safetensors import SafetensorError
from safetensors.numpy import load_file

from models.dataset.folder import sha256
from models.rl import __main__ as command
from models.rl import pool, run, screen
from models.rl.learner import Learner
from models.sandbox import SandboxUnavailable
from models.training import saves
from tests.models.rl import miniature
from workers.pipeline.prompts import PROMPT_VERSION

TOML = """
name = "tiny"
[train]
steps = 3
prompts = 2
group = 4
micro = 8
lr = 1e-3
warmup_steps = 0
new_tokens = 6
prompt_tokens = 64
save_steps = 1
[[task]]
kind = "predict"
"""
Call = Callable[..., Path]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return miniature.checkpoint(tmp_path_factory.mktemp("rl") / "tiny")


@pytest.fixture
def call(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """The command on hand-made rows and scripted episodes."""

    def make(config: Any) -> list[pool.Entry]:
        return [("predict", row) for row in miniature.ROWS]

    def deal(self: run.Deal, name: str, step: int, place: int) -> Any:
        return miniature.Scripted(place % 2 == 0)

    monkeypatch.setattr(pool, "make", make)
    monkeypatch.setattr(run.Deal, "__call__", deal)

    def run_(out: str = "out", text: str = TOML, checkpoint: Path = folder, more: tuple[str, ...] = ()) -> Path:
        path = tmp_path / "tiny.toml"
        path.write_text(text)
        arguments = ["--config", str(path), "--checkpoint", str(checkpoint), "--out", str(tmp_path / out)]
        monkeypatch.setattr(sys, "argv", ["rl", *arguments, *more])
        command.main()
        return tmp_path / out

    return run_


def refused(call: Call, **options: Any) -> str:
    with pytest.raises(SystemExit) as exit_:
        call(**options)
    text = str(exit_.value.code)
    assert text.startswith("error: ")
    assert "\n" not in text
    return text


def logged(out: Path) -> list[tuple[int, bool]]:
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    return [(line["step"], "task" in line) for line in lines]


def test_a_run_killed_while_it_saves_goes_on_from_the_last_whole_save(call: Call, monkeypatch: Any) -> None:
    straight = call("straight")
    with monkeypatch.context() as patch:

        def killed(self: Any, args: Any, state: Any, control: Any, **_: Any) -> None:
            if state.global_step == 2:
                raise KeyboardInterrupt
            real(self, args, state, control)

        real = saves.Saves.on_save
        patch.setattr(saves.Saves, "on_save", killed)
        with pytest.raises(SystemExit, match="stopped"):
            call("killed")
    out = straight.with_name("killed")
    assert not (out / "model").exists()
    assert saves.last_whole(out) == out / "checkpoint-1"  # the second has everything but its mark
    assert (out / "checkpoint-2").exists()
    assert call("killed") == out
    assert logged(out) == logged(straight) == [(1, True), (1, False), (2, True), (2, False), (3, True), (3, False)]
    first, second = (load_file(path / "model/model.safetensors") for path in (straight, out))
    assert all((first[name] == second[name]).all() for name in first)
    facts = json.loads((out / "model/run.json").read_text())
    assert facts == {**json.loads((straight / "model/run.json").read_text()), "seconds": facts["seconds"]}


def test_a_budget_of_tokens_ends_a_run_after_the_step_that_spends_it(call: Call, monkeypatch: Any) -> None:
    one = json.loads((call("free") / "log.jsonl").read_text().splitlines()[0])["tokens"]
    text = TOML.replace("steps = 3", f"steps = 3\ntokens = {one + 1}")
    straight = call("budget", text=text)
    assert [step for step, of_task in logged(straight) if of_task] == [1, 2]
    with monkeypatch.context() as patch:
        patch.setattr(run, "finish", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(SystemExit, match="stopped"):
            call("killed", text=text)
    assert call("killed", text=text) == straight.with_name("killed")  # the last step is not taken twice
    assert logged(straight.with_name("killed")) == logged(straight)


def test_rows_can_be_screened_beforehand_as_many_processes_need(call: Call, monkeypatch: Any) -> None:
    text = TOML + "[pool]\nlow = 1e-30\n"
    monkeypatch.setenv("WORLD_SIZE", "2")
    refusal = refused(call, text=text.replace("micro = 8", "micro = 4"))
    assert "--screen" in refusal
    monkeypatch.delenv("WORLD_SIZE")
    out = call("screened", text=text, more=("--screen",))
    values = json.loads((out / "chances.json").read_text())
    assert len(values) == len(miniature.ROWS)
    assert all(0 < value < 1 for value in values)
    assert not (out / "log.jsonl").exists()
    monkeypatch.setattr(screen, "chances", lambda *_: pytest.fail("they are there already"))
    call("screened", text=text)
    assert logged(out)[-1] == (3, False)


def test_both_samplers_walk_the_same_path(call: Call) -> None:
    out = call("embedded", text=TOML.replace("steps = 3", 'steps = 2\nsampler = "embedded"'))
    assert logged(out) == [(1, True), (1, False), (2, True), (2, False)]
    assert (out / "model/run.json").exists()


def test_the_result_says_what_it_is_and_is_not_made_twice(call: Call, folder: Path, capsys: Any) -> None:
    out = call()
    facts = json.loads((out / "model/run.json").read_text())
    assert (facts["name"], facts["stage"], facts["config"]) == ("tiny", "rl", "tiny.toml")
    assert (facts["prompt_style"], facts["narrative_style"], facts["tasks"]) == ("tagged", "compact", ["predict"])
    assert facts["prompt_version"] == PROMPT_VERSION
    assert facts["parent"]["name"] == folder.name
    assert facts["parent"]["weights"] == sha256(folder / "model.safetensors")
    assert facts["data_hash"] == sha256(out / "pool.jsonl")
    tokens = [json.loads(line).get("tokens", 0) for line in (out / "log.jsonl").read_text().splitlines()]
    assert facts["tokens"] == sum(tokens) > 0
    assert {p.name for p in (out / "model").iterdir()} >= {"config.json", "model.safetensors", "tokenizer.json"}
    assert "training_args.bin" not in {p.name for p in (out / "model").iterdir()}
    assert json.loads((out / "config.json").read_text())["train"]["lr"] == 0.001
    capsys.readouterr()
    call()
    assert "is finished" in capsys.readouterr().out


def test_a_loss_that_is_no_number_ends_the_run_before_it_is_saved(call: Call, monkeypatch: Any, tmp_path: Path) -> None:
    real = Learner._compute_loss
    monkeypatch.setattr(Learner, "_compute_loss", lambda *args: real(*args) * float("nan"))
    assert "loss is nan at step 1" in refused(call)
    assert saves.last_whole(tmp_path / "out") is None


def test_a_folder_of_another_run_is_refused(call: Call) -> None:
    call(text=TOML.replace("steps = 3", "steps = 1"))
    assert "another configuration" in refused(call)


def test_what_cannot_be_started_from_is_refused(call: Call, folder: Path, tmp_path: Path) -> None:
    assert "no config.json" in refused(call, checkpoint=tmp_path / "none")
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "config.json").write_text((folder / "config.json").read_text())
    assert "cannot be loaded" in refused(call, checkpoint=empty)
    assert "prompt_tokens and new_tokens" in refused(call, text=TOML.replace("new_tokens = 6", "new_tokens = 300"))
    assert "only 0 rows" in refused(call, text=TOML.replace("prompt_tokens = 64", "prompt_tokens = 2"))
    assert "must divide" in refused(call, text=TOML.replace("micro = 8", "micro = 7"))


def test_groups_must_come_out_even_among_processes(call: Call, monkeypatch: Any) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert "multiples of the 3 processes" in refused(call)


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device"),
        OSError(errno.EDQUOT, "Disk quota exceeded"),
        SafetensorError("Error while serializing: I/O error: Disk quota exceeded (os error 122)"),
    ],
    ids=["full", "quota", "safetensors"],
)
def test_what_says_that_there_is_no_space_is_one_clear_line(call: Call, monkeypatch: Any, error: Exception) -> None:
    monkeypatch.setattr(Learner, "_save_checkpoint", lambda *_, **__: (_ for _ in ()).throw(error))
    assert "out: no space left; make some, and the same call goes on" in refused(call)


def test_what_gives_no_reason_is_asked_of_the_disk(call: Call, monkeypatch: Any) -> None:
    def failed(*_: object, **__: object) -> None:
        raise RuntimeError("[enforce fail at inline_container.cc:672] . unexpected pos 64 vs 0")

    monkeypatch.setattr(Learner, "_save_checkpoint", failed)
    with pytest.raises(RuntimeError, match="unexpected pos"):
        call()  # there is space: whatever it is, it is not that
    monkeypatch.setattr(shutil, "disk_usage", lambda _: type("", (), {"free": 0}))
    assert "no space left" in refused(call)


def test_a_run_of_another_prompt_version_is_not_gone_on_with(call: Call, monkeypatch: Any, tmp_path: Path) -> None:
    text = TOML.replace("steps = 3", "steps = 1")
    path = call(text=text) / "config.json"
    told = json.loads(path.read_text())
    assert told["prompt_version"] == PROMPT_VERSION
    monkeypatch.setattr(run, "PROMPT_VERSION", PROMPT_VERSION + 1)
    spoken = f"out holds a run of PROMPT_VERSION {PROMPT_VERSION}, this code speaks {PROMPT_VERSION + 1}"
    assert spoken in refused(call, text=text)
    del told["prompt_version"]
    path.write_text(json.dumps(told))
    assert "PROMPT_VERSION unknown" in refused(call, text=text)
    path.write_text("{")
    assert "config.json is damaged" in refused(call, text=text)


def test_without_vllm_a_run_that_needs_it_says_so(call: Call, monkeypatch: Any) -> None:
    monkeypatch.setattr(run.importlib.util, "find_spec", lambda _: None)
    for mode in ("server", "colocate"):
        assert f"mode {mode}: vLLM is not installed" in refused(call, text=TOML + f'[vllm]\nmode = "{mode}"\n')


def test_a_task_that_no_group_taught_is_not_said_to_be_known(call: Call, monkeypatch: Any) -> None:
    monkeypatch.setattr(run.Deal, "__call__", lambda *_: miniature.Scripted(right=True))
    out = call(text=TOML.replace("steps = 3", "steps = 1"))
    assert json.loads((out / "model/run.json").read_text())["tasks"] == []


def test_a_tokenizer_that_does_not_fit_is_refused(call: Call, folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    for path in folder.iterdir():
        (other / path.name).write_bytes(path.read_bytes())
    text = (other / "tokenizer.json").read_text()
    (other / "tokenizer.json").write_text(text.replace("<|repair|>", "<|mend|>"))
    assert "has no token <|repair|>" in refused(call, checkpoint=other)


def test_a_checkpoint_of_another_style_is_refused(call: Call) -> None:
    assert "speaks tagged, the configuration chat" in refused(
        call, text='style = "chat"\n' + TOML, checkpoint=miniature.NANO
    )


def test_without_a_sandbox_nothing_that_executes_is_trained(call: Call, monkeypatch: Any, tmp_path: Path) -> None:
    def none(*_: object) -> None:
        raise SandboxUnavailable("refusing to run untrusted code unsandboxed")

    monkeypatch.setattr(run, "Sandbox", none)
    assert "unsandboxed" in refused(call, text=TOML.replace('"predict"', '"solve"'))
    assert not (tmp_path / "out/log.jsonl").exists()
