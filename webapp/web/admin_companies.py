"""Adding a company: paste the address of its career page, see what would be read, save. Or take the starter list."""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue

from webapp import clock, tasks
from webapp.db import db, transaction
from webapp.errors import Conflict, DomainError, Invalid, OutboundError
from webapp.repositories import companies
from webapp.scrapers import SCRAPERS
from webapp.services import company_catalogue, scraping
from webapp.values import Listing
from webapp.web import htmx
from webapp.web.admin_frame import admin_blueprint

blueprint = admin_blueprint("admin_companies", __name__)

SAMPLES = 6


@dataclass
class AddForm:
    """What was typed. `errors` maps fields to sentences."""

    careers_url: str = ""
    name: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def posted(cls) -> AddForm:
        return cls(request.form.get("careers_url", "").strip(), " ".join(request.form.get("name", "").split()))


@blueprint.get("/companies/add")
def add() -> ResponseReturnValue:
    """The empty form; `?url=` fills it."""
    form = AddForm(careers_url=request.args.get("url", "")[:2000])
    return htmx.page("admin/company_add.html", form=form, labels=_labels())


@blueprint.post("/companies/add")
def look() -> ResponseReturnValue:
    """Reads the board once and shows what it lists. Nothing is saved."""
    form = AddForm.posted()
    try:
        ats, listing = _preview(form.careers_url)
    except (DomainError, OutboundError) as error:
        form.errors["careers_url"] = error.sentence
        return _again(form)
    return htmx.page_or_fragment(
        "admin/company_add.html",
        "admin/_company_add.html",
        form=form,
        labels=_labels(),
        label=SCRAPERS[ats].label,
        listing=listing,
        samples=listing.postings[:SAMPLES],
    )


@blueprint.post("/companies")
def save() -> ResponseReturnValue:
    """Adds the company with its board, which is read at once."""
    form = AddForm.posted()
    try:
        with transaction():
            board = company_catalogue.add(form.careers_url, form.name or None, clock.utcnow())
            board_id, name = board.id, board.company.name
    except DomainError as error:
        form.errors[(error.field if isinstance(error, Invalid) else "") or "careers_url"] = error.sentence
        return _again(form)
    tasks.wake()
    flash(f"{name} was added and will be read now.")
    return htmx.redirect_to(url_for("admin_boards.show", board_id=board_id))


@blueprint.post("/companies/starter")
def starter() -> ResponseReturnValue:
    """Adds what is missing of the list of real companies, switched off."""
    with transaction():
        added = company_catalogue.load_starter(clock.utcnow())
    flash(f"{added} companies were added, switched off. Switch on those you want to watch.", "good")
    return htmx.redirect_to("/admin/boards?show=off")


def _preview(careers_url: str) -> tuple[str, Listing]:
    """The ATS, and what its board lists now.

    Raises:
        Invalid: the address names no board that we know how to read.
        Conflict: the board is watched already.
        OutboundError: the board could not be read.
    """
    ats, reference = company_catalogue.recognised(careers_url)
    board = companies.find_board(ats, reference.key)
    if board is not None and board.is_enabled:
        raise Conflict(f"This board is here already: it belongs to {board.company.name}.")
    # The connection goes back to the pool: nothing of the database is held while the network is used.
    db.session.rollback()
    return ats, scraping.preview(ats, reference.config, tasks.door())


def _labels() -> list[str]:
    return [scraper.label for scraper in SCRAPERS.values()]


def _again(form: AddForm) -> ResponseReturnValue:
    return htmx.page_or_fragment("admin/company_add.html", "admin/_company_add.html", 422, form=form, labels=_labels())
