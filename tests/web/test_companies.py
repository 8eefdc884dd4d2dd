"""The companies list, and one company with its boards, positions and recent reads."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import a_company, a_position
from tests.web.conftest import HTMX, Person
from webapp import clock
from webapp.db import db, transaction
from webapp.models import Board, Company, ScrapeRun

Open = Callable[[Person], FlaskClient]
NOW = clock.utcnow()


def company(name: str, **board_columns: Any) -> Company:
    made = a_company(name)
    if board_columns:
        db.session.execute(sa.update(Board).where(Board.company_id == made.id).values(**board_columns))
    return made


@pytest.fixture
def three(app: Flask) -> None:
    with app.app_context(), transaction():
        company("Northcliff", health="ok", open_count=54, last_complete_at=NOW - timedelta(hours=2))
        company("Brackenridge", health="failing", failure_kind="gone", health_reason="Not found (404).")
        company("Sleepy 100%", is_enabled=False)


def test_the_list_shows_watched_companies_with_their_health_in_words(browser: Open, alice: Person, three: None) -> None:
    text = browser(alice).get("/companies").text
    assert "Northcliff" in text
    assert "failing · not found" in text
    assert "Sleepy" not in text
    assert ">54<" in text
    assert 'Greenhouse <span class="muted">API</span>' in text
    assert "2 h ago" in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("show=all", {"Northcliff", "Brackenridge", "Sleepy 100%"}),
        ("show=off", {"Sleepy 100%"}),
        ("q=NORTH", {"Northcliff"}),
        ("show=all&q=100%25", {"Sleepy 100%"}),
        ("show=all&q=%25", {"Sleepy 100%"}),
        ("show=nonsense", {"Northcliff", "Brackenridge"}),
        ("q=nobody", set()),
    ],
)
def test_the_list_is_narrowed_by_name_and_state(
    browser: Open, alice: Person, three: None, query: str, names: set[str]
) -> None:
    for headers in ({}, HTMX):
        text = browser(alice).get(f"/companies?{query}", headers=headers).text
        assert {name for name in ("Northcliff", "Brackenridge", "Sleepy 100%") if f"<b>{name}</b>" in text} == names
        assert ("<html" in text) is (headers == {})


def test_an_empty_list_says_what_to_do(app: Flask, browser: Open, alice: Person, ada: Person) -> None:
    assert "An admin adds companies" in browser(alice).get("/companies").text
    assert "/admin/companies/add" in browser(ada).get("/companies").text
    with app.app_context(), transaction():
        company("Asleep", is_enabled=False)
    text = browser(alice).get("/companies").text
    assert "No company is watched yet" in text
    assert "/companies?show=all" in text


def test_many_companies_come_in_pages(app: Flask, browser: Open, alice: Person) -> None:
    with app.app_context(), transaction():
        for number in range(53):
            company(f"Company {number:02}")
    client = browser(alice)
    first, second = client.get("/companies").text, client.get("/companies?page=2").text
    assert "Showing 1–50 of 53" in first
    assert "Showing 51–53 of 53" in second
    assert "<b>Company 52</b>" in second
    assert "<b>Company 49</b>" in first


def test_one_company_shows_boards_positions_and_recent_reads(app: Flask, browser: Open, alice: Person) -> None:
    with app.app_context(), transaction():
        made = company("Tessellate", health="held", health_reason="Dropped from 120 to 4. Nothing was closed.")
        board_id = db.session.scalars(sa.select(Board.id)).one()
        a_position(made, "Data Engineer")
        a_position(made, "Gone Engineer", status="expired", expired_at=NOW)
        for outcome, more in (("ok", {"new": 3, "expired": 1, "updated": 2}), ("failed", {"http_status": 404})):
            db.session.add(ScrapeRun(board_id=board_id, fence=1, started_at=NOW, outcome=outcome, **more))
        slug = made.slug
    text = browser(alice).get(f"/companies/{slug}").text
    assert "1 open position · 1 expired" in text
    assert "Nothing was closed." in text
    assert "Data Engineer" in text
    assert "Gone Engineer" not in text
    assert "+3 −1 · 2 edited" in text
    assert "failed · 404" in text


def test_a_company_that_is_not_there_is_404(browser: Open, alice: Person) -> None:
    assert browser(alice).get("/companies/nobody").status_code == 404
