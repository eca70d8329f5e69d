"""Arms of an experiment have equal budgets and differ in what they say, and in nothing else."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from models import config
from models.ablate.__main__ import small
from models.ablate.experiments import EXPERIMENTS, FOLDER, Experiment, seeded
from models.ablate.measures import MEASURES
from models.ablate.plan import Place, model_name, plan
from models.ablate.sizes import SMOKE, Sizes, full
from models.config import TrainerConfig
from models.rl import config as rl
from models.rl.config import RlConfig
from workers.pipeline.errors import InputError

ALL = [define() for define in EXPERIMENTS.values()]


def budget(model: object) -> tuple[int, int]:
    """Tokens, and how many models share them."""
    if isinstance(model, RlConfig):
        assert model.train.tokens > 0
        assert model.train.steps >= 100, "tokens are to end a run, not steps"
        return model.train.tokens, len(model.tasks)
    assert isinstance(model, TrainerConfig)
    assert model.pretrain.tokens is not None and model.pretrain.seconds is None
    return model.pretrain.tokens, 1


def changes(one: Any, other: Any) -> dict[str, tuple[Any, Any]]:
    """Fields in which two configurations differ, by dotted name."""

    def flat(value: Any, name: str) -> dict[str, Any]:
        if isinstance(value, dict):
            return {k: v for key, part in value.items() for k, v in flat(part, f"{name}.{key}").items()}
        if isinstance(value, list | tuple):
            return flat({str(place): part for place, part in enumerate(value)}, name)
        return {name[1:]: value}

    a, b = flat(asdict(one), ""), flat(asdict(other), "")
    return {name: (a.get(name), b.get(name)) for name in {*a, *b} if a.get(name) != b.get(name)}


@pytest.mark.parametrize("experiment", ALL, ids=lambda e: e.name)
def test_budgets_are_equal(experiment: Experiment) -> None:
    spent = {arm.name: sum(budget(model)[0] for model in arm.models) for arm in experiment.arms if arm.models}
    assert len(set(spent.values())) <= 1, spent


@pytest.mark.parametrize("experiment", ALL, ids=lambda e: e.name)
def test_every_experiment_is_measured_and_compared_with_a_row_of_its_own(experiment: Experiment) -> None:
    assert experiment.measure in MEASURES
    assert experiment.counted <= set(experiment.columns)
    names = [arm.name for arm in experiment.arms]
    assert len(set(names)) == len(names)
    assert all(arm in {"", *names} for arm, _ in experiment.against)


def arms(name: str) -> dict[str, tuple[Any, ...]]:
    return {arm.name: arm.models for arm in EXPERIMENTS[name]().arms}


def test_pools_differ_in_incorrect_programs_alone() -> None:
    found = arms("pool")
    (correct,), (balanced,) = found["correct only"], found["balanced"]
    assert changes(correct, balanced) == {"pool.wrong": (0.0, 0.5), "pool.endless": (0.0, 0.04)}
    assert found["balanced"] == arms("worth")["after"]  # so it is trained once


def test_feedback_differs_in_its_source_alone() -> None:
    found = arms("feedback")
    (none,) = found["learned with none"]
    for source in ("random", "true", "predicted"):
        (other,) = found[f"learned with {source}"]
        assert changes(none, other) == {"tasks.0.feedback": ("none", source)}


def test_narratives_differ_in_what_is_told_alone() -> None:
    found = arms("told")
    (direct,) = found["direct"]
    for kind in ("compact", "prose"):
        (other,) = found[kind]
        assert changes(direct, other) == {"dataset.told": ("direct", kind)}
    (compact,) = found["compact"]
    (stepped,) = found["stepped"]
    assert changes(compact, stepped) == {"dataset.workings": ("plain", "stepped")}


def test_the_separate_verifier_and_writer_split_the_joint_model() -> None:
    found = arms("verifier")
    (joint,), (writer, judge) = found["joint"], found["separate"]
    assert [task.kind for task in joint.tasks] == ["predict", "solve"]
    assert len({task.share for task in joint.tasks}) == 1
    assert [[task.kind for task in part.tasks] for part in (writer, judge)] == [["solve"], ["predict"]]
    for part in (writer, judge):
        assert replace(part, tasks=joint.tasks, train=joint.train) == joint
        assert part.train.tokens * 2 == joint.train.tokens


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.toml")), ids=lambda path: path.name)
def test_every_base_configuration_loads(path: Path) -> None:
    if path.stem == "sizes":
        assert full() != SMOKE
    elif path.stem == "told":
        loaded = config.load(path)
        assert loaded.name == path.stem
        assert loaded.dataset.max_tokens <= loaded.model.context
    else:
        assert rl.load(path).name == path.stem


def test_a_seed_changes_the_run_and_not_the_data_of_models_from_scratch() -> None:
    (told,), (predict,) = arms("told")["prose"], arms("worth")["after"]
    assert changes(seeded(told, 1), seeded(told, 2)) == {"pretrain.seed": (1, 2)}
    assert changes(seeded(predict, 1), seeded(predict, 2)) == {"seed": (1, 2)}
    assert model_name(seeded(told, 1)) != model_name(seeded(told, 2))


@pytest.mark.parametrize("experiment", ALL, ids=lambda e: e.name)
def test_what_is_needed_is_planned_and_comes_before(experiment: Experiment, tmp_path: Path) -> None:
    jobs = plan(experiment, (1, 2), Place(tmp_path, tmp_path / "given", SMOKE))
    names = [job.name for job in jobs]
    assert len(set(names)) == len(names)
    assert len({job.done for job in jobs}) == len(names)
    for place, job in enumerate(jobs):
        assert job.needs <= set(names[:place])
    assert sum(name.startswith("measure") for name in names) == 2 * len(experiment.arms)


def test_arms_that_are_alike_share_their_model(tmp_path: Path) -> None:
    place = Place(tmp_path, tmp_path / "given", Sizes())
    one, other = ({job.name for job in plan(EXPERIMENTS[name](), (1,), place)} for name in ("worth", "pool"))
    assert one < other


@pytest.mark.parametrize("experiment", ALL, ids=lambda e: e.name)
def test_miniatures_keep_what_is_compared(experiment: Experiment) -> None:
    tiny = small(experiment)
    for arm, shrunk in zip(experiment.arms, tiny.arms, strict=True):
        for model, made in zip(arm.models, shrunk.models, strict=True):
            kept = {"tasks.0.feedback", "tasks.0.kind", "dataset.told", "dataset.workings"}
            kept |= {"pool.wrong", "pool.endless"}
            assert not kept & changes(model, made).keys()
            assert changes(model, made)


def test_an_unknown_kind_of_telling_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text('name = "t"\n[dataset]\ntold = "verse"\n[pretrain]\ntokens = 1')
    with pytest.raises(InputError, match="told must be one of compact, prose, direct"):
        config.load(path)
