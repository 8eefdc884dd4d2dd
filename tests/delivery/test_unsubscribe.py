"""The way out of any mail: a robot's GET changes nothing, one click works without a cookie, and there is a way back."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import world
from tests.delivery.conftest import Mailbox, People, Post, text_of
from webapp.db import db, transaction
from webapp.models import Alert, Channel
from webapp.services import delivery_links


@pytest.fixture
def mailed(app: Flask, post: Post, people: People, smtp: Mailbox) -> tuple[str, str]:
    """The paths of the one-click header and of the link that pauses the alert, from a mail that arrived."""
    post.owe((people.alert, people.positions[0]))
    post.deliver()
    (mail,) = smtp.mails
    header = mail["List-Unsubscribe"].strip("<>").removeprefix("https://jobs.example")
    pause = re.search(r"pause it:\s+https://jobs\.example(/unsubscribe/\S+)", text_of(mail))
    assert pause is not None
    return header, pause[1]


def test_a_robots_get_shows_a_button_and_changes_nothing(
    client: FlaskClient, post: Post, mailed: tuple[str, str]
) -> None:
    for path in mailed:
        for _ in range(3):
            answer = client.get(path)
            assert answer.status_code == 200
            assert '<form method="post"' in answer.text
        assert client.head(path).status_code == 200
    assert post.channel.unsubscribed_at is None
    assert not post.all(Alert)[0].is_paused


def test_one_click_works_at_once_without_cookie_or_token_and_twice(
    app: Flask, post: Post, people: People, mailed: tuple[str, str], smtp: Mailbox
) -> None:
    first = None
    for _ in range(2):
        answer = app.test_client().post(
            mailed[0], data={"List-Unsubscribe": "One-Click"}, headers={"Sec-Fetch-Site": "cross-site"}
        )
        assert answer.status_code == 200
        assert "E-mail is stopped" in answer.text
        first = first or post.channel.unsubscribed_at
        assert post.channel.unsubscribed_at == first is not None
    post.owe((people.alert, people.positions[1]))
    assert post.deliver().sent == 0
    assert len(smtp.received) == 1


def test_what_waits_when_somebody_unsubscribes_is_not_sent(
    app: Flask, post: Post, people: People, mailed: tuple[str, str], smtp: Mailbox
) -> None:
    post.owe((people.alert, people.positions[1]))
    app.test_client().post(mailed[0])
    assert post.deliver().suppressed == 1
    assert len(smtp.received) == 1


def test_one_alert_is_paused_alone_and_can_run_again(app: Flask, post: Post, mailed: tuple[str, str]) -> None:
    client = app.test_client()
    assert "The alert is paused" in client.post(mailed[1]).text
    assert [(alert.name, alert.is_paused) for alert in post.all(Alert)] == [
        ("Backend", True),
        ("Anything in Haifa", False),
    ]
    assert post.channel.unsubscribed_at is None
    assert "Pause this alert?" in client.post(mailed[1], data={"again": "1"}).text
    assert not post.all(Alert)[0].is_paused


def test_stopping_can_be_undone_on_the_spot(app: Flask, post: Post, mailed: tuple[str, str]) -> None:
    client = app.test_client()
    client.post(mailed[0])
    client.post(mailed[0], data={"again": "1"})
    assert post.channel.unsubscribed_at is None


def test_a_link_that_was_tampered_with_is_not_found_and_says_what_to_do(
    client: FlaskClient, post: Post, mailed: tuple[str, str]
) -> None:
    for path in (mailed[0][:-3], mailed[0] + "x", "/unsubscribe/1", "/unsubscribe/WyJjIiwxLCJ4Il0.abc"):
        for answer in (client.get(path), client.post(path)):
            assert answer.status_code == 404
            assert "Traceback" not in answer.text
    assert "Copy the whole link" in client.get(mailed[0] + "x").text
    assert post.channel.unsubscribed_at is None


def test_an_old_link_never_touches_a_new_row_with_the_same_number(
    app: Flask, client: FlaskClient, post: Post, people: People
) -> None:
    secret = app.config["SECRET_KEY"]
    with app.app_context():
        old = delivery_links.for_channel(Channel(id=post.channel.id, address="someone@else.example"), secret)
        gone = delivery_links.for_channel(Channel(id=999, address="alice@example.com"), secret)
    assert client.post(f"/unsubscribe/{old}").status_code == 404
    assert client.post(f"/unsubscribe/{gone}").status_code == 404
    assert post.channel.unsubscribed_at is None


def test_names_on_the_page_are_text(app: Flask, client: FlaskClient, post: Post, people: People) -> None:
    with app.app_context(), transaction():
        alert = world.alert(people.alice, "<script>alert(1)</script>")
        token = delivery_links.for_alert(alert, app.config["SECRET_KEY"])
        db.session.flush()
    page = client.get(f"/unsubscribe/{token}").text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert(1)" not in page


def test_links_of_sent_mail_work_after_the_secret_key_was_changed(
    app: Flask, client: FlaskClient, mailed: tuple[str, str]
) -> None:
    before = app.config["SECRET_KEY"]
    app.config["SECRET_KEY"] = "another key that is long enough"
    assert [client.get(path).status_code for path in mailed] == [404, 404]
    app.config["OLD_SECRET_KEYS"] = ("a key that never was one", before)
    assert [client.get(path).status_code for path in mailed] == [200, 200]
    app.config["OLD_SECRET_KEYS"] = ()
    assert [client.post(path).status_code for path in mailed] == [404, 404]
