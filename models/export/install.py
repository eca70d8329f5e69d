"""`python -m models.export.install --made FOLDER --bundled FOLDER`: bundle a checkpoint unless that is a step back.

Both manifests are compared by the figures in `DECISIVE`. One of them is clearly worse, or better, where the 95 %
interval of the difference leaves zero out; the two are taken as independent, which for equal items asks for more than
a paired test would. What is clearly worse in one figure, lacks one, or is clearly better in none, is refused;
`--accept NAME` says that the loss, or the lack, of a figure is known and wanted.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from models.training.command import ended
from workers.pipeline.errors import DeskcheckError, InputError
from workers.pipeline.manifest import MANIFEST, read_manifest, verify_files

DECISIVE: Mapping[str, tuple[str, ...]] = {
    "cruxeval": ("cruxeval", "accuracy"),
    "programs": ("programs", "accuracy"),
    "pass@1": ("problems", "pass@1 sampled"),
    "best@N": ("problems", "best@N by simulation"),
    "repair": ("problems", "after repair"),
    "reworded": ("reworded", "pass@1 sampled"),
    "reworded-best@8": ("reworded", "best@k", "simulation", "8"),
}
"""Name → suite and figure of the manifest, by its keys. The benchmark's development half and the frozen sets."""
SETTINGS: dict[str, dict[str, int | None]] = {
    "best@N": {"candidates": None},
    "repair": {"candidates": None, "rounds": 3, "resamples": 0},
}
"""What a figure hangs on, and what that was before it was told; the others are the same whatever it was."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure of two checkpoints. Shares of 1."""

    name: str
    old: float = math.nan
    new: float = math.nan
    margin: float = math.nan
    """Half the 95 % interval of the difference; all three are no number where one of the two lacks the figure."""

    @property
    def verdict(self) -> str:
        """`better`, `worse`, `missing`, or `` where the interval holds zero."""
        difference = self.new - self.old
        if math.isnan(difference):
            return "missing"
        return "" if abs(difference) <= self.margin else "better" if difference > 0 else "worse"

    def __str__(self) -> str:
        if math.isnan(self.margin):
            return f"{self.name:<15}  {self.verdict}"
        line = f"{self.name:<15}{self.old:>7.1%} → {self.new:>6.1%}  ({self.new - self.old:+.1%} ± {self.margin:.1%})"
        return f"{line}  {self.verdict}".rstrip()


class StepBack(DeskcheckError):
    """The new checkpoint is clearly worse in something, or clearly better in nothing."""


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    """Every decisive figure of two manifests. Raises InputError where they cannot be compared."""
    if old["prompt_version"] != new["prompt_version"]:
        raise InputError("measured with different prompt versions: evaluate the bundled checkpoint anew first")
    out = []
    for name, path in DECISIVE.items():
        before, after = (_figure(manifest["evaluation"], path) for manifest in (old, new))
        if before is None or after is None:
            out.append(Change(name))
            continue
        settings = {_settings(manifest, path[0], SETTINGS.get(name, {})) for manifest in (old, new)}
        if before["n"] != after["n"] or len(settings) > 1:
            raise InputError(f"{name} was measured on other items, or with another number of candidates or rounds")
        widths = [(found["high"] - found["low"]) / 2 for found in (before, after)]
        out.append(Change(name, before["mean"], after["mean"], math.hypot(*widths)))
    return out


def decide(found: Sequence[Change], accepted: Sequence[str] = ()) -> None:
    """Raises StepBack unless the new checkpoint may take the old one's place."""
    open_ = [change for change in found if change.name not in accepted]
    if worse := [change.name for change in open_ if change.verdict == "worse"]:
        raise StepBack(f"clearly worse: {', '.join(worse)}")
    if missing := [change.name for change in open_ if change.verdict == "missing"]:
        raise StepBack(f"not measured for both: {', '.join(missing)}")
    if not any(change.verdict == "better" for change in found):
        raise StepBack("clearly better in nothing")


def install(made: Path, bundled: Path, accepted: Sequence[str] = ()) -> list[Change]:
    """Put `made` in the place of `bundled`. Returns what changed; nothing where nothing was bundled.

    A call that is killed leaves the old one in its place or beside it, where the next call finds it.
    Raises CheckpointError for a folder that is not whole, InputError, StepBack.
    """
    verify_files(made, read_manifest(made))
    found: list[Change] = []
    partial, old = (bundled.with_name(f".{bundled.name}.{word}") for word in ("partial", "old"))
    if old.exists() and not bundled.exists():  # killed between the two moves below
        old.rename(bundled)
    if bundled.exists():
        found = changes(_manifest(bundled), _manifest(made))
        for change in found:
            print(change)
        decide(found, accepted)
    for leftover in (partial, old):
        shutil.rmtree(leftover, ignore_errors=True)
    bundled.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(made, partial)
    if bundled.exists():
        bundled.rename(old)
    partial.rename(bundled)
    shutil.rmtree(old, ignore_errors=True)
    return found


def _manifest(folder: Path) -> dict[str, Any]:
    try:
        return dict(json.loads((folder / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise InputError(f"{folder}: {MANIFEST} cannot be read: {error}") from error


def _figure(found: Mapping[str, Any], path: Sequence[str]) -> Any:
    """What lies under these keys; None where one is missing."""
    for key in path:
        if not isinstance(found, Mapping) or key not in found:
            return None
        found = found[key]
    return found


def _settings(manifest: Mapping[str, Any], suite: str, wanted: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(manifest["evaluation"][suite].get(name, untold) for name, untold in wanted.items())


def main() -> None:
    """Compare, and replace or refuse."""
    shape = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser("python -m models.export.install", description=__doc__, formatter_class=shape)
    parser.add_argument("--made", type=Path, required=True)
    parser.add_argument("--bundled", type=Path, required=True)
    parser.add_argument("--accept", action="append", default=[], choices=list(DECISIVE), help="a loss that is known")
    args = parser.parse_args()
    with ended("stopped"):
        install(args.made, args.bundled, args.accept)
    print(f"{args.bundled} is {args.made} now")


if __name__ == "__main__":
    main()
