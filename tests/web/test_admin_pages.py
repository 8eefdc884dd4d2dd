"""The other admin pages: overview, runs, outbox, users, reports."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import a_user
from tests.web.admin_rows import a_board, a_message, a_pulse, a_run
from tests.web.conftest import HTMX, Person, make_person
from webapp import clock
from webapp.db import db, transaction
from webapp.models import Message, TransportPause, User
from webapp.services import reports

Opener = Callable[[Person], FlaskClient]


@pytest.fixture
def admin(ada: Person, browser: Opener) -> FlaskClient:
    return browser(ada)


# --- overview -------------------------------------------------------------------------------------------------------


def test_the_figures_are_dashes_before_anything_happened(admin: FlaskClient) -> None:
    page = admin.get("/admin").text
    assert "target 95 %" in page
    assert "No scheduler has ever ticked here" in page


def test_each_figure_is_told_with_its_target_and_whether_it_is_missed(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_pulse()
        board = a_board("Stale & Co", last_complete_at=clock.utcnow() - timedelta(hours=30))
        for outcome in ("ok", "ok", "unchanged", "failed"):
            a_run(board, outcome)
        a_message(created_at=clock.utcnow() - timedelta(hours=2), deliver_after=clock.utcnow() - timedelta(hours=2))
    page = admin.get("/admin").text
    assert "75.0 %" in page
    assert "30 h" in page
    assert "Stale &amp; Co" in page
    assert page.count("missed</span>") == 3
    assert "No scheduler" not in page


def test_a_paused_way_of_sending_is_told_and_can_be_tried_again(app: Flask, admin: FlaskClient) -> None:
    now = clock.utcnow()
    with app.app_context(), transaction():
        db.session.add(
            TransportPause(
                kind="email", since=now, until=now + timedelta(minutes=5), failures=2, reason="The log-in was refused."
            )
        )
    assert "Sending by e-mail is paused. Nothing is lost." in admin.get("/admin").text
    assert "The log-in was refused." in admin.get("/admin/outbox").text
    assert admin.post("/admin/outbox/resume/email").status_code == 303
    assert "paused" not in admin.get("/admin/outbox").text
    assert admin.post("/admin/outbox/resume/email").status_code == 404


# --- runs -----------------------------------------------------------------------------------------------------------


def test_runs_are_told_with_their_reason_and_narrowed_by_the_address(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        one, other = a_board("Quillmark"), a_board("Harborlight")
        a_run(one, "failed", reason="The site answered <nothing>.", bytes_received=1_250_000)
        a_run(other)
        board_id = one.id
    page = admin.get("/admin/runs").text
    assert "The site answered &lt;nothing&gt;." in page
    assert "1.2 MB" in page
    assert "Harborlight" in page
    assert "Harborlight" not in admin.get("/admin/runs?outcome=failed").text
    assert "Harborlight" not in admin.get(f"/admin/runs?board={board_id}").text
    assert admin.get("/admin/runs?board=4711").status_code == 404
    assert "Harborlight" in admin.get("/admin/runs?outcome=nonsense").text
    fragment = admin.get("/admin/runs", headers=HTMX).text
    assert "<html" not in fragment
    assert "Quillmark" in fragment


def test_no_runs_says_what_would_be_here(admin: FlaskClient) -> None:
    assert "Every attempt to read a board is written down here." in admin.get("/admin/runs").text


def test_a_run_shows_what_the_site_answered_as_text(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        run_id = a_run(
            a_board(), "failed", reason="Not JSON.", evidence="<script>alert(1)</script>", failure_kind="malformed"
        ).id
    page = admin.get(f"/admin/runs/{run_id}").text
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


# --- outbox ---------------------------------------------------------------------------------------------------------


def test_messages_are_listed_with_state_error_and_address(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_message("failed", last_error="The address was refused.", attempts=3)
        a_message("sent", subject="All well", sent_at=clock.utcnow(), server_response="250 ok")
    page = admin.get("/admin/outbox").text
    assert "The address was refused." in page
    assert "All well" in page
    assert "No mail server is set: these messages were not sent." in page
    failed = admin.get("/admin/outbox?state=failed").text
    assert "All well" not in failed


def test_an_empty_outbox_says_what_would_be_here(admin: FlaskClient) -> None:
    assert "No messages" in admin.get("/admin/outbox").text
    assert "No failed messages" in admin.get("/admin/outbox?state=failed").text


def test_without_a_mail_server_a_message_can_be_read_in_full(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        message_id = a_message("sent", server_response="Kept on screen, not sent: no mail server is set.").id
    page = admin.get(f"/admin/outbox/{message_id}").text
    assert "Northcliff opened three positions." in page
    assert "kept on screen" in page
    assert f'<iframe class="mail" sandbox src="/admin/outbox/{message_id}/html"' in page


def test_the_html_of_a_message_may_do_nothing(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        message_id = a_message().id
    answer = admin.get(f"/admin/outbox/{message_id}/html")
    assert answer.status_code == 200
    assert "Northcliff opened three positions." in answer.text
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("sandbox")
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"


class TestWithAMailServer:
    @pytest.fixture
    def settings(self) -> dict[str, Any]:
        return {"MAIL_SERVER": "smtp.example.org"}

    def test_what_a_message_says_is_for_its_reader_alone(self, app: Flask, admin: FlaskClient) -> None:
        with app.app_context(), transaction():
            message_id = a_message().id
        page = admin.get(f"/admin/outbox/{message_id}").text
        assert "Northcliff opened three positions." not in page
        assert "No mail server" not in page
        assert admin.get(f"/admin/outbox/{message_id}/html").status_code == 404


@pytest.mark.parametrize(("state", "status"), [("pending", 303), ("failed", 303), ("sent", 409), ("suppressed", 409)])
def test_a_message_that_waits_or_failed_can_be_tried_again(
    app: Flask, admin: FlaskClient, state: str, status: int
) -> None:
    later = clock.utcnow() + timedelta(hours=1)
    with app.app_context(), transaction():
        message_id = a_message(state, deliver_after=later, attempts=7).id
    assert ("Try again now" in admin.get(f"/admin/outbox/{message_id}").text) == (status == 303)
    assert admin.post(f"/admin/outbox/{message_id}/retry").status_code == status
    with app.app_context():
        message = db.session.get(Message, message_id)
        assert message is not None
        if status == 303:
            assert message.state == "pending"
            assert message.deliver_after <= clock.utcnow()
            # Tried before: nothing may join it, and it has its patience again.
            assert message.attempts == (1 if state == "failed" else 7)
        else:
            assert message.state == state
            assert message.deliver_after == later


# --- users ----------------------------------------------------------------------------------------------------------


def user(app: Flask, person: Person) -> User:
    with app.app_context():
        found = db.session.get(User, person.id)
        assert found is not None
        return found


def test_users_are_listed_and_searched(app: Flask, admin: FlaskClient, alice: Person, bob: Person) -> None:
    page = admin.get("/admin/users").text
    assert alice.email in page
    assert bob.email in page
    found = admin.get("/admin/users?q=ALI", headers=HTMX).text
    assert alice.email in found
    assert bob.email not in found
    assert "Nobody of that name" in admin.get("/admin/users?q=zzz").text


def test_somebody_is_made_an_admin_and_no_longer(app: Flask, admin: FlaskClient, alice: Person) -> None:
    admin.post(f"/admin/users/{alice.id}/admin", data={"on": "1"})
    assert user(app, alice).is_admin
    admin.post(f"/admin/users/{alice.id}/admin", data={"on": "0"})
    assert not user(app, alice).is_admin


@pytest.mark.parametrize("action", ["admin", "active"])
def test_the_last_admin_stays(app: Flask, admin: FlaskClient, ada: Person, action: str) -> None:
    make_person(app, "former@example.org", is_admin=True, is_active=False)
    answer = admin.post(f"/admin/users/{ada.id}/{action}", data={"on": "0"})
    assert answer.status_code == 409
    assert "is the last admin" in answer.text
    assert user(app, ada).is_admin
    assert user(app, ada).is_active


def test_an_admin_who_gives_the_right_away_is_led_elsewhere(
    app: Flask, admin: FlaskClient, ada: Person, alice: Person
) -> None:
    admin.post(f"/admin/users/{alice.id}/admin", data={"on": "1"})
    answer = admin.post(f"/admin/users/{ada.id}/admin", data={"on": "0"})
    assert answer.headers["Location"] == "/positions"
    assert admin.get("/admin").status_code == 404


def test_switching_an_account_off_ends_its_sessions_at_once(
    app: Flask, admin: FlaskClient, alice: Person, browser: Opener
) -> None:
    hers = browser(alice)
    assert hers.get("/alerts").status_code == 200
    admin.post(f"/admin/users/{alice.id}/active", data={"on": "0"})
    assert hers.get("/alerts").status_code == 302
    assert "switched off" in admin.get("/admin/users").text
    assert admin.post(f"/admin/users/{alice.id}/admin", data={"on": "1"}).status_code == 409
    admin.post(f"/admin/users/{alice.id}/active", data={"on": "1"})
    assert user(app, alice).is_active


def test_many_accounts_come_in_pages(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        for _ in range(50):
            a_user()
    assert "1–50 of 51" in admin.get("/admin/users").text


# --- reports --------------------------------------------------------------------------------------------------------


def test_today_is_told_before_any_report_was_written(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_run(a_board("Fjordline"), began=clock.utcnow(), new=1)
    page = admin.get("/admin/reports").text
    assert "Today so far" in page
    assert "1 board checked" in page
    assert "No report yet" in page
    today = clock.utcnow().date().isoformat()
    assert "The day is not over" in admin.get(f"/admin/reports/{today}").text


def test_a_written_report_is_listed_and_shown(app: Flask, admin: FlaskClient) -> None:
    day = clock.utcnow().date() - timedelta(days=1)
    start, _ = reports.bounds(day)
    with app.app_context(), transaction():
        board = a_board("Fjordline")
        a_run(board, began=start + timedelta(hours=1))
        a_run(board, began=start - timedelta(hours=1))
        a_run(board, "failed", began=start - timedelta(hours=2), reason="503")
        reports.write_daily(day, clock.utcnow())
    assert f'href="/admin/reports/{day}"' in admin.get("/admin/reports").text
    page = admin.get(f"/admin/reports/{day}").text
    assert "Boards checked" in page
    assert "Mean of 1 day before" in page
    assert "Fjordline" in page


@pytest.mark.parametrize("day", ["1999-01-01", "tomorrow", "2026-13-40", "%00"])
def test_a_day_without_report_is_not_found(admin: FlaskClient, day: str) -> None:
    assert admin.get(f"/admin/reports/{day}").status_code == 404
