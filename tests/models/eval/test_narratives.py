"""Narratives beside the true runs: what a person reads of where they go wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.eval import narratives
from models.narrative.compact import narrate
from models.trace.tracer import trace
from workers.pipeline.errors import InputError

CODE = "def f(s):  # a comment\n    n = len(s)\n    return n+1"
LAID = "def f(s):\n    n = len(s)\n    return n + 1"
ROWS = [{"id": name, "code": CODE, "input": '"abc"', "output": "4"} for name in ("true", "wrong", "lucky", "absent")]
LOST = {"id": "lost", "code": "import time\ndef f(s):\n    return time.time()", "input": "'abc'", "output": "0"}


def results(tmp_path: Path, style: str) -> tuple[Path, Path]:
    """A results file with a true narrative, a wrong one, and a wrong one with the right outcome; and the data."""
    true = narrate(LAID, trace(LAID, "function", "f", "'abc'", workings=narratives.STYLES[style]))
    assert "3" in true
    told = {"true": (true, True), "wrong": (true.replace("n = 3", "n = 5"), False),
            "lucky": (true.replace("s = 'abc'", "s = 'abd'"), True), "lost": ("", False)}  # fmt: skip
    items = [{"id": name, "narrative": text, "right": right} for name, (text, right) in told.items()]
    out, data = tmp_path / "results.json", tmp_path / "cruxeval.jsonl"
    out.write_text(json.dumps({"about": {"narrative_style": style}, "cruxeval": {"items": items}}))
    data.write_text("".join(json.dumps(row) + "\n" for row in [*ROWS, LOST]))
    return out, data


@pytest.mark.parametrize("style", narratives.STYLES)
def test_each_narrative_is_laid_beside_its_run(
    tmp_path: Path, style: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out, data = results(tmp_path, style)
    page = tmp_path / "pages/faults.md"
    arguments = ["narratives", str(out), "--suite", "cruxeval", "--data", str(data), "--markdown", str(page)]
    monkeypatch.setattr("sys.argv", arguments)
    narratives.main()
    text = page.read_text()
    assert text.startswith("3 programs, 1 outcomes wrong; left out: 2")
    assert "- left out, not in the results: 1\n" in text
    kinds = {row.split(" | ")[0][2:]: row.split(" | ")[1:3] for row in text.splitlines() if row.startswith("| ")}
    assert kinds["arguments"] == ["0", "1"] and kinds["none"] == ["0", "1"]
    assert "| value | `len` | 1 | 0 |" in text
    assert "- `wrong` value len, step 2" in text and "n = 5" in text
    assert "`true`" not in text and "`lucky`" not in text
    monkeypatch.setattr("sys.argv", arguments[:-2])
    narratives.main()
    assert capsys.readouterr().out.strip() == text.strip()


@pytest.mark.parametrize(
    "wrong",
    [
        {}, {"about": {}}, {"about": {"narrative_style": "prose"}, "cruxeval": {"items": []}}, [],
        {"about": {"narrative_style": "compact"}, "cruxeval": {"items": [{"id": "a"}]}},
        {"about": {}, "cruxeval": {"items": []}},
    ],
)  # fmt: skip
def test_what_tells_no_lines_is_refused(tmp_path: Path, wrong: Any) -> None:
    (tmp_path / "results.json").write_text(json.dumps(wrong))
    with pytest.raises(InputError, match=r"results\.json"):
        narratives.load(tmp_path / "results.json", "cruxeval")


def test_results_of_other_items_and_a_page_nowhere_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, data = results(tmp_path, "compact")
    arguments = ["narratives", str(out), "--suite", "cruxeval", "--data", str(data)]
    data.write_text(json.dumps(ROWS[0] | {"id": "other"}) + "\n")
    monkeypatch.setattr("sys.argv", arguments)
    with pytest.raises(SystemExit, match="not those of the data"):
        narratives.main()
    data.write_text(json.dumps(ROWS[0]) + "\n")
    monkeypatch.setattr("sys.argv", [*arguments, "--markdown", "/proc/none/page.md"])
    with pytest.raises(SystemExit, match="error: "):
        narratives.main()
