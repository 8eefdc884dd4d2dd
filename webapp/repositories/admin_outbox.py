"""What admins ask about the outbox."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.db import db
from webapp.errors import NotFound
from webapp.models import Message, MessageItem, TransportPause
from webapp.models.message import MessageState

UNSENT = (MessageState.PENDING.value, MessageState.SENDING.value)


def page(states: tuple[str, ...] = (), *, limit: int = 50, offset: int = 0) -> list[Message]:
    """Messages with their user and channel, newest first; only those in one of `states`, where given."""
    question = (
        sa.select(Message)
        .options(joinedload(Message.user), joinedload(Message.channel))
        .order_by(Message.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if states:
        question = question.where(Message.state.in_(states))
    return list(db.session.scalars(question))


def counts_by_state() -> dict[str, int]:
    """How many messages are in each state; empty states are left out."""
    question = sa.select(Message.state, sa.func.count()).group_by(Message.state)
    return {row[0]: row[1] for row in db.session.execute(question)}


def item_counts(message_ids: list[int]) -> dict[int, int]:
    """How many positions each of these messages tells of; those that tell of none are left out."""
    question = (
        sa.select(MessageItem.message_id, sa.func.count())
        .where(MessageItem.message_id.in_(message_ids))
        .group_by(MessageItem.message_id)
    )
    return {row[0]: row[1] for row in db.session.execute(question)}


def get(message_id: int, *, lock: bool = False) -> Message:
    """The message; `lock` keeps other writers away until the transaction ends.

    Raises:
        NotFound: there is none with this id.
    """
    question = sa.select(Message).where(Message.id == message_id)
    if lock:
        question = question.with_for_update().execution_options(populate_existing=True)
    message = db.session.scalar(question)
    if message is None:
        raise NotFound("There is no such message. It may have been removed together with its user.")
    return message


def oldest_waiting(now: datetime) -> datetime | None:
    """When the oldest message that should have left by `now` was written, retries included, or None."""
    question = sa.select(sa.func.min(Message.created_at)).where(
        Message.state.in_(UNSENT), sa.or_(Message.deliver_after <= now, Message.attempts > 0)
    )
    return db.session.scalar(question)


def sent_between(start: datetime, end: datetime) -> int:
    """How many messages were handed over from `start` up to but not including `end`."""
    question = sa.select(sa.func.count()).where(Message.sent_at >= start, Message.sent_at < end)
    return db.session.scalar(question) or 0


def pauses(now: datetime) -> list[TransportPause]:
    """The ways of sending that are paused at `now`."""
    return list(db.session.scalars(sa.select(TransportPause).where(TransportPause.until > now)))


def find_pause(kind: str) -> TransportPause | None:
    """The pause of this way of sending, if there is one."""
    return db.session.get(TransportPause, kind)
