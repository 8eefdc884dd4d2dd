"""A web server that answers what a test scripted, for real HTTP through `OUTBOUND_ROUTES`.

    with ScriptedServer({("GET", "boards.example", "/jobs"): Reply.json([])}) as server:
        settings = {"OUTBOUND_ROUTES": server.routes}

Requests arrive as `/HOST/PATH?QUERY`, the way routes send them. Anything not scripted answers 404, and so does every
robots.txt: everything is allowed. Scripts may be changed while the server runs: `server.script[...] = ...`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Reply:
    """One answer. Content-Length is added unless `headers` say otherwise."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200, **headers: str) -> Reply:
        """A JSON answer; `headers` are written with underscores (`retry_after="5"`)."""
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return cls(status, json.dumps(value).encode(), {"Content-Type": "application/json", **named})

    @classmethod
    def html(cls, text: str, status: int = 200, **headers: str) -> Reply:
        """A web page."""
        named = {name.replace("_", "-"): text_ for name, text_ in headers.items()}
        return cls(status, text.encode(), {"Content-Type": "text/html; charset=utf-8", **named})

    @classmethod
    def redirect(cls, location: str, status: int = 302) -> Reply:
        """A redirect."""
        return cls(status, b"", {"Location": location})


@dataclass(frozen=True)
class Seen:
    """One request as it arrived, in terms of the original site. Header names are lower case."""

    method: str
    host: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


Script = dict[tuple[str, str, str], "Reply | Callable[[Seen], Reply]"]


class ScriptedServer:
    """Serves `script`, keyed by (method, host, path without query).

    `seen` lists every request in order, except for those of a robots.txt, which are in `robots_seen`.
    """

    def __init__(self, script: Mapping[tuple[str, str, str], Reply | Callable[[Seen], Reply]] | None = None) -> None:
        self.script: Script = dict(script or {})
        self.seen: list[Seen] = []
        self.robots_seen: list[Seen] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def base(self) -> str:
        """The base URL for a route."""
        return f"http://127.0.0.1:{self._server.server_port}"

    @property
    def routes(self) -> dict[str, str]:
        """Routes that send every host here."""
        return {"*": self.base}

    def paths(self) -> list[str]:
        """`HOST/PATH` of every request in `seen`."""
        return [request.host + request.path for request in self.seen]

    def __enter__(self) -> ScriptedServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                host, _, path = parts.path.lstrip("/").partition("/")
                length = int(self.headers.get("Content-Length") or 0)
                request = Seen(
                    method=self.command,
                    host=host,
                    path="/" + path,
                    query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=self.rfile.read(length),
                )
                (scripted.robots_seen if request.path == "/robots.txt" else scripted.seen).append(request)
                answer = scripted.script.get((request.method, host, request.path), Reply(404, b"not scripted"))
                reply = answer(request) if callable(answer) else answer
                self.send_response(reply.status)
                headers = {"Content-Length": str(len(reply.body)), **reply.headers}
                if reply.status in {204, 304}:
                    headers.pop("Content-Length")
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if reply.status not in {204, 304}:
                    self.wfile.write(reply.body)

            do_POST = do_GET

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, TimeoutError):
                    self.close_connection = True

            def log_message(self, format: str, *args: object) -> None:
                """Requests are kept in `seen`, not printed."""

        return Handler
