"""Adding a company: paste any careers address, choose a board if there are several, see what it lists, save.

Or take the starter list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from flask import current_app, flash, request, url_for
from flask.typing import ResponseReturnValue
from itsdangerous import BadSignature, URLSafeSerializer

from webapp import clock, tasks
from webapp.db import db, transaction
from webapp.errors import Conflict, DomainError, Invalid, OutboundError
from webapp.models import Board
from webapp.repositories import companies
from webapp.scrapers import SCRAPERS
from webapp.services import company_catalogue, detection
from webapp.services.detection import Candidate, Verified
from webapp.values import BoardReference
from webapp.web import htmx
from webapp.web.admin_frame import admin_blueprint

blueprint = admin_blueprint("admin_companies", __name__)


@dataclass
class AddForm:
    """What was typed, and the board that was chosen, sealed. `errors` maps fields to sentences."""

    careers_url: str = ""
    name: str = ""
    board: str = ""
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def posted(cls) -> AddForm:
        return cls(
            request.form.get("careers_url", "").strip(),
            " ".join(request.form.get("name", "").split()),
            request.form.get("board", ""),
        )


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several boards: `sealed` is what the form sends back, `owner` the company that it belongs to already."""

    candidate: Candidate
    sealed: str
    owner: str


@blueprint.get("/companies/add")
def add() -> ResponseReturnValue:
    """The empty form; `?url=` fills it."""
    form = AddForm(careers_url=request.args.get("url", "")[:2000])
    return htmx.page("admin/company_add.html", form=form)


@blueprint.post("/companies/add")
def look() -> ResponseReturnValue:
    """Finds the board behind the address and shows what it lists, or the boards to choose from. Nothing is saved."""
    form = AddForm.posted()
    choices: list[Choice] = []
    verified: Verified | None = None
    try:
        candidates = [_unsealed(form.board)] if form.board else _found(form.careers_url)
        choices = [Choice(candidate, _sealed(candidate), _owner(candidate)) for candidate in candidates]
        if len(choices) == 1:
            verified = _read(choices[0], form.name)
    except (DomainError, OutboundError) as error:
        form.errors["careers_url"] = error.sentence
        return _again(form)
    return htmx.page_or_fragment(
        "admin/company_add.html",
        "admin/_company_add.html",
        form=form,
        choices=choices,
        verified=verified,
    )


@blueprint.post("/companies")
def save() -> ResponseReturnValue:
    """Adds the company with its board, which is read at once."""
    form = AddForm.posted()
    try:
        with transaction():
            board = _saved(form)
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


def _found(careers_url: str) -> list[Candidate]:
    """The boards behind an address, at least one.

    Raises:
        Invalid: there is none, or this is no address.
    """
    # The connection goes back to the pool: nothing of the database is held while the network is used.
    db.session.rollback()
    found = detection.detect(careers_url, tasks.door().visit())
    if not found.candidates:
        raise Invalid(found.sentence, "careers_url")
    return list(found.candidates)


def _owner(candidate: Candidate) -> str:
    board = companies.find_board(candidate.ats, candidate.reference.key)
    return board.company.name if board is not None and board.is_enabled else ""


def _read(choice: Choice, name: str) -> Verified:
    """What the board lists now.

    Raises:
        Conflict: the board is watched already.
        OutboundError: the board could not be read.
    """
    if choice.owner:
        raise Conflict(f"This board is here already: it belongs to {choice.owner}.")
    db.session.rollback()
    return detection.verify(choice.candidate, tasks.door(), name)


def _saved(form: AddForm) -> Board:
    if not form.board:
        return company_catalogue.add(form.careers_url, form.name or None, clock.utcnow())
    candidate = _unsealed(form.board)
    return company_catalogue.add_board(candidate.ats, candidate.reference, form.name or None, clock.utcnow())


# A board that was found on a page may have settings that no address holds. They travel in the form, sealed, so that
# nobody can make the program read what it did not find itself.
def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="found-board")


def _sealed(candidate: Candidate) -> str:
    reference = candidate.reference
    values = [
        candidate.ats, reference.key, reference.config, reference.careers_url, candidate.found_by, candidate.page,
    ]  # fmt: skip
    return str(_seal().dumps(values))


def _unsealed(text: str) -> Candidate:
    """The candidate that `_sealed` wrote.

    Raises:
        Invalid: it is not one of ours, or of a system that is gone since.
    """
    try:
        ats, key, config, careers_url, found_by, page = _seal().loads(text[:10_000])
    except BadSignature as error:
        raise Invalid("This form is out of date. Look at the address again.", "careers_url") from error
    if ats not in SCRAPERS:
        raise Invalid("This form is out of date. Look at the address again.", "careers_url")
    return Candidate(ats, BoardReference(key, config, careers_url), found_by, page)


def _again(form: AddForm) -> ResponseReturnValue:
    return htmx.page_or_fragment("admin/company_add.html", "admin/_company_add.html", 422, form=form)
