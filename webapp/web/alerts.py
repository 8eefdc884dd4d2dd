"""Alerts: list, what one matches now, create and edit with a live preview, pause, copy, delete."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, request, url_for
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.db import transaction
from webapp.errors import Invalid
from webapp.models import Alert
from webapp.repositories import alerts as repository
from webapp.repositories import applications as application_questions
from webapp.repositories import open_positions
from webapp.services import alert_preview, alerts
from webapp.services.alert_matcher import AlertRule
from webapp.services.alerts import AlertDraft
from webapp.web import htmx
from webapp.web import receipts as receipt_words
from webapp.web.access import me
from webapp.web.alert_form import AlertForm

blueprint = Blueprint("alerts", __name__, url_prefix="/alerts")

PAGE = 25


@blueprint.get("")
def index() -> ResponseReturnValue:
    """All alerts of the looker, with the number of open positions that each matches now."""
    mine = repository.all_of(me().id)
    counts, capped = alert_preview.counts_now([AlertRule.of(alert) for alert in mine])
    return htmx.page(
        "alerts/index.html",
        alerts=mine,
        counts=counts,
        capped=capped,
        told=repository.last_told(me().id),
        companies=repository.company_names({i for alert in mine for i in alert.company_ids}),
    )


@blueprint.get("/new")
def new() -> ResponseReturnValue:
    """An empty form, or one that a link filled in."""
    form = AlertForm.prefilled(request.args)
    is_filled = form.draft() != AlertDraft(name=form.draft().name)
    return _form_page(form, shows_preview=is_filled)


@blueprint.post("")
def create() -> ResponseReturnValue:
    """Save a new alert, or only preview it (`preview` in the form, for browsers without JavaScript)."""
    form = AlertForm.posted(request.form)
    if "preview" in request.form:
        return _form_page(form)
    draft = form.draft()
    form.errors = alerts.problems(draft)
    if form.errors:
        return _form_page(form, status=422)
    try:
        with transaction():
            saved = alerts.create(me().id, draft, clock.utcnow(), form_key=form.form_key)
            name, alert_id = saved.alert.name, saved.alert.id
    except Invalid as refused:
        form.errors = {refused.field: refused.sentence}
        return _form_page(form, status=422)
    if saved.created:
        flash(f"“{name}” is saved. You hear of every new position that it matches.")
    return htmx.redirect_to(url_for("alerts.show", alert_id=alert_id))


@blueprint.post("/preview")
def preview() -> ResponseReturnValue:
    """What the form as typed would match; changes nothing."""
    form = AlertForm.posted(request.form)
    if not htmx.wants_fragment():
        return _form_page(form)
    return htmx.fragment("alerts/_preview_answer.html", **_preview_context(form))


@blueprint.get("/<int:alert_id>")
def show(alert_id: int) -> ResponseReturnValue:
    """One alert and every open position that it matches now."""
    alert = repository.get(alert_id, owner=me().id)
    matched = alert_preview.matches_now(AlertRule.of(alert))
    number = max(1, min(request.args.get("page", 1, type=int) or 1, 100_000))
    first = (number - 1) * PAGE
    shown = matched[first : first + PAGE]
    receipts = {match.position_id: receipt_words.shown(match.receipt.as_json()) for match in shown}
    return htmx.page_or_fragment(
        "alerts/show.html",
        "alerts/_matches.html",
        alert=alert,
        companies=repository.company_names(alert.company_ids),
        told=repository.last_told(me().id).get(alert.id),
        total=len(matched),
        first=first,
        positions=open_positions.rows(list(receipts)),
        receipts=receipts,
        statuses=application_questions.statuses_of(list(receipts), owner=me().id),
        newer_url=url_for("alerts.show", alert_id=alert_id, page=number - 1) if number > 1 else "",
        older_url=url_for("alerts.show", alert_id=alert_id, page=number + 1) if first + PAGE < len(matched) else "",
    )


@blueprint.get("/<int:alert_id>/edit")
def edit(alert_id: int) -> ResponseReturnValue:
    """The form of one alert."""
    alert = repository.get(alert_id, owner=me().id)
    return _form_page(AlertForm.of(alert), alert=alert)


@blueprint.post("/<int:alert_id>")
def update(alert_id: int) -> ResponseReturnValue:
    """Save the changed alert; when another tab was quicker, show both and save nothing."""
    alert = repository.get(alert_id, owner=me().id)
    form = AlertForm.posted(request.form)
    if "preview" in request.form:
        return _form_page(form, alert=alert)
    draft = form.draft()
    form.errors = alerts.problems(draft)
    if form.errors:
        return _form_page(form, alert=alert, status=422)
    try:
        with transaction():
            alert = repository.get(alert_id, owner=me().id, lock=True)
            changed = alerts.update(alert, draft, clock.utcnow(), form.version)
    except alerts.ChangedMeanwhile as conflict:
        alert = repository.get(alert_id, owner=me().id)
        form.errors = {"": conflict.sentence}
        # Saving again is then a decision made with both versions in view.
        form.version = alert.version
        return _form_page(form, alert=alert, status=409, theirs=alert, different=conflict.fields)
    flash(f"“{alert.name}” is saved." if changed else "Nothing was changed.")
    return htmx.redirect_to(url_for("alerts.show", alert_id=alert_id))


@blueprint.post("/<int:alert_id>/pause")
def pause(alert_id: int) -> ResponseReturnValue:
    """Stop telling; what appears meanwhile is not told later."""
    return _set_paused(alert_id, paused=True)


@blueprint.post("/<int:alert_id>/resume")
def resume(alert_id: int) -> ResponseReturnValue:
    """Start telling again, of what appears from now on."""
    return _set_paused(alert_id, paused=False)


def _set_paused(alert_id: int, *, paused: bool) -> ResponseReturnValue:
    with transaction():
        alert = repository.get(alert_id, owner=me().id, lock=True)
        alerts.set_paused(alert, paused, clock.utcnow())
    flash(
        f"“{alert.name}” is paused. Nothing is sent for it until you resume it."
        if paused
        else f"“{alert.name}” is running again, for positions that appear from now on."
    )
    if htmx.wants_fragment():
        return htmx.fragment("alerts/_item.html", **_item_context(alert))
    if request.form.get("from") == "show":
        return htmx.redirect_to(url_for("alerts.show", alert_id=alert_id))
    return htmx.redirect_to(url_for("alerts.index"))


@blueprint.post("/<int:alert_id>/duplicate")
def duplicate(alert_id: int) -> ResponseReturnValue:
    """Make a paused copy and open it for editing."""
    with transaction():
        copied = alerts.duplicate(repository.get(alert_id, owner=me().id), clock.utcnow())
        copied_id = copied.id
    flash("This is the copy. It is paused until you resume it.")
    return htmx.redirect_to(url_for("alerts.edit", alert_id=copied_id))


@blueprint.get("/<int:alert_id>/delete")
def ask_delete(alert_id: int) -> ResponseReturnValue:
    """Ask before deleting."""
    return htmx.page("alerts/delete.html", alert=repository.get(alert_id, owner=me().id))


@blueprint.post("/<int:alert_id>/delete")
def delete(alert_id: int) -> ResponseReturnValue:
    """Delete the alert and its notifications."""
    with transaction():
        alert = repository.get(alert_id, owner=me().id, lock=True)
        name = alert.name
        alerts.delete(alert)
    flash(f"“{name}” is deleted.")
    return htmx.redirect_to(url_for("alerts.index"))


def _item_context(alert: Alert) -> dict[str, Any]:
    counts, capped = alert_preview.counts_now([AlertRule.of(alert)])
    return {
        "alert": alert,
        "counts": counts,
        "capped": capped,
        "told": repository.last_told(me().id),
        "companies": repository.company_names(alert.company_ids),
    }


def _form_page(
    form: AlertForm,
    *,
    alert: Alert | None = None,
    status: int = 200,
    shows_preview: bool = True,
    theirs: Alert | None = None,
    different: list[str] | None = None,
) -> ResponseReturnValue:
    """The page with the form; `theirs` is what another tab saved, differing in the fields `different`."""
    context = _preview_context(form) if shows_preview else {"draft": form.draft(), "preview": None, "problems": {}}
    shown = [*form.company_ids, *(theirs.company_ids if theirs else ())]
    context["companies"] = repository.company_names(shown)
    return htmx.page(
        "alerts/form.html",
        status,
        form=form,
        alert=alert,
        choices=repository.company_choices(),
        theirs=AlertForm.of(theirs) if theirs else None,
        different=different or [],
        field_words=alerts.FIELD_WORDS,
        **context,
    )


def _preview_context(form: AlertForm) -> dict[str, Any]:
    draft = form.draft()
    problems = alerts.problems(draft)
    problems.pop("name", None)
    companies = repository.company_names(draft.company_ids)
    return {
        "draft": draft,
        "problems": problems,
        "preview": None if problems else alert_preview.preview(draft.rule()),
        "suggestion": "" if problems else alerts.suggested_name(draft, companies),
        "companies": companies,
    }
