"""The robots.txt of every site that is asked: fetched when first needed, kept for a day, shared by all threads.

What an answer means (RFC 9309): 2xx the rules in it, other 4xx than 429 no rules, everything else that nothing may be
read for now. An older copy serves where the site cannot give a new one.
"""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from webapp import outbound_answers as answers
from webapp.errors import OutboundError, Refused, Unavailable
from webapp.outbound_addresses import REDIRECTS, host_of, redirect_target
from webapp.outbound_connections import stopped
from webapp.outbound_robots import MAX_BYTES, Rules, agent_token, rules_in
from webapp.outbound_sending import Incoming, Outgoing, check_site, sent

if TYPE_CHECKING:
    from webapp.outbound import OutboundDoor

FRESH_SECONDS = 24 * 3600.0
# How long an old copy serves before the site is asked for a new one again.
STALE_SECONDS = 3600.0
MAX_REDIRECTS = 5
MAX_SITES = 1000
_FETCH_SECONDS = 30.0
_SLICE = 0.25

# Failures that any request to the site would meet: they say more than that its robots.txt cannot be read.
_NOT_ABOUT_ROBOTS = frozenset(
    ["address", "circuit", "connect", "dns", "dns_name", "stopped", "timeout", "tls", "waiting"]
)

log = logging.getLogger("rolewatch.outbound")


@dataclass(slots=True)
class _Copy:
    """What is known of one site. `lock` is held while it is fetched; `fresh_until` is a reading of the door's clock."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    rules: Rules | None = None
    validators: dict[str, str] = field(default_factory=dict)
    fresh_until: float = 0.0


class RobotsCopies:
    """The copies of one door; a site is a scheme, host and port. The least recently used is forgotten first."""

    def __init__(self, door: OutboundDoor) -> None:
        self._door = door
        self._token = agent_token(door.settings.user_agent)
        self._lock = threading.Lock()
        self._copies: OrderedDict[str, _Copy] = OrderedDict()

    def rules_for(self, url: str, should_stop: Callable[[], bool]) -> Rules:
        """The rules of the site of `url`, a checked address; fetched by one thread while the others wait for it.

        Raises:
            Unavailable: they cannot be read, so that nothing may be (detail `robots_unreachable`).
            OutboundError: the site cannot be reached at all, or may not be asked; as its kind.
        """
        scheme, netloc, *_ = urlsplit(url)
        site = f"{scheme}://{netloc}"
        with self._lock:
            copy = self._copies.setdefault(site, _Copy())
            self._copies.move_to_end(site)
            if len(self._copies) > MAX_SITES:
                self._copies.popitem(last=False)
        while not copy.lock.acquire(timeout=_SLICE):
            if should_stop():
                raise stopped(host_of(url))
        try:
            if copy.rules is None or self._door.monotonic() >= copy.fresh_until:
                self._renew(site, copy, should_stop)
            assert copy.rules is not None
            return copy.rules
        finally:
            copy.lock.release()

    def _renew(self, site: str, copy: _Copy, should_stop: Callable[[], bool]) -> None:
        try:
            self._fetch(site, copy, should_stop)
        except OutboundError as error:
            if copy.rules is None or error.detail == "stopped":
                raise
            copy.fresh_until = self._door.monotonic() + STALE_SECONDS
            log.warning("robots.txt is an old copy", extra={"host": host_of(site), "why": error.sentence})
        else:
            copy.fresh_until = self._door.monotonic() + FRESH_SECONDS

    def _fetch(self, site: str, copy: _Copy, should_stop: Callable[[], bool]) -> None:
        """Fill `copy`, following redirects, also to other hosts: the rules belong to the site that was asked."""
        first = url = f"{site}/robots.txt"
        host = host_of(first)
        for _ in range(MAX_REDIRECTS + 1):
            try:
                onward = self._ask(url, copy, should_stop)
            except OutboundError as error:
                if error.detail == "stopped" or (url == first and error.detail in _NOT_ABOUT_ROBOTS):
                    raise
                raise _unreachable(host, error.sentence, error) from error
            if onward is None:
                return
            url = onward
        raise _unreachable(host, f"It redirects more than {MAX_REDIRECTS} times in a row.")

    def _ask(self, url: str, copy: _Copy, should_stop: Callable[[], bool]) -> str | None:
        """Fill `copy` from one answer, or return the address that it redirects to."""
        door = self._door
        check_site(door, url)
        door.wait_for_turn(host_of(url), should_stop)
        headers = {"User-Agent": door.settings.user_agent, "Accept": "text/plain, */*;q=0.5"}
        headers |= {"Accept-Encoding": "gzip, deflate"}
        if copy.rules is not None:
            headers |= copy.validators
        deadline = door.monotonic() + _FETCH_SECONDS
        outgoing = Outgoing(url, headers, deadline, _FETCH_SECONDS, purpose="robots.txt")
        with sent(door, outgoing, should_stop) as incoming:
            status = incoming.status
            if status in REDIRECTS and "location" in incoming.headers:
                return redirect_target(url, incoming.headers["location"], incoming.base, may_downgrade=True)
            if 200 <= status < 300:
                copy.rules = rules_in(_beginning(incoming), self._token)
                copy.validators = _validators_in(incoming)
            elif 400 <= status < 500 and status != 429:
                copy.rules, copy.validators = Rules(), {}
            elif status != 304 or copy.rules is None:
                raise answers.failure_for(host_of(url), status, headers=incoming.headers, now=door.now())
        return None


def not_allowed(url: str) -> Refused:
    """The failure of an address that a robots.txt asks us not to read."""
    return Refused(f"Not allowed by robots.txt of {host_of(url)}.", detail="robots")


def _unreachable(host: str, why: str, error: OutboundError | None = None) -> Unavailable:
    return Unavailable(
        f"The robots.txt of {host} cannot be read, and without it nothing else is read there. {why}",
        detail="robots_unreachable",
        status=error.status if error else None,
        retry_after=error.retry_after if error else None,
    )


def _beginning(incoming: Incoming) -> bytes:
    """As much of the body as counts, and one byte more where there is more."""
    incoming.exchange.max_bytes = max(incoming.exchange.max_bytes, 2 * MAX_BYTES)
    body = bytearray()
    for piece in incoming.pieces():
        body += piece
        if len(body) > MAX_BYTES:
            return bytes(body[: MAX_BYTES + 1])
    return bytes(body)


def _validators_in(incoming: Incoming) -> dict[str, str]:
    pairs = (("If-None-Match", "etag"), ("If-Modified-Since", "last-modified"))
    found = {header: incoming.headers.get(name, "") for header, name in pairs}
    return {
        header: value
        for header, value in found.items()
        if 0 < len(value) <= 500 and value.isascii() and value.isprintable()
    }
