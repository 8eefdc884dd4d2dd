"""What a message says is decided when it is claimed: no more than fits, nothing that is not wanted any more."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests import world
from tests.delivery.conftest import Mailbox, People, Post, more_positions, text_of
from webapp.db import db, transaction
from webapp.models import Alert, AlertNotification, User
from webapp.services import delivery_words
from webapp.services.notification_service import NotificationService


def test_sixty_positions_are_told_fifty_in_one_body_and_ten_in_the_next(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    positions = more_positions(app, 60)
    post.owe(*((people.alert, position) for position in positions))
    assert post.deliver().sent == 2
    first, second = smtp.mails
    titles = [[title for p in positions if (title := f"Backend Engineer {p.external_id[1:].zfill(3)}") in text_of(m)]
              for m in (first, second)]  # fmt: skip
    assert [len(found) for found in titles] == [50, 10]
    assert sorted(titles[0] + titles[1]) == sorted(f"Backend Engineer {n:03d}" for n in range(60))
    assert "10 more positions follow in another message." in text_of(first)
    assert first["Message-ID"] != second["Message-ID"]
    assert [state for state, _ in post.fates] == ["told"] * 60


def test_what_was_not_in_a_body_is_not_marked_as_told(app: Flask, post: Post, people: People, smtp: Mailbox) -> None:
    post.owe(*((people.alert, position) for position in more_positions(app, 60)))
    with app.app_context():
        with transaction():
            (claim,) = NotificationService().claim_due(post.now, "here").claims
        with transaction():
            NotificationService().record_sent(claim.message_id, claim.fence, "250 ok", post.now)
    assert sorted(state for state, _ in post.fates) == ["owed"] * 10 + ["told"] * 50


def test_a_flood_goes_in_four_messages_then_one_an_hour(app: Flask, post: Post, people: People, smtp: Mailbox) -> None:
    post.owe(*((people.alert, position) for position in more_positions(app, 320)))
    assert post.deliver().sent == 4
    assert post.later(minutes=59).deliver().sent == 0
    assert post.later(minutes=1).deliver().sent == 1
    for _ in range(3):
        post.later(hours=1).deliver()
    assert [state for state, _ in post.fates] == ["told"] * 320
    assert len(smtp.received) == 7


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_active": False}, "Not sent: the account is switched off."),
        ({"is_paused": True}, "Not sent: the alert was paused."),
        ({"unsubscribed_at": world.NOW}, "Not sent: alice@example.com was unsubscribed."),
        ({"is_enabled": False}, "Not sent: this address is switched off."),
    ],
)
def test_what_was_switched_off_while_it_waited_is_not_sent(
    post: Post, people: People, smtp: Mailbox, change: dict[str, Any], reason: str
) -> None:
    post.owe((people.alert, people.positions[0]))
    row = {"is_active": people.alice, "is_paused": people.alert}.get(next(iter(change)), post.channel)
    post.change(row, **change)
    assert post.deliver().suppressed == 1
    assert post.states == ["suppressed"]
    assert post.fates == [("suppressed", reason)]
    assert smtp.received == []


def test_only_the_paused_alerts_positions_are_left_out(post: Post, people: People, smtp: Mailbox) -> None:
    post.owe(
        (people.alert, people.positions[0]), (people.alert, people.positions[1]),
        (people.other_alert, people.positions[1]),
    )  # fmt: skip
    post.change(people.alert, is_paused=True)
    assert post.deliver().sent == 1
    assert smtp.mails[0]["Subject"] == "Backend Lead at Northcliff"
    assert "Alert “Backend”" not in text_of(smtp.mails[0])


def test_a_deleted_alert_or_user_is_told_nothing(app: Flask, post: Post, people: People, smtp: Mailbox) -> None:
    with app.app_context(), transaction():
        bob = world.alert(world.user("bob@example.com"))
    post.owe((people.alert, people.positions[0]), (bob, people.positions[0]))
    with app.app_context(), transaction():
        db.session.delete(db.session.get_one(Alert, people.alert.id))
        db.session.delete(db.session.get_one(User, bob.user_id))
    assert post.deliver().suppressed == 1
    assert smtp.received == []


def test_a_row_that_cannot_be_worded_hides_neither_itself_nor_the_others(
    post: Post, people: People, smtp: Mailbox
) -> None:
    post.owe((people.alert, people.positions[0]), (people.alert, people.positions[1]))
    post.change(post.all(AlertNotification)[0], receipt=[{"nonsense": 1}])
    assert post.deliver().sent == 1
    assert "Backend Engineer" in text_of(smtp.mails[0])
    assert "Backend Lead" in text_of(smtp.mails[0])


def test_a_message_that_cannot_be_made_is_a_dead_letter_and_the_next_one_goes(
    app: Flask, post: Post, people: People, smtp: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context(), transaction():
        bob = world.alert(world.user("bob@example.com"))
    honest = delivery_words.bare_view

    def poisoned(position: Any, base_url: str) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(delivery_words, "bare_view", poisoned)
    post.owe((people.alert, people.positions[0]), (bob, people.positions[1]))
    post.change(post.all(AlertNotification)[0], receipt=[{"nonsense": 1}])
    counts = post.deliver()
    assert (counts.sent, counts.postponed) == (1, 1)
    assert post.later(minutes=5).deliver().failed == 1
    assert "ZeroDivisionError" in post.messages[0].last_error
    monkeypatch.setattr(delivery_words, "bare_view", honest)
