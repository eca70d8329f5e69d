"""Whole runs in miniature: they learn, and a killed one ends as if it had not been."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from itertools import chain
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM
from trl.trainer.sft_trainer import DataCollatorForLanguageModeling

from models.export.export import facts
from models.lineage import RUN, weights_hash
from models.sft import encode
from models.training import saves
from tests.models.sft.made import call, counting, log, make_toml, start
from tests.tiny import write_manifest
from workers.pipeline.prompts import PROMPT_VERSION, tagged

ROOT = Path(__file__).parents[3]
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}


def test_the_loss_falls_and_every_step_is_logged(whole: Path) -> None:
    lines = log(whole)
    losses = [line["loss"] for line in lines if "loss" in line]
    assert [line["step"] for line in lines if "loss" in line] == list(range(1, 25))
    assert losses[-1] < losses[0] - 2
    before, after = (line["validation"] for line in lines if "validation" in line)
    assert after < before - 2


def test_the_loss_is_that_of_the_completions(whole: Path, tiny: Path) -> None:
    """The first validation loss, computed by hand from logits."""
    model = AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float32)
    total, everything, tokens, positions = 0.0, 0.0, 0, 0
    rows = Dataset.from_file(str(encode.path(whole / "tokens", "validation"))).to_list()
    assert len(rows) > 1
    for row in rows[:8]:  # as many as one batch has: the trainer's figure is the mean over batches
        ids, labels = torch.tensor(row["input_ids"]), torch.tensor(row["labels"])
        with torch.no_grad():
            logprobs = model(ids[None]).logits[0, :-1].log_softmax(-1)
        losses = -logprobs.gather(1, ids[1:, None])[:, 0]
        total, tokens = total + float(losses[labels[1:] != encode.IGNORED].sum()), tokens + int((labels >= 0).sum())
        everything, positions = everything + float(losses.sum()), positions + len(losses)
    assert len(rows) <= 8
    assert log(whole)[0]["validation"] == pytest.approx(total / tokens, rel=1e-5)
    assert abs(total / tokens - everything / positions) > 1e-3  # so the prompts did not count


def test_the_result_is_a_model_that_says_what_it_is(whole: Path, tiny: Path) -> None:
    told = facts(whole)
    assert (told["name"], told["stage"], told["config"]) == ("t", "sft", "t.toml")
    assert (told["prompt_style"], told["narrative_style"]) == ("tagged", "compact")
    for path in (whole / "model" / RUN, whole / "config.json"):
        assert json.loads(path.read_text())["prompt_version"] == told["prompt_version"] == PROMPT_VERSION
    assert told["tasks"] == ["solve", "predict", "fix"]
    assert told["parent"]["weights"] == weights_hash(tiny)
    assert told["training"]["tokens"] == log(whole)[-1]["tokens"]
    model, info = LlamaForCausalLM.from_pretrained(whole / "model", output_loading_info=True)
    assert not info["missing_keys"] and not info["unexpected_keys"]
    tokenizer = AutoTokenizer.from_pretrained(whole / "model")
    assert tokenizer(tagged.END)["input_ids"] == [tokenizer.eos_token_id] == [model.config.eos_token_id]
    resolved = json.loads((whole / "config.json").read_text())
    assert resolved["train"]["steps"] == 24 and resolved["train"]["packing"] == "none"
    assert not [path for path in whole.rglob("*") if path.suffix == ".tmp" or path.name.endswith(".partial")]


@pytest.mark.parametrize("counted", [{"spelled": 100}, {}])
def test_the_result_tells_as_its_data_or_where_that_tells_nothing_as_its_base(
    tiny: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, counted: dict[str, int]
) -> None:
    model = shutil.copytree(tiny, tmp_path / "spelled")
    write_manifest(model, 1, narrative_style="spelled")
    data = counting(tagged_data, tmp_path / "data", counted)
    out = start(monkeypatch, tmp_path, model, data, steps=1, validation_records=0)
    assert facts(out)["narrative_style"] == "spelled"


def test_a_run_killed_and_started_again_ends_like_one_that_was_not(
    whole: Path, tiny: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    toml, out = make_toml(tmp_path / "t.toml", tiny), tmp_path / "out"
    command = [sys.executable, "-m", "models.sft", "--config", str(toml), "--data", str(tagged_data), "--out", str(out)]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, cwd=ROOT, env=ONE_THREAD, stdout=quiet, stderr=quiet)
    until = time.monotonic() + 400
    while process.poll() is None and time.monotonic() < until and not (out / "checkpoint-8" / saves.WHOLE).exists():
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert saves.last_whole(out) and not (out / "model").exists()
    shutil.copytree(out / "checkpoint-8", out / "checkpoint-23")  # killed while it saved
    (out / "checkpoint-23" / saves.WHOLE).unlink()
    (out / "checkpoint-23" / "optimizer.pt").write_bytes(b"half")
    (out / ".model.partial").mkdir()
    (out / ".model.partial" / "config.json").write_text("{")
    with (out / "log.jsonl").open("a") as file:
        file.write('{"step": 22, "loss": 1}\n{"step": 23, "lo')
    call(monkeypatch, toml, tagged_data, out)
    assert log(out) == log(whole)
    assert weights_hash(out / "model") == weights_hash(whole / "model")
    assert not (out / "checkpoint-23").exists()


def test_two_processes_learn_what_one_does(
    tiny: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same records in each step, half of them in each process."""
    (tmp_path / "one").mkdir()
    one = start(monkeypatch, tmp_path / "one", tiny, tagged_data, steps=3, validation_records=0)
    toml = make_toml(tmp_path / "t.toml", tiny, steps=3, validation_records=0, micro=4)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    options = ["--config", str(toml), "--data", str(tagged_data), "--out", str(tmp_path / "two")]
    subprocess.run(
        [*launch, "models.sft", *options], cwd=ROOT, env=ONE_THREAD, check=True, capture_output=True, timeout=600
    )
    lines = log(one)
    assert len(lines) == 3
    for alone, shared in zip(lines, log(tmp_path / "two"), strict=True):
        assert shared == pytest.approx(alone, rel=1e-3)
    told = [json.loads((folder / "model" / RUN).read_text()) for folder in (one, tmp_path / "two")]
    assert told[0]["records"] == told[1]["records"]


def test_a_run_killed_before_its_result_was_written_only_writes_it(
    whole: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(whole, tmp_path / "out")
    shutil.rmtree(tmp_path / "out/model")
    toml = whole.parent / "t.toml"
    call(monkeypatch, toml, tagged_data, tmp_path / "out")
    assert log(tmp_path / "out") == log(whole)
    assert weights_hash(tmp_path / "out/model") == weights_hash(whole / "model")
    assert facts(tmp_path / "out") == facts(whole) | {"training": facts(tmp_path / "out")["training"]}


def test_a_finished_run_is_left_as_it_is(whole: Path, tagged_data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = {path: path.stat().st_mtime_ns for path in whole.rglob("*")}
    call(monkeypatch, whole.parent / "t.toml", tagged_data, whole)
    assert {path: path.stat().st_mtime_ns for path in whole.rglob("*")} == before


def test_packed_records_do_not_see_each_other(
    tiny: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One step over all records has the same loss and gradient packed and not, and no token is lost."""
    logs = []
    for packing in ("none", "bfd"):
        (tmp_path / packing).mkdir()
        logs.append(log(start(monkeypatch, tmp_path / packing, tiny, tagged_data, steps=1, batch=256, packing=packing)))
    (_, alone, _), (_, packed, _) = logs
    assert packed["tokens"] == alone["tokens"] > 5000
    assert packed["loss"] == pytest.approx(alone["loss"], rel=1e-5)
    assert packed["grad_norm"] == pytest.approx(alone["grad_norm"], rel=1e-3)
    assert logs[0][0]["validation"] == pytest.approx(logs[1][0]["validation"], rel=0.05)  # a mean over other batches


def test_what_packing_relies_on_separates_records_and_its_leaking_variants_do_not(tiny: Path) -> None:
    """Logits of three records in one row, as the trainer's own collator lays them out, against each alone."""
    model = AutoModelForCausalLM.from_pretrained(tiny, dtype=torch.float32, attn_implementation="sdpa")
    records = [[1 + i * 7 % 250 for i in range(length)] for length in (20, 33, 11)]
    collate = DataCollatorForLanguageModeling(pad_token_id=0, padding_free=True)
    packed = collate([{"input_ids": [*chain(*records)], "seq_lengths": [len(record) for record in records]}])
    assert "attention_mask" not in packed
    del packed["labels"]
    with torch.no_grad():
        alone = torch.cat([model(torch.tensor([record])).logits[0] for record in records])
        together = model(**packed, use_cache=False).logits[0]
        masked = model(**packed, attention_mask=torch.ones_like(packed["input_ids"]), use_cache=False).logits[0]
        wrapped = model(packed["input_ids"]).logits[0]
    torch.testing.assert_close(together, alone, atol=1e-4, rtol=1e-4)
    assert (masked - alone).abs().max() > 1
    assert (wrapped - alone).abs().max() > 1


def test_lora_trains_an_adapter_and_names_its_base(
    tiny: Path, tagged_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run").mkdir()
    model = shutil.copytree(tiny, tmp_path / "base")
    monkeypatch.chdir(tmp_path)
    toml = make_toml(tmp_path / "t.toml", Path("base"), lr=2e-2)
    toml.write_text(toml.read_text() + "\n[lora]\nrank = 4\nalpha = 8\ndropout = 0.05")
    call(monkeypatch, toml, tagged_data, tmp_path / "out")
    before, after = (line["validation"] for line in log(tmp_path / "out") if "validation" in line)
    assert after < before - 0.5
    assert weights_hash(model) == weights_hash(tiny)
    made = load_file(tmp_path / "out/model/adapter_model.safetensors")
    assert made and all("lora" in name for name in made)
    settings = json.loads((tmp_path / "out/model/adapter_config.json").read_text())
    assert settings["base_model_name_or_path"] == "base"
    assert not (tmp_path / "out/model/model.safetensors").exists()


def test_chat_data_trains_a_model_with_a_chat_template(
    chat_model: Path, chat_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a validation split, in accumulated passes."""
    out = start(monkeypatch, tmp_path, chat_model, chat_data, steps=4, micro=2)
    losses = [line["loss"] for line in log(out)]
    assert len(losses) == 4 and losses[-1] < losses[0]
    assert facts(out)["tasks"] == ["predict"] and facts(out)["prompt_style"] == "chat"


def test_an_end_token_of_ones_own_becomes_that_of_the_result(
    chat_model: Path, chat_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for a base model that was never taught its template: there the tokenizer's end token ends no turn."""
    model = shutil.copytree(chat_model, tmp_path / "model")
    settings = json.loads((model / "tokenizer_config.json").read_text())
    (model / "tokenizer_config.json").write_text(json.dumps(settings | {"eos_token": tagged.ENDLESS}))
    with pytest.raises(SystemExit, match="name what does as end_token"):
        start(monkeypatch, tmp_path, model, chat_data, steps=1)
    (tmp_path / "again").mkdir()
    out = start(monkeypatch, tmp_path / "again", model, chat_data, steps=1, top=f'end_token = "{tagged.END}"')
    tokenizer = AutoTokenizer.from_pretrained(out / "model")
    assert tokenizer.eos_token == tagged.END
    made = json.loads((out / "model/generation_config.json").read_text())["eos_token_id"]
    assert tokenizer.eos_token_id in (made if isinstance(made, list) else [made])
