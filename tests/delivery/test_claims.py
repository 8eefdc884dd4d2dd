"""One sender at a time; a lease and a fencing number per message; late results are refused."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from tests import world
from tests.delivery.conftest import Mailbox, People, Post
from webapp.channels import DeliveryError
from webapp.db import transaction
from webapp.errors import LeaseLost
from webapp.models import Lease, MessageItem
from webapp.services.notification_service import NotificationService
from webapp.tasks_delivery import deliver_due


def claim(post: Post, owner: str) -> Any:
    with post.app.app_context(), transaction():
        return NotificationService().claim_due(post.now, owner)


def test_one_process_sends_at_a_time(post: Post, people: People) -> None:
    post.owe((people.alert, people.positions[0]))
    post.later(seconds=1).owe((people.alert, people.positions[1]))
    assert len(claim(post, "here").claims) == 1
    there = claim(post, "there")
    assert there.busy
    assert there.claims == []


def test_a_message_whose_sender_died_goes_after_the_lease_with_the_same_message_id(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    post.owe((people.alert, people.positions[0]))
    (before,) = post.messages
    claim(post, "dead")
    assert post.deliver().busy is False
    assert smtp.received == []
    assert post.later(seconds=app.config["DELIVERY_LEASE_SECONDS"] - 1).deliver().sent == 0
    assert post.later(seconds=1).deliver().sent == 1
    assert smtp.mails[0]["Message-ID"] == f"<{before.message_id}>"


def test_a_late_result_is_refused(app: Flask, post: Post, people: People) -> None:
    post.owe((people.alert, people.positions[0]))
    (late,) = claim(post, "slow").claims
    (current,) = claim(post.later(seconds=app.config["DELIVERY_LEASE_SECONDS"]), "quick").claims
    assert current.fence == late.fence + 1
    error = DeliveryError("No.", phase="recipient", permanent=True, begun=True)
    with app.app_context():
        with pytest.raises(LeaseLost), transaction():
            NotificationService().record_sent(late.message_id, late.fence, "250 ok", post.now)
        with pytest.raises(LeaseLost), transaction():
            NotificationService().record_failure(late.message_id, late.fence, error, post.now)
    assert post.states == ["sending"]
    assert post.channel.refused_on == []
    with app.app_context(), transaction():
        NotificationService().record_sent(current.message_id, current.fence, "250 ok", post.now)
    assert post.states == ["sent"]


def test_at_shutdown_what_is_held_is_given_back(post: Post, people: People, smtp: Mailbox) -> None:
    post.owe((people.alert, people.positions[0]))
    claim(post, "here")
    with post.app.app_context(), transaction():
        assert NotificationService().release("here", post.now) == 1
    assert post.states == ["pending"]
    assert post.deliver("there").sent == 1


def test_a_round_stops_when_told_to_and_leaves_the_rest(post: Post, people: People, smtp: Mailbox) -> None:
    post.owe((people.alert, people.positions[0]))
    post.later(seconds=1).owe((people.alert, people.positions[1]))
    with post.app.app_context():
        deliver_due(now_fn=lambda: post.now, owner="here", stop=lambda: bool(smtp.received))
    assert sorted(post.states) == ["pending", "sent"]
    assert post.deliver("there").sent == 1


def test_an_idle_round_writes_nothing(post: Post, people: People) -> None:
    assert post.deliver().as_json() == {"sent": 0, "postponed": 0, "failed": 0, "suppressed": 0, "busy": False}
    assert post.all(Lease) == []


def test_two_senders_at_once_send_every_message_once(app: Flask, post: Post, people: People, smtp: Mailbox) -> None:
    with app.app_context(), transaction():
        alerts = [world.alert(world.user(f"u{n}@example.com")) for n in range(12)]
    post.owe(*((alert, people.positions[0]) for alert in alerts))
    threads = [threading.Thread(target=post.deliver, args=(f"process {n}",)) for n in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    post.deliver()
    assert sorted(to for to, _ in smtp.received) == sorted(f"u{n}@example.com" for n in range(12))
    assert post.states == ["sent"] * 12
    assert len(post.all(MessageItem)) == 12
