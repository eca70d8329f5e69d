"""Solve with feedback: write a program, hear what it does on the public tests, repair it, up to a number of turns.

The loop of serving from one sample, with its own prompts (`fix`), its verdicts (`simulate.verdict`) and its choice of
what to show (`fix.evidence`). Where feedback comes from is a field, since that is what is compared:

    true        the program is run on the public tests, in the sandbox
    predicted   the policy is asked what the program does, one fresh prompt for each test; these answers are not learned
                from here (that is what the predict task is for)
    random      for each test a coin: the expected output, or another outcome
    none        the program alone is shown, and every turn is used

The reward knows only hidden tests, which no prompt shows. The last answer counts, also if it cannot be read: else
a turn of noise after a right program would be praised.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from models.rl.episode import Ask, Feedback, Outcome, TaskName
from models.rl.rows import SolveRow
from models.rl.solve import SolveEpisode
from models.sandbox.grading import Grader
from workers.pipeline import fix, parse
from workers.pipeline.config import PipelineConfig
from workers.pipeline.prompts import prompts
from workers.pipeline.simulate import verdict
from workers.pipeline.types import Candidate, Completion, IOTest, Prediction, PromptStyle, Simulation, Verdict

SHOWN = PipelineConfig().evidence
"""Tests that a repair prompt shows, as in serving."""


class RepairEpisode(SolveEpisode):
    """Up to `turns` programs for one problem."""

    task: TaskName = "repair"

    def __init__(
        self, row: SolveRow, style: PromptStyle, grader: Grader, turns: int, feedback: Feedback, rng: Random
    ) -> None:
        super().__init__(row, style, grader)
        self._limit, self._feedback, self._rng = turns, feedback, rng
        self._turns = self._agreed = self._judged = 0
        self._asked = False
        """Predictions are under way: the next answers are feedback, no program."""

    def step(self, answers: Sequence[Completion]) -> Ask | None:
        """See `Episode`. The end is the last turn, feedback that refutes nothing, or an answer that is no program."""
        if self._asked:
            self._asked = False
            return self._judge([parse.prediction(answer, self._style) for answer in answers])
        self._take(answers[0])
        self._turns += 1
        if self._code is None or self._turns == self._limit:
            return None
        return self._hear(self._code)

    def score(self) -> Outcome:
        """See `Episode`."""
        return replace(super().score(), turns=self._turns, agreed=self._agreed, judged=self._judged)

    def _hear(self, code: str) -> Ask | None:
        problem = self._row.problem
        if self._feedback == "none":
            return self._fix(code, [])
        if self._feedback == "true":
            return self._judge(self._grader.observe(problem, code, problem.public_tests))
        if self._feedback == "random":
            return self._judge([self._coin(test) for test in problem.public_tests])
        self._asked = True
        speak = prompts(self._style).predict
        inputs = [test.input for test in problem.public_tests]
        return Ask(tuple(speak(code, given, problem.io, problem.entry_point) for given in inputs), trained=False)

    def _judge(self, seen: Sequence[Prediction]) -> Ask | None:
        """Go on with a repair if some test is refuted, as serving does."""
        problem, code = self._row.problem, self._code or ""
        pairs = list(zip(seen, problem.public_tests, strict=True))
        verdicts = [verdict(prediction, test, problem) for prediction, test in pairs]
        if self._feedback != "true":
            self._compare(code, verdicts)
        if Verdict.FAIL not in verdicts:
            return None
        own = [
            Simulation("c", number, prediction, said)
            for number, (prediction, said) in enumerate(zip(seen, verdicts, strict=True))
        ]
        return self._fix(code, fix.evidence(problem, own, SHOWN))

    def _compare(self, code: str, verdicts: Sequence[Verdict]) -> None:
        """Count how often feedback says what execution says; for the log alone, no prompt or reward sees it."""
        problem = self._row.problem
        true = zip(self._grader.observe(problem, code, problem.public_tests), problem.public_tests, strict=True)
        self._agreed += sum(
            verdict(seen, test, problem) is said for (seen, test), said in zip(true, verdicts, strict=True)
        )
        self._judged += len(verdicts)

    def _fix(self, code: str, evidence: Sequence[tuple[IOTest, Prediction]]) -> Ask:
        return Ask((prompts(self._style).fix(self._row.problem, Candidate("c", code), evidence),))

    def _coin(self, test: IOTest) -> Prediction:
        others = [t.output for t in self._row.problem.public_tests if t.output != test.output]
        if self._rng.random() < 0.5:
            return Prediction(output=test.output, finishes=True)
        return Prediction(output=self._rng.choice(others), finishes=True) if others else Prediction(finishes=False)
