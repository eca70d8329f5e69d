"""Real attacks, each run, each judged by what it could not do. Seen from outside wherever the outside can see it."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from models.sandbox import ExecStatus, Limits, Sandbox
from tests.models.sandbox.conftest import descendants
from workers.pipeline.types import IOTest

SHORT = Limits(seconds=0.5)
TRY = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
done = []
def attempt(name, action):
    try:
        action()
    except (OSError, ValueError, ImportError):
        return
    done.append(name)
def raw(*args):  # a system call past the C library, by its x86_64 number
    if os.uname().machine != "x86_64":
        raise OSError
    if libc.syscall(*args) < 0:
        raise OSError(ctypes.get_errno(), "refused")
"""


def succeeded(sandbox: Sandbox, attack: str, stdin: str = "") -> str:
    """The attempts of an attack that were not refused. The attack must have run to its end."""
    result = sandbox.run(f"{TRY}\n{attack}\nprint(done)", stdin)
    assert result.status is ExecStatus.SUCCESS, result
    return result.output.strip()


@pytest.fixture
def listeners(open_folder: Path) -> Iterator[tuple[socket.socket, ...]]:
    """A TCP, a UDP and a named Unix socket of this host, waiting."""
    with (
        socket.create_server(("127.0.0.1", 0)) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as named,
    ):
        udp.bind(("127.0.0.1", 0))
        named.bind(str(open_folder / "socket"))
        (open_folder / "socket").chmod(0o777)
        for listener in (tcp, udp, named):
            listener.setblocking(False)
        yield tcp, udp, named


def network_attack(listeners: tuple[socket.socket, ...]) -> str:
    """Reach each of the listeners."""
    tcp, udp, named = (listener.getsockname() for listener in listeners)
    return f"""
import socket
def datagram():
    a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    a.sendto(b"x", {named!r})
attempt("tcp", lambda: socket.create_connection({tcp!r}, 1))
attempt("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", {udp!r}))
attempt("unix", lambda: socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b"x", {named!r}))
attempt("pair", datagram)
attempt("raw", lambda: raw(41, 2, 1, 0))
attempt("netlink", lambda: socket.socket(16, 3, 0))
attempt("uring", lambda: raw(425, 8, ctypes.create_string_buffer(120)))
"""


def test_no_network_not_even_loopback(sandbox: Sandbox, listeners: tuple[socket.socket, ...]) -> None:
    assert succeeded(sandbox, network_attack(listeners)) == "[]"
    for listener in listeners:
        with pytest.raises(BlockingIOError):
            listener.accept() if listener is listeners[0] else listener.recv(1)


def test_the_network_attack_works_outside_the_sandbox(listeners: tuple[socket.socket, ...]) -> None:
    """The control: what the sandbox stops is real."""
    attack = f"{TRY}\n{network_attack(listeners)}\nprint(*done)"
    words = subprocess.run([sys.executable, "-c", attack], capture_output=True, text=True, check=True).stdout.split()
    assert {"tcp", "udp", "unix", "pair"} <= set(words)
    listeners[0].accept()[0].close()
    assert [listener.recv(9) for listener in listeners[1:]] == [b"x", b"x"]


def test_no_host_file_can_be_read(sandbox: Sandbox, open_folder: Path) -> None:
    secret = open_folder / "file"
    attack = f"""
up = "../" * 30
for path in ["{secret}", up + "{secret}"[1:], "/proc/self/root{secret}", "/proc/1/root{secret}", "/etc/passwd",
             "/etc/shadow", "{__file__}", "/proc/{os.getpid()}/environ", "/proc/self/environ",
             "/proc/1/environ", "/proc/self/maps", "/proc/{os.getpid()}/mem", "/dev/vda", "/root/.bashrc"]:
    attempt(path, lambda: open(path, "rb").read(1))
attempt("/etc", lambda: os.listdir("/etc").index("passwd"))  # the folder may be there, with the loader's cache alone
for folder in ["{open_folder}", "/home", "/proc", "/proc/{os.getpid()}/fd", "{Path(__file__).parent}"]:
    attempt(folder, lambda: os.listdir(folder))
for fd in range(4, 64):  # below: the program's own standard streams and its report
    attempt(fd, lambda: os.read(fd, 1))
attempt("name_to_handle", lambda: raw(303, -100, b"{secret}", ctypes.create_string_buffer(64), b"    ", 0))
attempt("chroot", lambda: os.chroot("."))
attempt("mount", lambda: raw(165, b"none", b"/", b"tmpfs", 0, None))
attempt("userns", lambda: raw(272, 0x10000000))
attempt("setuid", lambda: os.setuid(0))
"""
    assert succeeded(sandbox, attack) == "[]"


def test_nothing_can_be_snooped_from_proc(sandbox: Sandbox) -> None:
    attack = f"""
def names():
    return [name for name in os.listdir("/proc") if name.isdigit()]
attempt("processes", lambda: names() or open("/none"))
for pid in ("1", "{os.getpid()}", str(os.getppid())):  # its own links it may read, and learns nothing from them
    for name in ("environ", "cmdline", "maps", "mem", "status", "cwd", "fd/0", "root/etc/passwd", "ns/net", "task"):
        attempt(pid + "/" + name, lambda: open(f"/proc/{{pid}}/{{name}}", "rb").read(1))
        attempt(pid + "->" + name, lambda: os.readlink(f"/proc/{{pid}}/{{name}}"))
for name in ("meminfo", "cpuinfo", "net/tcp", "mounts", "sys/kernel/hostname", "kallsyms"):
    attempt(name, lambda: open("/proc/" + name, "rb").read(1))
"""
    assert succeeded(sandbox, attack) == "[]"


def test_nothing_outside_can_be_changed(sandbox: Sandbox, open_folder: Path) -> None:
    before = (open_folder / "file").stat()
    attack = f"""
folder, file = "{open_folder}", "{open_folder}/file"
for mode in ("w", "a", "r+", "x"):
    attempt(mode, lambda: open(file, mode))
    attempt(mode + " new", lambda: open(folder + "/new", mode))
    attempt(mode + " tmp", lambda: open("/tmp/new", mode))
    attempt(mode + " here", lambda: open("new", mode))
attempt("mkdir", lambda: os.mkdir(folder + "/dir"))
attempt("unlink", lambda: os.unlink(file))
attempt("rename", lambda: os.rename(file, folder + "/moved"))
attempt("link", lambda: os.link(file, folder + "/link"))
attempt("symlink", lambda: os.symlink(file, folder + "/symlink"))
attempt("mkfifo", lambda: os.mkfifo(folder + "/fifo"))
attempt("truncate", lambda: os.truncate(file, 0))
attempt("chmod", lambda: os.chmod(file, 0))
attempt("chown", lambda: os.chown(file, 1, 1))
attempt("utime", lambda: os.utime(file, (1, 1)))
attempt("xattr", lambda: os.setxattr(file, "user.x", b"1"))
attempt("creat", lambda: raw(85, (folder + "/creat").encode(), 0o666))
attempt("openat2", lambda: raw(437, -100, file.encode(), (ctypes.c_uint64 * 3)(2, 0, 0), 24))
attempt("shm", lambda: raw(29, 77, 4096, 0o1666))
attempt("memfd", lambda: os.memfd_create("x"))
"""
    assert succeeded(sandbox, attack) == "[]"
    assert [path.name for path in open_folder.iterdir()] == ["file"]
    after = (open_folder / "file").stat()
    assert (after.st_mode, after.st_mtime_ns, after.st_size) == (before.st_mode, before.st_mtime_ns, before.st_size)


def test_a_fork_bomb_never_makes_a_second_process(sandbox: Sandbox) -> None:
    before = descendants()
    attack = """
import subprocess, multiprocessing
for _ in range(1000):
    attempt("fork", os.fork)
attempt("vfork", lambda: raw(58))
attempt("clone", lambda: raw(56, 17, 0, 0, 0, 0))
attempt("clone3", lambda: raw(435, (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17), 64))
attempt("run", lambda: subprocess.run(["/bin/true"]))
attempt("spawn", lambda: os.posix_spawn("/bin/true", ["true"], {}))
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
"""
    assert succeeded(sandbox, attack) == "[]"
    assert descendants() == before


def test_a_thread_bomb_stops_at_the_limits(sandbox: Sandbox) -> None:
    bomb = (
        "import threading, time\nwhile True:\n    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    )
    assert sandbox.run(bomb, limits=Limits(seconds=10)).status in ("exception", "out of memory")


def test_a_memory_bomb_stops_at_the_limit(sandbox: Sandbox) -> None:
    limits = Limits(seconds=30, memory_bytes=160 << 20)
    for bomb in ("x = bytearray(4 << 30)", "x = []\nwhile True:\n    x.append('y' * 1000000)"):
        assert sandbox.run(bomb, limits=limits).status is ExecStatus.OUT_OF_MEMORY
    assert sandbox.run("import mmap\nmmap.mmap(-1, 4 << 30)").kind == "OSError"


@pytest.mark.parametrize(
    "attack",
    [
        "while True: pass",
        "10 ** 10 ** 8",
        "import time\ntime.sleep(60)",
        "import os\nr, w = os.pipe()\nos.read(r, 1)",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
        "import signal\nfor n in {*range(1, 32)} - {9, 19}: signal.signal(n, signal.SIG_IGN)\nwhile True: pass",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)",
        "import atexit\natexit.register(lambda: exec('while True: pass'))",
        "import threading, time\nthreading.Thread(target=time.sleep, args=(60,)).start()",
    ],
    ids=["CPU loop", "one long operation", "sleep", "blocked read", "caught loop", "ignored signals", "stopped",
         "at exit", "left thread"],
)  # fmt: skip
def test_whatever_does_not_end_is_killed_at_the_deadline(sandbox: Sandbox, attack: str) -> None:
    before, started = descendants(), time.monotonic()
    assert sandbox.run(attack, limits=SHORT).status is ExecStatus.TIMEOUT
    assert time.monotonic() - started < 5
    assert descendants() == before


@pytest.mark.parametrize(
    "attack",
    [
        "while True: print('x' * 1000)",
        "import os\nwhile True: os.write(1, b'x' * 100000)",
        "import sys\nwhile True:\n    try: sys.stdout.write('x' * 9999)\n    except BaseException: pass",
    ],
)
def test_an_output_flood_is_cut_and_ends_the_program(sandbox: Sandbox, attack: str) -> None:
    result = sandbox.run(attack)
    assert result.status is ExecStatus.OUTPUT_LIMIT
    assert len(result.output) == Limits().output_bytes
    assert result.seconds < Limits().seconds


def test_a_flood_by_return_value_or_error_is_cut(sandbox: Sandbox) -> None:
    tests = [IOTest("", "'x'")]
    flood = sandbox.run_tests("def f(): return 'x' * 10 ** 7", tests, entry_point="f")[0]
    assert (flood.status, len(flood.output)) == (ExecStatus.OUTPUT_LIMIT, Limits().output_bytes)
    named = sandbox.run("raise type('E' * 10 ** 6, (Exception,), {})")
    assert (named.status, named.kind) == (ExecStatus.EXCEPTION, "E" * 100)


def test_nobody_outside_can_be_signalled_or_inspected(sandbox: Sandbox) -> None:
    received: list[int] = []
    previous = {n: signal.signal(n, lambda number, _: received.append(number)) for n in (signal.SIGTERM, signal.SIGIO)}
    before = descendants()
    try:
        attack = f"""
import fcntl, resource, signal
targets = [{os.getpid()}, os.getppid(), 1, -1, 0, {", ".join(map(str, before))}]
for pid in targets:
    for number in (0, 15, 9):
        attempt((pid, number), lambda: os.kill(pid, number))
        attempt(("tgkill", pid), lambda: raw(234, pid, pid, number))
        attempt(("tkill", pid), lambda: raw(200, pid, number))
    attempt(("pidfd", pid), lambda: os.pidfd_open(pid))
    attempt(("ptrace", pid), lambda: raw(101, 16, pid, 0, 0))
    attempt(("read", pid), lambda: raw(310, pid, None, 0, None, 0, 0))
    attempt(("nice", pid), lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    attempt(("affinity", pid), lambda: os.sched_setaffinity(pid, [0]))
    attempt(("limit", pid), lambda: pid and resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3)) or os.close(99))
    attempt(("owner", pid), lambda: fcntl.fcntl(1, fcntl.F_SETOWN, pid))
    attempt(("ioctl", pid), lambda: fcntl.ioctl(1, 0x8901, pid.to_bytes(4, "little", signed=True)))
attempt("setsid", os.setsid)
attempt("setpgid", lambda: os.setpgid(0, 0))
"""
        assert succeeded(sandbox, attack) == "[]"
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)
    assert received == []
    assert descendants() == before  # the same server, still alive
    assert sandbox.run("print(1)").output == "1\n"


def test_a_daemon_cannot_be_left_behind(sandbox: Sandbox) -> None:
    before = descendants()
    daemon = "import os\nif os.fork() == 0:\n    os.setsid()\n    while True: pass"
    assert sandbox.run(daemon, limits=SHORT).kind == "PermissionError"
    lingering = "import os, threading\nthreading.Thread(target=exec, args=('while True: pass',)).start()\nos._exit(0)"
    assert sandbox.run(lingering, limits=SHORT).status is ExecStatus.SUCCESS
    assert descendants() == before


def test_the_environment_does_not_leak(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("API_KEY", "host secret 5417")
    leak = """
import ctypes, gc, os, sys
environ = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
index = 0
while environ[index]:
    print(environ[index].decode()); index += 1
print(dict(os.environ), sys.argv, sys.orig_argv, gc.get_objects())
"""
    with Sandbox(tier=sandbox.tier) as fresh:  # started with the secret in our environment
        result = fresh.run(leak, limits=Limits(output_bytes=16 << 20))
    assert result.status is ExecStatus.SUCCESS
    assert "PYTHONHASHSEED=0" in result.output
    assert "host secret" not in result.output
    assert str(Path.cwd()) not in result.output


def test_nothing_survives_the_death_of_its_owner(sandbox: Sandbox) -> None:
    owner_code = f"""
from models.sandbox import Limits, Sandbox, Tier
Sandbox(tier=Tier({str(sandbox.tier)!r})).run("while True: pass", limits=Limits(seconds=60))
"""
    with subprocess.Popen([sys.executable, "-c", owner_code], cwd=Path(__file__).parents[3]) as owner:
        family: set[int] = set()
        deadline = time.monotonic() + 20
        while not busy(family) and time.monotonic() < deadline:
            time.sleep(0.1)
            family = descendants(owner.pid)
        assert busy(family)
        owner.kill()
        owner.wait()
    while any(Path(f"/proc/{pid}").exists() for pid in family) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not [pid for pid in family if Path(f"/proc/{pid}").exists()]


def busy(family: set[int]) -> bool:
    """One of them has used a quarter of a second of CPU time in user mode: more than starting takes."""
    ticks = 0
    for pid in family:
        try:
            ticks = max(ticks, int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11]))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return ticks > os.sysconf("SC_CLK_TCK") / 4
