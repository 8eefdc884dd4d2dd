"""The outbox: what goes to one user over one channel at one time."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base
from webapp.models._columns import Identity, Line, Moment, Word, one_of
from webapp.models.channel import Channel
from webapp.models.job_position import JobPosition
from webapp.models.user import User


class MessageState(StrEnum):
    """`suppressed`: it will not be sent, for the reason in `last_error` (paused, unsubscribed, user gone)."""

    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class MessageKind(StrEnum):
    MATCHES = "matches"
    REPORT = "report"
    NOTICE = "notice"


class Message(Base):
    """One row of the outbox. Written in the transaction of what it tells; sent later, under a lease.

    `dedupe_key` makes writing it twice impossible; `message_id` (without angle brackets) and `created_at` (the Date
    header) never change, so that copies after a crash can be recognised as one. `body` is the text of kinds that have
    no items, and for matches a note below the list. `server_response` is the receiving server's own answer.
    `attempts` counts the tries in which this message itself was on its way; `refusals` how often the server refused
    its content for good.
    """

    __tablename__ = "messages"
    __table_args__ = (
        one_of("state", MessageState),
        one_of("kind", MessageKind),
        Index("ix_messages_due", "state", "deliver_after"),
        Index(None, "user_id", "id"),
        Index(None, "channel_id", "state"),
    )

    id: Mapped[Identity]
    dedupe_key: Mapped[str] = mapped_column(String(200), unique=True)
    message_id: Mapped[str] = mapped_column(String(200), unique=True)
    kind: Mapped[Word]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    state: Mapped[Word] = mapped_column(default=MessageState.PENDING.value)
    created_at: Mapped[Moment]
    deliver_after: Mapped[Moment]
    subject: Mapped[Line] = mapped_column(default="")
    body: Mapped[str] = mapped_column(default="")
    attempts: Mapped[int] = mapped_column(default=0)
    refusals: Mapped[int] = mapped_column(default=0)
    lease_owner: Mapped[str | None] = mapped_column(String(120))
    lease_expires_at: Mapped[Moment | None]
    lease_fence: Mapped[int] = mapped_column(default=0)
    sent_at: Mapped[Moment | None]
    server_response: Mapped[Line] = mapped_column(default="")
    last_error: Mapped[Line] = mapped_column(default="")
    error_phase: Mapped[Word | None]

    user: Mapped[User] = relationship()
    channel: Mapped[Channel] = relationship()
    items: Mapped[list[MessageItem]] = relationship(
        back_populates="message", cascade="all, delete-orphan", passive_deletes=True, order_by="MessageItem.id"
    )


class MessageItem(Base):
    """One position told over one channel. The unique key is the promise: never twice, however many alerts match."""

    __tablename__ = "message_items"
    __table_args__ = (
        UniqueConstraint("channel_id", "job_position_id"),
        Index(None, "message_id"),
        Index(None, "job_position_id"),
    )

    id: Mapped[Identity]
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"))
    channel_id: Mapped[int] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    job_position_id: Mapped[int] = mapped_column(ForeignKey("job_positions.id", ondelete="CASCADE"))

    message: Mapped[Message] = relationship(back_populates="items")
    position: Mapped[JobPosition] = relationship()
