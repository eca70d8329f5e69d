"""A child ends with its parent, however that ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

PARENT = """
import multiprocessing, os, time
from models.trace.limits import limit_child

def work(path):
    open(path, "w").write(str(os.getpid()))
    time.sleep(60)

if __name__ == "__main__":
    with multiprocessing.get_context("spawn").Pool(1, limit_child) as pool:
        pool.apply(work, (PATH,))
"""


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return stat.rsplit(")", 1)[1].split()[0] != "Z"


def within(seconds: float, happens: Callable[[], object]) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if happens():
            return True
        time.sleep(0.05)
    return False


def test_children_of_a_killed_process_do_not_go_on(tmp_path: Path) -> None:
    script, told = tmp_path / "parent.py", tmp_path / "pid"
    script.write_text(PARENT.replace("PATH", repr(str(told))), encoding="utf-8")
    root = Path(__file__).parents[3]
    parent = subprocess.Popen([sys.executable, str(script)], env={**os.environ, "PYTHONPATH": str(root)})
    try:
        assert within(30, lambda: told.exists() and told.read_text(encoding="utf-8"))
        child = int(told.read_text(encoding="utf-8"))
        parent.send_signal(signal.SIGKILL)
        parent.wait()
        assert within(10, lambda: not alive(child))
    finally:
        parent.kill()
