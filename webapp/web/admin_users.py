"""Accounts: who is an admin, who may log in."""

from __future__ import annotations

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue

from webapp.db import transaction
from webapp.repositories import admin_users
from webapp.services import user_roles
from webapp.web import htmx
from webapp.web.access import me
from webapp.web.admin_frame import ID, admin_blueprint, window

blueprint = admin_blueprint("admin_users", __name__)

PAGE = 50


@blueprint.get("/users")
def index() -> ResponseReturnValue:
    """Accounts, admins first; `?q=` searches addresses and names."""
    text = request.args.get("q", "").replace("\x00", "").strip()[:200]
    page = window(admin_users.count(text), PAGE)
    return htmx.page_or_fragment(
        "admin/users.html",
        "admin/_users.html",
        users=admin_users.page(text, limit=page.size, offset=page.offset),
        text=text,
        window=page,
    )


@blueprint.post(f"/users/<{ID}:user_id>/admin")
def set_admin(user_id: int) -> ResponseReturnValue:
    """Make somebody an admin, or no longer one."""
    on = request.form.get("on") == "1"
    with transaction():
        user = admin_users.get(user_id)
        user_roles.set_admin(user, on)
        email = user.email
    flash(f"{email} is an admin now." if on else f"{email} is no admin any more.")
    # Who gave away the right to see this page is led to one that is still theirs.
    return htmx.redirect_to(url_for("admin_users.index") if on or user_id != me().id else "/positions")


@blueprint.post(f"/users/<{ID}:user_id>/active")
def set_active(user_id: int) -> ResponseReturnValue:
    """Let somebody log in, or stop them. Nothing of theirs is deleted."""
    on = request.form.get("on") == "1"
    with transaction():
        user = admin_users.get(user_id)
        user_roles.set_active(user, on)
        email = user.email
    flash(
        f"{email} may log in again."
        if on
        else f"{email} is switched off: logged out everywhere, and nothing is sent. All they have is kept."
    )
    return htmx.redirect_to(url_for("admin_users.index"))
