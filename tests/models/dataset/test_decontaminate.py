"""Evaluation items are recognized from hashes alone, altered ones too, and what is merely alike is kept."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from models.dataset import decontaminate, freeze, records
from models.dataset.decontaminate import INDEX, N_GRAMS, SYNTAX_TREE, Decontaminator
from models.programs import broad, problems
from workers.pipeline.errors import InputError

ROOT = Path(__file__).parents[3]
BENCHMARKS = ROOT.parent / "shared/data"
needs_benchmarks = pytest.mark.skipif(not BENCHMARKS.exists(), reason="no ../shared/data beside the project")


@pytest.fixture(scope="module")
def known() -> Decontaminator:
    return Decontaminator.load()


def items(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (BENCHMARKS / f"{name}.jsonl").read_text().splitlines()]


def test_every_frozen_program_is_recognized(known: Decontaminator) -> None:
    for row in freeze.load("predict"):
        assert known.why(row["code"]) == f"{SYNTAX_TREE}: frozen"
    for row in freeze.load("solve"):
        assert known.why(row["reference_solution"]) == f"{SYNTAX_TREE}: frozen"


@needs_benchmarks
def test_the_index_is_that_of_the_benchmark_files(tmp_path: Path) -> None:
    decontaminate.index(decontaminate.rows(BENCHMARKS)).save(tmp_path / "index")
    assert (tmp_path / "index").read_bytes() == INDEX.read_bytes()
    assert INDEX.stat().st_size < 300_000


@needs_benchmarks
def test_benchmark_programs_are_recognized_with_other_names_and_literals(known: Decontaminator) -> None:
    for row in items("cruxeval_dev"):
        renamed = re.sub(r"\btext\b", "zz9", re.sub(r"\b\d\b", "5", row["code"]))
        assert (known.why(renamed) or "").startswith(SYNTAX_TREE), renamed


@needs_benchmarks
def test_a_benchmark_function_inside_another_program_is_found(known: Decontaminator) -> None:
    for row in items("mbpp_common_dev")[:100]:
        assert known.why(f"import sys\n\n{row['reference_solution']}\n\nprint('more', sys.argv)") is not None


@needs_benchmarks
def test_altered_programs_and_statements_are_found_by_their_n_grams(known: Decontaminator) -> None:
    found = 0
    rows = [row for row in items("humaneval_common_dev") if len(row["statement"].split()) > 50]
    for row in rows:
        found += (known.why("x = 1", "Please solve this. " + row["statement"] + " Thanks!") or "").startswith(N_GRAMS)
    assert found / len(rows) > 0.95


def test_problems_and_programs_of_our_own_mostly_stay(known: Decontaminator) -> None:
    rng = Random("kept")
    kept = 0
    for _ in range(300):
        stated = records.draw_stated(rng)
        kept += known.why(records.layout(problems.program(stated, rng)), stated.statement) is None
        kept += known.why(broad.draw(rng).code) is None
    assert kept / 600 > 0.9


def test_boilerplate_alone_is_no_contamination(known: Decontaminator) -> None:
    read = "n = int(input())\nnums = list(map(int, input().split()))\n"
    assert known.why(f"{read}window = nums[n:]\nprint(*window, n)") is None
    assert known.why("def (:") is None
    assert known.why("") is None


def test_a_missing_or_broken_index_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        Decontaminator.load(tmp_path / "none")
    (tmp_path / "broken").write_bytes(b"not gzip")
    with pytest.raises(InputError):
        Decontaminator.load(tmp_path / "broken")
    with pytest.raises(InputError, match="no benchmark files"):
        list(decontaminate.rows(tmp_path))


def test_the_index_holds_hashes_only() -> None:
    known = Decontaminator.load()
    assert len(known.trees) > 1000 and len(known.grams) > 10_000
    assert all(0 <= value < 2**64 for value in [*known.trees, *known.grams])
    assert {"frozen", "cruxeval", "humaneval_common", "mbpp_common"} <= {*known.trees.values()}


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "models.dataset.decontaminate", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip


def table(printed: str) -> dict[str, tuple[int, int]]:
    rows = [line.split() for line in printed.replace(",", "").splitlines()[1:-1]]
    return {name: (int(trees), int(grams)) for name, trees, grams in rows}


def test_the_report_names_every_set_and_how_much_is_known_of_it(known: Decontaminator) -> None:
    done = command("--report")
    assert done.returncode == 0, done.stderr
    found = table(done.stdout)
    assert set(found) == {*known.trees.values(), *known.grams.values(), "together"}
    assert found["together"] == (len(known.trees), len(known.grams))
    alone = [counts for name, counts in found.items() if name != "together"]
    assert tuple(map(sum, zip(*alone, strict=True))) == found["together"]
    assert found["cruxeval"][0] == 400 and found["frozen"][1] == 0
    assert not any("livecodebench" in name for name in found)  # as the module and docs/data say


OWN = {
    "question_content": " ".join(f"word{n} of a problem that nobody knows" for n in range(30)),
    "code": "def zigzag(rows, word):\n    return [word[i::rows] + str(i ** 3) for i in range(rows) if word[i:]]",
    "difficulty": 3, "tests": ["x"],
}  # fmt: skip


def test_a_set_of_ones_own_is_added_and_recognized(tmp_path: Path, known: Decontaminator) -> None:
    assert known.why(OWN["code"], OWN["question_content"]) is None  # type: ignore[arg-type]
    (tmp_path / "own_bench.jsonl").write_text(json.dumps(OWN) + "\n")
    (tmp_path / "index").write_bytes(INDEX.read_bytes())
    done = command("--add", "--benchmarks", str(tmp_path), "--index", str(tmp_path / "index"))
    assert done.returncode == 0, done.stderr
    more = Decontaminator.load(tmp_path / "index")
    assert set(more.trees) > set(known.trees) and set(more.grams) > set(known.grams)
    assert more.why("def f(a, b):\n    return [b[c::a] + str(c ** 9) for c in range(a) if b[c:]]") == (
        f"{SYNTAX_TREE}: own_bench"
    )
    assert more.why("x = 1", OWN["question_content"]) == f"{N_GRAMS}: own_bench"  # type: ignore[arg-type]
    alone = command("--write-index", "--benchmarks", str(tmp_path), "--index", str(tmp_path / "alone"))
    assert set(table(alone.stdout)) == {"frozen", "own_bench", "together"}


@pytest.mark.parametrize("line", ["{", "[1]", "\0"])
def test_a_broken_benchmark_file_is_an_error_and_the_index_stays(tmp_path: Path, line: str) -> None:
    (tmp_path / "bench.jsonl").write_text(json.dumps(OWN) + "\n" + line + "\n")
    (tmp_path / "index").write_bytes(INDEX.read_bytes())
    done = command("--add", "--benchmarks", str(tmp_path), "--index", str(tmp_path / "index"))
    assert (done.returncode, done.stderr.strip()) == (1, "error: bench.jsonl:2: no JSON object")
    assert (tmp_path / "index").read_bytes() == INDEX.read_bytes()
    assert command("--add").returncode == 2
    assert command().returncode == 2
