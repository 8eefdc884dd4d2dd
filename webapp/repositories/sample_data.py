"""Questions about the sample data: companies and people marked as invented, and what belongs to them."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from webapp.db import db
from webapp.models import Board, Company, JobPosition, User
from webapp.models.job_position import PositionStatus


def boards() -> Sequence[Board]:
    """The boards of invented companies, with their companies, in the order in which they were added."""
    question = sa.select(Board).join(Company).where(Company.is_sample).options(joinedload(Board.company))
    return db.session.scalars(question.order_by(Board.id)).all()


def has_companies() -> bool:
    """Whether there is any invented company."""
    return db.session.scalar(sa.select(Company.id).where(Company.is_sample).limit(1)) is not None


def has_people() -> bool:
    """Whether there is any invented user."""
    return db.session.scalar(sa.select(User.id).where(User.is_sample).limit(1)) is not None


def positions(company_name: str, status: PositionStatus) -> Sequence[JobPosition]:
    """The positions of an invented company in this status, longest known first."""
    question = (
        sa.select(JobPosition)
        .join(JobPosition.company)
        .where(Company.is_sample, Company.name == company_name, JobPosition.status == status)
        .options(joinedload(JobPosition.company))
        .order_by(JobPosition.first_seen_at, JobPosition.id)
    )
    return db.session.scalars(question).all()


def delete_all() -> tuple[int, int]:
    """Delete every invented company and user; the database's own cascades take what belongs to them.
    Returns how many of each there were."""
    db.session.flush()
    quietly = {"synchronize_session": False}
    people = db.session.execute(sa.delete(User).where(User.is_sample).returning(User.id), execution_options=quietly)
    gone_people = len(people.all())
    companies = db.session.execute(
        sa.delete(Company).where(Company.is_sample).returning(Company.id), execution_options=quietly
    )
    gone_companies = len(companies.all())
    db.session.expire_all()
    return gone_companies, gone_people
