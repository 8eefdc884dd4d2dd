"""Rights that one process holds at a time, and turns of periodic tasks that one process takes.

Both are won by one conditional statement whose row count says who won. A second process is harmless.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from webapp.db import db
from webapp.models import Lease, TaskSlot
from webapp.models.operations import SlotState

# A turn whose process died is taken over after this long; one that failed is tried again after the other.
CLOCK_SLACK = timedelta(hours=1)
SLOT_ABANDONED = timedelta(hours=1)
SLOT_RETRY = timedelta(minutes=15)


def _insert(table: type[Lease] | type[TaskSlot]) -> postgresql.Insert | sqlite.Insert:
    return postgresql.insert(table) if db.engine.dialect.name == "postgresql" else sqlite.insert(table)


def acquire(name: str, owner: str, ttl: timedelta, now: datetime) -> int | None:
    """Take or renew the lease `name` until `now + ttl`.

    Returns its fencing number, which grows with every change of holder, or None while another process holds it.
    """
    # Further away than any holder could have set it: the clock was ahead then.
    misdated = Lease.expires_at > now + ttl + CLOCK_SLACK
    taken = (
        sa.update(Lease)
        .where(Lease.name == name, sa.or_(Lease.owner == owner, Lease.expires_at <= now, misdated))
        .values(
            owner=owner,
            expires_at=now + ttl,
            renewed_at=now,
            fence=Lease.fence + sa.case((Lease.owner == owner, 0), else_=1),
        )
        .returning(Lease.fence)
    )
    fence = db.session.scalar(taken)
    if fence is not None:
        return fence
    first = _insert(Lease).values(name=name, owner=owner, expires_at=now + ttl, renewed_at=now, fence=1)
    return db.session.scalar(first.on_conflict_do_nothing().returning(Lease.fence))


def release(name: str, owner: str, now: datetime) -> None:
    """Give the lease back, if `owner` still holds it."""
    db.session.execute(sa.update(Lease).where(Lease.name == name, Lease.owner == owner).values(expires_at=now))


def take_slot(task: str, slot: str, owner: str, now: datetime) -> bool:
    """Take the turn `slot` of `task`. True for exactly one caller, whatever the clock does.

    A turn that was taken but never finished, or failed, may be taken again later.
    """
    first = _insert(TaskSlot).values(task=task, slot=slot, owner=owner, state=SlotState.RUNNING, started_at=now)
    if db.session.scalar(first.on_conflict_do_nothing().returning(TaskSlot.id)) is not None:
        return True
    abandoned = sa.and_(TaskSlot.state == SlotState.RUNNING, TaskSlot.started_at <= now - SLOT_ABANDONED)
    failed = sa.and_(TaskSlot.state == SlotState.FAILED, TaskSlot.started_at <= now - SLOT_RETRY)
    again = (
        sa.update(TaskSlot)
        .where(TaskSlot.task == task, TaskSlot.slot == slot, sa.or_(abandoned, failed))
        .values(owner=owner, state=SlotState.RUNNING, started_at=now, error="")
        .returning(TaskSlot.id)
    )
    return db.session.scalar(again) is not None


def finish_slot(task: str, slot: str, owner: str, now: datetime, error: str = "") -> None:
    """Mark the turn as done, or as failed with a sentence."""
    state = SlotState.FAILED if error else SlotState.DONE
    db.session.execute(
        sa.update(TaskSlot)
        .where(TaskSlot.task == task, TaskSlot.slot == slot, TaskSlot.owner == owner)
        .values(state=state, finished_at=now, error=error[:500])
    )
