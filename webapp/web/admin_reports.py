"""Daily reports for admins."""

from __future__ import annotations

from datetime import date, timedelta

from flask import request
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.errors import NotFound
from webapp.repositories import operations
from webapp.services import reports
from webapp.web import htmx
from webapp.web.admin_frame import admin_blueprint, window

blueprint = admin_blueprint("admin_reports", __name__)

PAGE = 31


@blueprint.get("/reports")
def index() -> ResponseReturnValue:
    """Today so far, and the report of every day."""
    now = clock.utcnow()
    page = window(operations.count_reports(), PAGE)
    return htmx.page(
        "admin/reports.html",
        today=reports.figures(now.date(), now) if "page" not in request.args else None,
        reports=operations.reports(page.size, page.offset),
        window=page,
    )


@blueprint.get("/reports/<day_text>")
def show(day_text: str) -> ResponseReturnValue:
    """The report of one UTC day; today's is made on the spot and not kept."""
    now = clock.utcnow()
    try:
        day = date.fromisoformat(day_text)
    except ValueError as error:
        raise NotFound("A report's address ends in a day, such as 2026-05-12.") from error
    report = None if day == now.date() else operations.get_report(day)
    return htmx.page(
        "admin/report.html",
        day=day,
        figures=report.figures if report else reports.figures(day, now),
        written_at=report.created_at if report else None,
        compared=reports.COMPARED,
        earlier=operations.find_report(day - timedelta(days=1)),
        later=operations.find_report(day + timedelta(days=1)),
    )
