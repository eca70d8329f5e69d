"""docker-compose.yml against its schema, itself and the modules it starts. No Docker engine is needed."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import AppSettings
from workers.settings import WorkerSettings

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
PROFILES = {"cpu": "engine-cpu", "gpu": "vllm", "remote": None}
"""Each profile's engine."""
VARIABLE = re.compile(r"\$\{([A-Z_]+)(:[-?][^}]*)?\}")
"""`${NAME}`, `${NAME:-default}` or `${NAME:?message}`."""


@pytest.fixture(scope="module")
def services() -> dict[str, dict[str, Any]]:
    parsed: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text())["services"]
    return parsed


def _schema_errors(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def test_file_satisfies_the_compose_schema() -> None:
    checked = _schema_errors(FILE)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_schema_check_sees_a_misspelt_key(tmp_path: Path) -> None:
    misspelt = tmp_path / "docker-compose.yml"
    misspelt.write_text(FILE.read_text().replace("healthcheck:", "healthchek:", 1))
    assert _schema_errors(misspelt).returncode == 1


def test_every_service_restarts_and_is_watched(services: dict[str, dict[str, Any]]) -> None:
    for name, service in services.items():
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"], name


def test_ports_are_published_on_loopback_only(services: dict[str, dict[str, Any]]) -> None:
    published = [port for service in services.values() for port in service.get("ports", [])]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_redis_keeps_accepted_jobs_and_is_out_of_reach(services: dict[str, dict[str, Any]]) -> None:
    options = " ".join(services["redis"]["command"])
    assert "--appendonly yes --appendfsync everysec" in options
    assert "--maxmemory-policy noeviction" in options
    assert "redis-data:/data" in services["redis"]["volumes"]
    reach = {name for name, service in services.items() if "queue" in service.get("networks", ())}
    assert reach == {"redis", "app", "workers-cpu", "workers-chat"}
    assert services["redis"]["networks"] == ["queue"]
    assert yaml.safe_load(FILE.read_text())["networks"]["queue"]["internal"] is True


def test_every_profile_finds_what_it_depends_on(services: dict[str, dict[str, Any]]) -> None:
    for profile in PROFILES:
        up = {name for name, service in services.items() if profile in service.get("profiles", PROFILES)}
        for name in up:
            for needed, dependency in services[name].get("depends_on", {}).items():
                assert needed in up or not dependency.get("required", True), (profile, name, needed)
                assert dependency["condition"] == "service_healthy"


def test_every_profile_has_workers_and_one_engine_name(services: dict[str, dict[str, Any]]) -> None:
    for profile, engine in PROFILES.items():
        up = {name for name, service in services.items() if profile in service.get("profiles", ())}
        assert len([name for name in up if name.startswith("workers")]) == 1
        named = {name for name in up if isinstance(services[name]["networks"], dict)}
        assert named == ({engine} if engine else set())
        for name in named:
            assert services[name]["networks"]["default"]["aliases"] == ["engine"]
            assert ":8001/" in services[name]["healthcheck"]["test"][-1]
    for name in ("app", "workers-cpu", "workers-chat"):
        assert "http://engine:8001/v1" in services[name]["environment"]["DESKCHECK_ENGINE_URL"]


def test_variables_are_settings_that_the_processes_read(services: dict[str, dict[str, Any]]) -> None:
    readers: dict[str, type[AppSettings | WorkerSettings]]
    readers = {"app": AppSettings, "workers-cpu": WorkerSettings, "workers-chat": WorkerSettings}
    for name, settings in readers.items():
        fields = {f"DESKCHECK_{field.upper()}" for field in settings.model_fields}
        assert set(services[name]["environment"]) - {"REDIS_URL"} <= fields


def test_a_running_job_may_end_before_its_container_does(services: dict[str, dict[str, Any]]) -> None:
    for name in ("workers-cpu", "workers-chat"):
        grace = services[name]["stop_grace_period"]
        assert int(grace.removesuffix("s")) > WorkerSettings.model_fields["shutdown_grace_s"].default


def test_named_volumes_are_declared_and_used(services: dict[str, dict[str, Any]]) -> None:
    mounts = [mount for service in services.values() for mount in service.get("volumes", [])]
    named = {mount.split(":")[0] for mount in mounts if re.match(r"[a-z]", mount)}
    assert named == set(yaml.safe_load(FILE.read_text())["volumes"])


def test_mounted_files_exist(services: dict[str, dict[str, Any]]) -> None:
    mounts = [mount for service in services.values() for mount in service.get("volumes", [])]
    sources = [mount.split(":")[0] for mount in mounts if mount.startswith("./")]
    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []


def test_no_secret_has_a_default() -> None:
    variables = VARIABLE.findall(FILE.read_text())
    secrets = [rest for name, rest in variables if re.search("PASSWORD|SECRET|TOKEN|KEY", name)]
    assert secrets
    assert all(rest.startswith(":?") for rest in secrets)


def test_every_variable_is_documented_with_its_default(services: dict[str, dict[str, Any]]) -> None:
    documented = dict(re.findall(r"^#?([A-Z_]+)=(.*)$", (ROOT / "deploy/env.example").read_text(), re.MULTILINE))
    used = dict(VARIABLE.findall(FILE.read_text()))
    environments = [service.get("environment", {}) for service in services.values()]
    passed_on = {name for environment in environments for name, value in environment.items() if value is None}
    assert set(used) | passed_on | {"COMPOSE_PROFILES"} == set(documented)
    defaults = {name: rest[2:] for name, rest in used.items() if rest.startswith(":-")}
    assert defaults == {name: documented[name] for name in defaults}
    for name in passed_on & {f"DESKCHECK_{field.upper()}" for field in WorkerSettings.model_fields}:
        default = WorkerSettings.model_fields[name.removeprefix("DESKCHECK_").lower()].default
        assert name in used or documented[name] == str(default or "")


def test_commands_start_modules_that_exist(services: dict[str, dict[str, Any]]) -> None:
    ours = [service for service in services.values() if "build" in service]
    modules = {service["command"][service["command"].index("-m") + 1] for service in ours if "command" in service}
    assert modules == {"workers.main", "workers.engine"}
    assert [module for module in modules if importlib.util.find_spec(module) is None] == []
