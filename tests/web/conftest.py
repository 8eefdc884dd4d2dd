"""People and their browsers. Alice owns what the test makes, Bob is a stranger, Ada is an admin."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from tests.conftest import SECRET
from webapp import clock
from webapp.db import db, transaction
from webapp.models import Channel, User
from webapp.services import logins

PASSWORD = "a quiet harbour at dawn"
# Argon2id of PASSWORD with the least parameters, so that making people costs nothing.
PASSWORD_HASH = "$argon2id$v=19$m=8,t=1,p=1$EIBZlnFqLBPTqaZqIVii1w$ETe0ruylxwF/heQsn5g8+wMB/rLGqSVbsJEbKnWkg78"
HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Person:
    """What a test knows about a user; the row itself lives in the database."""

    id: int
    email: str
    password: str = PASSWORD


class Browser(FlaskClient):
    """A test client that sends the CSRF token as a page of ours would. Protection stays on."""

    sends_token = True

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        if self.sends_token and str(kwargs.get("method", "GET")).upper() not in {"GET", "HEAD", "OPTIONS"}:
            headers = dict(kwargs.pop("headers", None) or {})
            headers.setdefault("X-CSRFToken", self.csrf_token())
            kwargs["headers"] = headers
        return super().open(*args, **kwargs)

    def csrf_token(self) -> str:
        """A token that fits this browser's session, as pages carry it."""
        with self.session_transaction() as session:
            raw = session.setdefault("csrf_token", "0123456789abcdef0123456789abcdef01234567")
        return str(URLSafeTimedSerializer(SECRET, salt="wtf-csrf-token").dumps(raw))


def make_person(app: Flask, email: str, *, name: str = "", is_admin: bool = False, **fields: Any) -> Person:
    """A user with an e-mail channel, in the database."""
    now = clock.utcnow()
    with app.app_context(), transaction():
        user = User(
            email=email,
            display_name=name,
            password_hash=fields.pop("password_hash", PASSWORD_HASH),
            is_admin=is_admin,
            created_at=now,
            **fields,
        )
        db.session.add(user)
        db.session.flush()
        db.session.add(Channel(user_id=user.id, kind="email", address=email, created_at=now))
        return Person(user.id, email)


def login(client: FlaskClient, person: Person) -> FlaskClient:
    """Give `client` a log-in of `person`, as after the log-in form."""
    with client.application.app_context(), transaction():
        user = db.session.get(User, person.id)
        assert user is not None
        token = logins.begin(user, clock.utcnow(), days=30, user_agent="tests")
    with client.session_transaction() as session:
        session.clear()
        session["_user_id"] = token
        session["_fresh"] = True
    return client


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser, not logged in."""
    app.test_client_class = Browser
    return app.test_client()


@pytest.fixture
def browser(app: Flask) -> Callable[[Person], FlaskClient]:
    """A function that opens a browser of its own for a person, logged in."""
    app.test_client_class = Browser
    return lambda person: login(app.test_client(), person)


@pytest.fixture
def alice(app: Flask) -> Person:
    return make_person(app, "alice@example.org", name="Alice", time_zone="Asia/Jerusalem")


@pytest.fixture
def bob(app: Flask) -> Person:
    return make_person(app, "bob@example.org", name="Bob")


@pytest.fixture
def ada(app: Flask) -> Person:
    return make_person(app, "ada@example.org", name="Ada", is_admin=True)
