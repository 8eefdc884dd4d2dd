"""Questions about boards: which are due, who holds them, what is held back of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import defer

from webapp.db import db
from webapp.errors import NotFound
from webapp.models import Board, Company, HeldSnapshot
from webapp.models.board import HeldState


def get(board_id: int) -> Board:
    """The board.

    Raises:
        NotFound: there is none with this id.
    """
    board = db.session.get(Board, board_id)
    if board is None:
        raise NotFound("There is no such board.")
    return board


def get_for_writing(board_id: int) -> Board | None:
    """The board, locked until the transaction ends (PostgreSQL; on SQLite the whole database is), or None.

    Its company is kept from being deleted first: whoever deletes it takes the company before the board, too.
    """
    company = sa.select(Company.id).where(
        Company.id == sa.select(Board.company_id).where(Board.id == board_id).scalar_subquery()
    )
    if db.session.scalar(company.with_for_update(read=True, key_share=True)) is None:
        return None
    question = sa.select(Board).where(Board.id == board_id).with_for_update(of=Board)
    return db.session.scalars(question, execution_options={"populate_existing": True}).one_or_none()


# No lease is this long, and no attempt lies in the future: where the rows say so, the clock was ahead and was set back.
LONGEST_LEASE = timedelta(days=1)
CLOCK_SLACK = timedelta(hours=1)


def is_free(now: datetime) -> sa.ColumnElement[bool]:
    """Nobody is reading the board at `now`."""
    ends = Board.lease_expires_at
    return sa.or_(ends.is_(None), ends <= now, ends > now + LONGEST_LEASE)


def is_due(now: datetime) -> sa.ColumnElement[bool]:
    """The board is switched on and its time has come."""
    misdated = Board.last_attempt_at > now + CLOCK_SLACK
    return sa.and_(Board.is_enabled, sa.or_(Board.next_scrape_at <= now, misdated))


def due_ids(now: datetime, limit: int) -> list[int]:
    """Ids of enabled boards that are due and not being read: those a person asked for, then the most overdue
    (ix_boards_due)."""
    question = (
        sa.select(Board.id)
        .where(is_due(now), is_free(now))
        .order_by(Board.rescrape_requested_at.is_(None), Board.next_scrape_at, Board.id)
        .limit(limit)
    )
    return list(db.session.scalars(question))


def ids_of(company_slug: str | None = None, *, only_enabled: bool = True) -> list[int]:
    """Ids of all boards, or of one company's.

    Raises:
        NotFound: there is no such company.
    """
    question = sa.select(Board.id).join(Company).order_by(Company.slug, Board.id)
    if company_slug is not None:
        if db.session.scalar(sa.select(Company.id).where(Company.slug == company_slug)) is None:
            raise NotFound(f"There is no company {company_slug!r}. `flask companies list` shows them all.")
        question = question.where(Company.slug == company_slug)
    elif only_enabled:
        question = question.where(Board.is_enabled)
    return list(db.session.scalars(question))


def latest_hold(board_id: int) -> HeldSnapshot | None:
    """The newest snapshot that was held back of the board, in whatever state, without the packed postings
    (ix_held_snapshots_board_id_id)."""
    question = (
        sa.select(HeldSnapshot)
        .where(HeldSnapshot.board_id == board_id)
        .order_by(HeldSnapshot.id.desc())
        .limit(1)
        .options(defer(HeldSnapshot.postings))
    )
    return db.session.scalars(question).one_or_none()


def get_hold(held_id: int) -> HeldSnapshot:
    """The held snapshot.

    Raises:
        NotFound: there is none with this id.
    """
    held = db.session.get(HeldSnapshot, held_id)
    if held is None:
        raise NotFound("There is no such held snapshot.")
    return held


def is_pending(held_id: int) -> bool:
    """Whether the held snapshot is there and waits for a decision, as it is now."""
    question = sa.select(HeldSnapshot.id).where(HeldSnapshot.id == held_id, HeldSnapshot.state == HeldState.PENDING)
    return db.session.scalar(question) is not None


def pending_holds() -> Sequence[HeldSnapshot]:
    """Held snapshots that wait for a decision, oldest first."""
    question = (
        sa.select(HeldSnapshot).where(HeldSnapshot.state == HeldState.PENDING).order_by(HeldSnapshot.first_seen_at)
    )
    return db.session.scalars(question).all()
