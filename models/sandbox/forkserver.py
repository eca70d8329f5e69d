"""One fork server as its owner sees it: start, ask, close. Knows nothing of tests or expected outputs."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from collections.abc import Mapping

from models.sandbox import launch
from models.sandbox.jail.wire import Frame, receive, send
from models.sandbox.types import Limits, SandboxUnavailable, Tier

START_SECONDS = 30.0
GRACE_SECONDS = 15.0
"""How much longer than a job's own limit its server may take to answer on a crowded machine."""

# Attacks that must fail, and an import that must not: it would be laid at the door of the programs.
_CANARY = """
import colorsys, os, socket
def refused(action):
    try:
        action()
    except OSError:
        return True
    return False
attacks = [socket.socket, lambda: os.fork() or os._exit(0), lambda: open("/etc/passwd"), lambda: open("/tmp/x", "w"),
           lambda: os.execv("/bin/true", ["true"]), lambda: os.kill(os.getppid() or 1, 0)]
print([refused(attack) for attack in attacks])
"""


class ServerLost(Exception):
    """The fork server died or does not answer. Never leaves this package."""


class ForkServer:
    """A running server; answers one job at a time. It ends by itself when this process does."""

    def __init__(self, tier: Tier, hash_seed: int = 0) -> None:
        """Start it and watch it refuse a few attacks. Raises SandboxUnavailable with the reason."""
        self.tier = tier
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - closed in `close`
        try:
            self._process = subprocess.Popen(
                launch.command(tier, hash_seed),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                env=launch.environment(hash_seed),
                cwd="/",
                start_new_session=True,
                bufsize=0,
            )
        except OSError as error:
            self._errors.close()
            raise SandboxUnavailable(f"{tier}: {error}") from error
        try:
            self._introduce()
        except BaseException:
            self.close()
            raise

    def ask(self, job: Mapping[str, object], limits: Limits) -> Frame:
        """Run one job. Raises ServerLost; the server is then of no more use and must be closed."""
        return self._exchange({**job, "limits": _as_frame(limits)}, limits.seconds + GRACE_SECONDS)

    def close(self) -> None:
        """Kill the server, and with it a job it may be running. Closing twice is fine."""
        self._process.kill()
        for stream in (self._process.stdin, self._process.stdout, self._errors):
            if stream is not None:
                stream.close()
        self._process.wait()

    def _introduce(self) -> None:
        try:
            self._send({"sources": launch.sources()})
            answer = self._exchange(launch.hello(self.tier), START_SECONDS)
            if not answer["ready"]:
                raise SandboxUnavailable(f"{self.tier}: {answer['reason']}")
            job = {"code": _CANARY, "stdin": "", "entry_point": None, "arguments": ""}
            seen = self.ask(job, Limits(seconds=START_SECONDS))
        except ServerLost as error:
            raise SandboxUnavailable(f"{self.tier}: {error}") from error
        if seen["status"] != "success" or seen["output"].strip() != str([True] * 6):
            raise SandboxUnavailable(
                f"{self.tier}: failed its self-check: {seen['status']} {seen['kind']} {seen['output']}"
            )

    def _exchange(self, frame: Frame, seconds: float) -> Frame:
        self._send(frame)
        assert self._process.stdout is not None
        try:
            answer = receive(self._process.stdout.fileno(), seconds)
        except TimeoutError as error:
            raise ServerLost(f"no answer within {seconds:.0f} s") from error
        if answer is None:
            raise ServerLost(self._last_words())
        return answer

    def _send(self, frame: Frame) -> None:
        assert self._process.stdin is not None
        try:
            send(self._process.stdin.fileno(), frame)
        except BrokenPipeError as error:
            raise ServerLost(self._last_words()) from error

    def _last_words(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)
        self._errors.seek(0)
        lines = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else f"the fork server ended with code {self._process.returncode}"


def _as_frame(limits: Limits) -> Frame:
    return {name: getattr(limits, name) for name in Limits.__slots__}
