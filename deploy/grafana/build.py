"""Lays panels out as Grafana dashboard JSON: `python -m deploy.grafana.build` rewrites the committed file.

It knows Grafana's schema and nothing about what the series mean. The JSON is committed so that a deployment needs no
build step; a test rebuilds and compares.
"""

from __future__ import annotations

import json
from itertools import count
from pathlib import Path
from typing import Any

from deploy.grafana.panels import ROWS
from deploy.grafana.spec import Panel, Row

OUTPUT = Path(__file__).parent / "dashboards" / "deskcheck.json"
DATASOURCE = {"type": "prometheus", "uid": "prometheus"}
"""The uid is set in provisioning/datasources/prometheus.yml."""
GRID = 24
"""Columns of Grafana's grid."""
HEIGHT = {"stat": 4, "timeseries": 8}
SCHEMA_VERSION = 41
"""Grafana migrates older schemas at load; 41 is what 12.0 writes."""


def dashboard() -> dict[str, Any]:
    """The whole dashboard, ready for `json.dumps`. Panel ids number the panels in reading order."""
    return {
        "uid": "deskcheck",
        "title": "Deskcheck",
        "tags": ["deskcheck"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,  # one crosshair over all panels: a spike is read across rows
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "browser",
        "panels": _panels(ROWS),
    }


def _panels(rows: tuple[Row, ...]) -> list[dict[str, Any]]:
    ids = count(1)
    y = 0
    placed: list[dict[str, Any]] = []
    for row in rows:
        placed.append(_row(next(ids), row.title, y))
        y += 1
        x = tallest = 0
        for panel in row.panels:
            if x + panel.width > GRID:
                x, y, tallest = 0, y + tallest, 0
            height = HEIGHT[panel.kind]
            placed.append(_panel(next(ids), panel, {"x": x, "y": y, "w": panel.width, "h": height}))
            x, tallest = x + panel.width, max(tallest, height)
        y += tallest
    return placed


def _row(panel_id: int, title: str, y: int) -> dict[str, Any]:
    grid = {"x": 0, "y": y, "w": GRID, "h": 1}
    return {"id": panel_id, "type": "row", "title": title, "collapsed": False, "gridPos": grid, "panels": []}


def _panel(panel_id: int, panel: Panel, grid: dict[str, int]) -> dict[str, Any]:
    return {
        "id": panel_id,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": DATASOURCE,
        "gridPos": grid,
        "targets": [_target(i, expr, legend) for i, (expr, legend) in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _options(panel),
    }


def _target(index: int, expr: str, legend: str) -> dict[str, Any]:
    return {"refId": chr(ord("A") + index), "datasource": DATASOURCE, "expr": expr, "legendFormat": legend}


def _defaults(panel: Panel) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0}
    if panel.unit == "percentunit":
        defaults["max"] = 1
    if panel.steps:
        steps = [{"color": color, "value": value} for value, color in panel.steps]
        defaults |= {"thresholds": {"mode": "absolute", "steps": steps}, "color": {"mode": "thresholds"}}
    if panel.kind == "timeseries":
        stacking = {"mode": "normal" if panel.stacked else "none", "group": "A"}
        defaults["custom"] = {"stacking": stacking, "fillOpacity": 40 if panel.stacked else 5, "showPoints": "never"}
    return defaults


def _options(panel: Panel) -> dict[str, Any]:
    if panel.kind == "stat":
        return {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}, "graphMode": "area"}
    legend = {"displayMode": "list", "placement": "bottom", "showLegend": True}
    return {"legend": legend, "tooltip": {"mode": "multi", "sort": "desc"}}


def main() -> None:
    """Writes OUTPUT."""
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(render(), encoding="utf-8")


def render() -> str:
    """The text of the committed file."""
    return json.dumps(dashboard(), indent=1) + "\n"


if __name__ == "__main__":
    main()
