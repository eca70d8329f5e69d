"""Plays a batch of episodes against a policy and lays them out as rows of token ids. Knows neither torch nor TRL.

A row is a whole episode, since that is what TRL wants: the ids of the first prompt, then one run of ids in which
answers of the policy have mask 1 and the prompts of later turns mask 0. Ids are only ever appended; nothing is decoded
and encoded again. But a later turn was *sampled* from its own prompt alone, as in serving, and not after the turns
before it. So its log-probabilities are right only if they are computed in that context too: `spans` tells where the
turns are, and the trainer computes each one alone. What it costs: the trainer must cut rows into turns (it does, in one
method); what it gives: training sees exactly the contexts of serving, and no context need hold a whole episode.

Groups whose rewards do not differ teach nothing: their mask is all 0, so they cost no backward pass and do not count
in the loss's denominator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol

from models.rl.episode import Ask, Episode, Outcome
from workers.pipeline.types import Completion, FinishReason, Prompt

Span = tuple[int, int, int]
"""One turn within a row's completion: where its own prompt begins, where its answer begins, where that ends. For the
first turn, whose prompt is the row's, the first two are 0."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a policy wrote."""

    ids: list[int]
    logprobs: list[float] | None = None
    """One for each id, where the engine tells them."""


class Policy(Protocol):
    """The model under training, as far as episodes care."""

    def encode(self, prompt: Prompt) -> list[int]:
        """Token ids of a prompt."""
        ...

    def read(self, written: Written) -> Completion:
        """The text of an answer and how it ended."""
        ...

    def waiting(self, count: int) -> bool:
        """Whether any process has something to do, this one `count` prompts; all processes ask this together."""
        ...

    def generate(self, prompts: list[list[int]]) -> list[Written]:
        """An answer for each prompt; all processes call this together, as often as each other."""
        ...


@dataclass(slots=True)
class Turn:
    """One prompt and its answer, to be learned from."""

    prompt: list[int]
    answer: Written


@dataclass(slots=True)
class Played:
    """One episode under way, and what came of it."""

    episode: Episode
    turns: list[Turn] = field(default_factory=list)
    tokens: int = 0
    """Ids that the policy wrote in it, self-made feedback included."""
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class TokenRow:
    """An episode as one row."""

    prompt: list[int]
    completion: list[int]
    mask: list[int]
    logprobs: list[float] | None


def play(episodes: Iterable[Episode], policy: Policy, longest: int, threads: int = 1) -> list[Played]:
    """Play all to their ends, their asks answered together. Prompts longer than `longest` ids are not asked.

    `threads` is how many programs may run at a time. Raises ValueError for a first prompt that is too long.
    """
    games = [Played(episode) for episode in episodes]
    asks: dict[int, Ask] = {number: game.episode.start() for number, game in enumerate(games)}
    with ThreadPoolExecutor(threads, "episodes") as pool:
        while True:
            encoded = {number: [policy.encode(prompt) for prompt in ask.prompts] for number, ask in asks.items()}
            asks = {number: ask for number, ask in asks.items() if _fits(games[number], ask, encoded[number], longest)}
            sent = [ids for number in asks for ids in encoded[number] if len(ids) <= longest]
            if not policy.waiting(len(sent) or len(asks)):  # an ask of which nothing fits is answered all the same
                break
            answers = iter(policy.generate(sent))
            taken = {n: [_take(games[n], ask, ids, answers, longest) for ids in encoded[n]] for n, ask in asks.items()}

            def step(number: int, read: dict[int, list[Written | None]] = taken) -> Ask | None:
                return games[number].episode.step([_read(policy, written) for written in read[number]])

            following = dict(zip(asks, pool.map(step, asks), strict=True))
            asks = {number: ask for number, ask in following.items() if ask is not None}
        for game, outcome in zip(games, pool.map(lambda game: game.episode.score(), games), strict=True):
            game.outcome = outcome
    return games


def _fits(game: Played, ask: Ask, encoded: Sequence[list[int]], longest: int) -> bool:
    """Whether an ask is put: feedback is, and what is too long of it stays unknown; a turn only if it fits."""
    if not ask.trained or len(encoded[0]) <= longest:
        return True
    if not game.turns:
        raise ValueError(f"a first prompt of {len(encoded[0])} tokens: rows are to be filtered before")
    return False


def _take(game: Played, ask: Ask, ids: list[int], answers: Iterator[Written], longest: int) -> Written | None:
    if len(ids) > longest:
        return None
    written = next(answers)
    game.tokens += len(written.ids)
    if ask.trained:
        game.turns.append(Turn(ids, written))
    return written


def _read(policy: Policy, written: Written | None) -> Completion:
    return Completion("", FinishReason.LENGTH) if written is None else policy.read(written)


def lay_out(game: Played, learn: bool) -> TokenRow:
    """An episode as one row; without `learn` nothing of it has mask 1."""
    first, *later = game.turns
    completion, mask = list(first.answer.ids), [1] * len(first.answer.ids)
    logprobs = list(first.answer.logprobs or [])
    for turn in later:
        completion += turn.prompt + turn.answer.ids
        mask += [0] * len(turn.prompt) + [1] * len(turn.answer.ids)
        logprobs += [0.0] * len(turn.prompt) + (turn.answer.logprobs or [])
    told = all(turn.answer.logprobs is not None for turn in game.turns)
    return TokenRow(first.prompt, completion, mask if learn else [0] * len(mask), logprobs if told else None)


def spans(mask: Sequence[int]) -> list[Span]:
    """Where the turns are in a row with this mask; none in one that is not learned from."""
    found: list[Span] = []
    prompt = 0
    at = 0
    while at < len(mask):
        if not mask[at]:
            at += 1
            continue
        start = at
        while at < len(mask) and mask[at]:
            at += 1
        found.append((prompt, start, at))
        prompt = at
    return found
