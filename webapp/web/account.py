"""One's own account: profile, password, log-ins, export, deletion."""

from __future__ import annotations

import json

from flask import Blueprint, Response, flash, make_response, request, session
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.db import transaction
from webapp.errors import Conflict, Invalid
from webapp.repositories import users
from webapp.services import accounts, logins, passwords, personal_data, throttle
from webapp.web import access, htmx
from webapp.web.auth import begin_log_in, patience, too_many

blueprint = Blueprint("account", __name__)
WRONG = "This is not your current password."
TRIES = 10


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
    """Another password; every log-in ends, and this browser gets a new one: its old cookie may have been copied."""
    me, form = access.me(), request.form
    refused, wait = _check_password()
    if refused:
        return too_many(_page(429 if wait else 422, {"current_password": refused}), wait)
    try:
        passwords.check(form.get("new_password", ""), email=me.email, field="new_password")
    except Invalid as error:
        return _page(422, {error.field: error.sentence})
    password_hash = passwords.hash_of(form["new_password"])
    with transaction():
        me = access.me()
        ended = accounts.change_password(me, password_hash) - 1
        token = begin_log_in(me)
    access.log_in(me, token)
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
    refused, wait = _check_password()
    if refused:
        page = htmx.page("account/delete.html", 429 if wait else 422, errors={"current_password": refused})
        return too_many(page, wait)
    try:
        with transaction():
            accounts.erase(access.me())
    except Conflict as error:
        return htmx.page("account/delete.html", 409, errors={"": error.sentence})
    session.clear()
    access.forget_me()
    return htmx.redirect_to("/")


def _check_password() -> tuple[str, int]:
    """What is wrong with the current password in the form, and the seconds to wait; ("", 0) if it is right.

    Tries are counted: a log-in left open must not be a place to guess the password at leisure.
    """
    me = access.me()
    key = throttle.account_key("password", me.email)
    with transaction():
        wait = throttle.take(key, clock.utcnow(), limit=TRIES)
    if wait:
        return patience(wait), wait
    if not passwords.matches(request.form.get("current_password", ""), me.password_hash):
        return WRONG, 0
    with transaction():
        throttle.clear(key)
    return "", 0


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
