"""Runs untrusted Python programs, or refuses. Offline only: serving never executes a candidate.

types       what goes in, what comes out            launch      commands and environment of the two tiers
sandbox     pool of servers, verdicts               forkserver  one server, seen from outside
jail/       what runs inside: fork server, confinement, the program
"""

from models.sandbox.sandbox import Sandbox, run, run_tests
from models.sandbox.types import ExecResult, ExecStatus, Job, Limits, SandboxUnavailable, Tier

__all__ = [
    "ExecResult",
    "ExecStatus",
    "Job",
    "Limits",
    "Sandbox",
    "SandboxUnavailable",
    "Tier",
    "run",
    "run_tests",
]
