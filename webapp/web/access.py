"""Who may see what. Every route is closed to visitors unless it is named here, and to all but admins under "admin"."""

from __future__ import annotations

import re
from typing import cast
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, g, make_response, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user

from webapp import clock
from webapp.db import transaction
from webapp.models import User
from webapp.services import logins
from webapp.web import htmx

# All that a visitor may reach without logging in. A test walks every route against this list.
PUBLIC_ENDPOINTS: frozenset[str] = frozenset(
    {
        "static",
        "auth.welcome",
        "auth.login",
        "auth.signup",
        "health.healthz",
        "health.readyz",
        "health.metrics",
        "unsubscribe.show",
        "unsubscribe.act",
    }
)
# One slash, then anything but another one, a backslash, a blank or a control character, of ASCII or beyond.
_LOCAL_PATH = re.compile(r"/(?![/\\])[^\s\\\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]{0,1999}")
# Going there again after logging in would log out, change something, or show no page.
_NO_RETURN = ("/logout", "/login", "/signup", "/static/", "/account/delete")

login_manager = LoginManager()
login_manager.session_protection = None


class SignedIn(UserMixin):  # type: ignore[misc]
    """What Flask-Login calls the current user: a person together with the session they are logged in with.

    Its id is the session's token, so that the cookie names a session and never a person.
    """

    def __init__(self, user: User, token: str) -> None:
        self.user = user
        self.token = token

    def get_id(self) -> str:
        return self.token

    @property
    def is_active(self) -> bool:
        return self.user.is_active


def lets_sample_people_in() -> bool:
    """Whether one may be logged in as a sample person: their passwords are known to everybody."""
    return bool(current_app.config["ROLEWATCH_ENV"] != "production")


def init_app(app: Flask) -> None:
    """Close the routes and hook Flask-Login to our sessions."""
    login_manager.init_app(app)
    app.before_request(_guard)
    app.context_processor(lambda: {"me": find_me()})


@login_manager.user_loader  # type: ignore[untyped-decorator]
def _load(token: str) -> SignedIn | None:
    now = clock.utcnow()
    found = logins.find(token, now)
    if found is None or (found.user.is_sample and not lets_sample_people_in()):
        return None
    if logins.is_stale(found, now):
        with transaction():
            # Asked for again: it may have been ended by another request in the meantime.
            found = logins.find(token, now)
            if found is None:
                return None
            logins.touch(found, now)
    return SignedIn(found.user, token)


@login_manager.unauthorized_handler  # type: ignore[untyped-decorator]
def _to_login() -> ResponseReturnValue:
    # A login page swapped into a table cell helps nobody: htmx loads it as a page, and comes back to where it was.
    if htmx.is_htmx():
        back = htmx.current_path()
    else:
        back = request.full_path.rstrip("?") if request.method == "GET" else ""
    url = url_for("auth.login", next=safe_next(back))
    return htmx.redirect_to(url) if htmx.is_htmx() else make_response(redirect(url, 302))


def find_me() -> User | None:
    """The person who is logged in, or None."""
    return current_user.user if current_user and current_user.is_authenticated else None


def me() -> User:
    """The person who is logged in. Only for routes that are closed to visitors."""
    user = find_me()
    if user is None:
        abort(401)
    return user


def my_token() -> str:
    """The token of the session this request came with."""
    return cast(SignedIn, current_user).token


def log_in(user: User, token: str) -> None:
    """Put a session that `logins.begin` made into the cookie. Whatever the cookie held before is forgotten."""
    session.clear()
    session.permanent = True
    login_user(SignedIn(user, token))


def forget_me() -> None:
    """For the rest of this request nobody is logged in: the account is gone, or the database cannot be asked."""
    g._login_user = login_manager.anonymous_user()  # where Flask-Login keeps the answer for the request


def safe_next(target: str | None) -> str | None:
    """`target` if it is a page of ours that one may be sent to after logging in, else None."""
    if not target or len(target) > 2000 or not _LOCAL_PATH.fullmatch(target):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    if parts.scheme or parts.netloc or parts.path.lower().startswith(_NO_RETURN):
        return None
    return target


def _guard() -> ResponseReturnValue | None:
    endpoint = request.endpoint
    if endpoint is None or endpoint in PUBLIC_ENDPOINTS:
        return None  # an unknown address is answered with 404, whoever asks
    if not current_user.is_authenticated:
        return cast(ResponseReturnValue, current_app.login_manager.unauthorized())  # type: ignore[attr-defined]
    if (request.blueprint or "").startswith("admin") and not me().is_admin:
        abort(404)  # a stranger does not learn what is there
    return None
