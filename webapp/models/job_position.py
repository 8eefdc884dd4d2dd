"""Positions over time, and every change of them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base, Document
from webapp.models._columns import Address, Identity, Line, Moment, Strings, Word, one_of
from webapp.models.board import Board
from webapp.models.company import Company


class PositionStatus(StrEnum):
    ACTIVE = "active"
    EXPIRED = "expired"


class JobPosition(Base):
    """What we know about one posting over time.

    `title_norm` and `search_text` hold the tokens of `webapp.text`, joined and padded by blanks, so that a phrase
    is found by substring. `last_seen_at` of an open position that is not missing is its board's `last_complete_at`;
    the column is written only when the position goes missing. Salaries are in units of `salary_currency`
    (ISO 4217) per `salary_period`.
    """

    __tablename__ = "job_positions"
    __table_args__ = (
        UniqueConstraint("board_id", "external_id"),
        one_of("status", PositionStatus),
        Index("ix_job_positions_newest", "status", "first_seen_at", "id"),
        Index(None, "company_id", "status", "first_seen_at"),
        Index(None, "board_id", "status"),
        Index(None, "repost_of_id"),
    )

    id: Mapped[Identity]
    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id", ondelete="CASCADE"))
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id", ondelete="CASCADE"))
    external_id: Mapped[str] = mapped_column(String(300))

    title: Mapped[Line]
    url: Mapped[Address]
    apply_url: Mapped[Address] = mapped_column(default="")
    location: Mapped[Line] = mapped_column(default="")
    locations: Mapped[Strings]
    country_codes: Mapped[Strings]
    is_remote: Mapped[bool | None]
    workplace_type: Mapped[Word] = mapped_column(default="unknown")
    department: Mapped[Line] = mapped_column(default="")
    employment_type: Mapped[str] = mapped_column(String(120), default="")
    posted_at: Mapped[Moment | None]
    salary_min: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    salary_max: Mapped[Decimal | None] = mapped_column(Numeric(14, 2))
    salary_currency: Mapped[str | None] = mapped_column(String(3))
    salary_period: Mapped[str | None] = mapped_column(String(8))
    description_html: Mapped[str] = mapped_column(Text, default="")
    description_text: Mapped[str] = mapped_column(Text, default="")

    title_norm: Mapped[str] = mapped_column(Text, default="")
    search_text: Mapped[str] = mapped_column(Text, default="")
    content_hash: Mapped[str] = mapped_column(String(32))
    fingerprint: Mapped[str] = mapped_column(String(32))
    list_hash: Mapped[str] = mapped_column(String(32), default="")
    is_detailed: Mapped[bool] = mapped_column(default=True)

    status: Mapped[Word] = mapped_column(default=PositionStatus.ACTIVE.value)
    is_baseline: Mapped[bool] = mapped_column(default=False)
    first_seen_at: Mapped[Moment]
    last_seen_at: Mapped[Moment | None]
    missing_since: Mapped[Moment | None]
    missed_runs: Mapped[int] = mapped_column(default=0)
    expired_at: Mapped[Moment | None]
    reopened_at: Mapped[Moment | None]
    changed_at: Mapped[Moment | None]
    repost_of_id: Mapped[int | None] = mapped_column(ForeignKey("job_positions.id", ondelete="SET NULL"))

    board: Mapped[Board] = relationship()
    company: Mapped[Company] = relationship()
    repost_of: Mapped[JobPosition | None] = relationship(remote_side="JobPosition.id")
    events: Mapped[list[PositionEvent]] = relationship(
        back_populates="position", cascade="all, delete-orphan", passive_deletes=True, order_by="PositionEvent.id"
    )


class EventKind(StrEnum):
    """`returned`: missing, then seen again before it expired. `reposted`: opened as another copy of an earlier one.
    `renumbered`: the board gave it another id and nothing else."""

    OPENED = "opened"
    CHANGED = "changed"
    MISSING = "missing"
    RETURNED = "returned"
    EXPIRED = "expired"
    REOPENED = "reopened"
    REPOSTED = "reposted"
    RENUMBERED = "renumbered"


class PositionEvent(Base):
    """One change of one position. `old` and `new` hold only the fields that changed."""

    __tablename__ = "position_events"
    __table_args__ = (
        one_of("kind", EventKind),
        Index(None, "job_position_id", "id"),
        Index(None, "at"),
        Index(None, "scrape_run_id"),
    )

    id: Mapped[Identity]
    job_position_id: Mapped[int] = mapped_column(ForeignKey("job_positions.id", ondelete="CASCADE"))
    scrape_run_id: Mapped[int | None] = mapped_column(ForeignKey("scrape_runs.id", ondelete="SET NULL"))
    kind: Mapped[Word]
    at: Mapped[Moment]
    old: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)
    new: Mapped[dict[str, Any]] = mapped_column(Document, default=dict)

    position: Mapped[JobPosition] = relationship(back_populates="events")
