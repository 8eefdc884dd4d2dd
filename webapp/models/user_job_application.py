"""Jobs on a user's own board, with their history."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base
from webapp.models._columns import Address, Identity, Line, Moment, Object, Word, one_of
from webapp.models.job_position import JobPosition
from webapp.models.user import User


class ApplicationStatus(StrEnum):
    SAVED = "saved"
    APPLIED = "applied"
    INTERVIEWING = "interviewing"
    OFFER = "offer"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class UserJobApplication(Base):
    """A position, or a job found elsewhere (`job_position_id` None), that one user follows up.

    `posting` is a frozen copy of the posting as it was when saved: title, company, location, url, description_text,
    pay. It outlives the position. `version` guards against two tabs saving over each other; `form_key` names the form
    that created it, so that a form posted twice creates one.
    """

    __tablename__ = "user_job_applications"
    __table_args__ = (
        UniqueConstraint("user_id", "job_position_id"),
        UniqueConstraint("user_id", "form_key"),
        one_of("status", ApplicationStatus),
        Index(None, "user_id", "status"),
        Index(None, "job_position_id"),
    )

    id: Mapped[Identity]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    job_position_id: Mapped[int | None] = mapped_column(ForeignKey("job_positions.id", ondelete="SET NULL"))
    status: Mapped[Word] = mapped_column(default=ApplicationStatus.SAVED.value)
    title: Mapped[Line]
    company_name: Mapped[str] = mapped_column(String(200))
    location: Mapped[Line] = mapped_column(default="")
    url: Mapped[Address] = mapped_column(default="")
    posting: Mapped[Object]
    next_step: Mapped[Line] = mapped_column(default="")
    follow_up_on: Mapped[date | None]
    applied_at: Mapped[Moment | None]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]
    version: Mapped[int] = mapped_column(default=1)
    form_key: Mapped[str | None] = mapped_column(String(64))

    user: Mapped[User] = relationship()
    position: Mapped[JobPosition | None] = relationship()
    events: Mapped[list[ApplicationEvent]] = relationship(
        back_populates="application", cascade="all, delete-orphan", passive_deletes=True, order_by="ApplicationEvent.id"
    )


class ApplicationEventKind(StrEnum):
    CREATED = "created"
    MOVED = "moved"
    NOTE = "note"
    EDITED = "edited"


class ApplicationEvent(Base):
    """One line of an application's history. Only ever added. `old` and `new` are statuses or changed values."""

    __tablename__ = "application_events"
    __table_args__ = (one_of("kind", ApplicationEventKind), Index(None, "application_id", "id"))

    id: Mapped[Identity]
    application_id: Mapped[int] = mapped_column(ForeignKey("user_job_applications.id", ondelete="CASCADE"))
    kind: Mapped[Word]
    at: Mapped[Moment]
    old: Mapped[Line] = mapped_column(default="")
    new: Mapped[Line] = mapped_column(default="")
    note: Mapped[str] = mapped_column(Text, default="")

    application: Mapped[UserJobApplication] = relationship(back_populates="events")
