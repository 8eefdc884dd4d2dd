"""The sample boards over HTTP: a small server inside the process, on a free port of 127.0.0.1.

A request for `https://HOST/PATH` arrives as `/HOST/PATH`, the way OUTBOUND_ROUTES sends it.
"""

from __future__ import annotations

import gzip
import logging
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from webapp.sample.boards import Request, Response, answer
from webapp.sample.state import WorldState

log = logging.getLogger("rolewatch.sample")

# The hosts that belong here, as a pattern for OUTBOUND_ROUTES.
HOSTS = "*.sample.test"
MAX_BODY = 100_000

_guard = threading.Lock()
_running: dict[tuple[int, str], str] = {}


def ensure_running(state_path: str | Path) -> str:
    """The base URL of this process's sample server for `state_path`, started on first use."""
    # A forked process inherits the dictionary but not the thread that serves.
    key = (os.getpid(), str(Path(state_path).absolute()))
    with _guard:
        if key not in _running:
            server = start(WorldState(state_path))
            _running[key] = base_url(server)
            log.info("sample boards are served", extra={"address": _running[key]})
        return _running[key]


def start(state: WorldState, port: int = 0) -> ThreadingHTTPServer:
    """A server on 127.0.0.1, serving in a daemon thread. `shutdown()` and `server_close()` end it."""
    server = _Server(("127.0.0.1", port), _handler(state))
    threading.Thread(target=server.serve_forever, name="sample-boards", daemon=True).start()
    return server


def base_url(server: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{server.server_address[1]}"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64


def _handler(state: WorldState) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        server_version = "SampleBoards"
        sys_version = ""
        timeout = 30
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._reply(b"")

        def do_POST(self) -> None:
            length = self.headers.get("Content-Length", "")
            if not length.isdigit() or int(length) > MAX_BODY:
                self.close_connection = True
                self._send(Response(413))
                return
            self._reply(self.rfile.read(int(length)))

        def _reply(self, body: bytes) -> None:
            target, _, query = self.path.partition("?")
            host, _, path = target.lstrip("/").partition("/")
            etag = self.headers.get("If-None-Match", "")
            request = Request(self.command, host.lower(), f"/{path}", query, etag, body)
            try:
                response = answer(request, state)
            except Exception:
                log.exception("the sample server failed", extra={"path": self.path})
                response = Response(500)
            self._send(response)

        def _send(self, response: Response) -> None:
            body = response.body
            self.send_response(response.status)
            for name, value in response.headers.items():
                self.send_header(name, value)
            if len(body) > 1000 and "gzip" in self.headers.get("Accept-Encoding", ""):
                body = gzip.compress(body, compresslevel=3, mtime=0)
                self.send_header("Content-Encoding", "gzip")
            if response.status != 304:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            log.debug(format, *args)

    return Handler
