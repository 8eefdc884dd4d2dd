"""Held snapshots: look, check again, confirm or dismiss."""

from __future__ import annotations

from flask import flash, request, url_for
from flask.typing import ResponseReturnValue

from webapp import clock, tasks
from webapp.errors import Conflict
from webapp.models.board import HeldState
from webapp.repositories import admin_runs, boards
from webapp.web import htmx
from webapp.web.access import me
from webapp.web.admin_frame import ID, admin_blueprint, window
from webapp.web.admin_holds import card, cards
from webapp.web.filters import plural

blueprint = admin_blueprint("admin_held", __name__)

PAGE = 25


@blueprint.get("/held")
def index() -> ResponseReturnValue:
    """What is held: first what waits for a decision, then what was decided."""
    page = window(admin_runs.count_holds(), PAGE)
    held = cards(admin_runs.holds(limit=page.size, offset=page.offset), clock.utcnow())
    return htmx.page(
        "admin/held.html",
        waiting=[one for one in held if one.is_pending],
        settled=[one for one in held if not one.is_pending],
        window=page,
    )


@blueprint.get(f"/held/<{ID}:held_id>")
def show(held_id: int) -> ResponseReturnValue:
    """One held snapshot with every position it would close or open."""
    held = boards.get_hold(held_id)
    return htmx.page("admin/held_one.html", card=card(held, clock.utcnow(), names=None))


@blueprint.route(f"/held/<{ID}:held_id>/confirm", methods=["GET", "POST"])
def confirm(held_id: int) -> ResponseReturnValue:
    """Asks, then believes the snapshot: what it does not list expires, what it adds is opened and announced."""
    if request.method == "POST":
        run = tasks.confirm_held(held_id, me().id)
        tasks.wake("deliver_due")
        name = boards.get(run.board_id).company.name
        flash(
            f"Believed. {name}: {plural(run.expired, 'position')} closed, "
            f"{plural(run.new + run.reposted, 'position')} opened."
        )
        return htmx.redirect_to(url_for("admin_held.index"))
    held = boards.get_hold(held_id)
    if held.state != HeldState.PENDING:
        raise Conflict("This snapshot is not waiting for a decision any more.")
    return htmx.page("admin/confirm_held.html", card=card(held, clock.utcnow()))


@blueprint.post(f"/held/<{ID}:held_id>/dismiss")
def dismiss(held_id: int) -> ResponseReturnValue:
    """Disbelieve the snapshot: nothing changes, and the same picture will not confirm itself."""
    tasks.dismiss_held(held_id, me().id)
    flash("Dismissed. Nothing was changed, and the same picture will not confirm itself.")
    return htmx.redirect_to(url_for("admin_held.index"))
