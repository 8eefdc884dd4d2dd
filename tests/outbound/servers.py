"""Servers that break the rules of HTTP on purpose, on raw sockets."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable

Behaviour = Callable[[socket.socket, "RawServer"], None]


class RawServer:
    """Reads one request per connection, then does what `behaviour` says with the socket, then closes it.

    `connections` counts those accepted; `requests` holds the raw request heads. With `context` it speaks TLS.
    Requests for a robots.txt get a proper 404 and are in neither, unless `has_robots` leaves them to the behaviour.
    """

    def __init__(
        self, behaviour: Behaviour, *, context: ssl.SSLContext | None = None, has_robots: bool = False
    ) -> None:
        self.connections = 0
        self.requests: list[bytes] = []
        self.stopping = threading.Event()
        self._behaviour = behaviour
        self._context = context
        self._has_robots = has_robots
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> RawServer:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with contextlib.suppress(OSError):
            try:
                if self._context:
                    sock = self._context.wrap_socket(sock, server_side=True)
                head = b""
                while b"\r\n\r\n" not in head:
                    data = sock.recv(65536)
                    if not data:
                        return
                    head += data
                if head.split(b" ")[1].endswith(b"/robots.txt") and not self._has_robots:
                    self.connections -= 1
                    sock.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                    return
                self.requests.append(head)
                self._behaviour(sock, self)
            finally:
                sock.close()


def sends(*parts: bytes) -> Behaviour:
    """Sends these bytes and closes the connection properly."""

    def behave(sock: socket.socket, server: RawServer) -> None:
        for part in parts:
            sock.sendall(part)

    return behave


def drips(start: bytes, drop: bytes, every: float) -> Behaviour:
    """Sends `start`, then `drop` again and again, until the client gives up."""

    def behave(sock: socket.socket, server: RawServer) -> None:
        sock.sendall(start)
        while not server.stopping.wait(every):
            sock.sendall(drop)

    return behave


def falls_silent(start: bytes = b"") -> Behaviour:
    """Sends `start` and then nothing, with the connection open."""

    def behave(sock: socket.socket, server: RawServer) -> None:
        sock.sendall(start)
        server.stopping.wait(30)

    return behave


def resets(start: bytes = b"") -> Behaviour:
    """Sends `start` and breaks the connection off with a reset."""

    def behave(sock: socket.socket, server: RawServer) -> None:
        sock.sendall(start)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return behave


def in_turn(*behaviours: Behaviour) -> Behaviour:
    """The first connection gets the first behaviour, and so on; the last one stays."""

    def behave(sock: socket.socket, server: RawServer) -> None:
        behaviours[min(len(server.requests), len(behaviours)) - 1](sock, server)

    return behave
