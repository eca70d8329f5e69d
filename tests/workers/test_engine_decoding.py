"""What holds for decoding: seeds, temperature and top_p, ends, and rows that do not disturb each other."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.tiny import tiny_config, tiny_tokenizer, tiny_weights
from workers.ct2 import convert
from workers.decoding import Decoder, Decoding, Row
from workers.pipeline.prompts.tagged import END

END_ID = tiny_tokenizer().get_vocab()[END]
PROMPT = (5, 9, 31, 7)


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("form")
    config = tiny_config(tiny_tokenizer())
    convert(config, tiny_weights(tiny_tokenizer().get_vocab_size(), seed=0), folder)
    return folder


@pytest.fixture(scope="module")
def decoder(form: Path) -> Iterator[Decoder]:
    decoder = Decoder(form, [END_ID], threads=2)
    yield decoder
    decoder.close()


def run(decoder: Decoder, decoding: Decoding) -> list[int]:
    row = Row(decoding, lambda _token: False)
    decoder.decode([row], lambda _row: None)
    return row.tokens


def sampled(seed: int, **changes: float) -> Decoding:
    return Decoding(PROMPT, max_tokens=12, temperature=changes.get("temperature", 1.0), top_p=1.0, seed=seed)


def test_a_seed_fixes_the_tokens_whatever_else_is_decoded_meanwhile(decoder: Decoder) -> None:
    alone = {seed: run(decoder, sampled(seed)) for seed in range(6)}
    with ThreadPoolExecutor(4) as pool:
        jobs = [sampled(seed) for seed in (3, 1, 4, 1, 5, 0, 2, 3)]
        crowd = [Decoding(PROMPT, max_tokens=40)] * 8
        results = list(pool.map(lambda decoding: run(decoder, decoding), [*jobs, *crowd]))
    for decoding, tokens in zip(jobs, results, strict=False):
        assert tokens == alone[decoding.seed]


def test_seeds_give_different_tokens(decoder: Decoder) -> None:
    seeds = (0, 1, 2, 2**31 - 1, 2**32 - 1, 2**63 - 1, -1)
    assert len({tuple(run(decoder, sampled(seed))) for seed in seeds}) == len(seeds)


def test_the_largest_seed_is_a_seed_too(decoder: Decoder) -> None:
    assert run(decoder, sampled(2**32 - 1)) == run(decoder, sampled(2**32 - 1))


def test_low_temperature_approaches_greedy(decoder: Decoder) -> None:
    assert run(decoder, sampled(7, temperature=0.01)) == run(decoder, Decoding(PROMPT, max_tokens=12))


def test_top_p_keeps_to_the_nucleus(decoder: Decoder) -> None:
    """A nucleus of almost nothing holds the best token alone, at any temperature."""
    decoding = Decoding(PROMPT, max_tokens=12, temperature=2.0, top_p=1e-6, seed=3)
    assert run(decoder, decoding) == run(decoder, Decoding(PROMPT, max_tokens=12))


def test_rows_end_on_their_own_and_leave_the_others_alone(decoder: Decoder) -> None:
    prompts = [PROMPT, (1, 2, 3), (100, 200, 17, 9, 9, 4), (77,)]
    alone = [run(decoder, Decoding(prompt, max_tokens=30)) for prompt in prompts]
    limits = [30, 5, 30, 11]
    ended: list[int] = []
    rows = [Row(Decoding(p, max_tokens=n), lambda _token: False) for p, n in zip(prompts, limits, strict=True)]
    rows[2].stops = lambda _token: len(rows[2].tokens) >= 3  # as when its client has gone

    decoder.decode(rows, lambda row: ended.append(rows.index(row)))

    assert sorted(ended) == [0, 1, 2, 3]
    assert [row.tokens for row in rows] == [alone[0], alone[1][:5], alone[2][:3], alone[3][:11]]


def test_an_end_token_ends_a_row_and_is_its_last_token(form: Path) -> None:
    free = run(Decoder(form, [END_ID], threads=1), Decoding(PROMPT, max_tokens=12))
    end = free[4]
    assert run(Decoder(form, [END_ID, end], threads=1), Decoding(PROMPT, max_tokens=12)) == free[: free.index(end) + 1]
