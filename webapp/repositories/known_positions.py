"""What is stored about one board's positions, as far as the lifecycle needs it: narrow rows of one board at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from webapp.db import db
from webapp.models import JobPosition
from webapp.models.job_position import PositionStatus

# SQLite takes at most 32,766 bound parameters in one statement; PostgreSQL plans long lists slowly.
CHUNK = 5000


def narrow_rows(board_id: int) -> Sequence[Any]:
    """Every position of the board: id, external_id, content_hash, fingerprint, status, list_hash, is_detailed,
    missing_since, missed_runs, expired_at; in order of id (uq_job_positions_board_id_external_id narrows it)."""
    p = JobPosition
    columns = (p.id, p.external_id, p.content_hash, p.fingerprint, p.status, p.list_hash, p.is_detailed)
    life = (p.missing_since, p.missed_runs, p.expired_at)
    return db.session.execute(sa.select(*columns, *life).where(p.board_id == board_id).order_by(p.id)).all()


def details_read(board_id: int) -> dict[str, str]:
    """External id -> list_hash of the positions whose details are stored and whose source has list rows."""
    p = JobPosition
    question = sa.select(p.external_id, p.list_hash).where(
        p.board_id == board_id, p.is_detailed, p.list_hash != "", p.status == PositionStatus.ACTIVE
    )
    return {row.external_id: row.list_hash for row in db.session.execute(question)}


def first_seen(board_id: int) -> datetime | None:
    """When the board's oldest position was first seen, or None where it has none."""
    return db.session.scalar(sa.select(sa.func.min(JobPosition.first_seen_at)).where(JobPosition.board_id == board_id))


def open_count(board_id: int) -> int:
    """How many positions of the board are open (ix_job_positions_board_id_status)."""
    question = sa.select(sa.func.count()).where(
        JobPosition.board_id == board_id, JobPosition.status == PositionStatus.ACTIVE
    )
    return db.session.scalar(question) or 0


def date_back(board_id: int, now: datetime) -> None:
    """Let no position of the board go missing later than `now`."""
    late = sa.update(JobPosition).where(JobPosition.board_id == board_id, JobPosition.missing_since > now)
    db.session.execute(late.values(missing_since=now), execution_options={"synchronize_session": False})


def by_ids(ids: Iterable[int]) -> dict[int, JobPosition]:
    """Whole positions by id."""
    found: dict[int, JobPosition] = {}
    wanted = list(ids)
    for start in range(0, len(wanted), CHUNK):
        rows = db.session.scalars(sa.select(JobPosition).where(JobPosition.id.in_(wanted[start : start + CHUNK])))
        found.update({row.id: row for row in rows})
    return found
