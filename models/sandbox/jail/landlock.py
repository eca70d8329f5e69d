"""A Landlock ruleset: reading below a few paths and nothing else. See landlock(7); the layout is linux/landlock.h."""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence
from pathlib import Path

from models.sandbox.jail.kernel import syscall

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same on every architecture
_READ_FILE, _READ_DIR = 1 << 2, 1 << 3


def abi() -> int:
    """The kernel's Landlock ABI, 0 where there is none."""
    try:
        return syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:  # not built in, or not switched on
        return 0


def ruleset(readable: Sequence[str], version: int) -> int:
    """A file descriptor of rules that refuse every right the ABI `version` knows, but reading below `readable`.

    From ABI 4 on TCP is refused too; from ABI 6 on signals to, and abstract sockets of, anyone outside.
    """
    rights = (1 << {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)) - 1
    fields = [rights, *([0b11] if version >= 4 else []), *([0b11] if version >= 6 else [])]
    attributes = struct.pack(f"{len(fields)}Q", *fields)
    fd = syscall(_CREATE_RULESET, attributes, ctypes.c_size_t(len(attributes)), ctypes.c_uint32(0))
    for path in readable:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        allowed = _READ_FILE | _READ_DIR if Path(path).is_dir() else _READ_FILE
        syscall(_ADD_RULE, fd, 1, struct.pack("=Qi", allowed, beneath), ctypes.c_uint32(0))
        os.close(beneath)
    return fd


def restrict(fd: int) -> None:
    """Put this thread under the rules, for good. Needs no_new_privs. Raises OSError."""
    syscall(_RESTRICT_SELF, fd, ctypes.c_uint32(0))
