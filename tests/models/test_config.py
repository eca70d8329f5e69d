"""Trainer configurations: typed, closed, and every one in the repository loads."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from models import config
from models.dataset import narratives, part
from workers.pipeline.errors import InputError

ROOT = Path(__file__).parents[2]
DATA = sorted((ROOT / "models/configs").glob("data-*.toml"))
CONFIGS = sorted((ROOT / "models/configs").glob("nano-*.toml"))


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_every_configuration_loads(path: Path) -> None:
    loaded = config.load(path)
    assert loaded.model.hidden % loaded.model.heads == 0
    assert loaded.dataset.max_tokens <= loaded.model.context


@pytest.mark.parametrize("path", DATA, ids=lambda path: path.name)
def test_every_data_set_loads(path: Path) -> None:
    part.check(loaded := config.load_data(path))
    assert loaded.name == path.stem


def test_solutions_need_statements(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('name = "a"\n[[source]]\nkind = "broad"\nsolutions = 2')
    with pytest.raises(InputError, match="'broad' has no statements, so no solutions"):
        part.check(config.load_data(path))


def test_the_configurations_that_make_targets_name_are_there() -> None:
    named = re.findall(r"models/configs/([\w-]+\.toml)", (ROOT / "Makefile").read_text())
    assert {*named, "nano-cpu.toml", "nano-next.toml"} <= {path.name for path in CONFIGS}


def test_the_bundled_manifest_names_its_configuration() -> None:
    for manifest in (ROOT / "models/checkpoints").glob("*/manifest.json"):
        source = ROOT / "models/configs" / json.loads(manifest.read_text())["config"]
        assert config.digest(config.load(source)) == json.loads(manifest.read_text())["config_hash"]


def test_data_for_the_bundled_model_is_told_as_it_tells() -> None:
    manifest = json.loads((ROOT / "models/checkpoints/nano/manifest.json").read_text())
    for name in ("data-smoke", "data-tagged"):
        loaded = config.load_data(ROOT / f"models/configs/{name}.toml")
        assert narratives.style(loaded) == manifest["narrative_style"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "a"\nsize = 3', "unknown key 'size'"),
        ('name = "a"\n[model]\nhiden = 3', "unknown key 'hiden'"),
        ('name = "a"\n[optimizer]\nlr = 1', "unknown key 'optimizer'"),
        ('name = "a"\n[model]\nhidden = "3"', "hidden must be int, not str"),
        ('name = "a"\n[model]\nhidden = 3.0', "hidden must be int, not float"),
        ('name = "a"\n[pretrain]\ntokens = 1\ncompile = 1', "compile must be bool, not int"),
        ('name = "a"\n[pretrain]\nlr = 0.1', "needs seconds or tokens"),
        ('name = "a"\n[dataset]\nwording = "poor"', "wording must be one of plain, rich"),
        ('name = "a"\n[dataset]\noperations = 9', "operations must be one of 3, 4"),
        ('name = "a"\nmodel = 3', r"\[model\] must be a table"),
        ("[model]\nhidden = 3", "needs a name"),
        ("name = ", "not valid TOML"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        config.load(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("section", "line", "message"),
    [
        ("model", "heads = 0", "heads must be at least 1, not 0"),
        ("model", "layers = -1", "layers must be at least 1, not -1"),
        ("model", "kv_heads = 2", "kv_heads must divide its heads, 1, or be 0"),
        ("model", "hidden = 65", "hidden must be a multiple of twice its heads, 2"),
        ("model", "rope_theta = nan", "rope_theta must be above 0, not nan"),
        ("pretrain", "seconds = 0", "seconds must be above 0, not 0.0"),
        ("pretrain", "seconds = inf", "seconds must be above 0, not inf"),
        ("pretrain", "tokens = -5", "tokens must be at least 1, not -5"),
        ("pretrain", "log_steps = 0", "log_steps must be at least 1, not 0"),
        ("pretrain", "seed = -1", "seed must be at least 0, not -1"),
        ("pretrain", "lr = nan", "lr must be above 0, not nan"),
        ("pretrain", "decay = 1.5", "decay must be a share of 1, not 1.5"),
        ("dataset", "records = 0", "records must be at least 1, not 0"),
        ("dataset", "shard_records = 0", "shard_records must be at least 1, not 0"),
        ("dataset", "wrong = -0.1", "wrong must be a share of 1, not -0.1"),
        ("dataset", "predict = 0.9", "predict and solve must be a share of 1 together"),
        ("dataset", "max_tokens = 513", r"max_tokens must be at most 512, the \[model\] context"),
        ("dataset", "vocab_size = 65537", "vocab_size must be at most 65536"),
    ],
)
def test_a_value_that_cannot_work_is_refused_by_its_key(
    tmp_path: Path, section: str, line: str, message: str
) -> None:
    tables = {"dataset": "max_tokens = 512", "model": "context = 512", "pretrain": "tokens = 1"}
    path = tmp_path / "bad.toml"

    def write(tables: dict[str, str]) -> None:
        path.write_text('name = "a"\n' + "".join(f"[{name}]\n{text}\n" for name, text in tables.items()))

    write(tables)
    config.load(path)  # nothing else is wrong with it
    key = line.split()[0]
    write(tables | {section: line if tables[section].startswith(f"{key} ") else f"{tables[section]}\n{line}"})
    with pytest.raises(InputError, match=rf"bad\.toml: \[{section}\] {message}") as caught:
        config.load(path)
    assert "\n" not in str(caught.value)


def test_no_record_is_longer_than_the_longest_batch(tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('name = "a"\n[dataset]\nmax_tokens = 2049\n[model]\ncontext = 4096\n[pretrain]\ntokens = 1')
    with pytest.raises(InputError, match="max_tokens must be at most 2048"):
        config.load(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('name = "a"', r"at least one \[\[source\]\]"),
        ('name = "a"\n[source]\nkind = "drill"', r"at least one \[\[source\]\]"),
        ('name = "a"\n[[source]]\nshare = 1', "needs a kind"),
        ('name = "a"\n[[source]]\nkind = "drill"\nshar = 1', r"\[\[source\]\] 1 unknown key 'shar'"),
        ('name = "a"\nrow = 3\n[[source]]\nkind = "drill"', "unknown key 'row'"),
        ('[[source]]\nkind = "drill"', "needs a name"),
        ('name = "a"\nsource = [3]', "must be a table"),
        ('name = "a"\nrows = 3\nparts = 4\n[[source]]\nkind = "drill"', "no part is without rows"),
        ('name = "a"\nstyle = "prose"\n[[source]]\nkind = "drill"', "style is tagged or chat"),
        ('name = "a"\nnarrative = "prose"\n[[source]]\nkind = "drill"', "only the chat style"),
        ('name = "a"\nworkings = "spelt"\n[[source]]\nkind = "drill"', "workings must be one of plain, spelled"),
        (
            'name = "a"\nstyle = "chat"\nnarrative = "prose"\nworkings = "spelled"\n[[source]]\nkind = "drill"',
            "spelled in compact narratives alone",
        ),
        ('name = "a"\ntest = 0.6\nvalidation = 0.6\n[[source]]\nkind = "drill"', "shares of 1"),
        ('name = "a"\n[[source]]\nkind = "drill"\npredict = 0', "no task"),
        ('name = "a"\n[[source]]\nkind = "drill"\nshare = nan', "no share"),
        ('name = "a"\n[[source]]\nkind = "drill"\nshare = inf', "no share"),
        ('name = "a"\n[[source]]\nkind = "drill"\nwrong = 1.5', "between 0 and 1"),
        ('name = "a"\n[[source]]\nkind = "drill"\nsolutions = 0', "at least 1 solution"),
        ('name = "a"\n[[source]]\nkind = "drill"\nhidden = 1', "2 hidden ones"),
        ('name = "a"\n[[source]]\nkind = "drill"\nwording = "poor"', "wording is plain or rich"),
    ],
)
def test_a_bad_data_set_is_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        config.load_data(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"at least one \[\[source\]\]"),
        ('rows = 3\n[[source]]\nkind = "drill"', "unknown key 'rows'"),
        ('max_chars = 0\n[[source]]\nkind = "drill"', "at least 1"),
        ('raising = 2\n[[source]]\nkind = "drill"', "a share of 1"),
        ('[[source]]\nkind = "drill"\nshare = 0', "no share"),
    ],
)
def test_bad_runs_to_explain_are_refused_by_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f'name = "a"\n{text}')
    with pytest.raises(InputError, match=message) as caught:
        config.load_explain(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("kind", ["spelt", ""])
def test_workings_are_of_a_known_kind(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "c.toml"
    path.write_text(f'name = "a"\n[dataset]\nworkings = "{kind}"\n[pretrain]\ntokens = 1')
    with pytest.raises(InputError, match="workings must be one of plain, spelled"):
        config.load(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such configuration"):
        config.load(tmp_path / "none.toml")


def test_an_int_is_a_float_where_a_float_is_wanted(tmp_path: Path) -> None:
    path = tmp_path / "c.toml"
    path.write_text('name = "a"\n[pretrain]\nseconds = 5')
    assert config.load(path).pretrain.seconds == 5.0


def test_the_digest_tells_configurations_apart(tmp_path: Path) -> None:
    paths = [tmp_path / "a.toml", tmp_path / "b.toml", tmp_path / "c.toml"]
    for path, tokens in zip(paths, (1, 2, 1), strict=True):
        path.write_text(f'name = "a"\n[pretrain]\ntokens = {tokens}')
    first, second, third = (config.digest(config.load(path)) for path in paths)
    assert first == third != second
