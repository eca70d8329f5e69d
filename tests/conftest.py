"""What every test gets: asyncio as the async backend, and no way out of this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("unhurried", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("unhurried")  # how long an example takes says how busy the machine is
for name in ("HF_HUB_OFFLINE", "DO_NOT_TRACK"):
    os.environ.setdefault(name, "1")

_connect = socket.socket.connect


def _connect_here(self: socket.socket, address: Any) -> None:
    """`socket.connect`, for addresses of this machine alone."""
    if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_here(str(address[0])):
        raise AssertionError(f"a test tried to reach {address[0]}")
    return _connect(self, address)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name
        return False


@pytest.fixture(scope="session", autouse=True)
def offline() -> Any:
    """Tests never leave this machine: the product works without a network, and so does its suite."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _connect_here)
        yield


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The product runs on asyncio alone."""
    return "asyncio"
