"""The Grafana dashboard: committed as built, laid out without overlaps, and asking only for series that exist."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import pytest
import yaml

from deploy.grafana import build
from tests.deploy.series import ROOT, VLLM, exported, family, named, recorded, rules

PROVISIONING = ROOT / "deploy/grafana/provisioning"


@pytest.fixture(scope="module")
def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = build.dashboard()["panels"]
    return found


def _expressions(panels: list[dict[str, Any]]) -> Iterator[str]:
    for panel in panels:
        yield from (target["expr"] for target in panel.get("targets", []))


def test_committed_file_is_what_the_script_builds() -> None:
    assert build.OUTPUT.read_text(encoding="utf-8") == build.render(), "run: python -m deploy.grafana.build"


def test_panels_are_numbered_once_and_do_not_overlap(panels: list[dict[str, Any]]) -> None:
    assert len({panel["id"] for panel in panels}) == len(panels)
    boxes = [panel["gridPos"] for panel in panels]
    assert all(box["x"] + box["w"] <= build.GRID for box in boxes)
    for a, b in combinations(boxes, 2):
        beside = a["x"] + a["w"] <= b["x"] or b["x"] + b["w"] <= a["x"]
        above = a["y"] + a["h"] <= b["y"] or b["y"] + b["h"] <= a["y"]
        assert beside or above, (a, b)


def test_every_panel_has_a_query_and_says_what_it_shows(panels: list[dict[str, Any]]) -> None:
    for panel in panels:
        if panel["type"] != "row":
            assert panel["targets"] and panel["description"], panel["title"]
            references = [target["refId"] for target in panel["targets"]]
            assert len(set(references)) == len(references)


def test_queries_name_only_series_that_exist(panels: list[dict[str, Any]]) -> None:
    asked = set().union(*(named(expr) for expr in _expressions(panels)))
    assert {family(series) for series in asked} <= {family(series) for series in exported() | recorded() | VLLM}


def test_rules_name_only_series_that_exist() -> None:
    asked = set().union(*(named(rule["expr"]) for rule in rules()))
    assert {family(series) for series in asked} <= {family(series) for series in exported() | recorded()}


def test_every_exported_series_is_looked_at(panels: list[dict[str, Any]]) -> None:
    looked_at = set().union(*(named(expr) for expr in _expressions(panels)), *(named(rule["expr"]) for rule in rules()))
    assert {family(series) for series in exported()} - {family(series) for series in looked_at} == set()


def test_a_series_that_does_not_exist_would_be_seen() -> None:
    expr = 'rate(deskcheck_gone_total{kind="deskcheck_quoted"}[5m]) / vllm:gone'
    assert named(expr) == {"deskcheck_gone_total", "vllm:gone"}


def test_provisioning_points_at_the_dashboard_and_its_source() -> None:
    source = yaml.safe_load((PROVISIONING / "datasources/prometheus.yml").read_text())["datasources"][0]
    assert source["uid"] == build.DATASOURCE["uid"]
    provider = yaml.safe_load((PROVISIONING / "dashboards/deskcheck.yml").read_text())["providers"][0]
    mounts = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["grafana"]["volumes"]
    origins = {target: origin for origin, target in (mount.split(":")[:2] for mount in mounts)}
    assert (ROOT / origins[provider["options"]["path"]] / build.OUTPUT.name).samefile(build.OUTPUT)
