"""What admins ask about scrape runs and held snapshots."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import defer, joinedload

from webapp.db import db
from webapp.models import Board, HeldSnapshot, JobPosition, ScrapeRun
from webapp.models.board import HeldState
from webapp.models.job_position import PositionStatus

_WITH_COMPANY = joinedload(ScrapeRun.board).joinedload(Board.company)


def page(
    board_id: int | None = None, outcomes: Collection[str] = (), *, limit: int = 50, offset: int = 0
) -> list[ScrapeRun]:
    """Runs with their board and company, newest first; of one board, or of the given outcomes, where given."""
    question = (
        sa.select(ScrapeRun)
        .where(*_narrowed(board_id, outcomes))
        .options(_WITH_COMPANY)
        .order_by(ScrapeRun.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return list(db.session.scalars(question))


def count(board_id: int | None = None, outcomes: Collection[str] = ()) -> int:
    """How many runs `page` would list in all."""
    question = sa.select(sa.func.count()).select_from(ScrapeRun).where(*_narrowed(board_id, outcomes))
    return db.session.scalar(question) or 0


def counts_by_outcome(board_id: int | None = None) -> dict[str, int]:
    """How many runs ended in each way; ways that never happened are left out."""
    question = sa.select(ScrapeRun.outcome, sa.func.count()).where(*_narrowed(board_id, ())).group_by(ScrapeRun.outcome)
    return {row[0]: row[1] for row in db.session.execute(question)}


def _narrowed(board_id: int | None, outcomes: Collection[str]) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if board_id is not None:
        conditions.append(ScrapeRun.board_id == board_id)
    if outcomes:
        conditions.append(ScrapeRun.outcome.in_(list(outcomes)))
    return conditions


def find(run_id: int) -> ScrapeRun | None:
    """The run with its board and company, or None."""
    return db.session.scalar(sa.select(ScrapeRun).where(ScrapeRun.id == run_id).options(_WITH_COMPANY))


def holds(*, limit: int = 50, offset: int = 0, board_id: int | None = None) -> list[HeldSnapshot]:
    """Held snapshots with their board and company, without their postings: those that wait first, then newest first."""
    question = (
        sa.select(HeldSnapshot)
        .options(defer(HeldSnapshot.postings), joinedload(HeldSnapshot.board).joinedload(Board.company))
        .order_by(sa.case((HeldSnapshot.state == HeldState.PENDING.value, 0), else_=1), HeldSnapshot.id.desc())
        .limit(limit)
        .offset(offset)
    )
    if board_id is not None:
        question = question.where(HeldSnapshot.board_id == board_id)
    return list(db.session.scalars(question))


def count_holds(*, only_pending: bool = False) -> int:
    """How many snapshots are, or were, held."""
    question = sa.select(sa.func.count()).select_from(HeldSnapshot)
    if only_pending:
        question = question.where(HeldSnapshot.state == HeldState.PENDING.value)
    return db.session.scalar(question) or 0


@dataclass(frozen=True, slots=True)
class PositionName:
    """Enough of a position to recognise it."""

    id: int
    external_id: str
    title: str
    location: str


def open_names(board_id: int) -> list[PositionName]:
    """The open positions of the board, by title."""
    question = (
        sa.select(JobPosition.id, JobPosition.external_id, JobPosition.title, JobPosition.location)
        .where(JobPosition.board_id == board_id, JobPosition.status == PositionStatus.ACTIVE.value)
        .order_by(sa.func.lower(JobPosition.title), JobPosition.id)
    )
    return [PositionName(*row) for row in db.session.execute(question)]


def known_external_ids(board_id: int) -> set[str]:
    """The ids that the board has ever used, of open and of expired positions."""
    return set(db.session.scalars(sa.select(JobPosition.external_id).where(JobPosition.board_id == board_id)))
