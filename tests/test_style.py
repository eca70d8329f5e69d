"""Size limits: a file is one idea, a function one thought. The aims are 200 and 40 lines; these are the hard ends."""

from __future__ import annotations

import ast

from tests.sources import Sources, project_sources

FILE_LINES = 350
FUNCTION_LINES = 60
TRAINING_LOOP_LINES = 80


def violations(sources: Sources) -> list[str]:
    """Files and functions that are too long."""
    found = [
        f"{module} has {source.count(chr(10))} lines"
        for module, source in sources.items()
        if source.count("\n") > FILE_LINES
    ]
    for module, source in sources.items():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > (TRAINING_LOOP_LINES if _is_training_loop(module, node.name) else FUNCTION_LINES):
                    found.append(f"{module}.{node.name} has {length} lines")
    return found


def _is_training_loop(module: str, name: str) -> bool:
    return module.startswith("models.") and name == "train"


def test_no_file_or_function_is_too_long() -> None:
    assert violations(project_sources(("app", "workers", "models", "bench", "deploy", "tests"))) == []


def test_too_long_is_found() -> None:
    def function(lines: int) -> str:
        return "def train():\n" + "    pass\n" * (lines - 1)

    assert violations({"workers.a": "\n" * 351}) == ["workers.a has 351 lines"]
    assert violations({"workers.a": function(60), "models.sft.loop": function(80)}) == []
    assert violations({"workers.a": function(61)}) == ["workers.a.train has 61 lines"]
    assert violations({"models.sft.loop": function(81)}) == ["models.sft.loop.train has 81 lines"]
