"""Boards for admins: health, reading one or all now with live progress, switching on and off, how often."""

from __future__ import annotations

from flask import abort, current_app, flash, request, url_for
from flask.typing import ResponseReturnValue

from webapp import clock, tasks
from webapp.db import transaction
from webapp.repositories import admin_boards, admin_runs, boards
from webapp.repositories.admin_boards import BoardState
from webapp.scrapers import SCRAPERS
from webapp.services import board_settings, company_catalogue, scraping
from webapp.web import htmx
from webapp.web.admin_board_list import board_list, scheduler_is_silent
from webapp.web.admin_frame import ID, admin_blueprint, window
from webapp.web.admin_holds import cards
from webapp.web.filters import plural, span

blueprint = admin_blueprint("admin_boards", __name__)

RUNS_SHOWN = 20
INTERVALS = (900, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 7 * 24 * 3600)


@blueprint.get("/boards")
def index() -> ResponseReturnValue:
    """All boards, worst first. The fragment is the list with its progress."""
    listed = board_list(request.args, clock.utcnow(), compact=False)
    return htmx.page_or_fragment("admin/boards.html", "admin/_boards_answer.html", list=listed)


@blueprint.post("/boards/rescrape")
def rescrape_all() -> ResponseReturnValue:
    """Read every board that is switched on now."""
    with transaction():
        number = scraping.request_rescrape(None, clock.utcnow())
    tasks.wake()
    flash(f"{plural(number, 'board')} will be read now." if number else "No board is switched on, so none is read.")
    return _changed()


@blueprint.post(f"/boards/<{ID}:board_id>/rescrape")
def rescrape(board_id: int) -> ResponseReturnValue:
    """Read one board now."""
    with transaction():
        board = boards.get(board_id)
        number = scraping.request_rescrape([board_id], clock.utcnow())
        name = board.company.name
    tasks.wake()
    flash(f"{name} will be read now." if number else f"{name} is switched off. Switch it on to read it.")
    return _changed()


@blueprint.post(f"/boards/<{ID}:board_id>/enabled")
def enable(board_id: int) -> ResponseReturnValue:
    """Switch a board on or off. Its positions and their history stay."""
    on = request.form.get("on") == "1"
    with transaction():
        board = boards.get(board_id)
        company_catalogue.set_enabled(board, on, clock.utcnow())
        name = board.company.name
    tasks.wake()
    flash(f"{name} is switched on and will be read now." if on else f"{name} is switched off. Its positions stay.")
    return _changed()


@blueprint.post(f"/boards/<{ID}:board_id>/interval")
def interval(board_id: int) -> ResponseReturnValue:
    """How often a board is read; an empty choice is the default of its kind."""
    text = request.form.get("interval", "").strip()
    if text and not (text.isascii() and text.isdigit() and len(text) < 9):
        abort(400)
    with transaction():
        board = boards.get(board_id)
        board_settings.set_interval(board, int(text) if text else None, clock.utcnow())
        name = board.company.name
    flash(f"{name} is read every {span(int(text))}." if text else f"{name} is read as often as others of its kind.")
    return htmx.redirect_to(url_for("admin_boards.show", board_id=board_id))


def _changed() -> ResponseReturnValue:
    """What a change of boards answers: the list it was made from, as region or as page, or the board's own page."""
    come_from = request.form.get("from", "")
    if come_from == "held":
        return htmx.redirect_to(url_for("admin_held.index"))
    if come_from == "board" and request.view_args and "board_id" in request.view_args:
        return htmx.redirect_to(url_for("admin_boards.show", **request.view_args))
    listed = board_list(request.form, clock.utcnow(), compact=come_from == "overview")
    if htmx.wants_fragment():
        return htmx.fragment("admin/_boards_answer.html", list=listed)
    return htmx.redirect_to(listed.url)


@blueprint.get(f"/boards/<{ID}:board_id>")
def show(board_id: int) -> ResponseReturnValue:
    """One board: state, schedule, what is read, its runs and holds. The fragment is all below the head."""
    now = clock.utcnow()
    board = boards.get(board_id)
    state = admin_boards.state_of(board, now)
    is_live = state is BoardState.BEING_READ or (state is BoardState.QUEUED and not scheduler_is_silent(now))
    page = window(admin_runs.count(board_id), RUNS_SHOWN)
    settings = scraping.ScrapeSettings.from_config(current_app.config)
    scraper = SCRAPERS.get(board.ats)
    return htmx.page_or_fragment(
        "admin/board.html",
        "admin/_board.html",
        board=board,
        state=state,
        runs=admin_runs.page(board_id, limit=page.size, offset=page.offset),
        window=page,
        cards=cards(admin_runs.holds(board_id=board_id, limit=5), now),
        interval=settings.interval(board),
        default=settings.api_interval if scraper and scraper.kind == "api" else settings.page_interval,
        is_live=is_live,
        now=now,
        intervals=sorted({*INTERVALS, *([board.scrape_interval_seconds] if board.scrape_interval_seconds else [])}),
    )
