"""Connections that keep their promises about time and bytes, whatever the server does.

`requests` bounds only the wait between two bytes: a server that drips holds its caller for ever, in the headers as
well as in the body. Here every single read of a socket asks an `Exchange` how long it may still take.
"""

from __future__ import annotations

import http.client
import io
import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util.ssl_match_hostname import CertificateError

from webapp.errors import TooLarge, Unavailable
from webapp.outbound_guard import Guard

# How long a blocked read goes on before it looks again whether the process is stopping.
_SLICE = 0.25
# Status line, headers and chunk sizes, on top of what the body may measure.
_FRAMING_BYTES = 1024 * 1024
_UNKNOWN_NAME = {
    code for code in (getattr(socket, name, None) for name in ("EAI_NONAME", "EAI_NODATA")) if code is not None
}


@dataclass(slots=True)
class Exchange:
    """What one answer may still cost. `deadline` is a reading of `monotonic`; the other times are seconds.

    `guard` judges the addresses to connect to; None where a route leads, which the configuration vouches for.
    """

    host: str
    monotonic: Callable[[], float]
    should_stop: Callable[[], bool]
    deadline: float
    total: float
    connect_timeout: float
    read_timeout: float
    max_bytes: int
    guard: Guard | None = None
    wire: int = 0

    def left(self) -> float:
        """Seconds until the deadline, more than zero.

        Raises:
            Unavailable: none are left (detail `deadline`), or the process is stopping (detail `stopped`).
        """
        if self.should_stop():
            raise stopped(self.host)
        left = self.deadline - self.monotonic()
        if left <= 0:
            raise Unavailable(
                f"{self.host} is too slow: its answer was not complete after {self.total:.0f} seconds.",
                detail="deadline",
            )
        return left

    def take(self, count: int) -> None:
        """Count bytes that came over the wire.

        Raises:
            TooLarge: more than the body may measure, framing included.
        """
        self.wire += count
        if self.wire > self.max_bytes + _FRAMING_BYTES:
            raise too_large(self.host, self.max_bytes)


_current: ContextVar[Exchange] = ContextVar("exchange")


def stopped(host: str) -> Unavailable:
    """The failure of a request that was given up because this process is stopping."""
    return Unavailable(f"Reading {host} was interrupted because Rolewatch is stopping.", detail="stopped")


def too_large(host: str, max_bytes: int) -> TooLarge:
    """The failure of an answer of more than `max_bytes` bytes, on the wire or decoded."""
    return TooLarge(
        f"The answer of {host} is larger than the {max_bytes / 1024 / 1024:.0f} MB that are read at most.",
        detail="too_large",
    )


class WatchedAdapter(HTTPAdapter):
    """The transport of `requests` over watched connections, with their pools. Safe to share between threads.

    An open connection is not judged again: guarded requests need an adapter of their own.
    """

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}

    def exchange(
        self, request: requests.PreparedRequest, exchange: Exchange, *, verify: bool | str
    ) -> requests.Response:
        """Send `request`; the answer's headers are read, its body is still to come.

        Raises:
            OutboundError: name, connection or TLS failure, deadline, stop.
            requests.RequestException: the answer breaks the protocol, or the connection broke before it.
        """
        timeouts = (min(exchange.connect_timeout, exchange.left()), exchange.read_timeout)
        with _watched_by(exchange):
            return self.send(request, stream=True, timeout=timeouts, verify=verify, proxies={})


@contextmanager
def _watched_by(exchange: Exchange) -> Iterator[None]:
    token = _current.set(exchange)
    try:
        yield
    finally:
        _current.reset(token)


class _WatchedSocket(io.RawIOBase):
    """A socket's incoming bytes, each read within the exchange's limits.

    `owner` is the socket's own file object, kept for its reference count only: it decides when the socket may close.
    """

    def __init__(self, sock: socket.socket, owner: io.RawIOBase, exchange: Exchange) -> None:
        self._sock = sock
        self._owner = owner
        self._exchange = exchange

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        exchange = self._exchange
        silent_until = exchange.monotonic() + exchange.read_timeout
        while True:
            left = min(exchange.left(), silent_until - exchange.monotonic())
            if left <= 0:
                raise Unavailable(
                    f"{exchange.host} stopped answering: nothing came for {exchange.read_timeout:.0f} seconds.",
                    detail="read_timeout",
                )
            self._sock.settimeout(min(left, _SLICE))
            try:
                count = self._sock.recv_into(buffer)
            except TimeoutError:
                continue
            exchange.take(count)
            return count

    def close(self) -> None:
        if not self.closed:
            super().close()
            self._owner.close()


class _WatchedResponse(http.client.HTTPResponse):
    """An answer whose every byte, headers included, comes through a `_WatchedSocket`."""

    def __init__(self, sock: socket.socket, *args: Any, **kwargs: Any) -> None:
        super().__init__(sock, *args, **kwargs)
        owner: Any = self.fp.detach()
        self.fp = io.BufferedReader(_WatchedSocket(sock, owner, _current.get()), 64 * 1024)


class _HTTPConnection(HTTPConnection):
    response_class = _WatchedResponse

    def _new_conn(self) -> socket.socket:
        return _connect(self._dns_host, self.port, self.socket_options)


class _HTTPSConnection(HTTPSConnection):
    response_class = _WatchedResponse

    def _new_conn(self) -> socket.socket:
        return _connect(self._dns_host, self.port, self.socket_options)

    def connect(self) -> None:
        host = _current.get().host
        try:
            super().connect()
        except (ssl.SSLError, CertificateError) as error:
            raise _tls_failure(host, error) from error
        except TimeoutError as error:
            raise Unavailable(f"{host} did not complete the secure connection in time.", detail="timeout") from error
        except OSError as error:
            raise Unavailable(
                f"{host} broke off while the secure connection was being made.", detail="connect"
            ) from error


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _HTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _HTTPSConnection


def _connect(name: str, port: int, options: Any) -> socket.socket:
    """A connected socket to the first address of `name` that answers, within the connect timeout over all of them."""
    exchange = _current.get()
    end = exchange.monotonic() + min(exchange.connect_timeout, exchange.left())
    addresses = _resolve(name, port, max(end - exchange.monotonic(), 0.01), exchange.host)
    if exchange.guard is not None:
        # What is judged here is what is connected to below: the name is never looked up again.
        exchange.guard.check_addresses(name, port, [address[0] for *_, address in addresses])
    failure: OSError | None = None
    for position, (family, kind, protocol, _, address) in enumerate(addresses):
        left = max(end - exchange.monotonic(), 0.01)
        sock = socket.socket(family, kind, protocol)
        try:
            for option in options or ():
                sock.setsockopt(*option)
            sock.settimeout(left / (len(addresses) - position))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failure = error
            continue
        sock.settimeout(max(end - exchange.monotonic(), 0.01))  # bounds the TLS handshake that may follow
        return sock
    raise _connect_failure(exchange, failure) from failure


def _resolve(name: str, port: int, timeout: float, host: str) -> list[Any]:
    """The addresses of `name`. In a thread of its own, because the system's resolver cannot be told a time limit."""
    answers: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(name, port, type=socket.SOCK_STREAM))
        except Exception as error:
            answers.put(error)

    threading.Thread(target=look_up, name="outbound-dns", daemon=True).start()
    try:
        answer = answers.get(timeout=timeout)
    except queue.Empty:
        raise Unavailable(f"The name {host} could not be looked up in time.", detail="dns") from None
    if isinstance(answer, list) and answer:
        return answer
    error = answer if isinstance(answer, Exception) else None
    unknown = isinstance(error, UnicodeError) or (isinstance(error, socket.gaierror) and error.errno in _UNKNOWN_NAME)
    if unknown or error is None:
        raise Unavailable(f"There is no site with the name {host}.", detail="dns_name") from error
    raise Unavailable(
        f"The name {host} could not be looked up: the name service is in trouble.", detail="dns"
    ) from error


def _connect_failure(exchange: Exchange, error: OSError | None) -> Unavailable:
    host = exchange.host
    if isinstance(error, TimeoutError):
        return Unavailable(
            f"{host} did not answer within {exchange.connect_timeout:.0f} seconds of calling it.", detail="timeout"
        )
    if isinstance(error, ConnectionRefusedError):
        return Unavailable(f"{host} refused the connection: no web server is running there.", detail="connect")
    return Unavailable(f"{host} could not be reached from here.", detail="connect")


def _tls_failure(host: str, error: Exception) -> Unavailable:
    code = getattr(error, "verify_code", None)
    if code == 10:
        why = f"The security certificate of {host} has expired."
    elif code == 9:
        why = f"The security certificate of {host} is not valid yet (or the clock of this computer is wrong)."
    elif code in {62, 64} or isinstance(error, CertificateError):
        why = f"The security certificate of {host} belongs to another site."
    elif code in {18, 19, 20, 21}:
        why = f"The security certificate of {host} was not issued by anyone this computer trusts."
    elif code is not None:
        why = f"The security certificate of {host} is not valid."
    else:
        why = f"No secure connection to {host} could be made: the TLS handshake failed."
    return Unavailable(why, detail="tls")
