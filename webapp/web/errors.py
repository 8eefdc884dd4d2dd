"""Failures as friendly answers: a page for browsers, a toast for htmx, never a traceback."""

from __future__ import annotations

import logging
import secrets

from flask import Flask, Response, g, make_response, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from webapp.db import db
from webapp.errors import Conflict, DomainError, Invalid, NotFound
from webapp.web import access, htmx

log = logging.getLogger("rolewatch.web")

SENTENCES: dict[int, tuple[str, str]] = {
    400: (
        "That request made no sense",
        "Something in the address or the form could not be read. Go back and try again.",
    ),
    401: ("Please log in", "This page is for people who are logged in."),
    403: ("That is not allowed", "You may not do this."),
    404: (
        "Nothing is here",
        "The address is wrong, the thing was removed, or it belongs to somebody else.",
    ),
    405: (
        "That does not work here",
        "This address cannot be used in that way. Go back and use the page's own buttons.",
    ),
    409: (
        "It changed meanwhile",
        "Somebody, or another tab, changed it first. Look at it again, then repeat the change.",
    ),
    413: ("That is too much", "What you sent is larger than this site accepts. Send less, or send it in parts."),
    422: ("That cannot be used", "Something in the form is not usable."),
    429: ("Too many tries", "Wait a while before the next try."),
    500: ("Something went wrong", "It is our fault. Nothing was changed, and the details are in the log."),
}
STALE_FORM = (
    "This form is too old",
    "Your log-in changed since the page was opened, so the form was not accepted and nothing was changed. "
    "Go back and copy what you wrote, log in if you are asked to, then send it again.",
)


def init_app(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(CSRFError, lambda _error: answer(403, *STALE_FORM))
    app.register_error_handler(NotFound, lambda error: _domain(error, 404))
    app.register_error_handler(Conflict, lambda error: _domain(error, 409))
    app.register_error_handler(Invalid, lambda error: _domain(error, 422))
    app.register_error_handler(DomainError, lambda error: _domain(error, 422))
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def answer(status: int, title: str, sentence: str, error_id: str = "") -> Response:
    """The error as a page, or for htmx as a toast in the region that is there on every page."""
    if htmx.wants_fragment():
        response = htmx.page("errors/_toast.html", status, title=title, sentence=sentence, error_id=error_id)
        return htmx.aim(response, "#flash")
    return htmx.page("errors/error.html", status, title=title, sentence=sentence, error_id=error_id, status_code=status)


def _domain(error: DomainError, status: int) -> Response:
    return answer(status, SENTENCES[status][0], error.sentence)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status < 400:
        # Redirects of the router (a missing slash) are exceptions too.
        return make_response(error.get_response(request.environ))
    title, sentence = SENTENCES.get(status) or SENTENCES[500 if status >= 500 else 400]
    response = answer(status, title, sentence)
    for name, value in error.get_headers(request.environ):
        if name in {"Allow", "Retry-After"}:
            response.headers[name] = value
    return response


def _unexpected(error: Exception) -> Response:
    error_id = secrets.token_hex(4)
    db.session.rollback()
    if "_login_user" not in g:
        # It failed while asking who is looking: neither the page nor the log may ask again.
        access.forget_me()
    facts = {"error_id": error_id, "method": request.method, "path": request.path}
    log.error("unexpected error", extra=facts, exc_info=error)
    try:
        return answer(500, *SENTENCES[500], error_id=error_id)
    except Exception:
        # The page reads the name of who is looking, and the database may be what is broken.
        access.forget_me()
        return answer(500, *SENTENCES[500], error_id=error_id)
