"""Memory that is freed and asked for again, by any thread."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

BLOCKS = """
import resource, sys, threading
from workers.memory import keep_freed
if sys.argv[1] == "kept":
    keep_freed()
def work():
    for _ in range(6):
        block = bytearray(96 << 20)
        del block
thread = threading.Thread(target=work)
thread.start()
thread.join()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def faults(how: str) -> int:
    """Pages that the kernel had to give to a process one of whose threads takes and frees 96 MiB six times."""
    done = subprocess.run([sys.executable, "-c", BLOCKS, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")
def test_a_block_that_a_thread_has_freed_is_not_fetched_from_the_kernel_again() -> None:
    once = (96 << 20) // 4096
    assert faults("given back") - faults("kept") > 4 * once
