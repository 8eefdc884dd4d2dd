"""Whatever a stranger puts into an address, a form or a header: an answer with a sentence, never a failure of ours."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import HTMX, Person, make_person
from tests.web.test_authorisation_matrix import MATRIX, address_of, things
from webapp.db import db, transaction
from webapp.models import User

# Every name that any page reads from an address or a form.
PARAMETERS = (
    "q", "company", "place", "department", "workplace", "status", "since", "page", "show", "name", "view", "next",
    "url", "state", "outcome", "board", "title", "company_name", "location", "note", "version", "form_key",
    "next_step", "follow_up_on", "from", "on", "interval", "careers_url", "email", "password", "display_name",
    "time_zone", "current_password", "new_password", "keywords", "excluded_keywords", "locations", "departments",
    "company_ids", "is_remote", "preview", "again",
)  # fmt: skip
VALUES = {
    "NUL": "a\0b",
    "long": "x" * 10_000,
    "beyond 64 bit": str(2**63),
    "4,299 digits": "9" * 4_299,
    "foreign digits": "٣٤٥",
    "not a number": "NaN",
    "year one": "0001-01-01",
    "quotes": "'\"`) OR 1=1; --",
    "open quote": '"engineer',
    "breaks": "a\r\nX-Injected: 1\r\n\r\nb",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f\x85\u2028",
    "not characters": "\ufffe\uffff\U0010ffff",
    "many numbers": ",".join(map(str, range(70_000))),
    "mark-up": "<script>alert(1)</script>",
}
# A browser cannot send these as text; they are put into the body or address as they stand.
RAW = ("%ED%A0%80", "%FF%FE", "%", "%zz", "a&=&==&&", "[]=1", "%C0%80")


@pytest.fixture
def names(app: Flask, alice: Person) -> dict[str, Any]:
    with app.app_context(), transaction():
        return things(alice, app.config["SECRET_KEY"])


@pytest.fixture
def boss(app: Flask, alice: Person, browser: Callable[[Person], FlaskClient]) -> FlaskClient:
    """Alice, who owns what the tests name, as an admin, so that every route is open to her."""
    make_person(app, "second@example.org", is_admin=True)
    with app.app_context(), transaction():
        user = db.session.get(User, alice.id)
        assert user is not None
        user.is_admin = True
    return browser(alice)


def walked(method: str) -> Iterator[str]:
    for kind, endpoint in MATRIX:
        if kind == method and endpoint not in {"auth.logout", "static"}:
            yield endpoint


@pytest.mark.parametrize("kind", VALUES)
def test_no_value_in_an_address_makes_a_page_fail(
    app: Flask, boss: FlaskClient, names: dict[str, Any], kind: str
) -> None:
    for endpoint in walked("GET"):
        address = address_of(app, endpoint, names)
        query = dict.fromkeys(PARAMETERS, VALUES[kind])
        for headers in ({}, HTMX) if kind in {"4,299 digits", "controls"} else ({},):
            answer = boss.get(address, query_string=query, headers=headers)
            assert answer.status_code < 500 or endpoint == "health.readyz", (address, answer.status_code)


@pytest.mark.parametrize("kind", VALUES)
def test_no_value_in_a_form_makes_a_page_fail(app: Flask, boss: FlaskClient, names: dict[str, Any], kind: str) -> None:
    for endpoint in walked("POST"):
        address = address_of(app, endpoint, names)
        form = MATRIX["POST", endpoint].form
        # One odd field in a form that is fine otherwise gets further than all at once.
        odd = [{**form, name: VALUES[kind]} for name in form] or [dict.fromkeys(PARAMETERS, VALUES[kind])]
        answers = [boss.post(address, data=data) for data in odd]
        for answer in answers:
            assert answer.status_code < 500, (address, answer.status_code)
            assert "X-Injected" not in answer.headers


@pytest.mark.parametrize("raw", RAW)
def test_bytes_that_are_no_text_make_no_page_fail(
    app: Flask, boss: FlaskClient, names: dict[str, Any], raw: str
) -> None:
    body = "&".join(f"{name}={raw}" for name in PARAMETERS)
    for endpoint in walked("GET"):
        answer = boss.get(f"{address_of(app, endpoint, names)}?{body}")
        assert answer.status_code < 500 or endpoint == "health.readyz", endpoint
    for endpoint in walked("POST"):
        kind = "application/x-www-form-urlencoded"
        assert boss.post(address_of(app, endpoint, names), data=body, content_type=kind).status_code < 500, endpoint


@pytest.mark.parametrize(
    "value", ["0", "-1", str(2**31), str(2**63), "9" * 5000, "x", "%00", "1%00", "٣", "0001-01-01", "9999-12-31"]
)
def test_no_name_of_a_thing_makes_a_page_fail(app: Flask, boss: FlaskClient, names: dict[str, Any], value: str) -> None:
    for method, endpoint in MATRIX:
        rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
        if rule.arguments and endpoint != "static":
            address = rule.rule
            for name in rule.arguments:
                address = "/".join(value if part.endswith(f"{name}>") else part for part in address.split("/"))
            answer = boss.open(address, method=method, data=MATRIX[method, endpoint].form)
            assert answer.status_code < 500, (method, address[:80])


@pytest.mark.parametrize(
    "headers",
    [
        {"HX-Request": "true", "HX-Current-URL": "http://[::1"},
        {"HX-Request": "true", "HX-Current-URL": "http://a.example/" + "é" * 300},
        {"HX-Request": "true", "HX-Source": "\xff" * 300, "HX-Target": "\xff"},
        {"User-Agent": "\xff" * 3000},
        {"Host": "[::1"},
        {"Host": "evil.example\\@good.example"},
        {"X-Forwarded-For": "'; --", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"},
        {"Cookie": "rolewatch=" + "x" * 3000},
        {"Cookie": "rolewatch=.eJw; rolewatch=a.b.c"},
        {"Content-Type": "multipart/form-data"},
        {"Content-Type": "multipart/form-data; boundary=" + "b" * 300},
        {"Content-Type": "application/json"},
        {"Accept-Language": "\xff", "Range": "bytes=9-1", "If-Modified-Since": "never"},
    ],
)
def test_no_header_makes_a_page_fail(client: FlaskClient, headers: dict[str, str]) -> None:
    for address in ("/", "/positions", "/login", "/no/such/page"):
        assert client.get(address, headers=headers).status_code < 500
    for address in ("/login", "/signup", "/logout", "/unsubscribe/x"):
        assert client.post(address, data=b"--x\r\n\r\n", headers=headers).status_code < 500


def test_where_one_was_may_be_written_in_any_script(client: FlaskClient, alice: Person) -> None:
    data = {"email": alice.email, "password": alice.password, "next": "/positions?q=מפתח"}
    answer = client.post("/login", data=data, headers=HTMX)
    assert answer.headers["HX-Redirect"] == "/positions?q=%D7%9E%D7%A4%D7%AA%D7%97"
    for name, value in answer.headers:
        assert f"{name}: {value}".encode("latin-1")


def test_too_many_fields_files_and_parts_are_refused_with_a_page(client: FlaskClient, boss: FlaskClient) -> None:
    many = "&".join(f"f{n}=1" for n in range(100_000))
    assert len(many) > 500_000
    kind = "application/x-www-form-urlencoded"
    assert len(many) > 500_000
    assert client.post("/login", data=many, content_type=kind).status_code == 413
    parts = "".join(f'--b\r\nContent-Disposition: form-data; name="f{n}"\r\n\r\n1\r\n' for n in range(2000)) + "--b--"
    answer = boss.post("/alerts", data=parts, content_type="multipart/form-data; boundary=b")
    assert answer.status_code == 413
    assert "larger than this site accepts" in answer.text
