"""Due messages are claimed, sent and marked; what fails waits, by whose fault it is. Time is passed in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from tests import world
from tests.delivery.conftest import Mailbox, People, Post, free_port, more_positions, text_of
from webapp.channels import DeliveryError
from webapp.db import db, transaction
from webapp.errors import LeaseLost
from webapp.models import Alert, AlertNotification, Lease, MessageItem, User
from webapp.services import delivery_words
from webapp.services.notification_service import NotificationService

TELL_LATER = {"minutes": 1}


def test_the_servers_own_answer_is_stored_and_what_was_owed_is_told(post: Post, people: People, smtp: Mailbox) -> None:
    post.owe((people.alert, people.positions[0]))
    assert post.deliver().sent == 1
    (message,) = post.messages
    assert (message.state, message.server_response) == ("sent", "250 2.0.0 queued as 4F1AB")
    assert message.sent_at == post.now
    assert message.subject == "Backend Engineer at Northcliff"
    (told,) = post.all(AlertNotification)
    assert (told.state, told.told_at) == ("told", post.now)
    assert post.deliver().sent == 0
    assert len(smtp.received) == 1


def test_many_messages_go_over_one_connection_one_recipient_each(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    with app.app_context(), transaction():
        alerts = [people.alert, *(world.alert(world.user(f"u{n}@example.com")) for n in range(4))]
    post.owe(*((alert, people.positions[0]) for alert in alerts))
    assert post.deliver().sent == 5
    assert smtp.connections == 1
    assert [mail["To"] for mail in smtp.mails] == [to for to, _ in smtp.received]


def test_one_refused_recipient_keeps_nobody_else_from_being_told(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    with app.app_context(), transaction():
        others = [world.alert(world.user(f"u{n}@example.com")) for n in range(2)]
    smtp.on_rcpt["alice@example.com"] = "550 5.1.1 no such user"
    post.owe(*((alert, people.positions[0]) for alert in (people.alert, *others)))
    counts = post.deliver()
    assert (counts.sent, counts.postponed, counts.failed) == (2, 1, 0)
    assert post.pause is None


@pytest.mark.parametrize("reply", ["450 4.2.0 greylisted", "451 4.3.0 try later", "452 4.2.2 mailbox full"])
def test_a_temporary_refusal_is_tried_after_1_5_15_60_minutes_then_hourly_with_one_message_id(
    post: Post, people: People, smtp: Mailbox, reply: str
) -> None:
    smtp.on_rcpt["alice@example.com"] = reply
    post.owe((people.alert, people.positions[0]))
    for minutes in (1, 5, 15, 60, 60, 60):
        assert post.deliver().postponed == 1
        (message,) = post.messages
        assert message.state == "pending"
        assert message.deliver_after - post.now == timedelta(minutes=minutes)
        assert message.server_response == reply
        assert post.later(minutes=minutes, seconds=-1).deliver().postponed == 0
        post.later(seconds=1)
    assert post.pause is None
    smtp.on_rcpt.clear()
    assert post.deliver().sent == 1
    assert f"<{message.message_id}>" == smtp.mails[0]["Message-ID"]
    assert post.messages[0].last_error == ""


def test_after_48_hours_of_tries_a_message_is_given_up_and_says_why(post: Post, people: People, smtp: Mailbox) -> None:
    smtp.on_data = "451 4.3.0 not now"
    post.owe((people.alert, people.positions[0]))
    began, failed_after = post.now, None
    for _ in range(60):
        if post.deliver().failed:
            failed_after = post.now - began
            break
        post.now = post.messages[0].deliver_after
    assert failed_after is not None
    assert timedelta(hours=47) < failed_after <= timedelta(hours=48)
    assert post.states == ["failed"]
    assert post.fates[0][0] == "failed"
    assert "451 4.3.0 not now" in post.fates[0][1]


@pytest.mark.parametrize("where", ["on_connect", "on_mail"])
def test_a_server_that_refuses_us_pauses_the_way_and_harms_no_user(
    app: Flask, post: Post, people: People, smtp: Mailbox, where: str
) -> None:
    with app.app_context(), transaction():
        bob = world.alert(world.user("bob@example.com"))
    setattr(smtp, where, "550 5.7.1 we do not know you")
    post.owe((people.alert, people.positions[0]), (bob, people.positions[0]))
    waits = []
    for _ in range(5):
        assert post.deliver().postponed == 1
        assert post.pause is not None
        assert "we do not know you" in post.pause.reason
        waits.append(post.pause.until - post.now)
        assert post.deliver().postponed == 0
        post.now = post.pause.until
    assert [wait / timedelta(minutes=1) for wait in waits] == [1, 5, 15, 60, 60]
    assert [(m.state, m.attempts) for m in post.messages] == [("pending", 0)] * 2
    assert all(channel.is_enabled and channel.refused_on == [] for channel in [post.channel])
    setattr(smtp, where, "")
    assert post.deliver().sent == 2
    assert post.pause is None


def test_a_refused_log_in_is_ours_and_says_what_to_check(app: Flask, post: Post, people: People, smtp: Mailbox) -> None:
    app.config.update(MAIL_USERNAME="rolewatch", MAIL_PASSWORD="wrong")
    post.owe((people.alert, people.positions[0]))
    assert post.deliver().postponed == 1
    assert post.pause is not None
    assert "refused our log-in" in post.pause.reason
    assert "535" in post.pause.reason
    assert "MAIL_PASSWORD" in post.pause.reason
    assert "wrong" not in post.pause.reason
    app.config["MAIL_PASSWORD"] = "right"
    assert post.later(minutes=1).deliver().sent == 1


def test_tls_that_is_not_offered_is_ours_and_nothing_is_sent_in_the_clear(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    app.config["MAIL_USE_TLS"] = True
    post.owe((people.alert, people.positions[0]))
    assert post.deliver().postponed == 1
    assert post.pause is not None
    assert "MAIL_USE_TLS" in post.pause.reason
    assert smtp.received == []


def test_421_while_the_message_is_on_its_way_pauses_the_way_for_a_minute(
    post: Post, people: People, smtp: Mailbox
) -> None:
    smtp.on_rcpt["alice@example.com"] = "421 4.3.2 shutting down"
    post.owe((people.alert, people.positions[0]))
    assert post.deliver().postponed == 1
    assert post.pause is not None
    assert post.pause.until - post.now == timedelta(minutes=1)
    assert post.messages[0].attempts == 1
    smtp.on_rcpt.clear()
    assert post.later(minutes=1).deliver().sent == 1


def test_a_refused_address_is_asked_on_three_days_then_the_channel_is_off_and_says_why(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    smtp.on_rcpt["alice@example.com"] = "550 5.1.1 no such user"
    post.owe((people.alert, people.positions[0]))
    assert post.deliver().postponed == 1
    post.later(hours=2).owe((people.alert, people.positions[1]))
    assert post.deliver().postponed == 1
    assert post.channel.is_enabled
    assert len(post.channel.refused_on) == 1
    post.now = world.NOW + timedelta(days=1)
    assert post.deliver().postponed == 1
    assert post.channel.is_enabled
    post.now = world.NOW + timedelta(days=2)
    counts = post.deliver()
    assert (counts.failed, counts.suppressed) == (1, 1)
    channel = post.channel
    assert not channel.is_enabled
    assert channel.disabled_at == post.now
    assert "alice@example.com" in channel.disabled_reason
    assert "550 5.1.1 no such user" in channel.disabled_reason
    assert sorted((state, "550" in reason) for state, reason in post.fates) == [("failed", True), ("suppressed", True)]


def test_a_delivery_forgives_earlier_refusals_of_the_address(post: Post, people: People, smtp: Mailbox) -> None:
    smtp.on_rcpt["alice@example.com"] = "550 5.1.1 no such user"
    post.owe((people.alert, people.positions[0]))
    post.deliver()
    smtp.on_rcpt.clear()
    assert post.later(days=1).deliver().sent == 1
    assert post.channel.refused_on == []


def test_content_that_is_refused_for_good_is_tried_once_more_then_dead(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    smtp.on_data = "552 5.2.3 too big"
    post.owe((people.alert, people.positions[0]))
    assert post.deliver().postponed == 1
    assert post.later(minutes=5).deliver().failed == 1
    (message,) = post.messages
    assert (message.state, message.error_phase) == ("failed", "message")
    assert "552 5.2.3 too big" in message.last_error
    assert post.channel.is_enabled
    assert post.later(days=2).deliver().failed == 0
    smtp.on_data = ""
    post.owe((people.alert, people.positions[1]))
    assert post.deliver().sent == 1


def test_a_connection_cut_after_data_sends_one_more_copy_with_the_same_message_id(
    post: Post, people: People, smtp: Mailbox
) -> None:
    smtp.cut_after_data = True
    post.owe((people.alert, people.positions[0]))
    assert post.deliver().postponed == 1
    assert post.states == ["pending"]
    smtp.cut_after_data = False
    assert post.later(minutes=1).deliver().sent == 1
    assert len(smtp.received) == 2
    assert smtp.received[0] == smtp.received[1]
    assert [state for state, _ in post.fates] == ["told"]


@pytest.fixture
def silent_server() -> Iterator[int]:
    """Accepts connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_server_that_never_answers_costs_one_time_out_and_the_mail_waits(
    app: Flask, post: Post, people: People, silent_server: int
) -> None:
    app.config.update(MAIL_PORT=silent_server, MAIL_TIMEOUT=0.3)
    post.owe((people.alert, people.positions[0]), (people.alert, people.harborlight))
    assert post.deliver().postponed == 1
    assert post.pause is not None
    assert "no answer in time" in post.pause.reason
    assert "MAIL_SERVER" in post.pause.reason


def test_a_server_that_drips_is_cut_off(app: Flask, post: Post, people: People) -> None:
    stop = threading.Event()

    def drip(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            while not stop.wait(0.05):
                try:
                    connection.sendall(b"2")
                except OSError:
                    return

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=drip, args=(listener,), daemon=True)
        thread.start()
        app.config.update(MAIL_PORT=listener.getsockname()[1], MAIL_TIMEOUT=0.2)
        post.owe((people.alert, people.positions[0]))
        assert post.deliver().postponed == 1
        stop.set()
        thread.join(5)
    assert post.pause is not None


def test_six_hours_without_a_server_end_in_one_message_within_a_minute_of_recovery(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    works = app.config["MAIL_PORT"]
    app.config["MAIL_PORT"] = free_port()
    for position in (*people.positions, people.harborlight):
        post.owe((people.alert, position))
        for _ in range(4):
            post.deliver()
            post.later(minutes=22.5)
    assert post.pause is not None
    assert "connection refused" in post.pause.reason
    assert [m.attempts for m in post.messages] == [0] * 4
    app.config["MAIL_PORT"] = works
    post.later(minutes=1)
    assert post.deliver().sent == 1
    assert len(smtp.received) == 1
    assert "4 new positions at Harborlight and Northcliff" in smtp.mails[0]["Subject"]
    assert post.states == ["sent", "suppressed", "suppressed", "suppressed"]
    assert "Merged" in post.messages[1].last_error
    assert [state for state, _ in post.fates] == ["told"] * 4
    assert post.pause is None


def test_a_message_with_trouble_of_its_own_does_not_hold_up_the_others_for_ever(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    with app.app_context(), transaction():
        bob = world.alert(world.user("bob@example.com"))
    smtp.on_rcpt["alice@example.com"] = "421 4.7.0 go away"
    post.owe((people.alert, people.positions[0]), (bob, people.positions[0]))
    post.deliver()
    assert smtp.received == []
    post.later(minutes=1).deliver()
    assert [to for to, _ in smtp.received] == ["bob@example.com"]


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


# --- claims and leases ------------------------------------------------------------------------------------------------


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
    from webapp.tasks_delivery import deliver_due

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


# --- without a mail server ------------------------------------------------------------------------------------------


def test_without_a_mail_server_messages_end_on_screen_and_say_that_they_were_not_sent(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    app.config["MAIL_SERVER"] = ""
    post.owe((people.alert, people.positions[0]))
    assert post.deliver().sent == 1
    assert post.messages[0].server_response == "Kept on screen, not sent: no mail server is set."
    assert smtp.received == []


def test_in_production_they_wait_and_the_pause_says_what_to_set(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    app.config.update(MAIL_SERVER="", ROLEWATCH_ENV="production")
    post.owe((people.alert, people.positions[0]))
    assert post.deliver().sent == 0
    assert post.states == ["pending"]
    assert post.pause is not None
    assert "set MAIL_SERVER" in post.pause.reason
    app.config["MAIL_SERVER"] = "127.0.0.1"
    assert post.later(**TELL_LATER).deliver().sent == 1
