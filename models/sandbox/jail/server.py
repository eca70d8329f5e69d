"""The fork server: imports what programs import, once, then answers jobs one at a time until its peer goes.

It holds no secret, for every job inherits its memory: a clean environment, no open files but the two pipes, no expected
output. Knows nothing of tiers.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import importlib
import os
import sys

from models.sandbox.jail.confine import build, relocate
from models.sandbox.jail.supervise import PeerGone, run_job
from models.sandbox.jail.wire import receive, send

PRELOADED = """
_strptime abc argparse array ast atexit base64 bisect bz2 calendar cmath collections collections.abc contextlib copy
ctypes dataclasses datetime decimal enum fractions functools hashlib heapq inspect io itertools json keyword locale lzma
math numbers operator os pickle pprint queue random re secrets signal socket sqlite3 statistics string struct sys
textwrap threading time timeit tokenize traceback types typing unicodedata uuid warnings weakref xml.etree.ElementTree
zlib zoneinfo
"""
"""Modules a program finds already imported; the others it imports from the library, at its own cost.

What needs a shared library of the system must be here: chroot hides those.
"""


def main() -> None:
    """Say whether a jail can be built here, then serve. Ends when the peer closes its side."""
    requests, answers = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    hello = receive(requests)
    if hello is None:
        return
    try:
        jail = build(hello["uid"], hello["stdlib"], hello["readable"], hello["namespaced"])
    except (OSError, RuntimeError) as error:
        send(answers, {"ready": False, "reason": str(error)})
        return
    _preload()
    if jail.root is not None:
        relocate(jail.root)
    send(answers, {"ready": True, "uid": jail.uid, "root": jail.root, "landlock": jail.ruleset is not None})
    while job := receive(requests):
        try:
            send(answers, run_job(job, jail, requests))
        except (PeerGone, BrokenPipeError):
            return


def _preload() -> None:
    for name in PRELOADED.split():
        with contextlib.suppress(ModuleNotFoundError):  # a Python can be built without bz2, lzma, sqlite3
            importlib.import_module(name)
    leave = importlib.import_module("_sitebuiltins").Quitter  # `site` is not loaded, yet programs call exit()
    builtins.__dict__.update({name: leave(name, "") for name in ("exit", "quit")})
    sys.argv[:] = ["program"]
    for name in [name for name in sys.modules if name.split(".")[0] == "models"]:
        del sys.modules[name]
    gc.collect()
    gc.freeze()  # keeps the children's collector from touching, and so copying, the server's pages
