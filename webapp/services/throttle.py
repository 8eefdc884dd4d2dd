"""Counts attempts against a limit, in the database so that every process counts together."""

from __future__ import annotations

import hashlib
import ipaddress
import math
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from webapp.db import db
from webapp.models import AttemptBucket


def account_key(purpose: str, email: str) -> str:
    """The bucket of one account; holds a hash, never the address."""
    return f"{purpose}:account:{hashlib.sha256(email.encode()).hexdigest()[:40]}"


def address_key(purpose: str, address: str | None) -> str:
    """The bucket of one network address: an IPv4 address, or the /64 that an IPv6 subscriber has to himself."""
    try:
        ip = ipaddress.ip_address(address or "")
    except ValueError:
        return f"{purpose}:ip:unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is None:
            return f"{purpose}:ip:{ipaddress.ip_network((ip, 64), strict=False)}"
        ip = ip.ipv4_mapped
    return f"{purpose}:ip:{ip}"


def take(key: str, now: datetime, *, limit: int, window: timedelta = timedelta(hours=1)) -> int:
    """Count one attempt at `now`; returns 0 if it is within `limit`, else the seconds until the window ends.

    Waiting helps whoever tries in between: the window is not prolonged by refused attempts.
    """
    insert = postgresql.insert if db.session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(AttemptBucket).values(key=key, window_started_at=now, attempts=1)
    is_over = AttemptBucket.window_started_at <= now - window
    statement = statement.on_conflict_do_update(
        index_elements=[AttemptBucket.key],
        set_={
            "attempts": sa.case((is_over, 1), else_=AttemptBucket.attempts + 1),
            "window_started_at": sa.case(
                (is_over, sa.literal(now, AttemptBucket.window_started_at.type)), else_=AttemptBucket.window_started_at
            ),
        },
    )
    row = db.session.execute(statement.returning(AttemptBucket.attempts, AttemptBucket.window_started_at)).one()
    if row.attempts <= limit:
        return 0
    left: timedelta = row.window_started_at + window - now
    return max(1, math.ceil(left.total_seconds()))


def forget(email: str) -> None:
    """Remove every bucket of an account, whatever was counted in it."""
    suffix = account_key("", email)
    db.session.execute(sa.delete(AttemptBucket).where(AttemptBucket.key.endswith(suffix, autoescape=True)))


def clear(key: str) -> None:
    """Forget the attempts: it was the right person after all."""
    db.session.execute(sa.delete(AttemptBucket).where(AttemptBucket.key == key))
