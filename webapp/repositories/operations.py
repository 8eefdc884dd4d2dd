"""What the machinery knows of itself: figures with a target, the scheduler's pulse, daily reports."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from webapp.db import db
from webapp.errors import NotFound
from webapp.models import (
    AlertNotification,
    Board,
    Company,
    DailyReport,
    JobPosition,
    Lease,
    Message,
    ScrapeRun,
    User,
)
from webapp.models.scrape_run import RunOutcome

# A read that was complete counts as a success, believed or held; `superseded` and `running` count as nothing.
SUCCEEDED = (RunOutcome.OK.value, RunOutcome.UNCHANGED.value, RunOutcome.HELD.value)
FAILED = (RunOutcome.FAILED.value, RunOutcome.INTERRUPTED.value, RunOutcome.PARTIAL.value)
# Enough to make a 95th percentile steady, and few enough to sort in a moment.
HANDOVER_SAMPLE = 20_000


def scrape_success(start: datetime, end: datetime) -> float | None:
    """The share (0 to 1) of reads begun from `start` until before `end` that were complete; None without any."""
    question = (
        sa.select(ScrapeRun.outcome, sa.func.count())
        .where(ScrapeRun.started_at >= start, ScrapeRun.started_at < end)
        .group_by(ScrapeRun.outcome)
    )
    numbers: dict[str, int] = {row[0]: row[1] for row in db.session.execute(question)}
    good = sum(numbers.get(outcome, 0) for outcome in SUCCEEDED)
    bad = sum(numbers.get(outcome, 0) for outcome in FAILED)
    return good / (good + bad) if good + bad else None


@dataclass(frozen=True, slots=True)
class Confirmation:
    """When a board was last confirmed by a complete read; `at` is None if it never was since `since`, its first day."""

    board_id: int
    company_name: str
    at: datetime | None
    since: datetime

    def age(self, now: datetime) -> timedelta:
        """How long ago that was at `now`; never negative."""
        return max(now - (self.at or self.since), timedelta(0))


def oldest_confirmation() -> Confirmation | None:
    """The board that is switched on and was confirmed longest ago, or None where none is switched on."""
    confirmed = sa.func.coalesce(Board.last_complete_at, Board.created_at)
    question = (
        sa.select(Board.id, Company.name, Board.last_complete_at, Board.created_at)
        .join(Company, Company.id == Board.company_id)
        .where(Board.is_enabled)
        .order_by(confirmed, Board.id)
        .limit(1)
    )
    row = db.session.execute(question).one_or_none()
    return Confirmation(*row) if row else None


def handover_p95(start: datetime, end: datetime) -> float | None:
    """Seconds from match to handover that 95 % of what was sent in the span stayed under; None where nothing was.

    Of very many, the newest `HANDOVER_SAMPLE` are looked at.
    """
    question = (
        sa.select(AlertNotification.matched_at, Message.sent_at)
        .join(Message, Message.id == AlertNotification.message_id)
        .where(Message.sent_at >= start, Message.sent_at < end)
        .order_by(AlertNotification.id.desc())
        .limit(HANDOVER_SAMPLE)
    )
    rows = db.session.execute(question)
    waits = sorted((row.sent_at - row.matched_at).total_seconds() for row in rows if row.sent_at is not None)
    return max(waits[math.ceil(0.95 * len(waits)) - 1], 0.0) if waits else None


def scheduler_lease() -> Lease | None:
    """The right to tick, with the process that holds it and when it last renewed it; None before the first tick."""
    return db.session.get(Lease, "scheduler")


def reports(limit: int = 60, offset: int = 0) -> list[DailyReport]:
    """Daily reports, newest day first."""
    return list(db.session.scalars(sa.select(DailyReport).order_by(DailyReport.day.desc()).limit(limit).offset(offset)))


def count_reports() -> int:
    """How many daily reports there are."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(DailyReport)) or 0


def find_report(day: date) -> DailyReport | None:
    """The report of this UTC day, or None."""
    return db.session.get(DailyReport, day)


def get_report(day: date) -> DailyReport:
    """The report of this UTC day.

    Raises:
        NotFound: none was written.
    """
    report = find_report(day)
    if report is None:
        raise NotFound(f"There is no report for {day.isoformat()}. `flask report daily --date {day}` writes it.")
    return report


@dataclass(frozen=True, slots=True)
class SampleCounts:
    """How much of the database is sample data."""

    companies: int
    positions: int
    users: int


def sample_counts() -> SampleCounts:
    """How much of the database is sample data."""
    positions = (
        sa.select(sa.func.count())
        .select_from(JobPosition)
        .join(Company, Company.id == JobPosition.company_id)
        .where(Company.is_sample)
    )
    return SampleCounts(
        companies=db.session.scalar(sa.select(sa.func.count()).where(Company.is_sample)) or 0,
        positions=db.session.scalar(positions) or 0,
        users=db.session.scalar(sa.select(sa.func.count()).where(User.is_sample)) or 0,
    )
