"""Saved rules of one user."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base
from webapp.models._columns import Identity, Integers, Moment, Strings
from webapp.models.user import User


class Alert(Base):
    """A rule: a position matches when all of its parts hold (see `webapp.services.alert_matcher`).

    An empty list, or `is_remote` None, leaves that part out. `version` guards against two tabs saving over each other;
    `form_key` names the form that created it, so that a form posted twice creates one.
    """

    __tablename__ = "alerts"
    __table_args__ = (UniqueConstraint("user_id", "form_key"), Index(None, "user_id"))

    id: Mapped[Identity]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(200))
    keywords: Mapped[Strings]
    excluded_keywords: Mapped[Strings]
    company_ids: Mapped[Integers]
    locations: Mapped[Strings]
    departments: Mapped[Strings]
    is_remote: Mapped[bool | None]
    is_paused: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    form_key: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]

    user: Mapped[User] = relationship()
