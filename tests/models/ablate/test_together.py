"""Samples of prompts asked together, in batches: as many of each as there are seeds, and the same ones each time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

pytest.importorskip("torch", reason="the trainer's environment")

from models.ablate.together import Together
from models.training.form import convert
from tests.fakes import ScriptedCompleter
from tests.models.rl.miniature import NANO
from tests.models.rl.played import DOUBLE
from workers.pipeline import parse
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import ContextLengthError
from workers.pipeline.gather import gather
from workers.pipeline.model import Model
from workers.pipeline.prompts import tagged
from workers.pipeline.types import Completion, FinishReason, Prompt

pytestmark = pytest.mark.anyio
PROMPT = tagged.predict("def f(x):\n    return x + [1]", "[2]")
ENGINE = ScriptedCompleter(lambda request: "from the engine")


Make = Callable[..., Together]


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Make:
    form = convert(NANO, tmp_path_factory.mktemp("together") / "form", tagged.END)

    def make(first: int = 0, count: int = 4, context: int = 1024) -> Together:
        return Together(Model(ENGINE, "tagged", context), form, NANO, first, count)

    return make


def ask(seed: int, prompt: Prompt = PROMPT, tokens: int = 200, temperature: float = 1.0) -> CompletionRequest:
    return CompletionRequest(prompt, tokens, temperature, 1.0, seed)


@pytest.fixture(scope="module")
async def drawn(together: Make) -> list[Completion]:
    made = together()
    return await gather(made.complete(ask(seed)) for seed in range(4))


async def test_answers_read_as_those_of_serving(drawn: list[Completion]) -> None:
    right = [parse.prediction(answer, "tagged").output == "[2, 1]" for answer in drawn]
    assert sum(right) >= 3  # the bundled model is nearly sure of it
    for answer in drawn:
        assert answer.finish is FinishReason.STOP
        assert answer.usage.completion_tokens == len(answer.token_ids) == len(answer.logprobs)
        assert all(logprob <= 0 for logprob in answer.logprobs)
        assert tagged.END not in answer.text


async def test_what_is_asked_together_again_gives_the_same_answers(together: Make, drawn: list[Completion]) -> None:
    made = together()
    other = tagged.predict("def g(x):\n    return x[::-1]", "[4, 5]")
    assert [await made.complete(ask(seed)) for seed in (3, 2, 1, 0)] == drawn[::-1]
    once, again = [
        await gather(one.complete(ask(seed, prompt)) for prompt in (PROMPT, other) for seed in range(4))
        for one in (together(), together())
    ]
    assert once == again
    assert [parse.prediction(answer, "tagged").output for answer in once[4:]].count("[5, 4]") >= 3


async def test_other_seeds_give_other_answers(together: Make) -> None:
    prompt = tagged.solve(DOUBLE)
    texts = set()
    for first in (0, 100):
        made = together(first)
        texts |= {(await made.complete(ask(first + n, prompt, temperature=2.0))).text for n in range(4)}
    assert len(texts) > 4


async def test_greedy_requests_and_foreign_seeds_go_to_the_engine(together: Make) -> None:
    made = together()
    assert (await made.complete(ask(0, temperature=0.0))).text == "from the engine"
    assert (await made.complete(ask(4))).text == "from the engine"


async def test_what_is_cut_off_says_so_and_what_does_not_fit_is_refused(together: Make) -> None:
    cut = await together().complete(ask(0, tokens=3))
    assert (cut.finish, len(cut.token_ids)) == (FinishReason.LENGTH, 3)
    with pytest.raises(ContextLengthError):
        await together(context=10).complete(ask(0))
