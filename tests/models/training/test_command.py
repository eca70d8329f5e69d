"""What ends a command ends it with one line."""

from __future__ import annotations

import pytest
from safetensors import SafetensorError

from models.training.command import ended
from models.training.writing import SaveFailed, written
from workers.pipeline.errors import InputError


@pytest.mark.parametrize("error", [InputError("why"), OSError("why"), SafetensorError("why")])
def test_what_cannot_be_used_or_written_is_one_line(error: Exception) -> None:
    with pytest.raises(SystemExit, match=r"^error: why$"), ended():
        raise error


def test_a_fault_of_the_code_is_none_of_these() -> None:
    with pytest.raises(ZeroDivisionError), ended():
        raise ZeroDivisionError


def test_an_interrupted_command_says_so() -> None:
    with pytest.raises(SystemExit, match="goes on from the last save"), ended():
        raise KeyboardInterrupt
    with pytest.raises(SystemExit, match=r"^stopped$"), ended("stopped"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("error", [OSError("why\nthus"), SafetensorError("why"), RuntimeError("why\nthus")])
def test_a_save_that_fails_is_told_by_its_name(error: Exception) -> None:
    with pytest.raises(SaveFailed, match=r"^a/b cannot be written: why$"), written("a/b"):
        raise error
    with pytest.raises(SaveFailed, match="RuntimeError"), written("a/b"):
        raise RuntimeError
