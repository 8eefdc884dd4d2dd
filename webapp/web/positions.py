"""Positions: the searchable list, and one position with its history."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.repositories import applications, open_positions, positions
from webapp.web import access, htmx
from webapp.web.position_history import lines
from webapp.web.position_search import LAST_PAGE, PAGE_SIZE, SINCES, STATUSES, WORKPLACES, Search

COUNT_CAP = 1000

blueprint = Blueprint("positions", __name__)


def new_since(now: datetime) -> datetime:
    """The moment after which a position is new to whoever is looking: their last visit, or yesterday."""
    return access.me().previous_visit_at or now - timedelta(days=1)


@blueprint.get("/positions")
def index() -> ResponseReturnValue:
    """The list. Everything that shapes it is in the address."""
    me, now = access.me(), clock.utcnow()
    search = Search.read(request.args)
    criteria, notes = search.criteria(now, me.previous_visit_at)
    total = positions.count_up_to(criteria, COUNT_CAP)
    last_page = LAST_PAGE if total > COUNT_CAP else max(1, -(-total // PAGE_SIZE))
    if search.page > last_page:
        return htmx.redirect_to(search.url(page=last_page))
    # One more than is shown tells whether there is another page.
    found = positions.search(criteria, offset=(search.page - 1) * PAGE_SIZE, limit=PAGE_SIZE + 1)
    has_more, found = len(found) > PAGE_SIZE, found[:PAGE_SIZE]
    boards, checked_at = positions.latest_check()
    response = htmx.page_or_fragment(
        "positions/index.html",
        "positions/_results.html",
        search=search,
        notes=notes,
        positions=found,
        has_more=has_more and search.page < LAST_PAGE,
        first=(search.page - 1) * PAGE_SIZE + 1,
        total=total,
        cap=COUNT_CAP,
        open_total=open_positions.count(),
        tracked=applications.statuses_of([position.id for position in found], me.id),
        since=new_since(now),
        companies=positions.companies_with_positions(),
        department_options=_department_options(search.department),
        boards=boards,
        checked_at=checked_at,
        statuses=STATUSES,
        workplaces=WORKPLACES,
        sinces=SINCES,
        is_fragment=htmx.wants_fragment(),
    )
    if htmx.wants_fragment():
        # A form sends its empty fields too; the address that is shared need not carry them.
        htmx.push_url(response, search.url(page=search.page))
    return response


def _department_options(chosen: str) -> list[tuple[str, str]]:
    names = positions.departments()
    if chosen and chosen not in names:
        names.append(chosen)
    return [("", "Any"), *((name, name) for name in names)]


@blueprint.get("/positions/<int:position_id>")
def show(position_id: int) -> ResponseReturnValue:
    """One position: facts, description, history, and what else its company looks for."""
    now = clock.utcnow()
    position = positions.get(position_id)
    return htmx.page(
        "positions/show.html",
        position=position,
        history=lines(positions.history(position), position),
        others=positions.others_at(position),
        application=applications.find_for_position(position.id, access.me().id),
        confirmed_at=position.last_seen_at or position.board.last_complete_at,
        since=new_since(now),
    )
