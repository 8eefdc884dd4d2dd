"""Questions about people and their log-ins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.db import db
from webapp.errors import NotFound
from webapp.models import User, UserSession


def get(user_id: int) -> User:
    """The user with this id.

    Raises:
        NotFound: there is none.
    """
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such account.")
    return user


def find_by_email(email: str) -> User | None:
    """The user who logs in with `email`, which must be normalised already."""
    return db.session.scalars(sa.select(User).where(User.email == email)).one_or_none()


def get_by_email(email: str) -> User:
    """As `find_by_email`.

    Raises:
        NotFound: nobody has this address.
    """
    user = find_by_email(email)
    if user is None:
        raise NotFound(f"No account has the address {email}.")
    return user


def find_session(token_hash: str) -> UserSession | None:
    """The log-in whose token has this hash, with its user, whether or not it is over."""
    query = sa.select(UserSession).options(joinedload(UserSession.user)).where(UserSession.token_hash == token_hash)
    return db.session.scalars(query).one_or_none()


def sessions(*, owner: User, now: datetime) -> Sequence[UserSession]:
    """The log-ins of `owner` that are not over at `now`, the most recently used first."""
    query = (
        sa.select(UserSession)
        .where(UserSession.user_id == owner.id, UserSession.expires_at > now)
        .order_by(UserSession.last_seen_at.desc(), UserSession.id.desc())
    )
    return db.session.scalars(query).all()


def everybody() -> Sequence[User]:
    """All users by address."""
    return db.session.scalars(sa.select(User).order_by(User.email)).all()


def is_first() -> bool:
    """Whether no account exists yet."""
    return db.session.scalar(sa.select(User.id).limit(1)) is None


def count_admins() -> int:
    """How many active admins there are, sample ones included."""
    query = sa.select(sa.func.count()).select_from(User).where(User.is_admin, User.is_active)
    return db.session.scalar(query) or 0


def admin_ids() -> list[int]:
    """Ids of the admins who may log in."""
    return list(db.session.scalars(sa.select(User.id).where(User.is_admin, User.is_active).order_by(User.id)))
