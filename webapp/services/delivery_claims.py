"""Taking due messages: one sender at a time, a lease and a fencing number per message, and a last look at what is owed.

In the claiming transaction it is decided what the message will say: what piled up while a way was down is merged into
one, what nobody wants any more is left out, and what is too much for one body moves to a follow-up.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from webapp.models import Message
from webapp.models.alert_notification import NotificationState
from webapp.models.message import MessageKind, MessageState
from webapp.repositories import message_entries, messages
from webapp.services import delivery_outbox, leases
from webapp.services.delivery_policy import BODY_LIMIT, FOLLOW_UP_WAIT, FOLLOW_UPS_AT_ONCE, MERGE_AFTER

# One sender at a time: with two, each waits for the other's write lock between the server's "250" and its own mark,
# and that is the moment in which a crash sends a second copy.
LEASE = "delivery"

_PART = re.compile(r"\+(\d+)(?:#\d+)?$")


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to send one message, until its lease ends. `address` is where it goes over channels of `kind`."""

    message_id: int
    fence: int
    kind: str
    address: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim came to. `busy`: another process is sending. `suppressed`: messages that need not be sent."""

    claims: list[Claim]
    suppressed: int = 0
    busy: bool = False


def claim_due(now: datetime, owner: str, limit: int, settings: Mapping[str, Any]) -> Claimed:
    """Take up to `limit` due messages for `owner`, the longest due first; paused kinds of channel are left alone."""
    lease = timedelta(seconds=settings["DELIVERY_LEASE_SECONDS"])
    if leases.acquire(LEASE, owner, lease, now) is None:
        return Claimed([], busy=True)
    claims: list[Claim] = []
    suppressed = 0
    # The transaction stays short even where much is suppressed.
    while len(claims) < limit and suppressed < BODY_LIMIT:
        message_id = messages.next_due(now)
        if message_id is None:
            break
        messages.hold_user_of(message_id)
        fence = messages.claim(message_id, owner, now + lease, now)
        if fence is None:
            break
        message = messages.get(message_id)
        reason = _why_not(message) or (
            _settle_contents(message, now, settings) if message.kind == MessageKind.MATCHES else None
        )
        if reason is None:
            claims.append(Claim(message_id, fence, message.channel.kind, message.channel.address))
            continue
        suppressed += 1
        messages.settle_untold(message_id, NotificationState.SUPPRESSED, reason)
        messages.settle(
            message_id, fence, state=MessageState.SUPPRESSED, last_error=reason, attempts=message.attempts - 1
        )
    return Claimed(claims, suppressed)


def release(owner: str, now: datetime) -> int:
    """Give back all that `owner` holds. How many messages."""
    leases.release(LEASE, owner, now)
    return messages.free_held_by(owner)


def _why_not(message: Message) -> str | None:
    """Why this message must not be sent, or None."""
    channel = message.channel
    if not message.user.is_active:
        return "Not sent: the account is switched off."
    if channel.unsubscribed_at is not None:
        return f"Not sent: {channel.address} was unsubscribed."[:500]
    if not channel.is_enabled:
        return f"Not sent: {channel.disabled_reason or 'this address is switched off.'}"[:500]
    return None


def _settle_contents(message: Message, now: datetime, settings: Mapping[str, Any]) -> str | None:
    """Fix what the message will say. Returns why there is nothing to say, or None."""
    if message.attempts == 1 and message.created_at <= now - MERGE_AFTER:
        beside = messages.waiting_beside(message, now)
        if beside:
            messages.merge(beside, message.id, f"Merged into message {message.id}, which tells everything at once.")
            message.body = ""
    messages.suppress_paused(message, "Not sent: the alert was paused.")
    items = messages.item_positions(message.id)
    wanted = messages.wanted_positions(message)
    messages.drop_items([item for item, position in items if position not in wanted])
    kept = [(item, position) for item, position in items if position in wanted]
    if not kept:
        return "Not sent: its alerts were paused or deleted."
    if len(kept) > BODY_LIMIT:
        _follow_up(message, kept[BODY_LIMIT:], now, settings)
    return None


def _follow_up(message: Message, rest: list[tuple[int, int]], now: datetime, settings: Mapping[str, Any]) -> None:
    """Move what does not fit to a message of its own. Only what stands in a body counts as told."""
    found = _PART.search(message.dedupe_key)
    part = int(found[1]) + 1 if found else 2
    base = message.dedupe_key[: found.start()] if found else message.dedupe_key
    due = now if part <= FOLLOW_UPS_AT_ONCE else now + FOLLOW_UP_WAIT
    channel = message.channel
    carrier = delivery_outbox.untried({channel.id: f"{base}+{part}"}, {channel.id: channel}, now, due, settings)[
        channel.id
    ]
    message_entries.move_items([item for item, _ in rest], carrier)
    messages.move_notifications(message.id, [position for _, position in rest], carrier)
    message.body = (
        "One more position follows in another message."
        if len(rest) == 1
        else f"{len(rest)} more positions follow in another message."
    )
