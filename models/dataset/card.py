"""The data card: a README in the data folder that says what is in it, in Hugging Face's layout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from models.config import DataConfig
from models.dataset.journals import NARRATIVE
from models.dataset.merge import SPLITS
from models.dataset.schema import COLUMNS
from models.dataset.stats import Stats, quantile, text
from workers.pipeline.types import Verdict

EXAMPLE_CHARS = 2500


def card(config: DataConfig, facts: dict[str, Any], stats: Stats, plots: Sequence[str]) -> str:
    """The text of README.md."""
    present = [split for split in SPLITS if any(key[2] == split for key in stats.rows)]
    files = "".join(f"  - split: {split}\n    path: data/{split}-*.parquet\n" for split in present)
    return "\n\n".join((
        f"---\nconfigs:\n- config_name: default\n  data_files:\n{files}---",
        f"# {config.name}",
        f"{facts['rows']:,} tasks about small Python programs, prompt style `{config.style}`. {_narratives(facts)} "
        f"Made by `python -m models.dataset`, a function of its configuration (`{facts['config_hash'][:12]}` in "
        "`manifest.json`, with checksums and the reason for everything that was dropped).",
        "## Rows", _rows(stats),
        "## Figures", _figures(stats),
        "\n\n".join(f"![{name.removesuffix('.png')}](plots/{name})" for name in plots),
        "## How runs end", _outcomes(stats),
        "## Wrong programs", _wrong(stats), *_verdicts(stats),
        f"## Operations\n\nShare of the first {stats.programs:,} programs that hold them.", _operations(stats),
        "## Dropped", _dropped(facts["dropped"]),
        "## Columns", _columns(config),
        "## Examples", *(_example(row) for row in stats.examples.values()),
    )) + "\n"  # fmt: skip


def _narratives(facts: dict[str, Any]) -> str:
    """What tells the runs, and how far that is true: of a model's words only some are checked."""
    told = ", ".join(f"`{name}` ({count:,} rows)" for name, count in facts["narratives"].items()) or "none"
    if "spelled" in facts["narratives"]:
        told += "; `spelled` ones count, search and do long arithmetic in small steps"
    if "stepped" in facts["narratives"]:
        told += "; `stepped` ones do so, cut and join in small steps too, and say where loops are"
    text = f"Narratives: {told}. Every output and exception was observed in a real run, and so was every value told"
    if NARRATIVE not in facts["narratives"]:
        return f"{text}."
    return (
        f"{text} by the project's own narratives. `{NARRATIVE}` rows are in a model's words: of those, the values that "
        "are given to variables as literals were checked (`models.narrative.claims`)."
    )


def _table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _rows(stats: Stats) -> str:
    pairs = sorted({(origin, task) for origin, task, _ in stats.rows})
    body: list[list[object]] = [[*pair, *(f"{stats.rows[(*pair, split)]:,}" for split in SPLITS)] for pair in pairs]
    body.append(["all", "", *(f"{sum(n for k, n in stats.rows.items() if k[2] == s):,}" for s in SPLITS)])
    return _table(("origin", "task", *SPLITS), body)


def _figures(stats: Stats) -> str:
    measured = {
        "characters of a prompt": stats.prompts, "characters of a completion": stats.completions,
        "lines of a program": stats.lines, "steps of a run": stats.steps,
        "solutions of a problem": list(stats.solutions.values()), "tests of a problem": stats.tests,
    }  # fmt: skip
    head = ("", "median", "90 %", "99 %", "longest")
    return _table(head, [(name, *(f"{quantile(v, q):,}" for q in (0.5, 0.9, 0.99, 1))) for name, v in measured.items()])


def _outcomes(stats: Stats) -> str:
    total, kinds = sum(stats.outcomes.values()), Counter[str]()
    for (_, kind), count in stats.outcomes.items():
        kinds[kind] += count
    raising = sum(count for kind, count in kinds.items() if kind.startswith("raises"))
    ordered = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    shares = _table(("outcome", "rows", "share"), [(k, f"{n:,}", _share(n, total)) for k, n in ordered])
    return f"{_share(raising, total)} of {total:,} runs end in an exception.\n\n{shares}"


def _wrong(stats: Stats) -> str:
    totals, wrong, slips = Counter[str](), Counter[str](), Counter[str]()
    for (_, task, _), count in stats.rows.items():
        totals[task] += count
    for (slip, task), count in stats.slips.items():
        wrong[task] += count
        slips[slip] += count
    told = (
        f"{_share(wrong['predict'], totals['predict'])} of the predicted programs are wrong; "
        f"{_share(wrong['fix'], totals['fix'])} of those to repair are, the other {stats.alarms:,} are false alarms. "
        "A test tells each of them from a right program."
    )
    judged = [task for task in ("predict", "fix", "verify") if task != "verify" or stats.verdicts]
    ordered = sorted(slips.items(), key=lambda item: (-item[1], item[0]))
    body = [
        (slip, *(f"{stats.slips[slip, task]:,}" for task in judged), _share(count, wrong.total()))
        for slip, count in ordered
    ]
    return f"{told}\n\n" + _table(("slip", *judged, "share"), body) if body else "None."


def _verdicts(stats: Stats) -> list[str]:
    """How often a right and a wrong program passes its test; nothing where none is judged."""
    found = stats.verdicts
    if not found:
        return []
    kinds = (Verdict.PASS, Verdict.FAIL)
    body = [
        (name, *(f"{found[right, kind]:,}" for kind in kinds)) for name, right in (("right", True), ("wrong", False))
    ]
    return ["## Verdicts", _table(("program", *kinds), body)]


def _operations(stats: Stats) -> str:
    ordered = sorted(stats.operations.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"`{name}` {_share(count, stats.programs)}" for name, count in ordered)


def _dropped(dropped: dict[str, dict[str, int]]) -> str:
    rows = [(source, reason, f"{n:,}") for source, reasons in dropped.items() for reason, n in reasons.items()]
    return _table(("source", "reason", "drafts"), rows) if rows else "Nothing."


def _share(count: int, total: int) -> str:
    return f"{100 * count / max(1, total):.1f} %"


def _columns(config: DataConfig) -> str:
    return _table(("column", "type", "meaning"), [(n, _kind(k, config), m) for n, (k, m) in COLUMNS.items()])


def _kind(kind: str, config: DataConfig) -> str:
    prompt = "list of {role, content}" if config.style == "chat" else "string"
    return kind.replace("prompt", prompt).replace("tests", "list of {input, output, public, edge}")


def _example(row: dict[str, Any]) -> str:
    body = f"{text(row['prompt'])}\n\n--- completion ---\n\n{text(row['completion'])}"
    shown = body if len(body) <= EXAMPLE_CHARS else body[:EXAMPLE_CHARS] + " …"
    return f"`{row['task']}`, from `{row['origin']}`:\n\n~~~~~~text\n{shown}\n~~~~~~"
