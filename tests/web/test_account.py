"""One's own account: profile, password, log-ins, export and deletion."""

from __future__ import annotations

import contextlib
import hashlib
import json
import threading
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import NOW, a_company, a_position
from tests.web.conftest import PASSWORD, Person, make_person
from webapp.db import Base, db, transaction
from webapp.errors import Conflict
from webapp.models import Alert, ApplicationEvent, User, UserJobApplication, UserSession
from webapp.services import accounts, personal_data

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


def test_a_cookie_copied_before_the_password_changed_is_dead_after_it(app: Flask, browser: Open, alice: Person) -> None:
    client = browser(alice)
    cookie = client.get_cookie("rolewatch")
    assert cookie is not None
    data = {"current_password": PASSWORD, "new_password": "another quiet harbour"}
    assert client.post("/account/password", data=data).status_code == 303
    page = client.get("/account")
    assert (page.status_code, "other log-in" in page.text.split("Your password is changed.")[1][:30]) == (200, False)
    thief = app.test_client()
    thief.set_cookie("rolewatch", cookie.value)
    assert thief.get("/positions").status_code == 302


@pytest.mark.parametrize("address", ["/account/password", "/account/delete"])
def test_an_open_log_in_is_no_place_to_guess_the_password(browser: Open, alice: Person, address: str) -> None:
    client = browser(alice)
    statuses = [client.post(address, data={"current_password": f"guess {n}"}).status_code for n in range(10)]
    assert statuses == [422] * 10
    answer = client.post(address, data={"current_password": PASSWORD, "new_password": "another quiet harbour"})
    assert answer.status_code == 429
    assert "Too many tries" in answer.text
    assert int(answer.headers["Retry-After"]) > 3000
    assert client.get("/account").status_code == 200


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


def test_an_erased_account_leaves_neither_its_address_nor_its_number_anywhere(
    app: Flask, browser: Open, client: FlaskClient, alice: Person, bob: Person
) -> None:
    own_something(app, alice)
    assert client.post("/login", data={"email": alice.email, "password": "wrong"}).status_code == 422
    desk = browser(alice)
    desk.post("/account/delete", data={"current_password": "wrong"})
    assert desk.post("/account/delete", data={"current_password": PASSWORD}).status_code == 303
    hashed = hashlib.sha256(alice.email.encode()).hexdigest()[:20]
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            numbers = {key.parent.name for key in table.foreign_keys if key.column.table.name == "users"}
            for row in db.session.execute(sa.select(table)).mappings():
                assert alice.email not in repr(row), table.name
                assert hashed not in repr(row), table.name
                assert all(row[name] != alice.id for name in numbers), table.name


def test_of_two_admins_who_leave_at_once_one_stays(app: Flask, ada: Person, bob: Person) -> None:
    with app.app_context(), transaction():
        db.session.execute(sa.update(User).values(is_admin=True))
    together = threading.Barrier(2)

    def leave(person: Person) -> None:
        with app.app_context():
            user = db.session.get(User, person.id)
            assert user is not None
            together.wait()
            with contextlib.suppress(Conflict), transaction():
                accounts.erase(user)

    threads = [threading.Thread(target=leave, args=(person,)) for person in (ada, bob)]
    make_person(app, "third@example.org")
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(User).where(User.is_admin)) == 1


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
