"""Rows for tests: valid ones, with only what matters to the test spelled out. Nothing here commits."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from typing import Any

from webapp.db import db
from webapp.models import Board, Company, JobPosition, User
from webapp.text import tokens

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
_numbers = itertools.count(1)


def a_user(email: str = "", **columns: Any) -> User:
    """A person who cannot log in with a password."""
    user = User(email=email or f"user{next(_numbers)}@example.org", password_hash="none", created_at=NOW, **columns)
    db.session.add(user)
    db.session.flush()
    return user


def a_company(name: str = "Northcliff", **columns: Any) -> Company:
    """An employer with one healthy board."""
    number = next(_numbers)
    company = Company(slug=f"{name.lower().replace(' ', '-')}-{number}", name=name, created_at=NOW, **columns)
    db.session.add(company)
    db.session.flush()
    board = Board(
        company_id=company.id,
        ats="greenhouse",
        board_key=f"board-{number}",
        careers_url=f"https://boards.example.org/{number}",
        scraping_config={},
        created_at=NOW,
        next_scrape_at=NOW,
        validators={},
    )
    db.session.add(board)
    db.session.flush()
    return company


def a_position(company: Company, title: str = "Backend Engineer", **columns: Any) -> JobPosition:
    """An open position of the first board of `company`."""
    number = next(_numbers)
    board_id = db.session.query(Board.id).filter(Board.company_id == company.id).order_by(Board.id).limit(1).scalar()
    values: dict[str, Any] = {
        "external_id": f"job-{number}",
        "title": title,
        "url": f"https://boards.example.org/jobs/{number}",
        "location": "Tel Aviv",
        "locations": ["Tel Aviv"],
        "country_codes": ["IL"],
        "title_norm": f" {' '.join(tokens(title))} ",
        "search_text": f" {' '.join(tokens(title))} ",
        "content_hash": f"{number:032d}",
        "fingerprint": f"{number:032d}",
        "first_seen_at": NOW,
    }
    position = JobPosition(board_id=board_id, company_id=company.id, **{**values, **columns})
    db.session.add(position)
    db.session.flush()
    return position
