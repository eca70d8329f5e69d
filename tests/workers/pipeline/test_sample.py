from __future__ import annotations

import pytest

from tests.fakes import ScriptedCompleter, completion
from tests.workers.pipeline.problems import CONFIG, DOUBLE
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import CompleterUnavailable, ContextLengthError
from workers.pipeline.model import Model
from workers.pipeline.sample import sample
from workers.pipeline.types import Completion, Usage

pytestmark = pytest.mark.anyio

TEXTS = {
    100: completion("def double(n):\n    return n + n", -0.2),
    101: completion("def double(n): return n+n  # the same", -0.3),
    102: completion("def double(n:", -0.1),
    103: completion("def double(n):\n    return 2 * n", -0.4),
}


def by_seed(request: CompletionRequest) -> Completion:
    assert request.seed is not None
    return TEXTS[request.seed]


async def test_samples_are_parsed_deduplicated_and_counted() -> None:
    completer = ScriptedCompleter(by_seed)
    found = await sample(DOUBLE, Model(completer, "tagged"), CONFIG)
    assert [(c.id, c.code, c.duplicates, c.round, c.parent) for c in found.candidates] == [
        ("c1", "def double(n):\n    return n + n", 1, 0, None),
        ("c2", "def double(n):\n    return 2 * n", 0, 0, None),
    ]
    assert [c.logprob for c in found.candidates] == pytest.approx([-0.2, -0.4])
    assert [(r.reason[:14], r.text) for r in found.rejected] == [("does not parse", "def double(n:")]
    assert found.cost.requests == 4
    assert found.cost.usage == sum((text.usage for text in TEXTS.values()), Usage())


async def test_requests_differ_in_their_seed_alone_and_go_out_together() -> None:
    completer = ScriptedCompleter(by_seed, delay=0.01)
    await sample(DOUBLE, Model(completer, "tagged", context_length=200), CONFIG)
    assert sorted(request.seed or 0 for request in completer.requests) == [100, 101, 102, 103]
    assert len({(r.prompt, r.max_tokens, r.temperature, r.top_p) for r in completer.requests}) == 1
    assert completer.requests[0].max_tokens == 200 - completer.requests[0].prompt.characters // 2  # of the context
    assert completer.peak == 4


@pytest.mark.parametrize("error", [ContextLengthError("too long"), CompleterUnavailable("gone")])
async def test_what_the_model_server_refuses_is_raised_as_itself(error: Exception) -> None:
    with pytest.raises(type(error)):
        await sample(DOUBLE, Model(ScriptedCompleter({"": error}), "tagged"), CONFIG)
