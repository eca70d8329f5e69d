"""Batches: loss on completions alone, every record at most once an epoch, an order that the seed decides."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models import config
from models.pretrain import data
from models.pretrain.shards import data_hash, shard_path
from tests.models.pretrain.tiny import PROMPT, make_data
from workers.pipeline.errors import InputError

CORPUS = data.Corpus(
    ids=np.array([2, 3, 4, 5, 1, 6, 7, 8, 1], dtype=np.uint16), starts=np.array([0, 5, 9]), prompts=np.array([2, 1])
)


def test_labels_are_the_next_tokens_of_completions_alone() -> None:
    inputs, labels = CORPUS.batch(np.array([1, 0]), 8)
    x = data.IGNORED
    assert inputs.tolist() == [[6, 7, 8, 1, 0, 0, 0, 0], [2, 3, 4, 5, 1, 0, 0, 0]]
    assert labels.tolist() == [[7, 8, 1, x, x, x, x, x], [x, 4, 5, 1, x, x, x, x]]


def test_a_record_as_long_as_the_batch_fits() -> None:
    inputs, labels = CORPUS.batch(np.array([0]), 5)
    assert inputs.tolist() == [[2, 3, 4, 5, 1]]
    assert labels.tolist() == [[data.IGNORED, 4, 5, 1, data.IGNORED]]


@settings(deadline=None)
@given(
    st.lists(st.integers(2, 1024), min_size=1, max_size=300),
    st.integers(64, 20_000),
    st.integers(1, 4),
    st.integers(0, 99),
)
def test_a_plan_takes_each_record_at_most_once_and_leaves_less_than_a_batch_of_each_length(
    sizes: list[int], batch_tokens: int, processes: int, seed: int
) -> None:
    lengths = np.array(sizes)
    plan = data.plan(3, lengths, np.arange(len(lengths)), batch_tokens, processes, np.random.default_rng(seed))
    taken = [int(row) for batch in plan for row in batch.rows]
    assert len(taken) == len(set(taken))
    for batch in plan:
        length, rows = batch.length, batch.rows
        assert batch.chunk == 3
        assert len(rows) % processes == 0
        assert len(rows) * length <= max(batch_tokens, processes * length)
        assert (lengths[rows] <= length).all()
        assert all(length == min(n for n in data.LENGTHS if n >= lengths[row]) for row in rows)
    left = np.setdiff1d(np.arange(len(lengths)), taken)
    for number, length in enumerate(data.LENGTHS):
        size = max(1, batch_tokens // length // processes) * processes
        assert (np.searchsorted(data.LENGTHS, lengths[left]) == number).sum() < size


def test_a_shard_is_read_as_it_was_written(data_folder: Path) -> None:
    corpus = data.load(data_folder, 1)
    assert len(corpus.lengths) == len(corpus.prompts) == 80
    assert corpus.starts[-1] == len(corpus.ids)
    assert set(corpus.prompts.tolist()) == {PROMPT}


@pytest.mark.parametrize("keep", [0, 3, 200, -1, -100])
def test_a_shard_that_was_cut_is_one_clear_error(data_folder: Path, tmp_path: Path, keep: int) -> None:
    content = shard_path(data_folder, 0).read_bytes()
    shard_path(tmp_path, 0).write_bytes(content[:keep])
    with pytest.raises(InputError, match=r"shard-00000\.npz is damaged .*prepare makes it anew$"):
        data.load(tmp_path, 0)


def test_a_changed_byte_of_a_shard_goes_unnoticed_or_is_one_clear_error(data_folder: Path, tmp_path: Path) -> None:
    """Unnoticed where nothing depends on it, as on the time in a header."""
    whole, content = data.load(data_folder, 0), bytearray(shard_path(data_folder, 0).read_bytes())
    refused = 0
    for at in range(0, len(content), 7):
        changed = bytearray(content)
        changed[at] ^= 0x55
        shard_path(tmp_path, 0).write_bytes(changed)
        try:
            found = data.load(tmp_path, 0)
        except InputError:
            refused += 1
        else:
            assert found.ids.tolist() == whole.ids.tolist() and found.starts.tolist() == whole.starts.tolist()
    assert refused > len(content) / 7 / 2


def test_no_configuration_asks_for_a_longer_record_than_batches_hold() -> None:
    assert data.LENGTHS[-1] == config.LONGEST


def test_the_hash_depends_on_each_shard_that_counts_and_on_no_other(data_folder: Path, tmp_path: Path) -> None:
    one, two = (data_hash(data_folder, shards) for shards in (1, 2))
    assert one != two
    folder = make_data(tmp_path / "data", seed=7)
    assert data_hash(folder, 1) != one
    shutil.copy(shard_path(data_folder, 0), shard_path(folder, 0))
    assert data_hash(folder, 1) == one
    assert data_hash(folder, 2) != two
