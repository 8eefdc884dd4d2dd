"""Log-in sessions: begun, looked up, kept fresh and ended. The browser holds a random token, the database its hash."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

import sqlalchemy as sa

from webapp.db import db
from webapp.models import User, UserSession
from webapp.repositories import users

TOUCH_EVERY = timedelta(minutes=5)
VISIT_GAP = timedelta(minutes=30)


def token_hash(token: str) -> str:
    """What the database keeps of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def begin(user: User, now: datetime, *, days: int, user_agent: str = "") -> str:
    """A new session of `user` that lasts `days`; returns the token for the cookie, which is stored nowhere."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        UserSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=now,
            last_seen_at=now,
            expires_at=now + timedelta(days=days),
            user_agent=user_agent[:500],
        )
    )
    note_visit(user, now)
    db.session.flush()
    return token


def find(token: str, now: datetime) -> UserSession | None:
    """The session that `token` opens, unless it is over or its user may not log in any more."""
    session = users.find_session(token_hash(token))
    if session is None or session.is_over(now) or not session.user.is_active:
        return None
    return session


def is_stale(session: UserSession, now: datetime) -> bool:
    """Whether it is time to write down that the session was used: at most every five minutes."""
    return now - session.last_seen_at >= TOUCH_EVERY


def touch(session: UserSession, now: datetime) -> None:
    """Write down that the session was used at `now`."""
    session.last_seen_at = now
    note_visit(session.user, now)


def note_visit(user: User, now: datetime) -> None:
    """A visit is over after half an hour of silence; what came since the one before is "new since your last visit"."""
    if user.last_visit_at is None or now - user.last_visit_at > VISIT_GAP:
        user.previous_visit_at = user.last_visit_at
    user.last_visit_at = now


def end(token: str) -> None:
    """End the session of `token`; a cookie copied before is dead from now on. Harmless if it is over already."""
    db.session.execute(sa.delete(UserSession).where(UserSession.token_hash == token_hash(token)))


def end_all(user: User, *, but: str | None = None) -> int:
    """End all sessions of `user`, except that of the token `but`; returns how many ended."""
    query = sa.delete(UserSession).where(UserSession.user_id == user.id)
    if but is not None:
        query = query.where(UserSession.token_hash != token_hash(but))
    return db.session.execute(query).rowcount  # type: ignore[attr-defined,no-any-return]
