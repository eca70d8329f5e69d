"""The loop's oracle: what programs do on the public tests is not simulated but seen, in the sandbox.

Everything else is the pipeline's own, so that the two loops differ in nothing but whom they believe.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from models.sandbox import Sandbox, SandboxUnavailable
from models.sandbox.grading import SandboxGrader
from workers.pipeline.config import PipelineConfig
from workers.pipeline.meter import Progress
from workers.pipeline.model import Model
from workers.pipeline.simulate import Simulated, verdict
from workers.pipeline.types import Candidate, Phase, Problem, Simulation, Verdict


class Execution:
    """In place of `pipeline.simulate.simulate`: every prediction is true. A context manager: runs end with it.

    Outputs are compared as the pipeline does, with letters' case even where a benchmark's own grading folds it.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._grader = SandboxGrader(sandbox)
        self._threads = ThreadPoolExecutor(sandbox.slots)

    def __enter__(self) -> Execution:
        return self

    def __exit__(self, *_: object) -> None:
        self._threads.shutdown(cancel_futures=True)  # and waits: the sandbox may be closed next

    async def __call__(
        self,
        problem: Problem,
        candidates: Sequence[Candidate],
        model: Model,
        config: PipelineConfig,
        known: Sequence[Simulation],
        progress: Progress | None,
    ) -> Simulated:
        """Run what is not in `known` yet. Raises SandboxUnavailable where the sandbox fails."""
        del model, config, progress
        there = {simulation.candidate for simulation in known}
        fresh = [candidate for candidate in candidates if candidate.id not in there]
        loop = asyncio.get_running_loop()
        runs = (loop.run_in_executor(self._threads, self._run, problem, candidate) for candidate in fresh)
        made = await asyncio.gather(*runs)
        done = [*known, *(simulation for own in made for simulation in own)]
        return Simulated(tuple(done), Phase())

    def _run(self, problem: Problem, candidate: Candidate) -> list[Simulation]:
        seen = self._grader.observe(problem, candidate.code, problem.public_tests)
        if any(one.finishes is None for one in seen):
            raise SandboxUnavailable("the sandbox failed twice on one program")
        out = []
        for number, (one, test) in enumerate(zip(seen, problem.public_tests, strict=True)):
            said = verdict(one, test, problem)
            passes = None if said is Verdict.ABSTAIN else float(said is Verdict.PASS)
            out.append(Simulation(candidate.id, number, replace(one, confidence=1.0), said, passes))
        return out
