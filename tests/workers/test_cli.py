"""The command line as a user meets it: real processes, a tiny random checkpoint, exit statuses and one-line errors."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from tests.tiny import make_tiny_checkpoint, write_manifest
from tests.workers.processes import alive, descendants, wait
from workers.pipeline.types import SolveResult

ROOT = Path(__file__).resolve().parents[2]
ADD = {"statement": "Add a and b.", "entry_point": "add", "public_tests": [{"input": "1, 2", "output": "3"}]}
SHORT = ("-n", "2", "--rounds", "1", "--max-program-tokens", "20", "--max-narrative-tokens", "20")
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cli")
    make_tiny_checkpoint(folder / "tiny")
    (folder / "add.json").write_text(json.dumps(ADD))
    (folder / "program.py").write_text("def helper(x):\n    return x\n\n\ndef add(a, b):\n    return a + b\n")
    return folder


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DESKCHECK_", "OPENAI_"))}
    return {**kept, "XDG_CACHE_HOME": str(folder / "cache"), "TMPDIR": str(folder)}


@pytest.fixture(scope="module")
def run(folder: Path) -> Run:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "workers.cli", *(a.replace("FOLDER", str(folder)) for a in arguments)]
        return subprocess.run(command, cwd=ROOT, env=_environment(folder), capture_output=True, text=True, timeout=60)

    return run


def test_solve_json_is_one_document_of_the_result_and_nothing_else(run: Run, folder: Path) -> None:
    done = run("solve", "FOLDER/add.json", "--checkpoint", "FOLDER/tiny", "--json", *SHORT)
    result = TypeAdapter(SolveResult).validate_json(done.stdout)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
    assert result.phases["sample"].requests == 2
    assert len(result.candidates) + len(result.rejected) >= 2
    assert done.returncode == (0 if result.stop == "agreed" else 1)
    assert not list(folder.glob("deskcheck-*")), "the engine's folder is removed"


def test_solve_prints_a_report_without_colour_where_there_is_no_terminal(run: Run) -> None:
    done = run("solve", "FOLDER/add.json", "--checkpoint", "FOLDER/tiny", *SHORT)
    assert done.stdout.startswith("problem · function add · 1 public test\nAdd a and b.\n")
    assert "Stopped: " in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == ""


def test_predict_answers_as_the_service_does(run: Run) -> None:
    done = run("predict", "FOLDER/program.py", "--input", "1, 2", "--checkpoint", "FOLDER/tiny", "--json", *SHORT[-2:])
    answer = json.loads(done.stdout)
    assert set(answer) == {"output", "raises", "finishes", "confidence", "narrative", "usage"}
    assert answer["usage"]["completion_tokens"] <= 20
    assert done.returncode == (1 if answer["finishes"] is None else 0)


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["solve", "FOLDER/none.json"], 2, "none.json: no such file"),
        (["solve", "FOLDER/program.py"], 2, "program.py: not JSON at line 1"),
        (["solve", "FOLDER/add.json", "--checkpoint", "FOLDER/none"], 4, "none: no such folder"),
        (["solve", "FOLDER/add.json", "--checkpoint", "FOLDER"], 4, "no manifest.json"),
        (["solve", "FOLDER/add.json", "--url", "http://127.0.0.1:1/v1"], 2, "--url needs --model"),
        (["solve", "FOLDER/add.json", "--url", "ftp://x", "--model", "m"], 2, "not a URL of a model server"),
        (["predict", "FOLDER/add.json", "--input", "1", "--entry-point", "f"], 2, "no function 'f'"),
        (["predict", "FOLDER/program.py", "--input", "1", "--entry-point", "g"], 2, "no function 'g'"),
        (["predict", "FOLDER/program.py", "--input", "1,,"], 2, "--input: not a list of Python arguments"),
        (["serve", "--checkpoint", "FOLDER/none"], 4, "none: no such folder"),
        (["serve", "--checkpoint", "FOLDER/tiny", "--data", "FOLDER/add.json"], 2, "data folder"),
        (
            ["serve", "--checkpoint", "FOLDER/tiny", "--data", "FOLDER/data", "--host", "192.0.2.1"],
            2,
            "cannot listen on",
        ),
    ],
)
def test_an_error_is_one_line_and_its_exit_status(run: Run, arguments: list[str], status: int, message: str) -> None:
    done = run(*arguments)
    assert message in done.stderr
    assert done.stderr.startswith("deskcheck: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""
    assert done.returncode == status


def test_a_full_disk_is_one_line_and_no_traceback(folder: Path) -> None:
    argv = [sys.executable, "-m", "workers.cli", "predict", str(folder / "program.py"), "--input", "1", "--checkpoint",
            str(folder / "tiny")]  # fmt: skip
    for more in ([], ["--json"]):
        with Path("/dev/full").open("w") as full:
            done = subprocess.run(
                [*argv, *more], cwd=ROOT, env=_environment(folder), stdout=full, stderr=subprocess.PIPE, text=True,
                timeout=120,
            )  # fmt: skip
        assert (done.returncode, done.stderr) == (2, "deskcheck: output: no space left on device\n")


def test_an_unreachable_server_is_a_model_failure(run: Run) -> None:
    done = run("solve", "FOLDER/add.json", "--url", "http://127.0.0.1:1/v1", "--model", "m", "-n", "1")
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (3, 1, "")
    assert "127.0.0.1:1" in done.stderr


def test_a_program_over_the_context_length_is_refused(run: Run, folder: Path) -> None:
    (folder / "long.py").write_text("def f():\n" + "    x = 1\n" * 200)
    done = run("predict", "FOLDER/long.py", "--input", "", "--checkpoint", "FOLDER/tiny")
    assert (done.returncode, done.stderr.count("\n"), done.stdout) == (2, 1, "")
    assert "context" in done.stderr


def test_checkpoints_that_cannot_be_served_are_refused(run: Run, folder: Path) -> None:
    other = make_tiny_checkpoint(folder / "other")
    write_manifest(other, 1, prompt_version=999)
    done = run("solve", "FOLDER/add.json", "--checkpoint", "FOLDER/other")
    assert done.returncode == 4
    assert "speaks PROMPT_VERSION 999" in done.stderr
    damaged = make_tiny_checkpoint(folder / "damaged")
    (damaged / "model.safetensors").write_bytes(b"\0" * 100)
    done = run("solve", "FOLDER/add.json", "--checkpoint", "FOLDER/damaged")
    assert done.returncode == 4, done.stderr
    assert (done.stderr.count("\n"), done.stdout) == (1, "")


def test_usage_faults_and_help(run: Run) -> None:
    assert run("solve", "FOLDER/add.json", "-n", "0").returncode == 2
    assert run("solve").returncode == 2
    done = run("--help")
    assert done.returncode == 0
    for word in ("solve", "predict", "serve", "130 interrupted"):
        assert word in done.stdout


def _heed_interrupts() -> None:
    """A shell has what it runs in the background ignore them, these tests among it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)])
def test_no_engine_outlives_the_command(folder: Path, number: signal.Signals, status: int) -> None:
    """Interrupted while it simulates for a long time."""
    command = [sys.executable, "-m", "workers.cli", "solve", str(folder / "add.json"), "-n", "64"]
    command += ["--checkpoint", str(folder / "tiny")]
    process = subprocess.Popen(
        command, cwd=ROOT, env=_environment(folder), stdout=-3, stderr=subprocess.PIPE, preexec_fn=_heed_interrupts
    )
    engine = wait(lambda: descendants(process.pid))[0]
    wait(lambda: list(folder.glob("deskcheck-*/engine.sock")))
    process.send_signal(number)
    _, stderr = process.communicate(timeout=15)
    assert process.returncode == status, stderr.decode()
    assert b"Traceback" not in stderr
    wait(lambda: not alive(engine))
    for left in folder.glob("deskcheck-*/*"):  # only after SIGKILL
        left.unlink()
