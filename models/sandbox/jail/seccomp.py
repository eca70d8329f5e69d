"""The system call filter: a short allow-list, all else refused. See seccomp(2) and bpf's classic instruction set.

An allow-list, because a list of what is forbidden ages with every kernel. No process can be made (threads can), so a
job is one process: nothing can daemonize, fork without end or outlive a kill. Nothing can be opened for writing, so
files are safe even from what Landlock does not cover (chmod, chown, utime and extended attributes are not listed).
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

from models.sandbox.jail.kernel import PR_SET_SECCOMP, prctl
from models.sandbox.jail.syscalls import AUDIT_ARCH, allowed, conditional

_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ|K, BPF_JMP|JSET|K, BPF_RET|K
_ALLOW, _KILL_PROCESS = 0x7FFF0000, 0x80000000
_NUMBER, _ARCHITECTURE = 0, 4  # offsets in struct seccomp_data; arguments from 16 on, eight bytes each
_CLONE_THREAD = 0x10000
_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC
_FCNTL = (0, 1, 2, 3, 4, 1030, 1032)  # DUPFD, GETFD, SETFD, GETFL, SETFL, DUPFD_CLOEXEC, GETPIPE_SZ: no F_SETOWN
_IOCTL = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)  # TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIONCLEX, FIOCLEX
_AF_UNIX = 1
# A datagram pair could still send to any named socket of the host; a stream pair is connected for good.
_STREAM = tuple(1 | flags for flags in (0, 0x800, 0x80000, 0x80800))  # SOCK_STREAM, SOCK_NONBLOCK, SOCK_CLOEXEC


def filter_for(machine: str, pid: int) -> bytes:
    """The program for one process, which may signal `pid`, itself, alone. Raises KeyError for an unknown machine."""
    code = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, AUDIT_ARCH[machine], 1, 0),
        _step(_RETURN, _KILL_PROCESS),  # another architecture's numbers would mean other calls
        _step(_LOAD, _NUMBER),
    ]
    for number in allowed(machine).values():
        code += [_step(_EQUAL, number, 0, 1), _step(_RETURN, _ALLOW)]
    for name, number in conditional(machine).items():
        rule = _rule(name, pid)
        code += [_step(_EQUAL, number, 0, len(rule)), *rule]
    return b"".join([*code, _refuse(errno.EPERM)])


def install(program: bytes) -> None:
    """Put this thread, and all it will start, under the filter, for good. Needs no_new_privs. Raises OSError."""
    text = ctypes.create_string_buffer(program, len(program))
    header = struct.pack("HxxxxxxP", len(program) // 8, ctypes.addressof(text))  # struct sock_fprog
    prctl(PR_SET_SECCOMP, 2, ctypes.c_char_p(header))


def _rule(name: str, pid: int) -> list[bytes]:
    match name:
        case "clone":
            return [_argument(0), _step(_ANY_BIT, _CLONE_THREAD, 1, 0), _refuse(errno.EPERM), _step(_RETURN, _ALLOW)]
        case "clone3":  # its flags lie in memory, where a filter cannot look; the C library then uses clone
            return [_refuse(errno.ENOSYS)]
        case "open" | "openat":
            flags = _argument(1 if name == "open" else 2)
            return [flags, _step(_ANY_BIT, _WRITES, 0, 1), _refuse(errno.EACCES), _step(_RETURN, _ALLOW)]
        case "fcntl":
            return _one_of(1, _FCNTL)
        case "ioctl":
            return _one_of(1, _IOCTL)
        case "prlimit64":
            return _one_of(0, (0,))  # 0: itself
        case "socketpair":
            family = [_argument(0), _step(_EQUAL, _AF_UNIX, 1, 0), _refuse(errno.EPERM)]
            return [*family, *_one_of(1, _STREAM)]
        case _:  # kill, tgkill
            return _one_of(0, (pid,))


def _one_of(argument: int, values: tuple[int, ...]) -> list[bytes]:
    tests = [step for value in values for step in (_step(_EQUAL, value, 0, 1), _step(_RETURN, _ALLOW))]
    return [_argument(argument), *tests, _refuse(errno.EPERM)]


def _argument(index: int) -> bytes:
    return _step(_LOAD, 16 + 8 * index)


def _refuse(code: int) -> bytes:
    return _step(_RETURN, 0x00050000 | code)  # SECCOMP_RET_ERRNO


def _step(code: int, value: int, then: int = 0, otherwise: int = 0) -> bytes:
    return struct.pack("HBBI", code, then, otherwise, value)  # struct sock_filter
