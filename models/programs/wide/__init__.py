"""What `weighted` programs lack, and those: `frequencies = "wide"`.

Operations and shapes that the other generators draw seldom or never (`templates`, `layers.toml`), on longer values
(`values`), under names that nobody has seen before (`names`). `names` also renames some of the weighted ones, and one
program in four has a slip.
"""

from models.programs.wide.draw import ORIGIN, OWN, broad, probe, unseen
from models.programs.wide.slips import SLIPPED, SLIPS

__all__ = ["ORIGIN", "OWN", "SLIPPED", "SLIPS", "broad", "probe", "unseen"]
