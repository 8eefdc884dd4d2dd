"""One's own account: profile, password, log-ins, export and deletion."""

from __future__ import annotations

import json
from collections.abc import Callable

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import NOW, a_company, a_position
from tests.web.conftest import PASSWORD, Person
from webapp.db import Base, db, transaction
from webapp.models import Alert, ApplicationEvent, User, UserJobApplication, UserSession
from webapp.services import personal_data

Open = Callable[[Person], FlaskClient]


def own_something(app: Flask, person: Person) -> None:
    """An alert and an application with a history, of `person`."""
    with app.app_context(), transaction():
        position = a_position(a_company())
        db.session.add(
            Alert(user_id=person.id, name=f"of {person.email}", keywords=["data"], created_at=NOW, updated_at=NOW)
        )
        application = UserJobApplication(
            user_id=person.id,
            job_position_id=position.id,
            title="Backend Engineer",
            company_name="Northcliff",
            posting={},
            created_at=NOW,
            updated_at=NOW,
        )
        db.session.add(application)
        db.session.flush()
        note = f"a note of {person.email}"
        db.session.add(ApplicationEvent(application_id=application.id, kind="note", at=NOW, note=note))


def test_the_page_shows_profile_and_log_ins(browser: Open, alice: Person) -> None:
    page = browser(alice).get("/account")
    assert page.status_code == 200
    assert 'value="Alice"' in page.text
    assert 'value="Asia/Jerusalem"' in page.text
    assert "this one" in page.text


def test_the_profile_is_changed(app: Flask, browser: Open, alice: Person) -> None:
    client = browser(alice)
    data = {"display_name": " Ali\u202ece  B. ", "time_zone": "Europe/Paris", "is_admin": "1", "email": "x@y.org"}
    assert client.post("/account/profile", data=data).status_code == 303
    with app.app_context():
        user = db.session.scalars(sa.select(User)).one()
        assert (user.display_name, user.time_zone) == ("Alice B.", "Europe/Paris")
        assert (user.is_admin, user.email) == (False, alice.email)
    assert "saved" in client.get("/account").text


def test_an_unknown_time_zone_is_refused_and_the_name_is_kept(browser: Open, alice: Person) -> None:
    answer = browser(alice).post("/account/profile", data={"display_name": "Typed", "time_zone": "Mars/Base"})
    assert answer.status_code == 422
    assert 'value="Typed"' in answer.text
    assert 'id="time_zone-error"' in answer.text


def test_changing_the_password_ends_all_other_log_ins(browser: Open, alice: Person, client: FlaskClient) -> None:
    desk, phone = browser(alice), browser(alice)
    data = {"current_password": PASSWORD, "new_password": "another quiet harbour"}
    assert desk.post("/account/password", data=data).status_code == 303
    assert "1 other log-in ended" in desk.get("/account").text
    assert phone.get("/positions").status_code == 302
    assert client.post("/login", data={"email": alice.email, "password": PASSWORD}).status_code == 422
    data = {"email": alice.email, "password": "another quiet harbour"}
    assert client.post("/login", data=data).status_code == 303


def test_the_password_is_changed_by_its_owner_only(browser: Open, alice: Person) -> None:
    client = browser(alice)
    wrong = client.post("/account/password", data={"current_password": "x", "new_password": "another quiet harbour"})
    assert (wrong.status_code, 'id="current_password-error"' in wrong.text) == (422, True)
    weak = client.post("/account/password", data={"current_password": PASSWORD, "new_password": "12345678"})
    assert (weak.status_code, 'id="new_password-error"' in weak.text) == (422, True)


def test_logging_out_everywhere_else_leaves_this_one(browser: Open, alice: Person, bob: Person) -> None:
    desk, phone, his = browser(alice), browser(alice), browser(bob)
    assert desk.post("/account/sessions/end").status_code == 303
    assert desk.get("/positions").status_code == 200
    assert phone.get("/positions").status_code == 302
    assert his.get("/positions").status_code == 200


def test_the_export_holds_all_that_is_mine_and_nothing_else(
    app: Flask, browser: Open, alice: Person, bob: Person
) -> None:
    own_something(app, alice)
    own_something(app, bob)
    answer = browser(alice).get("/account/export.json")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="rolewatch-account.json"'
    data = json.loads(answer.text)
    assert [row["email"] for row in data["users"]] == [alice.email]
    assert [row["name"] for row in data["alerts"]] == [f"of {alice.email}"]
    assert [row["note"] for row in data["application_events"]] == [f"a note of {alice.email}"]
    assert [row["address"] for row in data["channels"]] == [alice.email]
    assert bob.email not in answer.text
    assert "argon2" not in answer.text
    assert "token_hash" not in answer.text


def test_every_table_with_a_key_to_a_user_is_exported_or_names_a_mere_actor() -> None:
    exported = personal_data.owned_tables()
    for table in Base.metadata.sorted_tables:
        keys = {key.parent.name: key.ondelete for key in table.foreign_keys if key.column.table.name == "users"}
        if keys and table.name not in exported:
            assert set(keys.values()) == {"SET NULL"}, f"{table.name} has a user's rows that no export would show"
    assert {"alerts", "application_events", "messages", "message_items", "user_sessions"} <= set(exported)
    assert "job_positions" not in exported


def test_deleting_the_account_removes_all_of_it_and_nobody_elses(
    app: Flask, browser: Open, alice: Person, bob: Person
) -> None:
    own_something(app, alice)
    own_something(app, bob)
    desk, phone = browser(alice), browser(alice)
    assert "cannot be undone" in desk.get("/account/delete").text
    assert desk.post("/account/delete", data={"current_password": PASSWORD}).status_code == 303
    assert phone.get("/positions").status_code == 302
    with app.app_context():
        assert [user.email for user in db.session.scalars(sa.select(User))] == [bob.email]
        for table in personal_data.owned_tables():
            rows = db.session.execute(sa.select(Base.metadata.tables[table])).mappings().all()
            assert all(row.get("user_id", bob.id) == bob.id for row in rows), table
        assert [event.note for event in db.session.scalars(sa.select(ApplicationEvent))] == [f"a note of {bob.email}"]


def test_deleting_asks_for_the_password(app: Flask, browser: Open, alice: Person) -> None:
    client = browser(alice)
    answer = client.post("/account/delete", data={"current_password": "wrong"})
    assert (answer.status_code, 'id="current_password-error"' in answer.text) == (422, True)
    assert client.get("/account").status_code == 200


def test_the_only_admin_cannot_leave_others_behind(app: Flask, browser: Open, ada: Person, bob: Person) -> None:
    client = browser(ada)
    answer = client.post("/account/delete", data={"current_password": PASSWORD})
    assert answer.status_code == 409
    assert "only admin" in answer.text
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(UserSession)) == 1
