"""What the machinery keeps about itself: leases, task slots, daily reports, counters of attempts."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webapp.db import Base
from webapp.models._columns import Identity, Line, Moment, Object, Word, one_of


class Lease(Base):
    """A named right that one process holds until `expires_at`. `fence` grows with every change of holder."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(120))
    expires_at: Mapped[Moment]
    fence: Mapped[int] = mapped_column(default=1)
    renewed_at: Mapped[Moment]


class SlotState(StrEnum):
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class TaskSlot(Base):
    """A periodic task's turn. The unique key lets exactly one process take it. `slot` is the turn's time, ISO, UTC."""

    __tablename__ = "task_slots"
    __table_args__ = (UniqueConstraint("task", "slot"), one_of("state", SlotState), Index(None, "started_at"))

    id: Mapped[Identity]
    task: Mapped[str] = mapped_column(String(64))
    slot: Mapped[str] = mapped_column(String(40))
    owner: Mapped[str] = mapped_column(String(120))
    state: Mapped[Word] = mapped_column(default=SlotState.RUNNING.value)
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
    error: Mapped[Line] = mapped_column(default="")


class DailyReport(Base):
    """What happened on one UTC day, for admins."""

    __tablename__ = "daily_reports"

    day: Mapped[date] = mapped_column(primary_key=True)
    created_at: Mapped[Moment]
    figures: Mapped[Object]


class AttemptBucket(Base):
    """Attempts counted against a limit (log-ins per account and per address). `key` never holds a plain e-mail."""

    __tablename__ = "attempt_buckets"

    key: Mapped[str] = mapped_column(String(100), primary_key=True)
    window_started_at: Mapped[Moment]
    attempts: Mapped[int] = mapped_column(default=0)
