"""How a fork server is started in each tier: command, clean environment, the source it runs. Talks to nobody."""

from __future__ import annotations

import importlib.resources
import os
import secrets
import shutil
import sys
import sysconfig
from pathlib import Path

from models.sandbox.types import Tier

SHIPPED = ("kernel", "syscalls", "seccomp", "landlock", "wire", "program", "confine", "supervise", "server")
"""Modules of `jail`, each after those it imports. The jail sees no project folder, so their text is sent."""
_UIDS = range(61184, 65520)  # systemd's range for services without an account; mapped in rootless containers
_NAMESPACES = ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"]
_NAMESPACES += ["--as-pid-1", "--hostname", "sandbox", "--cap-drop", "ALL", "--clearenv"]
_AS_ROOT = [word for cap in ("SETUID", "SETGID", "KILL", "SYS_CHROOT") for word in ("--cap-add", f"CAP_{cap}")]
_AS_USER = ["--unshare-user", "--disable-userns"]

_BOOT = """
import json, os, sys, types
def take(size):
    data = b""
    while len(data) < size:
        data += os.read(0, size - len(data)) or sys.exit(1)
    return data
for name, text in json.loads(take(int.from_bytes(take(4), "big")))["sources"]:
    module = sys.modules[name] = types.ModuleType(name)
    exec(compile(text, name, "exec"), module.__dict__)
module.main()
"""


def environment(hash_seed: int = 0) -> dict[str, str]:
    """All a program can see of it; the hash seed decides the order of sets of strings, the same in every run."""
    return {"PYTHONHASHSEED": str(hash_seed), "LC_ALL": "C.UTF-8"}


def command(tier: Tier, hash_seed: int = 0) -> list[str]:
    """The argument list that starts a server. Raises FileNotFoundError if the tier's program is not installed."""
    python = [str(_interpreter()), "-s", "-S", "-P", "-B", "-X", "utf8", "-c", _BOOT]
    return python if tier is Tier.LANDLOCK else [*_bubblewrap(hash_seed), *python]


def sources() -> list[tuple[str, str]]:
    """Module names and their text, in the order of import."""
    folder = importlib.resources.files("models.sandbox.jail")
    packages = [(name, "") for name in ("models", "models.sandbox", "models.sandbox.jail")]  # bare, without their code
    return packages + [(f"models.sandbox.jail.{name}", (folder / f"{name}.py").read_text("utf-8")) for name in SHIPPED]


def hello(tier: Tier) -> dict[str, object]:
    """What a server must know before it can build jails."""
    return {
        "uid": secrets.choice(_UIDS) if os.geteuid() == 0 else None,
        "stdlib": sysconfig.get_path("stdlib"),
        "readable": [str(path) for path in readable()],
        "namespaced": tier is Tier.BUBBLEWRAP,
    }


def readable() -> list[Path]:
    """What a program may read: Python's library and the system's shared libraries. Existing paths, links resolved."""
    places = [sysconfig.get_path("stdlib"), f"{sys.base_prefix}/lib", "/usr/lib", "/usr/lib64", "/lib", "/lib64"]
    places += ["/etc/ld.so.cache", "/usr/share/zoneinfo"]
    return sorted({Path(place).resolve() for place in places if Path(place).exists()})


def _interpreter() -> Path:
    return Path(sys.executable).resolve()  # out of the virtual environment, to the installation


def _bubblewrap(hash_seed: int) -> list[str]:
    """bwrap(1) around the server: no network, no other process, and only what is `readable`, read-only.

    As root there is no user namespace: the server keeps what it needs to drop the uid of each job for real.
    """
    program = shutil.which("bwrap")
    if program is None:
        raise FileNotFoundError("bwrap is not installed")
    words = [program, *_NAMESPACES, *(_AS_ROOT if os.geteuid() == 0 else _AS_USER)]
    for name, value in environment(hash_seed).items():
        words += ["--setenv", name, value]
    for path in [*readable(), _interpreter()]:
        words += ["--ro-bind", str(path), str(path)]
    for link in (Path("/lib"), Path("/lib64")):
        if link.is_symlink():  # merged /usr: the loader's path leads through it
            words += ["--symlink", str(link.readlink()), str(link)]
    return [*words, "--dev-bind", "/dev/null", "/dev/null", "--remount-ro", "/", "--chdir", "/", "--"]
