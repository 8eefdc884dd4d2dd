"""A board on a real local server that plays whatever a scenario says: lists, errors, broken streams, other layouts."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
from collections.abc import Iterator, Sequence
from typing import Any

from tests.outbound.servers import Behaviour, RawServer, falls_silent, sends
from tests.servers import Reply, ScriptedServer, Seen

HOST = "boards-api.greenhouse.io"
PATH = "/v1/boards/acme/jobs"
LOGIN = "<html><title>Sign in</title><form><input type=password></form></html>"


def job(number: int, **fields: Any) -> dict[str, Any]:
    """One row of a Greenhouse board."""
    return {
        "id": number,
        "internal_job_id": 7_000_000 + number,
        "title": f"Engineer {number}",
        "absolute_url": f"https://boards.greenhouse.io/acme/jobs/{number}",
        "location": {"name": "Haifa, Israel"},
        "departments": [{"id": 1, "name": "R&D", "parent_id": None, "child_ids": []}],
        "offices": [],
        "metadata": None,
        "content": f"&lt;p&gt;Build part {number}.&lt;/p&gt;",
        "first_published": "2026-10-30T09:00:00-04:00",
        "updated_at": "2026-11-18T05:12:44-05:00",
        **fields,
    }


class ActedBoard:
    """Plays one Greenhouse board; call `lists` or `breaks` before each read."""

    def __init__(self, server: ScriptedServer, routes: dict[str, str]) -> None:
        self.server = server
        self.routes = routes
        self._raw: contextlib.ExitStack = contextlib.ExitStack()

    def lists(
        self, jobs: Sequence[dict[str, Any]], *, total: int | None = None, etag: str = "", status: int = 200
    ) -> None:
        """Answer with these jobs. Without an ETag the server sends none, so that no read is answered 304."""
        self._normal()
        body = {"jobs": list(jobs), "meta": {"total": len(jobs) if total is None else total}}
        headers = {"etag": etag} if etag else {}
        self.server.script[("GET", HOST, PATH)] = Reply.json(body, status, **headers)

    def answers(self, status: int, **headers: str) -> None:
        """Answer with an error status."""
        self._normal()
        self.server.script[("GET", HOST, PATH)] = Reply.html("<h1>Sorry</h1>", status, **headers)

    def says(self, reply: Reply) -> None:
        self._normal()
        self.server.script[("GET", HOST, PATH)] = reply

    def breaks(self, how: str) -> None:
        """Fail the way that `how` names (the words of the scenarios)."""
        whole = json.dumps({"jobs": [job(n) for n in range(1, 201)], "meta": {"total": 200}}).encode()
        json_head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
        latin = whole.replace(b"R&D", "Verkäufer".encode("latin-1"))
        cut = gzip.compress(whole)[: len(gzip.compress(whole)) // 2]
        streams: dict[str, Behaviour] = {
            "short Content-Length": sends(
                json_head + b"Content-Length: %d\r\n\r\n" % len(whole), whole[: len(whole) // 3]
            ),
            "truncated gzip": sends(json_head + b"Content-Encoding: gzip\r\n\r\n", cut),
            "bad chunk": sends(json_head + b'Transfer-Encoding: chunked\r\n\r\n5\r\n{"job\r\nzz\r\n'),
            "500 MB body": sends(json_head + b"\r\n", b'{"jobs": [' + b" " * 4_000_000),
            "connect timeout": falls_silent(),
        }
        pages = {
            "too many redirects": Reply.redirect(f"https://{HOST}{PATH}"),
            "redirect to login page": Reply.redirect(f"https://{HOST}/users/sign_in"),
            "redirect to home page": Reply.redirect("https://www.greenhouse.com/"),
            "empty body 200": Reply(200, b"", {"Content-Type": "application/json"}),
            "HTML instead of JSON": Reply.html("<html><body>Our jobs</body></html>"),
            "maintenance page 200": Reply.html("<html><title>We will be right back</title></html>"),
            "charset lies": Reply(200, latin, {"Content-Type": "application/json; charset=utf-8"}),
            "invalid UTF-8": Reply(200, whole.replace(b"R&D", b"\xff\xfe\x80"), {"Content-Type": "application/json"}),
        }  # fmt: skip
        self._normal()
        if how in pages:
            self.server.script[("GET", HOST, "/users/sign_in")] = Reply.html(LOGIN)
            self.server.script[("GET", "www.greenhouse.com", "/")] = Reply.html("<html>Hire well</html>")
            self.says(pages[how])
        elif how in streams:
            self.routes[HOST] = self._raw.enter_context(RawServer(streams[how])).base
        elif how == "connect refused":
            with socket.create_server(("127.0.0.1", 0)) as listener:
                port = listener.getsockname()[1]
            self.routes[HOST] = f"http://127.0.0.1:{port}"
        elif how == "dns SERVFAIL":
            self.routes[HOST] = "http://name-that-cannot-be-looked-up.invalid"
        elif how.startswith("tls"):
            # Expired, wrong host and plain nonsense are told apart in tests/outbound; to a board they are one failure.
            self.routes[HOST] = self._raw.enter_context(RawServer(sends(b"no TLS"))).base.replace("http:", "https:")
        else:
            raise AssertionError(f"the board cannot act {how!r}")

    def _normal(self) -> None:
        self._raw.close()
        self._raw = contextlib.ExitStack()
        self.routes.pop(HOST, None)

    def close(self) -> None:
        self._raw.close()

    def requests(self) -> list[Seen]:
        return [seen for seen in self.server.seen if seen.path == PATH]


@contextlib.contextmanager
def acted_board() -> Iterator[ActedBoard]:
    """A board on a running server. `board.routes` belongs into `OUTBOUND_ROUTES`; it changes while the board acts."""
    with ScriptedServer() as server:
        board = ActedBoard(server, dict(server.routes))
        try:
            yield board
        finally:
            board.close()
