"""The training loop: it learns, it resumes as if never stopped, it stops when the loss is no number."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.distributed as dist

from models.pretrain import data, optim
from models.pretrain.losses import TrainingDiverged
from models.pretrain.train import Trainer
from tests.models.pretrain.tiny import make_config
from workers.pipeline.errors import InputError


class Killed(Exception):
    """Stands for the end of the process."""


def dies_at(step: int) -> Callable[[Trainer, float], torch.Tensor]:
    """The optimizer's step, before which the process is killed once."""
    real = Trainer._step

    def dying(trainer: Trainer, share: float) -> torch.Tensor:
        if trainer.progress.step == step:
            raise Killed
        return real(trainer, share)

    return dying


def log(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]


def test_the_loss_falls_and_the_budget_ends_the_run(data_folder: Path, tmp_path: Path) -> None:
    trainer = Trainer(make_config(), data_folder, tmp_path)
    before = trainer.validate()
    trainer.train()
    lines = log(tmp_path)
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[-1] < losses[0] / 2
    assert lines[-1]["validation"] < before / 2
    assert 6000 <= trainer.progress.tokens < 6000 + 8 * 12
    assert trainer.share() >= 1.0


def test_a_resumed_run_ends_with_the_weights_of_an_uninterrupted_one(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    expected = Trainer(make_config(), data_folder, whole)
    expected.train()

    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", dies_at(23))
        with pytest.raises(Killed):
            Trainer(make_config(save_seconds=0.0), data_folder, parts).train()  # saves after each step
    resumed = Trainer(make_config(), data_folder, parts)
    assert resumed.progress.step == 23
    resumed.train()
    assert resumed.progress.step == expected.progress.step
    for name, value in expected.model.state_dict().items():
        assert torch.equal(value, resumed.model.state_dict()[name]), name


def test_a_half_written_save_does_not_hide_the_one_before(data_folder: Path, tmp_path: Path) -> None:
    trainer = Trainer(make_config(), data_folder, tmp_path)
    trainer.save()
    (tmp_path / ".state.pt").write_bytes(b"half")
    assert Trainer(make_config(), data_folder, tmp_path).progress.step == 0


def test_a_loss_that_is_no_number_ends_the_run_and_is_not_saved(data_folder: Path, tmp_path: Path) -> None:
    trainer = Trainer(make_config(), data_folder, tmp_path)
    with torch.no_grad():
        trainer.model.model.norm.weight.fill_(float("nan"))
    with pytest.raises(TrainingDiverged, match="step 1"):
        trainer.train()
    assert not (tmp_path / "state.pt").exists()


@pytest.mark.parametrize("at", [4, 62])
def test_a_gradient_that_is_no_number_ends_the_run_and_is_not_saved_though_the_loss_is_one(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    """In the middle, and at the last step, after which no other loss would tell."""
    whole = Trainer(make_config(), data_folder, tmp_path)
    whole.train()
    assert whole.progress.step == 63
    (tmp_path / "state.pt").unlink()

    real = Trainer._step

    def spoilt(trainer: Trainer, share: float) -> torch.Tensor:
        if trainer.progress.step == at:
            trainer.model.model.norm.weight.grad[0] = float("inf")
        return real(trainer, share)

    monkeypatch.setattr(Trainer, "_step", spoilt)
    with pytest.raises(TrainingDiverged, match=f"gradient norm is inf at step {at + 1}"):
        Trainer(make_config(save_seconds=0.0), data_folder, tmp_path).train()  # saves after each step
    monkeypatch.setattr(Trainer, "_step", real)
    resumed = Trainer(make_config(), data_folder, tmp_path)
    assert resumed.progress.step == at
    resumed.train()
    assert all(value.isfinite().all() for value in resumed.model.state_dict().values())


def test_weights_that_spoil_the_validation_alone_are_not_saved(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Trainer, "validate", lambda _: float("nan"))
    with pytest.raises(TrainingDiverged, match="validation loss is nan at step"):
        Trainer(make_config(), data_folder, tmp_path).train()
    assert not (tmp_path / "state.pt").exists()
    assert not any("validation" in line for line in log(tmp_path))


def test_a_resumed_run_logs_each_step_once(
    data_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was logged after the last save goes, and so does the line in which the run was killed."""
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    whole.mkdir()
    parts.mkdir()
    Trainer(make_config(), data_folder, whole).train()
    Trainer(make_config(tokens=1200), data_folder, parts).train()  # saved at its end, as one that goes on is on its way
    with monkeypatch.context() as patch:
        patch.setattr(Trainer, "_step", dies_at(23))
        with pytest.raises(Killed):
            Trainer(make_config(), data_folder, parts).train()
    assert [line["step"] for line in log(parts)] == [5, 10, 13, 15, 20]
    with (parts / "log.jsonl").open("a") as file:
        file.write('{"step": 23, "lo')
    Trainer(make_config(), data_folder, parts).train()
    steps, expected = ([(line["step"], "loss" in line) for line in log(folder)] for folder in (parts, whole))
    assert steps == sorted([*expected, (13, False)])


def test_a_finished_run_is_left_as_it_is(data_folder: Path, tmp_path: Path) -> None:
    Trainer(make_config(), data_folder, tmp_path).train()
    before = (tmp_path / "log.jsonl").read_bytes(), (tmp_path / "state.pt").stat().st_mtime_ns
    Trainer(make_config(), data_folder, tmp_path).train()
    assert ((tmp_path / "log.jsonl").read_bytes(), (tmp_path / "state.pt").stat().st_mtime_ns) == before


def test_too_few_records_are_an_error_and_no_endless_search(data_folder: Path, tmp_path: Path) -> None:
    trainer = Trainer(make_config(batch_tokens=10**6), data_folder, tmp_path)
    with pytest.raises(InputError, match="fewer records"):
        trainer.train()


def test_the_rate_warms_up_stays_and_falls_to_zero() -> None:
    config = make_config().pretrain
    assert optim.rate(0, 0.0, config) == pytest.approx(0.25)
    assert optim.rate(100, 0.5, config) == 1.0
    assert optim.rate(100, 0.8, config) == pytest.approx(0.5)
    assert optim.rate(100, 1.0, config) == 0.0


def test_every_parameter_has_exactly_one_optimizer(data_folder: Path, tmp_path: Path) -> None:
    trainer = Trainer(make_config(), data_folder, tmp_path)
    owned = [id(p) for o in trainer.optimizers for group in o.param_groups for p in group["params"]]
    assert sorted(owned) == sorted(id(p) for p in trainer.model.parameters())


def gradients(rank: int, processes: int, data_folder: Path, out: Path) -> None:
    """Entry point of one process of a run: its averaged gradients of one batch, written to a file."""
    torch.set_num_threads(1)
    if processes > 1:
        dist.init_process_group("gloo", f"file://{out / 'meeting'}", rank=rank, world_size=processes)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RANK", str(rank))
        patch.setenv("WORLD_SIZE", str(processes))
        trainer = Trainer(make_config(), data_folder, out)
    loss = trainer.loss(data.Batch(0, 96, np.arange(8)))
    loss.backward()
    mean, seconds = trainer._combine(loss.detach(), elapsed=1.0 + rank)
    grads = torch.cat([p.grad.flatten() for p in trainer.model.parameters()])
    torch.save({"grads": grads, "loss": float(mean), "seconds": seconds}, out / f"{processes}-{rank}.pt")
    if processes > 1:
        dist.destroy_process_group()


def test_two_processes_average_to_the_gradient_of_one(data_folder: Path, tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    running = [context.Process(target=gradients, args=(rank, 2, data_folder, tmp_path)) for rank in range(2)]
    for process in running:
        process.start()
    gradients(0, 1, data_folder, tmp_path)
    for process in running:
        process.join(600)  # torch alone takes minutes to import where the cores are taken
        assert process.exitcode == 0
    one, first, second = (torch.load(tmp_path / f"{name}.pt") for name in ("1-0", "2-0", "2-1"))
    assert torch.equal(first["grads"], second["grads"])
    torch.testing.assert_close(first["grads"], one["grads"], atol=1e-6, rtol=1e-4)
    assert first["loss"] == second["loss"] == pytest.approx(one["loss"], rel=1e-5)
    assert first["seconds"] == second["seconds"] == 1.0  # the clock of the first
