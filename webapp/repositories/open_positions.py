"""Open positions, reduced to the columns that alerts look at."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from webapp.db import db
from webapp.models import Company, JobPosition
from webapp.models.job_position import PositionStatus

CHUNK = 2000


@dataclass(frozen=True, slots=True)
class OpenPosition:
    """What an alert may look at, and what is needed to name the position. Times are aware UTC."""

    id: int
    company_id: int
    title: str
    location: str
    locations: list[str]
    department: str
    is_remote: bool | None
    external_id: str


@dataclass(frozen=True, slots=True)
class PositionLine:
    """One position in a short list."""

    id: int
    title: str
    company_name: str
    location: str
    first_seen_at: datetime


def newest(limit: int, company_ids: Collection[int] = ()) -> Iterator[OpenPosition]:
    """The newest `limit` open positions, newest first, of the given companies or of all."""
    query = (
        select(
            JobPosition.id,
            JobPosition.company_id,
            JobPosition.title,
            JobPosition.location,
            JobPosition.locations,
            JobPosition.department,
            JobPosition.is_remote,
            JobPosition.external_id,
        )
        .where(JobPosition.status == PositionStatus.ACTIVE.value)
        .order_by(JobPosition.first_seen_at.desc(), JobPosition.id.desc())
        .limit(limit)
    )
    if company_ids:
        query = query.where(JobPosition.company_id.in_(company_ids))
    for row in db.session.execute(query.execution_options(yield_per=CHUNK)):
        yield OpenPosition(*row)


def count() -> int:
    """How many positions are open."""
    query = select(func.count()).select_from(JobPosition).where(JobPosition.status == PositionStatus.ACTIVE.value)
    return db.session.scalar(query) or 0


def lines(position_ids: Collection[int]) -> list[PositionLine]:
    """The named positions, newest first; ids that are not there are left out."""
    query = (
        select(JobPosition.id, JobPosition.title, Company.name, JobPosition.location, JobPosition.first_seen_at)
        .join(Company, Company.id == JobPosition.company_id)
        .where(JobPosition.id.in_(position_ids))
        .order_by(JobPosition.first_seen_at.desc(), JobPosition.id.desc())
    )
    return [PositionLine(*row) for row in db.session.execute(query)]


def rows(position_ids: Collection[int]) -> list[JobPosition]:
    """The named positions with company and earlier copy, newest first; ids that are not there are left out."""
    query = (
        select(JobPosition)
        .where(JobPosition.id.in_(position_ids))
        .options(joinedload(JobPosition.company), joinedload(JobPosition.repost_of))
        .order_by(JobPosition.first_seen_at.desc(), JobPosition.id.desc())
    )
    return list(db.session.scalars(query))
