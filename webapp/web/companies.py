"""Companies: who is watched, how their boards are doing, and what each of them looks for."""

from __future__ import annotations

from flask import Blueprint, current_app, request
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.repositories import applications, company_overview
from webapp.repositories.company_overview import Wanted
from webapp.web import access, health_words, htmx
from webapp.web.positions import new_since

PAGE_SIZE = 50
SHOWS = (("on", "Watched"), ("off", "Switched off"), ("all", "All"))
_WATCHED = {"on": True, "off": False, "all": None}

blueprint = Blueprint("companies", __name__)


@blueprint.get("/companies")
def index() -> ResponseReturnValue:
    """The list: watched companies, unless asked for others."""
    name = " ".join(request.args.get("q", "").replace("\0", "").split())[:100]
    show = request.args.get("show", "on")
    show = show if show in _WATCHED else "on"
    wanted = Wanted(name, _WATCHED[show])
    total = company_overview.count(wanted)
    asked = request.args.get("page", "1")
    last = max(1, -(-total // PAGE_SIZE))
    number = min(max(int(asked), 1), last) if asked.isdecimal() and len(asked) < 9 else 1
    return htmx.page_or_fragment(
        "companies/index.html",
        "companies/_results.html",
        companies=company_overview.page(wanted, number=number, size=PAGE_SIZE),
        total=total,
        counts={key: company_overview.count(Wanted(name, watched)) for key, watched in _WATCHED.items()},
        name=name,
        show=show,
        shows=SHOWS,
        number=number,
        last=last,
        size=PAGE_SIZE,
        words=health_words,
        moment=clock.utcnow(),
    )


@blueprint.get("/companies/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """One company: its boards with their health, its open positions, its recent reads."""
    now = clock.utcnow()
    company = company_overview.get_by_slug(slug)
    positions = company_overview.open_positions(company)
    return htmx.page(
        "companies/show.html",
        company=company,
        counts=company_overview.position_counts(company),
        positions=positions,
        tracked=applications.statuses_of([position.id for position in positions], access.me().id),
        since=new_since(now),
        runs=company_overview.recent_runs(company),
        words=health_words,
        moment=now,
        intervals={
            "API": current_app.config["SCRAPE_API_INTERVAL"],
            "page": current_app.config["SCRAPE_PAGE_INTERVAL"],
        },
    )
