"""Building a data folder: a function of the configuration alone, whatever breaks it off on the way."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from tokenizers import Tokenizer

from models.config import DatasetConfig
from models.pretrain import prepare
from models.pretrain.prepare import build
from workers.pipeline.errors import InputError
from workers.pipeline.prompts import PROMPT_VERSION, tagged

CONFIG = DatasetConfig(seed=3, records=240, shard_records=60, vocab_size=400, max_tokens=400)
TOML = 'name = "t"\n[dataset]\nseed = 3\nrecords = 240\nshard_records = 60\nvocab_size = 400\nmax_tokens = 400\n'
ROOT = Path(__file__).parents[3]


def contents(folder: Path) -> dict[str, str]:
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.name[0] != "."}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    build(CONFIG, folder, 1)
    return folder


def test_the_manifest_counts_what_is_there(whole: Path) -> None:
    manifest = json.loads((whole / "manifest.json").read_text())
    counts = manifest["counts"]
    assert manifest["shards"] == 4
    assert sum(counts[f"kept {task}"] for task in ("predict", "solve", "fix")) == 240
    assert manifest["config"] == dataclasses.asdict(CONFIG)
    total = 0
    for number in range(4):
        with np.load(whole / f"shard-{number:05d}.npz") as shard:
            spans, ids = shard["spans"], shard["ids"]
        assert len(spans) == 60
        assert spans[:, 1].sum() == len(ids)
        assert (spans[:, 0] > 0).all() and (spans[:, 0] < spans[:, 1]).all() and spans[:, 1].max() <= CONFIG.max_tokens
        total += len(ids)
    assert counts["tokens"] == total


def test_each_record_begins_with_its_task_and_ends_with_the_end_tag(whole: Path) -> None:
    tokenizer = Tokenizer.from_file(str(whole / "tokenizer.json"))
    with np.load(whole / "shard-00000.npz") as shard:
        ends = np.cumsum(shard["spans"][:, 1])
        ids = shard["ids"]
    for start, end in zip([0, *ends], ends, strict=False):
        text = tokenizer.decode(ids[start:end].tolist(), skip_special_tokens=False)
        assert text.startswith((tagged.SOLVE, tagged.PREDICT, tagged.FIX))
        assert text.endswith(tagged.END)
        assert text.count(tagged.END) == 1


def test_a_shard_rebuilt_has_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    for name in ("tokenizer.json", "build.json"):
        (tmp_path / name).write_bytes((whole / name).read_bytes())
    for number in (0, 1, 2):  # the last one is missing
        for suffix in ("npz", "json"):
            name = f"shard-{number:05d}.{suffix}"
            (tmp_path / name).write_bytes((whole / name).read_bytes())
    build(CONFIG, tmp_path, 2)
    assert contents(tmp_path) == contents(whole)


def test_a_killed_build_goes_on_to_the_same_bytes(whole: Path, tmp_path: Path) -> None:
    toml, folder = tmp_path / "c.toml", tmp_path / "data"
    toml.write_text(TOML + "[pretrain]\ntokens = 1\n")
    command = [sys.executable, "-m", "models.pretrain.prepare", "--config", str(toml), "--out", str(folder)]
    command += ["--processes", "1"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, start_new_session=True)
    until = time.monotonic() + 60
    while not (folder / "shard-00000.json").exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.02)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (folder / "manifest.json").exists()
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, timeout=300)
    assert contents(folder) == contents(whole)


def test_a_vocabulary_made_beforehand_is_that_of_the_data(whole: Path, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text(TOML + "[pretrain]\ntokens = 1\n")
    options = ["--config", str(tmp_path / "c.toml"), "--out", str(tmp_path / "data"), "--vocabulary"]
    subprocess.run([sys.executable, "-m", "models.pretrain.prepare", *options], cwd=ROOT, check=True, timeout=300)
    made = contents(tmp_path / "data")
    assert made == {name: contents(whole)[name] for name in ("tokenizer.json", "build.json")}


def test_data_of_another_prompt_version_is_refused_finished_or_not(whole: Path, tmp_path: Path) -> None:
    for name in ("manifest.json", "build.json"):
        told = json.loads((whole / name).read_text())
        assert told["prompt_version"] == PROMPT_VERSION
        (tmp_path / name).mkdir()
        (tmp_path / name / name).write_text(json.dumps(told | {"prompt_version": PROMPT_VERSION - 1}))
        with pytest.raises(InputError, match=rf"{name} is of PROMPT_VERSION {PROMPT_VERSION - 1}, this code speaks"):
            build(CONFIG, tmp_path / name, 1)


def refused(monkeypatch: pytest.MonkeyPatch, folder: Path, toml: str, *more: str) -> str:
    (folder / "c.toml").write_text(toml)
    words = ["prepare", "--config", str(folder / "c.toml"), "--out", str(folder / "data"), "--processes", "1", *more]
    monkeypatch.setattr(sys, "argv", words)
    with pytest.raises(SystemExit) as caught:
        prepare.main()
    text = str(caught.value.code)
    assert text.startswith("error: ") and "\n" not in text
    return text


def test_a_full_disk_is_one_clear_error_and_no_shard(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No file may be as large as a shard."""
    (tmp_path / "data").mkdir()
    for name in ("tokenizer.json", "build.json"):
        shutil.copy(whole / name, tmp_path / "data" / name)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        assert "File too large" in refused(monkeypatch, tmp_path, TOML + "[pretrain]\ntokens = 1\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not list((tmp_path / "data").glob("shard-*"))


def test_a_length_that_no_record_has_is_refused_and_no_endless_search(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    shutil.copy(whole / "tokenizer.json", tmp_path / "data")
    toml = TOML.replace("max_tokens = 400", "max_tokens = 4") + "[pretrain]\ntokens = 1\n"
    assert "max_tokens 4: the first 500 records are longer" in refused(monkeypatch, tmp_path, toml)
    assert "--processes must be at least 1, not 0" in refused(monkeypatch, tmp_path, toml, "--processes", "0")


def test_a_finished_folder_is_not_built_again(whole: Path) -> None:
    before = {p.name: p.stat().st_mtime_ns for p in whole.iterdir()}
    build(CONFIG, whole, 1)
    assert {p.name: p.stat().st_mtime_ns for p in whole.iterdir()} == before


def test_data_of_another_configuration_is_refused_finished_or_not(whole: Path, tmp_path: Path) -> None:
    other = dataclasses.replace(CONFIG, seed=4)
    with pytest.raises(InputError, match="another configuration"):
        build(other, whole, 1)
    (tmp_path / "build.json").write_bytes((whole / "build.json").read_bytes())
    with pytest.raises(InputError, match="another configuration"):
        build(other, tmp_path, 1)
