"""Due messages are claimed, sent and marked; what fails waits, by whose fault it is. Time is passed in."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from tests import world
from tests.delivery.conftest import Mailbox, People, Post, free_port
from webapp.db import transaction
from webapp.models import AlertNotification


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
    assert post.later(minutes=1).deliver().sent == 1
