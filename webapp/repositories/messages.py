"""Questions about the outbox, and the conditional statements by which its rows change hands."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import joinedload, selectinload

from webapp.db import Base, db
from webapp.errors import NotFound
from webapp.models import Alert, AlertNotification, Channel, JobPosition, Message, MessageItem, TransportPause, User
from webapp.models.alert_notification import NotificationState
from webapp.models.message import MessageKind, MessageState

# Both databases limit the number of values in one statement.
CHUNK = 500


def _chunks(values: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(set(values))
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def _insert(model: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An insert into the model's table itself: a hundred thousand rows need no unit of work."""
    table = cast(sa.Table, model.__table__)
    return postgresql.insert(table) if db.engine.dialect.name == "postgresql" else sqlite.insert(table)


def _update(statement: sa.Update | sa.Delete) -> int:
    """Run a statement past the session's objects; the number of rows it changed."""
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)  # type: ignore[attr-defined]


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


# --- writing the outbox ---------------------------------------------------------------------------------------------


def known_pairs(position_ids: Collection[int]) -> set[tuple[int, int]]:
    """Which (alert, position) pairs of these positions have an alert notification."""
    pairs: set[tuple[int, int]] = set()
    for chunk in _chunks(position_ids):
        query = sa.select(AlertNotification.alert_id, AlertNotification.job_position_id)
        pairs.update((a, p) for a, p in db.session.execute(query.where(AlertNotification.job_position_id.in_(chunk))))
    return pairs


def ways_to_reach(user_ids: Collection[int]) -> dict[int, list[Channel]]:
    """All channels of these users, open or not, the oldest first."""
    found: dict[int, list[Channel]] = {}
    for chunk in _chunks(user_ids):
        query = sa.select(Channel).where(Channel.user_id.in_(chunk)).order_by(Channel.id)
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
    """By (channel, position): the message that carries the position over that channel."""
    found: dict[tuple[int, int], Carried] = {}
    wanted = set(channel_ids)
    query = sa.select(
        MessageItem.channel_id, MessageItem.job_position_id, MessageItem.id, Message.id, Message.state
    ).join(Message, Message.id == MessageItem.message_id)
    for chunk in _chunks(position_ids):
        for channel, position, item, message, state in db.session.execute(
            query.where(MessageItem.job_position_id.in_(chunk))
        ):
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
    for chunk in _chunks(position_ids):
        for user, position, name in db.session.execute(query.where(AlertNotification.job_position_id.in_(chunk))):
            if user in wanted:
                names.setdefault((user, position), name)
    return names


def add_messages(rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert messages, in the order of their keys; those whose `dedupe_key` exists already are left alone."""
    if rows:
        ordered = sorted(rows, key=lambda row: str(row["dedupe_key"]))
        statement = _insert(Message).on_conflict_do_nothing(index_elements=[Message.dedupe_key])
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
        statement = _insert(MessageItem).on_conflict_do_nothing(
            index_elements=[MessageItem.channel_id, MessageItem.job_position_id]
        )
        db.session.execute(statement, [dict(row) for row in rows])


def move_items(item_ids: Collection[int], message_id: int) -> None:
    """Let another message carry these items."""
    for chunk in _chunks(item_ids):
        _update(sa.update(MessageItem).where(MessageItem.id.in_(chunk)).values(message_id=message_id))


def add_notifications(rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert alert notifications; pairs that exist are left alone."""
    if rows:
        statement = _insert(AlertNotification).on_conflict_do_nothing(
            index_elements=[AlertNotification.alert_id, AlertNotification.job_position_id]
        )
        db.session.execute(statement, [dict(row) for row in rows])


def by_ids(message_ids: Collection[int]) -> list[Message]:
    """These messages, in the order of their ids."""
    found: list[Message] = []
    for chunk in _chunks(message_ids):
        query = sa.select(Message).where(Message.id.in_(chunk)).order_by(Message.id)
        found += db.session.scalars(query.execution_options(populate_existing=True))
    return found


# --- claiming -------------------------------------------------------------------------------------------------------


def _is_due(now: datetime) -> sa.ColumnElement[bool]:
    waiting = sa.and_(Message.state == MessageState.PENDING, Message.deliver_after <= now)
    abandoned = sa.and_(Message.state == MessageState.SENDING, Message.lease_expires_at <= now)
    return sa.or_(waiting, abandoned)


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
    return _update(sa.update(Message).where(mine).values(**values)) == 1


def _about(message: Message) -> sa.ColumnElement[bool]:
    """The notifications of a message's user about its positions, whichever alert and channel they came by."""
    positions = sa.select(MessageItem.job_position_id).where(MessageItem.message_id == message.id)
    return sa.and_(AlertNotification.user_id == message.user_id, AlertNotification.job_position_id.in_(positions))


def settle_told(message: Message, now: datetime) -> None:
    """The user was told of every position in this message, whichever alert asked for it."""
    untold = AlertNotification.state.in_((NotificationState.OWED, NotificationState.FAILED))
    told = {"state": NotificationState.TOLD, "reason": "", "told_at": now}
    _update(sa.update(AlertNotification).where(_about(message), untold).values(**told))


def settle_untold(message_id: int, state: NotificationState, reason: str) -> None:
    """What a message owed will not be told, and why."""
    owed = sa.and_(AlertNotification.message_id == message_id, AlertNotification.state == NotificationState.OWED)
    _update(sa.update(AlertNotification).where(owed).values(state=state, reason=reason))


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
    for chunk in _chunks(message_ids):
        _update(sa.update(MessageItem).where(MessageItem.message_id.in_(chunk)).values(message_id=into))
        _update(sa.update(AlertNotification).where(AlertNotification.message_id.in_(chunk)).values(message_id=into))
        _update(
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
    _update(sa.update(AlertNotification).where(_about(message), owed, paused).values(**suppressed))


def drop_items(item_ids: Collection[int]) -> None:
    """Forget items that no message will carry, so that a later match may tell them."""
    for chunk in _chunks(item_ids):
        _update(sa.delete(MessageItem).where(MessageItem.id.in_(chunk)))


def move_notifications(message_id: int, position_ids: Collection[int], to: int) -> None:
    """Let the message `to` owe what `message_id` owed about these positions."""
    for chunk in _chunks(position_ids):
        _update(
            sa.update(AlertNotification)
            .where(AlertNotification.message_id == message_id, AlertNotification.job_position_id.in_(chunk))
            .values(message_id=to)
        )


def make_due(now: datetime, horizon: datetime) -> int:
    """End the windows that are still open: untried messages due before `horizon` become due now. How many."""
    return _update(
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
    return _update(sa.update(Message).where(mine).values(**free))


# --- what a message says --------------------------------------------------------------------------------------------


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


# --- pauses, channels -----------------------------------------------------------------------------------------------


def pause_of(kind: str) -> TransportPause | None:
    """The pause of a kind of channel, over or not, or None."""
    return db.session.get(TransportPause, kind, populate_existing=True)


def pauses() -> list[TransportPause]:
    """All kinds of channel that have failed and not worked since."""
    return list(db.session.scalars(sa.select(TransportPause).order_by(TransportPause.kind)))


def set_pause(kind: str, now: datetime, until: datetime, failures: int, reason: str) -> None:
    """Begin or prolong the pause of a kind of channel."""
    values = {"until": until, "failures": failures, "reason": reason}
    statement = _insert(TransportPause).values(kind=kind, since=now, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=[TransportPause.kind], set_=values))


def end_pause(kind: str) -> None:
    """It works again."""
    _update(sa.delete(TransportPause).where(TransportPause.kind == kind))


def find_channel(channel_id: int) -> Channel | None:
    """The channel, as it is now."""
    return db.session.get(Channel, channel_id, populate_existing=True)


def find_alert(alert_id: int) -> Alert | None:
    """The alert, as it is now, whoever owns it: only for links that carry a signature."""
    return db.session.get(Alert, alert_id, populate_existing=True)


def find_user(user_id: int) -> User | None:
    """The user, as they are now."""
    return db.session.get(User, user_id, populate_existing=True)
