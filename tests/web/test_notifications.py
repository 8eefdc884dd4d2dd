"""The page that says what one was told and what is owed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import NOW, a_company, a_position
from tests.web.conftest import HTMX, Person
from webapp.channels import screen
from webapp.db import db, transaction
from webapp.models import Alert, AlertNotification, Channel, Message, MessageItem

Browser = Callable[[Person], FlaskClient]
RECEIPT = [
    {"rule": "keywords", "result": "pass", "evidence": "Backend"},
    {"rule": "excluded_keywords", "result": "pass", "evidence": ""},
    {"rule": "company_ids", "result": "pass", "evidence": "4711"},
]


def an_alert(owner: Person, name: str = "Backend") -> Alert:
    alert = Alert(
        user_id=owner.id, name=name, keywords=["backend"], excluded_keywords=[], company_ids=[], locations=[],
        departments=[], created_at=NOW, updated_at=NOW,
    )  # fmt: skip
    db.session.add(alert)
    db.session.flush()
    return alert


def a_message(owner: Person, titles: list[str], alert: Alert | None = None, **columns: Any) -> Message:
    """A message to `owner` that tells of positions with these titles, matched by `alert`."""
    channel = db.session.query(Channel).filter_by(user_id=owner.id).one()
    number = db.session.query(Message).count()
    values: dict[str, Any] = {"kind": "matches", "created_at": NOW + timedelta(minutes=number), **columns}
    message = Message(
        dedupe_key=f"key-{number}",
        message_id=f"{number}@rolewatch",
        user_id=owner.id,
        channel_id=channel.id,
        deliver_after=NOW,
        **values,
    )
    db.session.add(message)
    db.session.flush()
    company = a_company("Northcliff")
    for title in titles:
        position = a_position(company, title)
        db.session.add(MessageItem(message_id=message.id, channel_id=channel.id, job_position_id=position.id))
        if alert:
            db.session.add(
                AlertNotification(
                    alert_id=alert.id,
                    job_position_id=position.id,
                    user_id=owner.id,
                    message_id=message.id,
                    receipt=RECEIPT,
                    matched_at=NOW,
                    state="told" if columns.get("state") == "sent" else "owed",
                )
            )
    db.session.flush()
    return message


def test_an_empty_page_leads_to_a_first_alert_or_says_that_they_run(
    app: Flask, browser: Browser, alice: Person
) -> None:
    client = browser(alice)
    assert 'href="/alerts/new"' in client.get("/notifications").text
    with app.app_context(), transaction():
        an_alert(alice)
    assert "Your alerts are running" in client.get("/notifications").text


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"state": "pending"}, ["waiting", "It goes out"]),
        (
            {"state": "pending", "attempts": 2, "last_error": "The mail server is busy."},
            ["waiting", "The mail server is busy.", "The next try is due"],
        ),
        ({"state": "sending"}, ["being sent"]),
        (
            {"state": "sent", "sent_at": NOW, "server_response": "250 2.0.0 queued as 4F00"},
            ["sent", "Handed over to the mail server of alice@example.org", "250 2.0.0 queued as 4F00"],
        ),
        ({"state": "sent", "sent_at": NOW, "server_response": screen.NOT_SENT}, ["kept on screen", "not sent"]),
        (
            {"state": "failed", "last_error": "No such mailbox.", "server_response": "550 5.1.1 unknown"},
            ["failed", "No such mailbox.", "550 5.1.1 unknown"],
        ),
        ({"state": "suppressed", "last_error": "You unsubscribed."}, ["not sent", "You unsubscribed."]),
    ],
)
def test_every_state_is_told_in_words(
    app: Flask, browser: Browser, alice: Person, columns: dict[str, Any], words: list[str]
) -> None:
    with app.app_context(), transaction():
        a_message(alice, ["Backend Engineer"], an_alert(alice), **columns)
    html = browser(alice).get("/notifications").text
    for word in words:
        assert word in html
    if columns.get("server_response") == screen.NOT_SENT:
        assert "Handed over" not in html, "nobody may believe that mail went out"


def test_a_message_shows_positions_alerts_and_reasons(app: Flask, browser: Browser, alice: Person) -> None:
    with app.app_context(), transaction():
        alert = an_alert(alice, "Backend anywhere")
        message = a_message(alice, ["Backend Engineer"], alert, state="sent", sent_at=NOW, subject="1 new position")
        second = an_alert(alice, "Engineers")
        position_id = message.items[0].job_position_id
        db.session.add(
            AlertNotification(
                alert_id=second.id,
                job_position_id=position_id,
                user_id=alice.id,
                message_id=message.id,
                receipt=RECEIPT,
                matched_at=NOW,
            )
        )
    html = browser(alice).get("/notifications").text
    assert "1 new position" in html
    assert html.count(f'href="/positions/{position_id}"') == 1, "once, however many alerts match"
    assert "Backend anywhere" in html
    assert "Engineers" in html
    assert "<mark>Backend</mark>" in html
    assert "4711" not in html


def test_what_no_message_carries_is_shown_with_its_reason(app: Flask, browser: Browser, alice: Person) -> None:
    with app.app_context(), transaction():
        alert, other = an_alert(alice), an_alert(alice, "Other")
        company = a_company()
        for title, who, reason in (
            ("Engineer One", alert, "There is no address to send to."),
            ("Engineer Two", alert, "There is no address to send to."),
            ("Engineer Three", other, "Already told by “Backend”."),
        ):
            db.session.add(
                AlertNotification(
                    alert_id=who.id,
                    job_position_id=a_position(company, title).id,
                    user_id=alice.id,
                    matched_at=NOW,
                    receipt=RECEIPT,
                    state="suppressed",
                    reason=reason,
                )
            )
    html = browser(alice).get("/notifications").text
    assert html.count('class="panel delivery"') == 2
    assert "There is no address to send to." in html
    assert "Already told by “Backend”." in html
    for title in ("Engineer One", "Engineer Two", "Engineer Three"):
        assert title in html


def test_what_a_deleted_alert_told_is_still_listed(app: Flask, browser: Browser, alice: Person) -> None:
    with app.app_context(), transaction():
        alert = an_alert(alice)
        a_message(alice, ["Backend Engineer"], alert, state="sent", sent_at=NOW)
        db.session.delete(alert)
    html = browser(alice).get("/notifications").text
    assert "Backend Engineer" in html
    assert "deleted since" in html


@pytest.mark.parametrize(
    "columns",
    [
        {"is_enabled": False, "disabled_at": NOW, "disabled_reason": "The address was refused on three days."},
        {"unsubscribed_at": NOW},
    ],
)
def test_a_switched_off_address_is_said_above_everything(
    app: Flask, browser: Browser, alice: Person, columns: dict[str, Any]
) -> None:
    assert "Nothing is sent to" not in browser(alice).get("/notifications").text
    with app.app_context(), transaction():
        channel = db.session.query(Channel).filter_by(user_id=alice.id).one()
        for name, value in columns.items():
            setattr(channel, name, value)
    html = browser(alice).get("/notifications").text
    assert "Nothing is sent to alice@example.org" in html
    assert columns.get("disabled_reason", "unsubscribed") in html


def test_pages_are_cut_honestly_and_htmx_gets_only_the_list(app: Flask, browser: Browser, alice: Person) -> None:
    with app.app_context(), transaction():
        for number in range(45):
            a_message(alice, [], kind="notice", subject=f"Notice {number:02d}", body="Something happened.")
    client = browser(alice)
    pages = [client.get(f"/notifications?page={number}").text for number in (1, 2, 3)]
    assert [page.count('class="panel delivery"') for page in pages] == [20, 20, 5]
    assert "Notice 44" in pages[0]
    assert "Notice 00" in pages[2]
    assert "1–20 of 45" in pages[0]
    part = client.get("/notifications?page=2", headers=HTMX).text
    assert "<html" not in part
    assert part.count('class="panel delivery"') == 20
    for odd in ("0", "-1", "x", "99999999999999999999"):
        assert client.get(f"/notifications?page={odd}").status_code == 200


def test_nobody_sees_what_others_were_told(app: Flask, browser: Browser, alice: Person, bob: Person) -> None:
    with app.app_context(), transaction():
        a_message(alice, ["Secret Engineer"], an_alert(alice), subject="For Alice")
    for text in ("Secret Engineer", "For Alice"):
        assert text in browser(alice).get("/notifications").text
        assert text not in browser(bob).get("/notifications").text


def test_hostile_words_stay_words(app: Flask, browser: Browser, alice: Person) -> None:
    hostile = '"><img src=x onerror=alert(1)>'
    with app.app_context(), transaction():
        a_message(alice, [hostile], an_alert(alice, hostile), subject=hostile, state="failed", last_error=hostile)
    html = browser(alice).get("/notifications").text
    assert "onerror" in html
    assert "<img" not in html


def test_a_visitor_is_sent_to_log_in(client: FlaskClient) -> None:
    answer = client.get("/notifications")
    assert answer.status_code == 302
    assert answer.location.startswith("/login")
