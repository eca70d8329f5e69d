"""Which jobs of an experiment are done, given what its folder holds: no model is trained whose results are there."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from models.ablate.experiments import EXPERIMENTS
from models.ablate.jobs import Job, needed, run
from models.ablate.plan import Place, plan
from models.ablate.sizes import SMOKE

NAMES = sorted(EXPERIMENTS)
SEEDS = (1, 2)


def graph(names: Sequence[str], out: Path) -> list[Job]:
    """The jobs of some experiments in one folder, each once."""
    place = Place(out, out / "given", SMOKE)
    return list({job.name: job for name in names for job in plan(EXPERIMENTS[name](), SEEDS, place)}.values())


class Done:
    """A process that has ended well, for `wait`: the end of a pipe that nobody writes to."""

    exitcode = 0

    def __init__(self) -> None:
        self.sentinel, other = os.pipe()
        os.close(other)

    def join(self) -> None:
        os.close(self.sentinel)


def make(job: Job) -> None:
    job.done.parent.mkdir(parents=True, exist_ok=True)
    job.done.touch()


def played(jobs: Sequence[Job], there: Collection[str], out: Path) -> list[Job]:
    """The jobs that a run does where the files of some are there, in order; a job does nothing but make its file."""
    begun: list[Job] = []

    def start(job: Job, logs: Path) -> Done:
        make(job)
        begun.append(job)
        return Done()

    for job in jobs:
        if job.name in there:
            make(job)
    assert run(jobs, 2, out / "logs", lambda _: None, start) == []  # type: ignore[arg-type]
    return begun


ALL = graph(NAMES, Path("/nowhere"))


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(NAMES), min_size=1), st.sets(st.sampled_from([job.name for job in ALL])))
def test_a_job_is_done_where_something_missing_needs_it(names: set[str], there: set[str]) -> None:
    with TemporaryDirectory() as folder:
        jobs = graph(sorted(names), Path(folder))
        begun = [job.name for job in played(jobs, there, Path(folder))]
        for job in jobs:
            above = [other.name for other in jobs if job.name in other.needs]
            assert (job.name in begun) == (job.name not in there and (not above or any(a in begun for a in above)))
            assert all(begun.index(need) < begun.index(job.name) for need in job.needs if {need, job.name} <= {*begun})
            assert job.done.exists() or not job.name.startswith("measure")
        assert len(set(begun)) == len(begun)
        assert needed(jobs) == []


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(NAMES), st.data())
def test_results_alone_leave_nothing_to_do_and_a_missing_one_no_more_than_it_needs(
    name: str, data: st.DataObject
) -> None:
    with TemporaryDirectory() as folder:
        jobs = graph([name], Path(folder))
        results = [job for job in jobs if job.name.startswith("measure")]
        missing = data.draw(st.sets(st.sampled_from(results)), label="missing")
        begun = played(jobs, {job.name for job in results if job not in missing}, Path(folder))
        trained = {job.name for job in begun if job.name.startswith("train")}
        assert trained == {need for job in missing for need in job.needs if need.startswith("train")}
        assert {job.name for job in begun if job.name.startswith("measure")} == {job.name for job in missing}
        assert bool(begun) == bool(missing)
