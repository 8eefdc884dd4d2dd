"""What the companies pages ask: companies with their boards, positions in numbers, recent reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from webapp.db import db
from webapp.errors import NotFound
from webapp.models import Board, Company, JobPosition, ScrapeRun
from webapp.models.job_position import PositionStatus


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which companies a list shows: `name` is part of their name; `watched` None means watched or not."""

    name: str = ""
    watched: bool | None = None


def _conditions(wanted: Wanted) -> list[sa.ColumnElement[bool]]:
    found: list[sa.ColumnElement[bool]] = []
    if wanted.name:
        found.append(sa.func.lower(Company.name).contains(wanted.name.lower(), autoescape=True))
    if wanted.watched is not None:
        is_watched = sa.exists().where(Board.company_id == Company.id, Board.is_enabled)
        found.append(is_watched if wanted.watched else ~is_watched)
    return found


def page(wanted: Wanted, *, number: int = 1, size: int = 50) -> Sequence[Company]:
    """One page (from 1) of companies with their boards, by name."""
    query = (
        sa.select(Company)
        .where(*_conditions(wanted))
        .options(selectinload(Company.boards))
        .order_by(sa.func.lower(Company.name), Company.id)
        .limit(size)
        .offset((number - 1) * size)
    )
    return db.session.scalars(query).all()


def count(wanted: Wanted) -> int:
    """How many companies there are of that kind."""
    return db.session.scalar(sa.select(sa.func.count()).select_from(Company).where(*_conditions(wanted))) or 0


def get_by_slug(slug: str) -> Company:
    """The company with its boards.

    Raises:
        NotFound: there is none.
    """
    query = sa.select(Company).where(Company.slug == slug).options(selectinload(Company.boards))
    company = db.session.scalars(query).one_or_none()
    if company is None:
        raise NotFound("There is no such company. It may have been removed.")
    return company


def position_counts(company: Company) -> dict[str, int]:
    """How many positions of the company are `active` and `expired`; absent ones are left out."""
    query = (
        sa.select(JobPosition.status, sa.func.count())
        .where(JobPosition.company_id == company.id)
        .group_by(JobPosition.status)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def open_positions(company: Company, limit: int = 25) -> Sequence[JobPosition]:
    """The newest open positions of the company, with all that a row shows."""
    query = (
        sa.select(JobPosition)
        .where(JobPosition.company_id == company.id, JobPosition.status == PositionStatus.ACTIVE.value)
        .options(joinedload(JobPosition.company), joinedload(JobPosition.repost_of))
        .order_by(JobPosition.first_seen_at.desc(), JobPosition.id.desc())
        .limit(limit)
    )
    return db.session.scalars(query).all()


def recent_runs(company: Company, limit: int = 8) -> Sequence[ScrapeRun]:
    """The newest reads of the company's boards, newest first, with their board."""
    query = (
        sa.select(ScrapeRun)
        .join(Board, Board.id == ScrapeRun.board_id)
        .where(Board.company_id == company.id)
        .options(joinedload(ScrapeRun.board))
        .order_by(ScrapeRun.id.desc())
        .limit(limit)
    )
    return db.session.scalars(query).all()
