"""A door with short patience and no waits, and a fake clock for those who test the waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import pytest

from webapp.outbound import OutboundDoor, OutboundSettings

LOOPBACK = (ip_network("127.0.0.0/8"),)
OpenDoor = Callable[..., OutboundDoor]


class FakeClock:
    """A monotonic clock that only sleeping moves; remembers every sleep."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.slept: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        with self._lock:
            self.time += seconds
            self.slept.append(seconds)


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def open_door() -> OpenDoor:
    """Opens a door: `open_door(routes=..., clock=...)`; other keywords are those of `OutboundSettings`."""

    def open_it(clock: FakeClock | None = None, now: Any = None, **settings: Any) -> OutboundDoor:
        defaults: dict[str, Any] = {
            "user_agent": "Rolewatch/0 (+http://localhost)",
            "host_interval": 0.0,
            "connect_timeout": 2.0,
            "read_timeout": 5.0,
            "deadline": 10.0,
            "retries": 0,
            "allow_networks": LOOPBACK,  # where the servers of these tests listen
        }
        extra: dict[str, Any] = {"now": now} if now else {}
        if clock:
            extra |= {"sleep": clock.sleep, "monotonic": clock}
        return OutboundDoor(OutboundSettings(**(defaults | settings)), **extra)

    return open_it
