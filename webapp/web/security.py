"""Headers, nonces and request checks that hold for every answer."""

from __future__ import annotations

import hashlib
import secrets
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, abort, current_app, g, request, url_for
from flask_wtf.csrf import CSRFError, CSRFProtect
from markupsafe import Markup
from werkzeug.middleware.proxy_fix import ProxyFix

# Reached by mail programs, without cookies; the signed token in the address is the proof.
CSRF_EXEMPT_ENDPOINTS: frozenset[str] = frozenset({"unsubscribe.act"})
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

csrf = CSRFProtect()


def init_app(app: Flask) -> None:
    """Install CSRF protection, the headers, and the helpers templates need."""
    # `protect` runs in our own hook, after the check of where the request comes from. The referrer need not be
    # demanded on top: token, SameSite and Sec-Fetch-Site say more, and privacy tools remove it.
    app.config.setdefault("WTF_CSRF_SSL_STRICT", False)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    csrf.init_app(app)
    app.before_request(_refuse_long_forms)
    app.before_request(_refuse_nul)
    app.before_request(_refuse_foreign_requests)
    app.after_request(_set_headers)
    app.jinja_env.globals.update(hx=hx, csp_nonce=nonce, asset=asset)
    proxies = app.config["TRUSTED_PROXIES"]
    if proxies:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=proxies, x_proto=proxies)  # type: ignore[method-assign]


def nonce() -> str:
    """The nonce of this answer's Content-Security-Policy."""
    if "csp_nonce" not in g:
        g.csp_nonce = secrets.token_urlsafe(18)
    return str(g.csp_nonce)


def hx() -> Markup:
    """The attribute that every element with `hx-*` attributes must carry: without it they are stripped unread.

    In a fragment it holds the fragment's own nonce; the CSP extension accepts it because the header names it too.
    """
    return Markup('hx-nonce="{}"').format(nonce())


def asset(path: str) -> str:
    """The address of a static file, changing with its contents so that browsers may keep it for good."""
    return url_for("static", filename=path, v=_digest(path))


def _static(path: str) -> Path:
    return Path(__file__).resolve().parents[2] / "static" / path


def _digest(path: str) -> str:
    file = _static(path)
    stamp = file.stat().st_mtime_ns if file.exists() else 0
    return _digest_of(path, stamp)


@cache
def _digest_of(path: str, _stamp: int) -> str:
    file = _static(path)
    return hashlib.blake2b(file.read_bytes(), digest_size=6).hexdigest() if file.exists() else "0"


def _refuse_long_forms() -> None:
    """The limit of Werkzeug counts for multipart forms alone; the ones that pages send are read whole."""
    limit = current_app.config["MAX_FORM_MEMORY_SIZE"]
    if request.mimetype == "application/x-www-form-urlencoded" and (request.content_length or 0) > limit:
        abort(413)


def _refuse_nul() -> None:
    """Nobody can type the character NUL, and PostgreSQL stores no text that holds it."""
    for values in (request.args, request.form):
        if any("\0" in value for pair in values.items(multi=True) for value in pair):
            abort(400)
    if any("\0" in str(value) for value in (request.view_args or {}).values()):
        abort(404)


def _refuse_foreign_requests() -> None:
    if request.method in SAFE_METHODS or not request.endpoint or request.endpoint in CSRF_EXEMPT_ENDPOINTS:
        return
    if request.headers.get("Sec-Fetch-Site") == "cross-site":
        raise CSRFError("The request came from another site.")
    csrf.protect()


def _policy() -> str:
    return "; ".join(
        (
            "default-src 'none'",
            f"script-src 'nonce-{nonce()}'",
            "style-src 'self'",
            "img-src 'self' data:",
            "connect-src 'self'",
            "font-src 'self'",
            "frame-src 'self'",
            "manifest-src 'self'",
            "frame-ancestors 'none'",
            "form-action 'self'",
            "base-uri 'none'",
        )
    )


def _set_headers(response: Response) -> Response:
    headers: Any = response.headers
    headers.setdefault("Content-Security-Policy", _policy())
    headers["X-Content-Type-Options"] = "nosniff"
    headers.setdefault("Referrer-Policy", "same-origin")
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers.setdefault("X-Frame-Options", "DENY")
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=(), usb=()"
    if request.is_secure or current_app.config["SESSION_COOKIE_SECURE"]:
        headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint == "static" and response.status_code < 400:
        fresh = "public, max-age=31536000, immutable" if "v" in request.args else "public, max-age=3600"
        headers["Cache-Control"] = fresh
    else:
        headers["Cache-Control"] = "no-store"
    return response
