"""Every attempt to read a board, and what came of it."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base
from webapp.models._columns import Identity, Line, Moment, Word, one_of
from webapp.models.board import Board


class RunOutcome(StrEnum):
    """`ok`: complete and believed. `unchanged`: the site said nothing changed. `partial`: read, but not proved whole.
    `held`: complete but implausible. `failed`: not read. `interrupted`: the worker died. `superseded`: it finished
    after its lease had passed to another."""

    RUNNING = "running"
    OK = "ok"
    UNCHANGED = "unchanged"
    PARTIAL = "partial"
    HELD = "held"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    SUPERSEDED = "superseded"


class RunTrigger(StrEnum):
    SCHEDULE = "schedule"
    ADMIN = "admin"
    CLI = "cli"


class ScrapeRun(Base):
    """One attempt. Counts are positions; `bytes_received` counts decoded bytes; `duration_ms` is wall time."""

    __tablename__ = "scrape_runs"
    __table_args__ = (
        one_of("outcome", RunOutcome),
        one_of("trigger", RunTrigger),
        Index(None, "board_id", "id"),
        Index(None, "started_at"),
    )

    id: Mapped[Identity]
    board_id: Mapped[int] = mapped_column(ForeignKey("boards.id", ondelete="CASCADE"))
    trigger: Mapped[Word] = mapped_column(default=RunTrigger.SCHEDULE.value)
    fence: Mapped[int]
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
    outcome: Mapped[Word] = mapped_column(default=RunOutcome.RUNNING.value)
    reason: Mapped[Line] = mapped_column(default="")
    failure_kind: Mapped[Word | None]
    failure_detail: Mapped[str] = mapped_column(default="")
    http_status: Mapped[int | None]
    evidence: Mapped[str] = mapped_column(default="")
    reported_total: Mapped[int | None]
    seen: Mapped[int] = mapped_column(default=0)
    new: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    reopened: Mapped[int] = mapped_column(default=0)
    missing: Mapped[int] = mapped_column(default=0)
    expired: Mapped[int] = mapped_column(default=0)
    held: Mapped[int] = mapped_column(default=0)
    reposted: Mapped[int] = mapped_column(default=0)
    remapped: Mapped[int] = mapped_column(default=0)
    requests: Mapped[int] = mapped_column(default=0)
    bytes_received: Mapped[int] = mapped_column(default=0)
    duration_ms: Mapped[int] = mapped_column(default=0)

    board: Mapped[Board] = relationship()
