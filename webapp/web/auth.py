"""Welcome, log in, sign up, log out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module

from flask import Blueprint, Response, current_app, flash, redirect, request, session
from flask.typing import ResponseReturnValue

from webapp import clock
from webapp.db import transaction
from webapp.errors import Invalid
from webapp.models import User
from webapp.repositories import users
from webapp.services import accounts, logins, passwords, throttle
from webapp.web import access, htmx

LOGINS_PER_ACCOUNT = 10
LOGINS_PER_ADDRESS = 20
SIGNUPS_PER_ADDRESS = 20

_WELCOME = "Your account is ready. Search for what you look for, then make an alert from it."
_WELCOME_ADMIN = "You are the first here, so you are the admin. Choose the companies to watch first."

blueprint = Blueprint("auth", __name__)


@blueprint.get("/")
def welcome() -> ResponseReturnValue:
    """What this is, for visitors; the positions, for those who are logged in."""
    if access.find_me():
        return redirect("/positions")
    return htmx.page("auth/welcome.html", signup_open=current_app.config["SIGNUP_OPEN"])


@blueprint.route("/login", methods=["GET", "POST"])
def login() -> ResponseReturnValue:
    """The log-in form. Wrong address and wrong password look and take the same."""
    back = access.safe_next(request.values.get("next"))
    if request.method == "GET":
        return redirect(back or "/positions") if access.find_me() else _login_form(back)
    email, password = request.form.get("email", ""), request.form.get("password", "")
    name = accounts.login_name(email)
    now = clock.utcnow()
    with transaction():
        # The sender first: whoever tries too often must not use up the tries of one account after another.
        wait = throttle.take(
            throttle.address_key("login", request.remote_addr), now, limit=LOGINS_PER_ADDRESS
        ) or throttle.take(throttle.account_key("login", name), now, limit=LOGINS_PER_ACCOUNT)
    if wait:
        return too_many(_login_form(back, email=email, errors={"": patience(wait)}, status=429), wait)
    user = accounts.authenticate(email, password, sample_people=access.lets_sample_people_in())
    if user is None:
        wrong = "The address or the password is not right."
        return _login_form(back, email=email, errors={"email": wrong}, status=422)
    better_hash = passwords.hash_of(password) if passwords.needs_rehash(user.password_hash) else None
    with transaction():
        user = users.get(user.id)
        if better_hash:
            user.password_hash = better_hash
        throttle.clear(throttle.account_key("login", name))
        token = begin_log_in(user)
    access.log_in(user, token)
    return htmx.redirect_to(back or "/positions")


@blueprint.route("/signup", methods=["GET", "POST"])
def signup() -> ResponseReturnValue:
    """The form for a new account; logs in at once."""
    if access.find_me():
        return redirect("/positions")
    if not current_app.config["SIGNUP_OPEN"]:
        return htmx.page("auth/signup_closed.html", 403 if request.method == "POST" else 200)
    if request.method == "GET":
        return _signup_form({}, {})
    form = request.form
    with transaction():
        key = throttle.address_key("signup", request.remote_addr)
        wait = throttle.take(key, clock.utcnow(), limit=SIGNUPS_PER_ADDRESS)
    if wait:
        return too_many(_signup_form(form, {"": patience(wait)}, 429), wait)
    errors = _problems(form)
    if errors:
        return _signup_form(form, errors, 422)
    password_hash = passwords.hash_of(form["password"])
    try:
        with transaction():
            user = accounts.sign_up(
                form["email"],
                password_hash,
                clock.utcnow(),
                display_name=form.get("display_name", ""),
                time_zone=form.get("time_zone", "UTC"),
            )
            token = begin_log_in(user)
    except Invalid as error:
        return _signup_form(form, {error.field: error.sentence}, 422)
    access.log_in(user, token)
    flash(_WELCOME_ADMIN if user.is_admin else _WELCOME, "good")
    return htmx.redirect_to("/positions")


@blueprint.post("/logout")
def logout() -> ResponseReturnValue:
    """End this log-in: the row goes, so a copied cookie is worth nothing."""
    with transaction():
        logins.end(access.my_token())
    session.clear()
    return htmx.redirect_to("/login")


def _problems(form: Mapping[str, str]) -> dict[str, str]:
    """All that is wrong with a sign-up form at once: field to sentence."""
    checks: tuple[Callable[[], object], ...] = (
        lambda: accounts.clean_name(form.get("display_name", "")),
        lambda: accounts.valid_email(form.get("email", "")),
        lambda: passwords.check(form.get("password", ""), email=form.get("email", "").strip()),
    )
    errors: dict[str, str] = {}
    for check in checks:
        try:
            check()
        except Invalid as error:
            errors[error.field] = error.sentence
    return errors


def begin_log_in(user: User) -> str:
    """A new session for this browser, in the caller's transaction; returns its token."""
    return logins.begin(
        user,
        clock.utcnow(),
        days=current_app.config["SESSION_DAYS"],
        user_agent=request.headers.get("User-Agent", ""),
    )


def _login_form(
    back: str | None, *, email: str = "", errors: dict[str, str] | None = None, status: int = 200
) -> Response:
    return htmx.page(
        "auth/login.html",
        status,
        next=back or "",
        email=email,
        errors=errors or {},
        examples=_example_logins(),
        signup_open=current_app.config["SIGNUP_OPEN"],
    )


def _signup_form(form: object, errors: dict[str, str], status: int = 200) -> Response:
    return htmx.page("auth/signup.html", status, form=form, errors=errors)


def _example_logins() -> list[tuple[str, str, str]]:
    """The log-ins of the sample data (label, address, password): in development, and while they exist."""
    if not current_app.config["DEVELOPMENT"]:
        return []
    known = import_module("webapp.sample.logins").LOGINS
    return [entry for entry in known if users.find_by_email(accounts.login_name(entry[1]))]


def patience(seconds: int) -> str:
    """How long to wait before the next try, as a sentence."""
    minutes = max(1, round(seconds / 60))
    return f"Too many tries. Wait {minutes} minute{'s' if minutes != 1 else ''}, then try again."


def too_many(response: Response, wait: int) -> Response:
    """Tell programs too that trying again makes sense after `wait` seconds."""
    if wait:
        response.headers["Retry-After"] = str(wait)
    return response
