"""Configuration of a reinforcement learning run: one short TOML file, typed and closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.config import FREQUENCIES, WORDINGS, WORKINGS
from models.toml import read, section
from workers.pipeline.errors import InputError


@dataclass(frozen=True, slots=True)
class TaskConfig:
    """One `[[task]]` of joint training."""

    kind: str
    """`predict`, `solve`, `repair` or `verify`."""
    share: float = 1.0
    """Weight against the other tasks, in groups."""
    scale: float = 1.0
    """The reward is this for a right answer, its negative for a wrong one."""
    turns: int = 2
    """`repair`: programs written in one episode at most."""
    feedback: str = "true"
    """`repair`: `true`, `predicted`, `random` or `none`."""


@dataclass(frozen=True, slots=True)
class PoolConfig:
    """What episodes start from."""

    rows: int = 1000
    """Rows over all tasks; when they are used up, they are used again in another order."""
    data: str = ""
    """Folder of a data set of `python -m models.dataset`: the rows of every task come from its training split; empty:
    all rows are drawn from the project's own generators."""
    wrong: float = 0.5
    """Share of incorrect programs: among predict programs (of a data set: of which it is known whether they are
    correct), and of verify, there exactly. One that is for no stated problem is incorrect if a slip changed what it
    does."""
    stated: float = 0.45
    """Share of programs for a stated problem among those that predict rows are chosen from; the others are random,
    broad or single expressions. Few of the former end in an exception. Of drawn rows alone; so are `steps`,
    `operations`, `frequencies` and `wording`."""
    raises: float = 0.08
    """Share of predict rows that end in an exception; likewise below. A data set gives what it has, the rest are rows
    that end in an output."""
    endless: float = 0.04
    """Those that never end."""
    steps: int = 60
    """Longest run of a drawn predict row, in traced lines, so that the answer fits in `new_tokens`; one that never
    ends is told in few words."""
    low: float = 0.0
    """Predict rows are kept whose true narrative the parent writes with a probability of at least this, and at most
    `high`: a row that is always or never right teaches nothing. `rows` counts them before."""
    high: float = 1.0
    public: int = 3
    """Public tests of a problem: what feedback and chat prompts show. Of a data set: at most; likewise below."""
    hidden: int = 8
    """Hidden tests, which decide the reward."""
    operations: int = 0
    """Operations of a stated problem to solve or to verify, exactly; 0: one to three."""
    frequencies: str = "even"
    """Of the programs that are for no stated problem, `even`, `weighted` or `wide` (`models.config.DatasetConfig`)."""
    wording: str = "plain"
    """Of statements, `plain` or `rich`: as the parent was taught (`models.config.DatasetConfig`)."""
    workings: str = ""
    """Of the narratives that `low` and `high` judge by, `plain`, `spelled` or `stepped`; empty: the parent's."""


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """The run. Batch sizes count over all processes but where it says otherwise."""

    steps: int = 100
    """Optimizer steps."""
    tokens: int = 0
    """Tokens of answers, whether they teach or not, but no self-made feedback: the step that reaches them is the last;
    0: no limit."""
    prompts: int = 8
    """Groups in a step."""
    group: int = 8
    """Episodes of one row: the reward of each is compared with their mean."""
    micro: int = 8
    """Episodes in one forward and backward pass of one process."""
    lr: float = 1e-6
    """Peak learning rate, held after warm-up."""
    warmup_steps: int = 10
    weight_decay: float = 0.0
    grad_clip: float = 0.1
    new_tokens: int = 512
    """Most tokens of one answer."""
    prompt_tokens: int = 512
    """Longest prompt: rows whose first prompt is longer are dropped, an episode ends before a later one that is."""
    sampler: str = "transformers"
    """What writes the answers where vLLM does not: `transformers`, or `embedded`: CTranslate2, some three times as fast
    on a CPU."""
    temperature: float = 1.0
    """All answers are sampled at it, self-made feedback too; top-p is 1, so that log-probabilities are true."""
    loss: str = "dapo"
    """TRL's `loss_type`: `dapo` counts tokens of the batch, `dr_grpo` divides by a constant."""
    scale_rewards: str = "none"
    """`none`: advantage is reward minus group mean; `group`: divided by the group's standard deviation."""
    punish: bool = True
    """Whether answers that are worse than their group teach, too; else the better ones alone do."""
    epsilon: float = 0.2
    epsilon_high: float = 0.28
    """Clip bounds below and above."""
    beta: float = 0.0
    """Weight of the KL term; above 0 a second model is held in memory."""
    mask_truncated: bool = True
    """Answers that hit the token limit teach nothing."""
    save_steps: int = 25
    bf16: bool = False
    gradient_checkpointing: bool = False
    cpu: bool = True
    """Train without a GPU even where there is one."""


@dataclass(frozen=True, slots=True)
class VllmConfig:
    """Rollouts by vLLM instead of transformers."""

    mode: str = "off"
    """`off`, `colocate` (on the training GPUs) or `server` (on others, by URL)."""
    url: str = "http://127.0.0.1:8000"
    memory: float = 0.3
    """`colocate`: share of GPU memory; likewise below."""
    tensor_parallel: int = 1


@dataclass(frozen=True, slots=True)
class RlConfig:
    """One file for a run."""

    name: str
    tasks: tuple[TaskConfig, ...]
    style: str = "tagged"
    """Prompt style: `tagged` or `chat`."""
    seed: int = 1
    pool: PoolConfig = field(default_factory=PoolConfig)
    train: TrainConfig = field(default_factory=TrainConfig)
    vllm: VllmConfig = field(default_factory=VllmConfig)


SECTIONS = {"pool": PoolConfig, "train": TrainConfig, "vllm": VllmConfig}


def load(path: Path) -> RlConfig:
    """Read a TOML file. Raises InputError for a missing file, an unknown key, or values of the wrong type or range."""
    raw = read(path)
    tables = raw.pop("task", None)
    if not isinstance(tables, list) or not tables:
        raise InputError(f"{path}: needs at least one [[task]]")
    if not isinstance(raw.get("name"), str):
        raise InputError(f"{path}: needs a name")
    for number, table in enumerate(tables, 1):
        if isinstance(table, dict) and "kind" not in table:
            raise InputError(f"{path}: [[task]] {number} needs a kind")
    sections = {key: section(kind, raw.pop(key, {}), f"{path}: [{key}]") for key, kind in SECTIONS.items()}
    tasks = tuple(section(TaskConfig, table, f"{path}: [[task]] {number}") for number, table in enumerate(tables, 1))
    top = section(_Top, raw, f"{path}:")
    config = RlConfig(top.name, tasks, top.style, top.seed, **sections)
    if reason := _fault(config):
        raise InputError(f"{path}: {reason}")
    return config


@dataclass(frozen=True, slots=True)
class _Top:
    """The keys outside of any table."""

    name: str
    style: str = "tagged"
    seed: int = 1


def _fault(config: RlConfig) -> str | None:
    """What is out of range, or None."""
    t, p = config.train, config.pool
    counts = {
        "steps": t.steps, "prompts": t.prompts, "micro": t.micro, "new_tokens": t.new_tokens, "rows": p.rows,
        "prompt_tokens": t.prompt_tokens, "save_steps": t.save_steps, "public": p.public,
    }  # fmt: skip
    shares = {"wrong": p.wrong, "raises": p.raises, "endless": p.endless, "raises + endless": p.raises + p.endless,
        "low": p.low, "high": p.high, "stated": p.stated,
    }  # fmt: skip
    choices: list[tuple[str, str, tuple[str, ...]]] = [
        ("style", config.style, ("tagged", "chat")),
        ("sampler", t.sampler, ("transformers", "embedded")),
        ("loss", t.loss, ("dapo", "dr_grpo", "grpo", "bnpo")),
        ("scale_rewards", t.scale_rewards, ("none", "group")),
        ("frequencies", p.frequencies, FREQUENCIES),
        ("wording", p.wording, WORDINGS),
        ("workings", p.workings, ("", *WORKINGS)),
        ("mode", config.vllm.mode, ("off", "colocate", "server")),
    ]
    choices += [("kind", task.kind, ("predict", "solve", "repair", "verify")) for task in config.tasks]
    choices += [("feedback", task.feedback, ("true", "predicted", "random", "none")) for task in config.tasks]
    found = [f"{name} must be one of {', '.join(allowed)}" for name, value, allowed in choices if value not in allowed]
    found += [f"{name} must be at least 1" for name, value in counts.items() if value < 1]
    found += [f"{name} must lie between 0 and 1" for name, value in shares.items() if not 0 <= value <= 1]
    positive: dict[str, Any] = {"lr": t.lr, "temperature": t.temperature, "grad_clip": t.grad_clip}
    found += [f"{name} must be above 0" for name, value in positive.items() if value <= 0]
    found += _pool_faults(config)
    if t.tokens < 0:
        found.append("tokens must be 0 or more")
    if t.sampler == "embedded" and (config.vllm.mode != "off" or not t.cpu):
        found.append("sampler embedded is for training on a CPU without vLLM")
    if t.group < 2:
        found.append("group must be at least 2: rewards are compared within it")
    if t.micro > 0 and t.prompts * t.group % t.micro:
        found.append("micro must divide prompts * group: that many episodes are in a step")
    if any(task.share <= 0 or task.scale <= 0 or task.turns < 1 for task in config.tasks):
        found.append("every [[task]] has a share and a scale above 0 and at least one turn")
    if len({task.kind for task in config.tasks}) < len(config.tasks):
        found.append("a kind of [[task]] is there twice")
    return found[0] if found else None


def screened(config: RlConfig) -> bool:
    """Whether some rows are left out for how probable their narratives are."""
    return config.pool.low > 0 or config.pool.high < 1


def _pool_faults(config: RlConfig) -> list[str]:
    p = config.pool
    found = []
    if not 0 <= p.operations <= 8:
        found.append("operations must lie between 0 and 8")
    if p.data and (p.operations or p.wording != "plain"):
        found.append("operations and wording are of drawn problems: a data set has its own")
    if p.hidden < 2:
        found.append("hidden must be at least 2: one test is passed by a constant")
    if p.low >= p.high:
        found.append("low must be below high")
    if screened(config) and config.style == "chat" and not p.data:
        found.append("low and high need narratives: in the chat style only a data set has them")
    return found
