"""The few kernel calls the standard library has no name for. Knows no policy."""

from __future__ import annotations

import ctypes
import os

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
CAP_KILL, CAP_SETGID, CAP_SETUID, CAP_SYS_CHROOT = 5, 6, 7, 18

_libc = ctypes.CDLL(None, use_errno=True)


def syscall(number: int, *args: object) -> int:
    """A raw system call. Raises OSError."""
    return _checked(_libc.syscall(number, *args))


def prctl(option: int, *args: object) -> int:
    """prctl(2). Raises OSError."""
    padded = [ctypes.c_ulong(arg) if isinstance(arg, int) else arg for arg in (*args, 0, 0, 0, 0)[:4]]
    return _checked(_libc.prctl(option, *padded))


def capabilities() -> int:
    """The effective capabilities of this thread as a bit set, by capget(2): /proc may not be mounted."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread
    data = (ctypes.c_uint32 * 6)()
    _checked(_libc.capget(header, data))
    return data[0] | data[3] << 32


def _checked(result: int) -> int:
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))
    return result
