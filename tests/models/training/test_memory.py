"""Memory that is freed and asked for again."""

from __future__ import annotations

import platform
import subprocess
import sys

import pytest

BLOCKS = """
import resource, sys
from models.training.memory import keep_freed
if sys.argv[1] == "kept":
    keep_freed()
for _ in range(6):
    block = bytearray(64 << 20)
    del block
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
"""


def faults(how: str) -> int:
    """Pages that the kernel had to give to a process which takes and frees 64 MiB six times."""
    done = subprocess.run([sys.executable, "-c", BLOCKS, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries are left as they are")
def test_a_block_that_was_freed_is_not_fetched_from_the_kernel_again() -> None:
    once = (64 << 20) // 4096
    assert faults("given back") - faults("kept") > 4 * once
