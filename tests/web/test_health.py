"""Health for machines: up, ready, figures."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from tests.rows import a_company, a_position
from webapp import clock, create_app
from webapp.db import db, transaction
from webapp.models import Channel, Lease, Message, User
from webapp.repositories import pulse
from webapp.web import health

NOW = clock.utcnow()


@pytest.fixture(autouse=True)
def no_migrations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests make their tables without migrations; one test below looks at these."""
    monkeypatch.setattr(health, "_migration", lambda: "")


def tick(age: timedelta) -> None:
    moment = clock.utcnow() - age
    db.session.merge(Lease(name="scheduler", owner="me", expires_at=moment, renewed_at=moment))


def message(due_for: timedelta, state: str = "pending") -> None:
    user = User(email="a@example.org", password_hash="x", created_at=NOW)
    db.session.add(user)
    db.session.flush()
    channel = Channel(user_id=user.id, kind="email", address="a@example.org", created_at=NOW)
    db.session.add(channel)
    db.session.flush()
    due = clock.utcnow() - due_for
    db.session.add(
        Message(
            dedupe_key="k", message_id="m", kind="matches", user_id=user.id, channel_id=channel.id, state=state,
            created_at=due, deliver_after=due,
        )
    )  # fmt: skip


def test_the_process_is_up_whatever_the_database_does(tmp_path: Path) -> None:
    app = create_app(ROLEWATCH_ENV="testing", SECRET_KEY="s" * 20, DATABASE_URL=f"sqlite:///{tmp_path}/none.sqlite3")
    assert app.test_client().get("/healthz").json == {"status": "ok"}


def test_ready_when_the_scheduler_ticks_and_nothing_is_stuck(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        tick(timedelta(seconds=20))
        message(timedelta(minutes=10))
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, {"status": "ready", "reasons": []})


@pytest.mark.parametrize("age", [None, timedelta(seconds=120)])
def test_not_ready_while_the_scheduler_does_not_tick(app: Flask, client: FlaskClient, age: timedelta | None) -> None:
    if age:
        with app.app_context(), transaction():
            tick(age)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json
    assert [reason["check"] for reason in answer.json["reasons"]] == ["scheduler"]


def test_not_ready_while_a_message_waits_too_long(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        tick(timedelta(0))
        message(timedelta(minutes=20))
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json
    assert [reason["check"] for reason in answer.json["reasons"]] == ["outbox"]


class TestWithoutScheduler:
    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {**settings, "RUN_SCHEDULER": False}

    def test_a_process_without_a_scheduler_is_not_asked_for_one(self, client: FlaskClient) -> None:
        assert client.get("/readyz").status_code == 200


def test_not_ready_without_a_database_and_no_secret_is_told(tmp_path: Path) -> None:
    app = create_app(
        ROLEWATCH_ENV="testing",
        SECRET_KEY="s" * 20,
        DATABASE_URL="postgresql+psycopg://user:hidden@127.0.0.1:1/none?connect_timeout=2",
    )
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert "database" in answer.text
    assert "hidden" not in answer.text


def test_the_figures_are_there_for_prometheus(app: Flask, client: FlaskClient) -> None:
    with app.app_context(), transaction():
        tick(timedelta(seconds=30))
        message(timedelta(minutes=1))
        a_position(a_company())
    text = client.get("/metrics").text
    assert 'rolewatch_boards{health="new"} 1.0' in text
    assert "rolewatch_positions_open 1.0" in text
    assert 'rolewatch_messages{state="pending"} 1.0' in text
    assert "rolewatch_scheduler_last_tick_age_seconds 3" in text
    assert "example.org" not in text


def test_a_database_that_was_never_set_up_says_how_to(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone() -> None:
        raise OperationalError("SELECT", {}, Exception("no such table: leases"))

    monkeypatch.setattr(health, "_migration", lambda: "The database is at no revision; run `flask db upgrade`.")
    monkeypatch.setattr(pulse, "last_tick", gone)
    answer = app.test_client().get("/readyz")
    assert answer.status_code == 503
    assert [reason["check"] for reason in answer.get_json()["reasons"]] == ["migrations"]
