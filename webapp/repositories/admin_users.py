"""What admins ask about people with an account. Nothing here shows what they watch or applied for."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from webapp.db import db
from webapp.errors import NotFound
from webapp.models import Alert, User


@dataclass(frozen=True, slots=True)
class UserRow:
    """One account with the number of its alerts."""

    user: User
    alerts: int


def page(text: str = "", *, limit: int = 50, offset: int = 0) -> list[UserRow]:
    """Accounts, admins first, then by address; only those whose address or name contains `text`."""
    alerts = sa.select(sa.func.count()).where(Alert.user_id == User.id).correlate(User).scalar_subquery()
    question = (
        sa.select(User, alerts)
        .where(*_narrowed(text))
        .order_by(User.is_admin.desc(), User.email)
        .limit(limit)
        .offset(offset)
    )
    return [UserRow(*row) for row in db.session.execute(question)]


def count(text: str = "") -> int:
    """How many accounts `page` would list in all."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(User).where(*_narrowed(text))) or 0


def _narrowed(text: str) -> list[sa.ColumnElement[bool]]:
    wanted = text.strip().lower()
    if not wanted:
        return []
    return [
        sa.or_(
            sa.func.lower(User.email).contains(wanted, autoescape=True),
            sa.func.lower(User.display_name).contains(wanted, autoescape=True),
        )
    ]


def get(user_id: int) -> User:
    """The account.

    Raises:
        NotFound: there is none with this id.
    """
    user = db.session.get(User, user_id)
    if user is None:
        raise NotFound("There is no such account. It may have been deleted.")
    return user


def lock_admins() -> list[User]:
    """The active admins, locked until the transaction ends, so that two of them cannot demote each other at once."""
    question = sa.select(User).where(User.is_admin, User.is_active).order_by(User.id).with_for_update()
    return list(db.session.scalars(question, execution_options={"populate_existing": True}))
