"""The outbox: every message, what became of it, and what it says."""

from __future__ import annotations

from flask import Response, current_app, flash, make_response, request, url_for
from flask.typing import ResponseReturnValue

from webapp import clock, tasks
from webapp.db import transaction
from webapp.errors import NotFound
from webapp.models.message import MessageState
from webapp.repositories import admin_outbox
from webapp.services import notification_service, outbox_retry
from webapp.web import htmx
from webapp.web.admin_frame import ID, admin_blueprint, window

blueprint = admin_blueprint("admin_outbox", __name__)

PAGE = 50
# A mail is written for mail programs, with styles on every element; the sandbox keeps it from anything but being seen.
MAIL_POLICY = (
    "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "form-action 'none'; base-uri 'none'"
)


@blueprint.get("/outbox")
def index() -> ResponseReturnValue:
    """Messages, newest first; `?state=` narrows them."""
    state = request.args.get("state", "")
    states = (state,) if state in set(MessageState) else ()
    counts = admin_outbox.counts_by_state()
    page = window(sum(counts.get(one, 0) for one in states or counts), PAGE)
    messages = admin_outbox.page(states, limit=page.size, offset=page.offset)
    return htmx.page(
        "admin/outbox.html",
        messages=messages,
        items=admin_outbox.item_counts([message.id for message in messages]),
        counts=counts,
        states=list(MessageState),
        state=state if states else "",
        window=page,
        pauses=admin_outbox.pauses(clock.utcnow()),
        mail_is_on=_mail_is_on(),
    )


@blueprint.get(f"/outbox/<{ID}:message_id>")
def show(message_id: int) -> ResponseReturnValue:
    """One message: its life, and, where mail is kept on screen, its text and its HTML in a sandbox."""
    message = admin_outbox.get(message_id)
    return htmx.page(
        "admin/message.html",
        message=message,
        mail=None if _mail_is_on() else notification_service.render(message),
        is_retryable=message.state in outbox_retry.RETRYABLE,
        mail_is_on=_mail_is_on(),
    )


@blueprint.get(f"/outbox/<{ID}:message_id>/html")
def html(message_id: int) -> Response:
    """The HTML part alone, for the frame on the message's page: it may load, run and submit nothing."""
    if _mail_is_on():
        raise NotFound("Mail goes out by a mail server, so what it says is for its reader alone.")
    mail = notification_service.render(admin_outbox.get(message_id))
    response = make_response(mail.html)
    response.headers["Content-Security-Policy"] = MAIL_POLICY
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return response


@blueprint.post(f"/outbox/<{ID}:message_id>/retry")
def retry(message_id: int) -> ResponseReturnValue:
    """Try a message now that waits for its next try or had failed."""
    with transaction():
        outbox_retry.retry_now(admin_outbox.get(message_id, lock=True), clock.utcnow())
    tasks.wake("deliver_due")
    flash("The message is tried again now.")
    return htmx.redirect_to(url_for("admin_outbox.show", message_id=message_id))


@blueprint.post("/outbox/resume/<kind>")
def resume(kind: str) -> ResponseReturnValue:
    """End the pause of a way of sending."""
    with transaction():
        outbox_retry.end_pause(kind)
    tasks.wake("deliver_due")
    flash("Sending is tried again now.")
    return htmx.redirect_to(url_for("admin_outbox.index"))


def _mail_is_on() -> bool:
    return bool(current_app.config["MAIL_SERVER"])
