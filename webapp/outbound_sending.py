"""One request and its answer, with what holds for all of them: guard, routes, limits, named failures, a log line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests

from webapp import outbound_answers as answers
from webapp.errors import NotModified, OutboundError, Refused
from webapp.outbound_addresses import base_for, host_of, names_exactly, port_of, routed
from webapp.outbound_connections import Exchange
from webapp.outbound_failures import named_failures
from webapp.outbound_guard import is_address

if TYPE_CHECKING:
    from webapp.outbound import OutboundDoor

log = logging.getLogger("rolewatch.outbound")


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent: a checked address, and how long the whole answer may take, as a reading of the door's clock."""

    url: str
    headers: Mapping[str, str]
    deadline: float
    total: float
    method: str = "GET"
    json: Any = None
    purpose: str = "request"


@dataclass(slots=True)
class Incoming:
    """The beginning of an answer: its headers are here (names in lower case), its body is still to come."""

    response: requests.Response
    exchange: Exchange
    base: str | None
    headers: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.headers = {name.lower(): value for name, value in self.response.headers.items()}

    @property
    def status(self) -> int:
        return self.response.status_code

    def pieces(self) -> Iterator[bytes]:
        """The body, decoded, within the limits of the exchange."""
        wire = self.response.raw.stream(64 * 1024, decode_content=False)
        encoding = self.headers.get("content-encoding", "")
        return answers.decoded(wire, encoding, host=self.exchange.host, max_bytes=self.exchange.max_bytes)


def check_site(door: OutboundDoor, url: str) -> str | None:
    """The base that a route sends the checked `url` to, or None where it goes to the site itself.

    Raises:
        Refused: it may not be asked (detail `address`).
    """
    routes = door.settings.routes
    base, host = base_for(url, routes), host_of(url)
    # A route for everybody vouches for names, which its target looks up. It was not meant for bare addresses.
    if base is None or (is_address(host) and not names_exactly(host, routes)):
        door.guard.check_site(host, port_of(url))
    return base


@contextmanager
def sent(door: OutboundDoor, outgoing: Outgoing, should_stop: Callable[[], bool]) -> Iterator[Incoming]:
    """Send a request whose turn it is. Inside the block, every failure to read the answer gets its name too.

    Raises:
        OutboundError: any failure, as its kind.
    """
    host, base = host_of(outgoing.url), check_site(door, outgoing.url)
    exchange = Exchange(
        host=host,
        monotonic=door.monotonic,
        should_stop=should_stop,
        deadline=outgoing.deadline,
        total=outgoing.total,
        connect_timeout=door.settings.connect_timeout,
        read_timeout=door.settings.read_timeout,
        max_bytes=door.settings.max_bytes,
        guard=None if base else door.guard,
    )
    request = _prepare(outgoing, base)
    adapter = door.routed_adapter if base else door.adapter
    is_probe = door.circuits.enter(host)
    started, status, outcome = door.monotonic(), None, "ok"
    failure: OutboundError | None = None
    try:
        with named_failures(host):
            response = adapter.exchange(request, exchange, verify=door.settings.ca_bundle or True)
            with response:
                status = response.status_code
                yield Incoming(response, exchange, base)
    except NotModified:
        outcome = "not_modified"
        raise
    except OutboundError as error:
        failure, outcome = error, error.detail
        if error.retry_after is not None and error.status in {429, 503}:
            door.pause(host, error.retry_after)
        raise
    finally:
        door.circuits.leave(host, is_probe=is_probe, status=status, failure=failure)
        # Paths and queries stay out of the log: some sites put access tokens there.
        fields = {"host": host, "method": outgoing.method, "status": status, "outcome": outcome}
        fields |= {"ms": round((door.monotonic() - started) * 1000), "bytes": exchange.wire}
        log.info(outgoing.purpose, extra=fields)


def _prepare(outgoing: Outgoing, base: str | None) -> requests.PreparedRequest:
    headers, target = dict(outgoing.headers), outgoing.url
    if base:
        headers["X-Forwarded-Proto"], headers["X-Forwarded-Host"] = urlsplit(outgoing.url)[:2]
        target = routed(outgoing.url, base)
    try:
        return requests.Request(outgoing.method, target, headers=headers, json=outgoing.json).prepare()
    except requests.RequestException as error:
        host = host_of(outgoing.url)
        raise Refused(f"No request to {host} can be made of this address.", detail="address") from error
