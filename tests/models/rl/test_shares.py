from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest

from models.rl import shares
from models.rl.config import PoolConfig
from models.rl.rows import PredictRow

Counts = dict[tuple[str, bool | None], int]
"""Ending and correctness → rows."""
PLENTY: Counts = {(end, ok): 400 for end in ("output", "raises", "endless") for ok in (True, False, None)}


def rows(counts: Counts) -> list[PredictRow]:
    """Rows that differ, in an order that tells nothing."""
    out = [
        PredictRow(
            f"x = {n}", "function", "f", "1", "1" if ending == "output" else None,
            "KeyError" if ending == "raises" else None, ending != "endless", correct,
        )
        for (ending, correct), count in counts.items() for n in range(count)
    ]  # fmt: skip
    Random(0).shuffle(out)
    return out


def ended(chosen: Sequence[PredictRow]) -> dict[str, int]:
    endings = [shares.ending(row) for row in chosen]
    return {name: endings.count(name) for name in ("output", "raises", "endless")}


def wrong(chosen: Sequence[PredictRow]) -> float:
    known = [row.correct for row in chosen if row.correct is not None]
    return known.count(False) / len(known)


@pytest.mark.parametrize(
    ("raises", "endless", "bad"), [(0.08, 0.04, 0.5), (0.0, 0.0, 0.25), (0.5, 0.5, 0.3), (0.2, 0.1, 1.0)]
)
def test_where_there_is_enough_of_everything_the_shares_hold(raises: float, endless: float, bad: float) -> None:
    config = PoolConfig(raises=raises, endless=endless, wrong=bad)
    chosen = shares.choose(rows(PLENTY), 500, config, Random(1))
    assert len(chosen) == len({(row.code, row.output, row.raises, row.finishes, row.correct) for row in chosen}) == 500
    assert ended(chosen) == {
        "output": 500 - round(500 * raises) - round(500 * endless), "raises": round(500 * raises),
        "endless": round(500 * endless),
    }  # fmt: skip
    if raises + endless < 1:  # only what ends in an output is chosen by correctness
        assert wrong(chosen) == pytest.approx(bad, abs=0.01) or bad == 1.0
    assert sum(row.correct is None for row in chosen) > 500 / 5


def test_rare_endings_that_are_nearly_all_wrong_do_not_tip_the_balance() -> None:
    counts: Counts = {("output", True): 500, ("output", False): 500, ("raises", False): 50, ("endless", False): 50}
    chosen = shares.choose(rows(counts), 500, PoolConfig(raises=0.1, endless=0.1, wrong=0.5), Random(1))
    assert (ended(chosen), wrong(chosen)) == ({"output": 400, "raises": 50, "endless": 50}, 0.5)


@pytest.mark.parametrize(
    ("counts", "count", "endings", "share"),
    [
        ({("output", None): 90, ("endless", None): 1}, 91, (90, 0, 1), None),  # all that there is
        ({("output", True): 300, ("raises", False): 5}, 100, (95, 5, 0), None),  # not enough wrong ones
        ({("output", None): 300, ("output", True): 300, ("output", False): 10}, 100, (100, 0, 0), 0.5),
        ({("output", True): 30, ("raises", True): 200}, 100, (30, 70, 0), 0.0),
    ],
)  # fmt: skip
def test_what_is_short_is_made_up_for_by_other_rows(
    counts: Counts, count: int, endings: tuple[int, int, int], share: float | None
) -> None:
    config = PoolConfig(raises=0.1, endless=0.1, wrong=0.5)
    chosen = shares.choose(rows(counts), count, config, Random(1))
    assert tuple(ended(chosen).values()) == endings
    assert share is None or wrong(chosen) == share
    assert "asked" in shares.told(chosen, config)


def test_shares_that_hold_are_said_without_what_was_asked() -> None:
    config = PoolConfig(raises=0.08, endless=0.04, wrong=0.5)
    chosen = shares.choose(rows(PLENTY), 500, config, Random(1))
    assert shares.told(chosen, config).startswith("raises 8.0%, endless 4.0%, wrong 50.")
    assert "asked" not in shares.told(chosen, config)
    assert "wrong unknown of all" in shares.told(rows({("output", None): 9}), config)


def test_a_seed_chooses_the_same_rows_again() -> None:
    one, again, other = (shares.choose(rows(PLENTY), 200, PoolConfig(), Random(seed)) for seed in (1, 1, 2))
    assert one == again != other
