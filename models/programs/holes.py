"""Holes of a template, filled until none is left: what fills one may have holes of its own."""

from __future__ import annotations

import re
from collections.abc import Callable


def until_none_is_left(template: str, hole: re.Pattern[str], fill: Callable[[re.Match[str]], str]) -> str:
    """The template with every hole filled; what `fill` gives back as it was is none."""
    while (filled := hole.sub(fill, template)) != template:
        template = filled
    return filled
