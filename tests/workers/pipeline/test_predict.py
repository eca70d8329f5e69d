from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes import ScriptedCompleter, completion, prompt_text
from tests.workers.pipeline.problems import CONFIG
from workers.pipeline.calibrate import Bin, calibrated
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import ContextLengthError, InputError
from workers.pipeline.model import Model
from workers.pipeline.predict import majority, predict, raw_confidence
from workers.pipeline.types import Completion, FinishReason, Prediction

pytestmark = pytest.mark.anyio


async def test_one_vote_is_greedy_with_the_probability_of_the_whole_run() -> None:
    completer = ScriptedCompleter({"": completion("n=2<|output|>4", -0.01)})
    found = await predict("def f(n): ...", "2", Model(completer, "tagged"), CONFIG)
    assert (found.output, found.narrative, found.votes, found.ballots) == ("4", "n=2", 1, 1)
    assert found.confidence == pytest.approx(math.exp(-0.01 * len("n=2<|output|>4")))
    assert [(r.temperature, r.top_p) for r in completer.requests] == [(0.0, 1.0)]


async def test_confidence_goes_through_the_calibration_table() -> None:
    model = Model(ScriptedCompleter({"": completion("<|output|>4", -0.5)}), "tagged", calibration=(Bin(0, 1, 0.7, 9),))
    assert (await predict("def f(n): ...", "2", model, CONFIG)).confidence == 0.7


def test_chat_confidence_is_that_of_the_outcome_alone() -> None:
    prose, answer = "Long prose. ", "[OUTPUT]4[/OUTPUT]"
    tokens = (*prose, *answer)
    logprobs = (-2.0,) * len(prose) + (-0.1,) * len(answer)
    found = Completion(prose + answer, FinishReason.STOP, tokens, logprobs)
    assert raw_confidence(found, "chat") == pytest.approx(math.exp(-0.1))
    assert raw_confidence(replace(found, tokens=(), logprobs=()), "chat") == 0.0


async def test_votes_are_sampled_with_their_own_seeds_and_counted_by_meaning() -> None:
    texts = ["a<|output|>{1, 2}", "b<|output|>{2,1}", "c<|output|>{3}", "d", "e<|raises|>KeyError"]

    def answer(request: CompletionRequest) -> str:
        return texts[(request.seed or 0) - 100]

    completer = ScriptedCompleter(answer)
    found = await predict("def f(n): ...", "2", Model(completer, "tagged"), replace(CONFIG, votes=5, voting="samples"))
    assert (found.output, found.narrative, found.votes, found.ballots) == ("{1, 2}", "a", 2, 4)
    assert found.confidence == pytest.approx(2 / 5)
    assert found.usage.completion_tokens == sum(map(len, texts))
    assert {r.temperature for r in completer.requests} == {CONFIG.vote_temperature}


COUNTED = "def f(odd1):\n    total_2 = odd1 + 1\n    return total_2"


def miscounts(request: CompletionRequest) -> Completion:
    """Reads `COUNTED` wrongly as it is, and rightly under other names, told under those."""
    first, second, third = (line.strip() for line in prompt_text(request.prompt).split("<|input|>")[0].split("\n"))
    head = first.removeprefix("<|predict|><|code|>")
    name, total = head[len("def f(") : -2], third.removeprefix("return ")
    answer = "4" if name == "odd1" else "3"
    steps = f"{head}  # {name} = 2\n{second}  # {total} = {answer}, not '{total}'\n{third}  # {answer}"
    return completion(f"{steps}<|output|>{answer}<|end|>", -0.01 if answer == "4" else -0.02)


async def test_votes_of_a_tagged_model_are_greedy_runs_under_other_names_told_under_the_programs_own() -> None:
    completer = ScriptedCompleter(miscounts)
    found = await predict(COUNTED, "2", Model(completer, "tagged"), replace(CONFIG, votes=3))
    assert (found.output, found.votes, found.ballots, found.confidence) == ("3", 2, 3, pytest.approx(2 / 3))
    told = found.narrative.split("\n")
    assert told[0] == "def f(odd1):  # odd1 = 2"
    assert told[1].startswith("total_2 = odd1 + 1  # total_2 = 3, not '")
    assert told[1][-len("total_2'") :] != "total_2'"  # a text that reads like a name is none
    assert told[2] == "return total_2  # 3"
    assert len({prompt_text(r.prompt) for r in completer.requests}) == 3
    assert {r.temperature for r in completer.requests} == {0.0}
    again = await predict(COUNTED, "2", Model(ScriptedCompleter(miscounts), "tagged"), replace(CONFIG, votes=3))
    assert again == found


async def test_a_measured_number_of_votes_is_calibrated_by_how_sure_those_are_that_agree() -> None:
    table = (Bin(0, 0.2, 0.1, 9), Bin(0.2, 0.5, 0.6, 9), Bin(0.5, 1, 0.9, 9))
    measured = Model(ScriptedCompleter(miscounts), "tagged", calibration=table, votes=3)
    found = await predict(COUNTED, "2", measured, replace(CONFIG, votes=3))
    told = [miscounts(request) for request in measured.completer.requests]  # type: ignore[attr-defined]
    sure = [math.exp(sum(one.logprobs)) for one in told if "<|output|>3" in one.text]
    assert len(sure) == 2
    assert found.confidence == calibrated(sum(sure) / 3, table)
    other = await predict(COUNTED, "2", measured, replace(CONFIG, votes=2))
    assert other.confidence == 0.5  # the share: the table is for three


async def test_a_tie_goes_to_the_surer_run() -> None:
    found = await predict(COUNTED, "2", Model(ScriptedCompleter(miscounts), "tagged"), replace(CONFIG, votes=2))
    assert (found.output, found.votes) == ("4", 1)


async def test_what_has_no_other_names_has_one_vote() -> None:
    completer = ScriptedCompleter({"": completion("<|output|>1<|end|>")})
    code = "class A:\n    b = 1\n\ndef f(y):\n    return A.b"
    found = await predict(code, "2", Model(completer, "tagged"), replace(CONFIG, votes=5))
    assert (found.votes, found.ballots, len(completer.requests)) == (1, 1, 1)


@pytest.mark.parametrize("seed", range(0, 1000, 50))
async def test_no_two_votes_are_the_same_run(seed: int) -> None:
    completer = ScriptedCompleter({"": completion("<|output|>1<|end|>")})
    await predict("def f(x):\n    return x", "1", Model(completer, "tagged"), replace(CONFIG, votes=5, seed=seed))
    assert len({prompt_text(request.prompt) for request in completer.requests}) == 5


async def test_a_copy_that_does_not_fit_is_no_vote_and_a_program_that_does_not_is_an_error() -> None:
    def answer(request: CompletionRequest) -> Completion | Exception:
        fits = "odd1" in prompt_text(request.prompt)
        return completion("<|output|>4<|end|>") if fits is own_fits else ContextLengthError("too long")

    own_fits = True
    model = Model(ScriptedCompleter(answer), "tagged")
    assert (await predict(COUNTED, "2", model, replace(CONFIG, votes=3))).ballots == 1
    own_fits = False
    with pytest.raises(ContextLengthError):
        await predict(COUNTED, "2", model, replace(CONFIG, votes=3))


async def test_only_tagged_models_vote_by_names() -> None:
    chat = ScriptedCompleter({"": completion("[OUTPUT]1[/OUTPUT]")})
    await predict(COUNTED, "2", Model(chat, "chat"), replace(CONFIG, votes=2))
    assert {r.temperature for r in chat.requests} == {CONFIG.vote_temperature}
    with pytest.raises(InputError, match="tagged style"):
        await predict(COUNTED, "2", Model(chat, "chat"), replace(CONFIG, votes=2, voting="names"))


@pytest.mark.parametrize("votes", [1, 3])
async def test_an_unreadable_run_is_unknown_with_its_reason(votes: int) -> None:
    completer = ScriptedCompleter({"": completion("n=2", finish=FinishReason.LENGTH)})
    found = await predict("def f(n): ...", "2", Model(completer, "tagged"), replace(CONFIG, votes=votes))
    assert (found.finishes, found.truncated, found.votes, found.confidence) == (None, True, 0, 0.0)
    assert found.reason


PREDICTIONS = st.sampled_from(
    [
        Prediction(output="1", finishes=True),
        Prediction(output="1.0", finishes=True),
        Prediction(raises="KeyError", finishes=True),
        Prediction(finishes=False),
        Prediction(reason="?"),
    ]
)


@given(st.lists(PREDICTIONS, min_size=1))
def test_a_majority_has_as_many_votes_as_any_outcome(predictions: list[Prediction]) -> None:
    found = majority(predictions, "function")
    counts = [predictions.count(p) for p in predictions if p.finishes is not None]
    assert found.votes == max(counts, default=0)
    assert found.ballots == len(counts)
    assert found.confidence == found.votes / len(predictions)


TWO = "def f(n):\n    return g(n)\n\ndef g(n):\n    return n + 1"


async def test_the_function_that_is_called_comes_last_in_a_tagged_prompt() -> None:
    completer = ScriptedCompleter({"": completion("<|output|>1<|end|>")})
    await predict(TWO, "0", Model(completer, "tagged"), CONFIG, entry_point="f")
    asked = prompt_text(completer.requests[0].prompt)
    assert asked.index("def g") < asked.index("def f")


async def test_an_entry_point_that_is_not_there_is_refused_and_the_last_function_is_the_default() -> None:
    completer = ScriptedCompleter({"": completion("[OUTPUT]1[/OUTPUT]")})
    model = Model(completer, "chat")
    with pytest.raises(InputError, match="does not define h"):
        await predict(TWO, "0", model, CONFIG, entry_point="h")
    await predict(TWO, "0", model, CONFIG)
    assert "g(0)" in prompt_text(completer.requests[0].prompt)


async def test_half_a_character_is_no_printed_text() -> None:
    completer = ScriptedCompleter({"": completion("<|printed|>'\\ud800'<|end|>")})
    made = await predict("print(1)", "", Model(completer, "tagged"), CONFIG, io="stdio")
    assert made.output is None
    assert "no string literal" in made.reason
