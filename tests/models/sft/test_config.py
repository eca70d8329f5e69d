"""Configurations of fine-tuning: every one in the repository loads, and what cannot work is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest
from accelerate.commands.config.config_args import load_config_from_file

from models.sft import config
from workers.pipeline.errors import InputError

CONFIGS = Path(__file__).parents[3] / "models/configs"
SFT = sorted(CONFIGS.glob("sft-*.toml"))
ACCELERATE = sorted((CONFIGS / "accelerate").glob("*.yaml"))


@pytest.mark.parametrize("path", SFT, ids=lambda path: path.name)
def test_every_configuration_loads(path: Path) -> None:
    assert config.load(path).name == path.stem


def test_the_configurations_that_are_asked_for_are_there() -> None:
    assert {"sft-smoke", "sft-nano", "sft-7b-lora", "sft-7b-full"} <= {path.stem for path in SFT}
    assert {"fsdp2", "zero3", "multi-gpu"} <= {path.stem for path in ACCELERATE}


@pytest.mark.parametrize("path", ACCELERATE, ids=lambda path: path.name)
def test_accelerate_reads_its_configurations(path: Path) -> None:
    """Accelerate itself refuses unknown keys."""
    kinds = {"fsdp2": "FSDP", "zero3": "DEEPSPEED", "multi-gpu": "MULTI_GPU"}
    assert load_config_from_file(str(path)).distributed_type == kinds[path.stem]


@pytest.mark.parametrize("path", [p for p in SFT if "7b" in p.name] + ACCELERATE, ids=lambda path: path.name)
def test_what_was_not_run_says_so_beside_its_command(path: Path) -> None:
    comment = "".join(line for line in path.read_text().splitlines(keepends=True) if line.startswith("#"))
    assert path.read_text().startswith("#")
    assert "not run: no GPU was at hand" in comment
    assert "-m models.sft --config models/configs/sft-" in comment


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "a"', "needs a model"),
        ('model = "a"', "needs a name"),
        ('name = "a"\nmodel = "b"\nmodle = "c"', "unknown key 'modle'"),
        ('name = "a"\nmodel = "b"\n[train]\nstep = 1', "unknown key 'step'"),
        ('name = "a"\nmodel = "b"\n[train]\nsteps = 1.5', "steps must be int, not float"),
        ('name = "a"\nmodel = "b"\n[train]\nsteps = 0', "steps must be at least 1"),
        ('name = "a"\nmodel = "b"\n[train]\nlr = nan', "lr must be above 0"),
        ('name = "a"\nmodel = "b"\n[train]\nbatch = 8\nmicro = 3', "micro must divide batch"),
        ('name = "a"\nmodel = "b"\n[train]\nattention = "eager"', "attention must be"),
        ('name = "a"\nmodel = "b"\n[train]\nattention = "flash_attention_2"', "needs bf16"),
        ('name = "a"\nmodel = "b"\n[lora]\nrank = -1', "rank must be at least 0, not -1"),
        ('name = "a"\nmodel = "b"\nseed = -1', "seed must be at least 0, not -1"),
        ('name = "a"\nmodel = "b"\n[train]\nepochs = inf', "epochs must be above 0, not inf"),
        ('name = "a"\nmodel = "b"\n[lora]\nrank = 4\ndropout = 1.0', "dropout must be below 1"),
        ('name = "a"\nmodel = "b"\nlora = 4', r"\[lora\] must be a table"),
        ('name = "a"\nmodel = "b"\n[train]\npacking = "yes"', "packing must be none or bfd"),
        ('name = "a"\nmodel = "b"\n[train]\npacking = "wrapped"', "'wrapped' is refused: .* see each other"),
        ('name = "a"\nmodel = "b"\n[train]\npacking = "bfd_split"', "'bfd_split' is refused: it cuts records"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        config.load(path)
    assert str(path) in str(caught.value)
