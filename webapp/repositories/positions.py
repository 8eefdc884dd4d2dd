"""Questions about positions: search, one of them, its history, its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from webapp.db import db
from webapp.errors import NotFound
from webapp.models import Board, Company, JobPosition, PositionEvent
from webapp.models.job_position import PositionStatus

_BULKY = (
    defer(JobPosition.description_html),
    defer(JobPosition.description_text),
    defer(JobPosition.search_text),
    defer(JobPosition.title_norm),
)


@dataclass(frozen=True, slots=True)
class Criteria:
    """What a search asks for; empty parts ask nothing.

    `needles`, `unwanted` and `places` are substrings of texts padded by `webapp.text.padded`. `status` None means
    any. `since` is the moment after which the position was first seen.
    """

    needles: tuple[str, ...] = ()
    unwanted: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    company_id: int | None = None
    department: str = ""
    workplace: str = ""
    status: PositionStatus | None = PositionStatus.ACTIVE
    since: datetime | None = None


def search(criteria: Criteria, *, offset: int = 0, limit: int = 25) -> Sequence[JobPosition]:
    """The positions from `offset` on, newest first, with company and the position they repeat."""
    query = (
        sa.select(JobPosition)
        .where(*_conditions(criteria))
        .options(*_BULKY, joinedload(JobPosition.company), joinedload(JobPosition.repost_of).options(*_BULKY))
        .order_by(JobPosition.first_seen_at.desc(), JobPosition.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return db.session.scalars(query).all()


def count_up_to(criteria: Criteria, cap: int) -> int:
    """How many positions the search finds; `cap + 1` stands for "more than `cap`", and counting stops there."""
    found = sa.select(JobPosition.id).where(*_conditions(criteria)).limit(cap + 1).subquery()
    return db.session.scalar(sa.select(sa.func.count()).select_from(found)) or 0


def _conditions(criteria: Criteria) -> list[sa.ColumnElement[bool]]:
    wanted = [JobPosition.search_text.contains(needle, autoescape=True) for needle in criteria.needles]
    unwanted = [~JobPosition.search_text.contains(needle, autoescape=True) for needle in criteria.unwanted]
    # `search_text` begins with the title, whose words are not places: "Head of Israel" need not be in Israel.
    after_title = sa.func.substr(JobPosition.search_text, sa.func.length(JobPosition.title_norm))
    places = [after_title.contains(place, autoescape=True) for place in criteria.places]
    found: list[sa.ColumnElement[bool]] = [*wanted, *unwanted, *places]
    if criteria.company_id is not None:
        found.append(JobPosition.company_id == criteria.company_id)
    if criteria.department:
        found.append(JobPosition.department == criteria.department)
    if criteria.workplace == "remote":
        found.append(sa.or_(JobPosition.workplace_type == "remote", JobPosition.is_remote.is_(True)))
    elif criteria.workplace:
        found.append(JobPosition.workplace_type == criteria.workplace)
    if criteria.status is not None:
        found.append(JobPosition.status == criteria.status.value)
    if criteria.since is not None:
        found.append(JobPosition.first_seen_at > criteria.since)
    return found


def get(position_id: int) -> JobPosition:
    """The position with its company, its board and the position it repeats.

    Raises:
        NotFound: there is none.
    """
    query = (
        sa.select(JobPosition)
        .where(JobPosition.id == position_id)
        .options(
            joinedload(JobPosition.company),
            joinedload(JobPosition.board),
            joinedload(JobPosition.repost_of).options(*_BULKY),
        )
    )
    position = db.session.scalars(query).one_or_none()
    if position is None:
        raise NotFound("There is no such position. It may have been removed together with its company.")
    return position


def history(position: JobPosition) -> Sequence[PositionEvent]:
    """Every change of the position, newest first."""
    query = (
        sa.select(PositionEvent).where(PositionEvent.job_position_id == position.id).order_by(PositionEvent.id.desc())
    )
    return db.session.scalars(query).all()


def others_at(position: JobPosition, limit: int = 6) -> Sequence[JobPosition]:
    """Other open positions of the same company, newest first."""
    query = (
        sa.select(JobPosition)
        .where(
            JobPosition.company_id == position.company_id,
            JobPosition.status == PositionStatus.ACTIVE.value,
            JobPosition.id != position.id,
        )
        .options(*_BULKY)
        .order_by(JobPosition.first_seen_at.desc(), JobPosition.id.desc())
        .limit(limit)
    )
    return db.session.scalars(query).all()


def departments(limit: int = 80) -> list[str]:
    """The departments with most open positions, in alphabetical order."""
    query = (
        sa.select(JobPosition.department)
        .where(JobPosition.status == PositionStatus.ACTIVE.value, JobPosition.department != "")
        .group_by(JobPosition.department)
        .order_by(sa.func.count().desc(), JobPosition.department)
        .limit(limit)
    )
    return sorted(db.session.scalars(query), key=str.casefold)


def companies_with_positions() -> list[tuple[int, str]]:
    """(id, name) of every company that ever had a position, by name."""
    has_any = sa.exists().where(JobPosition.company_id == Company.id)
    query = sa.select(Company.id, Company.name).where(has_any).order_by(sa.func.lower(Company.name), Company.id)
    return [(row[0], row[1]) for row in db.session.execute(query)]


def latest_check() -> tuple[int, datetime | None]:
    """How many boards are switched on, and when the last of them was completely read."""
    query = sa.select(sa.func.count(), sa.func.max(Board.last_complete_at)).where(Board.is_enabled)
    row = db.session.execute(query).one()
    return row[0], row[1]
