"""`flask notify` sends what is owed and tells whether mail works."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from tests.delivery.conftest import Mailbox, People, Post, free_port
from webapp import clock


@pytest.fixture
def today(post: Post) -> Post:
    """The command looks at the real clock."""
    post.now = clock.utcnow()
    return post


def test_deliver_closes_open_windows_and_sends(app: Flask, today: Post, people: People, smtp: Mailbox) -> None:
    app.config["MESSAGE_WINDOW_SECONDS"] = 3600.0
    today.owe((people.alert, people.positions[0]))
    result = app.test_cli_runner().invoke(args=["notify", "deliver", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == {
        "sent": 1, "postponed": 0, "failed": 0, "suppressed": 0, "busy": False, "paused": [],
    }  # fmt: skip
    assert len(smtp.received) == 1
    again = app.test_cli_runner().invoke(args=["notify", "deliver"])
    assert again.exit_code == 0
    assert again.stdout.startswith("0 sent")


def test_deliver_respects_the_waiting_time_of_what_failed(
    app: Flask, today: Post, people: People, smtp: Mailbox
) -> None:
    smtp.on_rcpt["alice@example.com"] = "450 4.2.0 greylisted"
    today.owe((people.alert, people.positions[0]))
    assert app.test_cli_runner().invoke(args=["notify", "deliver"]).exit_code == 1
    smtp.on_rcpt.clear()
    result = app.test_cli_runner().invoke(args=["notify", "deliver"])
    assert result.stdout.startswith("0 sent")
    assert smtp.received == []


def test_deliver_fails_with_the_reason_where_the_server_cannot_be_reached(
    app: Flask, today: Post, people: People
) -> None:
    app.config["MAIL_PORT"] = free_port()
    today.owe((people.alert, people.positions[0]))
    result = app.test_cli_runner().invoke(args=["notify", "deliver", "--json"])
    assert result.exit_code == 1
    assert json.loads(result.stdout)["postponed"] == 1
    assert "cannot be reached" in json.loads(result.stdout)["paused"][0]["reason"]
    assert "MAIL_SERVER" in result.stderr
    assert "Traceback" not in result.output


def test_deliver_says_when_nothing_really_left_the_house(app: Flask, today: Post, people: People) -> None:
    app.config["MAIL_SERVER"] = ""
    today.owe((people.alert, people.positions[0]))
    result = app.test_cli_runner().invoke(args=["notify", "deliver"])
    assert "kept on screen, not sent" in result.stdout


def test_test_prints_the_servers_answer(app: Flask, smtp: Mailbox) -> None:
    result = app.test_cli_runner().invoke(args=["notify", "test", "--to", "someone@example.org"])
    assert (result.exit_code, result.stdout.strip()) == (0, "250 2.0.0 queued as 4F1AB")
    assert smtp.received[0][0] == "someone@example.org"


def test_test_says_in_a_sentence_what_is_wrong(app: Flask, smtp: Mailbox) -> None:
    smtp.on_rcpt["someone@example.org"] = "550 5.1.1 unknown"
    refused = app.test_cli_runner().invoke(args=["notify", "test", "--to", "someone@example.org"])
    assert refused.exit_code == 1
    assert "550 5.1.1 unknown" in refused.stderr
    bad = app.test_cli_runner().invoke(args=["notify", "test", "--to", "someone@example.org\r\nBcc: x@y.example"])
    assert bad.exit_code == 2
