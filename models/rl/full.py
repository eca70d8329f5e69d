"""Whether an error means that a disk or a quota is full, whatever a library calls it."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

FULL = 64 << 20
"""Bytes free on a disk that counts as full: some of what writes weights gives no reason."""
NUMBERS = (errno.ENOSPC, errno.EDQUOT)
WORDS = tuple(word for number in NUMBERS for word in (os.strerror(number), f"os error {number}", f"code: {number},"))
"""How the system's reason stands in messages, those of safetensors among them."""


def full(error: BaseException, out: Path) -> bool:
    """Whether an error, or what it came from, is that of a full disk; `out` is on the disk that was written to."""
    cause: BaseException | None = error
    while cause is not None:
        if getattr(cause, "errno", None) in NUMBERS or any(word in str(cause) for word in WORDS):
            return True
        cause = cause.__cause__ or cause.__context__
    return not isinstance(error, OSError) and shutil.disk_usage(out).free < FULL
