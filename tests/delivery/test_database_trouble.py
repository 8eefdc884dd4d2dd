"""Deliveries while the database fails, or others change what is owed: nothing twice, nothing lost."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests import world
from tests.delivery.conftest import Mailbox, People, Post
from webapp import tasks_delivery
from webapp.db import db, transaction
from webapp.models import Message, User
from webapp.repositories import messages
from webapp.services.notification_service import NotificationService


def locked(*_: Any, **__: Any) -> Any:
    raise OperationalError("UPDATE", {}, Exception("database is locked"))


def test_a_message_whose_mark_meets_a_locked_database_is_not_sent_again(
    post: Post, people: People, smtp: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_sent, tries = NotificationService.record_sent, []

    def locked_twice(*args: Any, **kwargs: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            locked()
        record_sent(*args, **kwargs)

    monkeypatch.setattr(NotificationService, "record_sent", locked_twice)
    post.owe((people.alert, people.positions[0]))
    assert post.deliver().sent == 1
    assert post.later(minutes=10).deliver().sent == 0
    assert len(smtp.received) == 1


def test_a_database_that_fails_while_mail_is_written_is_not_the_fault_of_the_message(
    post: Post, people: People, smtp: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.owe((people.alert, people.positions[0]))
    with monkeypatch.context() as broken:
        broken.setattr(tasks_delivery, "render", locked)
        for _ in range(3):
            with pytest.raises(OperationalError):
                post.later(minutes=10).deliver()
    assert [(m.state, m.refusals) for m in post.messages] == [("pending", 0)]
    assert post.later(minutes=10).deliver().sent == 1
    assert len(smtp.received) == 1


def test_a_message_written_under_a_clock_that_was_a_year_ahead_is_sent_now(
    post: Post, people: People, smtp: Mailbox
) -> None:
    post.later(days=365).owe((people.alert, people.positions[0]))
    post.now = world.NOW
    assert post.deliver().sent == 1


def test_a_lease_on_a_message_that_a_wrong_clock_gave_ends(post: Post, people: People, smtp: Mailbox) -> None:
    post.owe((people.alert, people.positions[0]))
    with post.app.app_context(), transaction():
        assert NotificationService().claim_due(post.now + timedelta(days=365), "dead").claims
    assert post.deliver().sent == 1


def test_a_match_that_joins_a_message_just_being_marked_is_told(app: Flask, post: Post, people: People) -> None:
    """Another alert of the same user matches a position while the mail that tells it is being marked as sent."""
    (message_id,) = post.owe((people.alert, people.positions[0]))
    with app.app_context(), transaction():
        (claim,) = NotificationService().claim_due(post.now, "sender").claims
    marked = threading.Event()

    def mark() -> None:
        with app.app_context(), transaction():
            NotificationService().record_sent(message_id, claim.fence, "250 ok", post.now)
            marked.set()
            time.sleep(0.5)

    marking = threading.Thread(target=mark)
    marking.start()
    assert marked.wait(10)
    post.owe((people.other_alert, people.positions[0]))
    marking.join()
    assert sorted(state for state, _ in post.fates) == ["suppressed", "told"]
    assert post.states == ["sent"]


def test_a_user_erased_while_a_message_is_claimed_is_no_deadlock(app: Flask, post: Post, people: People) -> None:
    post.owe((people.alert, people.positions[0]), (people.other_alert, people.positions[1]))
    (message_id,) = [message.id for message in post.messages]
    started = threading.Event()

    def erase() -> None:
        with app.app_context(), transaction():
            started.set()
            db.session.execute(sa.delete(User).where(User.id == people.alice.id))

    with app.app_context(), transaction():
        messages.hold_user_of(message_id)
        erasing = threading.Thread(target=erase)
        if db.engine.dialect.name == "postgresql":
            erasing.start()
            started.wait(10)
            time.sleep(0.3)
        claimed = NotificationService().claim_due(post.now, "sender").claims
        assert [claim.message_id for claim in claimed] == [message_id]
    if erasing.ident is None:
        erasing.start()
    erasing.join(20)
    assert post.all(Message) == []
    with app.app_context(), transaction(), pytest.raises(tasks_delivery.LeaseLost):
        NotificationService().record_sent(message_id, claimed[0].fence, "250 ok", post.now)
