"""Places in texts and lists, counted: what `stepped` workings tell of an index or a slice.

A text is copied in fives, each with where it ends, as far as these go; from there on every character is told with its
number until the number is the one that is looked for, so that nobody has to see how many are left. So is every item of
a list. From the end numbers are negative, and all is copied backwards:

    'hello world'[7]       'hello'5 5:' ' 6:'w' 7:'o'
    'hello world'[1]       0:'h' 1:'e'
    'hello world'[-2]      -1:'d' -2:'l'
    'hello world'[3:8]     0:'h' 1:'e' 2:'l' 3:'l' 4:'o' 5:' ' 6:'w' 7:'o' 8     up to where it is cut
    'hello world'[7:]      'hello'5 5:' ' 6:'w' 7:'orld'                         and the rest
    'hello world'[:-2]     -1:'d' -2:'l'
    'hello world'[2:-3]    0:'h' 1:'e' 2 -1:'d' -2:'l' -3:'r'
    [3, 1, 4, 1, 5][2:4]   0:3 1:1 2:4 3:1 4
    [3, 1, 4, 1, 5][-2]    -1:5 -2:1

Of what a run has told before, the five that holds the place is told again, not everything up to it: in a loop over
indices 5:' ' 6:'w' 7:'o' 8:'r' follows 5:' ' 6:'w' 7:'o'. A new five begins with the one before: ' worl'10 10:'d'.

The first and the last item are found without counting, and so is where everything after the first begins.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from models.trace import spelled
from models.trace.pieces import FEW, MANY, PIECE, Told, listed, short
from models.trace.values import plain, steady

AT_A_GLANCE = 1
"""A cut after so many items is not counted. From the end each is: a model that was not told them failed at most."""
Key = tuple[object, bool]


class Places:
    """Those of one run."""

    def __init__(self) -> None:
        self._known: dict[Key, int] = {}
        self._asked: list[tuple[Key, int]] = []

    def item(self, container: Any, index: Any) -> Told:
        """What is told of `container[index]`."""
        self._asked = []
        if type(container) not in spelled.ORDERED or not FEW < len(container) <= 2 * MANY:
            return None
        if type(index) is int:
            if -1 <= index <= 0 or plain(index) is None:
                return None
            return _short(self._walk(container, [index if index > 0 else -index - 1], index < 0, through=True))
        return _short(self._slice(container, index)) if _plain_slice(index) else spelled.item(container, index)

    def _slice(self, items: Any, index: slice) -> list[str]:
        cuts, back = spelled.ends(items, index)
        front = [cut for cut in cuts if cut > AT_A_GLANCE]
        out = self._walk(items, front, False) if front else []
        rest = steady(items[front[0] :]) if out and index.stop is None else None
        if rest is not None:
            out.append(f"{front[0]}:{rest}")
        elif out and not _five(out[-1]):
            out.append(str(front[-1]))
        return out + (self._walk(items, [cut - 1 for cut in back], True, through=True) if back else [])

    def _walk(self, items: Any, stops: Sequence[int], back: bool, through: bool = False) -> list[str]:
        """Items up to the last of some stops, or `through` it; each five that none of these is inside of at once."""
        reprs = listed(items)
        if reprs is None:
            return []
        key: Key = (items if type(items) is str else tuple(reprs), back)
        if back:
            items, reprs = items[::-1], reprs[::-1]
        end = min(stops[-1] + through, len(items))
        at = self._start(key, min(stops[0], len(items)), type(items) is str)
        self._asked.append((key, end))
        out: list[str] = []
        while at < end:
            if type(items) is str and _whole(at, end, stops):
                at += PIECE
                out.append(f"{items[at - PIECE : at]!r}{at}")
            else:
                out.append(f"{-at - 1 if back else at}:{reprs[at]}")
                at += 1
        return out

    def _start(self, key: Key, stop: int, text: bool) -> int:
        """Where to begin, of what was told before."""
        five, known = stop // PIECE * PIECE, self._known.get(key, 0)
        if known > five:
            return five
        return max(0, min(known, five) // PIECE * PIECE - PIECE) if text else 0

    def length(self, text: str) -> None:
        """All of a text is about to be told."""
        self._asked = [((text, False), len(text))]

    def settle(self, told: bool) -> None:
        """What was asked for last is told, or not."""
        for key, known in self._asked if told else ():
            self._known[key] = max(known, self._known.get(key, 0))
        self._asked = []


def _short(parts: Sequence[str]) -> Told:
    return short(" ".join(parts))


def _five(part: str) -> bool:
    """Whether a part is a five, which says itself where it ends."""
    return part[0] in "'\""


def _whole(at: int, end: int, stops: Collection[int]) -> bool:
    """Whether the next five characters are told at once."""
    return at % PIECE == 0 and at + PIECE <= end and not any(at < stop < at + PIECE for stop in stops)


def _plain_slice(index: Any) -> bool:
    """Whether it is one of every item between two places."""
    if type(index) is not slice or not all(cut is None or type(cut) is int for cut in (index.start, index.stop)):
        return False
    return index.step is None or (type(index.step) is int and index.step == 1)
