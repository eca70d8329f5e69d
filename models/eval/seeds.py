"""Runs that differ in the seed alone, as one: what they find on average.

The interval is the mean of theirs. Each covers the choice of the items and, in the spread between items, what one seed
samples; the mean over several seeds varies less, so it is rather too wide than too narrow.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

Results = Mapping[str, Any]


def merge(runs: Mapping[str, Results]) -> dict[str, Results]:
    """Runs of one description become one, named by the first; of a seed that comes twice the last one counts."""
    groups: dict[str, dict[str, Results]] = {}
    for name, results in runs.items():
        same = json.dumps({key: value for key, value in results["about"].items() if key != "seed"}, sort_keys=True)
        groups.setdefault(same, {})[name] = results
    return dict(_one(group) for group in groups.values())


def _one(group: Mapping[str, Results]) -> tuple[str, Results]:
    name, first = next(iter(group.items()))
    by_seed = {results["about"].get("seed"): results for results in group.values()}
    if len(by_seed) == 1:
        return name, first
    parts = dict.fromkeys(part for results in by_seed.values() for part in results if part != "about")
    found = {part: [results[part] for results in by_seed.values() if part in results] for part in parts}
    whole = {part: _mean(values) for part, values in found.items() if len(values) == len(by_seed)}
    return f"{name}, {len(by_seed)} seeds", {"about": first["about"], **whole}


def _mean(values: Sequence[Any]) -> Any:
    """Of mappings by key, of numbers their mean; lists and what not all of them have are left out."""
    if all(isinstance(value, Mapping) for value in values):
        shared = [key for key in values[0] if all(key in value for value in values)]
        made = {key: _mean([value[key] for value in values]) for key in shared if not isinstance(values[0][key], list)}
        return made | {"n": values[0]["n"]} if "n" in made else made
    if any(not isinstance(value, int | float) for value in values):
        return values[0] if all(value == values[0] for value in values) else None
    return values[0] if all(value == values[0] for value in values) else fmean(values)
