"""The one file that knows TRL: episodes as a `rollout_func` of its GRPO trainer. Names with `_` are TRL's private ones.

`tests/models/rl/test_learner.py` pins their signatures: TRL is pinned exactly, and a new version is read there first.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from accelerate.utils import gather_object
from torch.nn.utils.rnn import pad_sequence
from trl import GRPOConfig, GRPOTrainer

from models.rl import rewards
from models.rl.config import RlConfig
from models.rl.embedded import Embedded
from models.rl.episode import Episode
from models.rl.record import Fact
from models.rl.rollout import Played, Written, lay_out, play, spans
from models.rl.tokens import encode
from workers.pipeline.types import Completion, FinishReason, Prompt, PromptStyle

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")
Tensor: TypeAlias = torch.Tensor
Deal = Callable[[str, int, int], Episode]
"""Name of a row, optimizer step and place in the batch → a fresh episode."""
Place: TypeAlias = tuple[int, int, int, int]
"""A row of the batch, and where in it a turn is: a `rollout.Span`."""
CHUNKS = 4
"""Forward passes that the turns of a micro-batch are cut into by length, on a CPU and in one process."""
Report = Callable[[int, list[Fact]], None]
"""Takes the facts of all processes' episodes of a step."""


def arguments(config: RlConfig, out: str, processes: int) -> GRPOConfig:
    """TRL's arguments; `config` has been checked. One optimizer step learns from one batch of episodes."""
    t, v = config.train, config.vllm
    return GRPOConfig(
        output_dir=out, seed=config.seed, max_steps=t.steps, report_to="none", disable_tqdm=True, logging_steps=1,
        logging_nan_inf_filter=False, save_steps=t.save_steps, save_total_limit=2, learning_rate=t.lr,
        lr_scheduler_type="constant_with_warmup", warmup_steps=t.warmup_steps, weight_decay=t.weight_decay,
        max_grad_norm=t.grad_clip, per_device_train_batch_size=t.micro, num_generations=t.group,
        gradient_accumulation_steps=t.prompts * t.group // (t.micro * processes), max_completion_length=t.new_tokens,
        temperature=t.temperature, top_p=1.0, loss_type=t.loss, scale_rewards=t.scale_rewards, epsilon=t.epsilon,
        epsilon_high=t.epsilon_high, beta=t.beta, mask_truncated_completions=t.mask_truncated, bf16=t.bf16,
        gradient_checkpointing=t.gradient_checkpointing, ddp_find_unused_parameters=False, use_cpu=t.cpu,
        use_vllm=v.mode != "off",
        vllm_mode="server" if v.mode == "server" else "colocate", vllm_server_base_url=v.url,
        vllm_gpu_memory_utilization=v.memory, vllm_tensor_parallel_size=v.tensor_parallel,
        vllm_max_model_length=t.prompt_tokens + t.new_tokens,
    )  # fmt: skip


class Learner(GRPOTrainer):
    """GRPO over episodes; the data set's prompts are names of rows, episodes make the real prompts."""

    def __init__(
        self, config: RlConfig, deal: Deal, report: Report, spent: Callable[[], bool], threads: int, **trainer: Any
    ) -> None:
        """`deal` makes episodes, `report` takes the facts of a step, `spent` says whether that step was the last one;
        `trainer` are arguments of GRPOTrainer."""
        self._config, self._deal, self._report, self._threads = config, deal, report, threads
        self._spent = spent
        self._embedded = Embedded(config) if config.train.sampler == "embedded" else None
        self._masks: list[list[int]] | None = None
        """Of the rows whose log-probabilities are computed next, where their turns are."""
        self._turns = max(task.turns if task.kind == "repair" else 1 for task in config.tasks)
        super().__init__(reward_funcs=_reward, rollout_func=_roll_out, **trainer)

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """None: `run.json` says what a result is."""

    def _run_epoch(self, **loop: Any) -> None:
        """Nothing where the last step is done: transformers would take one more when it goes on from the last save."""
        if self.state.global_step < self.state.max_steps and not self._spent():
            super()._run_epoch(**loop)

    def _compute_loss(self, model: Any, inputs: dict[str, Tensor]) -> Tensor:
        self._masks = (inputs["completion_mask"] * inputs["tool_mask"]).tolist()
        loss: Tensor = super()._compute_loss(model, inputs)
        return loss

    def _get_per_token_logps_and_entropies(
        self, model: Any, input_ids: Tensor, attention_mask: Tensor, logits_to_keep: int,
        batch_size: int | None = None, compute_entropy: bool = False, **rest: Any,
    ) -> tuple[Tensor, Tensor | None, Tensor | None]:  # fmt: skip
        """Each turn under its own prompt, where rows hold several turns; see `rollout`."""
        places = [(row, *span) for row, mask in enumerate(self._masks or []) for span in spans(mask)]
        places = places or [(0, 0, 0, 1)]  # nothing to learn: one masked token keeps a graph to go backward through
        if batch_size and self.accelerator.num_processes > 1:
            # sharded weights are gathered at each forward pass, so every process must make as many chunks
            places += places[:1] * (len(input_ids) * self._turns - len(places))
        elif not self._config.train.cpu and _whole(places, len(input_ids)):
            whole: tuple[Tensor, Tensor | None, Tensor | None] = super()._get_per_token_logps_and_entropies(
                model, input_ids, attention_mask, logits_to_keep, batch_size, compute_entropy, **rest
            )
            return whole
        pad = self.processing_class.pad_token_id
        alone = self._config.train.cpu and self.accelerator.num_processes == 1
        chunks = by_length(places, attention_mask, logits_to_keep, CHUNKS if alone else 1)
        told: list[tuple[Tensor, Tensor | None]] = []
        for chunk in chunks:
            ids, attention, keep = unrolled(input_ids, attention_mask, logits_to_keep, chunk, pad)
            logps, entropies, extra = super()._get_per_token_logps_and_entropies(
                model, ids, attention, keep, batch_size, compute_entropy, **rest
            )
            told.append((logps, entropies))
        shape = (len(input_ids), logits_to_keep)
        logps, entropies = (_put_back(values, chunks, shape) for values in zip(*told, strict=True))
        return logps, entropies, extra


def _whole(places: Sequence[Place], rows: int) -> bool:
    """Whether every row is one turn that is learned from."""
    return [place[:2] for place in places] == [(row, 0) for row in range(rows)]


def by_length(places: Sequence[Place], attention: Tensor, kept: int, chunks: int) -> list[list[Place]]:
    """The turns in at most so many parts, short ones first: on a CPU padding costs what tokens do."""

    def length(place: Place) -> int:
        row, prompt, start, end = place
        return end - prompt + (0 if start else int(attention[row, :-kept].sum()))

    ordered = sorted(places, key=length)
    size = -(-len(ordered) // chunks)
    return [ordered[at : at + size] for at in range(0, len(ordered), size)]


def unrolled(
    ids: Tensor, attention: Tensor, kept: int, places: Sequence[Place], pad: int
) -> tuple[Tensor, Tensor, int]:
    """Turns as a batch of their own, prompts padded left and answers right, and how wide the answers are.

    `places` are rows with their spans; `ids` and `attention` are (B, P+C), `kept` is C.
    """
    first, rest = ids[:, :-kept], ids[:, -kept:]  # (B, P), (B, C)
    prompts, answers = [], []
    for row, prompt, start, end in places:
        own = first[row][attention[row, :-kept].bool()]
        prompts.append(own if start == 0 else rest[row, prompt:start])
        answers.append(rest[row, start:end])
    left = [pad_sequence(items, True, fill, "left") for items, fill in ((prompts, pad), (_ones(prompts), 0))]
    right = [pad_sequence(items, True, fill) for items, fill in ((answers, pad), (_ones(answers), 0))]
    return torch.cat([left[0], right[0]], 1), torch.cat([left[1], right[1]], 1), right[0].shape[1]


def _ones(items: Sequence[Tensor]) -> list[Tensor]:
    return [torch.ones_like(item) for item in items]


def _put_back(values: Sequence[Tensor | None], chunks: Sequence[Sequence[Place]], shape: tuple[int, int]) -> Any:
    """(turns, width) of each chunk → (B, C), 0 where nothing is learned."""
    out = None
    for told, places in zip(values, chunks, strict=True):
        if told is None:
            return None
        out = told.new_zeros(shape) if out is None else out
        for number, (row, _, start, end) in enumerate(places):
            out[row, start:end] = told[number, : end - start]
    return out


def _reward(episode_reward: Sequence[float | None], **_: object) -> list[float | None]:
    """TRL's reward function: what the rollout found already."""
    return list(episode_reward)


def _roll_out(names: list[str], learner: Learner) -> dict[str, Any]:
    """TRL's `rollout_func`: names come repeated, a group side by side, one row goes back for each."""
    t, step = learner._config.train, learner.state.global_step
    first = learner.accelerator.process_index * len(names)
    policy = _Policy(learner, learner._config.style)  # type: ignore[arg-type]
    dealt = [learner._deal(name, step, first + place) for place, name in enumerate(names)]
    games = play(dealt, policy, t.prompt_tokens, learner._threads)
    scales = {task.kind: task.scale for task in learner._config.tasks}
    earned = [rewards.reward(g.outcome, scales[g.outcome.task]) if g.outcome else None for g in games]
    groups = [earned[at : at + t.group] for at in range(0, len(earned), t.group)]
    lessons = [lesson for group in groups for lesson in rewards.lessons(group, t.punish)]
    rows = [lay_out(game, learn) for game, learn in zip(games, lessons, strict=True)]
    spread = [rewards.spread(groups[place // t.group]) for place in range(len(games))]
    facts = [_fact(game, value, learn) for game, value, learn in zip(games, earned, spread, strict=True)]
    facts = gather_object(facts)
    learner._report(step + 1, facts)
    learner._masks = [row.mask for row in rows]
    return {
        "prompt_ids": [row.prompt for row in rows],
        "completion_ids": [row.completion for row in rows],
        "logprobs": [row.logprobs for row in rows] if all(row.logprobs is not None for row in rows) else None,
        "env_mask": [row.mask for row in rows],
        "episode_reward": earned,
    }


def _fact(game: Played, reward: float | None, learned: bool) -> Fact:
    assert game.outcome is not None
    return Fact(game.outcome, reward, sum(len(turn.answer.ids) for turn in game.turns), game.tokens, learned)


class _Policy:
    """The model under training as `rollout.Policy`."""

    def __init__(self, learner: Learner, style: PromptStyle) -> None:
        self._learner, self._style = learner, style
        self._most = 0
        """Prompts of the process that has most: all send as many, for server mode deals answers by equal shares."""

    def encode(self, prompt: Prompt) -> list[int]:
        """Ids as serving would have them."""
        return encode(self._learner.processing_class, prompt)

    def read(self, written: Written) -> Completion:
        """Text without what ends it; tags stay in the tagged style, since they are its structure."""
        ended = bool(written.ids) and written.ids[-1] in self._learner.eos_token_ids
        ids = written.ids[:-1] if ended else written.ids
        text = self._learner.processing_class.decode(ids, skip_special_tokens=self._style == "chat")
        return Completion(text, FinishReason.STOP if ended else FinishReason.LENGTH)

    def waiting(self, count: int) -> bool:
        """See `rollout.Policy`."""
        self._most = max(gather_object([count]))
        return self._most > 0

    def generate(self, prompts: list[list[int]]) -> list[Written]:
        """See `rollout.Policy`. A process with fewer prompts fills up with ones whose answers are thrown away."""
        if embedded := self._learner._embedded:
            return [Written(ids) for ids in embedded.generate(self._learner, prompts)]
        filler = [self._learner.processing_class.pad_token_id]
        sent = prompts + [filler] * (self._most - len(prompts))
        answers, logprobs = self._learner._generate_single_turn(sent, None, {}, 1)
        told = logprobs or [None] * len(answers)
        return [Written(list(a), lp) for a, lp in zip(answers, told, strict=True)][: len(prompts)]
