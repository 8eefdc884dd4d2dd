"""The board of jobs: saving, moving, noting, editing, removing, adding, exporting."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import NOW, a_company, a_position
from tests.web.conftest import HTMX, Person
from webapp.db import db, transaction
from webapp.models import ApplicationEvent, JobPosition, PositionEvent, UserJobApplication
from webapp.models.user_job_application import ApplicationStatus
from webapp.repositories import applications as repository
from webapp.services import applications

Browser = Callable[[Person], FlaskClient]


@pytest.fixture
def position_id(app: Flask) -> int:
    with app.app_context(), transaction():
        return a_position(
            a_company("Northcliff"),
            "Backend Engineer",
            apply_url="https://boards.example.org/apply/1",
            description_html="<p>You will <b>build</b> things.</p>",
            description_text="You will build things.",
        ).id


def saved(app: Flask, owner: Person, position_id: int, status: str = "saved") -> int:
    with app.app_context(), transaction():
        position = repository.get_position(position_id)
        return applications.save_position(owner.id, position, ApplicationStatus(status), NOW).application.id


def elsewhere(app: Flask, owner: Person, **fields: str) -> int:
    with app.app_context(), transaction():
        job = applications.ElsewhereJob(**{"title": "SRE", "company_name": "Harborlight", **fields})
        return applications.add_elsewhere(owner.id, job, ApplicationStatus.SAVED, NOW).application.id


def stored(app: Flask, application_id: int) -> UserJobApplication | None:
    with app.app_context():
        return db.session.get(UserJobApplication, application_id)


def kinds(app: Flask, application_id: int) -> list[str]:
    with app.app_context():
        query = db.session.query(ApplicationEvent.kind).filter_by(application_id=application_id)
        return [kind for (kind,) in query.order_by(ApplicationEvent.id)]


def mine(app: Flask, owner: Person) -> list[UserJobApplication]:
    with app.app_context():
        return repository.all_of(owner.id)


def test_an_empty_board_says_what_to_do_next(browser: Browser, alice: Person) -> None:
    html = browser(alice).get("/applications").text
    assert "Nothing on your board yet" in html
    assert 'href="/applications/new"' in html


def test_saving_goes_back_to_where_one_came_from(app: Flask, browser: Browser, alice: Person, position_id: int) -> None:
    client = browser(alice)
    data = {"status": "saved", "next": "/positions?q=backend"}
    answer = client.post(f"/positions/{position_id}/application", data=data)
    assert (answer.status_code, answer.location) == (303, "/positions?q=backend")
    assert [a.status for a in mine(app, alice)] == ["saved"]


@pytest.mark.parametrize(
    "hostile", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_saving_never_leads_to_another_site(browser: Browser, alice: Person, position_id: int, hostile: str) -> None:
    answer = browser(alice).post(f"/positions/{position_id}/application", data={"status": "saved", "next": hostile})
    assert re.fullmatch(r"/applications/\d+", answer.location)


def test_htmx_gets_the_button_back_changed(app: Flask, browser: Browser, alice: Person, position_id: int) -> None:
    answer = browser(alice).post(f"/positions/{position_id}/application", data={"status": "saved"}, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert f'id="save-{position_id}"' in answer.text
    assert "Saved" in answer.text


def test_a_double_click_saves_once(app: Flask, browser: Browser, alice: Person, position_id: int) -> None:
    client = browser(alice)
    for _ in range(2):
        client.post(f"/positions/{position_id}/application", data={"status": "saved"}, headers=HTMX)
    (application,) = mine(app, alice)
    assert kinds(app, application.id) == ["created"]


def test_two_people_may_save_the_same_position(
    app: Flask, browser: Browser, alice: Person, bob: Person, position_id: int
) -> None:
    for person in (alice, bob):
        browser(person).post(f"/positions/{position_id}/application", data={"status": "applied"})
        assert [a.status for a in mine(app, person)] == ["applied"]


def test_a_status_that_is_none_is_refused(app: Flask, browser: Browser, alice: Person, position_id: int) -> None:
    answer = browser(alice).post(f"/positions/{position_id}/application", data={"status": "hired"})
    assert answer.status_code == 422
    assert "Choose one of these statuses" in answer.text
    assert mine(app, alice) == []


def test_saving_what_is_not_there_is_404(browser: Browser, alice: Person) -> None:
    assert browser(alice).post("/positions/424242/application", data={"status": "saved"}).status_code == 404


def test_the_board_has_a_column_for_every_status_and_the_table_a_row_for_every_job(
    app: Flask, browser: Browser, alice: Person, position_id: int
) -> None:
    saved(app, alice, position_id, "applied")
    elsewhere(app, alice)
    client = browser(alice)
    board = client.get("/applications").text
    assert re.findall(r'data-status="(\w+)"', board) == [status.value for status in ApplicationStatus]
    assert board.count("data-card") == 2
    table = client.get("/applications?view=table").text
    assert table.count('id="card-') == 2
    assert "data-card" not in table


def test_the_board_says_what_became_of_a_position_and_what_is_due(
    app: Flask, browser: Browser, alice: Person, position_id: int
) -> None:
    application_id = saved(app, alice, position_id, "applied")
    with app.app_context(), transaction():
        position = db.session.get_one(JobPosition, position_id)
        position.status, position.expired_at = "expired", NOW
        application = db.session.get_one(UserJobApplication, application_id)
        application.follow_up_on = NOW.date()
    html = browser(alice).get("/applications").text
    assert "position expired" in html
    assert "follow-up overdue" in html
    assert "1 follow-up due" in html


def test_moving_answers_browsers_with_the_board_and_htmx_with_its_part(
    app: Flask, browser: Browser, alice: Person, position_id: int
) -> None:
    application_id = saved(app, alice, position_id)
    client = browser(alice)
    data = {"status": "applied", "version": "1", "from": "board"}
    answer = client.post(f"/applications/{application_id}/move", data=data)
    assert (answer.status_code, answer.location) == (303, "/applications")
    data = {"status": "offer", "version": "2", "from": "board"}
    answer = client.post(f"/applications/{application_id}/move", data=data, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'id="board"' in answer.text
    application = stored(app, application_id)
    assert application is not None
    assert (application.status, application.version) == ("offer", 3)
    assert application.applied_at is not None
    assert kinds(app, application_id) == ["created", "moved", "moved"]


def test_a_move_from_a_stale_tab_shows_the_board_as_it_is(
    app: Flask, browser: Browser, alice: Person, position_id: int
) -> None:
    application_id = saved(app, alice, position_id)
    client = browser(alice)
    client.post(f"/applications/{application_id}/move", data={"status": "applied", "version": "1"})
    for headers in ({}, HTMX):
        data = {"status": "rejected", "version": "1", "from": "board"}
        answer = client.post(f"/applications/{application_id}/move", data=data, headers=headers)
        assert answer.status_code == 409
        assert "changed meanwhile" in answer.text
        assert 'id="board"' in answer.text
    application = stored(app, application_id)
    assert application is not None
    assert application.status == "applied"


def test_the_detail_page_shows_the_copy_even_when_the_position_is_gone(
    app: Flask, browser: Browser, alice: Person, position_id: int
) -> None:
    application_id = saved(app, alice, position_id)
    with app.app_context(), transaction():
        db.session.add(
            PositionEvent(
                job_position_id=position_id,
                kind="changed",
                at=NOW + timedelta(days=1),
                old={"title": "Backend Engineer"},
                new={"title": "Platform Engineer"},
            )
        )
    client = browser(alice)
    html = client.get(f"/applications/{application_id}").text
    assert "<p>You will <b>build</b> things.</p>" in html
    assert "Platform Engineer" in html, "what changed since is told"
    assert "<h1" in html
    assert "Backend Engineer" in html
    with app.app_context(), transaction():
        db.session.delete(db.session.get(JobPosition, position_id))
    html = client.get(f"/applications/{application_id}").text
    assert "<p>You will <b>build</b> things.</p>" in html
    assert "not kept here any more" in html


def test_notes_are_appended_newest_first_and_an_empty_one_is_refused(
    app: Flask, browser: Browser, alice: Person, position_id: int
) -> None:
    application_id = saved(app, alice, position_id)
    client = browser(alice)
    answer = client.post(f"/applications/{application_id}/notes", data={"note": "Spoke to Dana"})
    assert answer.status_code == 303
    answer = client.post(f"/applications/{application_id}/notes", data={"note": "Sent the test"}, headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert answer.text.index("Sent the test") < answer.text.index("Spoke to Dana")
    answer = client.post(f"/applications/{application_id}/notes", data={"note": "  "})
    assert answer.status_code == 422
    assert "This note is empty" in answer.text or "this note is empty" in answer.text
    long = "x" * 10_001
    answer = client.post(f"/applications/{application_id}/notes", data={"note": long})
    assert answer.status_code == 422
    assert long in answer.text, "nothing that was typed is lost"
    assert kinds(app, application_id) == ["created", "note", "note"]


def test_next_step_and_follow_up_are_saved_and_a_bad_date_keeps_the_rest(
    app: Flask, browser: Browser, alice: Person, position_id: int
) -> None:
    application_id = saved(app, alice, position_id)
    client = browser(alice)
    bad = {"next_step": "Call Dana", "follow_up_on": "soon", "version": "1"}
    answer = client.post(f"/applications/{application_id}", data=bad)
    assert answer.status_code == 422
    assert 'value="Call Dana"' in answer.text
    assert "year-month-day" in answer.text
    good = {**bad, "follow_up_on": "2026-03-31"}
    assert client.post(f"/applications/{application_id}", data=good).status_code == 303
    html = client.get(f"/applications/{application_id}").text
    assert 'value="Call Dana"' in html
    assert 'value="2026-03-31"' in html
    assert kinds(app, application_id) == ["created", "edited", "edited"]


def test_a_stale_edit_shows_both_versions_and_saves_neither(
    app: Flask, browser: Browser, alice: Person, position_id: int
) -> None:
    application_id = saved(app, alice, position_id)
    client = browser(alice)
    client.post(f"/applications/{application_id}", data={"next_step": "First tab", "version": "1"})
    answer = client.post(f"/applications/{application_id}", data={"next_step": "Second tab", "version": "1"})
    assert answer.status_code == 409
    assert "First tab" in answer.text
    assert 'value="Second tab"' in answer.text
    found = re.search(r'name="version" value="(\d+)"', answer.text)
    assert found
    again = client.post(f"/applications/{application_id}", data={"next_step": "Second tab", "version": found[1]})
    assert again.status_code == 303
    application = stored(app, application_id)
    assert application is not None
    assert application.next_step == "Second tab"


def test_the_words_of_a_posting_cannot_be_rewritten_but_those_of_a_job_found_elsewhere_can(
    app: Flask, browser: Browser, alice: Person, position_id: int
) -> None:
    client = browser(alice)
    ours, theirs = saved(app, alice, position_id), elsewhere(app, alice)
    for application_id in (ours, theirs):
        data = {"title": "Rewritten", "company_name": "Harborlight", "version": "1"}
        assert client.post(f"/applications/{application_id}", data=data).status_code == 303
    titles = {a.id: a.title for a in mine(app, alice)}
    assert titles == {ours: "Backend Engineer", theirs: "Rewritten"}
    answer = client.post(f"/applications/{theirs}", data={"title": "", "url": "ftp://x", "version": "2"})
    assert answer.status_code == 422


def new_job(**fields: str) -> dict[str, str]:
    return {"title": "SRE", "company_name": "Harborlight", "location": "Haifa", "url": "", "status": "applied",
            "note": "By a friend", "form_key": "f" * 32, **fields}  # fmt: skip


def test_a_job_found_elsewhere_is_added_once(app: Flask, browser: Browser, alice: Person) -> None:
    client = browser(alice)
    assert client.get("/applications/new").status_code == 200
    first, second = client.post("/applications", data=new_job()), client.post("/applications", data=new_job())
    assert first.status_code == second.status_code == 303
    assert first.location == second.location
    assert len(mine(app, alice)) == 1
    assert "By a friend" in client.get(first.location).text


def test_a_bad_job_names_every_field_and_loses_nothing(app: Flask, browser: Browser, alice: Person) -> None:
    answer = browser(alice).post(
        "/applications", data=new_job(title=" ", company_name="", url="javascript:alert(1)", status="hired")
    )
    assert answer.status_code == 422
    for name in ("title", "company_name", "url", "status"):
        assert f'id="{name}-error"' in answer.text, name
    assert "By a friend" in answer.text
    assert 'value="Haifa"' in answer.text
    assert mine(app, alice) == []


def test_an_address_that_is_no_web_address_never_becomes_a_link(app: Flask, browser: Browser, alice: Person) -> None:
    with app.app_context(), transaction():
        row = UserJobApplication(
            user_id=alice.id, title="Odd", company_name="X", url="javascript:alert(1)", posting={},
            created_at=NOW, updated_at=NOW,
        )  # fmt: skip
        db.session.add(row)
        db.session.flush()
        application_id = row.id
    assert 'href="javascript:' not in browser(alice).get(f"/applications/{application_id}").text


def test_removing_asks_first(app: Flask, browser: Browser, alice: Person, position_id: int) -> None:
    application_id = saved(app, alice, position_id)
    client = browser(alice)
    assert "cannot be undone" in client.get(f"/applications/{application_id}/remove").text
    assert stored(app, application_id) is not None
    answer = client.post(f"/applications/{application_id}/remove")
    assert (answer.status_code, answer.location) == (303, "/applications")
    assert stored(app, application_id) is None


def test_the_exports_hold_everything_and_run_nothing(
    app: Flask, browser: Browser, alice: Person, bob: Person, position_id: int
) -> None:
    saved(app, alice, position_id)
    elsewhere(app, alice, title='=HYPERLINK("https://evil.example")', company_name="+cmd")
    elsewhere(app, bob, title="Not Alice's")
    client = browser(alice)
    answer = client.get("/applications/export.csv")
    assert answer.mimetype == "text/csv"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert {row["title"] for row in rows} == {"Backend Engineer", '\'=HYPERLINK("https://evil.example")'}
    assert {row["company"] for row in rows} == {"Northcliff", "'+cmd"}
    data = json.loads(client.get("/applications/export.json").text)
    assert len(data) == 2
    copy = next(item for item in data if item["company"] == "Northcliff")
    assert copy["posting"]["description_text"] == "You will build things."
    assert [event["kind"] for event in copy["history"]] == ["created"]


def test_hostile_words_stay_words_on_every_page(app: Flask, browser: Browser, alice: Person) -> None:
    hostile = '"><img src=x onerror=alert(1)>'
    application_id = elsewhere(app, alice, title=hostile, company_name=hostile, location=hostile)
    client = browser(alice)
    client.post(f"/applications/{application_id}/notes", data={"note": hostile})
    for path in ("", "?view=table", f"/{application_id}", f"/{application_id}/remove"):
        html = client.get(f"/applications{path}").text
        assert "onerror" in html
        assert "<img" not in html


STRANGERS_PATHS: list[tuple[str, str, dict[str, Any]]] = [
    ("GET", "/applications/{id}", {}),
    ("GET", "/applications/{id}/remove", {}),
    ("POST", "/applications/{id}", {"next_step": "stolen", "version": "1"}),
    ("POST", "/applications/{id}/move", {"status": "rejected", "version": "1"}),
    ("POST", "/applications/{id}/notes", {"note": "stolen"}),
    ("POST", "/applications/{id}/remove", {}),
]


@pytest.mark.parametrize(("method", "path", "data"), STRANGERS_PATHS)
def test_a_stranger_gets_404_and_changes_nothing(
    app: Flask, browser: Browser, alice: Person, bob: Person, ada: Person, position_id: int,
    method: str, path: str, data: dict[str, Any],
) -> None:  # fmt: skip
    application_id = saved(app, alice, position_id)
    for person in (bob, ada):
        for headers in ({}, HTMX):
            answer = browser(person).open(path.format(id=application_id), method=method, data=data, headers=headers)
            assert answer.status_code == 404
            assert "Backend" not in answer.text
    application = stored(app, application_id)
    assert application is not None
    assert (application.status, application.next_step, application.version) == ("saved", "", 1)
    assert kinds(app, application_id) == ["created"]


@pytest.mark.parametrize(
    ("method", "path"),
    [(method, path) for method, path, _ in STRANGERS_PATHS]
    + [
        ("GET", "/applications"),
        ("GET", "/applications/new"),
        ("POST", "/applications"),
        ("GET", "/applications/export.csv"),
        ("GET", "/applications/export.json"),
    ],
)
def test_a_visitor_is_sent_to_log_in(
    app: Flask, client: FlaskClient, alice: Person, position_id: int, method: str, path: str
) -> None:
    answer = client.open(path.format(id=saved(app, alice, position_id)), method=method)
    assert answer.status_code == 302
    assert answer.location.startswith("/login")


def test_a_visitor_cannot_save(app: Flask, client: FlaskClient, position_id: int) -> None:
    assert client.post(f"/positions/{position_id}/application", data={"status": "saved"}).status_code == 302
