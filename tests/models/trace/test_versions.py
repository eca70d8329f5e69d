"""Data made on one machine fits another: the same programs, runs and narratives under every version of Python.

Each interpreter is checked against one committed digest, wherever it runs the tests, and against every other one that
this machine has.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from models.trace.kinds import KINDS
from tests.models.trace.many import digests, programs, summed, told

ROOT = Path(__file__).parents[3]
VERSIONS = ["3.11", "3.12", "3.13"]
MINE = f"{sys.version_info.major}.{sys.version_info.minor}"
EVERYWHERE = {
    "hand": "26b19e7503435931", "drill": "e6cdb9935fdd7bd5", "probe": "b3ee7ffa07dd1ef9",
    "random": "d685bfbc0c5fc19d", "broad": "af6b22de8c527587", "composed": "ea6ed65d062ee1a8",
}  # fmt: skip
"""What each version makes of the programs of `many`, by where they come from. Only a change of the generators, of the
tracer or of what narratives say changes it; then every version has to make the same of it again."""
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


def interpreter(version: str) -> Path:
    """An interpreter of another version; skips where there is none."""
    if version == MINE:
        pytest.skip("this very version")
    wanted = f"python{version}"
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [*map(Path, filter(None, [shutil.which(wanted)])), *sorted(pyenv.glob(f"versions/*/bin/{wanted}"))]
    for python in found:
        if subprocess.run([python, "-c", ""], capture_output=True).returncode == 0:
            return python
    pytest.skip(f"no {wanted} here")


def printed(python: Path | str, *command: str) -> str:
    seed = {**os.environ, "PYTHONHASHSEED": str(len(str(python)))}  # another one for each
    done = subprocess.run([python, *command], cwd=ROOT, env=seed, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


def test_this_version_makes_of_all_programs_what_every_version_makes_of_them() -> None:
    found = summed(digests())
    assert found == EVERYWHERE, f"if that is meant, and other versions agree: {found}"


@pytest.mark.parametrize("workings", KINDS)
@pytest.mark.parametrize("version", VERSIONS)
def test_two_versions_tell_every_program_alike(version: str, workings: str) -> None:
    theirs = json.loads(printed(interpreter(version), "-m", "tests.models.trace.many", workings))
    flat = [digest for each in theirs.values() for digest in each]
    mine = [digest for each in digests(workings).values() for digest in each]
    differ = [told(program, workings) for (_, program), a, b in zip(programs(), mine, flat, strict=True) if a != b]
    assert not differ, f"{len(differ)} programs, the first of them as {MINE} tells it:\n{differ[0]}"


@pytest.mark.parametrize("version", VERSIONS)
def test_records_are_the_same_under_two_versions(version: str) -> None:
    theirs = printed(interpreter(version), "-c", CODE)
    assert theirs.count("\n") == RECORDS
    assert printed(sys.executable, "-c", CODE) == theirs


@pytest.mark.parametrize("version", VERSIONS)
def test_traces_of_comprehensions_are_the_same_under_two_versions(version: str) -> None:
    code = f"from models.trace.tracer import trace; print(trace({COMPREHENSIONS!r}, 'function', 'f', '[1, 2, 3]'))"
    assert printed(interpreter(version), "-c", code) == printed(sys.executable, "-c", code)


def test_the_variable_of_a_comprehension_is_none_of_the_function() -> None:
    from models.trace.tracer import trace

    run = trace(COMPREHENSIONS, "function", "f", "[1, 2, 3]")
    assert [step.changes["x"] for step in run.steps if "x" in step.changes] == ["'kept'"]
    assert run.output == "('kept', [4, 9], 9, {1: [0], 2: [0, 1], 3: [0, 1, 2]}, 6, [6, 6])"
