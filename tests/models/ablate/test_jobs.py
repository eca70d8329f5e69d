"""Jobs: order, resuming, failure, and an end with whoever started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from models.ablate.jobs import Job, run
from workers.pipeline.errors import InputError

ROOT = Path(__file__).parents[3]


def touch(path: Path, log: Path) -> None:
    with log.open("a") as file:
        file.write(f"{path.name}\n")
    path.write_text("made")


def refuse(path: Path) -> None:
    raise InputError(f"{path} cannot be")


def idle(path: Path) -> None:
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    path.with_suffix(".pid").write_text(str(os.getpid()))
    time.sleep(60)


def job(folder: Path, name: str, *needs: str) -> Job:
    return Job(name, folder / name, touch, (folder / name, folder / "order"), frozenset(needs))


def test_each_comes_after_what_it_needs_and_none_is_repeated(tmp_path: Path) -> None:
    jobs = [job(tmp_path, "a"), job(tmp_path, "c", "a", "b"), job(tmp_path, "b", "a")]
    said: list[str] = []
    assert run(jobs, 2, tmp_path / "logs", said.append) == []
    assert (tmp_path / "order").read_text().split() == ["a", "b", "c"]
    for name in ("b", "c"):
        (tmp_path / name).unlink()
    assert run(jobs, 2, tmp_path / "logs", said.append) == []
    assert (tmp_path / "order").read_text().split() == ["a", "b", "c", "b", "c"]
    assert "1 of 3 jobs are done already" in said


def test_what_only_a_finished_job_would_need_is_not_made(tmp_path: Path) -> None:
    jobs = [job(tmp_path, "a"), job(tmp_path, "b", "a"), job(tmp_path, "c", "b"), job(tmp_path, "d", "a")]
    (tmp_path / "c").touch()
    said: list[str] = []
    assert run(jobs, 2, tmp_path / "logs", said.append) == []
    assert (tmp_path / "order").read_text().split() == ["a", "d"]
    assert "1 of 4 jobs are done already, 1 not needed any more" in said


def test_a_failure_stops_what_needs_it_and_nothing_else(tmp_path: Path) -> None:
    bad = Job("bad", tmp_path / "bad", refuse, (tmp_path / "bad",))
    said: list[str] = []
    jobs = [bad, job(tmp_path, "after", "bad"), job(tmp_path, "other")]
    assert run(jobs, 1, tmp_path / "logs", said.append) == ["bad", "after"]
    assert (tmp_path / "order").read_text().split() == ["other"]
    assert (tmp_path / "logs/bad.log").read_text().strip() == f"error: {tmp_path / 'bad'} cannot be"
    assert any("FAILED" in line for line in said)


def test_jobs_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = (
        "from pathlib import Path; from models.ablate.jobs import Job, run; from tests.models.ablate import test_jobs\n"
        f"out = Path({str(tmp_path)!r})\n"
        "if __name__ == '__main__': run([Job('j', out / 'j', test_jobs.idle, (out / 'j',))], 1, out / 'logs')"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 60
    while not (tmp_path / "j.pid").exists() and time.monotonic() < until:
        time.sleep(0.05)
    child = int((tmp_path / "j.pid").read_text())
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    while time.monotonic() < until:
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    raise AssertionError("the job outlived its parent")
