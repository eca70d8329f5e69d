"""The feed: short records first, every record once an epoch, the same order whenever the shards come."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import pytest

from models.pretrain import data
from models.pretrain.feed import Feed, Position, Shards
from tests.models.pretrain.tiny import make_config
from workers.pipeline.errors import InputError

CONFIG = make_config().pretrain


def feed(folder: Path, processes: int = 2) -> Feed:
    return Feed(Shards(folder, 2), CONFIG, processes)


def rows(batches: list[data.Batch]) -> list[tuple[int, int]]:
    return [(batch.shard, int(row)) for batch in batches for row in batch.rows]


def epoch(source: Feed, number: int) -> list[data.Batch]:
    position, out = Position(epoch=number), []
    while True:
        batch = source.next(position, 1.0)
        if position.epoch > number:
            return out
        out.append(batch)


def test_an_epoch_takes_each_record_once_and_the_next_one_in_another_order(data_folder: Path) -> None:
    first, second = (rows(epoch(feed(data_folder), number)) for number in (0, 1))
    assert len(set(first)) == len(first) == 80 + 80 - 16 - 20 - 4  # validation, short ones, less than a batch
    assert first != second
    assert first == rows(epoch(feed(data_folder), 0))
    assert [shard for shard, _ in first] == sorted(shard for shard, _ in first)  # as they are made


def test_validation_records_are_never_trained_on(data_folder: Path) -> None:
    source, position = feed(data_folder), Position()
    seen = rows([source.next(position, 0.0) for _ in range(60)])
    assert position.epoch >= 1
    assert {row for shard, row in seen if shard == 0}.isdisjoint(source.validation.tolist())


def test_short_records_come_first(data_folder: Path) -> None:
    source, position = feed(data_folder), Position()
    source.next(position, share=0.05)
    source.next(position, share=0.2)
    assert (position.short, position.at) == (1, 1)


def test_every_process_walks_the_same_plan(data_folder: Path) -> None:
    sources = [feed(data_folder), feed(data_folder)]
    for _ in range(5):
        first, second = (source.next(Position(), 1.0).rows for source in sources)
        assert (first == second).all()
        assert set(first[0::2]).isdisjoint(first[1::2])


def test_a_shard_that_comes_late_is_waited_for_and_changes_nothing(data_folder: Path, tmp_path: Path) -> None:
    late = tmp_path / "late"
    shutil.copytree(data_folder, late)
    names = ("shard-00001.npz", "shard-00001.json")
    for name in names:
        (late / name).unlink()

    def arrive() -> None:
        time.sleep(0.3)
        for name in names:
            shutil.copy(data_folder / name, late / name)

    shards = Shards(late, 2, lambda: True)
    source = Feed(shards, CONFIG, 2)
    assert shards.waited < 0.2
    threading.Thread(target=arrive).start()
    assert rows(epoch(source, 0)) == rows(epoch(feed(data_folder), 0))
    assert shards.waited >= 0.2


def test_a_shard_that_nobody_makes_is_an_error(data_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(data_folder, tmp_path / "less")
    (tmp_path / "less/shard-00001.json").unlink()
    with pytest.raises(InputError, match="--workers"):
        epoch(feed(tmp_path / "less"), 0)
