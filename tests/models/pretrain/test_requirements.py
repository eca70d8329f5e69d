"""Pretraining needs four packages, so that it runs on a bare machine: no trainer, no service."""

from __future__ import annotations

import sys

from tests.sources import imports, project_sources

PACKAGES = {"numpy", "torch", "transformers", "tokenizers", "safetensors", "huggingface_hub"}
"""The last two come with transformers."""
COMMANDS = ("models.pretrain.__main__", "models.pretrain.prepare", "models.pretrain.export")


def test_what_its_commands_reach_needs_no_other_package() -> None:
    sources = project_sources()
    modules, seen, left, foreign = frozenset(sources), set[str](), [*COMMANDS], set[str]()
    while left:
        module = left.pop()
        seen.add(module)
        for target, _ in imports(module, sources[module], modules):
            if target not in modules:
                foreign.add(target.partition(".")[0])
            elif target not in seen:
                left.append(target)
    assert foreign - {"__future__"} <= PACKAGES | sys.stdlib_module_names, foreign
    assert {"torch", "transformers", "tokenizers", "numpy"} <= foreign
