"""What became of an attempt, written down by whose fault it was.

ours       the whole kind of channel pauses; no message and no user pays for it
recipient  refused on three different days: the channel is switched off and says why
message    refused twice for its content: a dead letter
anything temporary: the message comes again after 1, 5, 15, 60 minutes, then hourly, until it is given up
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from webapp.channels import DeliveryError
from webapp.errors import LeaseLost
from webapp.models import Message
from webapp.models.alert_notification import NotificationState
from webapp.models.message import MessageState
from webapp.repositories import delivery_ways, messages
from webapp.services import delivery_policy as policy


def record_sent(message_id: int, fence: int, response: str, now: datetime, subject: str = "") -> None:
    """The receiving server took the message.

    Raises:
        LeaseLost: the attempt had been taken over, or the message is gone.
    """
    messages.hold_user_of(message_id)
    values: dict[str, Any] = {"subject": subject[:500]} if subject else {}
    _settle(
        message_id, fence, state=MessageState.SENT, sent_at=now, server_response=response[:500], last_error="",
        error_phase=None, **values,
    )  # fmt: skip
    message = messages.get(message_id)
    messages.settle_told(message, now)
    delivery_ways.end_pause(message.channel.kind)
    if message.channel.refused_on:
        message.channel.refused_on = []


def record_failure(message_id: int, fence: int, error: DeliveryError, now: datetime, give_up: timedelta) -> str:
    """The message was not taken. Returns its new state: `pending` or `failed`.

    Raises:
        LeaseLost: the attempt had been taken over, or the message is gone.
    """
    messages.hold_user_of(message_id)
    message = messages.find(message_id)
    if message is None:
        raise LeaseLost("The message was deleted while it was being sent.")
    values: dict[str, Any] = {
        "last_error": error.sentence[:500],
        "error_phase": error.phase,
        "server_response": error.server_response,
    }
    failed = message.attempts >= policy.attempts_until(give_up)
    if error.phase == "ours" and not error.begun:
        failed = False
        values["attempts"] = message.attempts - 1
    elif error.phase == "recipient" and error.permanent:
        failed = _refuse_address(message, error, now) or failed
        values["deliver_after"] = now + policy.REFUSED_AGAIN
    elif error.phase == "message" and error.permanent:
        values["refusals"] = message.refusals + 1
        failed = message.refusals + 1 >= policy.CONTENT_REFUSALS or failed
        values["deliver_after"] = now + policy.CONTENT_AGAIN
    else:
        values["deliver_after"] = now + policy.wait_after(message.attempts)
    state = MessageState.FAILED if failed else MessageState.PENDING
    _settle(message_id, fence, state=state, **values)
    if failed:
        messages.settle_untold(message_id, NotificationState.FAILED, error.sentence[:500])
    if error.phase == "ours":
        _pause(message.channel.kind, error, now)
    return state.value


def _settle(message_id: int, fence: int, **values: Any) -> None:
    if not messages.settle(message_id, fence, **values):
        raise LeaseLost("The attempt to send took longer than its lease and was taken over: its result is dropped.")


def _refuse_address(message: Message, error: DeliveryError, now: datetime) -> bool:
    """Note that the address was refused today. True if that switches the channel off."""
    channel = message.channel
    today = now.astimezone(UTC).date().isoformat()
    channel.refused_on = sorted({*channel.refused_on, today})
    if not policy.is_refusing_for_good(channel.refused_on):
        return False
    channel.is_enabled = False
    channel.disabled_at = now
    said = f" Its mail server said “{error.server_response}”." if error.server_response else ""
    channel.disabled_reason = (
        f"We cannot reach {channel.address}: it was refused on {policy.REFUSED_DAYS} different days.{said}"[:500]
    )
    return True


def _pause(kind: str, error: DeliveryError, now: datetime) -> None:
    before = delivery_ways.pause_of(kind)
    failures = before.failures + 1 if before else 1
    until = now + policy.pause_after(failures, permanent=error.permanent)
    delivery_ways.set_pause(kind, now, until, failures, error.sentence[:500])
