"""A results file has one writer at a time, and whoever comes after it is not kept out."""

from __future__ import annotations

import multiprocessing
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from models.eval.alone import alone
from workers.pipeline.errors import InputError


def test_a_second_one_is_refused_and_a_later_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.json"
    with alone(path):
        with (
            pytest.raises(InputError, match=r"^another evaluation that runs writes .*a\.json: name another file"),
            alone(path),
        ):
            pytest.fail("both hold it")
        with alone(path.with_name("b.json")), alone(None), alone(None):
            pass
    with alone(path):
        pass
    assert not list(path.parent.iterdir())


def _hold(path: Path, held: Event) -> None:
    with alone(path):
        held.set()
        multiprocessing.Event().wait(60)


def test_a_killed_one_keeps_nobody_out(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    held, path = context.Event(), tmp_path / "a.json"
    process = context.Process(target=_hold, args=(path, held))
    process.start()
    assert held.wait(60)
    with pytest.raises(InputError, match="another evaluation"), alone(path):
        pytest.fail("both hold it")
    process.kill()
    process.join()
    assert path.with_name("a.json.lock").exists()
    with alone(path):
        pass


def test_an_error_gives_it_up(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    with pytest.raises(ZeroDivisionError), alone(path):
        raise ZeroDivisionError
    with alone(path):
        pass


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="cannot be written: "), alone(tmp_path / "file" / "a.json"):
        pytest.fail("nothing is held")
