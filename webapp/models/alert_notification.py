"""What each alert owed its user, and what became of it: the audit trail."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, Document
from webapp.models._columns import Identity, Line, Moment, Word, one_of
from webapp.models.alert import Alert
from webapp.models.job_position import JobPosition
from webapp.models.message import Message


class NotificationState(StrEnum):
    """`owed`: in a message that has not been handed over. `told`: the receiving server took it.
    `suppressed`: not sent, for the reason in `reason` (already told, no way to reach the user, unsubscribed)."""

    OWED = "owed"
    TOLD = "told"
    FAILED = "failed"
    SUPPRESSED = "suppressed"


class AlertNotification(Base):
    """One (alert, position) pair. `receipt` is the list of rule results that made it match."""

    __tablename__ = "alert_notifications"
    __table_args__ = (
        UniqueConstraint("alert_id", "job_position_id"),
        one_of("state", NotificationState),
        Index(None, "user_id", "id"),
        Index(None, "message_id"),
        Index(None, "job_position_id"),
    )

    id: Mapped[Identity]
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id", ondelete="CASCADE"))
    job_position_id: Mapped[int] = mapped_column(ForeignKey("job_positions.id", ondelete="CASCADE"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id", ondelete="SET NULL"))
    receipt: Mapped[list[dict[str, Any]]] = mapped_column(Document, default=list)
    matched_at: Mapped[Moment]
    state: Mapped[Word] = mapped_column(default=NotificationState.OWED.value)
    reason: Mapped[Line] = mapped_column(default="")
    told_at: Mapped[Moment | None]

    alert: Mapped[Alert] = relationship()
    position: Mapped[JobPosition] = relationship()
    message: Mapped[Message | None] = relationship()
