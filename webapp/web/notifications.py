"""What the looker was told, what is still owed to them, and why something was not sent."""

from __future__ import annotations

from dataclasses import dataclass

from flask import Blueprint, current_app, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from webapp.channels import screen
from webapp.models import Message
from webapp.models.message import MessageState
from webapp.repositories import alerts as alert_questions
from webapp.repositories import notifications as repository
from webapp.repositories.notifications import Delivery
from webapp.web import htmx
from webapp.web.access import me
from webapp.web.filters import when
from webapp.web.receipts import shown

blueprint = Blueprint("notifications", __name__, url_prefix="/notifications")

PAGE = 20


@dataclass(frozen=True, slots=True)
class State:
    """What became of a delivery: a badge, a sentence, and the other side's own words where it gave any."""

    badge: str
    tone: str
    sentence: str | Markup
    answer: str = ""


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Every message and every match that no message carries, newest first."""
    number = max(1, min(request.args.get("page", 1, type=int) or 1, 100_000))
    first = (number - 1) * PAGE
    found = repository.page_of(me().id, limit=PAGE, offset=first)
    return htmx.page_or_fragment(
        "notifications/index.html",
        "notifications/_list.html",
        deliveries=[(delivery, state_of(delivery)) for delivery in found.deliveries],
        total=found.total,
        first=first,
        channels_off=repository.channels_off(me().id),
        has_alerts=alert_questions.count_of(me().id) > 0,
        keeps_on_screen=current_app.config["MAIL_SERVER"] == "",
        shown=shown,
        newer_url=url_for("notifications.index", page=number - 1) if number > 1 else "",
        older_url=url_for("notifications.index", page=number + 1) if first + PAGE < found.total else "",
    )


def state_of(delivery: Delivery) -> State:
    """The state of a delivery in words."""
    message = delivery.message
    if message is None:
        return State("not sent", "", delivery.reason or "No message carries this.")
    match message.state:
        case MessageState.SENT if message.server_response == screen.NOT_SENT:
            return State("kept on screen", "warn", message.server_response)
        case MessageState.SENT:
            sentence = Markup("Handed over to the mail server of {} {}.").format(
                message.channel.address, when(message.sent_at)
            )
            return State("sent", "good", sentence, message.server_response)
        case MessageState.SENDING:
            return State("being sent", "accent", "It is being handed over right now.")
        case MessageState.FAILED:
            return State("failed", "bad", message.last_error or "It could not be delivered.", message.server_response)
        case MessageState.SUPPRESSED:
            return State("not sent", "", message.last_error or "There was no reason left to send it.")
    return _waiting(message)


def _waiting(message: Message) -> State:
    if not message.channel.is_enabled or message.channel.unsubscribed_at is not None:
        return State("waiting", "warn", "Nothing is sent to this address at present.", message.last_error)
    if message.last_error:
        sentence = Markup("{} The next try is due {}.").format(message.last_error, when(message.deliver_after))
        return State("waiting", "warn", sentence, message.server_response)
    return State("waiting", "accent", Markup("It goes out {}.").format(when(message.deliver_after)))
