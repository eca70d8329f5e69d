"""Trainer configuration: short TOML files, typed and closed (an unknown key is an error)."""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from models.toml import Ranges, out_of_range, read, section
from workers.pipeline.errors import InputError


@dataclass(frozen=True, slots=True)
class DatasetConfig:
    """What the training records are drawn from."""

    seed: int = 1
    records: int = 1000
    shard_records: int = 20_000
    vocab_size: int = 896
    max_tokens: int = 640
    """Longer records are dropped and counted."""
    predict: float = 0.76
    """Share of records of the predict task; likewise below. The rest is fix."""
    solve: float = 0.12
    drills: float = 0.15
    """Share of predict records whose program is a single expression."""
    broad: float = 0.0
    """Share of predict records from the broad generator."""
    composed: float = 0.55
    """Share of the others whose program comes from a stated problem (right or wrong); the rest is random."""
    wrong: float = 0.45
    """Share of composed programs that compute something slightly else than stated."""
    told: str = "compact"
    """What a predict completion tells before the outcome: the steps, `compact` or in `prose`, or nothing: `direct`."""
    workings: str = "plain"
    """How steps tell what expressions come to: `plain`; `spelled`, which counts, searches and does long arithmetic in
    small steps; or `stepped`, which cuts and joins so too and says where loops are (`models.trace.kinds`)."""
    wording: str = "plain"
    """Of the statements of solve and fix: `plain`, few phrases in few sentences, or `rich`, many of both."""
    operations: int = 3
    """Most operations of a stated problem: 3 or 4."""
    frequencies: str = "even"
    """Of the operations in probes and broad programs: `even` over all templates; `weighted` as in strangers' functions,
    on longer values; or `wide`, which adds shapes and names that those lack (`models.programs.weighted`, `.wide`)."""


TOLD = ("compact", "prose", "direct")
NARRATIVES = {"plain": "compact", "spelled": "spelled", "stepped": "stepped"}
"""Workings → how manifests call the narratives that have a line for each step, told with them."""
WORKINGS = tuple(NARRATIVES)
WORDINGS = ("plain", "rich")
FREQUENCIES = ("even", "weighted", "wide")
LATER = (
    "workings='plain'", "wording='plain'", "operations=3", "verify=0.0", "frequencies='even'", "repeat=False",
    "kv_heads=0",
)  # fmt: skip
"""What checkpoints and data sets made before there were these settings were made with: their hashes stay true."""


@dataclass(frozen=True, slots=True)
class ModelConfig:
    """A Llama-architecture model."""

    hidden: int = 64
    layers: int = 2
    heads: int = 1
    intermediate: int = 128
    context: int = 1024
    rope_theta: float = 10_000.0
    kv_heads: int = 0
    """Of keys and values, each shared by as many heads (grouped queries, arXiv 2305.13245): decoding reads and copies
    so much less. 0: one for each head."""


@dataclass(frozen=True, slots=True)
class PretrainConfig:
    """One training run. It stops on a wall-clock or a token budget, the learning rate decayed to zero by then."""

    seed: int = 1
    init: str = ""
    """Checkpoint folder whose weights the run starts from; empty: random ones."""
    seconds: float | None = None
    """Wall-clock budget over all sessions of the run, evaluation and compilation included."""
    tokens: int | None = None
    """Token budget; needed if `seconds` is not set."""
    batch_tokens: int = 8192
    """Tokens per optimizer step, padding included, over all processes."""
    lr: float = 0.003
    """Peak rate of AdamW (embeddings, norms) and, scaled to match, of Muon (matrices)."""
    weight_decay: float = 0.05
    warmup_steps: int = 50
    decay: float = 0.4
    """Share of the budget over which the rate falls linearly to zero."""
    short_first: float = 0.06
    """Share of the budget in which only records of up to 192 tokens are seen."""
    grad_clip: float = 1.0
    repeat: bool = False
    """Of data that is made meanwhile: earlier records are seen again rather than waited for later ones. What is seen
    depends on who is faster then. For one process."""
    bf16: bool = False
    compile: bool = False
    save_seconds: float = 300.0
    log_steps: int = 20
    validation_records: int = 256


@dataclass(frozen=True, slots=True)
class TrainerConfig:
    """One file for a checkpoint: data, model and run."""

    name: str
    dataset: DatasetConfig = field(default_factory=DatasetConfig)
    model: ModelConfig = field(default_factory=ModelConfig)
    pretrain: PretrainConfig = field(default_factory=PretrainConfig)


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One `[[source]]` of a data set: where programs come from, and the tasks they are drawn for."""

    kind: str
    """A name of `models.dataset.sources`."""
    share: float = 1.0
    """Weight against the other sources."""
    predict: float = 1.0
    """Weight of the predict task within this source; likewise below, where the source has statements."""
    solve: float = 0.0
    fix: float = 0.0
    verify: float = 0.0
    """Each draft of it becomes two rows, one that passes and one that fails; neither is kept without the other."""
    wrong: float = 0.0
    """Share of predict rows whose program differs from a right one in a way that some input shows."""
    solutions: int = 1
    """Most solve rows of one stated problem, each with another right program; needs statements, likewise below. Weights
    and shares count problems, whatever comes of them."""
    public: int = 3
    """Tests that are shown with a statement."""
    hidden: int = 8
    """Tests that are not shown; up to half of them are edge cases."""
    easiest: float = 0.0
    """Difficulty is drawn between this and `hardest`, both from 0 to 1, where the source has such a knob."""
    hardest: float = 1.0
    path: str = ""
    """Of `corpus`: a .jsonl, .json or .parquet file, a data set folder, or the name of a data set of the hub. Of
    `explained`: a folder of `python -m models.narrative`, or a pattern that names several (`runs/explained-*`)."""
    split: str = "train"
    """Of `corpus`: which split of such a data set."""
    wording: str = "plain"
    """Of statements, as in `DatasetConfig`."""


@dataclass(frozen=True, slots=True)
class DataConfig:
    """A data set: `python -m models.dataset`."""

    name: str
    sources: tuple[SourceConfig, ...]
    seed: int = 1
    rows: int = 1000
    """Rows drawn; the final pass still takes away what occurs in more than one part."""
    parts: int = 8
    """Files the work is cut into, each of which can be made alone."""
    style: str = "tagged"
    """Prompt style: `tagged` or `chat`."""
    narrative: str = "compact"
    """`compact`, or `prose` (style `chat` only)."""
    workings: str = "plain"
    """Of compact narratives, `plain`, `spelled` or `stepped`, as in `DatasetConfig`."""
    same_program: int = 1
    """Most rows of one task whose programs are equal up to names, literals and layout."""
    max_chars: int = 4000
    """Rows with a longer prompt and completion together are dropped."""
    fold: int = 0
    """Steps beyond which compact narratives fold long loops; 0 tells every step."""
    raising: float = 0.7
    """Share kept of predict rows that end in an exception."""
    validation: float = 0.01
    """Share of groups in the validation split; likewise below."""
    test: float = 0.01


@dataclass(frozen=True, slots=True)
class ExplainConfig:
    """Runs for a model to explain: `python -m models.narrative`."""

    name: str
    sources: tuple[SourceConfig, ...]
    """As in data sets, for the predict task alone."""
    seed: int = 1
    """Of the drawing and of the model's sampling."""
    same_program: int = 1
    """Most runs whose programs are equal up to names, literals and layout."""
    max_chars: int = 8000
    """Runs with a longer request are dropped before they cost anything."""
    raising: float = 0.7
    """Share kept of runs that end in an exception."""


def load(path: Path) -> TrainerConfig:
    """Read a TOML file. Raises InputError for a missing file, bad TOML, an unknown key, a wrong value."""
    config = parsed(read(path), str(path))
    if fault := next(_faults(config), None):
        raise InputError(f"{path}: {fault}")
    return config


def parsed(raw: dict[str, Any], where: str) -> TrainerConfig:
    """A configuration from tables, its ranges not looked at; what is None or absent is the default.

    `where` starts the message of the InputError for an unknown key or a value of the wrong type.
    """
    sections = {"dataset": DatasetConfig, "model": ModelConfig, "pretrain": PretrainConfig}
    unknown = set(raw) - set(sections) - {"name"}
    if unknown or not isinstance(raw.get("name"), str):
        raise InputError(f"{where}: " + (f"unknown key {sorted(unknown)[0]!r}" if unknown else "needs a name"))
    parts: dict[str, Any] = {
        key: section(kind, _given(raw.get(key, {})), f"{where}: [{key}]") for key, kind in sections.items()
    }
    return TrainerConfig(raw["name"], **parts)


def _given(table: Any) -> Any:
    """A table without what is None: so JSON, unlike TOML, says that nothing is set."""
    return {k: v for k, v in table.items() if v is not None} if isinstance(table, dict) else table


SIZES = ("records", "shard_records", "vocab_size", "max_tokens")
SHARES = ("predict", "solve", "drills", "broad", "composed", "wrong")
RANGES: Mapping[str, Ranges] = {
    "dataset": {"at least 1": SIZES, "a share of 1": SHARES},
    "model": {"at least 1": ("hidden", "layers", "heads", "intermediate", "context"), "above 0": ("rope_theta",)},
    "pretrain": {
        "at least 1": ("tokens", "batch_tokens", "log_steps", "validation_records"),
        "above 0": ("seconds", "lr", "grad_clip"), "a share of 1": ("decay", "short_first"),
        "at least 0": ("seed", "weight_decay", "warmup_steps", "save_seconds"),
    },
}  # fmt: skip
"""Section → what is asked of its values."""
CHOICES: Mapping[str, tuple[object, ...]] = {
    "told": TOLD, "workings": WORKINGS, "wording": WORDINGS, "operations": (3, 4), "frequencies": FREQUENCIES,
}  # fmt: skip
LONGEST = 2048
"""Tokens of the longest record that pretraining takes, the last of `models.pretrain.data.LENGTHS`."""
ENTRIES = 1 << 16
"""Most entries of a vocabulary: shards hold ids in 16 bits."""


def _faults(config: TrainerConfig) -> Iterator[str]:
    """What is out of range, one line each."""
    for key, allowed in CHOICES.items():
        if getattr(config.dataset, key) not in allowed:
            yield f"[dataset] {key} must be one of {', '.join(map(str, allowed))}"
    for name, ranges in RANGES.items():
        yield from (f"[{name}] {fault}" for fault in out_of_range(getattr(config, name), ranges))
    yield from _contradictions(config)


def _contradictions(config: TrainerConfig) -> Iterator[str]:
    """What values that are in range by themselves do not allow each other."""
    dataset, model = config.dataset, config.model
    if config.pretrain.seconds is None and config.pretrain.tokens is None:
        yield "[pretrain] needs seconds or tokens"
    if dataset.predict + dataset.solve > 1 + 1e-9:  # what is left, and be it nothing, is fix
        yield "[dataset] predict and solve must be a share of 1 together"
    if dataset.vocab_size > ENTRIES:
        yield f"[dataset] vocab_size must be at most {ENTRIES}"
    if model.hidden % (2 * model.heads):  # positions turn pairs of a head's numbers
        yield f"[model] hidden must be a multiple of twice its heads, {2 * model.heads}"
    if model.kv_heads < 0 or (model.kv_heads and model.heads % model.kv_heads):
        yield f"[model] kv_heads must divide its heads, {model.heads}, or be 0"
    if dataset.max_tokens > (most := min(model.context, LONGEST)):
        yield f"[dataset] max_tokens must be at most {most}, the [model] context or the longest batch"


def load_data(path: Path) -> DataConfig:
    """Read the TOML file of a data set. Raises InputError as `load`, and for values that contradict each other."""
    config: DataConfig = section(DataConfig, _with_sources(path), f"{path}:")
    if reason := _contradiction(config) or _bad_source(config.sources):
        raise InputError(f"{path}: {reason}")
    return config


def load_explain(path: Path) -> ExplainConfig:
    """Read the TOML file of runs to be explained. Raises InputError as `load_data`."""
    config: ExplainConfig = section(ExplainConfig, _with_sources(path), f"{path}:")
    if reason := _bad_source(config.sources):
        raise InputError(f"{path}: {reason}")
    if min(config.same_program, config.max_chars) < 1 or not 0 <= config.raising <= 1:
        raise InputError(f"{path}: same_program and max_chars are at least 1, raising is a share of 1")
    return config


def _with_sources(path: Path) -> dict[str, Any]:
    """A file with a name and `[[source]]` tables, these as `sources`."""
    raw = read(path)
    tables = raw.pop("source", None)
    if not isinstance(tables, list) or not tables:
        raise InputError(f"{path}: needs at least one [[source]]")
    if not isinstance(raw.get("name"), str):
        raise InputError(f"{path}: needs a name")
    named = [(table, f"{path}: [[source]] {number}") for number, table in enumerate(tables, 1)]
    for table, where in named:
        if isinstance(table, dict) and "kind" not in table:
            raise InputError(f"{where} needs a kind")
    return raw | {"sources": tuple(section(SourceConfig, table, where) for table, where in named)}


def _contradiction(config: DataConfig) -> str | None:
    shares = (config.raising, config.validation, config.test, config.validation + config.test)
    if config.style not in ("tagged", "chat") or config.narrative not in ("compact", "prose"):
        return "style is tagged or chat, narrative is compact or prose"
    if config.style == "tagged" and config.narrative == "prose":
        return "prose ends in an outcome block, which only the chat style has"
    if config.workings not in WORKINGS:
        return f"workings must be one of {', '.join(WORKINGS)}"
    if config.workings != "plain" and config.narrative != "compact":
        return f"workings are {config.workings} in compact narratives alone"
    sizes = (config.rows, config.parts, config.same_program, config.max_chars, config.fold + 1)
    if min(sizes) < 1 or config.rows < config.parts:
        return "rows, parts, same_program and max_chars are at least 1, fold is at least 0, no part is without rows"
    if not all(0 <= share <= 1 for share in shares):
        return "raising, validation and test are shares of 1"
    return None


def _bad_source(sources: tuple[SourceConfig, ...]) -> str | None:
    for source in sources:
        weights = (source.share, source.predict, source.solve, source.fix, source.verify)
        if not all(0 <= weight < math.inf for weight in weights) or source.share == 0 or sum(weights[1:]) == 0:
            return f"source {source.kind!r} has no task, no share or a negative weight"
        if not (0 <= source.wrong <= 1 and 0 <= source.easiest <= source.hardest <= 1):
            return f"source {source.kind!r}: wrong, easiest and hardest lie between 0 and 1"
        if source.solutions < 1 or source.public < 0 or source.hidden < 2:
            return f"source {source.kind!r}: at least 1 solution, 0 public tests and 2 hidden ones"
        if source.wording not in WORDINGS:
            return f"source {source.kind!r}: wording is {' or '.join(WORDINGS)}"
    return None


def digest(config: object) -> str:
    """sha256 over a resolved configuration, in hex. Settings in LATER do not count where they are the default."""
    text = repr(config)
    for setting in LATER:
        text = re.sub(rf", {re.escape(setting)}(?=[,)])", "", text)  # whole: `verify=0.05` is another value
    return hashlib.sha256(text.encode()).hexdigest()
