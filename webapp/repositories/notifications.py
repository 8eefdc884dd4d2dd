"""Questions about what a user was told, and what is still owed to them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, literal, null, or_, select, tuple_, union_all
from sqlalchemy.orm import joinedload

from webapp.db import db
from webapp.models import AlertNotification, Channel, JobPosition, Message, MessageItem


@dataclass(frozen=True, slots=True)
class Match:
    """One alert that matched one position: `receipt` is the stored list of rule, result and evidence."""

    alert_id: int
    alert_name: str
    receipt: list[dict[str, Any]]
    state: str
    reason: str


@dataclass(slots=True)
class Told:
    """One position within a delivery, with the alerts that asked for it (none where the alert was deleted since)."""

    position: JobPosition
    matches: list[Match] = field(default_factory=list)


@dataclass(slots=True)
class Delivery:
    """One message, or matches of one moment that no message carries (`message` None; `reason` says why).

    `at` is aware UTC: when the message was written, or the positions matched.
    """

    message: Message | None
    at: datetime
    reason: str
    told: list[Told]


@dataclass(frozen=True, slots=True)
class Page:
    """Deliveries, newest first, and how many there are on all pages."""

    deliveries: list[Delivery]
    total: int


def page_of(owner: int, *, limit: int, offset: int = 0) -> Page:
    """What the user `owner` was told and is owed, newest first."""
    messages = select(
        Message.id.label("message_id"), Message.created_at.label("at"), literal("").label("reason")
    ).where(Message.user_id == owner)
    alone = (
        select(null().label("message_id"), AlertNotification.matched_at.label("at"), AlertNotification.reason)
        .where(AlertNotification.user_id == owner, AlertNotification.message_id.is_(None))
        .group_by(AlertNotification.matched_at, AlertNotification.reason)
    )
    both = union_all(messages, alone).subquery()
    total = db.session.scalar(select(func.count()).select_from(both)) or 0
    keys = db.session.execute(
        select(both.c.message_id, both.c.at, both.c.reason)
        .order_by(both.c.at.desc(), both.c.message_id.desc(), both.c.reason)
        .limit(limit)
        .offset(offset)
    ).all()
    return Page(_deliveries(owner, [(key[0], key[1], key[2]) for key in keys]), total)


def _deliveries(owner: int, keys: Sequence[tuple[int | None, datetime, str]]) -> list[Delivery]:
    ids = [message_id for message_id, _, _ in keys if message_id is not None]
    moments = [(at, reason) for message_id, at, reason in keys if message_id is None]
    messages = {
        message.id: message
        for message in db.session.scalars(
            select(Message).where(Message.id.in_(ids)).options(joinedload(Message.channel))
        )
    }
    told: dict[tuple[int | None, datetime | None, str], dict[int, Told]] = defaultdict(dict)
    items = select(MessageItem).where(MessageItem.message_id.in_(ids)).order_by(MessageItem.id)
    for item in db.session.scalars(items.options(joinedload(MessageItem.position).joinedload(JobPosition.company))):
        told[item.message_id, None, ""].setdefault(item.job_position_id, Told(item.position))
    for notification in _notifications(owner, ids, moments):
        alone = notification.message_id is None
        key = (
            notification.message_id,
            notification.matched_at if alone else None,
            notification.reason if alone else "",
        )
        entry = told[key].setdefault(notification.job_position_id, Told(notification.position))
        entry.matches.append(
            Match(
                notification.alert_id,
                notification.alert.name,
                notification.receipt or [],
                notification.state,
                notification.reason,
            )
        )
    return [
        Delivery(messages[message_id], at, reason, list(told[message_id, None, ""].values()))
        if message_id is not None
        else Delivery(None, at, reason, list(told[None, at, reason].values()))
        for message_id, at, reason in keys
    ]


def _notifications(
    owner: int, message_ids: list[int], moments: list[tuple[datetime, str]]
) -> Sequence[AlertNotification]:
    wanted: list[ColumnElement[bool]] = [AlertNotification.message_id.in_(message_ids)]
    if moments:
        wanted.append(
            AlertNotification.message_id.is_(None)
            & tuple_(AlertNotification.matched_at, AlertNotification.reason).in_(moments)
        )
    query = (
        select(AlertNotification)
        .where(AlertNotification.user_id == owner, or_(*wanted))
        .options(
            joinedload(AlertNotification.alert),
            joinedload(AlertNotification.position).joinedload(JobPosition.company),
        )
        .order_by(AlertNotification.id)
    )
    return db.session.scalars(query).all()


def channels_off(owner: int) -> list[Channel]:
    """The channels of the user `owner` over which nothing is sent at present."""
    query = (
        select(Channel)
        .where(Channel.user_id == owner, or_(Channel.is_enabled.is_(False), Channel.unsubscribed_at.is_not(None)))
        .order_by(Channel.id)
    )
    return list(db.session.scalars(query))
