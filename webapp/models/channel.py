"""Ways to reach a user, and pauses of a whole way when it is our side that fails."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base
from webapp.models._columns import Address, Identity, Line, Moment, Strings, Word, one_of
from webapp.models.user import User


class ChannelKind(StrEnum):
    EMAIL = "email"


class Channel(Base):
    """One address of one user. `refused_on` lists the UTC dates (ISO) on which the address itself was refused;
    the third different one disables the channel, and `disabled_reason` says so."""

    __tablename__ = "channels"
    __table_args__ = (UniqueConstraint("user_id", "kind", "address"), one_of("kind", ChannelKind))

    id: Mapped[Identity]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    kind: Mapped[Word]
    address: Mapped[Address]
    is_enabled: Mapped[bool] = mapped_column(default=True)
    refused_on: Mapped[Strings]
    disabled_at: Mapped[Moment | None]
    disabled_reason: Mapped[Line] = mapped_column(default="")
    unsubscribed_at: Mapped[Moment | None]
    created_at: Mapped[Moment]

    user: Mapped[User] = relationship()


class TransportPause(Base):
    """Our own side of a kind of channel fails (log-in refused, server down): nothing is tried until `until`."""

    __tablename__ = "transport_pauses"

    kind: Mapped[str] = mapped_column(String(32), primary_key=True)
    since: Mapped[Moment]
    until: Mapped[Moment]
    failures: Mapped[int] = mapped_column(default=1)
    reason: Mapped[Line]
