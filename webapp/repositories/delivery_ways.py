"""Questions about ways to reach people: channels, what a signed link names, and pauses of a whole way."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from webapp.db import db
from webapp.models import Alert, Channel, TransportPause
from webapp.repositories._statements import insert, update


def pause_of(kind: str) -> TransportPause | None:
    """The pause of a kind of channel, over or not, or None."""
    return db.session.get(TransportPause, kind, populate_existing=True)


def pauses() -> list[TransportPause]:
    """All kinds of channel that have failed and not worked since."""
    return list(db.session.scalars(sa.select(TransportPause).order_by(TransportPause.kind)))


def set_pause(kind: str, now: datetime, until: datetime, failures: int, reason: str) -> None:
    """Begin or prolong the pause of a kind of channel."""
    values = {"until": until, "failures": failures, "reason": reason}
    statement = insert(TransportPause).values(kind=kind, since=now, **values)
    db.session.execute(statement.on_conflict_do_update(index_elements=[TransportPause.kind], set_=values))


def end_pause(kind: str) -> None:
    """It works again."""
    update(sa.delete(TransportPause).where(TransportPause.kind == kind))


def find_channel(channel_id: int) -> Channel | None:
    """The channel, as it is now."""
    return db.session.get(Channel, channel_id, populate_existing=True)


def find_alert(alert_id: int) -> Alert | None:
    """The alert, as it is now, whoever owns it: only for links that carry a signature."""
    return db.session.get(Alert, alert_id, populate_existing=True)
