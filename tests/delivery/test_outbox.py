"""Matches become messages: once per alert and position, once per channel and position, bundled by window."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from tests import world
from tests.delivery.conftest import Mailbox, People, Post, more_positions, text_of
from webapp.db import db, transaction
from webapp.models import Alert, AlertNotification, Channel, MessageItem
from webapp.models.message import MessageKind
from webapp.services.notification_service import Match, NotificationService


def test_matches_of_one_moment_share_one_message_over_all_alerts_and_companies(post: Post, people: People) -> None:
    ids = post.owe(
        (people.alert, people.positions[0]),
        (people.alert, people.harborlight),
        (people.other_alert, people.positions[0]),
    )
    assert len(ids) == 1
    assert len(post.all(MessageItem)) == 2
    assert [(n.message_id, n.state) for n in post.all(AlertNotification)] == [(ids[0], "owed")] * 3


def test_owing_the_same_match_again_changes_nothing(post: Post, people: People) -> None:
    post.owe((people.alert, people.positions[0]))
    assert post.later(hours=1).owe((people.alert, people.positions[0])) == []
    assert len(post.messages) == len(post.all(MessageItem)) == len(post.all(AlertNotification)) == 1


def test_a_transaction_that_fails_owes_nothing(app: Flask, post: Post, people: People) -> None:
    class Broken(Exception):
        pass

    with app.app_context():
        try:
            with transaction():
                match = Match(
                    db.session.merge(people.alert, load=False), db.session.merge(people.positions[0], load=False), []
                )
                NotificationService().enqueue([match], post.now)
                raise Broken
        except Broken:
            pass
    assert post.messages == post.all(AlertNotification) == []


def test_matches_within_a_window_join_and_go_when_it_ends(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    app.config["MESSAGE_WINDOW_SECONDS"] = 15.0
    first = post.owe((people.alert, people.positions[0]))
    assert post.later(seconds=10).owe((people.alert, people.positions[1])) == first
    assert post.deliver().sent == 0
    assert post.later(seconds=4.9).deliver().sent == 0
    assert post.later(seconds=0.1).deliver().sent == 1
    assert "2 new positions" in smtp.mails[0]["Subject"]
    assert post.owe((people.alert, people.positions[2])) != first


def test_nothing_joins_a_message_that_a_server_may_have_seen(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    app.config["MESSAGE_WINDOW_SECONDS"] = 3600.0
    smtp.on_rcpt["alice@example.com"] = "450 4.2.0 greylisted"
    (first,) = post.owe((people.alert, people.positions[0]))
    with app.app_context(), transaction():
        NotificationService().close_windows(post.now)
    assert post.deliver().postponed == 1
    (second,) = post.owe((people.alert, people.positions[1]))
    assert second != first
    keys = [message.dedupe_key for message in post.messages]
    assert keys[1] == f"{keys[0]}#2"
    assert len({message.message_id for message in post.messages}) == 2


def test_a_later_alert_on_a_waiting_position_joins_its_message(post: Post, people: People, smtp: Mailbox) -> None:
    (message,) = post.owe((people.alert, people.positions[0]))
    post.later(minutes=1).owe((people.other_alert, people.positions[0]))
    assert [(n.message_id, n.state) for n in post.all(AlertNotification)] == [(message, "owed")] * 2
    post.deliver()
    assert len(smtp.received) == 1
    assert "“Backend”" in text_of(smtp.mails[0])
    assert "“Anything in Haifa”" in text_of(smtp.mails[0])
    assert [state for state, _ in post.fates] == ["told", "told"]


def test_a_later_alert_on_a_told_position_is_not_sent_and_says_who_told_it(
    post: Post, people: People, smtp: Mailbox
) -> None:
    post.owe((people.alert, people.positions[0]))
    post.deliver()
    assert post.later(days=3).owe((people.other_alert, people.positions[0])) == []
    assert post.deliver().sent == 0
    assert post.fates == [("told", ""), ("suppressed", "Already told by “Backend”.")]
    assert len(smtp.received) == 1


def test_without_an_open_channel_the_match_is_kept_with_the_reason(post: Post, people: People) -> None:
    post.change(post.channel, unsubscribed_at=world.NOW)
    assert post.owe((people.alert, people.positions[0])) == []
    post.change(post.channel, unsubscribed_at=None, is_enabled=False, disabled_reason="We cannot reach it.")
    assert post.owe((people.alert, people.positions[1])) == []
    with post.app.app_context(), transaction():
        db.session.execute(sa.delete(Channel))
    assert post.owe((people.alert, people.positions[2])) == []
    assert post.fates == [
        ("suppressed", "Not sent: alice@example.com was unsubscribed."),
        ("suppressed", "Not sent: We cannot reach it."),
        ("suppressed", "Not sent: there is no address to send to."),
    ]


def test_a_position_whose_message_was_never_sent_gets_another_chance(post: Post, people: People, smtp: Mailbox) -> None:
    (dead,) = post.owe((people.alert, people.positions[0]))
    post.change(people.alert, is_paused=True)
    assert post.deliver().suppressed == 1
    (alive,) = post.later(days=1).owe((people.other_alert, people.positions[0]))
    assert alive != dead
    assert post.deliver().sent == 1
    assert [state for state, _ in post.fates] == ["suppressed", "told"]
    assert len(smtp.received) == 1


def test_each_of_two_addresses_is_told_once(post: Post, people: People, smtp: Mailbox) -> None:
    with post.app.app_context(), transaction():
        db.session.add(
            Channel(user_id=people.alice.id, kind="email", address="alice@work.example", created_at=world.NOW)
        )
    post.owe((people.alert, people.positions[0]), (people.other_alert, people.positions[0]))
    assert post.deliver().sent == 2
    assert sorted(to for to, _ in smtp.received) == ["alice@example.com", "alice@work.example"]
    assert [state for state, _ in post.fates] == ["told", "told"]


def test_a_notice_is_owed_once_per_key(app: Flask, post: Post, people: People, smtp: Mailbox) -> None:
    for _ in range(2):
        with app.app_context(), transaction():
            NotificationService().enqueue_notice(
                people.alice.id, MessageKind.NOTICE, "hello", "A board is failing", "It is.\nSee <there>.", post.now
            )
    assert post.deliver().sent == 1
    assert smtp.mails[0]["Subject"] == "A board is failing"
    assert "See <there>." in text_of(smtp.mails[0])


def test_the_number_of_statements_does_not_grow_with_users_and_alerts(app: Flask, post: Post, people: People) -> None:
    def statements(users: int, offset: int) -> int:
        positions = people.positions[:2] if offset == 0 else [people.positions[2], people.harborlight]
        with app.app_context(), transaction():
            alerts = [world.alert(world.user(f"u{offset + n}@example.com"), f"Alert {n}") for n in range(users)]
            db.session.flush()
            seen: list[str] = []
            listener = lambda *args: seen.append(args[2])  # noqa: E731
            event.listen(db.engine, "before_cursor_execute", listener)
            matches = [Match(alert, db.session.merge(p, load=False), []) for alert in alerts for p in positions]
            NotificationService().enqueue(matches, post.now + timedelta(hours=offset))
            event.remove(db.engine, "before_cursor_execute", listener)
        return len(seen)

    assert statements(2, 0) == statements(60, 100)
    assert len(post.all(AlertNotification)) == 2 * 2 + 60 * 2


def test_five_hundred_positions_times_forty_alerts_are_owed_in_one_go(app: Flask, post: Post) -> None:
    positions = more_positions(app, 500)
    with app.app_context(), transaction():
        alerts = [world.alert(world.user(f"u{n}@example.com"), f"Alert {n}") for n in range(40)]
        matches = [Match(db.session.merge(a), db.session.merge(p, load=False), []) for a in alerts for p in positions]
        made = NotificationService().enqueue(matches, post.now)
    assert len(made) == 40
    with app.app_context():
        count = sa.select(sa.func.count())
        assert db.session.scalar(count.select_from(MessageItem)) == 500 * 40
        assert db.session.scalar(count.select_from(AlertNotification)) == 500 * 40
        assert db.session.scalar(count.select_from(Alert)) == 40
