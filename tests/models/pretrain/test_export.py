"""From a training run to a served checkpoint: the embedded engine computes what the trained model computes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from transformers import LlamaForCausalLM

from models.config import load
from models.eval.engine import served
from models.pretrain import tokenizer as tokenizers_
from models.pretrain.export import export
from models.pretrain.train import Trainer
from tests.models.pretrain.tiny import make_data
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.errors import InputError
from workers.pipeline.manifest import read_manifest, verify_files
from workers.pipeline.types import Prompt

TOML = """name = "tiny"
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
    make_data(folder / "data")
    tokenizer = tokenizers_.build(["def f(x):\n    return x\n" * 3], 320)
    (folder / "data/tokenizer.json").write_text(tokenizer.to_str())
    (folder / "tiny.toml").write_text(TOML)
    (folder / "run").mkdir()
    trainer = Trainer(load(folder / "tiny.toml"), folder / "data", folder / "run")
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
