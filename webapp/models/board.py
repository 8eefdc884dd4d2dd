"""Sources of positions, and the snapshots of them that looked too wrong to believe."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base
from webapp.models._columns import Address, Identity, Line, Moment, Object, Strings, Word, one_of

if TYPE_CHECKING:
    from webapp.models.company import Company


class BoardHealth(StrEnum):
    """What the last attempt to read the board came to."""

    NEW = "new"
    OK = "ok"
    PARTIAL = "partial"
    HELD = "held"
    FAILING = "failing"


class Board(Base):
    """One source of a company's positions.

    `last_complete_at` is the watermark: every open position of the board without `missing_since` was last seen then.
    The lease columns belong to the one worker that is reading the board now; `lease_fence` only ever grows, and a
    result that carries an older number is refused.
    """

    __tablename__ = "boards"
    __table_args__ = (
        UniqueConstraint("ats", "board_key"),
        one_of("health", BoardHealth),
        Index("ix_boards_due", "is_enabled", "next_scrape_at"),
        Index(None, "company_id"),
    )

    id: Mapped[Identity]
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id", ondelete="CASCADE"))
    ats: Mapped[Word]
    board_key: Mapped[str] = mapped_column(String(300))
    careers_url: Mapped[Address]
    scraping_config: Mapped[Object]
    is_enabled: Mapped[bool] = mapped_column(default=True)
    scrape_interval_seconds: Mapped[int | None]
    created_at: Mapped[Moment]

    next_scrape_at: Mapped[Moment]
    rescrape_requested_at: Mapped[Moment | None]
    lease_owner: Mapped[str | None] = mapped_column(String(120))
    lease_expires_at: Mapped[Moment | None]
    lease_fence: Mapped[int] = mapped_column(default=0)

    health: Mapped[Word] = mapped_column(default=BoardHealth.NEW.value)
    health_reason: Mapped[Line] = mapped_column(default="")
    failure_kind: Mapped[Word | None]
    failures_in_a_row: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[Moment | None]
    attention_told_at: Mapped[Moment | None]
    baseline_at: Mapped[Moment | None]
    last_attempt_at: Mapped[Moment | None]
    last_complete_at: Mapped[Moment | None]
    last_change_at: Mapped[Moment | None]
    open_count: Mapped[int] = mapped_column(default=0)
    validators: Mapped[Object]

    company: Mapped[Company] = relationship(back_populates="boards")
    held_snapshots: Mapped[list[HeldSnapshot]] = relationship(
        back_populates="board", cascade="all, delete-orphan", passive_deletes=True
    )

    def is_being_read(self, now: datetime) -> bool:
        """Whether a worker holds the board's lease at `now`."""
        return self.lease_expires_at is not None and self.lease_expires_at > now


class HeldKind(StrEnum):
    """Why a snapshot was held back (see docs/design.md, "What is suspicious")."""

    EMPTY = "empty"
    DROP = "drop"
    UNRECOGNISED = "unrecognised"
    GROWTH = "growth"


class HeldState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    SUPERSEDED = "superseded"


class HeldSnapshot(Base):
    """A complete but implausible snapshot: kept, shown to admins, and not believed until confirmed.

    `postings` is the whole snapshot, JSON compressed with zlib, so that confirming works without the network.
    At most one is pending per board.
    """

    __tablename__ = "held_snapshots"
    __table_args__ = (
        one_of("kind", HeldKind),
        one_of("state", HeldState),
        Index("uq_held_snapshots_one_pending", "board_id", unique=True, sqlite_where=text("state = 'pending'"),
              postgresql_where=text("state = 'pending'")),
        Index(None, "board_id", "id"),
    )  # fmt: skip

    id: Mapped[Identity]
    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id", ondelete="CASCADE"))
    kind: Mapped[Word]
    state: Mapped[Word] = mapped_column(default=HeldState.PENDING.value)
    reason: Mapped[Line]
    open_before: Mapped[int]
    seen: Mapped[int]
    would_expire: Mapped[int]
    would_open: Mapped[int]
    external_ids: Mapped[Strings]
    postings: Mapped[bytes] = mapped_column(LargeBinary)
    first_seen_at: Mapped[Moment]
    last_seen_at: Mapped[Moment]
    times_seen: Mapped[int] = mapped_column(default=1)
    resolved_at: Mapped[Moment | None]
    resolved_by_id: Mapped[int | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    board: Mapped[Board] = relationship(back_populates="held_snapshots")
