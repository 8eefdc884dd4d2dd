"""Links in e-mails that act for their holder without a log-in: signed, for ever, and for one thing each."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any, Literal

from itsdangerous import BadSignature, URLSafeSerializer

from webapp.errors import NotFound
from webapp.models import Alert, Channel

_SALT = "unsubscribe"


@dataclass(frozen=True, slots=True)
class Target:
    """What a link switches off: all mail to a `channel`, or one `alert`. `proof` ties it to that very row."""

    kind: Literal["channel", "alert"]
    id: int
    proof: str


def for_channel(channel: Channel, secret: str) -> str:
    """The token that ends all mail to `channel`."""
    return _sign(["c", channel.id, _proof(channel.address)], secret)


def for_alert(alert: Alert, secret: str) -> str:
    """The token that pauses `alert`."""
    return _sign(["a", alert.id, _proof(alert.created_at.isoformat())], secret)


def read(token: str, secret: str, *older: str) -> Target:
    """What a token stands for, made with `secret` or with one of the `older` keys that went before it.

    Raises:
        NotFound: the token was not made here, or not with one of these keys.
    """
    try:
        kind, number, proof = URLSafeSerializer([*older, secret], salt=_SALT).loads(token)
    except (BadSignature, ValueError, TypeError):
        raise NotFound(
            "This link is not valid: it may have been cut off. Copy the whole link from the e-mail, or log in and "
            "change your alerts there."
        ) from None
    return Target("channel" if kind == "c" else "alert", int(number), str(proof))


def is_for(target: Target, row: Channel | Alert) -> bool:
    """Whether the row is the one the link was made for: databases give the number of a deleted row away again."""
    return target.proof == _proof(row.address if isinstance(row, Channel) else row.created_at.isoformat())


def _proof(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()


def _sign(value: list[Any], secret: str) -> str:
    return URLSafeSerializer(secret, salt=_SALT).dumps(value)
