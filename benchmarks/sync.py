"""What saving one read of a board costs: all rows new, none changed, one in a hundred changed.

The baseline is what one writes first: for every posting a SELECT, then an ORM row that is added or compared and
changed. It keeps no events, expires nothing and matches no alerts, so it does less than ours.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from flask import Flask

from tests import world
from webapp import tasks
from webapp.db import db, transaction
from webapp.models import Board, JobPosition
from webapp.models.scrape_run import RunTrigger
from webapp.services import scraping
from webapp.services.lifecycle_decision import Snapshot
from webapp.values import Posting

SIZES = (3_000, 10_000)
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
WORDS = ("design", "build", "run", "the", "systems", "that", "people", "rely", "on", "every", "day", "with", "care")


def posting(number: int, edition: int = 0) -> Posting:
    """Posting `number`, with a description of about 2,500 characters; another `edition` reads otherwise."""
    text = " ".join(WORDS[(number * 7 + n * 3) % len(WORDS)] for n in range(450))
    return Posting(
        external_id=str(4_000_000 + number),
        title=f"{('Backend', 'Frontend', 'Data', 'Sales')[number % 4]} Engineer {number}",
        url=f"https://boards.example/acme/{number}",
        location=("Haifa, Israel", "Berlin, Germany", "Remote")[number % 3],
        locations=(("Haifa, Israel", "Berlin, Germany", "Remote")[number % 3],),
        department="R&D",
        description_text=f"{text} Edition {edition}.",
        description_html=f"<p>{text} Edition {edition}.</p>",
    )


def measure(name: str, app: Flask) -> Iterator[str]:
    """A line for every size and kind of read."""
    for size in SIZES:
        whole = [posting(number) for number in range(size)]
        churned = [posting(number, edition=1) if number % 100 == 0 else known for number, known in enumerate(whole)]
        with app.app_context(), transaction():
            ours = world.board(world.company(f"Ours {size}"), ats="greenhouse").id
            theirs = world.board(world.company(f"Theirs {size}"), ats="greenhouse").id
        for number, (kind, seen) in enumerate(
            (("all new", whole), ("nothing changed", whole), ("one in a hundred changed", churned))
        ):
            now = NOW + timedelta(hours=7 * number)
            seconds, locked = _ours(app, ours, seen, now)
            started = time.perf_counter()
            _row_by_row(app, theirs, seen, now)
            baseline = time.perf_counter() - started
            yield (
                f"{kind:30}{name:>12}{size:>8,}{seconds:>7.2f} s{locked:>7.2f} s{baseline:>10.2f} s"
                f"{baseline / seconds:>7.1f}"
            )


def _ours(app: Flask, board_id: int, seen: list[Posting], now: datetime) -> tuple[float, float]:
    """Seconds in all, and of these the seconds in which the database was locked for other writers."""
    # Fresh values, as a scraper makes them: nothing may be remembered from the last read.
    fresh = tuple(map(replace, seen))
    started = time.perf_counter()
    for new in fresh:  # as `take_snapshot` does before anything is locked
        new.content_hash()
        new.fingerprint()
    reading = scraping.Reading(Snapshot(fresh, complete=True), None, None, {}, 1, 0, 0, 200)
    with app.app_context():
        with transaction():
            claim = scraping.claim(board_id, now, tasks.OWNER, tasks.settings(), RunTrigger.SCHEDULE, only_if_due=False)
        assert claim is not None
        locked = time.perf_counter()
        with transaction():
            assert scraping.record(claim, reading, now, tasks.settings()).outcome == "ok"
        ended = time.perf_counter()
        return ended - started, ended - locked


def _row_by_row(app: Flask, board_id: int, seen: list[Posting], now: datetime) -> None:
    with app.app_context(), transaction():
        board = db.session.get_one(Board, board_id)
        for new in seen:
            question = sa.select(JobPosition).where(
                JobPosition.board_id == board_id, JobPosition.external_id == new.external_id
            )
            row = db.session.scalars(question).one_or_none()
            if row is None:
                row = JobPosition(
                    board_id=board_id, company_id=board.company_id, external_id=new.external_id, first_seen_at=now,
                    content_hash="", fingerprint="",
                )  # fmt: skip
                db.session.add(row)
            for field in ("title", "url", "location", "department", "description_text", "description_html"):
                if getattr(row, field) != getattr(new, field):
                    setattr(row, field, getattr(new, field))
            row.locations = list(new.locations)
            row.last_seen_at = now
        db.session.flush()
