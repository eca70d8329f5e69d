"""The feed: short records first, every record once an epoch, the same order whenever the shards come."""

from __future__ import annotations

import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from models.config import DatasetConfig, PretrainConfig
from models.pretrain import data
from models.pretrain.feed import PLANNED, RECORD_TOKENS, Chunks, Feed, Position, together
from tests.models.pretrain.tiny import make_config
from workers.pipeline.errors import InputError

CONFIG = make_config().pretrain


def feed(folder: Path, processes: int = 2) -> Feed:
    return Feed(Chunks(folder, 2), CONFIG, processes)


def rows(batches: list[data.Batch]) -> list[tuple[int, int]]:
    return [(batch.chunk, int(row)) for batch in batches for row in batch.rows]


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

    shards = Chunks(late, 2, lambda: True)
    source = Feed(shards, CONFIG, 2)
    assert shards.waited < 0.2
    threading.Thread(target=arrive).start()
    assert rows(epoch(source, 0)) == rows(epoch(feed(data_folder), 0))
    assert shards.waited >= 0.2


def test_earlier_records_are_seen_again_while_later_ones_are_made(data_folder: Path, tmp_path: Path) -> None:
    late = tmp_path / "late"
    shutil.copytree(data_folder, late)
    (late / "shard-00001.json").unlink()
    chunks, config = Chunks(late, 2, lambda: True), make_config(repeat=True).pretrain
    source, position = Feed(chunks, config, 1), Position()
    meanwhile = [source.next(position, 1.0) for _ in range(20)]
    assert {batch.chunk for batch in meanwhile} == {0}
    assert len({tuple(batch.rows) for batch in meanwhile}) == 20  # in another order each time
    assert {row for _, row in rows(meanwhile)}.isdisjoint(source.validation.tolist())
    assert (position.chunk, position.at) == (1, 0) and chunks.waited < 0.1
    assert 0 < position.repeats < 20  # the chunk once as it comes, then again
    shutil.copy(data_folder / "shard-00001.json", late)
    following = source.next(position, 1.0)
    assert (following.chunk, position.at) == (1, 1)


def test_what_nobody_makes_is_no_reason_to_repeat(data_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(data_folder, tmp_path / "less")
    (tmp_path / "less/shard-00001.json").unlink()
    source, position = Feed(Chunks(tmp_path / "less", 2), make_config(repeat=True).pretrain, 1), Position()
    with pytest.raises(InputError, match="--workers"):
        for _ in range(20):
            source.next(position, 1.0)
    assert position.repeats == 0


def test_several_processes_do_not_repeat(data_folder: Path) -> None:
    with pytest.raises(InputError, match="repeat is for one process"):
        Feed(Chunks(data_folder, 2), make_config(repeat=True).pretrain, 2)


def test_a_shard_that_nobody_makes_is_an_error(data_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(data_folder, tmp_path / "less")
    (tmp_path / "less/shard-00001.json").unlink()
    with pytest.raises(InputError, match="--workers"):
        epoch(feed(tmp_path / "less"), 0)


def test_shards_together_are_planned_as_one(data_folder: Path) -> None:
    chunks = Chunks(data_folder, 2, together=2)
    whole, parts = chunks.get(0), [data.load(data_folder, number) for number in (0, 1)]
    assert chunks.count == 1
    assert whole.ids.tolist() == [*parts[0].ids, *parts[1].ids]
    for row in (0, 79, 80, 159):
        one, other = whole.batch(np.array([row]), 96), parts[row // 80].batch(np.array([row % 80]), 96)
        assert all((a == b).all() for a, b in zip(one, other, strict=True))
    seen = rows(epoch(Feed(chunks, CONFIG, 2), 0))
    assert len(set(seen)) == len(seen) == (160 - 16 - 40) // 8 * 8  # validation, short ones, less than a batch
    assert {chunk for chunk, _ in seen} == {0} and max(row for _, row in seen) >= 80


def test_the_last_chunk_takes_what_is_left(data_folder: Path) -> None:
    chunks = Chunks(data_folder, 2, together=3)
    assert (chunks.count, chunks.within(1)) == (1, 2)
    assert len(chunks.get(0).lengths) == 160


def test_a_chunk_fills_many_batches_and_is_no_larger_than_that_takes() -> None:
    for shard_records, batch_tokens in ((20_000, 12_288), (5_000, 262_144), (1_000, 4096), (100, 10**6)):
        size = together(DatasetConfig(shard_records=shard_records), PretrainConfig(batch_tokens=batch_tokens))
        made, wanted = shard_records * RECORD_TOKENS, PLANNED * batch_tokens
        assert made * size >= wanted > made * (size - 1)
