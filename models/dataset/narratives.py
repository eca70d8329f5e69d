"""How narratives of this project's own are called, in the rows of a data set, its manifest and those of models."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from models.config import NARRATIVES, DataConfig

OWN = (*NARRATIVES.values(), "prose")
"""Beside these are rows in a model's words (`models.dataset.journals`)."""


def style(config: DataConfig) -> str:
    """The style of the narratives of a configuration."""
    return NARRATIVES[config.workings] if config.narrative == "compact" else config.narrative


def told(manifest: Mapping[str, Any]) -> str:
    """The style of the narratives in a finished data set; empty where none is of the project's own.

    Raises KeyError, TypeError for the manifest of something else.
    """
    counted = manifest["narratives"] if "narratives" in manifest else [manifest["config"]["narrative"]]
    return next((name for name in OWN if name in counted), "")
