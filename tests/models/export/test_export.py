"""From a run's result to a checkpoint: the engine computes what was trained, and nothing half is ever loadable."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

from models.eval.engine import served
from models.export.export import export
from models.lineage import parent, weights_hash
from tests.models.export.conftest import make_run
from workers.pipeline.completer import CompletionRequest
from workers.pipeline.manifest import read_manifest, verify_files
from workers.pipeline.types import Prompt

PROMPTS = ("def f(x):", "<|predict|><|code|>", "total = 0", "é🦀", "1 + 2 == ", "'abc'")
NEW_TOKENS = 24


def logits(model: Any) -> torch.Tensor:
    with torch.no_grad():
        found: torch.Tensor = model(torch.arange(2, 60)[None]).logits
    return found


@pytest.fixture(scope="module")
def checkpoint(full_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("checkpoint") / "t"
    export(full_run, out)
    return out


@pytest.fixture
def own_cache(tmp_path: Path) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path))
        yield


def test_the_checkpoint_is_whole_and_says_where_it_comes_from(checkpoint: Path, base: Path) -> None:
    manifest = read_manifest(checkpoint)
    verify_files(checkpoint, manifest)
    assert set(manifest.files) == {path.name for path in checkpoint.iterdir()} - {"manifest.json"}
    assert (manifest.name, manifest.config, manifest.context_length) == ("t", "t.toml", 512)
    assert (manifest.prompt_style, manifest.narrative_style) == ("tagged", "compact")
    assert manifest.tasks == ("solve", "predict")
    assert (manifest.config_hash, manifest.data_hash) == ("1" * 64, "2" * 64)
    assert manifest.training == {"tokens": 5000, "seconds": 7}
    told = json.loads((checkpoint / "manifest.json").read_text())
    assert told["stage"] == "sft"
    assert told["parent"]["weights"] == weights_hash(base)
    assert told["parent"]["name"] == "tiny"
    model, info = LlamaForCausalLM.from_pretrained(checkpoint, output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    assert manifest.parameters == sum(p.numel() for p in model.parameters())  # tied: the head counts once


def test_the_chain_of_parents_goes_back_to_the_first(checkpoint: Path, base: Path, tmp_path: Path) -> None:
    """Pretrained, fine-tuned, exported, fine-tuned again and not exported: each link is a hash of weights."""
    second = make_run(tmp_path / "run", checkpoint)
    chain = parent(second / "model")
    assert [chain["stage"], chain["parent"]["stage"]] == ["sft", "sft"]
    hashes = [chain["weights"], chain["parent"]["weights"], chain["parent"]["parent"]["weights"]]
    assert hashes == [weights_hash(folder) for folder in (second / "model", checkpoint, base)]
    assert len(set(hashes)) == 3
    assert chain["training"] == {"tokens": 5000, "seconds": 7}


@pytest.mark.anyio
@pytest.mark.usefixtures("own_cache")
async def test_the_engine_writes_what_the_trained_model_writes(checkpoint: Path, full_run: Path) -> None:
    """Greedy tokens of the embedded engine and of transformers, both float32 from the same float16."""
    model = AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.float32)
    rounded = load_file(checkpoint / "model.safetensors")
    trained = load_file(full_run / "model/model.safetensors")
    assert all(torch.equal(rounded[name], value.half()) for name, value in trained.items())
    assert not all(torch.equal(rounded[name].float(), value) for name, value in trained.items())
    tokenizer = AutoTokenizer.from_pretrained(checkpoint)
    distinct = set()
    async with served(checkpoint, 8) as engine:
        for prompt in PROMPTS:
            ids = torch.tensor([tokenizer(prompt, add_special_tokens=False)["input_ids"]])
            with torch.no_grad():
                wanted = model.generate(ids, max_new_tokens=NEW_TOKENS, do_sample=False)[0, ids.shape[1] :].tolist()
            made = await engine.completer.complete(CompletionRequest(Prompt(text=prompt), NEW_TOKENS))
            end = tokenizer.eos_token_id
            assert [t for t in made.token_ids if t != end] == [t for t in wanted if t != end], prompt
            distinct.add(tuple(made.token_ids))
    assert len(distinct) > len(PROMPTS) // 2  # not the same text whatever is asked


def test_what_serving_reads_of_the_tokenizer_is_in_its_settings(checkpoint: Path, base: Path) -> None:
    settings = json.loads((checkpoint / "tokenizer_config.json").read_text())
    before = json.loads((base / "tokenizer_config.json").read_text())
    same = ("chat_template", "eos_token", "pad_token", "model_max_length", "tokenizer_class")
    assert {name: settings[name] for name in same} == {name: before[name] for name in same}
    assert not (checkpoint / "chat_template.jinja").exists() and "local_files_only" not in settings
    assert json.loads((checkpoint / "generation_config.json").read_text())["eos_token_id"] is not None
    assert json.loads((checkpoint / "config.json").read_text())["use_cache"] is True


def test_an_adapter_is_merged_into_its_base(adapter_run: Path, base: Path, tmp_path: Path) -> None:
    export(adapter_run, tmp_path / "t")
    verify_files(tmp_path / "t", read_manifest(tmp_path / "t"))
    assert not list((tmp_path / "t").glob("adapter*"))
    plain = AutoModelForCausalLM.from_pretrained(base, dtype=torch.float32)
    made = logits(AutoModelForCausalLM.from_pretrained(tmp_path / "t", dtype=torch.float32))
    before = logits(plain)
    wanted = logits(peft.PeftModel.from_pretrained(plain, adapter_run / "model"))
    assert (wanted - before).abs().max() > 1
    assert (made - wanted).abs().max() < 0.05 * (wanted - before).abs().max()
