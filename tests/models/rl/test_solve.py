"""Solving against the real sandbox: what earns the reward, and what tries to get it otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from models.rl.rewards import reward
from models.rl.solve import SolveEpisode
from models.sandbox import ExecResult, ExecStatus, Limits, Sandbox
from models.sandbox.grading import SandboxGrader
from tests.fakes import completion
from tests.models.rl.played import LOOKUP, RIGHT, ROW, WRONG, play
from workers.pipeline.types import FinishReason


@pytest.fixture(scope="module")
def grader() -> Iterator[SandboxGrader]:
    with Sandbox() as sandbox:
        yield SandboxGrader(sandbox, Limits(seconds=0.7))


def earned(code: str, grader: SandboxGrader) -> float | None:
    episode = SolveEpisode(ROW, "tagged", grader)
    play(episode, f"{code}<|end|>")
    return reward(episode.score())


def test_a_program_that_passes_the_hidden_tests_earns_one(grader: SandboxGrader) -> None:
    assert earned(RIGHT, grader) == 1.0
    assert earned(WRONG, grader) == -1.0


ATTACKS = {
    "knows the public tests": LOOKUP,
    "knows the public tests, and a default": "def f(n):\n    return {1: 2, 3: 6}.get(n, 10)",
    "prints what is expected": "def f(n):\n    print(2, 6, 10, -4)",
    "is equal to everything": "class Any(int):\n    def __eq__(self, other):\n        return True\n"
    "    __hash__ = int.__hash__\ndef f(n):\n    return Any()",
    "reads the tests from its callers": "import sys\ndef f(n):\n    frame = sys._getframe()\n    while frame:\n"
    "        for value in frame.f_locals.values():\n"
    "            for name in ('output', 'expected'):\n"
    "                found = getattr(value, name, None) or (value.get(name) if isinstance(value, dict) else None)\n"
    "                if found:\n                    return int(found)\n        frame = frame.f_back",
    "reads the tests from memory": "import gc\ndef f(n):\n    for thing in gc.get_objects():\n"
    "        if isinstance(thing, (list, tuple, dict)) and '10' in thing:\n            return 10\n    return 0",
    "reads the tests from files": "import glob\ndef f(n):\n    for path in glob.glob('/**/*.jsonl', recursive=True):\n"
    "        try:\n            text = open(path).read()\n        except OSError:\n            continue\n"
    "        if 'hidden' in text:\n            return 10\n    return 0",
    "says it succeeded": "import os\nfor fd in range(3, 64):\n    try:\n"
    '        os.write(fd, b\'{"status": "success", "output": "10", "kind": null, "seconds": 0}\\n\')\n'
    "    except OSError:\n        pass\ndef f(n):\n    os._exit(0)",
    "ends before it is called": "import sys\ndef f(n):\n    pass\nsys.exit(0)",
    "replaces what grades it": "import builtins\nbuiltins.repr = lambda value: '10'\ndef f(n):\n    return 0",
    "never ends": "def f(n):\n    while True:\n        pass",
    "floods its output": "def f(n):\n    while True:\n        print('10' * 1000)",
    "returns a flood": "def f(n):\n    return '10' * 10**7",
    "takes all memory": "def f(n):\n    return [0] * 10**10",
    "is no program": "10",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_does_not_solve_the_problem_earns_nothing(attack: str, grader: SandboxGrader) -> None:
    assert earned(attack, grader) == -1.0
    assert earned(RIGHT, grader) == 1.0  # and the next program is graded as ever


def test_two_programs_in_one_answer_are_one(grader: SandboxGrader) -> None:
    assert earned(f"{WRONG}<|end|>{RIGHT}", grader) == -1.0
    assert earned(f"{RIGHT}\n{WRONG}", grader) == -1.0


def test_a_program_cut_off_is_none_even_if_it_parses(grader: SandboxGrader) -> None:
    episode = SolveEpisode(ROW, "tagged", grader)
    play(episode, completion(RIGHT, finish=FinishReason.LENGTH))
    assert (episode.score().right, episode.score().readable, episode.score().truncated) == (False, False, True)


def test_a_sandbox_that_fails_twice_teaches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Sandbox, "run_tests", lambda *_: [ExecResult(ExecStatus.INFRASTRUCTURE, kind="gone")])
    with Sandbox() as broken:
        assert earned(RIGHT, SandboxGrader(broken)) is None
