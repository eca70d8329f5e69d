"""Prometheus' own judge on its configuration, the rules and the dashboard. `make check-system` installs promtool."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from deploy.grafana import build
from tests.deploy.series import ROOT, RULES, rules

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed"),
]

PROMETHEUS = ROOT / "deploy/prometheus"


def _promtool(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, timeout=60)


def _as_rules(expressions: list[str], path: Path) -> Path:
    records = [{"record": f"query:{i}", "expr": expr} for i, expr in enumerate(expressions)]
    path.write_text(json.dumps({"groups": [{"name": "dashboard", "rules": records}]}))  # JSON is YAML
    return path


def test_scrape_configuration_is_valid(tmp_path: Path) -> None:
    config = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text())
    assert config["rule_files"] == ["/etc/prometheus/rules.yml"]  # where docker-compose.yml mounts it
    config["rule_files"] = [str(RULES)]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(config))
    checked = _promtool("check", "config", tmp_path / "prometheus.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_rules_behave_as_their_unit_tests_say() -> None:
    checked = _promtool("test", "rules", PROMETHEUS / "rules_test.yml")
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_every_alert_has_a_unit_test() -> None:
    alerts = {rule["alert"] for rule in rules() if "alert" in rule}
    tests = yaml.safe_load((PROMETHEUS / "rules_test.yml").read_text())["tests"]
    fired = {case["alertname"] for test in tests for case in test.get("alert_rule_test", []) if case["exp_alerts"]}
    assert fired == alerts


def test_dashboard_queries_are_valid(tmp_path: Path) -> None:
    panels = build.dashboard()["panels"]
    # Grafana puts a duration in place of its variable; which one does not matter for validity.
    expressions = [t["expr"].replace("$__rate_interval", "5m") for panel in panels for t in panel.get("targets", [])]
    checked = _promtool("check", "rules", _as_rules(expressions, tmp_path / "queries.yml"))
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert f"{len(expressions)} rules found" in checked.stdout


def test_promtool_sees_a_query_that_is_not_valid(tmp_path: Path) -> None:
    checked = _promtool("check", "rules", _as_rules(["rates(deskcheck_jobs_total[5m])"], tmp_path / "queries.yml"))
    assert checked.returncode != 0
