"""The `chat` style: messages for instruction-tuned models, served through their own chat template.

    solve    statement, public tests, how to answer                    → a fenced program
    predict  program and input, nothing else: a fresh context          → numbered steps, then one outcome block
    fix      statement, program, per test expected and predicted       → verdict, then a fenced program if it is wrong
    verify   statement, program, one test with its expected output      → reasoning, then one verdict block
    outcome  [OUTPUT] … [/OUTPUT]   or   [RAISES] … [/RAISES]   or   [ENDLESS][/ENDLESS]
    verdict  [VERDICT] PASS [/VERDICT]   or   [VERDICT] FAIL [/VERDICT]

The step-by-step request follows the chain-of-thought setting of CRUXEval (arXiv 2401.03065), the verdict before the
repair that of self-execution simulation (arXiv 2604.03253); the wording is ours.
"""

from __future__ import annotations

from collections.abc import Sequence

from workers.pipeline.types import Candidate, Io, IOTest, Prediction, Problem, Prompt

_PROGRAMMER = "You are an expert Python programmer. You write short, correct, self-contained programs."
_INTERPRETER = (
    "You carry out Python programs by hand, exactly as the interpreter would. "
    "You follow what the code says, not what its names suggest it is meant to do. "
    "The code may hold bugs: do not correct them."
)
_REVIEWER = "You are an expert Python programmer. You find out whether a program is right, and repair it if it is not."
_STEPS = (
    "Go through the run step by step: name each line that is reached and give the new value of every variable it "
    "changes. Take one loop iteration at a time. Spell out string operations character by character."
)
_OUTCOME = (
    "Then end with one block. If the run finishes, {answer}:\n\n[OUTPUT]\n…\n[/OUTPUT]\n\n"
    "If an exception escapes, its type:\n\n[RAISES]\nValueError\n[/RAISES]\n\n"
    "If it never finishes:\n\n[ENDLESS][/ENDLESS]"
)
_VERDICT = (
    "The outcomes worked out by hand may themselves be wrong. First give your verdict on one line: CORRECT if the "
    "program solves the problem, else INCORRECT and the reason. If it is incorrect, then repair it."
)

_PASSES = (
    "Work out, step by step and without correcting the program, whether it passes this test. Then end with one block, "
    "PASS if it does, else FAIL:\n\n[VERDICT]\nPASS\n[/VERDICT]"
)


def solve(problem: Problem) -> Prompt:
    """Statement, public tests and starter code; the completion holds a fenced program."""
    parts = [problem.statement.strip(), _tests(problem), _starter(problem), _task(problem)]
    return _prompt(_PROGRAMMER, parts)


def predict(code: str, input: str, io: Io = "function", entry_point: str | None = None) -> Prompt:
    """Program and input; the completion is a step-by-step run followed by one outcome block."""
    if io == "function":
        what = f"Work out what `{_call(entry_point, input)}` returns."
        answer = "the returned value as a Python literal, as `repr` would write it"
    else:
        what = "Work out what it prints when its standard input is\n\n" + _fenced(input)
        answer = "exactly the text on standard output"
    parts = [
        "Here is a Python program:\n\n" + _fenced(code, "python"),
        what,
        _STEPS,
        _OUTCOME.format(answer=answer),
    ]
    return _prompt(_INTERPRETER, parts)


def fix(problem: Problem, candidate: Candidate, evidence: Sequence[tuple[IOTest, Prediction]]) -> Prompt:
    """Problem, program and, per shown test, expected and predicted outcome; a verdict, then a repaired program."""
    shown = "\n\n".join(
        _test(number, problem, test) + "\nWhat the program does, worked out by hand:\n" + _fenced(outcome(prediction))
        for number, (test, prediction) in enumerate(evidence, start=1)
    )
    parts = [
        problem.statement.strip(),
        "Here is a program that was written for this problem:\n\n" + _fenced(candidate.code, "python"),
        shown,
        _VERDICT,
        _task(problem),
    ]
    return _prompt(_REVIEWER, parts)


def verify(problem: Problem, code: str, test: IOTest) -> Prompt:
    """Problem, program and one test with its expected output; the completion ends in one verdict block."""
    parts = [
        problem.statement.strip(),
        "Here is a program that was written for this problem:\n\n" + _fenced(code, "python"),
        _test(1, problem, test),
        _PASSES,
    ]
    return _prompt(_REVIEWER, parts)


def outcome(prediction: Prediction) -> str:
    """A prediction in words a reader of the fix prompt understands."""
    if prediction.raises is not None:
        return f"raises {prediction.raises}"
    if prediction.finishes is False:
        return "does not finish"
    return "could not be worked out" if prediction.output is None else prediction.output


def _prompt(system: str, parts: Sequence[str]) -> Prompt:
    user = "\n\n".join(part for part in parts if part)
    return Prompt(messages=({"role": "system", "content": system}, {"role": "user", "content": user}))


def _task(problem: Problem) -> str:
    if problem.io == "function":
        form = f"a program that defines `{problem.entry_point}`; it may define helpers and import the standard library"
    else:
        form = "a program that reads standard input and prints the answer to standard output, and nothing else"
    return f"Answer with {form}. Put the whole program into one fenced block:\n\n```python\n…\n```"


def _starter(problem: Problem) -> str:
    return "Start from this code:\n\n" + _fenced(problem.starter_code, "python") if problem.starter_code else ""


def _tests(problem: Problem) -> str:
    known = [test for test in problem.public_tests if test.output is not None]
    return "\n\n".join(_test(number, problem, test) for number, test in enumerate(known, start=1))


def _test(number: int, problem: Problem, test: IOTest) -> str:
    expected = "" if test.output is None else "\nExpected:\n" + _fenced(test.output)
    shown = _call(problem.entry_point, test.input) if problem.io == "function" else test.input
    return f"Test {number}\nInput:\n{_fenced(shown)}{expected}"


def _call(entry_point: str | None, arguments: str) -> str:
    return f"{entry_point or 'f'}({arguments.strip()})"


def _fenced(text: str, language: str = "") -> str:
    """A code block whose fence is longer than any run of backquotes in the text, so that text cannot close it."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text.strip(chr(10))}\n{fence}"
