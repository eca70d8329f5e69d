"""From a training run to a served checkpoint: the embedded engine computes what the trained model computes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import LlamaForCausalLM

from models.config import load
from models.eval.engine import served
from models.pretrain import feed
from models.pretrain import tokenizer as tokenizers_
from models.pretrain.export import export, write
from models.pretrain.shards import data_hash
from models.pretrain.train import Trainer
from models.training.result import claim
from tests.models.pretrain.tiny import make_data
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import InputError
from workers.pipeline.manifest import read_manifest, verify_files
from workers.pipeline.types import Prompt

TOML = """name = "tiny"
[dataset]
max_tokens = 128
[model]
hidden = 64
layers = 2
heads = 2
intermediate = 160
context = 128
[pretrain]
tokens = 1500
batch_tokens = 768
warmup_steps = 2
lr = 0.0003
validation_records = 16
"""
PROMPTS = ("def f(x):", "<|predict|><|code|>", "total = 0", "for x in nums:\n    ", "é🦀", "1 + 2 == ", "a", "'abc'")
NEW_TOKENS = 40


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export")
    (folder / "tiny.toml").write_text(TOML)
    config = load(folder / "tiny.toml")
    make_data(folder / "data", dataset=config.dataset)
    tokenizer = tokenizers_.build(["def f(x):\n    return x\n" * 3], 320)
    (folder / "data/tokenizer.json").write_text(tokenizer.to_str())
    claim(folder / "run", asdict(config))
    trainer = Trainer(config, folder / "data", folder / "run")
    with torch.no_grad():  # wide enough that what is written depends on the prompt and no two logits are close
        for parameter in trainer.model.parameters():
            if parameter.ndim == 2:
                parameter.normal_(0.0, 1.5 / parameter.shape[1] ** 0.5)
    trainer.train()
    export(folder / "run", folder / "data", folder / "checkpoint", folder / "tiny.toml")
    return folder / "checkpoint"


@pytest.fixture
def own_cache(tmp_path: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path))
        yield


def test_the_export_is_a_whole_checkpoint(checkpoint: Path) -> None:
    manifest = read_manifest(checkpoint)
    verify_files(checkpoint, manifest)
    assert (manifest.name, manifest.config, manifest.context_length) == ("tiny", "tiny.toml", 128)
    assert manifest.training["tokens"] >= 1500
    model, info = LlamaForCausalLM.from_pretrained(checkpoint, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert manifest.parameters == sum(p.numel() for p in model.parameters())  # tied: the head counts once


@pytest.mark.anyio
@pytest.mark.usefixtures("own_cache")
async def test_the_engine_writes_what_the_trained_model_writes(checkpoint: Path) -> None:
    """Greedy tokens of the embedded engine (CTranslate2) and of transformers, both float32 from the same float16."""
    model = LlamaForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    tokenizer = tokenizers_.Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    distinct = set()
    async with served(checkpoint, 8) as engine:
        for prompt in PROMPTS:
            ids = torch.tensor([tokenizer.encode(prompt).ids])
            with torch.no_grad():
                wanted = model.generate(ids, max_new_tokens=NEW_TOKENS, do_sample=False)[0, ids.shape[1] :].tolist()
            made = await engine.completer.complete(CompletionRequest(Prompt(text=prompt), NEW_TOKENS))
            got = list(made.token_ids)
            end = model.config.eos_token_id
            assert [t for t in got if t != end] == [t for t in wanted if t != end], prompt
            distinct.add(tuple(got))
    assert len(distinct) > len(PROMPTS) // 2  # not the same text whatever is asked


def test_an_existing_checkpoint_is_replaced_only_on_request(checkpoint: Path) -> None:
    folder = checkpoint.parent
    arguments = (folder / "run", folder / "data", checkpoint, folder / "tiny.toml")
    with pytest.raises(InputError, match="exists already"):
        export(*arguments)
    before = read_manifest(checkpoint)
    export(*arguments, replace=True)
    assert read_manifest(checkpoint) == before


def test_a_run_without_a_saved_state_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="train first"):
        export(tmp_path, checkpoint.parent / "data", tmp_path / "out", checkpoint.parent / "tiny.toml")


def test_data_that_is_waited_for_is_not_what_a_run_has_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "PLANNED", 1)  # each shard is a chunk
    (tmp_path / "tiny.toml").write_text(TOML.replace("[model]", "records = 160\nshard_records = 80\n[model]", 1))
    config = load(tmp_path / "tiny.toml")
    config = replace(config, pretrain=replace(config.pretrain, repeat=True))
    make_data(tmp_path / "data", dataset=config.dataset)
    for name in ("shard-00001.npz", "shard-00001.json"):
        (tmp_path / "data" / name).unlink()
    claim(tmp_path / "run", asdict(config))
    Trainer(config, tmp_path / "data", tmp_path / "run", coming=lambda: True).train()
    write(tmp_path / "run", tmp_path / "data", tmp_path / "out", config, "tiny.toml")
    assert read_manifest(tmp_path / "out").data_hash == data_hash(tmp_path / "data", 1)


def changed(path: Path, **changes: Any) -> None:
    """Rewrite JSON; what is changed to None goes."""
    told = json.loads(path.read_text()) | changes
    path.write_text(json.dumps({key: value for key, value in told.items() if value is not None}))


def another_configuration(folder: Path) -> None:
    (folder / "tiny.toml").write_text(TOML.replace("0.0003", "0.0004"))


def no_configuration(folder: Path) -> None:
    (folder / "run/config.json").unlink()


def old_run(folder: Path) -> None:
    changed(folder / "run/config.json", prompt_version=1)


def other_data(folder: Path) -> None:
    changed(folder / "data/manifest.json", config_hash="0" * 64)


def old_data(folder: Path) -> None:
    changed(folder / "data/manifest.json", prompt_version=1)


def no_data(folder: Path) -> None:
    (folder / "data/manifest.json").unlink()


def damaged_data(folder: Path) -> None:
    (folder / "data/manifest.json").write_text("[")


def other_vocabulary(folder: Path) -> None:
    told = json.loads((folder / "data/tokenizer.json").read_text())
    told["model"]["vocab"] |= {f"token{n}": 320 + n for n in range(200)}
    (folder / "data/tokenizer.json").write_text(json.dumps(told))


def damaged_vocabulary(folder: Path) -> None:
    (folder / "data/tokenizer.json").write_text('{"model": 3}')


def cut_state(folder: Path) -> None:
    state = folder / "run/state.pt"
    state.write_bytes(state.read_bytes()[:-100])


def other_state(folder: Path) -> None:
    torch.save([1], folder / "run/state.pt")


def no_numbers(folder: Path) -> None:
    state = torch.load(folder / "run/state.pt")
    state["model"]["model.norm.weight"][0] = float("nan")
    torch.save(state, folder / "run/state.pt")


def too_large(folder: Path) -> None:
    state = torch.load(folder / "run/state.pt")
    state["model"]["model.norm.weight"][0] = 1e5
    torch.save(state, folder / "run/state.pt")


@pytest.mark.parametrize(
    ("do", "message"),
    [
        (another_configuration, "run was not trained with this configuration: config.json there says with which"),
        (no_configuration, "run: no config.json"),
        (old_run, "run/config.json is of PROMPT_VERSION 1, this code speaks "),
        (other_data, "data holds data of another configuration"),
        (old_data, "data/manifest.json is of PROMPT_VERSION 1, this code speaks "),
        (no_data, "data holds no data of python -m models.pretrain.prepare"),
        (damaged_data, "data/manifest.json is damaged"),
        (other_vocabulary, "entries, which is not that of the run's 320 rows"),
        (damaged_vocabulary, "data/tokenizer.json is damaged"),
        (cut_state, "run/state.pt is damaged"),
        (other_state, "run/state.pt is no save of a run"),
        (no_numbers, "model.norm.weight holds values that float16 cannot"),
        (too_large, "model.norm.weight holds values that float16 cannot"),
    ],
)
def test_what_does_not_belong_together_is_refused_and_the_checkpoint_before_stays(
    checkpoint: Path, tmp_path: Path, do: Any, message: str
) -> None:
    folder = Path(shutil.copytree(checkpoint.parent, tmp_path / "all"))
    arguments = (folder / "run", folder / "data", folder / "checkpoint", folder / "tiny.toml")
    before = read_manifest(folder / "checkpoint")
    do(folder)
    with pytest.raises(InputError) as caught:
        export(*arguments, replace=True)
    assert message in str(caught.value) and "\n" not in str(caught.value)
    verify_files(folder / "checkpoint", before)
    assert read_manifest(folder / "checkpoint") == before


def test_a_run_from_before_versions_were_recorded_is_taken_as_of_this_one_and_said_to_be(
    checkpoint: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its config.json is what was written then, without settings that came later."""
    folder = Path(shutil.copytree(checkpoint.parent, tmp_path / "all"))
    told = json.loads((folder / "run/config.json").read_text())
    del told["prompt_version"], told["dataset"]["workings"]
    (folder / "run/config.json").write_text(json.dumps(told))
    export(folder / "run", folder / "data", tmp_path / "out", folder / "tiny.toml")
    assert "config.json names no PROMPT_VERSION: taken as" in capsys.readouterr().out
    assert read_manifest(tmp_path / "out") == read_manifest(checkpoint)
