"""What health checks and metrics ask: cheap counts, and whether work is being done."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from webapp.db import db
from webapp.models import Board, JobPosition, Lease, Message
from webapp.models.job_position import PositionStatus
from webapp.models.message import MessageState

SCHEDULER_LEASE = "scheduler"


def ping() -> None:
    """Ask the database anything at all.

    Raises:
        sqlalchemy.exc.SQLAlchemyError: it cannot be reached.
    """
    db.session.execute(sa.select(1))


def last_tick() -> datetime | None:
    """When the scheduler last renewed its lease; None before the first time."""
    return db.session.scalar(sa.select(Lease.renewed_at).where(Lease.name == SCHEDULER_LEASE))


def oldest_due_message(now: datetime) -> datetime | None:
    """Since when the longest-waiting pending message has been due at `now`; None if none is."""
    query = sa.select(sa.func.min(Message.deliver_after)).where(
        Message.state == MessageState.PENDING.value, Message.deliver_after <= now
    )
    return db.session.scalar(query)


def boards_by_health() -> dict[str, int]:
    """How many boards that are switched on have each health."""
    query = sa.select(Board.health, sa.func.count()).where(Board.is_enabled).group_by(Board.health)
    return {row[0]: row[1] for row in db.session.execute(query)}


def messages_by_state() -> dict[str, int]:
    """How many messages are in each state."""
    query = sa.select(Message.state, sa.func.count()).group_by(Message.state)
    return {row[0]: row[1] for row in db.session.execute(query)}


def open_positions() -> int:
    """How many positions are open."""
    query = sa.select(sa.func.count()).select_from(JobPosition).where(JobPosition.status == PositionStatus.ACTIVE.value)
    return db.session.scalar(query) or 0
