"""Reads this project's own source for the structural tests: module names, syntax trees, imports. Judges nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGES = ("app", "workers", "models")

Sources = Mapping[str, str]
"""Dotted module name → source text. Packages are named without `__init__`."""


def project_sources(packages: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Every module of the named packages as it is on disk."""
    paths = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    return {module_name(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}


def module_name(path: Path) -> str:
    """`workers/pipeline/types.py` → `workers.pipeline.types`."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(module: str, source: str, modules: frozenset[str]) -> Iterator[tuple[str, int]]:
    """Each import anywhere in `source`, also inside functions, as (dotted name, line).

    `from x import y` names `x.y` where that is a module of the project, else `x`.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(module, node, modules)
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield full if full in modules else base, node.lineno


def _absolute(module: str, node: ast.ImportFrom, modules: frozenset[str]) -> str:
    """The module a `from` clause names, relative ones resolved."""
    if not node.level:
        return node.module or ""
    is_package = any(other.startswith(f"{module}.") for other in modules)
    parts = module.split(".")
    parents = parts[: len(parts) - node.level + is_package]
    return ".".join([*parents, *([node.module] if node.module else [])])
