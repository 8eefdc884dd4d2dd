"""Reads of boards without a network: what would have been seen is given, everything after it is the real thing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from flask import Flask

from tests import world
from webapp import tasks
from webapp.db import db, transaction
from webapp.models import Board
from webapp.models.scrape_run import RunTrigger
from webapp.services import scraping
from webapp.services.lifecycle_decision import Snapshot
from webapp.values import Posting

NOW = world.NOW


def posting(number: int | str, title: str = "", **fields: Any) -> Posting:
    """What a scraper would have seen of position `number`."""
    defaults = {
        "external_id": str(number), "title": title or f"Engineer {number}", "url": f"https://acme.example/{number}",
        "location": "Haifa, Israel", "locations": ("Haifa, Israel",), "description_text": f"Build part {number}.",
    }  # fmt: skip
    return Posting(**{**defaults, **fields})


def postings(numbers: Iterable[int], **fields: Any) -> list[Posting]:
    return [posting(number, **fields) for number in numbers]


def reading_of(
    seen: Sequence[Posting], *, complete: bool = True, unchanged: bool = False, reason: str = ""
) -> scraping.Reading:
    """The reading of a board that lists `seen`."""
    snapshot = Snapshot(tuple(seen), complete=complete, unchanged=unchanged, reason=reason)
    return scraping.Reading(snapshot, None, None, {}, 1, 1000, 10, 200)


@dataclass(frozen=True)
class Read:
    """What one read came to."""

    outcome: str
    new: int
    expired: int
    reopened: int
    updated: int
    missing: int


class Reader:
    """Reads one board of one company at a time that the test says."""

    def __init__(self, app: Flask, now: datetime = NOW, **board: Any) -> None:
        self.app, self.now = app, now
        with app.app_context(), transaction():
            self.board_id = world.board(
                world.company(board.pop("company", "Acme")), **{"next_scrape_at": now, **board}
            ).id

    def later(self, **span: float) -> Reader:
        self.now += timedelta(**span)
        return self

    def claim(self, *, only_if_due: bool = False) -> scraping.Claim | None:
        with self.app.app_context(), transaction():
            return scraping.claim(
                self.board_id, self.now, tasks.OWNER, tasks.settings(), RunTrigger.SCHEDULE, only_if_due=only_if_due
            )

    def read(self, seen: Sequence[Posting] = (), **how: Any) -> Read:
        """Claim the board, and record that it lists `seen`."""
        claim = self.claim()
        assert claim is not None
        with self.app.app_context(), transaction():
            run = scraping.record(claim, reading_of(seen, **how), self.now, tasks.settings())
            return Read(run.outcome, run.new, run.expired, run.reopened, run.updated, run.missing)

    @property
    def board(self) -> Board:
        with self.app.app_context():
            board = db.session.get_one(Board, self.board_id)
            db.session.expunge(board)
            return board

    def all(self, table: type[Any]) -> list[Any]:
        """All rows as they are stored now."""
        with self.app.app_context():
            return list(db.session.scalars(sa.select(table).order_by(table.id)))
