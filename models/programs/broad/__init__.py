"""Programs like those people write: idioms with typed holes, chained and renamed."""

from models.programs.broad.draw import draw

__all__ = ["draw"]
