"""The rich words for operations: there are many for each, they can be filled, and each names what it does.

What a clause says beyond that no test knows: whoever writes one reads it against the code of its operation.
"""

from __future__ import annotations

import re
from random import Random

import pytest

from models.programs import chain
from models.programs.ops import OPS, Op
from models.programs.wordings import WORDINGS, closes, expand, nests, say

NUMBER_OF = r"\b(?:number|count|amount|quantity|size|length|frequency)\b.* of\b"
COUNTING = (
    rf"{NUMBER_OF}|\bhow (?:many|often|long)\b|\b(?:count|tally) \S|\b(?:is|are) (?:counted|tallied)"
    r"|counts? (?:as one|only once)|adds 1 to the count"
)
ADDING = r"\b(?:add|added|adding|sums?|summed|totals?|plus|combined|checksum)\b|1 \+ 2"
TOP = "largest|biggest|greatest|highest|maxim|top value"
BOTTOM = "smallest|least|lowest|minimum|bottom value"
SAYS = {
    r"count_(?!up).*|len(_.*)?(?<!map)|distinct|rises|word_count|halvings": COUNTING,
    "freq_.*": rf"{COUNTING}|\b(?:its count|counts)\b|occurrences|frequency",
    "sum.*|ends|tri|digit_sum|prefix_sums|pair_sums": ADDING,
    "total_len": rf"{ADDING}|together|in all",
    "alternate": r"(?=.*(?:add|sum|plus))(?=.*(?:subtract|minus|alternating))",
    "product|fact|mul_n|map_mul_ints|map_square_ints|square_n|times_index":
        "product|multipl|factor|square|second power|power of 2|times|itself|scale|weight|copies|\\*",
    "max|running_max|argmax|spread|max_key": TOP,
    "min|spread": BOTTOM,
    "max_len": rf"longest|{TOP}|most letters",
    "longest": "longest|greatest length|most letters|more letters",
    "first_(?!alpha).*|find_c": r"\b(?:first|earliest|leftmost|front)\b",
    "first_alpha": rf"\bfirst\b|{BOTTOM}",
    "first_(?!alpha).*|argmax|find_c": r"-1\b",
    "max|min|spread|ends|max_len": r"\b0\b",
    "longest|first_alpha|max_key": "empty (?:text|string)",
    "any_.*": r"\b(?:at least one|one or more|any|some|exists)\b|\bin it$",
    "all_.*": r"\b(?:each|every|all|none|no|nothing but|only|entirely|not a single)\b",
    "take.*|head|map_cut_words|map_first_words|initials":
        r"\b(?:first|front|initials?|acronym|after|begin\w*|prefix|lead\w*)\b|truncated? .*to|starts with",
    "skip.*|behead": r"\b(?:first|front)\b",
    "last_k|tail|map_last_words": r"\b(?:last|final|end|ends|suffix|trailing)\b",
    "reverse.*|map_rev_words":
        r"revers|backward|around|opposite|invert|mirror|flip|back to front|front and back|from (?:its|the|right|last)"
        r"|last \w+ comes first",
    "times_index|plus_index|argmax": r"\b0\b",
    "map_half_ints|div_n": "round|integer|//",
    "title_str":
        r"^(?!.*(?:\bwords?\b|title)).*(?:\bruns? of letters|neighbouring letters|letter that|follows? a letter"
        r"|no letter|after letters)",
    "map_cap_words": "(?=.*(?:capital|uppercase|large))(?=.*(?:small|lowercas))(?!.*title)",
    "split|word_count": r"^(?!.*\b(?:at|each|every|single|the|its|between|by) spaces?\b)",
    ".*vowel_str": r"^(?!.*(?<!lowercase )(?<!small )vowels?\b(?! in lower case))",
    "mirror": "revers|mirror|backwards|abccba",
    ".*": r"^(?!.*(?:\bnot count\b|(?<!the )(?<!to )(?<!its )\bcounts?$|;))",
}  # fmt: skip
"""Operations and what each of their clauses has in it (where it looks ahead only: or has not)."""


def test_alternatives_are_drawn_from_the_inside_out() -> None:
    said = {say(expand("[a|[b|c] <d>|] end", {"d": "x|y"}), Random(seed)) for seed in range(200)}
    assert {text.strip() for text in said} == {"an end", "b x end", "b y end", "c x end", "c y end", "end"}


def test_the_article_fits_the_word_that_was_drawn() -> None:
    assert say("[a] integer is a number, from a to z, and a 'a'", Random(0)) == (
        "an integer is a number, from a to z, and a 'a'"
    )


def test_the_words_are_those_of_the_operations() -> None:
    assert WORDINGS.keys() == {op.name for op in OPS}


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_an_operation_has_six_further_clauses_at_least(op: Op) -> None:
    wording, rng = WORDINGS[op.name], Random(op.name)
    assert len({*wording.all()} - {*op.phrases}) >= 6
    said = {say(template, rng) for template in wording.all() for _ in range(40)}
    assert len(said - {*op.phrases}) >= 8
    assert bool(wording.whether) == (op.dst == "bool")
    assert wording.whether or (wording.do and wording.noun and wording.fact)


@pytest.mark.parametrize("op", OPS, ids=lambda op: op.name)
def test_every_clause_can_be_filled_and_has_the_parameters_of_its_operation(op: Op) -> None:
    wanted = set(re.findall(r"\$[kcd]\b", " ".join(op.code)))
    rng = Random(op.name)
    for template in WORDINGS[op.name].all():
        for _ in range(15):
            text = say(template, rng)
            assert set(re.findall(r"\$\w", text)) == wanted, text
            filled = chain.pick(op, rng).fill(text).replace("@", "it")
            assert not re.search(r"[\[\]<>{}|$@]|[a-z]'[a-z]| [,.;:]|\ba [aeiou]\w", filled), filled


def test_a_phrase_for_a_chain_can_end_in_what_it_works_on() -> None:
    for op in OPS:
        assert op.dst == "bool" or any(map(nests, WORDINGS[op.name].noun)), op.name


def test_what_a_phrase_works_on_belongs_to_all_of_it() -> None:
    rng = Random(1)
    for noun in (noun for wording in WORDINGS.values() for noun in wording.noun if closes(noun)):
        for _ in range(5):
            assert not re.search(r"^the [\w ]*\b(?:and then|plus|minus(?! sign))\b", say(noun, rng)), noun
    assert nests("the squares of @") and nests("the sum of $k and @")
    assert not any(map(nests, ("@ squared", "$k times @", "the end of [each|every] [word|item] of @")))


@pytest.mark.parametrize("names", SAYS)
def test_a_clause_names_what_its_family_does(names: str) -> None:
    ops = [op.name for op in OPS if re.fullmatch(names, op.name)]
    assert ops
    for name in ops:
        rng = Random(name)
        for text in (say(template, rng) for template in WORDINGS[name].all() for _ in range(10)):
            assert re.search(SAYS[names], text), f"{name}: {text}"


def test_no_template_is_that_of_another_operation() -> None:
    owner: dict[str, str] = {}
    for op in OPS:
        if "_even" in op.name or "_odd" in op.name:
            continue  # to keep the odd numbers is to drop the even ones
        for template in WORDINGS[op.name].all():
            assert owner.setdefault(f"{op.src}: {template}", op.name) == op.name, template
