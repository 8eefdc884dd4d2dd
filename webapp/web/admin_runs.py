"""Scrape runs: every attempt to read a board, with its reason in words."""

from __future__ import annotations

from flask import request
from flask.typing import ResponseReturnValue

from webapp.errors import NotFound
from webapp.models.scrape_run import RunOutcome
from webapp.repositories import admin_runs, boards
from webapp.web import htmx
from webapp.web.admin_frame import ID, admin_blueprint, window

blueprint = admin_blueprint("admin_runs", __name__)

PAGE = 50


@blueprint.get("/runs")
def index() -> ResponseReturnValue:
    """Runs, newest first; `?outcome=` and `?board=` narrow them."""
    outcome = request.args.get("outcome", "")
    outcomes = (outcome,) if outcome in set(RunOutcome) else ()
    board_text = request.args.get("board", "")
    is_id = board_text.isascii() and board_text.isdigit() and len(board_text) < 10
    board = boards.get(int(board_text)) if is_id else None
    board_id = board.id if board else None
    page = window(admin_runs.count(board_id, outcomes), PAGE)
    return htmx.page_or_fragment(
        "admin/runs.html",
        "admin/_runs.html",
        runs=admin_runs.page(board_id, outcomes, limit=page.size, offset=page.offset),
        counts=admin_runs.counts_by_outcome(board_id),
        outcomes=list(RunOutcome),
        outcome=outcome if outcomes else "",
        board=board,
        window=page,
    )


@blueprint.get(f"/runs/<{ID}:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    """One run with all its numbers and what the site answered."""
    run = admin_runs.find(run_id)
    if run is None:
        raise NotFound("There is no such run. Runs are deleted after some months.")
    return htmx.page("admin/run.html", run=run)
