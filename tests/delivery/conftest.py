"""A scripted SMTP server, a hand-cranked clock, and a small world of users, alerts and positions."""

from __future__ import annotations

import email
import email.policy
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from flask import Flask

from tests import world
from webapp.db import db, transaction
from webapp.models import Alert, AlertNotification, Channel, JobPosition, Message, TransportPause, User
from webapp.services.notification_service import Match, NotificationService
from webapp.tasks_delivery import DeliveryCounts, deliver_due

RECEIPT = [{"rule": "keywords", "result": "pass", "evidence": "Backend"}]


@dataclass
class Mailbox:
    """A mail server whose answers are scripted: an address or a word of the content to a reply."""

    received: list[tuple[str, bytes]] = field(default_factory=list)
    connections: int = 0
    on_connect: str = ""
    on_mail: str = ""
    on_rcpt: dict[str, str] = field(default_factory=dict)
    on_data: str = ""
    cut_after_data: bool = False
    accept: str = "250 2.0.0 queued as 4F1AB"

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> Any:
        self.connections += 1
        session.host_name = hostname
        return [self.on_connect] if self.on_connect else responses

    async def handle_HELO(self, server: Any, session: Any, envelope: Any, hostname: str) -> str:
        return self.on_connect or "250 hello"

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        envelope.mail_from = address
        return self.on_mail or "250 sender ok"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.on_rcpt:
            return self.on_rcpt[address]
        envelope.rcpt_tos.append(address)
        return "250 recipient ok"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        self.received.extend((to, envelope.content) for to in envelope.rcpt_tos)
        if self.cut_after_data:
            server.transport.abort()
        if self.on_data:
            self.received.pop()
            return self.on_data
        return self.accept

    @property
    def mails(self) -> list[EmailMessage]:
        """What arrived, parsed."""
        return [parse(content) for _, content in self.received]


def parse(content: bytes) -> EmailMessage:
    return email.message_from_bytes(content, policy=email.policy.default)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def text_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain",))
    assert part is not None
    return part.get_content()


def html_of(mail: EmailMessage) -> str:
    part = mail.get_body(("html",))
    assert part is not None
    return part.get_content()


@pytest.fixture
def smtp() -> Iterator[Mailbox]:
    """A running mail server; `smtp.port` is where."""
    box = Mailbox()
    port = free_port()

    def authenticate(*args: Any) -> AuthResult:
        return AuthResult(success=args[-1].password == b"right", handled=False)

    controller = Controller(
        box, "127.0.0.1", port, authenticator=authenticate, auth_require_tls=False, ready_timeout=20
    )
    controller.start()
    box.port = port  # type: ignore[attr-defined]
    yield box
    controller.stop()


@pytest.fixture
def settings(settings: dict[str, Any], smtp: Mailbox) -> dict[str, Any]:
    return {
        **settings,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": smtp.port,  # type: ignore[attr-defined]
        "MAIL_USE_TLS": False,
        "MAIL_TIMEOUT": 2.0,
        "MAIL_FROM": "Rolewatch <rolewatch@jobs.example>",
        "BASE_URL": "https://jobs.example",
    }


@dataclass
class Post:
    """Runs the outbox of one application at a time that the test says."""

    app: Flask
    now: datetime = world.NOW

    def later(self, **span: float) -> Post:
        self.now += timedelta(**span)
        return self

    def owe(self, *pairs: tuple[Alert, JobPosition]) -> list[int]:
        """Enqueue matches and commit; the ids of the messages that carry them."""
        with self.app.app_context(), transaction():
            matches = [
                Match(db.session.get_one(Alert, a.id), db.session.get_one(JobPosition, p.id), RECEIPT) for a, p in pairs
            ]
            return [message.id for message in NotificationService().enqueue(matches, self.now)]

    def deliver(self, owner: str = "here") -> DeliveryCounts:
        with self.app.app_context():
            return deliver_due(now_fn=lambda: self.now, owner=owner)

    def all(self, table: type[Any]) -> list[Any]:
        """All rows as they are stored now."""
        with self.app.app_context():
            return list(db.session.scalars(sa.select(table).order_by(sa.inspect(table).primary_key[0])))

    @property
    def messages(self) -> list[Message]:
        return self.all(Message)

    @property
    def states(self) -> list[str]:
        return [message.state for message in self.messages]

    @property
    def fates(self) -> list[tuple[str, str]]:
        return [(n.state, n.reason) for n in self.all(AlertNotification)]

    @property
    def pause(self) -> TransportPause | None:
        return next(iter(self.all(TransportPause)), None)

    @property
    def channel(self) -> Channel:
        return self.all(Channel)[0]

    def change(self, row: Any, **values: Any) -> None:
        with self.app.app_context(), transaction():
            stored = db.session.get_one(type(row), row.id)
            for name, value in values.items():
                setattr(stored, name, value)


@pytest.fixture
def post(app: Flask) -> Post:
    return Post(app)


@dataclass
class People:
    """Alice with two alerts on backend jobs, and the positions of Northcliff and Harborlight."""

    alice: User
    alert: Alert
    other_alert: Alert
    positions: list[JobPosition]
    harborlight: JobPosition


@pytest.fixture
def people(app: Flask) -> People:
    with app.app_context(), transaction():
        alice = world.user("alice@example.com")
        northcliff, harborlight = world.board(world.company()), world.board(world.company("Harborlight"))
        titles = ("Backend Engineer", "Backend Lead", "Senior Backend Engineer")
        return People(
            alice,
            world.alert(alice),
            world.alert(alice, "Anything in Haifa"),
            [world.position(northcliff, str(number), title) for number, title in enumerate(titles)],
            world.position(harborlight, "h1", "Backend Dock Engineer"),
        )


def more_positions(app: Flask, count: int) -> list[JobPosition]:
    """Positions of one more company."""
    with app.app_context(), transaction():
        board = world.board(world.company("Tessellate"))
        return [world.position(board, f"t{number}", f"Backend Engineer {number:03d}") for number in range(count)]
