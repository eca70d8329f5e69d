"""Generators in words: a run that rests and goes on is told as that, by golden texts and over many programs."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from functools import cache
from random import Random

import pytest

from models.narrative import claims, compact, prose
from models.narrative.fold import Fold, fold
from models.programs.broad.draw import IDIOMS, written
from models.programs.broad.inputs import MAKERS
from models.trace.tracer import trace
from models.trace.types import Trace, TraceRejected
from tests.models.trace.test_generators import DELEGATES, GOES_ON, LEFT_EARLY, SENT
from workers.pipeline import compare, parse
from workers.pipeline.types import Completion, FinishReason

LISTED = "def gen(n):\n    for i in range(n):\n        yield i * i\n\ndef f(n):\n    return list(gen(n))"
GOES_ON_TOLD = """\
1. `f` is called with n = 2.
2. `total = 0`: total is 0.
3. `for x in gen(n)` goes round 2 times:
   - Round 1: as follows.
     - `gen` is called with n = 2.
       - `i = 0`: i is 0.
       - `while i < n` begins to go round:
         - Round 1: The condition holds (0 < 2). `yield i * 2` yields 0 (0 * 2 = 0).
     - x is 0.
     - `total += x`: total becomes 0 (0 + 0).
   - Round 2: as follows.
     - The generator goes on at `yield i * 2`.
       - `i += 1`: i becomes 1 (0 + 1).
       - `while i < n` goes on:
         - Round 2: The condition holds (1 < 2). `yield i * 2` yields 2 (1 * 2 = 2).
     - x becomes 2.
     - `total += x`: total becomes 2 (0 + 2).
     - The generator goes on at `yield i * 2`.
       - `i += 1`: i becomes 2 (1 + 1).
       - `while i < n` is over: its condition does not hold (2 < 2).
4. `return total` returns 2."""
LISTED_TOLD = """\
1. `f` is called with n = 2.
2. `return list(gen(n))` needs a call first.
3. `gen` is called with n = 2.
   - `for i in range(n)` goes round 2 times:
     - Round 1: i is 0. `yield i * i` yields 0 (0 * 0 = 0). The generator goes on at `yield i * i`.
     - Round 2: i becomes 1. `yield i * i` yields 1 (1 * 1 = 1). The generator goes on at `yield i * i`.
4. `return list(gen(n))` returns [0, 1]."""
DELEGATES_TOLD = """\
1. `f` is called with n = 1.
2. `b` is defined.
3. `return list(b())` needs a call first.
4. `b` is called.
   - `r = yield from a()` needs a call first.
   - `a` is called.
     - `yield 1` yields 1.
   - `r = yield from a()` yields 1.
   - The generator goes on at `r = yield from a()`, which needs a call first.
   - The generator goes on at `yield 1`.
     - `return 5` returns 5.
   - `r = yield from a()`: r is 5.
   - `yield r` yields 5.
   - The generator goes on at `yield r`.
5. `return list(b())` returns [1, 5]."""
LEFT_EARLY_TOLD = """\
1. `f` is called with n = 3.
2. `for x in gen(n)` goes round 2 times:
   - Round 1: as follows.
     - `gen` is called with n = 3.
       - `for i in range(n)` begins to go round:
         - Round 1: i is 0. `yield i` yields 0.
     - x is 0.
     - `if x` does not hold.
   - Round 2: as follows.
     - The generator goes on at `yield i`.
       - `for i in range(n)` goes on:
         - Round 2: i becomes 1. `yield i` yields 1.
     - x becomes 1.
     - `if x` holds.
     - `break` lets other code run first.
     - The generator goes on at `yield i`.
       - `print('bye')`: this prints 'bye\\n'.
     - `break` leaves the loop.
3. `return x` returns 1."""
SENT_TOLD = """\
1. `f` is called with n = 3.
2. `inner` is defined.
3. `g = inner()`: g is <generator inner>.
4. `out = [next(g)]` needs a call first.
5. `inner` is called with n = 3.
   - `for i in range(n)` begins to go round:
     - Round 1: i is 0. `x = (yield i) or 5` yields 0.
6. `out = [next(g)]`: out is [0] (next 0).
7. `out.append(g.send(7))` needs a call first.
8. The generator goes on at `x = (yield i) or 5`: x is 7.
   - `for i in range(n)` goes on:
     - Round 2: i becomes 1. `x = (yield i) or 5` yields 1.
9. `out.append(g.send(7))`: out becomes [0, 1] (send 1).
10. `return out` returns [0, 1]."""
SOURCES = [
    "def gen(n):\n    for i in range(n):\n        yield i",
    "def gen(n):\n    i = 0\n    while True:\n        if i > n:\n            return i\n        i += 1\n"
    "        i += 1\n        yield i",
    "def gen(n):\n    for i in range(n):\n        for j in range(i):\n            if j == 2:\n                break\n"
    "            yield i * j\n        yield i",
    "def inner(n):\n    while n:\n        yield n\n        n -= 1\n    return 'done'\n\n"
    "def gen(n):\n    end = yield from inner(n)\n    yield len(end)",
    "def gen(n):\n    try:\n        for i in range(n):\n            x = yield i\n            n = x or n\n"
    "    finally:\n        print('end', n)",
    "def gen(n):\n    if (yield n):\n        yield 1\n    while (yield 2):\n        yield 3\n"
    "    for i in [(yield 4), 5]:\n        yield i",
    "def gen(n):\n    if n > 0:\n        yield n\n        yield from gen(n - 1)",
    "def gen(n):\n    yield n\n    raise ValueError('no more')",
    "def gen(n):\n    yield\n    i = (yield 1, (yield n))\n    yield i",
]  # fmt: skip
USES = [
    "    t = 0\n    for x in gen(n):\n        t += x or 0\n    return t",
    "    return list(zip(range(9), gen(n)))",
    "    for x in gen(n):\n        if x and x > 1:\n            break\n    else:\n        x = -1\n    return x",
    "    for x in gen(n):\n        return x",
    "    g = gen(n)\n    a = next(g)\n    b = next(g, None)\n    g.close()\n    return a, b",
    "    g = gen(n)\n    out = [next(g)]\n    for k in range(4):\n        try:\n            out.append(g.send(k))\n"
    "        except StopIteration as stop:\n            out.append(stop.value)\n    return out",
    "    out = []\n    for a, b in zip(gen(n), gen(n + 1)):\n        out.append((a, b))\n        if len(out) > 3:\n"
    "            break\n    return out",
    "    a, *_ = gen(n) if n < 3 else [0]\n    return a",
    "    return any(x == 3 for x in gen(n) if x is not None)",
]  # fmt: skip


@cache
def runs() -> tuple[tuple[str, Trace], ...]:
    """Programs with `yield` and what they do: each generator in each use, and those of the broad generator."""
    return tuple(itertools.chain(_crossed(), _broad()))


def _crossed() -> Iterator[tuple[str, Trace]]:
    for source, use, given in itertools.product(SOURCES, USES, "0236"):
        code = f"{source}\n\ndef f(n):\n{use}"
        try:
            yield code, trace(code, "function", "f", given)
        except TraceRejected:
            continue


def _broad() -> Iterator[tuple[str, Trace]]:
    rng = Random("yields")
    for idiom in (idiom for idiom in IDIOMS if "yield" in idiom.code):
        for _ in range(60):
            made = written([idiom], "f", rng, 0.7)
            if made is None or "yield" not in made.code:
                continue
            try:
                given = ", ".join(repr(MAKERS[kind](rng, 0.7)) for kind in made.kinds)
                yield made.code, trace(made.code, "function", "f", given)
            except TraceRejected:
                continue


@pytest.mark.parametrize(
    ("code", "given", "text"),
    [
        (GOES_ON, "2", GOES_ON_TOLD),
        (LISTED, "2", LISTED_TOLD),
        (DELEGATES, "1", DELEGATES_TOLD),
        (LEFT_EARLY, "3", LEFT_EARLY_TOLD),
        (SENT, "3", SENT_TOLD),
    ],
)
def test_a_generator_in_words(code: str, given: str, text: str) -> None:
    assert prose.narrate(code, trace(code, "function", "f", given), "function", 1).startswith(text + "\n\nSo ")


def test_calls_of_one_line_are_told_one_after_the_other() -> None:
    code = "def g(x):\n    return x\ndef f(n):\n    return g(n) + g(n + 1)"
    text = prose.narrate(code, trace(code, "function", "f", "3"), "function", 1)
    assert "\n3. `g` is called with x = 3.\n   - `return x` returns 3.\n4. `g` is called with x = 4.\n" in text


def test_a_function_that_is_only_defined_is_not_called() -> None:
    code = "def g(x):\n    return x\ndef f(n):\n    def h():\n        return g(n)\n    return h() + h()"
    text = prose.narrate(code, trace(code, "function", "f", "3"), "function", 1)
    assert (text.count("`h` is defined."), text.count("`h` is called"), text.count("`g` is called")) == (1, 2, 2)
    code = "def g(x):\n    return x\nprint(g(2))"
    text = prose.narrate(code, trace(code, "stdio", None, ""), "stdio", 1)
    assert (text.count("`g` is defined."), text.count("`g` is called with x = 2.")) == (1, 1)


def test_there_are_enough_of_them() -> None:
    assert len(runs()) > 400
    assert sum(any(step.resumed for step in run.steps) for _, run in runs()) > 250
    assert len({line.strip() for code, _ in runs() for line in code.split("\n") if "yield" in line}) > 30


def test_the_serving_parser_reads_the_true_outcome() -> None:
    for number, (code, run) in enumerate(runs()):
        text = prose.narrate(code, run, "function", number)
        read = parse.prediction(Completion(text, FinishReason.STOP), "chat")
        assert (read.raises, read.finishes is False) == (run.raised, run.endless), text
        if run.output is not None:
            assert compare.matches(read.output or "", run.output, "function"), text


def test_every_claim_holds() -> None:
    checked = 0
    for number, (code, run) in enumerate(runs()):
        text = prose.narrate(code, run, "function", number)
        said = claims.claims(text, code, run)
        false = claims.first_false(said, run)
        assert false is None, f"{code}\n{false}\n{text}"
        checked += len(said)
    assert checked > 5 * len(runs())


def test_each_rest_and_each_going_on_is_told_once() -> None:
    """In runs where nothing is summed up, of programs whose `yield` is in no loop's head."""
    told = 0
    for code, run in runs():
        text = prose.narrate(code, run, "function", 0)
        if run.endless or "on the same way" in text or "while (yield" in code or "gen(n - 1)" in code:
            continue
        lines = code.split("\n")
        resumed = [step for step in run.steps if step.resumed]
        assert text.count("The generator goes on") == len(resumed), f"{code}\n{text}"
        rests = [step for step in run.steps if step.value is not None and "yield" in lines[step.line - 1]]
        assert len(re.findall("` yields |, which yields ", text)) == len(rests), f"{code}\n{text}"
        assert text.count(" is called") == len({step.frame for step in run.steps})
        told += len(resumed)
    assert told > 200


def test_a_condition_with_a_yield_is_told_when_it_is_known() -> None:
    code = "def gen():\n    if (yield 1):\n        yield 2\ndef f():\n    g = gen()\n    return [next(g), g.send(True)]"
    run = trace(code, "function", "f", "")
    lines = [line for line in compact.narrate(code, run).split("\n") if line.startswith("if")]
    assert lines == ["if (yield 1):  # 1", "if (yield 1):  # resumed, True"]
    text = prose.narrate(code, run, "function", 1)
    assert "`if (yield 1)` yields 1.\n" in text and "The generator goes on: `if (yield 1)` holds.\n" in text


def test_a_fold_tells_the_state_of_a_generator_that_goes_on() -> None:
    run = trace(GOES_ON, "function", "f", "9")
    assert "for x in gen(n):  # 6 more rounds: x = 14, total = 56, elsewhere i = 8" in compact.narrate(GOES_ON, run, 20)
    assert "elsewhere" not in compact.narrate(LISTED, trace(LISTED, "function", "f", "20"), 12)


def test_after_a_fold_every_frame_that_goes_on_has_the_values_it_had() -> None:
    folds = 0
    for code, run in runs():
        loops = {n: (n, len(code.split("\n"))) for n, line in enumerate(code.split("\n"), 1)
                 if re.match(r" *(for|while) .*:$", line)}  # fmt: skip
        ends = {line: _end(code, line) for line in loops}
        told = fold(run.steps, ends, 8)
        full, short = dict[tuple[int, str], str](), dict[tuple[int, str], str]()
        place = 0
        for at, step in enumerate(told):
            if isinstance(step, Fold):
                folds += 1
                short |= {(step.frame, name): text for name, text in step.changes.items()}
                short |= {(frame, name): text for frame, new in step.elsewhere.items() for name, text in new.items()}
                continue
            while run.steps[place] is not step:
                full |= {(run.steps[place].frame, name): text for name, text in run.steps[place].changes.items()}
                place += 1
            later = {following.frame for following in told[at:]}
            assert {key: text for key, text in full.items() if key[0] in later} == {
                key: text for key, text in short.items() if key[0] in later
            }
            for table in (full, short):
                table |= {(step.frame, name): text for name, text in step.changes.items()}
            place += 1
    assert folds > 30


def _end(code: str, line: int) -> int:
    """The last line of the block that a head begins."""
    lines = code.split("\n")
    depth = len(lines[line - 1]) - len(lines[line - 1].lstrip())
    inside = itertools.takewhile(lambda text: not text.strip() or text.startswith(" " * (depth + 1)), lines[line:])
    return line + len(list(inside))
