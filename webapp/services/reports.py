"""The daily report: what one UTC day came to, beside the mean of the week before."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from webapp.db import db
from webapp.models import DailyReport
from webapp.models.scrape_run import RunOutcome
from webapp.repositories import admin_reports, operations

WEEK = 7

# The figures that are compared with the week before, in the order in which a report tells them.
COMPARED = (
    "boards_checked", "boards_failed", "runs", "runs_failed", "runs_held", "runs_partial",
    "new", "changed", "expired", "reopened", "reposted",
    "notifications_told", "notifications_failed", "messages_sent", "messages_failed",
)  # fmt: skip


def bounds(day: date) -> tuple[datetime, datetime]:
    """The first moment of the UTC day, and the first moment after it."""
    start = datetime.combine(day, time(), UTC)
    return start, start + timedelta(days=1)


def figures(day: date, now: datetime) -> dict[str, Any]:
    """What happened on the UTC day `day`, as plain JSON values.

    Counts under the names of `COMPARED`; `success` is the share (0 to 1) of complete reads, or None. `previous` holds
    the means of the same counts over the up to seven days before on which Rolewatch already ran, and how many `days`
    those are. `is_whole` is False where the day was not over at `now`. `freshness`, `positions_open` and `attention`
    describe the moment `now`, since nobody kept what they were. Lists are worst first.
    """
    start, end = bounds(day)
    confirmation = operations.oldest_confirmation()
    return {
        "day": day.isoformat(),
        "is_whole": now >= end,
        **_counts(day),
        "success": operations.scrape_success(start, end),
        "handover_p95_seconds": operations.handover_p95(start, end),
        "positions_open": admin_reports.positions_open(),
        "freshness": confirmation
        and {
            "board_id": confirmation.board_id,
            "company_name": confirmation.company_name,
            "confirmed_at": confirmation.at.isoformat() if confirmation.at else None,
            "age_seconds": round(confirmation.age(now).total_seconds()),
        },
        "slowest": [asdict(board) for board in admin_reports.slowest(start, end)],
        "noisiest": [asdict(board) for board in admin_reports.noisiest(start, end)],
        "attention": [
            {**asdict(board), "failing_since": board.failing_since.isoformat() if board.failing_since else None}
            for board in admin_reports.troubled()
        ],
        "previous": _week_before(day),
    }


def _counts(day: date) -> dict[str, int]:
    start, end = bounds(day)
    runs = admin_reports.runs_by_outcome(start, end)
    events = admin_reports.events_by_kind(start, end)
    failed = (RunOutcome.FAILED.value, RunOutcome.INTERRUPTED.value)
    return {
        "boards_checked": admin_reports.boards_with(start, end),
        "boards_failed": admin_reports.boards_with(start, end, failed),
        "runs": sum(runs.values()) - runs.get(RunOutcome.RUNNING.value, 0),
        "runs_failed": sum(runs.get(outcome, 0) for outcome in failed),
        "runs_held": runs.get(RunOutcome.HELD.value, 0),
        "runs_partial": runs.get(RunOutcome.PARTIAL.value, 0),
        "new": events.get("opened", 0),
        "changed": events.get("changed", 0),
        "expired": events.get("expired", 0),
        "reopened": events.get("reopened", 0),
        "reposted": events.get("reposted", 0),
        "notifications_told": admin_reports.notifications_told(start, end),
        "notifications_failed": admin_reports.notifications_failed(start, end),
        "messages_sent": admin_reports.messages_sent(start, end),
        "messages_failed": admin_reports.messages_failed(start, end),
    }


def _week_before(day: date) -> dict[str, Any]:
    """Means of the counts over the days before `day`, those before the very first read left out."""
    first = admin_reports.first_run_at()
    days = [day - timedelta(days=back) for back in range(1, WEEK + 1)]
    days = [earlier for earlier in days if first is not None and earlier >= first.date()]
    counts = [_counts(earlier) for earlier in days]
    means = {name: round(sum(count[name] for count in counts) / len(counts), 1) for name in COMPARED} if counts else {}
    return {"days": len(days), **means}


def write_daily(day: date, now: datetime) -> DailyReport:
    """The report of `day`, written unless it is there already. One that was written before the day was over is renewed.

    In the caller's transaction; called twice it writes once.
    """
    report = operations.find_report(day)
    if report is not None and report.created_at >= bounds(day)[1]:
        return report
    if report is None:
        report = DailyReport(day=day, created_at=now, figures=figures(day, now))
        db.session.add(report)
    else:
        report.created_at, report.figures = now, figures(day, now)
    db.session.flush()
    return report
