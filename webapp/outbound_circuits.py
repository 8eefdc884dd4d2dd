"""A host that keeps failing is left alone for a while: a circuit per host, shared by all threads of the process.

closed ─ 5 failures in a row ─▶ open (5 minutes) ─▶ one request as a probe ─ answered ─▶ closed
                                 ▲─── twice as long, at most an hour ─── failed ──┘
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass

from webapp.errors import OutboundError, Unavailable
from webapp.outbound_answers import spoken

FAILURES_TO_OPEN = 5
FIRST_WAIT = 300.0
LONGEST_WAIT = 3600.0

# The host itself is in trouble. Names and certificates are no trouble that asking less would ease.
_TROUBLE = frozenset({"connect", "timeout", "read_timeout", "deadline"})

log = logging.getLogger("rolewatch.outbound")


@dataclass(slots=True)
class _Circuit:
    failures: int = 0
    wait: float = 0.0  # seconds; 0 while it is closed
    open_until: float = 0.0
    is_probing: bool = False


class Circuits:
    """The circuits of all hosts. A host without trouble has no entry. Times are readings of `monotonic`, in seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._by_host: dict[str, _Circuit] = {}

    def check(self, host: str) -> None:
        """Accept that `host` may be asked now or soon.

        Raises:
            Unavailable: its circuit is open (detail `circuit`), with the seconds left in `retry_after`.
        """
        with self._lock:
            self._check(host)

    def is_open(self, host: str) -> bool:
        """Whether further tries are to be left alone."""
        with self._lock:
            circuit = self._by_host.get(host)
            return circuit is not None and circuit.wait > 0

    def enter(self, host: str) -> bool:
        """Begin a request to `host`; whether it is the probe. Every `enter` has its `leave`.

        Raises:
            Unavailable: as `check`, or another request is the probe already.
        """
        with self._lock:
            circuit = self._check(host)
            if circuit is None or not circuit.wait:
                return False
            circuit.is_probing = True
            return True

    def leave(self, host: str, *, is_probe: bool, status: int | None, failure: OutboundError | None) -> None:
        """End a request: `status` is that of the answer, if one came; `failure` what it came to, if it failed."""
        with self._lock:
            circuit = self._by_host.get(host)
            if is_probe and circuit is not None:
                circuit.is_probing = False
            if (failure is not None and failure.detail in _TROUBLE) or (status or 0) >= 500:
                self._count_failure(host, is_probe=is_probe)
            elif status is not None and circuit is not None:
                del self._by_host[host]
                if circuit.wait:
                    log.info("circuit closed", extra={"host": host})

    def _check(self, host: str) -> _Circuit | None:
        circuit = self._by_host.get(host)
        if circuit is None or not circuit.wait:
            return circuit
        left = circuit.open_until - self._monotonic()
        if left > 0 or circuit.is_probing:
            left = max(left, 1.0)
            raise Unavailable(
                f"{host} failed {circuit.failures} times in a row, so it is left alone for another {spoken(left)}.",
                detail="circuit",
                retry_after=left,
            )
        return circuit

    def _count_failure(self, host: str, *, is_probe: bool) -> None:
        circuit = self._by_host.setdefault(host, _Circuit())
        circuit.failures += 1
        if is_probe:
            circuit.wait = min(circuit.wait * 2, LONGEST_WAIT)
        elif circuit.wait or circuit.failures < FAILURES_TO_OPEN:
            return  # requests that were under way when it opened prolong nothing
        else:
            circuit.wait = FIRST_WAIT
        circuit.open_until = self._monotonic() + circuit.wait
        log.warning("circuit opened", extra={"host": host, "failures": circuit.failures, "seconds": circuit.wait})
