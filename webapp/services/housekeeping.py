"""Deletes what is older than its retention. Positions, events and what users own are never deleted here."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.db import db
from webapp.models import AttemptBucket, HeldSnapshot, ScrapeRun, TaskSlot, UserSession
from webapp.models.board import HeldState
from webapp.models.scrape_run import RunOutcome

# A clock that jumps a year ahead must not empty a table: one call deletes at most this share of it.
LARGEST_SHARE = 0.1
LEAST = 500


def prune(now: datetime, keep: timedelta) -> dict[str, int]:
    """Delete old scrape runs, finished task turns, settled held snapshots, ended sessions and attempt counters.

    Returns rows deleted by table name.
    """
    before = now - keep
    old_runs = sa.and_(ScrapeRun.started_at < before, ScrapeRun.outcome != RunOutcome.RUNNING)
    old_holds = sa.and_(HeldSnapshot.state != HeldState.PENDING, HeldSnapshot.last_seen_at < before)
    return {
        "scrape_runs": _delete(ScrapeRun, old_runs, ScrapeRun.id),
        "task_slots": _delete(TaskSlot, TaskSlot.started_at < before, TaskSlot.id),
        "held_snapshots": _delete(HeldSnapshot, old_holds, HeldSnapshot.id),
        "user_sessions": _delete(UserSession, UserSession.expires_at < now, UserSession.id),
        "attempt_buckets": _delete(
            AttemptBucket, AttemptBucket.window_started_at < now - timedelta(days=2), AttemptBucket.key
        ),
    }


def _delete(table: type, condition: sa.ColumnElement[bool], key: sa.orm.InstrumentedAttribute) -> int:  # type: ignore[type-arg]
    whole = db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
    limit = max(LEAST, int(whole * LARGEST_SHARE))
    chosen = sa.select(key).where(condition).order_by(key).limit(limit)
    deleted = db.session.execute(
        sa.delete(table).where(key.in_(chosen)).returning(key), execution_options={"synchronize_session": False}
    )
    return len(deleted.all())
