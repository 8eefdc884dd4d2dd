"""The admin's first page: how Rolewatch is doing, what waits for a decision, which boards are worst."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from flask import current_app, flash, request
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.db import transaction
from webapp.repositories import admin_outbox, admin_runs, operations
from webapp.sample import seed
from webapp.web import filters, htmx
from webapp.web.admin_board_list import board_list, scheduler_is_silent
from webapp.web.admin_frame import admin_blueprint
from webapp.web.admin_holds import HeldCard, cards

blueprint = admin_blueprint("admin", __name__)

SHOWN_HOLDS = 3


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its target. `trend`: the same number of each of the last days, oldest first; may be empty."""

    label: str
    value: str
    target: str
    is_missed: bool
    trend: list[float]


@blueprint.get("")
def overview() -> ResponseReturnValue:
    """Figures, holds that wait, and the worst boards. The fragment is the region of the boards alone."""
    now = clock.utcnow()
    boards = board_list(request.args, now, compact=True)
    if htmx.wants_fragment():
        return htmx.fragment("admin/_boards_answer.html", list=boards)
    lease = operations.scheduler_lease()
    return htmx.page(
        "admin/overview.html",
        list=boards,
        figures=_figures(now),
        cards=_holds(now),
        lease=lease,
        scheduler_is_silent=scheduler_is_silent(now),
        pauses=admin_outbox.pauses(now),
        mail_is_on=bool(current_app.config["MAIL_SERVER"]),
    )


def _holds(now: datetime) -> list[HeldCard]:
    return [card for card in cards(admin_runs.holds(limit=SHOWN_HOLDS), now) if card.is_pending]


def _figures(now: datetime) -> list[Figure]:
    week = now - timedelta(days=7)
    days = [(now - timedelta(days=back + 1), now - timedelta(days=back)) for back in range(6, -1, -1)]
    success = operations.scrape_success(week, now)
    confirmation = operations.oldest_confirmation()
    age = confirmation.age(now).total_seconds() if confirmation else None
    handover = operations.handover_p95(week, now)
    waiting = admin_outbox.oldest_waiting(now)
    unsent = (now - waiting).total_seconds() if waiting else 0
    today = datetime.combine(now.date(), time(), UTC)
    ages = [report.figures.get("freshness") for report in reversed(operations.reports(6))]
    return [
        Figure(
            "Complete reads, 7 days",
            "–" if success is None else f"{success:.1%}".replace("%", " %"),
            "target 95 %",
            success is not None and success < 0.95,
            _trend([operations.scrape_success(*span) for span in days]),
        ),
        Figure(
            "Oldest confirmation",
            filters.span(age),
            f"target 24 h · {confirmation.company_name}" if confirmation else "target 24 h",
            age is not None and age > 24 * 3600,
            _trend([*(float(kept["age_seconds"]) if kept else None for kept in ages), age]),
        ),
        Figure(
            "From seen to sent, 95 % within",
            filters.span(handover),
            "target 5 min",
            handover is not None and handover > 300,
            _trend([operations.handover_p95(*span) for span in days]),
        ),
        Figure(
            "Outbox, oldest unsent",
            filters.span(unsent) if waiting else "none",
            f"target 15 min · {admin_outbox.sent_between(today, now):,} sent today",
            unsent > 900,
            _trend([float(admin_outbox.sent_between(*span)) for span in days]),
        ),
    ]


def _trend(values: list[float | None]) -> list[float]:
    known = [value for value in values if value is not None]
    return known if len(known) > 1 and any(known) else []


@blueprint.route("/sample-data", methods=["GET", "POST"])
def sample_data() -> ResponseReturnValue:
    """Asks, then removes the sample companies and people with all they have."""
    if request.method == "POST":
        with transaction():
            seed.remove_sample()
        flash("The sample data is gone. Companies you added yourself are still here.")
        return htmx.redirect_to("/companies")
    return htmx.page("admin/confirm_sample.html", counts=operations.sample_counts())
