"""`flask report`: the daily report, written and printed."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import click

from webapp import clock
from webapp.cli._output import Commands
from webapp.db import transaction
from webapp.services import reports

group = Commands("report", help="Reports for admins.")

_LINES = (
    ("boards_checked", "boards checked"),
    ("boards_failed", "boards that failed"),
    ("runs_held", "snapshots held"),
    ("new", "positions new"),
    ("expired", "positions expired"),
    ("notifications_told", "notifications told"),
    ("notifications_failed", "notifications failed"),
    ("messages_sent", "messages sent"),
    ("messages_failed", "messages failed"),
)


@group.command("daily")
@click.option("--date", "day_text", default="yesterday", help="YYYY-MM-DD (UTC), today or yesterday (default).")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
def daily(day_text: str, as_json: bool) -> None:
    """Write the report of one UTC day, unless it is there already, and print it."""
    now = clock.utcnow()
    day = _day(day_text, now.date())
    with transaction():
        report = reports.write_daily(day, now)
        figures = dict(report.figures)
    if as_json:
        click.echo(json.dumps(figures, ensure_ascii=False, indent=2))
    else:
        click.echo(in_words(figures))


def _day(text: str, today: date) -> date:
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    try:
        day = named.get(text) or date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(
            f"{text!r} is no day. Write it as {today.isoformat()}, or today, or yesterday."
        ) from error
    if day > today:
        raise click.BadParameter(f"{day.isoformat()} has not begun yet (days are in UTC).")
    return day


def in_words(figures: dict[str, Any]) -> str:
    """The report as lines of text."""
    before = figures["previous"]
    days = before["days"]
    note = "" if figures["is_whole"] else " (so far)"
    lines = [f"Report for {figures['day']}{note}"]
    for name, label in _LINES:
        mean = f"   mean of {days} day{'s' if days > 1 else ''} before: {before[name]:g}" if days else ""
        lines.append(f"  {figures[name]:>7,}  {label:<22}{mean}".rstrip())
    if figures["success"] is not None:
        lines.append(f"  {figures['success']:>7.1%}  of reads were complete")
    lines.append(f"  {figures['positions_open']:>7,}  positions open now")
    freshness = figures["freshness"]
    if freshness:
        hours = freshness["age_seconds"] / 3600
        said = "confirmed" if freshness["confirmed_at"] else "added, and never confirmed since,"
        lines.append(f"Oldest confirmation: {freshness['company_name']}, {said} {hours:,.1f} h ago")
    for title, key, form in (
        ("Slowest", "slowest", "{duration_ms:,} ms, {requests} requests"),
        ("Most changes", "noisiest", "{changes} changes, {new} new, {expired} expired"),
        ("Need attention", "attention", "{health}: {reason}"),
    ):
        if figures[key]:
            lines.append(f"{title}:")
            lines += [f"  {board['company_name']}: {form.format(**board)}" for board in figures[key]]
    return "\n".join(lines)
