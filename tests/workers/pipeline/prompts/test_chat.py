from __future__ import annotations

import pytest

from tests.fakes import prompt_text
from tests.workers.pipeline.problems import DOUBLE, ECHO
from workers.pipeline.prompts import chat, prompts, tagged
from workers.pipeline.types import Candidate, Prediction, Prompt

SOLVE = """\
Write a function double(n) that returns twice n.

Test 1
Input:
```
double(2)
```
Expected:
```
4
```

Test 2
Input:
```
double(0)
```
Expected:
```
0
```

Start from this code:

```python
def double(n):
```

Answer with a program that defines `double`; it may define helpers and import the standard library. \
Put the whole program into one fenced block:

```python
…
```"""

PREDICT = """\
Here is a Python program:

```python
def double(n):
    return n
```

Work out what `double(2)` returns.

Go through the run step by step: name each line that is reached and give the new value of every variable it changes. \
Take one loop iteration at a time. Spell out string operations character by character.

Then end with one block. If the run finishes, the returned value as a Python literal, as `repr` would write it:

[OUTPUT]
…
[/OUTPUT]

If an exception escapes, its type:

[RAISES]
ValueError
[/RAISES]

If it never finishes:

[ENDLESS][/ENDLESS]"""

PREDICT_STDIO = """\
Here is a Python program:

```python
print(input())
```

Work out what it prints when its standard input is

```
hi
```

Go through"""

FIX = """\
Write a function double(n) that returns twice n.

Here is a program that was written for this problem:

```python
def double(n): return n
```

Test 1
Input:
```
double(2)
```
Expected:
```
4
```
What the program does, worked out by hand:
```
2
```

Test 2
Input:
```
double(0)
```
Expected:
```
0
```
What the program does, worked out by hand:
```
raises ValueError
```

The outcomes worked out by hand may themselves be wrong. First give your verdict on one line: CORRECT if the program \
solves the problem, else INCORRECT and the reason. If it is incorrect, then repair it.

Answer with a program that defines `double`; it may define helpers and import the standard library. \
Put the whole program into one fenced block:

```python
…
```"""


VERIFY = """\
Write a function double(n) that returns twice n.

Here is a program that was written for this problem:

```python
def double(n): return n
```

Test 1
Input:
```
double(2)
```
Expected:
```
4
```

Work out, step by step and without correcting the program, whether it passes this test. Then end with one block, \
PASS if it does, else FAIL:

[VERDICT]
PASS
[/VERDICT]"""


def user(prompt: Prompt) -> str:
    assert prompt.text is None
    assert prompt.messages is not None
    assert [message["role"] for message in prompt.messages] == ["system", "user"]
    return prompt.messages[1]["content"]


def test_solve_shows_the_public_tests() -> None:
    assert user(chat.solve(DOUBLE)) == SOLVE


def test_solve_leaves_out_tests_without_an_expected_output() -> None:
    text = user(chat.solve(ECHO))
    assert text.count("Expected:") == 1
    assert "reads standard input" in text


def test_predict_shows_neither_problem_nor_expected_output() -> None:
    assert user(chat.predict("def double(n):\n    return n\n", "2", "function", "double")) == PREDICT
    assert user(chat.predict("print(input())", "hi\n", "stdio")).startswith(PREDICT_STDIO)


def test_fix_asks_for_a_verdict_before_the_repair() -> None:
    evidence = [
        (DOUBLE.public_tests[0], Prediction(output="2", finishes=True)),
        (DOUBLE.public_tests[1], Prediction(raises="ValueError", finishes=True)),
    ]
    assert user(chat.fix(DOUBLE, Candidate("c1", "def double(n): return n"), evidence)) == FIX


def test_verify_shows_one_test_and_asks_for_a_verdict() -> None:
    assert user(chat.verify(DOUBLE, "def double(n): return n", DOUBLE.public_tests[0])) == VERIFY


def test_text_cannot_close_the_fence_it_is_in() -> None:
    text = prompt_text(chat.predict("print('''\n```\n''')", "", "stdio"))
    assert "````python\nprint('''\n```\n''')\n````" in text


@pytest.mark.parametrize(
    ("prediction", "words"),
    [
        (Prediction(output="'x'", finishes=True), "'x'"),
        (Prediction(raises="KeyError", finishes=True), "raises KeyError"),
        (Prediction(finishes=False), "does not finish"),
        (Prediction(reason="cut"), "could not be worked out"),
    ],
)
def test_outcomes_are_told_in_words(prediction: Prediction, words: str) -> None:
    assert chat.outcome(prediction) == words


def test_each_style_has_its_prompts() -> None:
    assert prompts("chat") is chat
    assert prompts("tagged") is tagged
