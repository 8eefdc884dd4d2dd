"""New rows of the outbox: keys that make writing one twice impossible, and Message-IDs that never change."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from webapp.channels.email import mailbox
from webapp.models import Channel
from webapp.models.message import MessageKind, MessageState
from webapp.repositories import message_entries


def new_row(
    channel: Channel, key: str, kind: MessageKind, now: datetime, due: datetime, settings: Mapping[str, Any]
) -> dict[str, Any]:
    """The column values of a message that waits until `due`."""
    return {
        "dedupe_key": key,
        "message_id": message_id_for(key, settings),
        "kind": kind.value,
        "user_id": channel.user_id,
        "channel_id": channel.id,
        "state": MessageState.PENDING.value,
        "created_at": now,
        "deliver_after": due,
    }


def untried(
    keys: Mapping[int, str],
    channels: Mapping[int, Channel],
    now: datetime,
    due: datetime,
    settings: Mapping[str, Any],
) -> dict[int, int]:
    """By channel: the message with this key that nobody has tried to send, made where there is none.

    Nothing may join a message that a server may have seen: a copy with the same Message-ID and other contents could
    be thrown away as a duplicate. Such a key is left alone, and the first free suffix is used.
    """
    found: dict[int, int] = {}
    suffix = 1
    while missing := [channel for channel in keys if channel not in found]:
        wanted = {(keys[channel] if suffix == 1 else f"{keys[channel]}#{suffix}"): channel for channel in missing}
        message_entries.add_messages(
            [
                new_row(channels[channel], key, MessageKind.MATCHES, now, due, settings)
                for key, channel in wanted.items()
            ]
        )
        found.update((wanted[key], message) for key, message in message_entries.joinable(wanted).items())
        suffix += 1
    return found


def message_id_for(key: str, settings: Mapping[str, Any]) -> str:
    """The Message-ID, without angle brackets, for a key: always the same, and guessed by nobody."""
    digest = hmac.new(settings["SECRET_KEY"].encode(), f"message-id:{key}".encode(), hashlib.sha256)
    try:
        domain = mailbox(settings["MAIL_FROM"]).domain
    except ValueError:
        domain = "localhost"
    return f"{digest.hexdigest()[:40]}@{domain}"
