"""Losses come one step late, none is left out, and none that is no number passes."""

from __future__ import annotations

import pytest
import torch

from models.pretrain.losses import Losses, TrainingDiverged


def test_a_report_is_the_mean_of_all_steps_since_the_last_one() -> None:
    losses = Losses()
    for step, value in enumerate((1.0, 2.0, 6.0), 1):
        losses.add(step, torch.tensor(value))
    assert losses.mean() == 3.0
    losses.add(4, torch.tensor(8.0))
    assert losses.mean() == 8.0


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_told_with_its_own_step(value: float) -> None:
    for wait in (lambda losses: losses.add(6, torch.tensor(1.0)), Losses.read, Losses.mean):
        losses = Losses()
        losses.add(4, torch.tensor(1.0))
        losses.add(5, torch.tensor(value))  # not looked at yet
        with pytest.raises(TrainingDiverged, match="step 5"):
            wait(losses)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_gradient_that_is_no_number_is_told_with_its_own_step_though_the_loss_is_one(value: float) -> None:
    losses = Losses()
    losses.add(5, torch.tensor(1.0), torch.tensor(value))
    with pytest.raises(TrainingDiverged, match=r"gradient norm is (nan|inf) at step 5"):
        losses.read()
