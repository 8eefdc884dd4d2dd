"""Questions about companies and their boards."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from webapp.db import db
from webapp.errors import NotFound
from webapp.models import Board, Company


def get(company_id: int) -> Company:
    """The company.

    Raises:
        NotFound: there is none with this id.
    """
    company = db.session.get(Company, company_id)
    if company is None:
        raise NotFound("There is no such company.")
    return company


def find_by_slug(slug: str) -> Company | None:
    """The company with this slug, whatever its case, or None."""
    return db.session.scalars(sa.select(Company).where(Company.slug == slug.lower())).one_or_none()


def by_slug(slug: str) -> Company:
    """The company with this slug, whatever its case.

    Raises:
        NotFound: there is none.
    """
    company = find_by_slug(slug)
    if company is None:
        raise NotFound(f"There is no company {slug[:100]!r}. `flask companies list` shows them all.")
    return company


def find_by_name(name: str, *, is_sample: bool = False) -> Company | None:
    """The first company of this name, whatever its case; invented ones only where `is_sample`."""
    question = (
        sa.select(Company)
        .where(sa.func.lower(Company.name) == name.lower(), Company.is_sample.is_(is_sample))
        .order_by(Company.id)
        .limit(1)
    )
    return db.session.scalars(question).one_or_none()


def find_board(ats: str, board_key: str) -> Board | None:
    """The board with this identity within its ATS (uq_boards_ats_board_key), or None."""
    return db.session.scalars(sa.select(Board).where(Board.ats == ats, Board.board_key == board_key)).one_or_none()


def slugs_like(stem: str) -> set[str]:
    """The slugs in use that are `stem`, or `stem` with a number."""
    question = sa.select(Company.slug).where(sa.or_(Company.slug == stem, Company.slug.startswith(f"{stem}-")))
    return set(db.session.scalars(question))


def all_with_boards(*, samples: bool = True) -> Sequence[Company]:
    """Every company with its boards loaded, by name; without the invented ones where `samples` is False."""
    question = (
        sa.select(Company).options(selectinload(Company.boards)).order_by(sa.func.lower(Company.name), Company.id)
    )
    if not samples:
        question = question.where(Company.is_sample.is_(False))
    return db.session.scalars(question).all()


def any_exists() -> bool:
    """Whether there is any company at all."""
    return db.session.scalar(sa.select(sa.literal(True)).where(sa.select(Company.id).exists())) is True
