"""Sign up, log in, log out: the good way, the wrong ways, and too many of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask
from flask.testing import FlaskClient

from tests.conftest import SECRET
from tests.web.conftest import PASSWORD, Browser, Person, login, make_person
from webapp import clock, create_app
from webapp.db import db
from webapp.models import Channel, User, UserSession

GOOD = {"email": "New.Person@Example.org", "password": "a lamp in the window", "display_name": "New"}


def users(app: Flask) -> list[User]:
    with app.app_context():
        return list(db.session.scalars(sa.select(User).order_by(User.id)))


def test_a_visitor_is_told_what_this_is(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert 'href="/login"' in page.text
    assert 'href="/signup"' in page.text


def test_signing_up_makes_a_user_with_an_e_mail_channel_and_logs_in(
    app: Flask, client: FlaskClient, alice: Person
) -> None:
    answer = client.post("/signup", data={**GOOD, "time_zone": "Europe/Berlin"})
    assert answer.status_code == 303
    assert client.get("/positions").status_code == 200
    made = users(app)[-1]
    assert (made.email, made.display_name, made.time_zone) == ("new.person@example.org", "New", "Europe/Berlin")
    assert not made.is_admin
    assert made.password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    with app.app_context():
        channel = db.session.scalars(sa.select(Channel).where(Channel.user_id == made.id)).one()
        assert (channel.kind, channel.address, channel.is_enabled) == ("email", "new.person@example.org", True)


def test_the_first_to_sign_up_is_the_admin(app: Flask, client: FlaskClient) -> None:
    client.post("/signup", data=GOOD)
    assert [user.is_admin for user in users(app)] == [True]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "no address"}, "email"),
        ({"email": "a@b@c.org"}, "email"),
        ({"email": "x@example.org\r\nBcc: y@example.org"}, "email"),
        ({"email": ""}, "email"),
        ({"password": "short"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "Password123!"}, "password"),
        ({"password": "12345678"}, "password"),
        ({"password": "aaaaaaaaaa"}, "password"),
        ({"password": "New.Person@Example.org"}, "password"),
        ({"display_name": "x" * 201}, "display_name"),
    ],
)
def test_a_sign_up_that_cannot_be_used_is_shown_again_with_what_was_typed(
    app: Flask, client: FlaskClient, change: dict[str, str], field: str
) -> None:
    answer = client.post("/signup", data={**GOOD, **change})
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    if field != "display_name":
        assert 'value="New"' in answer.text
    assert GOOD["password"] not in answer.text
    assert users(app) == []


def test_all_that_is_wrong_is_said_at_once(client: FlaskClient) -> None:
    answer = client.post("/signup", data={"email": "nope", "password": "x", "display_name": ""})
    assert 'id="email-error"' in answer.text
    assert 'id="password-error"' in answer.text


def test_an_address_has_one_account(app: Flask, client: FlaskClient, alice: Person) -> None:
    answer = client.post("/signup", data={**GOOD, "email": alice.email.upper()})
    assert answer.status_code == 422
    assert "already" in answer.text
    assert len(users(app)) == 1


def test_fields_that_the_form_does_not_have_change_nothing(app: Flask, client: FlaskClient, alice: Person) -> None:
    client.post("/signup", data={**GOOD, "is_admin": "1", "id": str(alice.id), "is_active": "0"})
    made = users(app)[-1]
    assert (made.is_admin, made.is_active, made.id != alice.id) == (False, True, True)


def test_a_sign_up_posted_twice_makes_one_account(app: Flask, client: FlaskClient) -> None:
    app.test_client_class = Browser
    other = app.test_client()
    assert client.post("/signup", data=GOOD).status_code == 303
    assert other.post("/signup", data=GOOD).status_code == 422
    assert len(users(app)) == 1


class TestClosedSignUp:
    @pytest.fixture
    def settings(self, settings: dict[str, Any]) -> dict[str, Any]:
        return {**settings, "SIGNUP_OPEN": False}

    def test_closed_sign_up_says_so_and_makes_nobody(self, app: Flask, client: FlaskClient) -> None:
        assert "closed" in client.get("/signup").text
        assert client.post("/signup", data=GOOD).status_code == 403
        assert users(app) == []
        assert 'href="/signup"' not in client.get("/").text


def test_logging_in_leads_back_to_where_one_was_going(client: FlaskClient, alice: Person) -> None:
    way = client.get("/positions?q=data")
    assert way.headers["Location"] == "/login?next=/positions?q%3Ddata"
    data = {"email": f" {alice.email.title()} ", "password": PASSWORD, "next": "/positions?q=data"}
    answer = client.post("/login", data=data)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/positions?q=data")


def test_logging_in_never_leads_to_another_site(client: FlaskClient, alice: Person) -> None:
    answer = client.post("/login?next=//evil.example", data={"email": alice.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/positions"


def test_an_old_hash_is_replaced_when_its_owner_logs_in(app: Flask, client: FlaskClient, alice: Person) -> None:
    client.post("/login", data={"email": alice.email, "password": PASSWORD})
    assert users(app)[0].password_hash.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    client.post("/logout")
    assert client.post("/login", data={"email": alice.email, "password": PASSWORD}).status_code == 303


@pytest.mark.parametrize("email", ["alice@example.org", "nobody@example.org", "", "x" * 5000])
def test_a_wrong_log_in_says_the_same_whoever_it_is(client: FlaskClient, alice: Person, email: str) -> None:
    answer = client.post("/login", data={"email": email, "password": "not the password"})
    assert answer.status_code == 422
    assert "The address or the password is not right." in answer.text
    assert "not the password" not in answer.text


def test_a_user_who_is_switched_off_cannot_log_in(app: Flask, client: FlaskClient) -> None:
    make_person(app, "gone@example.org", is_active=False)
    assert client.post("/login", data={"email": "gone@example.org", "password": PASSWORD}).status_code == 422


def test_the_eleventh_try_at_one_account_has_to_wait_an_hour(app: Flask, client: FlaskClient, alice: Person) -> None:
    with time_machine.travel(clock.utcnow(), tick=False) as time:
        for _ in range(10):
            assert client.post("/login", data={"email": alice.email, "password": "wrong"}).status_code == 422
        answer = client.post("/login", data={"email": alice.email, "password": PASSWORD})
        assert answer.status_code == 429
        assert "Wait 60 minutes" in answer.text
        assert int(answer.headers["Retry-After"]) == 3600
        time.shift(timedelta(hours=1, seconds=1))
        assert client.post("/login", data={"email": alice.email, "password": PASSWORD}).status_code == 303


def test_one_network_address_may_try_twenty_times_an_hour_over_all_accounts(client: FlaskClient) -> None:
    answers = [client.post("/login", data={"email": f"u{i}@example.org", "password": "wrong"}) for i in range(21)]
    assert [answer.status_code for answer in answers] == [422] * 20 + [429]
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    assert client.post("/login", data={"email": "u", "password": "x"}, environ_base=elsewhere).status_code == 422


def test_whoever_tries_too_often_cannot_use_up_the_tries_of_an_account(client: FlaskClient, alice: Person) -> None:
    for n in range(20):
        client.post("/login", data={"email": f"u{n}@example.org", "password": "wrong"})
    for _ in range(11):
        assert client.post("/login", data={"email": alice.email, "password": "wrong"}).status_code == 429
    elsewhere = {"REMOTE_ADDR": "198.51.100.7"}
    data = {"email": alice.email, "password": PASSWORD}
    assert client.post("/login", data=data, environ_base=elsewhere).status_code == 303


def test_a_forged_forwarding_header_gets_no_further_tries(client: FlaskClient) -> None:
    statuses = [
        client.post(
            "/login",
            data={"email": f"u{i}@example.org", "password": "wrong"},
            headers={"X-Forwarded-For": f"203.0.113.{i}"},
        ).status_code
        for i in range(21)
    ]
    assert statuses[-1] == 429


def test_a_right_log_in_forgets_the_wrong_ones(client: FlaskClient, alice: Person) -> None:
    for _ in range(8):
        client.post("/login", data={"email": alice.email, "password": "wrong"})
    client.post("/login", data={"email": alice.email, "password": PASSWORD})
    client.post("/logout")
    for _ in range(5):
        assert client.post("/login", data={"email": alice.email, "password": "wrong"}).status_code == 422


def test_logging_out_ends_the_session_and_nothing_else(
    app: Flask, browser: Callable[[Person], FlaskClient], alice: Person
) -> None:
    desk, phone = browser(alice), browser(alice)
    assert desk.post("/logout").headers["Location"] == "/login"
    assert desk.get("/positions").status_code == 302
    assert phone.get("/positions").status_code == 200
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(UserSession)) == 1


def test_logging_out_by_following_a_link_is_not_possible(
    browser: Callable[[Person], FlaskClient], alice: Person
) -> None:
    client = browser(alice)
    assert client.get("/logout").status_code == 405
    assert client.get("/positions").status_code == 200


def test_whoever_is_logged_in_is_led_on(browser: Callable[[Person], FlaskClient], alice: Person) -> None:
    client = browser(alice)
    for address in ("/", "/login", "/signup"):
        assert client.get(address).headers["Location"] == "/positions"


@pytest.mark.parametrize(("environment", "are_let_in"), [("development", True), ("production", False)])
def test_sample_people_with_their_known_passwords_get_in_in_development_only(
    database_url: str, settings: dict[str, Any], environment: str, are_let_in: bool
) -> None:
    app = create_app(**{**settings, "ROLEWATCH_ENV": environment, "SECRET_KEY": SECRET, "DATABASE_URL": database_url})
    demo, real = make_person(app, "demo@sample.test", is_sample=True), make_person(app, "real@example.org")
    app.test_client_class = Browser
    for person, welcome in ((demo, are_let_in), (real, True)):
        answer = app.test_client().post("/login", data={"email": person.email, "password": PASSWORD})
        assert (answer.status_code == 303) is welcome
        # A session from before the database came into production opens nothing either.
        assert (login(app.test_client(), person).get("/positions").status_code == 200) is welcome
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(("environment", "are_shown"), [("development", True), ("production", False)])
def test_sample_log_ins_are_shown_in_development_only(
    database_url: str, settings: dict[str, Any], environment: str, are_shown: bool
) -> None:
    app = create_app(**{**settings, "ROLEWATCH_ENV": environment, "SECRET_KEY": "s" * 32, "DATABASE_URL": database_url})
    make_person(app, "demo@sample.test", is_sample=True)
    assert ("demo@sample.test" in app.test_client().get("/login").text) is are_shown
    with app.app_context():
        db.engine.dispose()
