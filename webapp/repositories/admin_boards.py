"""What admins ask about boards: all of them with their health, worst first, and how far a rescrape has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa

from webapp.db import db
from webapp.models import Board, Company, HeldSnapshot, ScrapeRun
from webapp.models.board import BoardHealth, HeldState
from webapp.models.scrape_run import RunOutcome


class BoardState(StrEnum):
    """What a board is doing or suffers from, in one word."""

    HELD = "held"
    FAILING = "failing"
    PARTIAL = "partial"
    BEING_READ = "being read"
    QUEUED = "queued"
    NEW = "new"
    OK = "ok"
    OFF = "off"


class Show(StrEnum):
    """Which boards a list shows. `attention`: switched on, and held, failing or partial."""

    ON = "on"
    ATTENTION = "attention"
    OFF = "off"
    ALL = "all"


_TROUBLED = (BoardHealth.HELD.value, BoardHealth.FAILING.value, BoardHealth.PARTIAL.value)
_WORST_FIRST = sa.case(
    (sa.not_(Board.is_enabled), 9),
    (Board.health == BoardHealth.HELD.value, 0),
    (Board.health == BoardHealth.FAILING.value, 1),
    (Board.health == BoardHealth.PARTIAL.value, 2),
    (Board.health == BoardHealth.NEW.value, 3),
    else_=4,
)


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One board in a list, with its company, its newest finished run and the hold that waits for a decision."""

    board: Board
    company_name: str
    last_run: ScrapeRun | None
    held_id: int | None

    def state(self, now: datetime) -> BoardState:
        """What the board is doing at `now`; if nothing, what it suffers from."""
        return state_of(self.board, now)


def state_of(board: Board, now: datetime) -> BoardState:
    """What `board` is doing at `now`; if nothing, what the last read came to."""
    if board.is_being_read(now):
        return BoardState.BEING_READ
    if not board.is_enabled:
        return BoardState.OFF
    if board.rescrape_requested_at is not None:
        return BoardState.QUEUED
    return BoardState(board.health)


@dataclass(frozen=True, slots=True)
class BoardCounts:
    """How many boards there are of each sort. `healthy`, `held`, `failing`, `partial` and `new` count what is on."""

    total: int = 0
    on: int = 0
    off: int = 0
    healthy: int = 0
    held: int = 0
    failing: int = 0
    partial: int = 0
    new: int = 0

    @property
    def attention(self) -> int:
        return self.held + self.failing + self.partial


def counts() -> BoardCounts:
    """How many boards there are of each sort."""
    question = sa.select(Board.is_enabled, Board.health, sa.func.count()).group_by(Board.is_enabled, Board.health)
    on: dict[str, int] = {}
    off = 0
    for is_enabled, health, number in db.session.execute(question):
        if is_enabled:
            on[health] = number
        else:
            off += number
    return BoardCounts(
        total=sum(on.values()) + off,
        on=sum(on.values()),
        off=off,
        healthy=on.get(BoardHealth.OK.value, 0),
        held=on.get(BoardHealth.HELD.value, 0),
        failing=on.get(BoardHealth.FAILING.value, 0),
        partial=on.get(BoardHealth.PARTIAL.value, 0),
        new=on.get(BoardHealth.NEW.value, 0),
    )


def worst_first(show: Show = Show.ON, name: str = "", *, limit: int = 100, offset: int = 0) -> list[BoardRow]:
    """Boards with their company and newest finished run, worst health first, then by company.

    `name`: only boards whose company's name contains it, whatever the case.
    """
    newest = (
        sa.select(ScrapeRun.id)
        .where(ScrapeRun.board_id == Board.id, ScrapeRun.outcome != RunOutcome.RUNNING.value)
        .order_by(ScrapeRun.id.desc())
        .limit(1)
        .correlate(Board)
        .scalar_subquery()
    )
    question = (
        sa.select(Board, Company.name, ScrapeRun, HeldSnapshot.id)
        .join(Company, Company.id == Board.company_id)
        .outerjoin(ScrapeRun, ScrapeRun.id == newest)
        .outerjoin(
            HeldSnapshot, sa.and_(HeldSnapshot.board_id == Board.id, HeldSnapshot.state == HeldState.PENDING.value)
        )
        .where(*_narrowed(show, name))
        .order_by(_WORST_FIRST, Board.failures_in_a_row.desc(), sa.func.lower(Company.name), Board.id)
        .limit(limit)
        .offset(offset)
    )
    # A view may have changed them a moment ago by a statement that passed the session by.
    return [BoardRow(*row) for row in db.session.execute(question, execution_options={"populate_existing": True})]


def count(show: Show = Show.ON, name: str = "") -> int:
    """How many boards `worst_first` would list in all."""
    question = (
        sa.select(sa.func.count())
        .select_from(Board)
        .join(Company, Company.id == Board.company_id)
        .where(*_narrowed(show, name))
    )
    return db.session.scalar(question) or 0


def _narrowed(show: Show, name: str) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = []
    if show in {Show.ON, Show.ATTENTION}:
        conditions.append(Board.is_enabled.is_(True))
    if show is Show.ATTENTION:
        conditions.append(Board.health.in_(_TROUBLED))
    if show is Show.OFF:
        conditions.append(Board.is_enabled.is_(False))
    if name.strip():
        conditions.append(sa.func.lower(Company.name).contains(name.strip().lower(), autoescape=True))
    return conditions


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the boards that were asked to be read now have come. `since`: when the oldest open request was made,
    or, once nothing is left to do, when the batch that was watched began."""

    queued: int
    reading: int
    done: int
    since: datetime | None

    @property
    def is_running(self) -> bool:
        return self.queued + self.reading > 0

    @property
    def total(self) -> int:
        return self.queued + self.reading + self.done


def progress(now: datetime, since: datetime | None = None) -> Progress:
    """How far requested reads have come at `now`.

    A board that is being read on schedule counts as well: its numbers are about to change. `since`: the beginning of
    the batch that a page has been watching; what was finished from then on counts as done.
    """
    reading_now = sa.and_(Board.lease_expires_at.is_not(None), Board.lease_expires_at > now)
    waiting = sa.and_(Board.rescrape_requested_at.is_not(None), Board.is_enabled, sa.not_(reading_now))
    question = sa.select(
        sa.func.coalesce(sa.func.sum(sa.case((waiting, 1), else_=0)), 0),
        sa.func.coalesce(sa.func.sum(sa.case((reading_now, 1), else_=0)), 0),
        sa.func.min(sa.case((sa.or_(waiting, reading_now), Board.rescrape_requested_at), else_=None)),
    )
    queued, reading, oldest = db.session.execute(question).one()
    beginning = min((moment for moment in (oldest, since) if moment is not None), default=None)
    done = 0
    if beginning is not None:
        finished = (
            sa.select(sa.func.count(sa.distinct(ScrapeRun.board_id)))
            .join(Board, Board.id == ScrapeRun.board_id)
            .where(
                ScrapeRun.started_at >= beginning,
                ScrapeRun.outcome != RunOutcome.RUNNING.value,
                sa.not_(sa.or_(waiting, reading_now)),
            )
        )
        done = db.session.scalar(finished) or 0
    return Progress(int(queued), int(reading), done, beginning)


@dataclass(frozen=True, slots=True)
class BatchResult:
    """What the reads since some moment came to, added up."""

    boards: int
    new: int
    expired: int
    missing: int
    held: int
    failed: int


def result_since(since: datetime) -> BatchResult:
    """What the finished reads that began at or after `since` came to."""

    def number(outcome: RunOutcome) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(sa.case((ScrapeRun.outcome == outcome.value, 1), else_=0)), 0)

    def total(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
        return sa.func.coalesce(sa.func.sum(column), 0)

    run = ScrapeRun.__table__.c
    question = sa.select(
        sa.func.count(sa.distinct(ScrapeRun.board_id)),
        total(run.new),
        total(run.expired),
        total(run.missing),
        number(RunOutcome.HELD),
        number(RunOutcome.FAILED) + number(RunOutcome.INTERRUPTED),
    ).where(ScrapeRun.started_at >= since, ScrapeRun.outcome != RunOutcome.RUNNING.value)
    return BatchResult(*(int(value) for value in db.session.execute(question).one()))
