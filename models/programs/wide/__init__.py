"""What `weighted` programs lack, and those: `frequencies = "wide"`.

Operations and shapes that the other generators draw seldom or never (`templates.toml`, `layers.toml`), on longer
values (`values`), under names that nobody has seen before (`names`). `names` also renames some of the weighted ones.
"""

from models.programs.wide.draw import ORIGIN, OWN, broad, probe, unseen

__all__ = ["ORIGIN", "OWN", "broad", "probe", "unseen"]
