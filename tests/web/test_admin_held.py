"""Held snapshots: shown with their numbers, confirmed or dismissed by an admin."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.admin_rows import a_board, a_drop, a_posting
from tests.web.conftest import Person
from webapp import clock
from webapp.db import db, transaction
from webapp.models import HeldSnapshot, JobPosition
from webapp.services.position_lifecycle_manager import pack

Opener = Callable[[Person], FlaskClient]


@pytest.fixture
def admin(ada: Person, browser: Opener) -> FlaskClient:
    return browser(ada)


@pytest.fixture
def held_id(app: Flask) -> int:
    with app.app_context(), transaction():
        return a_drop("Tessellate", before=12, after=4).id


def open_positions(app: Flask) -> int:
    with app.app_context():
        return db.session.query(JobPosition).filter_by(status="active").count()


def held_state(app: Flask, held_id: int) -> str:
    with app.app_context():
        held = db.session.get(HeldSnapshot, held_id)
        assert held is not None
        return held.state


def test_nothing_held_says_what_would_be_here(admin: FlaskClient) -> None:
    assert "Nothing is held" in admin.get("/admin/held").text


def test_a_drop_is_told_with_its_numbers_and_what_was_not_done(admin: FlaskClient, held_id: int) -> None:
    page = admin.get("/admin/held").text
    assert "Tessellate dropped from 12 to 4 positions. Nothing was closed." in page
    assert "Would close 8:" in page
    assert "Engineer 04" in page
    assert "Engineer 03" not in page
    assert "and 4 more" in page
    assert "2 more reads" in page
    assert "Confirm: close 8…" in page


def test_the_overview_shows_it_too(admin: FlaskClient, held_id: int) -> None:
    assert "Tessellate dropped from 12 to 4 positions." in admin.get("/admin").text


def test_the_third_look_is_announced_with_its_time(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_drop(times_seen=2)
    assert "One more read with the same picture, not before" in admin.get("/admin/held").text


def test_looking_lists_every_position_that_would_close(admin: FlaskClient, held_id: int) -> None:
    page = admin.get(f"/admin/held/{held_id}").text
    assert [number for number in range(12) if f"Engineer {number:02d}" in page] == list(range(4, 12))


def test_growth_lists_what_would_open(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        board = a_board("Saltmarsh", health="held")
        postings = [a_posting(f"s-{number}", f"Diver <{number}>") for number in range(300)]
        now = clock.utcnow()
        held = HeldSnapshot(
            board_id=board.id, kind="growth", reason="From 3 to 300.", open_before=3, seen=300, would_expire=0,
            would_open=300, external_ids=[p.external_id for p in postings], postings=pack(postings),
            first_seen_at=now - timedelta(hours=1), last_seen_at=now,
        )  # fmt: skip
        db.session.add(held)
        db.session.flush()
        held_id = held.id
    assert "Saltmarsh grew from 3 to 300 positions at once. Nothing was added." in admin.get("/admin/held").text
    page = admin.get(f"/admin/held/{held_id}").text
    assert page.count("Diver &lt;") == 300
    assert "Confirm: open 300…" in page


def test_confirming_asks_first_and_then_closes(app: Flask, admin: FlaskClient, held_id: int) -> None:
    question = admin.get(f"/admin/held/{held_id}/confirm")
    assert "Confirming will <b>close 8</b>" in question.text
    assert open_positions(app) == 12

    answer = admin.post(f"/admin/held/{held_id}/confirm")
    assert answer.status_code == 303
    assert open_positions(app) == 4
    assert held_state(app, held_id) == "confirmed"
    page = admin.get(answer.headers["Location"]).text
    assert "8 positions closed, 0 positions opened" in page
    assert "confirmed" in page


def test_confirming_twice_changes_nothing_and_says_why(app: Flask, admin: FlaskClient, held_id: int) -> None:
    admin.post(f"/admin/held/{held_id}/confirm")
    again = admin.post(f"/admin/held/{held_id}/confirm")
    assert again.status_code == 409
    assert "not waiting for a decision any more" in again.text
    assert admin.get(f"/admin/held/{held_id}/confirm").status_code == 409
    assert open_positions(app) == 4


def test_dismissing_closes_nothing(app: Flask, admin: FlaskClient, held_id: int) -> None:
    answer = admin.post(f"/admin/held/{held_id}/dismiss")
    assert answer.status_code == 303
    assert held_state(app, held_id) == "dismissed"
    assert open_positions(app) == 12
    assert "dismissed" in admin.get("/admin/held").text
    assert "This was dismissed" in admin.get(f"/admin/held/{held_id}").text
    assert admin.post(f"/admin/held/{held_id}/dismiss").status_code == 409


def test_checking_again_asks_for_a_read_and_comes_back_here(app: Flask, admin: FlaskClient, held_id: int) -> None:
    with app.app_context():
        held = db.session.get(HeldSnapshot, held_id)
        assert held is not None
        board_id = held.board_id
    answer = admin.post(f"/admin/boards/{board_id}/rescrape", data={"from": "held"})
    assert answer.headers["Location"] == "/admin/held"
    page = admin.get("/admin/held").text
    assert "Tessellate will be read now." in page


@pytest.mark.parametrize("path", ["", "/confirm"])
def test_a_snapshot_that_is_not_there_is_not_found(admin: FlaskClient, path: str) -> None:
    assert admin.get(f"/admin/held/4711{path}").status_code == 404


def test_many_decided_ones_come_in_pages(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        for _ in range(26):
            a_drop("Many", before=1, after=0, state="superseded")
    assert "1–25 of 26" in admin.get("/admin/held").text
