"""Keeps the evaluation sets out of training data by a committed index of hashes; no text of theirs is in the project.

A program is dropped if, up to names and literals, it is equal to a program of an evaluation set, or one of its
functions to one of theirs; a program or statement if it shares more runs of `N` tokens with a benchmark than by chance:
`FEWEST` of those that are sampled, or all of its own where those are two. Boilerplate (reading input, an empty loop) is
shorter than `N` tokens or shared in one run only, so it stays. Functions of a line that anyone would write fall to the
first rule: losing those costs nothing. The frozen sets are held out by operation sequence and share the phrasings of
training on purpose, so for them only syntax trees count.

`python -m models.dataset.decontaminate --write-index --benchmarks ../shared/data` makes the index anew.
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
from collections.abc import Iterable, Iterator
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
TEXT_FIELDS = ("statement", "text", "prompt")
SYNTAX_TREE, N_GRAMS = "equal to an evaluation program", "shares n-grams with an evaluation set"


@dataclass(frozen=True, slots=True)
class Decontaminator:
    """What is known of the evaluation sets: hashes of syntax trees, and of a sample of their n-grams."""

    trees: frozenset[int]
    grams: frozenset[int]

    @classmethod
    def load(cls, path: Path = INDEX) -> Decontaminator:
        """The committed index. Raises InputError if it cannot be read."""
        try:
            data = gzip.decompress(path.read_bytes())
            (count,) = struct.unpack_from("<I", data)
            values = struct.unpack_from(f"<{(len(data) - 4) // 8}Q", data, 4)
        except (OSError, struct.error) as error:
            raise InputError(f"{path}: no index of the evaluation sets: {error}") from error
        return cls(frozenset(values[:count]), frozenset(values[count:]))

    def save(self, path: Path) -> None:
        """Write the index; the same sets give the same bytes."""
        values = [*sorted(self.trees), *sorted(self.grams)]
        data = struct.pack("<I", len(self.trees)) + struct.pack(f"<{len(values)}Q", *values)
        path.write_bytes(gzip.compress(data, mtime=0))

    def why(self, code: str, statement: str = "") -> str | None:
        """The rule by which a program with its statement is dropped, or None."""
        if any(tree in self.trees for tree in trees(code)):
            return SYNTAX_TREE
        return N_GRAMS if self._close(code) or self._close(statement) else None

    def _close(self, text: str) -> bool:
        own = sampled(text)
        shared = len(own & self.grams)
        return shared >= FEWEST or 2 <= shared == len(own)


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


def rows(benchmarks: Path) -> Iterator[dict[str, Any]]:
    """Every item of the benchmark files. Raises InputError where there are none."""
    files = sorted(benchmarks.glob("*.jsonl"))
    if not files:
        raise InputError(f"{benchmarks}: no benchmark files")
    for path in files:
        yield from map(json.loads, path.read_text(encoding="utf-8").splitlines())


def index(items: Iterable[dict[str, Any]]) -> Decontaminator:
    """Fingerprints of benchmark items, tests and outputs not looked at, and of the frozen sets' programs."""
    frozen = [row["code"] for row in freeze.load("predict")] + [r["reference_solution"] for r in freeze.load("solve")]
    syntax = set().union(*map(trees, frozen))
    grams: set[int] = set()
    for item in items:
        codes = [item.get(field) or "" for field in CODE_FIELDS]
        if "canonical_solution" in item:
            codes.append(item["prompt"] + item["canonical_solution"])
        for code in codes:
            syntax |= trees(code)
            grams |= sampled(code)
        for field in TEXT_FIELDS:
            grams |= sampled(item.get(field) or "")
    return Decontaminator(frozenset(syntax), frozenset(grams))


def main() -> None:
    """Make the index anew."""
    parser = argparse.ArgumentParser(prog="python -m models.dataset.decontaminate", description=__doc__)
    parser.add_argument("--write-index", action="store_true", required=True)
    parser.add_argument("--benchmarks", type=Path, required=True, help="folder of JSON lines")
    args = parser.parse_args()
    try:
        made = index(rows(args.benchmarks))
    except DeskcheckError as error:
        sys.exit(f"error: {error}")
    made.save(INDEX)
    print(f"{len(made.trees):,} syntax trees, {len(made.grams):,} n-grams, {INDEX.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
