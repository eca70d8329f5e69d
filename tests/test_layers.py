"""The import rules: who may know whom, and that the import graph has no cycle. Proven on bad trees as well."""

from __future__ import annotations

import sys
from graphlib import CycleError, TopologicalSorter

import pytest

from tests.sources import PACKAGES, Sources, imports, project_sources

APP_MAY_SEE = {"workers.pipeline.types", "workers.pipeline.config", "workers.pipeline.errors", "workers.wire"}
"""What `app` knows of `workers`: the vocabulary, and names shared between processes. Jobs go by dotted name."""

STAGES_MAY_SEE: dict[str, set[str]] = {
    "sandbox": set(),
    "trace": {"sandbox"},
    "programs": {"sandbox", "trace"},
    "narrative": {"sandbox", "trace", "programs"},
    "dataset": {"sandbox", "trace", "programs", "narrative"},
    "pretrain": {"sandbox", "trace", "programs", "narrative", "dataset", "checkpoint", "lineage", "training"},
    "training": {"dataset", "lineage"},
    "sft": {"sandbox", "trace", "programs", "narrative", "dataset", "checkpoint", "lineage", "training"},
    "rl": {"sandbox", "trace", "programs", "dataset", "checkpoint", "lineage", "training"},
    "eval": {"sandbox", "trace", "programs", "narrative", "dataset", "checkpoint"},
    "ablate": {
        "sandbox", "trace", "programs", "narrative", "dataset", "pretrain", "training", "rl", "eval", "export",
        "checkpoint", "lineage",
    },
    "export": {"pretrain", "checkpoint", "lineage", "training"},
    "lineage": {"checkpoint"},
    "checkpoint": set(),
    "config": set(),
    "toml": set(),
}
"""Inside `models`: each stage and the others it may import. `config` and `toml`, how files are read, all may see."""
COMMANDS_MAY_SEE = {"models.narrative.__main__": {"dataset"}}
"""A command puts stages together, and nobody imports it: what runs are to be explained is drawn as data sets are."""

SERVING_NEVER = {"torch", "transformers", "trl", "vllm", "accelerate"}
PURE_CORE_MAY_SEE = {"httpx"} | set(sys.stdlib_module_names)
STDLIB_ONLY = {"workers.wire"}
KNOW_RQ = {"app.queue", "workers.events", "workers.jobs", "workers.main", "workers.reaper", "workers.worker"}


def violations(sources: Sources) -> list[str]:
    """Every import that breaks a rule, one line each."""
    modules = frozenset(sources)
    found = []
    for module, source in sources.items():
        for target, line in imports(module, source, modules):
            reason = _forbidden(module, target)
            if reason:
                found.append(f"{module}:{line} imports {target}: {reason}")
    return found


def _forbidden(module: str, target: str) -> str | None:
    """Why `module` must not import `target`, or None."""
    top = target.partition(".")[0]
    if top in PACKAGES:
        return _between_packages(module, target) or _between_stages(module, target)
    return _outside(module, top)


def _between_packages(module: str, target: str) -> str | None:
    package, other = module.partition(".")[0], target.partition(".")[0]
    if module.startswith("workers.pipeline") and not _within(target, "workers.pipeline"):
        return "the pure core knows only itself"
    if module in STDLIB_ONLY:
        return "shared names need nothing but the standard library"
    if package == other:
        return None
    if package == "app":
        return None if target in APP_MAY_SEE else "app sees only the vocabulary and the shared names"
    if package == "models":
        return None if _within(target, "workers.pipeline") else "models sees only the pure core"
    return "workers sees neither app nor models"


def _between_stages(module: str, target: str) -> str | None:
    if not (module.startswith("models.") and target.startswith("models.")):
        return None
    stage, other = module.split(".")[1], target.split(".")[1]
    if stage not in STAGES_MAY_SEE or other not in STAGES_MAY_SEE:
        return "not a stage that the table knows"
    allowed = {stage, "config", "toml"} | STAGES_MAY_SEE[stage] | COMMANDS_MAY_SEE.get(module, set())
    return None if other in allowed else f"{stage} comes before {other}"


def _outside(module: str, top: str) -> str | None:
    if module.partition(".")[0] != "models" and top in SERVING_NEVER:
        return "serving works without training libraries"
    if module.startswith("workers.pipeline") and top not in PURE_CORE_MAY_SEE:
        return "the pure core needs only the standard library and httpx"
    if module in STDLIB_ONLY and top not in sys.stdlib_module_names:
        return "shared names need nothing but the standard library"
    if top == "rq" and module not in KNOW_RQ:
        return "RQ is known in its own few files"
    return None


def _within(target: str, package: str) -> bool:
    return target == package or target.startswith(f"{package}.")


def cycle(sources: Sources) -> list[str] | None:
    """The modules of one import cycle, or None where the graph is a tree."""
    modules = frozenset(sources)
    graph = {
        module: {target for target, _ in imports(module, source, modules) if target in modules}
        for module, source in sources.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return list(error.args[1])
    return None


def test_every_import_of_the_project_is_allowed() -> None:
    sources = project_sources()
    assert {"app.main", "workers.pipeline.types"} <= sources.keys()
    assert violations(sources) == []


def test_the_import_graph_has_no_cycle() -> None:
    assert cycle(project_sources()) is None


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app.queue", "import workers.jobs"),
        ("app.main", "from workers.pipeline import solve"),
        ("app.main", "from models.eval import grade"),
        ("app.routes.jobs", "import rq"),
        ("workers.engine", "import models"),
        ("workers.engine", "import torch.nn as nn"),
        ("workers.cli", "from app.schemas import Job"),
        ("workers.cli", "def late():\n    from app import main"),
        ("workers.jobs", "from ..app import main"),
        ("workers.wire", "import httpx"),
        ("workers.wire", "from workers.pipeline.types import Problem"),
        ("workers.pipeline.solve", "import redis"),
        ("workers.pipeline.solve", "from workers import engine"),
        ("workers.pipeline.prompts.chat", "from ... import engine"),
        ("models.eval", "from workers.engine import load"),
        ("models.trace.events", "from models.narrative import compact"),
        ("models.narrative.journal", "from models.dataset import part"),
        ("models.pretrain.loop", "from models.sft import loop"),
        ("models.rl.loop", "from models.pretrain import loop"),
        ("models.utils", "from models.trace import events"),
    ],
)
def test_a_forbidden_import_is_found(module: str, source: str) -> None:
    known = ("workers.engine", "workers.pipeline.solve", "models.narrative.compact", "app.main")
    assert len(violations({**dict.fromkeys(known, ""), module: source})) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("app.deps", "from workers.pipeline.types import Problem\nfrom workers import wire"),
        ("app.queue", "from rq import Queue"),
        ("workers.jobs", "from workers.pipeline import solve\nimport rq"),
        ("workers.pipeline.openai", "import asyncio, httpx\nfrom workers.pipeline.types import Prompt"),
        ("models.narrative.__main__", "from models.dataset import part"),
        ("models.dataset.records", "import torch\nfrom models.trace import events\nfrom workers.pipeline import parse"),
    ],
)
def test_an_allowed_import_passes(module: str, source: str) -> None:
    known = ("workers.wire", "workers.pipeline.solve", "workers.pipeline.parse", "models.trace.events")
    assert violations({**dict.fromkeys(known, ""), module: source}) == []


def test_a_cycle_is_found_also_through_a_late_import() -> None:
    tree = {"workers.a": "from workers import b", "workers.b": "def f():\n    import workers.c", "workers.c": ""}
    assert cycle(tree) is None
    assert cycle({**tree, "workers.c": "from workers.a import x"}) is not None


def test_a_package_that_imports_its_own_user_is_a_cycle() -> None:
    tree = {"workers.p": "from .q import x", "workers.p.q": "from workers.p import y"}
    assert cycle(tree) is not None
