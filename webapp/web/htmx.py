"""Answers htmx with fragments and browsers with pages. The only place that spells an HX header.

Version 4 renamed `HX-Trigger` (as a request header) to `HX-Source`; the request class of htmx-flask reads the rest.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import htmx_flask
from flask import Flask, Response, get_flashed_messages, make_response, redirect, render_template, request
from werkzeug.urls import iri_to_uri

VARY = "HX-Request, HX-Boosted, HX-History-Restore-Request"


def init_app(app: Flask) -> None:
    """Give every request an `htmx` attribute."""
    htmx_flask.Htmx(app)


def is_htmx() -> bool:
    """Whether htmx asked, in whatever way."""
    return bool(htmx_flask.request.htmx)


def wants_fragment() -> bool:
    """Whether htmx asked for a part of a page: not boosted, and not Back or Forward, which need the whole."""
    headers = htmx_flask.request.htmx
    return bool(headers) and not headers.boosted and not headers.history_restore_request


def source() -> str:
    """The element that triggered the request, as htmx 4 names it (`button#save-7`), or an empty text."""
    return request.headers.get("HX-Source", "")


def current_path() -> str:
    """Path and query of the page that htmx asked from, as the browser says; an empty text where it does not."""
    try:
        parts = urlsplit(request.headers.get("HX-Current-URL", ""))
    except ValueError:
        return ""
    return f"{parts.path}?{parts.query}" if parts.query else parts.path


def page(template: str, status: int = 200, **context: Any) -> Response:
    """A whole page."""
    return _varying(make_response(render_template(template, **context), status))


def fragment(template: str, status: int = 200, **context: Any) -> Response:
    """A part of a page, followed by the toasts that were flashed meanwhile."""
    html = render_template(template, **context)
    messages = get_flashed_messages(with_categories=True)
    if messages:
        html += render_template("_flash.html", messages=messages, as_partial=True)
    return _varying(make_response(html, status))


def page_or_fragment(page_template: str, fragment_template: str, status: int = 200, **context: Any) -> Response:
    """The fragment where htmx wants one, else the page, which includes the same fragment.

    Asking again for what is shown already adds nothing to the browser's history.
    """
    if wants_fragment():
        response = fragment(fragment_template, status, **context)
        if current_path() == request.full_path.rstrip("?"):
            response.headers["HX-Push-Url"] = "false"
        return response
    return page(page_template, status, **context)


def redirect_to(url: str) -> Response:
    """Send the browser to `url`: 303 for a form, HX-Redirect for htmx, which would swap a followed redirect in."""
    if is_htmx():
        response = make_response("", 200)
        # What follows `next=` may be in any script, but headers are not.
        response.headers["HX-Redirect"] = iri_to_uri(url)
        return _varying(response)
    return _varying(make_response(redirect(url, 303)))


def aim(response: Response, target: str, swap: str = "innerHTML") -> Response:
    """Make htmx swap `response` into `target` (a CSS selector), wherever it was asked from."""
    response.headers["HX-Retarget"] = target
    response.headers["HX-Reswap"] = swap
    response.headers["HX-Push-Url"] = "false"
    return response


def push_url(response: Response, url: str) -> Response:
    """Make `url` the address of the page that htmx changed, unless it is already: Back would lead to the same page."""
    response.headers["HX-Push-Url"] = "false" if url == current_path() else url
    return response


def announce(response: Response, event: str) -> Response:
    """Fire the browser event `event` (ASCII) on the element that asked, so that others can refresh themselves."""
    response.headers["HX-Trigger"] = event
    return response


def _varying(response: Response) -> Response:
    response.headers["Vary"] = VARY
    return response
