"""An admin's hand on the outbox: try a message now, end a pause."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from webapp.db import db
from webapp.errors import Conflict, NotFound
from webapp.models import AlertNotification, Message
from webapp.models.alert_notification import NotificationState
from webapp.models.message import MessageState
from webapp.repositories import admin_outbox

RETRYABLE = (MessageState.PENDING.value, MessageState.FAILED.value)


def retry_now(message: Message, now: datetime) -> None:
    """Make `message` due now, also one that had failed for good: what it tells is owed again.

    Raises:
        Conflict: it was sent, is being sent, or will not be sent for a reason that retrying does not remove.
    """
    if message.state not in RETRYABLE:
        raise Conflict(f"This message is {message.state}: there is nothing to try again.")
    if message.state == MessageState.FAILED:
        db.session.execute(
            sa.update(AlertNotification)
            .where(
                AlertNotification.message_id == message.id, AlertNotification.state == NotificationState.FAILED.value
            )
            .values(state=NotificationState.OWED.value, reason=""),
            execution_options={"synchronize_session": False},
        )
        # All its patience again, but not as if it were untried: nothing may join what a server may have seen.
        message.attempts, message.refusals = min(message.attempts, 1), 0
    message.state = MessageState.PENDING.value
    message.deliver_after = now


def end_pause(kind: str) -> None:
    """Try this way of sending again at once.

    Raises:
        NotFound: it is not paused.
    """
    pause = admin_outbox.find_pause(kind)
    if pause is None:
        raise NotFound("Sending is not paused any more.")
    db.session.delete(pause)
