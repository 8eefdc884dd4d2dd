"""Questions about the outbox, and the conditional statements by which its rows change hands."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from webapp.db import db
from webapp.errors import NotFound
from webapp.models import Alert, AlertNotification, Channel, JobPosition, Message, MessageItem, TransportPause, User
from webapp.models.alert_notification import NotificationState
from webapp.models.message import MessageKind, MessageState
from webapp.repositories._statements import chunks, update

# No lease is this long; a message that is younger than nothing by so much was written under a wrong clock.
CLOCK_STEP = timedelta(days=1)


def find(message_id: int) -> Message | None:
    """The message with its channel and user, as it is now, or None."""
    query = (
        sa.select(Message)
        .where(Message.id == message_id)
        .options(joinedload(Message.channel), joinedload(Message.user))
        .execution_options(populate_existing=True)
    )
    return db.session.scalars(query).one_or_none()


def get(message_id: int) -> Message:
    """The message with its channel and user, as it is now.

    Raises:
        NotFound: there is none.
    """
    message = find(message_id)
    if message is None:
        raise NotFound("There is no such message.")
    return message


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    waiting = sa.and_(Message.state == MessageState.PENDING, Message.deliver_after <= now)
    ends = Message.lease_expires_at
    abandoned = sa.and_(Message.state == MessageState.SENDING, sa.or_(ends <= now, ends > now + CLOCK_STEP))
    # Written while the clock was ahead of what it is now, and due only when it gets there again.
    misdated = sa.and_(
        Message.state == MessageState.PENDING,
        Message.created_at > now + CLOCK_STEP,
        Message.deliver_after > now + 2 * CLOCK_STEP,
    )
    return sa.or_(waiting, abandoned, misdated)


def next_due(now: datetime) -> int | None:
    """The id of the message that has been due longest and whose kind of channel is not paused."""
    paused = sa.select(TransportPause.kind).where(TransportPause.until > now)
    query = (
        sa.select(Message.id)
        .join(Channel, Channel.id == Message.channel_id)
        .where(_is_due(now), Channel.kind.not_in(paused))
        .order_by(Message.deliver_after, Message.id)
        .limit(1)
    )
    return db.session.scalar(query)


def hold_user_of(message_id: int) -> None:
    """Keep the message's user from being erased until the transaction ends.

    Whoever erases a user locks the user first and the messages after; so does whoever changes a message.
    """
    owner = sa.select(Message.user_id).where(Message.id == message_id).scalar_subquery()
    db.session.scalar(sa.select(User.id).where(User.id == owner).with_for_update(read=True, key_share=True))


def claim(message_id: int, owner: str, until: datetime, now: datetime) -> int | None:
    """Take the message if it is still due: its fencing number, or None where somebody else was quicker."""
    statement = (
        sa.update(Message)
        .where(Message.id == message_id, _is_due(now))
        .values(
            state=MessageState.SENDING,
            lease_owner=owner,
            lease_expires_at=until,
            lease_fence=Message.lease_fence + 1,
            attempts=Message.attempts + 1,
        )
        .returning(Message.lease_fence)
    )
    return db.session.scalar(statement, execution_options={"synchronize_session": False})


def settle(message_id: int, fence: int, **values: Any) -> bool:
    """End the attempt that holds `fence`. False where the message has passed to another attempt meanwhile."""
    values = {"lease_owner": None, "lease_expires_at": None, **values}
    mine = sa.and_(Message.id == message_id, Message.lease_fence == fence, Message.state == MessageState.SENDING)
    return update(sa.update(Message).where(mine).values(**values)) == 1


def _about(message: Message) -> sa.ColumnElement[bool]:
    """The notifications of a message's user about its positions, whichever alert and channel they came by."""
    positions = sa.select(MessageItem.job_position_id).where(MessageItem.message_id == message.id)
    return sa.and_(AlertNotification.user_id == message.user_id, AlertNotification.job_position_id.in_(positions))


def settle_told(message: Message, now: datetime) -> None:
    """The user was told of every position in this message, whichever alert asked for it."""
    untold = AlertNotification.state.in_((NotificationState.OWED, NotificationState.FAILED))
    told = {"state": NotificationState.TOLD, "reason": "", "told_at": now}
    update(sa.update(AlertNotification).where(_about(message), untold).values(**told))


def settle_untold(message_id: int, state: NotificationState, reason: str) -> None:
    """What a message owed will not be told, and why."""
    owed = sa.and_(AlertNotification.message_id == message_id, AlertNotification.state == NotificationState.OWED)
    update(sa.update(AlertNotification).where(owed).values(state=state, reason=reason))


def waiting_beside(message: Message, now: datetime) -> list[int]:
    """Other untried messages about matches that are due on the same channel. Locked until the transaction ends."""
    query = (
        sa.select(Message.id)
        .where(
            Message.channel_id == message.channel_id,
            Message.id != message.id,
            Message.kind == MessageKind.MATCHES,
            Message.state == MessageState.PENDING,
            Message.attempts == 0,
            Message.deliver_after <= now,
        )
        .order_by(Message.id)
        .with_for_update()
    )
    return list(db.session.scalars(query))


def merge(message_ids: Collection[int], into: int, reason: str) -> None:
    """Let the message `into` carry all that these messages carried; they say why they will not be sent."""
    for chunk in chunks(message_ids):
        update(sa.update(MessageItem).where(MessageItem.message_id.in_(chunk)).values(message_id=into))
        update(sa.update(AlertNotification).where(AlertNotification.message_id.in_(chunk)).values(message_id=into))
        update(
            sa.update(Message)
            .where(Message.id.in_(chunk))
            .values(state=MessageState.SUPPRESSED, last_error=reason, lease_owner=None, lease_expires_at=None)
        )


def item_positions(message_id: int) -> list[tuple[int, int]]:
    """(item, position) of a message, in the order in which they were added."""
    query = (
        sa.select(MessageItem.id, MessageItem.job_position_id)
        .where(MessageItem.message_id == message_id)
        .order_by(MessageItem.id)
    )
    return [(item, position) for item, position in db.session.execute(query)]


def wanted_positions(message: Message) -> set[int]:
    """The positions of a message that at least one running alert asks for."""
    query = (
        sa.select(AlertNotification.job_position_id)
        .join(Alert, Alert.id == AlertNotification.alert_id)
        .where(
            _about(message),
            AlertNotification.state.in_((NotificationState.OWED, NotificationState.TOLD)),
            Alert.is_paused.is_(False),
        )
    )
    return set(db.session.scalars(query))


def suppress_paused(message: Message, reason: str) -> None:
    """Nothing is owed for an alert that its user has paused."""
    paused = AlertNotification.alert_id.in_(sa.select(Alert.id).where(Alert.is_paused.is_(True)))
    owed = AlertNotification.state == NotificationState.OWED
    suppressed = {"state": NotificationState.SUPPRESSED, "reason": reason}
    update(sa.update(AlertNotification).where(_about(message), owed, paused).values(**suppressed))


def drop_items(item_ids: Collection[int]) -> None:
    """Forget items that no message will carry, so that a later match may tell them."""
    for chunk in chunks(item_ids):
        update(sa.delete(MessageItem).where(MessageItem.id.in_(chunk)))


def move_notifications(message_id: int, position_ids: Collection[int], to: int) -> None:
    """Let the message `to` owe what `message_id` owed about these positions."""
    for chunk in chunks(position_ids):
        update(
            sa.update(AlertNotification)
            .where(AlertNotification.message_id == message_id, AlertNotification.job_position_id.in_(chunk))
            .values(message_id=to)
        )


def make_due(now: datetime, horizon: datetime) -> int:
    """End the windows that are still open: untried messages due before `horizon` become due now. How many."""
    return update(
        sa.update(Message)
        .where(
            Message.state == MessageState.PENDING,
            Message.attempts == 0,
            Message.deliver_after > now,
            Message.deliver_after <= horizon,
        )
        .values(deliver_after=now)
    )


def free_held_by(owner: str) -> int:
    """Give back what `owner` was sending. How many."""
    mine = sa.and_(Message.state == MessageState.SENDING, Message.lease_owner == owner)
    free = {"state": MessageState.PENDING, "lease_owner": None, "lease_expires_at": None}
    return update(sa.update(Message).where(mine).values(**free))


def contents(message_id: int) -> list[JobPosition]:
    """The positions a message carries, with company, in the order in which they were added."""
    query = (
        sa.select(JobPosition)
        .join(MessageItem, MessageItem.job_position_id == JobPosition.id)
        .where(MessageItem.message_id == message_id)
        .options(joinedload(JobPosition.company), selectinload(JobPosition.repost_of))
        .order_by(MessageItem.id)
    )
    return list(db.session.scalars(query))


def reasons(message: Message) -> list[AlertNotification]:
    """The notifications that a message settles or settled, with their alerts."""
    query = (
        sa.select(AlertNotification)
        .where(_about(message), AlertNotification.state != NotificationState.SUPPRESSED)
        .options(joinedload(AlertNotification.alert))
        .order_by(AlertNotification.id)
    )
    return list(db.session.scalars(query))
