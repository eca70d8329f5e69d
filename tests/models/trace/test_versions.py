"""Data made on one machine fits another: the same records under Python 3.11 and 3.12."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
RECORDS = 400
CODE = f"""
from random import Random
from models.config import DatasetConfig
from models.dataset import records
rng = Random("versions")
for _ in range({RECORDS}):
    try:
        record = records.draw(DatasetConfig(broad=0.5), rng)
        print(record)
    except records.Dropped as reason:
        print(reason)
"""
COMPREHENSIONS = """def f(xs):
    x = 'kept'
    squares = [x * x for x in xs if x > 1]
    pairs = {(x, y) for x in xs for y in xs}
    table = {x: [y for y in range(x)] for x in xs}
    total = sum(x for x in xs)
    first = (lambda x: [x for _ in range(2)])(total)
    return x, squares, len(pairs), table, total, first
"""


def other() -> Path:
    """An interpreter of the other version; skips where there is none."""
    wanted = "python3.12" if sys.version_info < (3, 12) else "python3.11"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [*map(Path, filter(None, [shutil.which(wanted)])), *sorted(pyenv.glob(f"versions/*/bin/{wanted}"))]
    for python in found:
        if subprocess.run([python, "-c", ""], capture_output=True).returncode == 0:
            return python
    pytest.skip(f"no {wanted} here")


def printed(python: Path | str, code: str) -> str:
    seed = {**os.environ, "PYTHONHASHSEED": str(len(str(python)))}  # another one for each
    done = subprocess.run([python, "-c", code], cwd=ROOT, env=seed, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def test_records_are_the_same_under_both_versions() -> None:
    python = other()
    mine = printed(sys.executable, CODE)
    assert mine.count("\n") == RECORDS
    assert printed(python, CODE) == mine


def test_traces_of_comprehensions_are_the_same_under_both_versions() -> None:
    code = f"from models.trace.tracer import trace; print(trace({COMPREHENSIONS!r}, 'function', 'f', '[1, 2, 3]'))"
    python = other()
    assert printed(python, code) == printed(sys.executable, code)


def test_the_variable_of_a_comprehension_is_none_of_the_function() -> None:
    from models.trace.tracer import trace

    run = trace(COMPREHENSIONS, "function", "f", "[1, 2, 3]")
    assert [step.changes["x"] for step in run.steps if "x" in step.changes] == ["'kept'"]
    assert run.output == "('kept', [4, 9], 9, {1: [0], 2: [0, 1], 3: [0, 1, 2]}, 6, [6, 6])"
