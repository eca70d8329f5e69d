"""From a fork of the server to a jail, in the order that works. Knows nothing of programs.

Order: rlimits and chroot need the old rights; dropping the uid clears the parent-death signal; Landlock
needs no_new_privs; seccomp comes last, in the caller, because it refuses what the other steps use.
"""

from __future__ import annotations

import os
import resource
import sys
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Any

from models.sandbox.jail import kernel, landlock
from models.sandbox.jail.syscalls import AUDIT_ARCH

OUTPUT_SLACK = 4096
"""Bytes a file may grow beyond the output limit: room for the report's head."""
FILES = 64


@dataclass(frozen=True, slots=True)
class Jail:
    """What every job of this server is confined by."""

    machine: str
    ruleset: int | None
    """Landlock rules, None where the kernel has none."""
    uid: int | None
    """What to drop to; None where we may not."""
    root: str | None
    """Directory to chroot into."""
    crowded: bool
    """The uid has other processes that RLIMIT_NPROC counts too."""


def build(uid: int | None, stdlib: str, readable: list[str], namespaced: bool) -> Jail:
    """Find out what this machine offers. Raises RuntimeError with a reason where it is not enough."""
    machine = os.uname().machine
    if machine not in AUDIT_ARCH:
        raise RuntimeError(f"no system call numbers for {machine}")
    version = landlock.abi()
    if not version and not namespaced:
        raise RuntimeError("the kernel has no Landlock")
    held = kernel.capabilities()
    if uid is not None and not all(held >> cap & 1 for cap in (kernel.CAP_SETUID, kernel.CAP_SETGID, kernel.CAP_KILL)):
        raise RuntimeError("running as root without the capabilities to change the uid and to kill")
    root = stdlib if uid is not None and held >> kernel.CAP_SYS_CHROOT & 1 else None
    rules = landlock.ruleset(readable, version) if version else None
    return Jail(machine, rules, uid, root, crowded=uid is None and not namespaced)


def relocate(stdlib: str) -> None:
    """Let imports find the standard library where chroot will put it.

    The root is the library's own folder. Paths above it may be closed to the dropped uid (a Python under /root), and
    nothing else has to be visible.
    """
    sys.path[:] = ["/", "/lib-dynload"]
    for module in list(sys.modules.values()):
        if isinstance(places := getattr(module, "__path__", None), list):
            places[:] = [place.removeprefix(stdlib) or "/" for place in places]
    sys.path_importer_cache.clear()


def enter(jail: Jail, limits: dict[str, Any]) -> None:
    """Confine this process for good. Raises OSError; the caller must then end the process."""
    _limit(jail, limits)
    if jail.root is not None:
        os.chroot(jail.root)
    os.chdir("/")
    if jail.uid is not None:
        os.setgroups([])
        os.setresgid(jail.uid, jail.uid, jail.uid)
        os.setresuid(jail.uid, jail.uid, jail.uid)
    kernel.prctl(kernel.PR_SET_PDEATHSIG, 9)
    kernel.prctl(kernel.PR_SET_DUMPABLE, 0)
    kernel.prctl(kernel.PR_SET_NO_NEW_PRIVS, 1)
    if jail.ruleset is not None:
        landlock.restrict(jail.ruleset)


def _limit(jail: Jail, limits: dict[str, Any]) -> None:
    tasks = limits["threads"] + (_tasks() if jail.crowded else 0)
    cpu = ceil(limits["seconds"])
    for kind, soft, hard in (
        (resource.RLIMIT_AS, limits["memory_bytes"], limits["memory_bytes"]),
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_FSIZE, *[limits["output_bytes"] + OUTPUT_SLACK] * 2),
        (resource.RLIMIT_NPROC, tasks, tasks),
        (resource.RLIMIT_NOFILE, FILES, FILES),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))


def _tasks() -> int:
    """Threads of every process with this uid: what RLIMIT_NPROC counts (`task` has a link per thread, and two)."""
    count = 0
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                task = Path(entry.path, "task").stat()
            except FileNotFoundError:  # it ended meanwhile
                continue
            count += (task.st_nlink - 2) * (task.st_uid == os.getuid())
    return count
