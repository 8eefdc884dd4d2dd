"""Boards, runs, holds and messages for the tests of the admin pages. Nothing here commits."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta
from typing import Any

from tests.rows import a_company, a_position, a_user
from webapp import clock
from webapp.db import db
from webapp.models import Board, Channel, HeldSnapshot, Lease, Message, ScrapeRun
from webapp.services.position_lifecycle_manager import pack
from webapp.values import Posting

_numbers = itertools.count(1)


def a_board(name: str = "Northcliff", **columns: Any) -> Board:
    """The only board of a new company: healthy, confirmed an hour ago, due in five hours."""
    now = clock.utcnow()
    company = a_company(name, is_sample=columns.pop("is_sample", False))
    board = db.session.query(Board).filter_by(company_id=company.id).one()
    values = {
        "health": "ok",
        "last_complete_at": now - timedelta(hours=1),
        "last_attempt_at": now - timedelta(hours=1),
        "next_scrape_at": now + timedelta(hours=5),
        "baseline_at": now - timedelta(days=9),
    }
    for column, value in {**values, **columns}.items():
        setattr(board, column, value)
    db.session.flush()
    return board


def a_run(board: Board, outcome: str = "ok", began: datetime | None = None, **columns: Any) -> ScrapeRun:
    """A finished run of two seconds, an hour ago unless said otherwise."""
    began = began or clock.utcnow() - timedelta(hours=1)
    values: dict[str, Any] = {"finished_at": began + timedelta(seconds=2), "duration_ms": 2000, "requests": 1}
    run = ScrapeRun(board_id=board.id, fence=1, started_at=began, outcome=outcome, **{**values, **columns})
    db.session.add(run)
    db.session.flush()
    return run


def a_posting(external_id: str, title: str = "Backend Engineer") -> Posting:
    return Posting(external_id=external_id, title=title, url=f"https://boards.example.org/jobs/{external_id}")


def a_drop(name: str = "Tessellate", before: int = 12, after: int = 4, **columns: Any) -> HeldSnapshot:
    """A board with `before` open positions whose newest read lists only the first `after` of them."""
    now = clock.utcnow()
    board = a_board(name, health="held", health_reason="8 of 12 open positions are not listed any more.")
    company = board.company
    for number in range(before):
        a_position(company, f"Engineer {number:02d}", external_id=f"t-{number}")
    board.open_count = before
    listed = [a_posting(f"t-{number}", f"Engineer {number:02d}") for number in range(after)]
    values: dict[str, Any] = {
        "kind": "drop",
        "reason": f"{before - after} of {before} open positions are not listed any more. Nothing was closed.",
        "open_before": before,
        "seen": after,
        "would_expire": before - after,
        "would_open": 0,
        "external_ids": sorted(posting.external_id for posting in listed),
        "postings": pack(listed),
        "first_seen_at": now - timedelta(hours=2),
        "last_seen_at": now - timedelta(hours=1),
    }
    held = HeldSnapshot(board_id=board.id, **{**values, **columns})
    db.session.add(held)
    db.session.flush()
    a_run(board, "held", reason=held.reason, held=before - after, seen=after)
    return held


def a_message(state: str = "pending", **columns: Any) -> Message:
    """A notice to a new user, written ten minutes ago."""
    number = next(_numbers)
    now = clock.utcnow()
    user = a_user()
    channel = Channel(user_id=user.id, kind="email", address=user.email, created_at=now)
    db.session.add(channel)
    db.session.flush()
    values: dict[str, Any] = {
        "dedupe_key": f"test:{number}",
        "message_id": f"test-{number}@example.org",
        "kind": "notice",
        "subject": "Three new positions",
        "body": "Northcliff opened three positions.",
        "created_at": now - timedelta(minutes=10),
        "deliver_after": now - timedelta(minutes=10),
    }
    message = Message(user_id=user.id, channel_id=channel.id, state=state, **{**values, **columns})
    db.session.add(message)
    db.session.flush()
    return message


def a_pulse(age: timedelta = timedelta(seconds=5)) -> Lease:
    """A scheduler that ticked `age` ago."""
    now = clock.utcnow()
    lease = Lease(name="scheduler", owner="host:1:abc", expires_at=now + timedelta(seconds=30), renewed_at=now - age)
    db.session.add(lease)
    db.session.flush()
    return lease
