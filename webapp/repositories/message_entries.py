"""Questions and statements for writing the outbox: what is owed already, and the rows that owe more."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from webapp.db import db
from webapp.models import Alert, AlertNotification, Channel, Message, MessageItem, User
from webapp.models.alert_notification import NotificationState
from webapp.models.message import MessageState
from webapp.repositories._statements import CHUNK, chunks, insert, update


def known_pairs(position_ids: Collection[int]) -> set[tuple[int, int]]:
    """Which (alert, position) pairs of these positions have an alert notification."""
    pairs: set[tuple[int, int]] = set()
    for chunk in chunks(position_ids):
        query = sa.select(AlertNotification.alert_id, AlertNotification.job_position_id)
        pairs.update((a, p) for a, p in db.session.execute(query.where(AlertNotification.job_position_id.in_(chunk))))
    return pairs


def hold_alerts(alert_ids: Collection[int]) -> set[int]:
    """Which of these alerts still exist. They and their users cannot be deleted until the transaction ends.

    The users come first, as they do for whoever erases one: the other order would be a deadlock.
    """
    kept: set[int] = set()
    for chunk in chunks(alert_ids):
        owners = sa.select(Alert.user_id).where(Alert.id.in_(chunk))
        users = sa.select(User.id).where(User.id.in_(owners)).order_by(User.id)
        db.session.execute(users.with_for_update(read=True, key_share=True)).all()
    for chunk in chunks(alert_ids):
        alerts = sa.select(Alert.id).where(Alert.id.in_(chunk)).order_by(Alert.id)
        kept.update(db.session.scalars(alerts.with_for_update(read=True, key_share=True)))
    return kept


def ways_to_reach(user_ids: Collection[int]) -> dict[int, list[Channel]]:
    """All channels of these users, open or not, the oldest first."""
    found: dict[int, list[Channel]] = {}
    for chunk in chunks(user_ids):
        query = sa.select(Channel).where(Channel.user_id.in_(chunk)).order_by(Channel.id)
        query = query.with_for_update(read=True, key_share=True).execution_options(populate_existing=True)
        for channel in db.session.scalars(query):
            found.setdefault(channel.user_id, []).append(channel)
    return found


@dataclass(frozen=True, slots=True)
class Carried:
    """Where a position already is on its way, or was told, over one channel."""

    item_id: int
    message_id: int
    state: str


def carried(channel_ids: Collection[int], position_ids: Collection[int]) -> dict[tuple[int, int], Carried]:
    """By (channel, position): the message that carries the position over that channel.

    These messages are locked until the transaction ends: one that is being settled right now is waited for, so that
    nothing is owed to a message which has just been sent, or has just dropped the position.
    """
    found: dict[tuple[int, int], Carried] = {}
    wanted = set(channel_ids)
    query = sa.select(
        MessageItem.channel_id, MessageItem.job_position_id, MessageItem.id, Message.id, Message.state
    ).join(Message, Message.id == MessageItem.message_id)
    for chunk in chunks(position_ids):
        about = MessageItem.job_position_id.in_(chunk)
        carriers = sa.select(MessageItem.message_id).where(about)
        moving = Message.state.in_((MessageState.PENDING, MessageState.SENDING))
        locked = sa.select(Message.id).where(Message.id.in_(carriers), moving).order_by(Message.id)
        db.session.execute(locked.with_for_update()).all()
        for channel, position, item, message, state in db.session.execute(query.where(about)):
            if channel in wanted:
                found[channel, position] = Carried(item, message, state)
    return found


def told_by(user_ids: Collection[int], position_ids: Collection[int]) -> dict[tuple[int, int], str]:
    """By (user, position): the name of the first alert that told it."""
    names: dict[tuple[int, int], str] = {}
    wanted = set(user_ids)
    query = (
        sa.select(AlertNotification.user_id, AlertNotification.job_position_id, Alert.name)
        .join(Alert, Alert.id == AlertNotification.alert_id)
        .where(AlertNotification.state == NotificationState.TOLD)
        .order_by(AlertNotification.id)
    )
    for chunk in chunks(position_ids):
        for user, position, name in db.session.execute(query.where(AlertNotification.job_position_id.in_(chunk))):
            if user in wanted:
                names.setdefault((user, position), name)
    return names


def add_messages(rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert messages, in the order of their keys; those whose `dedupe_key` exists already are left alone."""
    if rows:
        ordered = sorted(rows, key=lambda row: str(row["dedupe_key"]))
        statement = insert(Message).on_conflict_do_nothing(index_elements=[Message.dedupe_key])
        db.session.execute(statement, [dict(row) for row in ordered])


def joinable(keys: Collection[str]) -> dict[str, int]:
    """By key: the id of the message that nobody has tried to send yet. Locked until the transaction ends."""
    found: dict[str, int] = {}
    ordered = sorted(keys)
    for start in range(0, len(ordered), CHUNK):
        query = (
            sa.select(Message.dedupe_key, Message.id)
            .where(
                Message.dedupe_key.in_(ordered[start : start + CHUNK]),
                Message.state == MessageState.PENDING,
                Message.attempts == 0,
            )
            .order_by(Message.id)
            .with_for_update()
        )
        found.update((key, message_id) for key, message_id in db.session.execute(query))
    return found


def add_items(rows: Sequence[Mapping[str, int]]) -> None:
    """Insert message items; a position that is carried over its channel already is left where it is."""
    if rows:
        statement = insert(MessageItem).on_conflict_do_nothing(
            index_elements=[MessageItem.channel_id, MessageItem.job_position_id]
        )
        db.session.execute(statement, [dict(row) for row in rows])


def move_items(item_ids: Collection[int], message_id: int) -> None:
    """Let another message carry these items."""
    for chunk in chunks(item_ids):
        update(sa.update(MessageItem).where(MessageItem.id.in_(chunk)).values(message_id=message_id))


def add_notifications(rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert alert notifications; pairs that exist are left alone."""
    if rows:
        statement = insert(AlertNotification).on_conflict_do_nothing(
            index_elements=[AlertNotification.alert_id, AlertNotification.job_position_id]
        )
        db.session.execute(statement, [dict(row) for row in rows])


def by_ids(message_ids: Collection[int]) -> list[Message]:
    """These messages, in the order of their ids."""
    found: list[Message] = []
    for chunk in chunks(message_ids):
        query = sa.select(Message).where(Message.id.in_(chunk)).order_by(Message.id)
        found += db.session.scalars(query.execution_options(populate_existing=True))
    return found
