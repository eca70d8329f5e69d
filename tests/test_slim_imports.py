"""Serving imports without the training libraries, whether they are installed or not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.sources import ROOT, project_sources

HEAVY = ("torch", "transformers", "trl", "vllm")
IMPORT_ALL = """
import importlib, json, sys
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded_by(modules: list[str], path: Path) -> set[str]:
    """Top-level names in `sys.modules` after a fresh interpreter imported `modules`; `path` is searched first."""
    command = [sys.executable, "-W", "error", "-c", IMPORT_ALL, json.dumps(modules)]
    environment = {"PYTHONPATH": f"{path}:{ROOT}", "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=environment, cwd=path, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout))


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder in which each heavy library can be imported, so that an import of it in a `try` cannot hide."""
    for name in HEAVY:
        (tmp_path / f"{name}.py").write_text("")
    return tmp_path


def test_serving_imports_no_training_library(installed: Path) -> None:
    modules = list(project_sources(("app", "workers")))
    loaded = loaded_by(modules, installed)
    assert {"app", "workers", "fastapi", "rq", "httpx"} <= loaded
    assert loaded.isdisjoint(HEAVY)


def test_a_hidden_import_is_seen(installed: Path) -> None:
    (installed / "hidden.py").write_text("try:\n    import torch\nexcept ImportError:\n    pass\n")
    assert "torch" in loaded_by(["hidden"], installed)


def test_the_pure_core_loads_neither_service_nor_engine(tmp_path: Path) -> None:
    loaded = loaded_by(list(project_sources(("workers/pipeline",))), tmp_path)
    assert loaded.isdisjoint({"rq", "redis", "fastapi", "prometheus_client", "ctranslate2", "numpy", *HEAVY})
