"""A mail server, a server that acts every board, and the application between them at a time that tests move on."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import time_machine
from aiosmtpd.controller import Controller
from flask import Flask

from tests.delivery.conftest import Mailbox, free_port
from tests.e2e.true_path import START, TruePath
from tests.servers import ScriptedServer


@pytest.fixture(scope="module")
def _mail_server() -> Iterator[tuple[Mailbox, int]]:
    box, port = Mailbox(), free_port()
    controller = Controller(box, "127.0.0.1", port, ready_timeout=20)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def mail_port(_mail_server: tuple[Mailbox, int]) -> int:
    return _mail_server[1]


@pytest.fixture
def mailbox(_mail_server: tuple[Mailbox, int]) -> Mailbox:
    """What a real SMTP server received in this test."""
    _mail_server[0].received.clear()
    return _mail_server[0]


@pytest.fixture(scope="module")
def _web_server() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def web(_web_server: ScriptedServer) -> ScriptedServer:
    """Stands for the whole web; without a script it answers 404."""
    _web_server.script.clear()
    _web_server.seen.clear()
    return _web_server


@pytest.fixture
def path(app: Flask, mailbox: Mailbox) -> Iterator[TruePath]:
    with time_machine.travel(START, tick=True) as travel:
        yield TruePath(app, travel, mailbox)
