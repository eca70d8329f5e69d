"""Edge cases of a stated problem: the inputs that programs written for the middle of the road get wrong.

Nothing at all, a single item, equal items, negative numbers, a lone letter. Which of them a problem is meant for is not
known here: where its right programs raise, or disagree, whoever runs them leaves the input out.
"""

from __future__ import annotations

from random import Random

from models.programs import values
from models.programs.problems import Stated, written


def inputs(stated: Stated, rng: Random) -> tuple[str, ...]:
    """Every edge case of the problem's kind of input, all different, in a drawn order."""
    kind = stated.form.partition(":")[0]
    found = list(dict.fromkeys(written(stated, value) for value in _edges(kind, rng)))
    rng.shuffle(found)
    return tuple(found)


def _edges(kind: str, rng: Random) -> tuple[object, ...]:
    number, word = rng.randint(1, 20), values.word(rng)
    if kind == "ints":
        return [], [0], [number], [-number], [number] * 3, [-number, -rng.randint(1, 9), -rng.randint(1, 9)]
    if kind == "str":
        return "", rng.choice(values.LETTERS), rng.choice(values.LETTERS).upper(), word[0] * 3, str(number), " "
    if kind == "words":
        return [], [word], [word, word], [word[0]], [word, values.word(rng).upper()]
    if kind == "dict":
        return {}, {word: number}, {word: 0}, {word: -number}
    return 0, 1, -number, 10 ** rng.randint(1, 3)
