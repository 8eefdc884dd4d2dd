"""The daily report: a day's figures beside the week before, written once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask

from tests.rows import a_position
from tests.web.admin_rows import a_board, a_message, a_run
from webapp.db import db, transaction
from webapp.models import Alert, AlertNotification, DailyReport, JobPosition, PositionEvent
from webapp.services import reports

DAY = date(2026, 5, 12)
START = datetime(2026, 5, 12, tzinfo=UTC)
NEXT_MORNING = START + timedelta(days=1, hours=6)


def an_event(position: JobPosition, kind: str, at: datetime) -> None:
    db.session.add(PositionEvent(job_position_id=position.id, kind=kind, at=at, old={}, new={}))
    db.session.flush()


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
    """Inside one transaction, as a task would be."""
    with app.app_context(), transaction():
        yield


@pytest.mark.usefixtures("inside")
def test_an_empty_database_has_a_report_of_noughts() -> None:
    figures = reports.figures(DAY, NEXT_MORNING)
    assert {figures[name] for name in reports.COMPARED} == {0}
    assert figures["success"] is None
    assert figures["freshness"] is None
    assert figures["previous"] == {"days": 0}
    assert figures["is_whole"] is True


@pytest.mark.usefixtures("inside")
def test_a_day_runs_from_midnight_to_midnight_utc() -> None:
    board = a_board()
    for moment in (START - timedelta(microseconds=1), START, START + timedelta(hours=24) - timedelta(microseconds=1),
                   START + timedelta(hours=24)):  # fmt: skip
        a_run(board, began=moment)
    assert reports.figures(DAY, NEXT_MORNING)["runs"] == 2


@pytest.mark.usefixtures("inside")
def test_boards_are_counted_once_and_reads_each() -> None:
    good, bad = a_board("Good"), a_board("Bad")
    for outcome in ("ok", "unchanged", "held", "partial", "superseded"):
        a_run(good, outcome, began=START + timedelta(hours=1))
    for outcome in ("failed", "failed", "interrupted", "ok"):
        a_run(bad, outcome, began=START + timedelta(hours=2))
    a_run(bad, "running", began=START + timedelta(hours=3), finished_at=None)
    figures = reports.figures(DAY, NEXT_MORNING)
    assert figures["boards_checked"] == 2
    assert figures["boards_failed"] == 1
    assert figures["runs"] == 9
    assert figures["runs_failed"] == 3
    assert figures["runs_held"] == 1
    assert figures["runs_partial"] == 1
    # ok, unchanged, held and ok of the eight that were read to an end.
    assert figures["success"] == pytest.approx(4 / 8)


@pytest.mark.usefixtures("inside")
def test_a_first_read_is_no_news() -> None:
    board = a_board()
    old = a_position(board.company, is_baseline=True)
    new = a_position(board.company)
    an_event(old, "opened", START)
    an_event(new, "opened", START)
    an_event(old, "expired", START + timedelta(hours=1))
    an_event(old, "expired", START + timedelta(days=1))
    figures = reports.figures(DAY, NEXT_MORNING)
    assert (figures["new"], figures["expired"]) == (1, 1)
    assert figures["positions_open"] == 2


@pytest.mark.usefixtures("inside")
def test_notifications_are_told_on_the_day_they_were_told() -> None:
    board = a_board()
    message = a_message("sent", sent_at=START + timedelta(minutes=1), created_at=START - timedelta(minutes=1))
    a_message("failed", created_at=START + timedelta(hours=3))
    alert = Alert(user_id=message.user_id, name="Engineers", keywords=["engineer"], created_at=START, updated_at=START)
    db.session.add(alert)
    db.session.flush()
    for state, told_at in (("told", START + timedelta(minutes=1)), ("told", START - timedelta(days=1)),
                           ("failed", None), ("owed", None)):  # fmt: skip
        db.session.add(
            AlertNotification(
                alert_id=alert.id,
                job_position_id=a_position(board.company).id,
                user_id=message.user_id,
                message_id=message.id,
                matched_at=START + timedelta(seconds=1),
                told_at=told_at,
                state=state,
            )
        )
    db.session.flush()
    figures = reports.figures(DAY, NEXT_MORNING)
    assert (figures["notifications_told"], figures["notifications_failed"]) == (1, 1)
    assert (figures["messages_sent"], figures["messages_failed"]) == (1, 1)
    assert figures["handover_p95_seconds"] == 59.0


@pytest.mark.usefixtures("inside")
def test_the_week_before_is_the_mean_of_the_days_on_which_we_ran() -> None:
    board = a_board()
    for back, runs in ((1, 4), (2, 0), (3, 2)):
        for _ in range(runs):
            a_run(board, began=START - timedelta(days=back) + timedelta(hours=5))
    previous = reports.figures(DAY, NEXT_MORNING)["previous"]
    assert previous["days"] == 3
    assert previous["runs"] == 2.0
    assert previous["boards_checked"] == pytest.approx(0.7)


@pytest.mark.usefixtures("inside")
def test_it_looks_back_seven_days_and_no_further() -> None:
    board = a_board()
    a_run(board, began=START - timedelta(days=30))
    a_run(board, began=START - timedelta(days=7))
    previous = reports.figures(DAY, NEXT_MORNING)["previous"]
    assert previous["days"] == 7
    assert previous["runs"] == pytest.approx(0.1)


@pytest.mark.usefixtures("inside")
def test_the_oldest_confirmation_is_of_a_board_that_is_on() -> None:
    a_board("Fresh", last_complete_at=NEXT_MORNING - timedelta(hours=1))
    a_board("Stale", last_complete_at=NEXT_MORNING - timedelta(hours=30))
    a_board("Off", last_complete_at=NEXT_MORNING - timedelta(days=300), is_enabled=False)
    freshness = reports.figures(DAY, NEXT_MORNING)["freshness"]
    assert freshness["company_name"] == "Stale"
    assert freshness["age_seconds"] == 30 * 3600


@pytest.mark.usefixtures("inside")
def test_a_board_that_was_never_confirmed_counts_from_its_first_day() -> None:
    a_board("Fresh", last_complete_at=NEXT_MORNING)
    a_board("Never", last_complete_at=None, created_at=NEXT_MORNING - timedelta(hours=2))
    freshness = reports.figures(DAY, NEXT_MORNING)["freshness"]
    assert (freshness["company_name"], freshness["confirmed_at"]) == ("Never", None)
    assert freshness["age_seconds"] == 2 * 3600


@pytest.mark.usefixtures("inside")
def test_the_slowest_and_the_noisiest_come_first() -> None:
    calm, busy = a_board("Calm"), a_board("Busy")
    a_run(calm, began=START, duration_ms=9000, requests=41)
    a_run(busy, began=START, duration_ms=100)
    for kind in ("opened", "changed", "expired"):
        an_event(a_position(busy.company), kind, START)
    an_event(a_position(calm.company), "changed", START)
    figures = reports.figures(DAY, NEXT_MORNING)
    assert [board["company_name"] for board in figures["slowest"]] == ["Calm", "Busy"]
    assert figures["slowest"][0]["requests"] == 41
    assert [board["company_name"] for board in figures["noisiest"]] == ["Busy", "Calm"]
    assert {name: figures["noisiest"][0][name] for name in ("changes", "new", "expired")} == {
        "changes": 3,
        "new": 1,
        "expired": 1,
    }


@pytest.mark.usefixtures("inside")
def test_what_needs_attention_is_named_with_its_reason() -> None:
    a_board("Fine")
    a_board("Broken", health="failing", health_reason="404", failing_since=START)
    a_board("Off", health="failing", is_enabled=False)
    attention = reports.figures(DAY, NEXT_MORNING)["attention"]
    assert [(board["company_name"], board["reason"]) for board in attention] == [("Broken", "404")]


@pytest.mark.usefixtures("inside")
def test_figures_are_plain_json() -> None:
    a_board("Broken", health="failing", failing_since=START)
    figures = reports.figures(DAY, NEXT_MORNING)
    assert json.loads(json.dumps(figures)) == figures


def test_a_report_is_written_once(app: Flask) -> None:
    for late in (0, 5):
        with app.app_context(), transaction():
            reports.write_daily(DAY, NEXT_MORNING + timedelta(hours=late))
            a_run(a_board(), began=START)
    with app.app_context():
        rows = db.session.query(DailyReport).all()
        assert [(row.day, row.created_at) for row in rows] == [(DAY, NEXT_MORNING)]
        assert rows[0].figures["runs"] == 0


def test_a_report_written_before_the_day_was_over_is_renewed(app: Flask) -> None:
    with app.app_context(), transaction():
        assert reports.write_daily(DAY, START + timedelta(hours=8)).figures["is_whole"] is False
        a_run(a_board(), began=START + timedelta(hours=9))
    with app.app_context(), transaction():
        reports.write_daily(DAY, NEXT_MORNING)
    with app.app_context():
        report = db.session.query(DailyReport).one()
        assert report.figures["is_whole"] is True
        assert report.figures["runs"] == 1


# --- the command ----------------------------------------------------------------------------------------------------


def test_the_command_prints_the_figures_as_json_and_keeps_the_report(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["report", "daily", "--date", "2026-05-12", "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.output)["day"] == "2026-05-12"
    with app.app_context():
        assert db.session.query(DailyReport).one().day == DAY


def test_the_command_prints_words(app: Flask) -> None:
    with app.app_context(), transaction():
        board = a_board("Fjordline", health="failing", health_reason="The site answered 503.")
        a_run(board, "failed", began=START + timedelta(hours=1))
        a_run(board, began=START - timedelta(hours=1))
    result = app.test_cli_runner().invoke(args=["report", "daily", "--date", "2026-05-12"])
    assert result.exit_code == 0, result.output
    assert "1  boards checked" in result.output
    assert "mean of 1 day before: 1" in result.output
    assert "Fjordline: failing: The site answered 503." in result.output


@pytest.mark.parametrize("day", ["someday", "2999-01-01", "2026-02-30"])
def test_a_day_that_is_none_or_has_not_begun_is_a_usage_error(app: Flask, day: str) -> None:
    result = app.test_cli_runner().invoke(args=["report", "daily", "--date", day])
    assert result.exit_code == 2
    assert day in result.output
