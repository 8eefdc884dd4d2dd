"""What happened between two moments: the questions behind the daily report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from webapp.db import db
from webapp.models import AlertNotification, Board, Company, JobPosition, Message, PositionEvent, ScrapeRun
from webapp.models.alert_notification import NotificationState
from webapp.models.board import BoardHealth
from webapp.models.job_position import PositionStatus
from webapp.models.message import MessageState
from webapp.models.scrape_run import RunOutcome


def runs_by_outcome(start: datetime, end: datetime) -> dict[str, int]:
    """How many reads that began in the span ended in each way."""
    question = (
        sa.select(ScrapeRun.outcome, sa.func.count())
        .where(ScrapeRun.started_at >= start, ScrapeRun.started_at < end)
        .group_by(ScrapeRun.outcome)
    )
    return {row[0]: row[1] for row in db.session.execute(question)}


def boards_with(start: datetime, end: datetime, outcomes: Sequence[str] = ()) -> int:
    """How many different boards had a read that began in the span (and ended in one of `outcomes`, where given)."""
    question = sa.select(sa.func.count(sa.distinct(ScrapeRun.board_id))).where(
        ScrapeRun.started_at >= start, ScrapeRun.started_at < end
    )
    if outcomes:
        question = question.where(ScrapeRun.outcome.in_(outcomes))
    return db.session.scalar(question) or 0


def events_by_kind(start: datetime, end: datetime) -> dict[str, int]:
    """How many changes of each kind happened in the span. Positions of a board's first read are no change."""
    question = (
        sa.select(PositionEvent.kind, sa.func.count())
        .join(JobPosition, JobPosition.id == PositionEvent.job_position_id)
        .where(
            PositionEvent.at >= start,
            PositionEvent.at < end,
            sa.not_(sa.and_(PositionEvent.kind == "opened", JobPosition.is_baseline)),
        )
        .group_by(PositionEvent.kind)
    )
    return {row[0]: row[1] for row in db.session.execute(question)}


def notifications_told(start: datetime, end: datetime) -> int:
    """How many notifications were handed over in the span."""
    question = sa.select(sa.func.count()).where(
        AlertNotification.state == NotificationState.TOLD.value,
        AlertNotification.told_at >= start,
        AlertNotification.told_at < end,
    )
    return db.session.scalar(question) or 0


def notifications_failed(start: datetime, end: datetime) -> int:
    """How many notifications that were matched in the span failed for good."""
    question = sa.select(sa.func.count()).where(
        AlertNotification.state == NotificationState.FAILED.value,
        AlertNotification.matched_at >= start,
        AlertNotification.matched_at < end,
    )
    return db.session.scalar(question) or 0


def messages_sent(start: datetime, end: datetime) -> int:
    """How many messages were handed over in the span."""
    question = sa.select(sa.func.count()).where(Message.sent_at >= start, Message.sent_at < end)
    return db.session.scalar(question) or 0


def messages_failed(start: datetime, end: datetime) -> int:
    """How many messages that were written in the span failed for good."""
    question = sa.select(sa.func.count()).where(
        Message.state == MessageState.FAILED.value, Message.created_at >= start, Message.created_at < end
    )
    return db.session.scalar(question) or 0


def positions_open() -> int:
    """How many positions are open now."""
    question = sa.select(sa.func.count()).where(JobPosition.status == PositionStatus.ACTIVE.value)
    return db.session.scalar(question) or 0


def first_run_at() -> datetime | None:
    """When the oldest run that is kept began, or None."""
    return db.session.scalar(sa.select(sa.func.min(ScrapeRun.started_at)))


@dataclass(frozen=True, slots=True)
class SlowBoard:
    """The longest read of a board in a span."""

    board_id: int
    company_name: str
    duration_ms: int
    requests: int


def slowest(start: datetime, end: datetime, limit: int = 5) -> list[SlowBoard]:
    """The boards whose longest read in the span took longest."""
    duration = sa.func.max(ScrapeRun.duration_ms)
    question = (
        sa.select(Board.id, Company.name, duration, sa.func.max(ScrapeRun.requests))
        .join(Board, Board.id == ScrapeRun.board_id)
        .join(Company, Company.id == Board.company_id)
        .where(
            ScrapeRun.started_at >= start,
            ScrapeRun.started_at < end,
            ScrapeRun.outcome != RunOutcome.RUNNING.value,
            ScrapeRun.duration_ms > 0,
        )
        .group_by(Board.id, Company.name)
        .order_by(duration.desc(), Board.id)
        .limit(limit)
    )
    return [SlowBoard(*row) for row in db.session.execute(question)]


@dataclass(frozen=True, slots=True)
class NoisyBoard:
    """What changed on a board in a span, baselines left out."""

    board_id: int
    company_name: str
    changes: int
    new: int
    expired: int


def noisiest(start: datetime, end: datetime, limit: int = 5) -> list[NoisyBoard]:
    """The boards on which most changed in the span."""

    def number(kind: str) -> sa.ColumnElement[int]:
        return sa.func.sum(sa.case((PositionEvent.kind == kind, 1), else_=0))

    changes = sa.func.count()
    question = (
        sa.select(Board.id, Company.name, changes, number("opened"), number("expired"))
        .select_from(PositionEvent)
        .join(JobPosition, JobPosition.id == PositionEvent.job_position_id)
        .join(Board, Board.id == JobPosition.board_id)
        .join(Company, Company.id == Board.company_id)
        .where(
            PositionEvent.at >= start,
            PositionEvent.at < end,
            sa.not_(sa.and_(PositionEvent.kind == "opened", JobPosition.is_baseline)),
        )
        .group_by(Board.id, Company.name)
        .order_by(changes.desc(), Board.id)
        .limit(limit)
    )
    return [
        NoisyBoard(board_id, name, total, int(new), int(expired))
        for board_id, name, total, new, expired in db.session.execute(question)
    ]


@dataclass(frozen=True, slots=True)
class TroubledBoard:
    """A board that is switched on and not well."""

    board_id: int
    company_name: str
    health: str
    reason: str
    failing_since: datetime | None


def troubled(limit: int = 20) -> list[TroubledBoard]:
    """Boards that are switched on and held, failing or partial now, the longest suffering first."""
    question = (
        sa.select(Board.id, Company.name, Board.health, Board.health_reason, Board.failing_since)
        .join(Company, Company.id == Board.company_id)
        .where(
            Board.is_enabled,
            Board.health.in_((BoardHealth.HELD.value, BoardHealth.FAILING.value, BoardHealth.PARTIAL.value)),
        )
        .order_by(Board.failing_since.is_(None), Board.failing_since, Board.id)
        .limit(limit)
    )
    return [TroubledBoard(*row) for row in db.session.execute(question)]
