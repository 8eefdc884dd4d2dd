"""One's own account: profile, password, log-ins, export, deletion."""

from __future__ import annotations

import json

from flask import Blueprint, Response, flash, make_response, request, session
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.db import transaction
from webapp.errors import Conflict, Invalid
from webapp.repositories import users
from webapp.services import accounts, logins, passwords, personal_data
from webapp.web import access, htmx

blueprint = Blueprint("account", __name__)
WRONG = "This is not your current password."


@blueprint.get("/account")
def show() -> ResponseReturnValue:
    """Everything about the account on one page."""
    return _page()


@blueprint.post("/account/profile")
def change_profile() -> ResponseReturnValue:
    """Name and time zone."""
    form = request.form
    try:
        with transaction():
            accounts.change_profile(
                access.me(), display_name=form.get("display_name", ""), time_zone=form.get("time_zone", "")
            )
    except Invalid as error:
        return _page(422, {error.field: error.sentence}, form)
    flash("Your profile is saved.", "good")
    return htmx.redirect_to("/account")


@blueprint.post("/account/password")
def change_password() -> ResponseReturnValue:
    """Another password; every other log-in ends."""
    me, form = access.me(), request.form
    if not passwords.matches(form.get("current_password", ""), me.password_hash):
        return _page(422, {"current_password": WRONG})
    try:
        passwords.check(form.get("new_password", ""), email=me.email, field="new_password")
    except Invalid as error:
        return _page(422, {error.field: error.sentence})
    password_hash = passwords.hash_of(form["new_password"])
    with transaction():
        ended = accounts.change_password(access.me(), password_hash, keep=access.my_token())
    others = f" {ended} other log-in{'s' if ended != 1 else ''} ended." if ended else ""
    flash(f"Your password is changed.{others}", "good")
    return htmx.redirect_to("/account")


@blueprint.post("/account/sessions/end")
def end_sessions() -> ResponseReturnValue:
    """End every log-in but this one."""
    with transaction():
        ended = logins.end_all(access.me(), but=access.my_token())
    flash(
        "No other log-in was left." if not ended else f"Logged out in {ended} other place{'s' * (ended != 1)}.", "good"
    )
    return htmx.redirect_to("/account")


@blueprint.get("/account/export.json")
def export() -> ResponseReturnValue:
    """All that is stored about the user, as a file."""
    data = json.dumps(personal_data.export(access.me()), ensure_ascii=False, indent=1)
    response = make_response(data)
    response.headers["Content-Type"] = "application/json; charset=utf-8"
    response.headers["Content-Disposition"] = 'attachment; filename="rolewatch-account.json"'
    return response


@blueprint.route("/account/delete", methods=["GET", "POST"])
def delete() -> ResponseReturnValue:
    """Asks, with the password, then erases."""
    if request.method == "GET":
        return htmx.page("account/delete.html", errors={})
    if not passwords.matches(request.form.get("current_password", ""), access.me().password_hash):
        return htmx.page("account/delete.html", 422, errors={"current_password": WRONG})
    try:
        with transaction():
            accounts.erase(access.me())
    except Conflict as error:
        return htmx.page("account/delete.html", 409, errors={"": error.sentence})
    session.clear()
    access.forget_me()
    return htmx.redirect_to("/")


def _page(status: int = 200, errors: dict[str, str] | None = None, form: object = None) -> Response:
    me = access.me()
    return htmx.page(
        "account/account.html",
        status,
        errors=errors or {},
        form=form or {"display_name": me.display_name, "time_zone": me.time_zone},
        zones=accounts.time_zones(),
        sessions=users.sessions(owner=me, now=clock.utcnow()),
        this_session=logins.token_hash(access.my_token()),
    )
