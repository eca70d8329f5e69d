"""One job: fork, confine, run, wait, kill, classify. Knows the kernel's verdicts; knows nothing of the server's peer.

Files instead of pipes carry input and output: they live in memory, RLIMIT_FSIZE bounds them, and nobody has to pump. A
job cannot start processes (seccomp), so killing one process is killing the job.
"""

from __future__ import annotations

import os
import secrets
import select
import signal
import time
from dataclasses import dataclass
from typing import Any, NoReturn

from models.sandbox.jail.confine import Jail, enter
from models.sandbox.jail.program import Report, execute
from models.sandbox.jail.seccomp import filter_for, install

STDIN, STDOUT, STDERR, REPORT, FAULT = range(5)


class PeerGone(Exception):
    """Whoever asked for the job has gone: not a fault, the end of the server's work."""


@dataclass(frozen=True, slots=True)
class Files:
    """What a job reads and writes, each an anonymous file in memory but `null`."""

    stdin: int
    stdout: int
    null: int
    report: int
    fault: int
    """Why the jail could not be built; closed before the program runs, so that no program can claim it."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a process ended."""

    status: int
    cpu_seconds: float
    seconds: float
    overdue: bool


def run_job(job: dict[str, Any], jail: Jail, peer: int) -> dict[str, Any]:
    """Run one job and say what became of it: status, kind, output, seconds. Raises PeerGone, with the job killed."""
    nonce = secrets.token_hex(8).encode()
    names = ("stdin", "stdout", "report", "fault")
    memory = {name: os.memfd_create(name) for name in names}
    files = Files(null=os.open(os.devnull, os.O_RDWR), **memory)
    try:
        os.write(files.stdin, job["stdin"].encode("utf-8", "surrogatepass"))
        os.lseek(files.stdin, 0, os.SEEK_SET)
        started = time.monotonic()
        pid = os.fork()
        if not pid:
            _child(job, jail, files, nonce)
        ended = _wait(pid, started, job["limits"]["seconds"], peer)
        return {**_classify(job, ended, files, nonce), "seconds": ended.seconds}
    finally:
        for fd in (*memory.values(), files.null):
            os.close(fd)


def _child(job: dict[str, Any], jail: Jail, files: Files, nonce: bytes) -> NoReturn:
    try:
        fault = os.dup(files.fault)
        try:
            enter(jail, job["limits"])
            _arrange(files)
            sealed = filter_for(jail.machine, os.getpid())
            signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # die of too much output instead of seeing an error
            install(sealed)
        except BaseException as error:
            os.write(fault, repr(error).encode())
            raise
        os.closerange(FAULT, os.sysconf("SC_OPEN_MAX"))
        report = execute(job["code"], job["entry_point"], job["arguments"])
        _write(report, nonce, job["limits"]["output_bytes"])
        os._exit(0 if report[0] == "success" else 1)
    finally:
        os._exit(1)


def _arrange(files: Files) -> None:
    # Above the targets first: a descriptor may be another one's target.
    high = [os.dup(fd) for fd in (files.stdin, files.stdout, files.null, files.report)]
    for target, fd in enumerate(high):
        os.dup2(fd, target)


def _write(report: Report, nonce: bytes, limit: int) -> None:
    status, kind, payload = report
    body = payload[: limit + 1].encode("utf-8", "surrogatepass")[: limit + 1]
    head = b"%s\n%s\n%s\n" % (nonce, status.encode(), kind.encode("utf-8", "replace"))
    os.ftruncate(REPORT, 0)
    os.pwrite(REPORT, head + body, 0)


def _wait(pid: int, started: float, seconds: float, peer: int) -> Ended:
    """Wait for the end, at most until the deadline, and in every case leave no process behind."""
    overdue = gone = False
    process = os.pidfd_open(pid)
    try:
        poll = select.poll()
        poll.register(process, select.POLLIN)
        poll.register(peer, 0)  # hang-up only
        events = poll.poll(max(0.0, started + seconds - time.monotonic()) * 1000)
        overdue = not events
        gone = any(fd == peer for fd, _ in events)
    finally:
        os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        os.close(process)
    if gone:
        raise PeerGone
    return Ended(status, usage.ru_utime + usage.ru_stime, time.monotonic() - started, overdue)


def _classify(job: dict[str, Any], ended: Ended, files: Files, nonce: bytes) -> dict[str, Any]:
    limit, function = job["limits"]["output_bytes"], job["entry_point"] is not None
    if fault := os.pread(files.fault, 1000, 0):
        return _say("infrastructure failure", fault.decode("utf-8", "replace"))
    printed = os.pread(files.stdout, limit + 1, 0)
    status, kind, payload = _report(files.report, nonce, limit)
    output = (payload if function else printed)[:limit].decode("utf-8", "replace")
    killer = os.WTERMSIG(ended.status) if os.WIFSIGNALED(ended.status) else 0
    if killer == signal.SIGXFSZ or max(len(printed), len(payload)) > limit:
        return _say("output limit", None, output)
    if ended.overdue or killer == signal.SIGXCPU:
        return _say("timeout", None, output)
    if killer == signal.SIGKILL:  # not by us: CPU limit, or the kernel short of memory
        spent = ended.cpu_seconds >= job["limits"]["seconds"]
        return _say("timeout" if spent else "out of memory", None, output)
    if killer:
        return _say("exception", signal.Signals(killer).name, output)
    if status:
        return _say(status, kind or None, output)
    # It left by os._exit: a script may, a function has not returned.
    good = not function and os.WEXITSTATUS(ended.status) == 0
    return _say("success", None, output) if good else _say("exception", "SystemExit", output)


def _report(fd: int, nonce: bytes, limit: int) -> tuple[str, str, bytes]:
    head, _, rest = os.pread(fd, limit + 2000, 0).partition(b"\n")
    status, _, rest = rest.partition(b"\n")
    kind, _, payload = rest.partition(b"\n")
    name = status.decode("utf-8", "replace")
    if head != nonce or name not in ("success", "exception", "syntax error", "out of memory"):
        return "", "", b""
    return name, kind.decode("utf-8", "replace")[:100], payload


def _say(status: str, kind: str | None, output: str = "") -> dict[str, Any]:
    return {"status": status, "kind": kind, "output": output}
