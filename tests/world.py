"""Builders of rows for tests, with sensible values for everything a test does not care about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from webapp.db import db, transaction
from webapp.models import (
    Alert,
    AlertNotification,
    ApplicationEvent,
    Board,
    Channel,
    Company,
    JobPosition,
    Message,
    MessageItem,
    PositionEvent,
    ScrapeRun,
    User,
    UserJobApplication,
)
from webapp.text import tokens

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)


Row = TypeVar("Row")


def _add(row: Row) -> Row:
    db.session.add(row)
    db.session.flush()
    return row


def user(email: str = "alice@example.com", **fields: Any) -> User:
    """A user with an e-mail channel. The password hash fits no password."""
    made = _add(User(**{"email": email, "password_hash": "!", "created_at": NOW, **fields}))
    _add(Channel(user_id=made.id, kind="email", address=email, created_at=NOW))
    return made


def company(name: str = "Northcliff", **fields: Any) -> Company:
    slug = "-".join(tokens(name))
    return _add(Company(**{"slug": slug, "name": name, "created_at": NOW - timedelta(days=60), **fields}))


def board(of: Company, **fields: Any) -> Board:
    defaults = {
        "company_id": of.id, "ats": "greenhouse", "board_key": of.slug, "careers_url": f"https://{of.slug}.example/jobs",
        "scraping_config": {"token": of.slug}, "created_at": NOW - timedelta(days=60), "next_scrape_at": NOW,
    }  # fmt: skip
    return _add(Board(**{**defaults, **fields}))


def position(on: Board, external_id: str = "1", title: str = "Backend Engineer", **fields: Any) -> JobPosition:
    words = " " + " ".join(tokens(title)) + " "
    defaults = {
        "board_id": on.id, "company_id": on.company_id, "external_id": external_id, "title": title,
        "url": f"https://boards.example/{on.board_key}/{external_id}", "location": "Haifa, Israel",
        "locations": ["Haifa, Israel"], "title_norm": words, "search_text": words, "content_hash": "c" * 32,
        "fingerprint": (external_id + "f" * 32)[:32], "first_seen_at": NOW - timedelta(days=1),
    }  # fmt: skip
    return _add(JobPosition(**{**defaults, **fields}))


def alert(of: User, name: str = "Backend", **fields: Any) -> Alert:
    defaults = {"user_id": of.id, "name": name, "keywords": ["backend"], "created_at": NOW, "updated_at": NOW}
    return _add(Alert(**{**defaults, **fields}))


def message(to: User, **fields: Any) -> Message:
    channel = db.session.query(Channel).filter_by(user_id=to.id).one()
    number = db.session.query(Message).count() + 1
    defaults = {
        "dedupe_key": f"test:{number}", "message_id": f"test.{number}@rolewatch.test", "kind": "matches",
        "user_id": to.id, "channel_id": channel.id, "created_at": NOW, "deliver_after": NOW,
    }  # fmt: skip
    return _add(Message(**{**defaults, **fields}))


def fill() -> None:
    """At least one row that is linked to the others in most tables, committed."""
    with transaction():
        alice = user()
        acme = board(company())
        job = position(acme)
        rule = alert(alice)
        run = _add(ScrapeRun(board_id=acme.id, fence=1, started_at=NOW))
        _add(PositionEvent(job_position_id=job.id, scrape_run_id=run.id, kind="opened", at=NOW))
        told = message(alice)
        _add(MessageItem(message_id=told.id, channel_id=told.channel_id, job_position_id=job.id))
        _add(
            AlertNotification(
                alert_id=rule.id, job_position_id=job.id, user_id=alice.id, message_id=told.id, matched_at=NOW
            )
        )
        saved = _add(
            UserJobApplication(
                user_id=alice.id,
                job_position_id=job.id,
                title=job.title,
                company_name="N",
                created_at=NOW,
                updated_at=NOW,
            )
        )
        _add(ApplicationEvent(application_id=saved.id, kind="created", at=NOW, new="saved"))
