"""Reads under trouble: rows a database refuses, clocks that jump, holds long forgotten, people who delete meanwhile."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import DBAPIError, OperationalError

from tests import world
from tests.services.reads import NOW, Reader, posting, postings, reading_of
from webapp import clock, tasks
from webapp.db import db, in_transaction, is_passing, transaction
from webapp.errors import Conflict
from webapp.models import (
    Alert,
    AlertNotification,
    Board,
    Company,
    HeldSnapshot,
    JobPosition,
    Message,
    MessageItem,
    ScrapeRun,
    User,
)
from webapp.repositories import boards
from webapp.services import scraping

WHOLE = range(1, 21)


@pytest.fixture
def reader(app: Flask) -> Reader:
    return Reader(app)


def an_alert(app: Flask, email: str = "alice@example.com", **fields: Any) -> tuple[int, int]:
    """A user with an alert on engineers: their ids."""
    with app.app_context(), transaction():
        user = world.user(email)
        return user.id, world.alert(user, **{"keywords": ["engineer"], **fields}).id


# --- what cannot be saved ---


def test_a_posting_that_cannot_be_saved_is_a_failure_of_the_board_that_backs_off(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(app, now=clock.utcnow())
    reader.read(postings(WHOLE))
    broken = posting(99, salary_currency="EUR" * 200, title="x\ud800y")
    monkeypatch.setattr(scraping, "take_snapshot", lambda *_: reading_of([*postings(WHOLE), broken]))
    with app.app_context():
        scraped = tasks.scrape_board(reader.board_id, only_if_due=False)
    assert scraped is not None
    assert scraped.outcome == "failed"
    assert "could not be saved" in scraped.reason
    board = reader.board
    assert (board.health, board.failures_in_a_row, board.lease_expires_at) == ("failing", 1, None)
    assert board.next_scrape_at > clock.utcnow() + timedelta(hours=5)
    assert {position.status for position in reader.all(JobPosition)} == {"active"}
    assert len(reader.all(JobPosition)) == len(WHOLE)


def test_a_database_that_is_busy_leaves_the_board_due(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(app, now=clock.utcnow())

    def busy(*_: Any) -> Any:
        raise OperationalError("INSERT", {}, Exception("database is locked"))

    monkeypatch.setattr(scraping, "take_snapshot", lambda *_: reading_of(postings(WHOLE)))
    monkeypatch.setattr(scraping, "record", busy)
    with app.app_context(), pytest.raises(OperationalError):
        tasks.scrape_board(reader.board_id, only_if_due=False)
    board = reader.board
    assert (board.lease_expires_at, board.failures_in_a_row) == (None, 0)
    assert [run.outcome for run in reader.all(ScrapeRun)] == ["interrupted"]
    with app.app_context():
        assert boards.due_ids(clock.utcnow(), 5) == [reader.board_id]


def test_a_passing_failure_of_the_database_is_tried_again_and_any_other_is_not(app: Flask) -> None:
    tries = []

    def work() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        return "done"

    with app.app_context():
        assert in_transaction(work) == "done"
        assert len(tries) == 3
        with pytest.raises(DBAPIError):
            in_transaction(lambda: db.session.execute(sa.text("SELECT nonsense FROM nowhere")))  # type: ignore[arg-type,return-value]
    assert not is_passing(ValueError("database is locked"))


# --- clocks ---


def test_a_clock_that_was_a_year_ahead_stops_no_board_and_keeps_no_position_open(reader: Reader) -> None:
    reader.later(days=365).read(postings(WHOLE))
    reader.later(hours=6).read(postings(range(1, 20)))
    lost = next(position for position in reader.all(JobPosition) if position.external_id == "20")
    assert lost.missing_since is not None
    reader.now = NOW + timedelta(hours=1)
    with reader.app.app_context():
        assert boards.due_ids(reader.now, 5) == [reader.board_id]
    reader.read(postings(range(1, 20)))
    assert reader.board.next_scrape_at < reader.now + timedelta(hours=7)
    assert reader.later(hours=6.1).read(postings(range(1, 20))).expired == 1


def test_a_clock_set_back_by_an_hour_plans_the_next_read_from_the_time_it_is_now(reader: Reader) -> None:
    reader.read(postings(WHOLE))
    reader.later(hours=-1).read(postings(WHOLE))
    board = reader.board
    assert board.last_complete_at == NOW
    assert board.next_scrape_at < reader.now + timedelta(hours=6.7)


def test_a_lease_that_a_wrong_clock_gave_for_a_year_is_free(reader: Reader) -> None:
    reader.later(days=365)
    assert reader.claim() is not None
    reader.now = NOW
    assert reader.claim(only_if_due=True) is not None
    assert reader.claim(only_if_due=True) is None


# --- held snapshots ---


def pending(reader: Reader) -> list[HeldSnapshot]:
    return [held for held in reader.all(HeldSnapshot) if held.state == "pending"]


def test_a_dismissed_picture_that_comes_again_after_the_board_was_whole_is_held_and_shown_anew(reader: Reader) -> None:
    reader.read(postings(WHOLE))
    assert reader.later(hours=7).read([]).outcome == "held"
    with reader.app.app_context(), transaction():
        scraping.dismiss_held(boards.get_hold(pending(reader)[0].id), _admin(), reader.now)
    assert reader.later(hours=7).read([]).outcome == "held"
    assert pending(reader) == [], "the same picture was disbelieved"
    reader.later(hours=7).read(postings(WHOLE))
    assert reader.later(days=60).read([]).outcome == "held"
    assert [held.kind for held in pending(reader)] == ["empty"]
    reader.later(hours=12).read([])
    assert reader.later(hours=13).read([]).expired == len(WHOLE)


def _admin() -> int:
    return world.user("admin@example.com", is_admin=True).id


def test_what_a_read_has_settled_cannot_be_dismissed(reader: Reader) -> None:
    reader.read(postings(WHOLE))
    reader.later(hours=7).read([])
    with reader.app.app_context():
        stale = boards.get_hold(pending(reader)[0].id)
        db.session.expunge(stale)
    reader.later(hours=7).read(postings(WHOLE))
    assert stale.state == "pending"
    with reader.app.app_context():
        with transaction(), pytest.raises(Conflict):
            scraping.dismiss_held(stale, 1, reader.now)
        with transaction(), pytest.raises(Conflict):
            scraping.confirm_held(stale, 1, reader.now, tasks.settings())
    assert [held.state for held in reader.all(HeldSnapshot)] == ["superseded"]


def test_a_confirmed_snapshot_says_that_the_board_was_seen_when_it_was(reader: Reader) -> None:
    reader.read(postings(WHOLE))
    seen_at = reader.later(hours=7).now
    reader.read(postings(range(1, 4)))
    with reader.app.app_context(), transaction():
        scraping.confirm_held(
            boards.get_hold(pending(reader)[0].id), _admin(), NOW + timedelta(days=2), tasks.settings()
        )
    assert reader.board.last_complete_at == seen_at
    assert len([p for p in reader.all(JobPosition) if p.status == "active"]) == 3


# --- baselines ---


def test_the_first_whole_read_is_the_baseline_even_days_after_a_partial_one(app: Flask, reader: Reader) -> None:
    an_alert(app)
    reader.read(postings(range(1, 11)), complete=False, reason="Page 2 failed.")
    reader.later(days=3).read(postings(range(1, 101)))
    assert reader.all(AlertNotification) == []
    reader.later(hours=7).read(postings(range(1, 102)))
    assert len(reader.all(AlertNotification)) == 1


def test_a_board_that_never_is_whole_announces_after_a_day(app: Flask, reader: Reader) -> None:
    an_alert(app)
    reader.read(postings(range(1, 11)), complete=False, reason="Page 2 failed.")
    reader.later(hours=7).read(postings(range(1, 16)), complete=False, reason="Page 2 failed.")
    assert reader.all(AlertNotification) == []
    reader.later(hours=24).read(postings(range(1, 17)), complete=False, reason="Page 2 failed.")
    assert len(reader.all(AlertNotification)) == 1


def test_growth_that_is_held_before_the_baseline_is_silent_when_it_is_confirmed(app: Flask, reader: Reader) -> None:
    an_alert(app)
    reader.read(postings(range(1, 11)), complete=False, reason="Page 2 failed.")
    assert reader.later(days=3).read(postings(range(1, 301))).outcome == "held"
    reader.later(hours=12).read(postings(range(1, 301)))
    assert reader.later(hours=13).read(postings(range(1, 301))).new == 290
    assert reader.all(AlertNotification) == []


# --- people who delete meanwhile ---


def beside(app: Flask, delete: type[Any], row_id: int) -> threading.Thread:
    """A deletion that begins now and is committed a moment later."""
    ready = threading.Event()

    def work() -> None:
        with app.app_context(), transaction():
            db.session.execute(sa.delete(delete).where(delete.id == row_id))
            ready.set()
            time.sleep(0.5)

    thread = threading.Thread(target=work)
    thread.start()
    ready.wait(10)
    return thread


@pytest.mark.parametrize("what", ["alert", "user"])
def test_an_alert_or_user_deleted_while_its_match_is_written_costs_nobody_else_anything(
    app: Flask, reader: Reader, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    user_id, alert_id = an_alert(app)
    an_alert(app, "bob@example.com")
    reader.read(postings(WHOLE))
    claim = reader.later(hours=7).claim()
    assert claim is not None
    deleting: list[threading.Thread] = []
    matches = scraping.percolation.AlertMatcher.matches

    def matches_while_deleting(matcher: Any, facts: Any) -> Any:
        # SQLite has one writer: there the deletion waits until the read is saved.
        if not deleting and db.engine.dialect.name == "postgresql":
            deleting.append(beside(app, Alert if what == "alert" else User, alert_id if what == "alert" else user_id))
        return matches(matcher, facts)

    monkeypatch.setattr(scraping.percolation.AlertMatcher, "matches", matches_while_deleting)
    with app.app_context(), transaction():
        run = scraping.record(claim, reading_of(postings(range(1, 22))), reader.now, tasks.settings())
        assert run.outcome == "ok"
    for thread in deleting:
        thread.join()
    owed = {notification.alert_id for notification in reader.all(AlertNotification)}
    assert owed == ({alert_id + 1} if deleting else {alert_id, alert_id + 1})
    assert len(reader.all(MessageItem)) == len(owed)


def test_a_company_deleted_while_its_board_is_saved_is_no_deadlock(app: Flask, reader: Reader) -> None:
    reader.read(postings(WHOLE))
    claim = reader.later(hours=7).claim()
    assert claim is not None
    company_id = reader.board.company_id
    with app.app_context(), transaction():
        board = boards.get_for_writing(reader.board_id)
        assert board is not None
        deleting = threading.Thread(target=lambda: _delete_company(app, company_id))
        deleting.start()
        time.sleep(0.5)
        run = scraping.record(claim, reading_of(postings(range(1, 30))), reader.now, tasks.settings())
        assert run.new == 9
    deleting.join(20)
    assert reader.all(Company) == []
    assert reader.all(JobPosition) == []


def _delete_company(app: Flask, company_id: int) -> None:
    with app.app_context(), transaction():
        db.session.execute(sa.delete(Company).where(Company.id == company_id))


def test_a_board_that_is_deleted_while_it_is_read_is_a_late_result(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(app, now=clock.utcnow())

    def read_while_deleted(*_: Any) -> scraping.Reading:
        _delete_company(app, 1)
        return reading_of(postings(WHOLE))

    monkeypatch.setattr(scraping, "take_snapshot", read_while_deleted)
    with app.app_context():
        assert tasks.scrape_board(reader.board_id, only_if_due=False) is None
    assert reader.all(Board) == []


# --- slow boards ---


def test_a_slow_board_holds_up_nobody_else(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    now = clock.utcnow()
    slow = Reader(app, now=now, company="Slow")
    quick = Reader(app, now=now, company="Quick")
    late = Reader(app, now=now, company="Late")
    with app.app_context(), transaction():
        for reader in (slow, quick, late):
            db.session.get_one(Board, reader.board_id).next_scrape_at = now - timedelta(seconds=1)
        db.session.get_one(Board, late.board_id).next_scrape_at = now + timedelta(seconds=1.5)
    all_read = threading.Event()
    order: list[int] = []

    def take(claim: scraping.Claim, *_: Any) -> scraping.Reading:
        if claim.board_id == slow.board_id:
            assert all_read.wait(20), "a board that fell due meanwhile was not read"
        return reading_of(postings(WHOLE))

    def told(scraped: tasks.Scraped) -> None:
        order.append(scraped.board_id)
        if late.board_id in order:
            all_read.set()

    monkeypatch.setattr(scraping, "take_snapshot", take)
    tasks.scrape_due(app, on_read=told)
    assert order == [quick.board_id, late.board_id, slow.board_id]


def test_a_board_that_failed_to_be_saved_is_tried_again_while_a_slow_one_is_read(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tasks, "REST_SECONDS", 0.3)
    now = clock.utcnow()
    slow, unlucky = Reader(app, now=now, company="Slow"), Reader(app, now=now, company="Unlucky")
    second_time = threading.Event()
    times: list[int] = []

    def take(claim: scraping.Claim, *_: Any) -> scraping.Reading:
        if claim.board_id == slow.board_id:
            assert second_time.wait(20), "the other board was given up"
        else:
            times.append(1)
            if len(times) == 1:
                raise OperationalError("SELECT", {}, Exception("the database went away"))
            second_time.set()
        return reading_of(postings(WHOLE))

    monkeypatch.setattr(scraping, "take_snapshot", take)
    app.config["SCRAPE_LEASE_SECONDS"] = 0.2
    tasks.scrape_due(app)
    assert len(times) == 2
    assert unlucky.board.health == "ok"


def test_a_listener_that_fails_stops_no_board(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    readers = [Reader(app, now=clock.utcnow(), company=name) for name in ("One", "Two", "Three", "Four", "Five", "Six")]

    def told(_scraped: tasks.Scraped) -> None:
        raise RuntimeError("nobody listens")

    monkeypatch.setattr(scraping, "take_snapshot", lambda *_: reading_of(postings(WHOLE)))
    tasks.scrape_due(app, on_read=told)
    assert [reader.board.health for reader in readers] == ["ok"] * 6


def test_a_read_that_is_cut_short_by_a_stop_is_given_back(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(app, now=clock.utcnow())
    stopping = threading.Event()

    def half(*_: Any) -> scraping.Reading:
        stopping.set()
        return reading_of(postings(WHOLE), complete=False, reason="Page 2 was not read.")

    monkeypatch.setattr(scraping, "take_snapshot", half)
    with app.app_context():
        assert tasks.scrape_board(reader.board_id, only_if_due=False, stop=stopping.is_set) is None
        assert boards.due_ids(clock.utcnow(), 5) == [reader.board_id]
    assert [run.outcome for run in reader.all(ScrapeRun)] == ["interrupted"]
    assert reader.all(Message) == []
