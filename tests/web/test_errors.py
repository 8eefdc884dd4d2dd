"""Failures are friendly: a page for browsers, a toast for htmx, never a traceback."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.exc import OperationalError

from tests.web.conftest import HTMX, Browser, Person
from webapp.errors import Conflict, Invalid, NotFound
from webapp.services import logins
from webapp.web import access


@pytest.fixture
def breaking(app: Flask, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """A browser of an application that has one route per kind of failure."""
    errors = {
        "missing": NotFound("There is no such <b>thing</b>."),
        "conflict": Conflict("Another tab changed it."),
        "invalid": Invalid("That is no number.", "count"),
        "bug": RuntimeError("SELECT password FROM users"),
    }

    def view(kind: str) -> str:
        raise errors[kind]

    app.add_url_rule("/breaks/<kind>", "breaks", view)
    monkeypatch.setattr(access, "PUBLIC_ENDPOINTS", access.PUBLIC_ENDPOINTS | {"breaks"})
    app.test_client_class = Browser
    return app.test_client()


@pytest.mark.parametrize(("kind", "status"), [("missing", 404), ("conflict", 409), ("invalid", 422), ("bug", 500)])
def test_a_failure_is_a_page_with_a_sentence(breaking: FlaskClient, kind: str, status: int) -> None:
    answer = breaking.get(f"/breaks/{kind}")
    assert answer.status_code == status
    assert "<h1" in answer.text
    assert "Traceback" not in answer.text
    assert "SELECT" not in answer.text


@pytest.mark.parametrize(("kind", "status"), [("missing", 404), ("conflict", 409), ("invalid", 422), ("bug", 500)])
def test_for_htmx_it_is_a_toast_in_the_region_every_page_has(breaking: FlaskClient, kind: str, status: int) -> None:
    answer = breaking.get(f"/breaks/{kind}", headers=HTMX)
    assert answer.status_code == status
    assert answer.headers["HX-Retarget"] == "#flash"
    assert "<html" not in answer.text
    assert "toast" in answer.text


def test_the_sentence_of_a_failure_is_text_and_not_markup(breaking: FlaskClient) -> None:
    assert "&lt;b&gt;thing&lt;/b&gt;" in breaking.get("/breaks/missing").text


def test_a_bug_is_answered_with_a_number_that_the_log_has_too(
    breaking: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = breaking.get("/breaks/bug")
    found = re.search(r"<code>([0-9a-f]{8})</code>", answer.text)
    assert found
    assert found[1] in [getattr(record, "error_id", "") for record in caplog.records]


def test_an_unknown_address_is_404_for_everybody(client: FlaskClient) -> None:
    assert client.get("/no/such/page").status_code == 404


def test_a_wrong_method_is_405_and_says_which_are_right(client: FlaskClient) -> None:
    client.sends_token = True  # type: ignore[attr-defined]
    answer = client.post("/static/css/base.css")
    assert answer.status_code == 405
    assert "GET" in answer.headers["Allow"]


def test_a_broken_database_gives_a_page_too(
    browser: Callable[[Person], FlaskClient], alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(alice)

    def broken(*_: object) -> None:
        raise OperationalError("SELECT secret", {}, Exception("no connection"))

    monkeypatch.setattr(logins, "find", broken)
    for headers in ({}, HTMX):
        answer = client.get("/positions", headers=headers)
        assert answer.status_code == 500
        assert "Something went wrong" in answer.text
        assert "secret" not in answer.text


def test_too_large_a_form_is_413(client: FlaskClient) -> None:
    answer = client.post("/login", data={"email": "x" * 2_200_000, "password": "x"})
    assert answer.status_code == 413
    assert "larger than this site accepts" in answer.text
