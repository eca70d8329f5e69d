"""The prose narrative: golden text, and that whatever it says was observed and can be read back."""

from __future__ import annotations

import pytest

from models.narrative import claims, prose
from models.trace.tracer import trace
from tests.models.narrative.runs import runs
from workers.pipeline import compare, parse
from workers.pipeline.types import Completion, FinishReason

PROGRAMS = 500


def told(code: str, given: str, io: str = "function", seed: int = 1) -> str:
    return prose.narrate(code, trace(code, io, "f" if io == "function" else None, given), io, seed)


def test_a_loop_with_a_branch() -> None:
    loop = "    for x in nums:\n        if x > k:\n            total += x\n"
    assert told(f"def f(nums, k):\n    total = 0\n{loop}    return total", "[3, 1], 2") == """\
1. `f` is called with nums = [3, 1] and k = 2.
2. `total = 0`: total is 0.
3. `for x in nums` goes round 2 times:
   - Round 1: x is 3. `if x > k` holds (3 > 2). `total += x`: total becomes 3 (0 + 3).
   - Round 2: x becomes 1. `if x > k` does not hold (1 > 2).
4. `return total` returns 3.

So the call returns 3.

[OUTPUT]
3
[/OUTPUT]"""


def test_a_long_loop_is_summed_up_with_every_value_of_the_middle() -> None:
    assert told("total = 0\nfor i in range(9):\n    total += i\nprint(total)", "", "stdio") == """\
1. `total = 0`: total is 0.
2. `for i in range(9)` goes round 9 times:
   - Round 1: i is 0. `total += i`: total becomes 0 (0 + 0).
   - Round 2: i becomes 1. `total += i`: total becomes 1 (0 + 1).
   - Round 3: i becomes 2. `total += i`: total becomes 3 (1 + 2).
   - Rounds 4 to 8 go on the same way, i through 3 → 4 → 5 → 6 → 7, total through 6 → 10 → 15 → 21 → 28.
   - Round 9: i becomes 8. `total += i`: total becomes 36 (28 + 8).
3. `print(total)`: this prints '36\\n'.

So all that is printed is '36\\n'.

[OUTPUT]
36

[/OUTPUT]"""


def test_calls_are_told_as_calls_and_exceptions_as_exceptions() -> None:
    loop = "    while nums:\n        nums.pop()\n"
    code = f"def g(x):\n    return [1][x]\n\ndef f(nums):\n{loop}    return g(len(nums) + 1)"
    assert told(code, "[4]") == """\
1. `f` is called with nums = [4].
2. `while nums` goes round once:
   - Round 1: The condition holds. `nums.pop()`: nums becomes [].
3. `return g(len(nums) + 1)` needs a call first (len 0, 0 + 1 = 1).
4. `g` is called with x = 1.
   - `return [1][x]` raises an IndexError ([1]).
5. `return g(len(nums) + 1)` raises an IndexError.

So the run ends with an IndexError.

[RAISES]
IndexError
[/RAISES]"""


def test_a_run_without_end_says_so() -> None:
    text = told("def f(n):\n    while n > 0:\n        n += 1", "1")
    assert text.endswith("[ENDLESS][/ENDLESS]")
    assert "goes on for ever" in text
    assert len(text) < 1500


def test_the_wording_follows_the_seed_and_the_facts_do_not() -> None:
    code = "def f(a):\n    if a > 1:\n        a += 1\n    return a"
    texts = {told(code, "3", seed=seed) for seed in range(12)}
    assert len(texts) == len(prose.WORDINGS)
    assert all("returns 4" in text and "4" in text for text in texts)
    assert told(code, "3", seed=5) == told(code, "3", seed=5)


def test_the_serving_parser_reads_the_true_outcome() -> None:
    for number, (program, run) in enumerate(runs(PROGRAMS)):
        text = prose.narrate(program.code, run, program.io, number)
        read = parse.prediction(Completion(text, FinishReason.STOP), "chat")
        assert (read.raises, read.finishes is False) == (run.raised, run.endless), text
        if run.output is not None:
            assert compare.matches(read.output or "", run.output, program.io), text  # type: ignore[arg-type]


def test_every_claim_of_every_narrative_holds() -> None:
    checked = 0
    for number, (program, run) in enumerate(runs(PROGRAMS)):
        text = prose.narrate(program.code, run, program.io, number)
        said = claims.claims(text, program.code, run)
        assert claims.first_false(said, run) is None, text
        checked += len(said)
    assert checked > 3 * PROGRAMS


@pytest.mark.parametrize("io", ["function", "stdio"])
def test_nothing_done_is_told_too(io: str) -> None:
    text = told("x = 1" if io == "stdio" else "def f():\n    pass", "", io)
    assert ("So nothing is printed." if io == "stdio" else "So the call returns None.") in text


def test_a_loop_whose_head_calls_goes_round_as_often_as_it_did() -> None:
    code = "def ok(n):\n    return n < 2\ndef f(n):\n    while ok(n):\n        n += 1\n    return n"
    text = prose.narrate(code, trace(code, "function", "f", "0"), "function", 0)
    assert "`while ok(n)` goes round 2 times" in text
    assert text.count("`ok` is called with") == 3
    code = "def g(n):\n    return [n, n + 1]\ndef f(n):\n    t = 0\n    for x in g(n):\n        t += x\n    return t"
    assert "goes round 2 times" in prose.narrate(code, trace(code, "function", "f", "3"), "function", 0)
    code = "def no(n):\n    return False\ndef f(n):\n    while no(n):\n        n += 1\n    return n"
    text = prose.narrate(code, trace(code, "function", "f", "0"), "function", 0)
    assert text.count("`no` is called with") == 1
    assert "goes round" not in text
