"""`deskcheck` against somebody else's model server: real processes and HTTP, answers written down beforehand."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import asdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.workers.pipeline.test_manifest import MANIFEST

ROOT = Path(__file__).resolve().parents[2]
WRONG, RIGHT = "def add(a, b):\n    return a - b", "def add(a, b):\n    return a + b"


class _Model(BaseHTTPRequestHandler):
    """Writes the wrong program first, says truly what each program does, and repairs it when asked."""

    seen: list[dict[str, str]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.seen.append({"key": self.headers["authorization"], "model": body["model"], "path": self.path})
        system, user = (message["content"] for message in body["messages"])
        if "by hand, exactly as the interpreter" in system:
            text = f"The sum.\n\n[OUTPUT]\n{3 if RIGHT in user else -1}\n[/OUTPUT]"
        else:
            text = f"```python\n{RIGHT if WRONG in user else WRONG}\n```"
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": text}}
        usage = {"prompt_tokens": 10, "completion_tokens": 5}
        answer = json.dumps({"choices": [choice], "usage": usage}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def url() -> Iterator[str]:
    _Model.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Model) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
        thread.join()


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DESKCHECK_")}
    environment |= {"OPENAI_API_KEY": "from-the-environment", "NO_PROXY": "127.0.0.1", "COLUMNS": "100"}
    command = [sys.executable, "-m", "workers.cli", *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60)


def test_a_wrong_program_is_seen_by_simulation_and_repaired(url: str, tmp_path: Path) -> None:
    problem = tmp_path / "add.json"
    tests = [{"input": "add(1, 2)", "output": "3"}]
    problem.write_text(json.dumps({"statement": "Add a and b.", "entry_point": "add", "public_tests": tests}))
    done = _run("solve", str(problem), "--url", url, "--model", "big-coder", "-n", "3")
    assert (done.returncode, done.stderr) == (0, "")
    for line in (
        "c2  ✓ 3",
        "c1  ✗ -1",
        " 1  c2       100% (1 ✓)  ",
        " repair of c1, written 2 times  pass rate",
        " 2  c1       0% (1 ✗)  ",
        " sample, written 3 times",
        "round 1: c2 repairs c1: test 1 ✗ → ✓",
        "Best program: c2",
        "Stopped: the best candidate's predicted outputs agree with every public test.",
    ):
        assert line in done.stdout
    assert {tuple(request.values()) for request in _Model.seen} == {
        ("Bearer from-the-environment", "big-coder", "/v1/chat/completions")
    }
    asked = len(_Model.seen)
    assert "2 × the same program as c1" in done.stdout  # what the round sampled anew
    done = _run("solve", str(problem), "--url", url, "--model", "big-coder", "-n", "3", "--resamples", "0")
    assert "Dropped completions" not in done.stdout
    assert len(_Model.seen) - asked == asked - 2


def test_predict_shows_steps_and_output(url: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(RIGHT + "\n")
    done = _run("predict", str(program), "--input", "add(1, 2)", "--url", url, "--model", "big-coder")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1  The sum.\n\noutput  3\nconfidence 0%\n"


def test_a_users_program_is_predicted_with_the_confidence_measured_on_others(url: str, tmp_path: Path) -> None:
    program, folder = tmp_path / "program.py", tmp_path / "checkpoint"
    program.write_text(RIGHT + "\n")
    folder.mkdir()
    own, others = ([{"low": 0.0, "high": 1.0, "accuracy": accuracy, "count": 9}] for accuracy in (0.9, 0.3))
    manifest = asdict(MANIFEST) | {"prompt_style": "chat", "calibration": own, "files": {}}
    measured = [{"calibration": others, "slip": 0.2, "votes": 1}]
    (folder / "manifest.json").write_text(json.dumps(manifest | {"others": measured}))
    done = _run("predict", str(program), "--input", "1, 2", "--url", url, "--checkpoint", str(folder))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("output  3\nconfidence 30%\n")
