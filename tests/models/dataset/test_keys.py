"""Program keys: blind to names, literals and layout, and to nothing else."""

from __future__ import annotations

import pytest

from models.dataset.keys import program_key

CODE = "def f(nums, k):\n    total = 3\n    for x in nums:\n        total += len(x) * k\n    return total"


@pytest.mark.parametrize(
    "same",
    [
        CODE.replace("nums", "values").replace("total", "acc"),
        CODE.replace("= 3", "= 400"),
        CODE.replace("f(nums", "solve(nums"),
        CODE.replace("    ", "  ") + "\n\n",
        CODE.replace("x", "y"),
    ],
)
def test_names_literals_and_layout_do_not_matter(same: str) -> None:
    assert program_key(same) == program_key(CODE)


@pytest.mark.parametrize(
    "other",
    [
        CODE.replace("* k", "+ k"),
        CODE.replace("len(x)", "sum(x)"),
        CODE.replace("= 3", "= 'a'"),
        CODE.replace("* k", "* total"),  # another variable in the same place
        CODE.replace("return total", "return nums"),
    ],
)
def test_what_is_computed_matters(other: str) -> None:
    assert program_key(other) != program_key(CODE)
