"""Boards that gain a position whenever a test says so, and a mail server that remembers what it took."""

from __future__ import annotations

import email
import email.policy
import re
import socket
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from aiosmtpd.controller import Controller

from tests.e2e.acted_board import HOST, job
from tests.servers import Reply, ScriptedServer


class NewsBoards:
    """Greenhouse boards `token` whose positions only ever grow. Titles are unique: `Engineer <token> <four digits>`."""

    def __init__(self, server: ScriptedServer, tokens: list[str], baseline: int = 3) -> None:
        self._server = server
        self._guard = threading.Lock()
        self.titles: dict[str, list[str]] = {}
        for token in tokens:
            self.titles[token] = [f"Engineer {token} {n:04d}" for n in range(baseline)]
            server.script[("GET", HOST, f"/v1/boards/{token}/jobs")] = lambda _seen, name=token: self._answer(name)

    def publish(self, token: str) -> str:
        """A new position appears on the board."""
        with self._guard:
            title = f"Engineer {token} {len(self.titles[token]):04d}"
            self.titles[token].append(title)
            return title

    def _answer(self, token: str) -> Reply:
        with self._guard:
            jobs = [job(n + 1, title=title) for n, title in enumerate(self.titles[token])]
        return Reply.json({"jobs": jobs, "meta": {"total": len(jobs)}})


class MailSink:
    """What a real SMTP server took: whole messages by recipient, in order."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, Any]] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.taken += [(recipient, message) for recipient in envelope.rcpt_tos]
        return "250 2.0.0 taken"

    def copies(self) -> dict[tuple[str, str], int]:
        """How often each (recipient, Message-ID) came."""
        counted: dict[tuple[str, str], int] = defaultdict(int)
        for recipient, message in self.taken:
            counted[recipient, message["Message-ID"]] += 1
        return counted

    def told(self) -> dict[tuple[str, str], set[str]]:
        """By (recipient, title): the Message-IDs whose plain text had it."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for recipient, message in self.taken:
            for title in re.findall(r"Engineer \w+ \d{4}", message.get_body(("plain",)).get_content()):
                found[recipient, title].add(message["Message-ID"])
        return found


@contextmanager
def mail_sink() -> Iterator[tuple[MailSink, int]]:
    """A running sink and its port."""
    sink = MailSink()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    controller = Controller(sink, hostname="127.0.0.1", port=port, ready_timeout=30)
    controller.start()
    try:
        yield sink, port
    finally:
        controller.stop()
