"""Delivers what is due, one message at a time.

claim (transaction) ─▶ render and send (none open) ─▶ record (transaction)
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy.exc import SQLAlchemyError

from webapp.channels import DeliveryError, Transport, open_transport
from webapp.db import db, in_transaction
from webapp.errors import LeaseLost
from webapp.models.message import MessageState
from webapp.repositories import messages
from webapp.services.delivery_claims import Claim
from webapp.services.notification_service import NotificationService, render

log = logging.getLogger("rolewatch.delivery")

TRIES_TO_NOTE = 6


@dataclass(slots=True)
class DeliveryCounts:
    """What one round came to. `postponed` messages are tried again; `busy`: another process was sending."""

    sent: int = 0
    postponed: int = 0
    failed: int = 0
    suppressed: int = 0
    busy: bool = False

    def as_json(self) -> dict[str, int | bool]:
        """The counts by name."""
        return asdict(self)


def deliver_due(
    *, now_fn: Callable[[], datetime], owner: str, stop: Callable[[], bool] = lambda: False
) -> DeliveryCounts:
    """Send every message that is due, until nothing is or `stop()` says so. Needs an application context.

    A failure of one message never keeps the next from going; a failure of our own side ends the round, because the
    kind of channel is paused. Whatever is cut off midway is taken up again when its lease ends.
    """
    # Two rounds of one process are as much two senders as two processes are.
    owner = f"{owner[:100]}/{uuid.uuid4().hex[:8]}"
    service = NotificationService()
    counts = DeliveryCounts()
    transports: dict[str, Transport] = {}
    held = False
    try:
        # The look before the claim keeps an idle tick from writing anything.
        while not stop() and _is_any_due(now_fn()):
            claimed = in_transaction(lambda: service.claim_due(now_fn(), owner))
            held = held or not claimed.busy
            counts.suppressed += claimed.suppressed
            counts.busy = claimed.busy
            if not claimed.claims and not claimed.suppressed:
                break
            for claim in claimed.claims:
                _deliver(claim, service, transports, counts, now_fn)
    finally:
        for transport in transports.values():
            transport.close()
        if held:
            in_transaction(lambda: service.release(owner, now_fn()))
    return counts


def _is_any_due(now: datetime) -> bool:
    due = messages.next_due(now)
    db.session.rollback()
    return due is not None


def _deliver(
    claim: Claim,
    service: NotificationService,
    transports: dict[str, Transport],
    counts: DeliveryCounts,
    now_fn: Callable[[], datetime],
) -> None:
    try:
        try:
            rendered = render(messages.get(claim.message_id))
            db.session.rollback()
            if claim.kind not in transports:
                transports[claim.kind] = open_transport(claim.kind, current_app.config)
            receipt = transports[claim.kind].send(rendered, claim.address)
        except DeliveryError as error:
            failure = error
        except SQLAlchemyError:
            # The database's fault is not the message's: it comes again.
            raise
        except Exception as error:
            log.exception("message %s could not be made", claim.message_id)
            failure = DeliveryError(
                f"The message could not be made ({type(error).__name__}): the log has the details.",
                phase="message",
                permanent=True,
            )
        else:
            # Not noted means sent again, so the database is given every chance.
            response, subject = receipt.server_response, rendered.subject
            in_transaction(
                lambda: service.record_sent(claim.message_id, claim.fence, response, now_fn(), subject),
                tries=TRIES_TO_NOTE,
            )
            counts.sent += 1
            log.info("message %s sent: %s", claim.message_id, receipt.server_response)
            return
        db.session.rollback()
        state = in_transaction(lambda: service.record_failure(claim.message_id, claim.fence, failure, now_fn()))
        counts.failed += state == MessageState.FAILED
        counts.postponed += state == MessageState.PENDING
        log.warning("message %s not sent (%s): %s", claim.message_id, failure.phase, failure.sentence)
    except LeaseLost as error:
        log.warning("message %s: %s", claim.message_id, error.sentence)
