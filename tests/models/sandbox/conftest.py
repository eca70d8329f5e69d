"""Sandboxes under attack: each tier, and each with a layer taken away, so that no layer hides a hole in another."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from models.sandbox import Sandbox, SandboxUnavailable, Tier, launch

Sources = list[tuple[str, str]]


def edited(module: str, old: str, new: str) -> Callable[[], Sources]:
    """`launch.sources` with one line of the jail changed."""
    real = launch.sources()

    def sources() -> Sources:
        texts = dict(real)
        name = f"models.sandbox.jail.{module}"
        assert old in texts[name]
        texts[name] = texts[name].replace(old, new)
        return list(texts.items())

    return sources


def without_landlock() -> Callable[[], Sources]:
    """`launch.sources` as on a kernel that has no Landlock."""
    return edited("landlock", "return syscall(_CREATE_RULESET, None", "return 0 * (None")


def same_uid(tier: Tier) -> dict[str, object]:
    """`launch.hello` as for a normal user, who cannot drop the uid: Landlock and seccomp stand alone, even as root."""
    return {**REAL_HELLO(tier), "uid": None}


REAL_HELLO = launch.hello


@pytest.fixture(scope="package", params=["bubblewrap", "bubblewrap without Landlock", "landlock", "landlock, same uid"])
def sandbox(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A running sandbox. Landlock always runs; bubblewrap where it is installed and may make namespaces."""
    name: str = request.param
    with pytest.MonkeyPatch.context() as patch:
        if name == "bubblewrap without Landlock":
            patch.setattr(launch, "sources", without_landlock())
        if name == "landlock, same uid":
            patch.setattr(launch, "hello", same_uid)
        try:
            started = Sandbox(tier=Tier(name.split()[0].rstrip(",")))
        except SandboxUnavailable as error:
            if not name.startswith("bubblewrap") or "self-check" in str(error):
                raise
            pytest.skip(str(error))
        with started:
            yield started


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that file permissions leave open to everybody, with one such file in it."""
    folder = Path(tempfile.mkdtemp(prefix="open-", dir="/tmp"))
    folder.chmod(0o777)
    (folder / "file").write_text("host secret 5417")
    (folder / "file").chmod(0o666)
    yield folder
    shutil.rmtree(folder)


def descendants(root: int | None = None) -> set[int]:
    """Process ids below `root`, this process by default."""
    parents = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found = {root or os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {root or os.getpid()}
