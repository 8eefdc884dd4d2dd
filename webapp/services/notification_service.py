"""The outbox: matches become messages, due messages are claimed, and what became of them is written down.

    enqueue (in the transaction of the change) ─▶ claim_due (transaction) ─▶ render, send ─▶ record_* (transaction)

Never marked first. A crash between the server's "250" and our mark sends one more copy with the same Message-ID;
nothing is ever lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import current_app

from webapp.channels import DeliveryError, RenderedMail
from webapp.db import db
from webapp.models import Alert, Channel, JobPosition, Message
from webapp.models.alert_notification import NotificationState
from webapp.models.message import MessageKind, MessageState
from webapp.repositories import message_entries, messages
from webapp.repositories.message_entries import Carried
from webapp.services import delivery_claims, delivery_outbox, delivery_rendering, delivery_results
from webapp.services.delivery_claims import Claimed
from webapp.services.delivery_policy import Window

__all__ = ["Match", "NotificationService", "render"]


@dataclass(frozen=True, slots=True)
class Match:
    """An alert that matched a position; `receipt_json` is the list of rule results that says why."""

    alert: Alert
    position: JobPosition
    receipt_json: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Owed:
    """What one batch of matches owes over all channels: positions to add, and items to take over from dead messages."""

    positions: dict[int, dict[int, None]]
    revived: dict[int, list[int]]


class NotificationService:
    """Writes to the outbox. Every method runs in the caller's transaction and commits nothing.

    `settings` are those of `config.py`; by default those of the running application.
    """

    def __init__(self, settings: Mapping[str, Any] | None = None) -> None:
        self.settings: Mapping[str, Any] = current_app.config if settings is None else settings

    # --- writing ----------------------------------------------------------------------------------------------------

    def enqueue(self, matches: Sequence[Match], now: datetime) -> list[Message]:
        """Owe each match to its user: once per alert and position, and once per channel and position.

        Returns the messages that will carry something new. Costs a number of statements that does not grow with
        the number of alerts or users.
        """
        db.session.flush()
        known = message_entries.known_pairs({match.position.id for match in matches})
        fresh = {
            (match.alert.id, match.position.id): match
            for match in matches
            if (match.alert.id, match.position.id) not in known
        }
        there = message_entries.hold_alerts({alert_id for alert_id, _ in fresh})
        fresh = {pair: match for pair, match in fresh.items() if pair[0] in there}
        if not fresh:
            return []
        positions = {position for _, position in fresh}
        ways = message_entries.ways_to_reach({match.alert.user_id for match in fresh.values()})
        open_ways = {user: [c for c in channels if _is_open(c)] for user, channels in ways.items()}
        channels = {channel.id: channel for found in open_ways.values() for channel in found}
        carried = message_entries.carried(channels, positions)

        owed = _owed(fresh.values(), open_ways, carried)
        carriers = self._carriers([channels[c] for c in sorted({*owed.positions, *owed.revived})], now)
        message_entries.add_items(
            [
                {"message_id": carriers[channel], "channel_id": channel, "job_position_id": position}
                for channel, wanted in owed.positions.items()
                for position in wanted
            ]
        )
        for channel, items in owed.revived.items():
            message_entries.move_items(items, carriers[channel])

        earlier = message_entries.told_by(open_ways, positions)
        message_entries.add_notifications(
            [
                {
                    "alert_id": match.alert.id,
                    "job_position_id": match.position.id,
                    "user_id": match.alert.user_id,
                    "receipt": match.receipt_json,
                    "matched_at": now,
                    **_fate(match, ways, open_ways, carried, carriers, earlier),
                }
                for match in fresh.values()
            ]
        )
        return message_entries.by_ids(carriers.values())

    def enqueue_notice(
        self, user_id: int, kind: MessageKind, key: str, subject: str, body: str, now: datetime
    ) -> list[Message]:
        """Owe a plain text to a user over each of their open channels, at most once per `key` and channel."""
        open_ways = [c for c in message_entries.ways_to_reach({user_id}).get(user_id, []) if _is_open(c)]
        keys = {channel.id: f"{kind.value}:{key}:{channel.id}" for channel in open_ways}
        message_entries.add_messages(
            [
                {
                    **delivery_outbox.new_row(channel, keys[channel.id], kind, now, now, self.settings),
                    "subject": subject[:500],
                    "body": body,
                }
                for channel in open_ways
            ]
        )
        return message_entries.by_ids(message_entries.joinable(keys.values()).values())

    def close_windows(self, now: datetime) -> int:
        """Let untried messages whose window is still open go now. How many."""
        return messages.make_due(now, now + timedelta(seconds=self.settings["MESSAGE_WINDOW_SECONDS"]))

    def _carriers(self, channels: Sequence[Channel], now: datetime) -> dict[int, int]:
        """By channel: the message of the current window that nobody has tried to send yet, made where there is none."""
        window = Window.at(now, self.settings["MESSAGE_WINDOW_SECONDS"])
        keys = {channel.id: f"matches:{channel.id}:{window.name}" for channel in channels}
        by_id = {channel.id: channel for channel in channels}
        return delivery_outbox.untried(keys, by_id, now, window.ends_at, self.settings)

    # --- sending ----------------------------------------------------------------------------------------------------

    def claim_due(self, now: datetime, owner: str, limit: int = 1) -> Claimed:
        """Take up to `limit` due messages for `owner` to send (see `delivery_claims`)."""
        return delivery_claims.claim_due(now, owner, limit, self.settings)

    def record_sent(self, message_id: int, fence: int, response: str, now: datetime, subject: str = "") -> None:
        """The server took the message and said `response`.

        Raises:
            LeaseLost: the attempt had been taken over.
        """
        delivery_results.record_sent(message_id, fence, response, now, subject)

    def record_failure(self, message_id: int, fence: int, error: DeliveryError, now: datetime) -> str:
        """The message was not taken: what happens next, by whose fault it is. Returns the message's new state.

        Raises:
            LeaseLost: the attempt had been taken over.
        """
        give_up = timedelta(seconds=self.settings["DELIVERY_GIVE_UP_SECONDS"])
        return delivery_results.record_failure(message_id, fence, error, now, give_up)

    def release(self, owner: str, now: datetime) -> int:
        """Give back all that `owner` holds, at shutdown. How many messages."""
        return delivery_claims.release(owner, now)


def render(message: Message) -> RenderedMail:
    """The message as it is, or was, handed over. Reads the database; needs an application context."""
    return delivery_rendering.render(message, current_app.config)


def _is_open(channel: Channel) -> bool:
    return channel.is_enabled and channel.unsubscribed_at is None


def _owed(
    fresh: Iterable[Match],
    open_ways: Mapping[int, list[Channel]],
    carried: Mapping[tuple[int, int], Carried],
) -> _Owed:
    owed = _Owed({}, {})
    seen: set[tuple[int, int]] = set()
    for match in fresh:
        for channel in open_ways.get(match.alert.user_id, []):
            pair = (channel.id, match.position.id)
            if pair in seen:
                continue
            seen.add(pair)
            before = carried.get(pair)
            if before is None:
                owed.positions.setdefault(channel.id, {})[match.position.id] = None
            elif before.state in (MessageState.FAILED, MessageState.SUPPRESSED):
                owed.revived.setdefault(channel.id, []).append(before.item_id)
    return owed


def _fate(
    match: Match,
    ways: Mapping[int, list[Channel]],
    open_ways: Mapping[int, list[Channel]],
    carried: Mapping[tuple[int, int], Carried],
    carriers: Mapping[int, int],
    earlier: Mapping[tuple[int, int], str],
) -> dict[str, Any]:
    """What becomes of one match: the message that carries it, or why none does."""
    user = match.alert.user_id
    owed = {"state": NotificationState.OWED.value, "reason": ""}
    suppressed = {"state": NotificationState.SUPPRESSED.value, "message_id": None}
    if not open_ways.get(user):
        return {**suppressed, "reason": _why_unreachable(ways.get(user, []))}
    # The first way that still has to tell it carries the match; a second address of the same user is told as well.
    for channel in open_ways[user]:
        before = carried.get((channel.id, match.position.id))
        if before is None or before.state in (MessageState.FAILED, MessageState.SUPPRESSED):
            return {**owed, "message_id": carriers[channel.id]}
        if before.state != MessageState.SENT:
            return {**owed, "message_id": before.message_id}
    name = earlier.get((user, match.position.id))
    return {**suppressed, "reason": f"Already told by “{name}”."[:500] if name else "Already told."}


def _why_unreachable(channels: Sequence[Channel]) -> str:
    for channel in channels:
        if channel.unsubscribed_at is not None:
            return f"Not sent: {channel.address} was unsubscribed."[:500]
        if channel.disabled_reason:
            return f"Not sent: {channel.disabled_reason}"[:500]
    return "Not sent: there is no address to send to."
