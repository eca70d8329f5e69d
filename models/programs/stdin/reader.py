"""What programs do with lines and words, on the values of `things`: each use says more of what the lines hold."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from models.programs.stdin.lines import MOST, Line, Text, Word
from models.programs.stdin.things import NEXT, UNKNOWN, Computed, Letters, Lines, Named, Number, Stream, Words

FARTHEST = 4 * MOST
"""Lines or words of the input that an index reaches."""
SAME_TEXT = {"strip", "rstrip", "lstrip", "decode", "encode", "replace", "removesuffix", "removeprefix"}
"""Methods whose result is as good as the line itself."""
CASES = {"lower", "upper", "title", "swapcase", "casefold", "capitalize"}
Order = Callable[[Any, Any], bool]
FLIPPED: dict[Order, Order] = {
    operator.lt: operator.gt, operator.gt: operator.lt, operator.le: operator.ge, operator.ge: operator.le,
}  # fmt: skip


class Reader:
    """Takes lines from a `Text` and says what is in them."""

    def __init__(self, text: Text, rng: Random) -> None:
        self.text = text
        self.rng = rng
        self.loops = 0
        """Loops that are open."""

    def line(self) -> Line:
        """The next line of the input."""
        return self.text.line(self.loops > 0)

    def line_of(self, lines: Lines, at: int) -> Line:
        """A line by its place; those before it come to be with it."""
        while len(lines.found) <= lines.start + at:
            lines.found.append(self.line())
        return lines.found[lines.start + at]

    def word_of(self, stream: Stream, at: int) -> Any:
        """A word of the input by its place; those before it come to be with it."""
        while len(stream.found) <= at:
            stream.found.append(self.line().rest)
        word = stream.found[at]
        word.kind = stream.kind or word.kind
        return Number(word) if stream.kind else word

    def taken(self, item: Any) -> Any:
        """An item of a loop, read now if it is the next line."""
        return self.line() if item is NEXT else item

    def many(self) -> int:
        """How many lines or words follow where nothing but the first line may say it."""
        first = self.text.lines[0] if self.text.lines else None
        if first is not None and not first.split and first.rest.kind == "int" and self.rng.random() < 0.8:
            return min(MOST, max(1, self.text.number(first.rest, True)))
        return self.rng.randint(1, 4)

    def items(self, of: Any, reads: bool) -> list[Any]:
        """What a loop goes over; `reads` if it reads itself, so that it matters how often."""
        match of:
            case range() | list() | tuple() | str():
                return list(of[:MOST])
            case Named(name="stdin"):
                return [NEXT] * self.many()
            case Lines():
                return [self.line_of(of, at) for at in range(self.many())]
            case Stream():
                return [self.word_of(of, of.start + at) for at in range(self.many())]
            case Words():
                of.line.free = True
                words = [of.line.word(of.start + at) for at in range(self.many())] if reads else [of.line.rest]
                return [_as_read(word) for word in words]
        return [UNKNOWN]

    def unpacked(self, value: Any, count: int, star: int | None) -> list[Any]:
        """A value for each of `count` targets; the one at `star` takes what is left."""
        match value:
            case Words():
                value.line.free, value.line.fixed = True, value.line.fixed or star is None
                found = [_as_read(value.line.word(value.start + at)) for at in range(count)]
                return [Words(value.line, value.start + at) if at == star else found[at] for at in range(count)]
            case Stream():
                words = [self.word_of(value, value.start + at) for at in range(count if star is None else star)]
                if star is not None:
                    rest = Stream(value.found, value.kind, value.start + star)
                    self.items(rest, True)
                    words += [rest, *([UNKNOWN] * (count - star - 1))]
                return words
            case (Line() as line) | Letters(line=line) if star is None:
                line.length, line.rest.kind = count, line.rest.kind or "text"
            case list() if star is None and len(value) == count:
                return value
        return [UNKNOWN] * count

    def at(self, of: Any, place: int) -> Any:
        """An item by its place."""
        match of:
            case Words() if place < 0:
                of.line.free = True
                return _as_read(of.line.rest)
            case Words() if place < MOST:
                return _as_read(of.line.word(of.start + place))
            case Stream() if 0 <= place < FARTHEST:
                return self.word_of(of, of.start + place)
            case Lines() if 0 <= place < FARTHEST:
                return self.line_of(of, place)
            case Line():
                self.letters(of)
            case list() if -len(of) <= place < len(of):
                return of[place]
        return UNKNOWN

    def part(self, of: Any, low: int | None, high: int | None) -> Any:
        """A slice, from `low` up to `high`."""
        start = max(0, low or 0)
        match of:
            case Words():
                of.line.free = True
                return Words(of.line, of.start + start)
            case Lines():
                return Lines(of.found, of.start + start)
            case Stream():
                out = Stream(of.found, of.kind, of.start + start)
                for at in range(self.many() if high is None else max(0, min(MOST, high - start))):
                    self.word_of(out, out.start + at)
                return out
            case Line() if low is None and high == -1:  # only takes the newline away
                return of
        return UNKNOWN

    def letters(self, line: Line) -> Letters:
        """Something is made of the characters of a line."""
        line.rest.kind = line.rest.kind or "text"
        return Letters(line)

    def following(self, of: Any) -> Any:
        """What `next` gives."""
        match of:
            case Stream():
                of.at += 1
                return self.word_of(of, of.start + of.at - 1)
            case Lines():
                of.start += 1
                return self.line_of(of, -1)
            case Named(name="stdin"):
                return self.line()
        return UNKNOWN

    def numbered(self, value: Any, kind: str) -> Any:
        """A word or line that is made a number."""
        match value:
            case Line():
                value.rest.kind = kind
                return Number(value.rest)
            case Word():
                value.kind = "digits" if value.kind == "digits" else kind
                return Number(value)
            case str():
                return int(value) if value.isdecimal() and len(value) < 10 else UNKNOWN
            case int() | Number() | Computed():
                return value
        return UNKNOWN

    def mapped(self, apply: Callable[[Any], Any], of: Any) -> Any:
        """`map(apply, of)`: what is done to one word is done to each."""
        match of:
            case Named(name="stdin" | "all") | Lines():
                lines = of if isinstance(of, Lines) else Lines([])
                return [apply(line) for line in self.items(lines, True)]
            case Words():
                of.line.free = True
                made = apply(of.line.rest)
                of.line.read_as(of.line.rest.kind)
                return of if isinstance(made, Number | Word) else UNKNOWN
            case Line():
                word = Word()
                apply(word)
                of.rest.kind = "digits" if word.kind == "int" else of.rest.kind or "text"
                return Letters(of)
            case Stream():
                word = Word()
                apply(word)
                return Stream(of.found, word.kind, of.start, of.at)
            case list():
                return [apply(item) for item in of]
        return UNKNOWN

    def method(self, of: Any, name: str, given: Sequence[Any]) -> Any:
        """What a method of a value from the input gives."""
        separator = given[0] if given and isinstance(given[0], str) and given[0] else None
        match of:
            case Named(name="all") if name == "splitlines" or (name == "split" and separator == "\n"):
                return Lines([])
            case Named(name="all") if name == "split":
                return Stream([])
            case Named(name="all") | Line() | Word() if name in SAME_TEXT:
                return of
            case Line() if name == "split":
                of.split, of.separator = True, separator or " "
                return Words(of)
            case Line() | Word():
                word = of.rest if isinstance(of, Line) else of
                word.kind = word.kind or "text"
                return of if name in CASES else UNKNOWN
            case list() if name == "append" and given and len(of) < MOST:
                of.append(given[0])
        return of if name == "copy" else UNKNOWN

    def looked_up(self, value: Any) -> None:
        """A line or word is a key of something: it is like the texts that the program itself has."""
        if isinstance(value, Line | Word):
            word = value.rest if isinstance(value, Line) else value
            word.kind = word.kind or "command"

    def count(self, value: Any) -> int | None:
        """A number that says how often, drawn now if need be; None where it is unknown."""
        if isinstance(value, Number):
            return self.text.number(value.word, True)
        if isinstance(value, Computed):
            left, right = self.count(value.left), self.count(value.right)
            try:
                return None if left is None or right is None else value.of(left, right)
            except ArithmeticError:
                return None
        return value if isinstance(value, int) and abs(value) < 10**9 else None

    def compared(self, order: Order, left: Any, right: Any, wanted: bool) -> bool:
        """How a comparison turns out: as wanted where that is open; what is compared is drawn so that it does."""
        if isinstance(left, int | str) and isinstance(right, Number | Word | Line):
            return self.compared(FLIPPED.get(order, order), right, left, wanted)
        if isinstance(left, Words) and isinstance(right, list) and len(right) == 1:
            left, right = self.at(left, 0), right[0]
        if not isinstance(right, int | str):
            return wanted
        word = left.word if isinstance(left, Number) else left.rest if isinstance(left, Line) else left
        if isinstance(word, Word):
            return self._text(word, order, right, wanted) if isinstance(right, str) else self._number(
                word, order, right, wanted
            )  # fmt: skip
        if isinstance(left, Computed):
            left = self.count(left)
        return order(left, right) if type(left) is type(right) else wanted

    def _text(self, word: Word, order: Order, right: str, wanted: bool) -> bool:
        if word.made is not None:
            return order(word.made, right)
        word.kind = "command"
        if wanted == order(right, right):
            word.made = right.rstrip("\n")
        else:
            word.avoided.add(right)
        return wanted

    def _number(self, word: Word, order: Order, right: int, wanted: bool) -> bool:
        if word.made is None:
            steps = (0, 1, -1, self.rng.randint(2, 9), -self.rng.randint(2, 9))
            near = [right + step for step in steps if order(right + step, right) == wanted]
            word.made = str(self.rng.choice([number for number in near if number > 0] or near))
        return order(self.text.number(word), right)


def _as_read(word: Word) -> Any:
    """A word as the number that it was made, or as it is."""
    return Number(word) if word.kind in ("int", "float") else word
