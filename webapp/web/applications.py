"""The looker's own board of jobs: columns or table, one job in detail, jobs found elsewhere, exports."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.db import transaction
from webapp.errors import Conflict, Invalid
from webapp.models import UserJobApplication
from webapp.models.user_job_application import ApplicationStatus
from webapp.repositories import applications as repository
from webapp.services import application_exports, applications
from webapp.services.applications import ElsewhereJob, parse_date, parse_status
from webapp.web import htmx
from webapp.web.access import me, safe_next
from webapp.web.filters import zone
from webapp.web.form_keys import new_form_key, read_form_key

blueprint = Blueprint("applications", __name__)

# The board's columns from left to right; the last two share one place.
COLUMNS = (("saved",), ("applied",), ("interviewing",), ("offer",), ("rejected", "withdrawn"))
STATUSES = [(status.value, words) for status, words in applications.STATUS_WORDS.items()]


@blueprint.get("/applications")
def index() -> ResponseReturnValue:
    """All applications, as columns by status or (`?view=table`) as a table."""
    return _board()


@blueprint.get("/applications/new")
def new() -> ResponseReturnValue:
    """The form for a job found elsewhere."""
    values = {name: request.args.get(name, "") for name in ("title", "company_name", "location", "url")}
    return _new_page({**values, "status": ApplicationStatus.SAVED.value, "form_key": new_form_key()})


@blueprint.post("/applications")
def create() -> ResponseReturnValue:
    """Add a job found elsewhere."""
    names = ("title", "company_name", "location", "url", "status", "note")
    values = {name: request.form.get(name, "") for name in names}
    values["form_key"] = read_form_key(request.form.get("form_key"))
    job = ElsewhereJob(values["title"], values["company_name"], values["location"], values["url"])
    errors = applications.problems(job)
    try:
        status = parse_status(values["status"])
        if not errors:
            with transaction():
                saved = applications.add_elsewhere(
                    me().id, job, status, clock.utcnow(), form_key=values["form_key"], note=values["note"]
                )
                application_id = saved.application.id
    except Invalid as refused:
        errors.setdefault(refused.field, refused.sentence)
    if errors:
        return _new_page(values, errors, 422)
    flash("The job is on your board.")
    return htmx.redirect_to(url_for("applications.show", application_id=application_id))


@blueprint.post("/positions/<int:position_id>/application")
def create_from_position(position_id: int) -> ResponseReturnValue:
    """Save a position to the board, or (`status=applied`) note that one applied. htmx gets the button back, changed."""
    status = parse_status(request.form.get("status", ApplicationStatus.SAVED.value))
    with transaction():
        position = repository.get_position(position_id)
        saved = applications.save_position(me().id, position, status, clock.utcnow())
        application = saved.application
    if htmx.wants_fragment():
        return htmx.fragment("applications/_tracked.html", position_id=position_id, tracked=application.status)
    flash(f"“{application.title}” is on your board." if saved.created else "It was on your board already.")
    back = safe_next(request.form.get("next"))
    return htmx.redirect_to(back or url_for("applications.show", application_id=application.id))


@blueprint.get("/applications/<int:application_id>")
def show(application_id: int) -> ResponseReturnValue:
    """One application: the copy of the posting, what became of it since, notes and history."""
    return _show(repository.get(application_id, owner=me().id))


@blueprint.post("/applications/<int:application_id>/move")
def move(application_id: int) -> ResponseReturnValue:
    """Change the status. From the board, htmx gets the whole board back."""
    status = parse_status(request.form.get("status", ""))
    code = 200
    try:
        with transaction():
            application = repository.get(application_id, owner=me().id, lock=True)
            is_moved = applications.move(application, status, clock.utcnow(), _version())
        if is_moved:
            flash(f"“{application.title}” is in {applications.STATUS_WORDS[status]} now.")
    except Conflict as conflict:
        flash(conflict.sentence, "bad")
        code = 409
    if request.form.get("from") == "board":
        if htmx.wants_fragment() or code != 200:
            return _board(code)
        return htmx.redirect_to(url_for("applications.index"))
    if htmx.wants_fragment() or code != 200:
        return _show(repository.get(application_id, owner=me().id), status=code)
    return htmx.redirect_to(url_for("applications.show", application_id=application_id))


@blueprint.post("/applications/<int:application_id>")
def update(application_id: int) -> ResponseReturnValue:
    """Save next step, follow-up date and, for a job found elsewhere, what it is."""
    application = repository.get(application_id, owner=me().id)
    names = [name for name in applications.FIELD_WORDS if name in request.form]
    values: dict[str, Any] = {name: request.form.get(name, "") for name in names}
    errors: dict[str, str] = {}
    changes = dict(values)
    if "follow_up_on" in changes:
        try:
            changes["follow_up_on"] = parse_date(values["follow_up_on"])
        except Invalid as refused:
            errors[refused.field] = refused.sentence
    try:
        if not errors:
            with transaction():
                application = repository.get(application_id, owner=me().id, lock=True)
                changed = applications.edit(application, changes, clock.utcnow(), _version())
    except Invalid as refused:
        errors[refused.field] = refused.sentence
    except Conflict as conflict:
        application = repository.get(application_id, owner=me().id)
        return _show(application, status=409, values=values, errors={"": conflict.sentence}, is_conflict=True)
    if errors:
        return _show(application, status=422, values=values, errors=errors)
    if changed:
        flash("Saved.")
    if htmx.wants_fragment():
        return _show(application)
    return htmx.redirect_to(url_for("applications.show", application_id=application_id))


@blueprint.post("/applications/<int:application_id>/notes")
def add_note(application_id: int) -> ResponseReturnValue:
    """Append a note to the history."""
    application = repository.get(application_id, owner=me().id)
    note = request.form.get("note", "")
    try:
        with transaction():
            application = repository.get(application_id, owner=me().id, lock=True)
            applications.add_note(application, note, clock.utcnow())
    except Invalid as refused:
        return _show(application, status=422, note=note, errors={refused.field: refused.sentence})
    if htmx.wants_fragment():
        return _show(application)
    return htmx.redirect_to(url_for("applications.show", application_id=application_id, _anchor="notes"))


@blueprint.get("/applications/<int:application_id>/remove")
def ask_remove(application_id: int) -> ResponseReturnValue:
    """Ask before removing."""
    return htmx.page("applications/remove.html", application=repository.get(application_id, owner=me().id))


@blueprint.post("/applications/<int:application_id>/remove")
def remove(application_id: int) -> ResponseReturnValue:
    """Take the application off the board, with its notes and history."""
    with transaction():
        application = repository.get(application_id, owner=me().id, lock=True)
        title = application.title
        applications.remove(application)
    flash(f"“{title}” is off your board.")
    return htmx.redirect_to(url_for("applications.index"))


@blueprint.get("/applications/export.csv")
def export_csv() -> ResponseReturnValue:
    """Every application as a table for spreadsheets."""
    text = application_exports.as_csv(repository.all_of(me().id))
    return _download(text, "text/csv; charset=utf-8", "applications.csv")


@blueprint.get("/applications/export.json")
def export_json() -> ResponseReturnValue:
    """Every application with its copy of the posting and its history."""
    mine = repository.all_of(me().id)
    text = application_exports.as_json(mine, repository.histories(mine))
    return _download(text, "application/json", "applications.json")


def _download(text: str, kind: str, name: str) -> ResponseReturnValue:
    return text, 200, {"Content-Type": kind, "Content-Disposition": f'attachment; filename="{name}"'}


def _version() -> int | None:
    return request.form.get("version", type=int)


def _board(status: int = 200) -> ResponseReturnValue:
    mine = repository.all_of(me().id)
    is_table = request.args.get("view") == "table"
    by_status: dict[str, list[UserJobApplication]] = {value: [] for value, _ in STATUSES}
    for application in mine:
        by_status[application.status].append(application)
    today = clock.utcnow().astimezone(zone()).date()
    context: dict[str, Any] = {
        "applications": mine,
        "by_status": by_status,
        "columns": COLUMNS,
        "statuses": STATUSES,
        "words": dict(STATUSES),
        "today": today,
        "due": sum(1 for a in mine if a.follow_up_on and a.follow_up_on <= today and a.status not in COLUMNS[-1]),
        "is_table": is_table,
    }
    return htmx.page_or_fragment("applications/index.html", "applications/_board.html", status, **context)


def _new_page(values: dict[str, str], errors: dict[str, str] | None = None, status: int = 200) -> ResponseReturnValue:
    return htmx.page("applications/new.html", status, values=values, errors=errors or {}, statuses=STATUSES)


def _show(
    application: UserJobApplication,
    *,
    status: int = 200,
    values: dict[str, Any] | None = None,
    note: str = "",
    errors: dict[str, str] | None = None,
    is_conflict: bool = False,
) -> ResponseReturnValue:
    """The detail page; `values` and `note` are what was typed and refused."""
    current = {
        "title": application.title,
        "company_name": application.company_name,
        "location": application.location,
        "url": application.url,
        "next_step": application.next_step,
        "follow_up_on": application.follow_up_on.isoformat() if application.follow_up_on else "",
    }
    return htmx.page_or_fragment(
        "applications/show.html",
        "applications/_detail.html",
        status,
        application=application,
        position=application.position,
        is_elsewhere=applications.is_elsewhere(application),
        history=repository.history(application),
        later=repository.events_since(application, application.created_at),
        values={**current, **(values or {})},
        current=current if is_conflict else None,
        field_words=applications.FIELD_WORDS,
        note=note,
        errors=errors or {},
        statuses=STATUSES,
        words=dict(STATUSES),
        today=clock.utcnow().astimezone(zone()).date(),
    )
