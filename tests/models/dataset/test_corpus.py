"""Data sets from a corpus: what is wrong with a row is counted in the manifest, and the sandbox runs the rest."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from models.dataset import freeze, records, schema
from models.dataset.decontaminate import SYNTAX_TREE
from models.dataset.part import EXHAUSTED
from models.narrative.compact import narrate
from models.programs.alone import FOREIGN, OUTSIDE
from models.trace.tracer import trace
from workers.pipeline.prompts import tagged

ROOT = Path(__file__).parents[3]
GOOD = [
    {"id": f"g{n}", "code": f"def f(xs, k):\n    out = []\n    for x in xs:\n        if x {op} k:\n"
     f"            out.append(x * {n})\n    return out[:{n}] + [len(xs)]"}
    for n, op in enumerate((">", "<", "==", "!=", ">=", "<="), 2)
]  # fmt: skip
BAD: dict[str, str] = {
    "def f(x):\n    import random\n    return random.random() + len(x)": FOREIGN,
    "def f(x):\n    import time\n    return str(time.time_ns()) + str(x)": FOREIGN,
    "def f(x):\n    return str(id(x)) + 'a'": OUTSIDE,
    "def f(x):\n    from datetime import date\n    return str(date.today().year) + str(x)": OUTSIDE,
    "def f(x):\n    return list({str(i) + 'n' for i in range(9)})": "not deterministic",
    "def f(x):\n    for i in range(10 ** 9):\n        x = i": "too many steps",
    "def f(x):\n    return 'x' * 10 ** 7": "a value too long to tell",
    "def f(x):\n    raise FileNotFoundError(str(x))": "ends in an error of the system",
    "def f(x):\n    return x.no_such_thing + None": "no input fits",
}
BROKEN = [b"{", b"\xff\xfe\x00garbage", b'{"code": "def f(:"}']


def build(folder: Path, lines: list[bytes], **settings: Any) -> tuple[subprocess.CompletedProcess[str], Path]:
    (folder / "corpus.jsonl").write_bytes(b"\n".join(lines))
    values = {"rows": 10, "parts": 1, "same_program": 4, "raising": 1.0} | settings
    text = 'name = "c"\n' + "".join(f"{name} = {value}\n" for name, value in values.items())
    text += f'[[source]]\nkind = "corpus"\npath = "{folder / "corpus.jsonl"}"\n'
    (folder / "c.toml").write_text(text)
    out = folder / "out"
    command = [sys.executable, "-m", "models.dataset", "--config", str(folder / "c.toml"), "--out", str(out)]
    done = subprocess.run(
        [*command, "--processes", "1"], cwd=ROOT, capture_output=True, text=True, timeout=300, env=os.environ
    )
    return done, out


def test_every_row_is_told_or_counted_once_with_its_reason(tmp_path: Path) -> None:
    bad = [json.dumps({"code": code}).encode() for code in BAD]
    done, out = build(tmp_path, [*(json.dumps(row).encode() for row in GOOD), *bad, *BROKEN], rows=60, parts=2)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    reasons = Counter([*BAD.values(), "no JSON object", "no JSON object", "does not parse"])
    assert manifest["dropped"]["corpus"] == {**reasons, EXHAUSTED: 60 - len(GOOD)}
    assert list(manifest["versions"]["corpora"]) == [str(tmp_path / "corpus.jsonl")]
    rows = [row for path in sorted((out / "data").iterdir()) for row in schema.read(path).to_pylist()]
    assert sorted(row["group"] for row in rows) == [row["id"] for row in GOOD]
    assert {row["origin"] for row in rows} == {"corpus"}
    assert all(row["output"] is not None or row["raises"] for row in rows)


def test_each_input_of_a_program_is_used(tmp_path: Path) -> None:
    row = {"code": GOOD[0]["code"], "inputs": ["[1, 5], 2", "[9], 2", "[], 0"]}
    done, out = build(tmp_path, [json.dumps(row).encode()], rows=3)
    assert done.returncode == 0, done.stderr
    rows = [row for path in sorted((out / "data").iterdir()) for row in schema.read(path).to_pylist()]
    assert {row["input"] for row in rows} == {"[1, 5], 2", "[9], 2", "[], 0"}


def test_a_corpus_is_spelled_as_well_and_only_its_narratives_are_other_ones(tmp_path: Path) -> None:
    lines, tables = [json.dumps(row).encode() for row in [*GOOD, *({"code": code} for code in BAD)]], []
    for workings in ("plain", "spelled"):
        (tmp_path / workings).mkdir()
        done, out = build(tmp_path / workings, lines, rows=len(GOOD), workings=f'"{workings}"')
        assert done.returncode == 0, done.stderr
        rows = [row for path in sorted((out / "data").iterdir()) for row in schema.read(path).to_pylist()]
        tables.append(sorted(rows, key=lambda row: str(row["group"])))
        style = "compact" if workings == "plain" else workings
        assert json.loads((out / "manifest.json").read_text())["narratives"] == {style: len(GOOD)}
        assert f"Narratives: `{style}` ({len(GOOD)} rows)" in (out / "README.md").read_text()
    more = 0
    for plain, spelled in zip(*tables, strict=True):
        run = trace(spelled["program"], spelled["io"], spelled["entry_point"], spelled["input"], workings="spelled")
        told = narrate(spelled["program"], run) + records.outcome(run, spelled["io"]) + tagged.END
        assert spelled["completion"] == told
        more += told != plain["completion"]
        assert {name for name in spelled if spelled[name] != plain[name]} <= {"id", "completion", "narrative"}
    assert more > 1


STDIN = [
    "n = int(input())\nfor _ in range(n):\n    a, b = map(int, input().split())\n    print(a * b + 1)",
    "import sys\nfor line in sys.stdin:\n    word = line.strip()\n    print(word[::-1], len(word))",
    "while True:\n    n = int(input())\n    if n == 0:\n        break\n    print('even' if n % 2 == 0 else 'odd')",
    "total = 0\nfor k in range(5):\n    total += k * k\nprint('no input', total)",
]


def test_programs_that_read_standard_input_get_guesses_of_what_they_read(tmp_path: Path) -> None:
    misfit = {"code": "print(int(input()) + int('not a number'))"}
    done, out = build(tmp_path, [json.dumps(row).encode() for row in [*({"code": code} for code in STDIN), misfit]])
    assert done.returncode == 0, done.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["dropped"]["corpus"] == {"no input fits": 1, EXHAUSTED: 10 - len(STDIN)}
    rows = {row["program"]: row for path in sorted((out / "data").iterdir()) for row in schema.read(path).to_pylist()}
    assert set(rows) == set(STDIN)
    assert all(row["output"] and row["io"] == "stdio" for row in rows.values())
    count, *pairs = rows[STDIN[0]]["input"].splitlines()
    assert int(count) == len(pairs) == rows[STDIN[0]]["output"].count("\n")
    assert rows[STDIN[2]]["input"].endswith("\n0\n")
    assert rows[STDIN[3]]["input"] == ""


def test_a_corpus_of_nothing_but_broken_rows_ends_in_one_clear_error(tmp_path: Path) -> None:
    done, out = build(tmp_path, BROKEN)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1].startswith("error: no source gave a row; corpus: ")
    assert not (out / "manifest.json").exists()


def test_parts_without_a_row_are_no_fault_and_every_reason_is_counted(tmp_path: Path) -> None:
    lines = [b"no json", b"[1]", json.dumps(GOOD[0]).encode()]
    done, out = build(tmp_path, lines, rows=9, parts=3)
    assert done.returncode == 0, done.stderr
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["rows"] == 1
    assert sum(manifest["dropped"]["corpus"].values()) == 2 + 8


def test_what_is_close_to_an_evaluation_set_is_named(tmp_path: Path) -> None:
    known = next(row for row in freeze.load("predict") if row["io"] == "function" and row["output"] is not None)
    lines = [{"id": "mine", "code": known["code"], "inputs": [known["input"]]}, GOOD[0]]
    done, out = build(tmp_path, [json.dumps(line).encode() for line in lines], rows=2)
    assert done.returncode == 0, done.stderr
    [removed] = [json.loads(line) for line in (out / "removed.jsonl").read_text().splitlines()]
    assert (removed["source"], removed["group"]) == ("corpus", "mine")
    assert removed["reason"].startswith(SYNTAX_TREE)


def test_a_benchmark_given_as_a_corpus_gives_no_row(tmp_path: Path) -> None:
    benchmark = Path(os.environ.get("BENCHMARKS", ROOT.parent / "shared/data")) / "cruxeval_dev.jsonl"
    if not benchmark.exists():
        pytest.skip("no benchmark files here")
    rows = [json.loads(line) for line in benchmark.read_text().splitlines()[:40]]
    done, _ = build(tmp_path, [json.dumps({"code": r["code"], "inputs": [r["input"]]}).encode() for r in rows])
    assert (done.returncode, SYNTAX_TREE in done.stderr) == (1, True), done.stderr
