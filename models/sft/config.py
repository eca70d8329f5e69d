"""Configuration of a fine-tuning run: one short TOML file, typed and closed."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from models.toml import Ranges, out_of_range, read, section
from workers.pipeline.errors import InputError


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """The run. Batch sizes count over all processes but where it says otherwise."""

    epochs: float = 1.0
    """Passes over the training split; only counts if `steps` is not set."""
    steps: int | None = None
    """Optimizer steps."""
    batch: int = 32
    """Records in a step; packed rows where `packing` is on."""
    micro: int = 8
    """Records in one forward and backward pass of one process."""
    max_tokens: int = 1024
    """Longest record, prompt and completion together: a longer one is dropped and counted, never cut. Also the length
    of a packed row."""
    packing: str = "none"
    """`none`, or `bfd`: whole records side by side in one row, each blind to the others. That they are is proven for
    `sdpa` alone, the way that tests can take: with `flash_attention_2` it is what its package promises."""
    attention: str = "sdpa"
    """`sdpa` or `flash_attention_2`; the latter needs its own package and is the fast one for packed rows, but no test
    shows that it keeps them apart (`packing`)."""
    lr: float = 1e-5
    """Peak learning rate: linear warm-up, then a cosine to zero."""
    warmup_steps: int = 10
    weight_decay: float = 0.0
    grad_clip: float = 1.0
    bf16: bool = False
    """Compute in bfloat16. The weights of full fine-tuning stay in float32, those under a LoRA adapter do not."""
    gradient_checkpointing: bool = False
    """Compute activations twice instead of keeping them."""
    save_steps: int = 100
    """Steps between saves, of which the last two are kept."""
    eval_steps: int = 100
    """Steps between evaluations on the validation split; there is one before the first step too."""
    validation_records: int = 256
    """Most records of the validation split that are evaluated; 0 evaluates nothing."""


@dataclass(frozen=True, slots=True)
class LoraConfig:
    """A low-rank adapter instead of full fine-tuning."""

    rank: int = 0
    """0: no adapter, all weights are trained."""
    alpha: int = 32
    """The adapter's output is scaled by alpha / rank."""
    dropout: float = 0.0


@dataclass(frozen=True, slots=True)
class SftConfig:
    """One file for a run."""

    name: str
    model: str
    """What is fine-tuned: a Hugging Face folder, or a name on the hub."""
    revision: str = "main"
    """Branch, tag or commit of a model on the hub."""
    end_token: str = ""
    """What ends an answer where it is not the tokenizer's own end token, as for a base model whose chat template ends
    its turns otherwise; the result's tokenizer has it as its own."""
    seed: int = 1
    train: TrainConfig = field(default_factory=TrainConfig)
    lora: LoraConfig = field(default_factory=LoraConfig)


LEAKS = {
    "wrapped": "it cuts records, and lets those in one row see each other",
    "bfd_split": "it cuts records",
}
"""Ways of packing that there are, and why they are refused."""
TOP: Ranges = {"at least 0": ("seed",)}
TRAIN: Ranges = {
    "at least 1": ("steps", "batch", "micro", "max_tokens", "save_steps", "eval_steps"),
    "above 0": ("epochs", "lr", "grad_clip"), "at least 0": ("warmup_steps", "weight_decay", "validation_records"),
}  # fmt: skip
LORA: Ranges = {"at least 1": ("alpha",), "at least 0": ("rank",), "a share of 1": ("dropout",)}


def load(path: Path) -> SftConfig:
    """Read a TOML file. Raises InputError for a missing file, an unknown key, or values of the wrong type or range."""
    raw = read(path)
    for key in ("name", "model"):
        if not isinstance(raw.get(key), str):
            raise InputError(f"{path}: needs a {key}")
    raw["train"] = section(TrainConfig, raw.get("train", {}), f"{path}: [train]")
    raw["lora"] = section(LoraConfig, raw.get("lora", {}), f"{path}: [lora]")
    config: SftConfig = section(SftConfig, raw, f"{path}:")
    if reason := _fault(config):
        raise InputError(f"{path}: {reason}")
    return config


def _fault(config: SftConfig) -> str | None:
    """What is out of range, or None."""
    t, lora = config.train, config.lora
    if t.packing in LEAKS:
        return f"packing {t.packing!r} is refused: {LEAKS[t.packing]}"
    found = [*out_of_range(config, TOP), *out_of_range(t, TRAIN), *out_of_range(lora, LORA)]
    if t.packing not in ("none", "bfd"):
        found.append("packing must be none or bfd")
    if t.attention not in ("sdpa", "flash_attention_2"):
        found.append("attention must be sdpa or flash_attention_2")
    if t.attention == "flash_attention_2" and not t.bf16:
        found.append("flash_attention_2 needs bf16")
    if t.micro > 0 and t.batch % t.micro:
        found.append("micro must divide batch")
    if lora.dropout >= 1:
        found.append("dropout must be below 1")
    return found[0] if found else None
