"""How requests are grouped, bounded, cancelled and failed; the decoder is scripted and waits for the test."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence

import pytest

from workers.batcher import Batcher, BatchLimits, Busy, Closed
from workers.decoding import Decoding, Row


class Scripted:
    """Generates the token 7 for every row, until the row ends; holds each batch back while `open` is not set."""

    def __init__(self) -> None:
        self.open = threading.Event()
        self.batches: list[list[Row]] = []
        self.error: Exception | None = None

    def __call__(self, rows: Sequence[Row], on_end: Callable[[Row], None]) -> None:
        self.batches.append(list(rows))
        alive = list(rows)
        while alive:
            if self.open.is_set() and self.error:
                raise self.error
            ended = [row for row in alive if self.open.is_set() and row.add(7, -0.5)]
            ended += [row for row in alive if not self.open.is_set() and row.stops(7)]
            for row in ended:
                on_end(row)
                alive.remove(row)
            time.sleep(0.001)


@pytest.fixture
def decode() -> Scripted:
    return Scripted()


@pytest.fixture
def batcher(decode: Scripted) -> Iterator[Batcher]:
    batcher = Batcher(decode, BatchLimits(decoders=1, max_batch=4, max_waiting=10, window_s=0.05))
    yield batcher
    batcher.close()


def never(_token: int) -> bool:
    return False


def greedy(length: int = 3, max_tokens: int = 2) -> Decoding:
    return Decoding(tuple(range(length)), max_tokens)


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def busy_decoder(batcher: Batcher, decode: Scripted) -> None:
    """Occupy the one decoder with a sampled request, which waits for no company."""
    batcher.submit(Decoding((1,), 1, temperature=1.0), never)
    until(lambda: len(decode.batches) == 1)


def test_requests_that_arrive_together_decode_together(batcher: Batcher, decode: Scripted) -> None:
    decode.open.set()
    futures = [batcher.submit(greedy(max_tokens=n), never) for n in (1, 2, 3)]
    assert [len(future.result(5).tokens) for future in futures] == [1, 2, 3]
    assert [len(batch) for batch in decode.batches] == [3]


def test_batches_are_bounded_and_hold_prompts_of_similar_length(batcher: Batcher, decode: Scripted) -> None:
    busy_decoder(batcher, decode)
    futures = [batcher.submit(greedy(length), never) for length in (10, 90, 11, 91, 12, 92, 13)]
    decode.open.set()
    for future in futures:
        future.result(5)
    lengths = [[len(row.decoding.prompt) for row in batch] for batch in decode.batches[1:]]
    assert [sorted(batch) for batch in lengths] == [[10, 11, 12, 13], [90, 91, 92]]


def test_the_oldest_request_is_always_in_the_next_batch(batcher: Batcher, decode: Scripted) -> None:
    busy_decoder(batcher, decode)
    futures = [batcher.submit(greedy(length), never) for length in (50, *[5] * 9)]
    decode.open.set()
    for future in futures:
        future.result(5)
    assert 50 in [len(row.decoding.prompt) for row in decode.batches[1]]


def test_a_sampled_request_decodes_alone(batcher: Batcher, decode: Scripted) -> None:
    decode.open.set()
    sampled = Decoding((1, 2), 2, temperature=0.8)
    futures = [batcher.submit(decoding, never) for decoding in (sampled, greedy(), sampled, greedy())]
    for future in futures:
        future.result(5)
    assert sorted(len(batch) for batch in decode.batches) == [1, 1, 2]


def test_idle_decoders_share_what_waits(decode: Scripted) -> None:
    batcher = Batcher(decode, BatchLimits(decoders=2, max_batch=8, window_s=0.05))
    decode.open.set()
    futures = [batcher.submit(greedy(), never) for _ in range(6)]
    for future in futures:
        future.result(5)
    batcher.close()
    assert [len(batch) for batch in decode.batches] == [3, 3]


def test_the_queue_is_bounded_and_cancelled_requests_do_not_count(batcher: Batcher, decode: Scripted) -> None:
    busy_decoder(batcher, decode)
    futures = [batcher.submit(greedy(), never) for _ in range(10)]
    with pytest.raises(Busy):
        batcher.submit(greedy(), never)
    futures[4].cancel()
    assert batcher.waiting == 9
    batcher.submit(greedy(), never)


def test_a_request_cancelled_while_it_waits_is_never_decoded(batcher: Batcher, decode: Scripted) -> None:
    busy_decoder(batcher, decode)
    gone, stays = batcher.submit(greedy(1), never), batcher.submit(greedy(2), never)
    gone.cancel()
    decode.open.set()
    stays.result(5)
    assert [len(row.decoding.prompt) for batch in decode.batches[1:] for row in batch] == [2]


def test_a_request_cancelled_while_it_runs_leaves_its_batch(batcher: Batcher, decode: Scripted) -> None:
    gone, stays = batcher.submit(greedy(), never), batcher.submit(greedy(), never)
    until(lambda: batcher.running == 2)
    gone.cancel()
    until(lambda: batcher.running == 1)
    decode.open.set()
    assert stays.result(5).tokens == (7, 7)
    until(lambda: batcher.running == 0)


def test_a_batch_that_fails_tells_its_requests_and_the_next_one_runs(batcher: Batcher, decode: Scripted) -> None:
    decode.open.set()
    decode.error = RuntimeError("out of memory")
    future = batcher.submit(greedy(), never)
    with pytest.raises(RuntimeError, match="out of memory"):
        future.result(5)
    decode.error = None
    assert batcher.submit(greedy(), never).result(5).tokens == (7, 7)
    assert batcher.running == 0


def test_closing_cancels_what_waits_and_what_runs(decode: Scripted) -> None:
    batcher = Batcher(decode, BatchLimits(decoders=1, max_batch=1, window_s=0.0))
    futures = [batcher.submit(greedy(), never) for _ in range(3)]
    until(lambda: batcher.running == 1)
    batcher.close()
    assert all(future.cancelled() for future in futures)
    with pytest.raises(Closed):
        batcher.submit(greedy(), never)
