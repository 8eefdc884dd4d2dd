"""People who log in, and the sessions they are logged in with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base
from webapp.models._columns import Identity, Line, Moment


class User(Base):
    """A person. `email` is stored normalised and lower-cased; it is the log-in name."""

    __tablename__ = "users"

    id: Mapped[Identity]
    email: Mapped[str] = mapped_column(String(320), unique=True)
    display_name: Mapped[str] = mapped_column(String(200), default="")
    password_hash: Mapped[str] = mapped_column(String(300))
    time_zone: Mapped[str] = mapped_column(String(64), default="UTC")
    is_admin: Mapped[bool] = mapped_column(default=False)
    is_active: Mapped[bool] = mapped_column(default=True)
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment]
    previous_visit_at: Mapped[Moment | None]
    last_visit_at: Mapped[Moment | None]

    sessions: Mapped[list[UserSession]] = relationship(
        back_populates="user", cascade="all, delete-orphan", passive_deletes=True
    )


class UserSession(Base):
    """One log-in. The cookie holds a random token; only its hash is stored. Deleting the row ends the log-in."""

    __tablename__ = "user_sessions"
    __table_args__ = (Index(None, "user_id"), Index(None, "expires_at"))

    id: Mapped[Identity]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[Moment]
    last_seen_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    user_agent: Mapped[Line] = mapped_column(default="")

    user: Mapped[User] = relationship(back_populates="sessions")

    def is_over(self, now: datetime) -> bool:
        return self.expires_at <= now
