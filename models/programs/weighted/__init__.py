"""Programs as often, and on values as large, as strangers' small functions have them: `frequencies = "weighted"`.

What is drawn evenly from all templates has each operation; here the common ones are common (`probe`), what generators
overdo is thinned (`thin`), and values are longer than what is seen at a glance (`values`).
"""

from models.programs.weighted.probe import DOUBTFUL, ENDS
from models.programs.weighted.probe import draw as probe
from models.programs.weighted.thin import draw as broad

__all__ = ["DOUBTFUL", "ENDS", "broad", "probe"]
