"""The boards page: worst first, rescrape with progress that ends by itself, switching, schedule."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.admin_rows import a_board, a_drop, a_pulse, a_run
from tests.web.conftest import HTMX, Person
from webapp import clock, tasks
from webapp.db import db, transaction
from webapp.models import Board

Opener = Callable[[Person], FlaskClient]


@pytest.fixture
def admin(ada: Person, browser: Opener) -> FlaskClient:
    return browser(ada)


@pytest.fixture(autouse=True)
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The tasks that views woke."""
    calls: list[str] = []
    monkeypatch.setattr(tasks, "wake", lambda task="scrape_due": calls.append(task))
    return calls


def state(app: Flask, board_id: int) -> Board:
    with app.app_context():
        board = db.session.get(Board, board_id)
        assert board is not None
        return board


def poll_url(html: str) -> str | None:
    """The address that the region asks for again, if it does."""
    found = re.search(r'id="boards-poll" hidden hx-get="([^"]+)" hx-trigger="every 1s"', html)
    return found[1].replace("&amp;", "&") if found else None


def finish(app: Flask, board_id: int, **counts: int) -> None:
    """What the scheduler does when a board was read."""
    with app.app_context(), transaction():
        board = db.session.get(Board, board_id)
        assert board is not None
        board.rescrape_requested_at = board.lease_expires_at = None
        a_run(board, began=clock.utcnow(), **counts)


def test_no_boards_at_all_leads_to_adding_one(admin: FlaskClient) -> None:
    page = admin.get("/admin/boards").text
    assert "No companies yet" in page
    assert 'href="/admin/companies/add"' in page
    assert 'action="/admin/companies/starter"' in page


def test_boards_are_listed_worst_first(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_board("Alphabet Soup")
        a_board("Brackenridge", health="failing", failure_kind="gone", health_reason="The board is not there.")
        a_board("Marrow", health="partial")
        a_drop("Tessellate")
        a_board("Sleeper", is_enabled=False)
    page = admin.get("/admin/boards?show=all").text
    places = [page.index(name) for name in ("Tessellate", "Brackenridge", "Marrow", "Alphabet Soup", "Sleeper")]
    assert places == sorted(places)
    assert "failing · gone" in page


def test_a_failing_board_names_the_status_of_its_last_answer(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        board = a_board("Brackenridge", health="failing", failure_kind="gone")
        a_run(board, "failed", http_status=404, reason="There is no such board.")
    assert "failing · 404" in admin.get("/admin/boards").text


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("/admin/boards", {"Fine", "Broken"}),
        ("/admin/boards?show=attention", {"Broken"}),
        ("/admin/boards?show=off", {"Silent"}),
        ("/admin/boards?show=all", {"Fine", "Broken", "Silent"}),
        ("/admin/boards?show=nonsense", {"Fine", "Broken"}),
        ("/admin/boards?show=all&name=SIL", {"Silent"}),
        ("/admin/boards?show=all&name=%25", set()),
    ],
)
def test_the_filter_lives_in_the_address(app: Flask, admin: FlaskClient, address: str, shown: set[str]) -> None:
    with app.app_context(), transaction():
        a_board("Fine")
        a_board("Broken", health="failing")
        a_board("Silent", is_enabled=False)
    page = admin.get(address).text
    assert {name for name in ("Fine", "Broken", "Silent") if f">{name}</a>" in page} == shown


def test_many_boards_come_in_pages(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        for number in range(101):
            a_board(f"Company {number:03d}")
    first, second = admin.get("/admin/boards").text, admin.get("/admin/boards?page=2").text
    assert "1–100 of 101" in first
    assert "Company 100" not in first
    assert "Company 100" in second
    assert admin.get("/admin/boards?page=999999").text.count("<tr id=") == 1


def test_rescrape_makes_the_board_due_and_wakes_the_scheduler(app: Flask, admin: FlaskClient, woken: list[str]) -> None:
    with app.app_context(), transaction():
        a_pulse()
        board_id = a_board().id
    answer = admin.post(f"/admin/boards/{board_id}/rescrape", data={"from": "boards", "show": "all"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/admin/boards?show=all"
    board = state(app, board_id)
    assert board.rescrape_requested_at is not None
    assert board.next_scrape_at <= clock.utcnow()
    assert woken == ["scrape_due"]


def test_rescrape_by_htmx_answers_the_region_and_a_toast(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_pulse()
        board_id = a_board("Harborlight").id
    answer = admin.post(f"/admin/boards/{board_id}/rescrape", data={"from": "boards"}, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="boards"' in answer.text
    assert "queued" in answer.text
    assert "Harborlight will be read now." in answer.text


def test_progress_counts_up_and_ends_by_itself(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_pulse()
        ids = [a_board(name).id for name in ("Aldgate", "Birchwood", "Cinder")]
        a_board("Off", is_enabled=False)
    region = admin.post("/admin/boards/rescrape", headers=HTMX, data={"from": "boards"}).text
    assert "checking … 0 of 3 done" in region

    with app.app_context(), transaction():
        board = db.session.get(Board, ids[0])
        assert board is not None
        board.lease_expires_at = clock.utcnow() + timedelta(minutes=5)
    url = poll_url(region)
    assert url
    region = admin.get(url, headers=HTMX).text
    assert "checking … 0 of 3 done" in region
    assert "being read" in region

    finish(app, ids[0], new=2)
    finish(app, ids[1], new=1, expired=4)
    url = poll_url(region)
    assert url
    region = admin.get(url, headers=HTMX).text
    assert "checking … 2 of 3 done" in region
    # A reload shows the same without remembering anything.
    assert "checking … 2 of 3 done" in admin.get("/admin/boards").text

    finish(app, ids[2])
    url = poll_url(region)
    assert url
    region = admin.get(url, headers=HTMX).text
    assert "Checked 3 boards: 3 new, 4 closed" in region
    assert poll_url(region) is None
    assert poll_url(admin.get("/admin/boards").text) is None


def test_without_javascript_there_is_a_refresh_link_while_it_runs(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_pulse()
        a_board(rescrape_requested_at=clock.utcnow())
    assert 'href="/admin/boards?show=all" id="boards-refresh"' in admin.get("/admin/boards?show=all").text


def test_a_queue_that_nobody_works_on_is_not_asked_about_for_ever(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_pulse(timedelta(minutes=10))
        a_board(rescrape_requested_at=clock.utcnow())
    page = admin.get("/admin/boards").text
    assert poll_url(page) is None
    assert "no scheduler has ticked lately" in page


def test_the_progress_of_the_overview_asks_the_overview(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_pulse()
        a_board(rescrape_requested_at=clock.utcnow())
    url = poll_url(admin.get("/admin").text)
    assert url
    assert url.startswith("/admin?since=")
    region = admin.get(url, headers=HTMX).text
    assert "<html" not in region
    assert "checking … 0 of 1 done" in region


@pytest.mark.parametrize("since", ["", "yesterday", "20990101T000000000000Z", "19990101T000000000000Z"])
def test_a_made_up_beginning_is_ignored(admin: FlaskClient, since: str) -> None:
    answer = admin.get(f"/admin/boards?since={since}", headers=HTMX)
    assert answer.status_code == 200
    assert "Checked" not in answer.text


def test_rescrape_of_a_board_that_is_off_says_so_and_reads_nothing(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        board_id = a_board("Sleeper", is_enabled=False).id
    answer = admin.post(f"/admin/boards/{board_id}/rescrape", headers=HTMX, data={"from": "boards"})
    assert "Sleeper is switched off" in answer.text
    assert state(app, board_id).rescrape_requested_at is None


def test_a_board_is_switched_off_and_on(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        board_id = a_board().id
    answer = admin.post(f"/admin/boards/{board_id}/enabled", data={"from": "board", "on": "0"})
    assert answer.headers["Location"] == f"/admin/boards/{board_id}"
    assert state(app, board_id).is_enabled is False
    answer = admin.post(f"/admin/boards/{board_id}/enabled", data={"from": "boards", "on": "1"}, headers=HTMX)
    assert state(app, board_id).is_enabled is True
    assert "1 switched on, 0 off" in answer.text, "the numbers above the list change with it"
    assert 'hx-target="#which-boards"' in answer.text


def test_an_interval_is_set_and_moves_the_next_read_forward(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        board_id = a_board().id
    assert admin.post(f"/admin/boards/{board_id}/interval", data={"interval": "1800"}).status_code == 303
    board = state(app, board_id)
    assert board.scrape_interval_seconds == 1800
    assert board.next_scrape_at <= clock.utcnow()
    admin.post(f"/admin/boards/{board_id}/interval", data={"interval": ""})
    assert state(app, board_id).scrape_interval_seconds is None


@pytest.mark.parametrize(("interval", "status"), [("60", 422), ("99999999", 422), ("soon", 400), ("-1", 400)])
def test_an_interval_that_is_too_short_or_no_number_is_refused(
    app: Flask, admin: FlaskClient, interval: str, status: int
) -> None:
    with app.app_context(), transaction():
        board_id = a_board().id
    assert admin.post(f"/admin/boards/{board_id}/interval", data={"interval": interval}).status_code == status
    assert state(app, board_id).scrape_interval_seconds is None


def test_a_board_that_backs_off_keeps_its_own_time(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        board_id = a_board(health="failing", failures_in_a_row=3).id
    before = state(app, board_id).next_scrape_at
    admin.post(f"/admin/boards/{board_id}/interval", data={"interval": "1800"})
    assert state(app, board_id).next_scrape_at == before


def test_a_board_has_a_page_with_its_runs_and_what_is_read(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        board = a_board("Fjordline", scraping_config={"token": "<b>fjordline</b>"})
        a_run(board, "failed", reason="The site answered 503.", http_status=503)
        for _ in range(25):
            a_run(board)
        board_id = board.id
    page = admin.get(f"/admin/boards/{board_id}").text
    assert "Fjordline" in page
    assert "1–20 of 26" in page
    assert "&lt;b&gt;fjordline" in page
    assert "The site answered 503." in admin.get(f"/admin/boards/{board_id}?page=2").text


def test_the_page_of_a_board_asks_again_only_while_it_is_read(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_pulse()
        board_id = a_board(rescrape_requested_at=clock.utcnow()).id
    region = admin.get(f"/admin/boards/{board_id}", headers=HTMX).text
    assert "<html" not in region
    assert 'id="board-poll"' in region
    finish(app, board_id)
    assert 'id="board-poll"' not in admin.get(f"/admin/boards/{board_id}", headers=HTMX).text
