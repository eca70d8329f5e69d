"""Where nothing confines, nothing runs."""

from __future__ import annotations

import pytest

from models.sandbox import Sandbox, SandboxUnavailable, Tier, launch
from tests.models.sandbox.conftest import descendants, edited, without_landlock
from workers.pipeline.errors import DeskcheckError


def test_without_landlock_the_landlock_tier_refuses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "sources", without_landlock())
    with pytest.raises(SandboxUnavailable, match="no Landlock"):
        Sandbox(tier=Tier.LANDLOCK)


@pytest.mark.parametrize("tier", Tier)
def test_a_jail_that_does_not_confine_is_refused(monkeypatch: pytest.MonkeyPatch, tier: Tier) -> None:
    monkeypatch.setattr(launch, "sources", edited("supervise", "install(sealed)", "pass"))
    with pytest.raises(SandboxUnavailable, match=r"failed its self-check|not installed|bwrap:"):
        Sandbox(tier=tier)


def test_a_step_that_fails_stops_the_program_from_running(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "sources", edited("landlock", "(_RESTRICT_SELF, fd", "(_RESTRICT_SELF, -1"))
    with pytest.raises(SandboxUnavailable, match=r"infrastructure failure.*Bad file descriptor"):
        Sandbox(tier=Tier.LANDLOCK)


def test_where_no_tier_works_the_error_names_every_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    before = descendants()
    monkeypatch.setenv("PATH", "/nonexistent")
    monkeypatch.setattr(launch, "sources", without_landlock())
    with pytest.raises(DeskcheckError, match=r"unsandboxed: .*bwrap is not installed; .*no Landlock"):
        Sandbox()
    assert descendants() == before
