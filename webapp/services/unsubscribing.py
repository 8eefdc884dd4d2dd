"""What a signed link in an e-mail stops: all mail to one address, or one alert."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from webapp.errors import NotFound
from webapp.models import Alert, Channel
from webapp.repositories import delivery_ways
from webapp.services import delivery_links


@dataclass(frozen=True, slots=True)
class Stop:
    """What a link stops: `row` is an address or an alert, `name` what people call it."""

    row: Channel | Alert
    name: str
    is_stopped: bool

    @property
    def is_alert(self) -> bool:
        return isinstance(self.row, Alert)


def find(token: str, secret: str, *older: str) -> Stop:
    """What the link, signed with `secret` or an older key, stops, as it is now.

    Raises:
        NotFound: the link is not ours, or what it was for is gone, so that nothing is sent for it anyway.
    """
    target = delivery_links.read(token, secret, *older)
    row = delivery_ways.find_channel(target.id) if target.kind == "channel" else delivery_ways.find_alert(target.id)
    if row is None or not delivery_links.is_for(target, row):
        raise NotFound("This link is for an address or alert that no longer exists: nothing is sent for it any more.")
    if isinstance(row, Channel):
        return Stop(row, row.address, row.unsubscribed_at is not None)
    return Stop(row, row.name, row.is_paused)


def switch(stop: Stop, *, stopped: bool, now: datetime) -> None:
    """Stop or start again. What waits in the outbox is looked at again before it is sent."""
    if stop.is_stopped == stopped:
        return
    if isinstance(stop.row, Channel):
        stop.row.unsubscribed_at = now if stopped else None
    else:
        stop.row.is_paused = stopped
        stop.row.version += 1
        stop.row.updated_at = now
