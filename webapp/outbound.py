"""The one door to the network: everything Rolewatch asks of other sites goes through `OutboundDoor`.

One door per process keeps the peace with each site (pacing, pauses it asked for) across all threads; a `Visit` is one
read of one board through it.

Time limits: `deadline` bounds one call in all, with its redirects and retries, but not the polite waits before them.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from webapp.clock import utcnow
from webapp.errors import Refused
from webapp.outbound_addresses import Routes
from webapp.outbound_answers import spoken
from webapp.outbound_circuits import Circuits
from webapp.outbound_connections import WatchedAdapter, stopped
from webapp.outbound_guard import Guard, Network
from webapp.outbound_robots_copies import RobotsCopies
from webapp.outbound_visit import Visit

__all__ = ["VERSION", "OutboundDoor", "OutboundSettings", "Visit", "never"]

VERSION = "0.1.0"

# A site that asks for ten years is asked again after a day.
_LONGEST_PAUSE = 24 * 3600.0
_LONGEST_SLEEP = 0.5


@dataclass(frozen=True, slots=True)
class OutboundSettings:
    """How to behave towards other sites. Times in seconds, sizes in bytes, both on the wire and decoded.

    `routes` maps host patterns to a base URL, or to a function that returns one when it is first needed.
    `allow_networks` may be asked although they are not public. `ca_bundle` is a file of certificates to trust instead
    of the usual ones.
    """

    user_agent: str
    host_interval: float = 1.0
    connect_timeout: float = 10.0
    read_timeout: float = 30.0
    deadline: float = 90.0
    max_bytes: int = 30 * 1024 * 1024
    max_redirects: int = 5
    retries: int = 2
    routes: Routes = field(default_factory=dict)
    allow_networks: tuple[Network, ...] = ()
    ca_bundle: str | None = None

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> OutboundSettings:
        """The settings in an application's configuration."""
        return cls(
            user_agent=f"{config['USER_AGENT_NAME']}/{VERSION} (+{config['CONTACT_URL']})",
            host_interval=config["OUTBOUND_HOST_INTERVAL"],
            connect_timeout=config["OUTBOUND_CONNECT_TIMEOUT"],
            read_timeout=config["OUTBOUND_READ_TIMEOUT"],
            deadline=config["OUTBOUND_DEADLINE"],
            max_bytes=config["OUTBOUND_MAX_BYTES"],
            max_redirects=config["OUTBOUND_MAX_REDIRECTS"],
            retries=config["OUTBOUND_RETRIES"],
            routes=config["OUTBOUND_ROUTES"],
            allow_networks=config["OUTBOUND_ALLOW_NETWORKS"],
        )


def never() -> bool:
    """For callers that never need to stop early."""
    return False


class OutboundDoor:
    """What all visits of this process share: pace, pauses, circuit and robots.txt per host, and open connections."""

    def __init__(
        self,
        settings: OutboundSettings,
        *,
        sleep: Callable[[float], object] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = utcnow,
    ) -> None:
        self.settings = settings
        self.monotonic = monotonic
        self.now = now
        self.guard = Guard(settings.allow_networks)
        # Apart from each other: a connection that a route opened must not serve a request that names its target.
        self.adapter = WatchedAdapter(pool_connections=64, pool_maxsize=4)
        self.routed_adapter = WatchedAdapter(pool_connections=64, pool_maxsize=4)
        self.circuits = Circuits(monotonic)
        self.robots = RobotsCopies(self)
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next_slot: dict[str, float] = {}
        self._paused_until: dict[str, float] = {}

    def visit(
        self,
        validators: Mapping[str, Mapping[str, str]] | None = None,
        *,
        should_stop: Callable[[], bool] = never,
    ) -> Visit:
        """A visit for one thread. `validators` are those an earlier visit kept, by URL."""
        return Visit(self, validators or {}, should_stop)

    def wait_for_turn(self, host: str, should_stop: Callable[[], bool], gap: float = 0.0) -> float:
        """Wait until `host` may be asked again; the seconds waited. The next one waits `gap` seconds, or the usual.

        Raises:
            Refused: the host asked for a pause that is not over (detail `waiting`).
            Unavailable: the host failed too often (detail `circuit`), or the process is stopping (`stopped`).
        """
        self.circuits.check(host)
        with self._lock:
            self._check_pause(host)
            now = self.monotonic()
            slot = max(now, self._next_slot.get(host, now))
            self._next_slot[host] = slot + max(self.settings.host_interval, gap)
        self.sleep(slot - now, host, should_stop)
        with self._lock:  # another thread may have been asked to pause meanwhile
            self._check_pause(host)
        return slot - now

    def pause(self, host: str, seconds: float) -> None:
        """Refuse requests to `host` for the time it asked for, at most a day."""
        until = self.monotonic() + min(seconds, _LONGEST_PAUSE)
        with self._lock:
            self._paused_until[host] = max(until, self._paused_until.get(host, until))

    def sleep(self, seconds: float, host: str, should_stop: Callable[[], bool]) -> None:
        """Sleep, but wake up soon when the process is stopping.

        Raises:
            Unavailable: the process is stopping.
        """
        while True:
            if should_stop():
                raise stopped(host)
            if seconds <= 0:
                return
            self._sleep(min(seconds, _LONGEST_SLEEP))
            seconds -= _LONGEST_SLEEP

    def _check_pause(self, host: str) -> None:
        until = self._paused_until.get(host)
        if until is None:
            return
        rest = until - self.monotonic()
        if rest <= 0:
            del self._paused_until[host]
            return
        raise Refused(
            f"{host} asked us to pause; it can be read again in {spoken(rest)}.", detail="waiting", retry_after=rest
        )
