"""Keeps the evaluation sets out of training data by a committed index of hashes; no text of theirs is in the project.

A program is dropped if, up to names and literals, it is equal to a program of an evaluation set, or one of its
functions to one of theirs; a program or statement if it shares more runs of `N` tokens with a benchmark than by chance:
`FEWEST` of those that are sampled, or all of its own where those are two. Boilerplate (reading input, an empty loop) is
shorter than `N` tokens or shared in one run only, so it stays. Functions of a line that anyone would write fall to the
first rule: losing those costs nothing. The frozen sets are held out by operation sequence, and share the phrasings of
training on purpose or are in words that nothing else has, so for them only syntax trees count.

Covered are the sets whose files were there when the index was made, as far as they were: the half that is open to
development of CRUXEval, HumanEval, HumanEvalFix, MBPP, MBPP+, QuixBugs, Exercism's Python track and three series of
contests, and the three frozen sets of this project. Not covered are the other halves, which nobody here has, and sets
that were never at hand, LiveCodeBench among them: what a corpus holds of those is not recognized. Whoever evaluates on
more adds it: a folder of JSON Lines, one set a file, whose rows have programs (`code`, `reference_solution`,
`fixed_code`, `buggy_code`, or `prompt` with `canonical_solution`) or statements (`statement`, `text`, `prompt`,
`question_content`).

    python -m models.dataset.decontaminate --add --benchmarks FOLDER           # what the index holds, and these sets
    python -m models.dataset.decontaminate --write-index --benchmarks FOLDER   # these sets and the frozen ones alone
    python -m models.dataset.decontaminate --report                            # what the index holds of each set
"""

from __future__ import annotations

import argparse
import ast
import gzip
import hashlib
import json
import re
import struct
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.dataset import freeze
from models.dataset.keys import program_key
from workers.pipeline.errors import DeskcheckError, InputError
from workers.pipeline.syntax import parse

INDEX = Path(__file__).with_name("decontaminate_index.bin.gz")
N = 13
"""Tokens of one n-gram."""
SAMPLED = 8
"""One n-gram in so many is in the index, chosen by its hash, so that the same ones are looked for in a candidate."""
FEWEST = 3
"""Sampled n-grams that are too many to be shared by chance."""
_TOKEN = re.compile(r"\w+|[^\w\s]")
CODE_FIELDS = ("code", "reference_solution", "fixed_code", "buggy_code")
TEXT_FIELDS = ("statement", "text", "prompt", "question_content")
SYNTAX_TREE, N_GRAMS = "equal to an evaluation program", "shares n-grams with an evaluation set"


@dataclass(frozen=True, slots=True)
class Decontaminator:
    """What is known of the evaluation sets: hashes of syntax trees and of a sample of n-grams, each with its set."""

    trees: Mapping[int, str]
    grams: Mapping[int, str]

    @classmethod
    def load(cls, path: Path = INDEX) -> Decontaminator:
        """The committed index. Raises InputError if it cannot be read."""
        try:
            head, _, data = gzip.decompress(path.read_bytes()).partition(b"\n")
            facts = json.loads(head)
            count = facts["trees"] + facts["grams"]
            values = struct.unpack_from(f"<{count}Q", data)
            sets = [facts["sets"][number] for number in data[8 * count : 9 * count]]
        except (OSError, struct.error, ValueError, KeyError, TypeError, IndexError) as error:
            raise InputError(f"{path}: no index of the evaluation sets: {error}") from error
        pairs = list(zip(values, sets, strict=True))
        return cls(dict(pairs[: facts["trees"]]), dict(pairs[facts["trees"] :]))

    def save(self, path: Path) -> None:
        """Write the index; the same sets give the same bytes."""
        sets = sorted({*self.trees.values(), *self.grams.values()})
        pairs = [*sorted(self.trees.items()), *sorted(self.grams.items())]
        head = json.dumps({"sets": sets, "trees": len(self.trees), "grams": len(self.grams)}).encode()
        values = struct.pack(f"<{len(pairs)}Q", *(value for value, _ in pairs))
        path.write_bytes(gzip.compress(head + b"\n" + values + bytes(sets.index(name) for _, name in pairs), mtime=0))

    def why(self, code: str, statement: str = "") -> str | None:
        """The rule by which a program with its statement is dropped, and the set that it is close to; or None."""
        if own := next((self.trees[tree] for tree in sorted(trees(code)) if tree in self.trees), None):
            return f"{SYNTAX_TREE}: {own}"
        near = self._close(code) or self._close(statement)
        return f"{N_GRAMS}: {near}" if near else None

    def _close(self, text: str) -> str | None:
        own = sampled(text)
        shared = Counter(self.grams[gram] for gram in own if gram in self.grams)
        if shared.total() >= FEWEST or 2 <= shared.total() == len(own):
            return min(shared, key=lambda name: (-shared[name], name))
        return None


def trees(code: str) -> set[int]:
    """Hashes of the program and of each of its functions; none of what is no Python."""
    tree = parse(code)
    if isinstance(tree, str) or not tree.body:
        return set()
    functions = [ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    return {_hash(program_key(text)) for text in {ast.unparse(tree), *functions}}


def sampled(text: str) -> set[int]:
    """Hashes of the n-grams of a text that the sample takes in."""
    tokens = _TOKEN.findall(text.lower())
    hashes = (_hash(" ".join(tokens[i : i + N])) for i in range(len(tokens) - N + 1))
    return {value for value in hashes if value % SAMPLED == 0}


def _hash(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little")


def rows(benchmarks: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every item of the benchmark files, with the name of its set.

    Raises InputError where there are none, or broken ones: a set that is half read would be half covered.
    """
    files = sorted(benchmarks.glob("*.jsonl"))
    if not files:
        raise InputError(f"{benchmarks}: no benchmark files")
    for path in files:
        for number, line in enumerate(path.read_bytes().splitlines(), 1):
            try:
                item = json.loads(line)
            except (ValueError, RecursionError):
                item = None
            if not isinstance(item, dict):
                raise InputError(f"{path.name}:{number}: no JSON object")
            yield path.stem.removesuffix("_dev"), item


def index(items: Iterable[tuple[str, dict[str, Any]]], known: Decontaminator | None = None) -> Decontaminator:
    """Fingerprints of benchmark items and the frozen sets' programs, and those `known`; tests are not looked at.

    What occurs in several sets is kept with the first of them.
    """
    syntax = {tree: "frozen" for code in freeze.programs() for tree in trees(code)} | dict(known.trees if known else {})
    grams: dict[int, str] = dict(known.grams if known else {})
    for name, item in items:
        for code in programs(item):
            for tree in trees(code):
                syntax.setdefault(tree, name)
        for text in (*programs(item), *statements(item)):
            for gram in sampled(text):
                grams.setdefault(gram, name)
    return Decontaminator(syntax, grams)


def programs(item: Mapping[str, Any]) -> list[str]:
    """The programs of a benchmark item, right and wrong ones."""
    parted = ["".join(_texts(item, ("prompt", "canonical_solution")))] if "canonical_solution" in item else []
    return _texts(item, CODE_FIELDS) + parted


def statements(item: Mapping[str, Any]) -> list[str]:
    """What a benchmark item says in words."""
    return _texts(item, TEXT_FIELDS)


def _texts(item: Mapping[str, Any], fields: Iterable[str]) -> list[str]:
    """Those of some fields that hold a text."""
    return [text for field in fields if isinstance(text := item.get(field), str)]


def report(known: Decontaminator) -> str:
    """What an index holds of each set, as a table; what occurs in several sets counts for the first of them."""
    trees, grams = Counter(known.trees.values()), Counter(known.grams.values())
    names = sorted({*trees, *grams})
    width = max(map(len, [*names, "set", "together"]))
    lines = [f"{'set':{width}}  syntax trees  n-grams of {N} tokens, one in {SAMPLED}"]
    lines += [f"{name:{width}}  {trees[name]:>12,}  {grams[name]:>12,}" for name in names]
    lines.append(f"{'together':{width}}  {trees.total():>12,}  {grams.total():>12,}")
    return "\n".join([*lines, "Of several sets the first counts; one without trees has statements only."])


def main() -> None:
    """Make the index anew, or say what it holds."""
    about, _, usage = (__doc__ or "").partition("\n\n")
    parser = argparse.ArgumentParser(
        prog="python -m models.dataset.decontaminate",
        description=about, epilog=usage, formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write-index", action="store_true", help="make the index of the files of --benchmarks alone")
    action.add_argument("--add", action="store_true", help="add the files of --benchmarks to the index")
    action.add_argument("--report", action="store_true", help="print the sets of the index and how much it has of each")
    parser.add_argument("--benchmarks", type=Path, help="folder of JSON Lines, one set a file")
    parser.add_argument("--index", type=Path, default=INDEX, help="where the index lies (default: the committed one)")
    args = parser.parse_args()
    if not args.report and args.benchmarks is None:
        parser.error("needs --benchmarks")
    try:
        if not args.report:
            known = Decontaminator.load(args.index) if args.add else None
            index(rows(args.benchmarks), known).save(args.index)
        print(report(Decontaminator.load(args.index)))
    except (DeskcheckError, OSError) as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
