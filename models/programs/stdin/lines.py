"""Standard input that is not yet written down: lines whose words are drawn when something depends on them.

A program says little by little what a line holds: that it is split, that its second word is an integer, that it counts
the lines which follow. `Text` collects this while a program is walked (`models.programs.stdin.guess`), and writes the
lines in the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from models.programs.values import COMMON, LETTERS

MOST = 8
"""Lines that one count asks for, and words of a line, at most."""


@dataclass(slots=True)
class Word:
    """A word of a line, or a whole line that is not split."""

    kind: str = ""
    """What it is read as: `int`, `float`, `digits`, `text`, `command` (compared with constants), or unknown."""
    made: str | None = None
    """Its text, once that is settled."""
    avoided: set[str] = field(default_factory=set)
    """Texts that it is not to be."""


@dataclass(slots=True)
class Line:
    """One line: words that are known of, and any number more if it is `free`."""

    place: int
    """How many lines come before it."""
    inner: bool
    """Whether a loop reads it, round after round."""
    words: list[Word] = field(default_factory=list)
    rest: Word = field(default_factory=Word)
    """What is known of every word, and of the whole line as long as it is not split."""
    split: bool = False
    free: bool = False
    fixed: bool = False
    """Whether it is unpacked: no more words than are known of, `free` or not."""
    separator: str = " "
    length: int | None = None
    """Characters of a line that is unpacked into names."""
    end: bool = False
    """Whether the input ends before it."""

    def word(self, at: int) -> Word:
        """The word at a place, from 0."""
        while len(self.words) <= at:
            self.words.append(Word(self.rest.kind))
        return self.words[at]

    def read_as(self, kind: str) -> None:
        """Every word of the line, or the whole of it, is read as one kind."""
        for word in (self.rest, *self.words):
            word.kind = kind

    @property
    def open(self) -> bool:
        """Whether it may have any number of words."""
        return self.free and not self.fixed


@dataclass(slots=True)
class Hints:
    """What the program's own constants say of texts."""

    characters: str
    """Single characters that it compares with."""
    words: Sequence[str]
    """Longer texts that it compares with."""


class Text:
    """The lines of one guess. `stray` 0 follows the hints closely, more less so."""

    def __init__(self, rng: Random, stray: int, hints: Hints) -> None:
        self.rng = rng
        self.stray = stray
        self.hints = hints
        self.lines: list[Line] = []

    def line(self, inner: bool) -> Line:
        """One line more."""
        line = Line(len(self.lines), inner)
        self.lines.append(line)
        return line

    def number(self, word: Word, count: bool = False) -> int:
        """The number that a word is; a small one if it counts something. Settles it."""
        if word.made is None:
            few = self.rng.randint(1 if self._strays() else 2, 4)
            word.made = str(few if count else self._int(self._first()))
        try:
            return int(word.made)
        except ValueError:
            return 0

    def written(self) -> str:
        """The whole input."""
        end = next((at for at, line in enumerate(self.lines) if line.end), len(self.lines))
        lines = self.lines[:end]
        sizes = [self._size(line) for line in lines]  # first: the numbers that say them are small ones then
        return "".join(self._written(line, size) + "\n" for line, size in zip(lines, sizes, strict=True))

    def _written(self, line: Line, size: int) -> str:
        if not line.split:
            if line.rest.made is None:
                line.rest.made = self._drawn(line.rest, size)
            return line.rest.made
        if line.open:
            line.word(size - 1)
        inner = max(1, self._first() or 2) if line.inner else 0
        for word in line.words or [line.word(0)]:
            if word.made is None:  # in a loop numbers are mostly places among those counted
                within = inner and word.kind == "int" and not line.open and not self._strays()
                word.made = str(self.rng.randint(1, inner)) if within else self._drawn(word, 0)
        return line.separator.join(word.made or "" for word in line.words)

    def _strays(self) -> bool:
        return self.rng.random() < self.stray / 6

    def _first(self) -> int:
        """The first number of the input, if that is drawn: what contests call n."""
        word = self._numbers(self.lines[0])[:1] if self.lines else []
        made = word[0].made if word else None
        return int(made) if made is not None and made.lstrip("-").isdigit() else 0

    def _size(self, line: Line) -> int:
        """Words of a split line, characters of another one: as many as is known, or as the line before it says."""
        if line.split and not line.open:
            return len(line.words)
        if not line.split and (line.length or line.rest.made is not None or line.rest.kind in ("int", "float")):
            return line.length or 0
        counting = next((one for one in reversed(self.lines[: line.place]) if self._numbers(one)), None)
        before = self._numbers(counting) if counting else []
        if counting is None or len(before) > 3 or self._strays():
            return max(len(line.words), self.rng.randint(1, 6 if line.split else 9))
        # n m, then n lines of m words each
        word = before[1] if len(before) > 1 and line.inner and not counting.inner else before[0]
        return max(len(line.words), 1, min(MOST, self.number(word, True)))

    @staticmethod
    def _numbers(line: Line) -> Sequence[Word]:
        """The numbers of a line that has a fixed number of them."""
        words = line.words if line.split else [line.rest]
        return words if not line.open and all(word.kind == "int" for word in words) else []

    def _int(self, most: int) -> int:
        if self._strays():
            return self.rng.randint(-20, 200)
        return self.rng.randint(1, max(2, min(most, 9))) if self.rng.random() < 0.3 else self.rng.randint(0, 20)

    def _drawn(self, word: Word, size: int) -> str:
        """A text for a word or line, of `size` characters where that is not 0."""
        commands = [text for text in self.hints.words if text not in word.avoided]
        characters = "" if self._strays() else self.hints.characters
        if word.kind == "int":
            return str(self._int(self._first()))
        if word.kind == "float":
            return str(round(self.rng.uniform(0, 20), self.rng.choice((1, 2))))
        if word.kind == "digits":
            characters = "0123456789"
        elif word.kind == "command" and commands and self.rng.random() < 0.8:
            return self.rng.choice(commands)
        elif not characters and (not size or self.rng.random() < 0.2):
            return self.rng.choice(COMMON)
        return "".join(self.rng.choice(characters or LETTERS[:6]) for _ in range(size or self.rng.randint(1, 6)))
