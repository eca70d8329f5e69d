"""An experiment as jobs in a folder.

OUT/build.json       what everything in the folder depends on: the given checkpoint, the sizes
    items/           what is measured on
    data/            token shards of models trained from scratch, by the digest of their configuration
    models/          models, by the digest of their configuration, the seed in it: arms that are alike share theirs
    measured/        results, by measurement, models and seed
    EXPERIMENT.json  which results are those of which arm
    logs/            what the jobs print
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from models.ablate import items, measures, training
from models.ablate.experiments import Arm, Config, Experiment, seeded
from models.ablate.given import Given
from models.ablate.jobs import Job
from models.ablate.sizes import Sizes
from models.config import DatasetConfig, TrainerConfig, digest
from models.dataset import folder
from models.rl.config import RlConfig
from workers.pipeline.manifest import MANIFEST


@dataclass(frozen=True, slots=True)
class Place:
    """Where, from what, and how much."""

    out: Path
    checkpoint: Path
    sizes: Sizes
    threads: int = 1
    """Cores of each job."""


def plan(experiment: Experiment, seeds: Sequence[int], place: Place) -> list[Job]:
    """All jobs of an experiment, each after those it needs; the first seed of all arms comes first."""
    jobs: dict[str, Job] = {}
    for seed in seeds:
        for arm in experiment.arms:
            for job in _of(experiment, arm, seed, place):
                jobs.setdefault(job.name, job)
    return list(jobs.values())


def index(experiment: Experiment, seeds: Sequence[int], place: Place) -> None:
    """Write which results are those of which arm, whether they are there yet or not."""
    measured = {
        arm.name: [str(_result(experiment, arm, seed, place).relative_to(place.out)) for seed in seeds]
        for arm in experiment.arms
    }
    folder.write_text(place.out / f"{experiment.name}.json", json.dumps(measured, indent=1))


def _of(experiment: Experiment, arm: Arm, seed: int, place: Place) -> Iterator[Job]:
    made = [_model(seeded(config, seed), place) for config in arm.models]
    measure = measures.MEASURES[experiment.measure]
    data = [c.dataset for other in experiment.arms for c in other.models if isinstance(c, TrainerConfig)]
    prepared = [_data(config, place) for config in data]
    path = place.out / "items" / measure.file
    source = (data[0], [job.done.parent for job in prepared]) if data else ()
    drawn = Job(f"items {measure.file}", path, items.make, (measure.draw, (place.sizes, *source), path),
                frozenset(job.name for job in prepared))  # fmt: skip
    yield from (*prepared, drawn, *made)
    checkpoints = tuple(job.done.parent for job in made) or (place.checkpoint,)
    out = _result(experiment, arm, seed, place)
    given = Given(checkpoints, drawn.done, seed, place.sizes, place.threads)
    yield Job(f"measure {out.stem}", out, measures.measure, (experiment.measure, given, bool(made), out),
              frozenset({drawn.name, *(job.name for job in made)}))  # fmt: skip


def _model(config: Config, place: Place) -> Job:
    name = model_name(config)
    path = place.out / "models" / name
    done = path / training.CHECKPOINT / MANIFEST
    if isinstance(config, RlConfig):
        return Job(f"train {name}", done, training.reinforce, (config, place.checkpoint, path))
    data = _data(config.dataset, place)
    return Job(f"train {name}", done, training.pretrain, (config, data.done.parent, path), frozenset({data.name}))


def _data(config: DatasetConfig, place: Place) -> Job:
    path = place.out / "data" / f"{config.told}-{digest(config)[:10]}"
    return Job(f"data {path.name}", path / MANIFEST, training.prepare, (config, path))


def model_name(config: Config) -> str:
    """What the folder of a model is called."""
    seed = config.seed if isinstance(config, RlConfig) else config.pretrain.seed
    return f"{config.name}-{digest(config)[:10]}-seed{seed}"


def _result(experiment: Experiment, arm: Arm, seed: int, place: Place) -> Path:
    of = "+".join(model_name(seeded(config, seed)) for config in arm.models) or f"given-seed{seed}"
    return place.out / "measured" / f"{experiment.measure}-{of}.json"
