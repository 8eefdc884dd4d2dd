"""Turns what the HTTP libraries raise into named failures: they wrap causes several layers deep."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import requests
import urllib3

from webapp.errors import Malformed, OutboundError, Unavailable
from webapp.outbound_answers import truncated


@contextmanager
def named_failures(host: str) -> Iterator[None]:
    """Inside, every failure to exchange HTTP with `host` becomes an `OutboundError`; those pass as they are."""
    try:
        yield
    # OSError: broken sockets. ValueError: numbers in headers and chunk sizes that are none.
    except (
        requests.RequestException,
        urllib3.exceptions.HTTPError,
        http.client.HTTPException,
        OSError,
        ValueError,
    ) as error:
        raise _failure_behind(error, host) from error


def _failure_behind(error: BaseException, host: str) -> OutboundError:
    causes = tuple(_causes(error))

    def any_of(*kinds: type[BaseException]) -> bool:
        return any(isinstance(cause, kinds) for cause in causes)

    # The order matters: a closed connection also counts as a bad status line, a short body as a protocol error.
    if any_of(http.client.RemoteDisconnected):
        return Unavailable(f"{host} closed the connection without an answer.", detail="connect")
    if any_of(urllib3.exceptions.IncompleteRead, urllib3.exceptions.InvalidChunkLength, http.client.IncompleteRead):
        return truncated(host)
    if any_of(http.client.HTTPException, urllib3.exceptions.InvalidHeader):
        return Malformed(f"What {host} answered is not proper HTTP.", detail="not_http")
    if any_of(TimeoutError):
        return Unavailable(f"{host} did not take our request in time.", detail="timeout")
    if any_of(OSError) and not all(isinstance(c, requests.RequestException) for c in causes if isinstance(c, OSError)):
        return Unavailable(f"{host} broke off the connection.", detail="connect")
    if any_of(urllib3.exceptions.ProtocolError):
        return truncated(host)
    return Malformed(f"What {host} answered is not proper HTTP.", detail="not_http")


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    waiting: list[Any] = [error]
    while waiting:
        item = waiting.pop()
        if isinstance(item, BaseException) and id(item) not in seen:
            seen.add(id(item))
            yield item
            waiting += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
