"""What is asked of a model fits its context beside the prompt, and is as much as there is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import ScriptedCompleter
from workers.pipeline.model import Model
from workers.pipeline.types import Prompt

SIZES = st.integers(1, 4000)


def model(context: int | None) -> Model:
    return Model(ScriptedCompleter({}), "tagged", context_length=context)


@given(SIZES, SIZES, SIZES)
def test_room_is_what_was_asked_for_or_what_the_context_has(context: int, asked: int, characters: int) -> None:
    room = model(context).room(asked, Prompt("x" * characters))
    assert 1 <= room <= min(asked, context)
    assert room in (asked, max(context - characters // 2, context * 5 // 8), 1)
    assert model(None).room(asked, Prompt("x" * characters)) == asked


def test_a_short_prompt_leaves_nearly_all_of_the_context() -> None:
    assert model(1536).room(1536, Prompt("x" * 300)) == 1386
    messages = ({"role": "system", "content": "x" * 100}, {"role": "user", "content": "x" * 200})
    assert model(1536).room(1536, Prompt(messages=messages)) == 1386
    assert model(32_768).room(1536, Prompt("x" * 300)) == 1536


def test_a_prompt_that_seems_to_leave_little_asks_for_enough_and_may_be_refused() -> None:
    assert model(1536).room(1536, Prompt("x" * 3000)) == 960
