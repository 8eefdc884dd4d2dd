"""Routes are closed by default, forms need their token, and log-ins live on the server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.routing.converters import NumberConverter

from tests.web.conftest import HTMX, Browser, Person, login
from webapp import clock
from webapp.db import db, transaction
from webapp.models import User, UserSession
from webapp.web.access import PUBLIC_ENDPOINTS, safe_next
from webapp.web.security import CSRF_EXEMPT_ENDPOINTS

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpora" / "open_redirect.json"


def routes(app: Flask, *methods: str) -> Iterator[tuple[str, str, str]]:
    """(method, address, endpoint) of every route that answers one of `methods`, with plausible arguments."""
    for rule in app.url_map.iter_rules():
        for method in sorted(set(methods) & (rule.methods or set())):
            yield method, _address(app, rule), rule.endpoint


def _address(app: Flask, rule: Rule) -> str:
    values: dict[str, Any] = {}
    for name in rule.arguments:
        values[name] = 1 if isinstance(rule._converters[name], NumberConverter) else "x"
    with app.test_request_context():
        built = rule.build(values)
    assert built is not None
    return built[1]


def test_what_is_public_is_exactly_this_list() -> None:
    assert {
        "static",
        "auth.welcome",
        "auth.login",
        "auth.signup",
        "health.healthz",
        "health.readyz",
        "health.metrics",
        "unsubscribe.show",
        "unsubscribe.act",
    } == PUBLIC_ENDPOINTS
    assert {"unsubscribe.act"} == CSRF_EXEMPT_ENDPOINTS


def test_every_other_route_sends_a_visitor_to_the_log_in(app: Flask, client: FlaskClient) -> None:
    walked = 0
    for method, address, endpoint in routes(app, "GET", "POST", "PUT", "PATCH", "DELETE"):
        if endpoint in PUBLIC_ENDPOINTS:
            continue
        answer = client.open(address, method=method)
        assert answer.status_code == 302, f"{method} {address}"
        assert answer.headers["Location"].startswith("/login"), f"{method} {address}"
        walked += 1
    assert walked > 10


def test_for_htmx_the_way_to_the_log_in_is_a_header(client: FlaskClient) -> None:
    answer = client.get("/positions", headers=HTMX)
    assert answer.headers["HX-Redirect"].startswith("/login")
    assert answer.text == ""
    whence = {**HTMX, "HX-Current-URL": "https://jobs.example/positions?q=a"}
    assert client.get("/companies", headers=whence).headers["HX-Redirect"] == "/login?next=/positions?q%3Da"
    odd = {**HTMX, "HX-Current-URL": "https://jobs.example//evil.example"}
    assert client.get("/companies", headers=odd).headers["HX-Redirect"] == "/login"


def test_every_unsafe_route_refuses_a_form_without_a_token(
    app: Flask, browser: Callable[[Person], FlaskClient], ada: Person
) -> None:
    client = browser(ada)
    assert isinstance(client, Browser)
    client.sends_token = False
    walked = 0
    for method, address, endpoint in routes(app, "POST", "PUT", "PATCH", "DELETE"):
        if endpoint in CSRF_EXEMPT_ENDPOINTS:
            continue
        answer = client.open(address, method=method)
        assert answer.status_code == 403, f"{method} {address}"
        assert "too old" in answer.text
        walked += 1
    assert walked > 5
    assert client.get("/positions").status_code == 200, "still logged in"


def test_a_token_of_another_session_is_refused(
    browser: Callable[[Person], FlaskClient], alice: Person, bob: Person
) -> None:
    hers, his = browser(alice), browser(bob)
    assert isinstance(his, Browser)
    with his.session_transaction() as session:
        session["csrf_token"] = "f" * 40
    foreign = his.csrf_token()
    assert hers.post("/logout", headers={"X-CSRFToken": foreign}).status_code == 403


def test_a_form_sent_from_another_site_is_refused_even_with_its_token(
    browser: Callable[[Person], FlaskClient], alice: Person
) -> None:
    client = browser(alice)
    assert client.post("/logout", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post("/logout", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_admin_pages_do_not_exist_for_others(
    app: Flask, browser: Callable[[Person], FlaskClient], alice: Person
) -> None:
    client = browser(alice)
    walked = 0
    for method, address, endpoint in routes(app, "GET", "POST"):
        if endpoint.startswith("admin"):
            assert client.open(address, method=method).status_code == 404, f"{method} {address}"
            walked += 1
    assert walked


def test_a_cookie_copied_before_logout_is_dead_after_it(
    app: Flask, browser: Callable[[Person], FlaskClient], alice: Person
) -> None:
    client = browser(alice)
    cookie = client.get_cookie("rolewatch")
    assert cookie is not None
    assert client.post("/logout").status_code == 303
    thief = app.test_client()
    thief.set_cookie("rolewatch", cookie.value)
    assert thief.get("/positions").status_code == 302


def test_the_database_holds_no_token_that_would_open_a_session(
    app: Flask, browser: Callable[[Person], FlaskClient], alice: Person
) -> None:
    client = browser(alice)
    with client.session_transaction() as session:
        token = session["_user_id"]
    with app.app_context():
        stored = db.session.scalars(sa.select(UserSession.token_hash)).one()
    assert stored != token
    client.post("/logout")
    with client.session_transaction() as session:
        session["_user_id"] = stored
    assert client.get("/positions").status_code == 302


@pytest.mark.parametrize("change", ["over", "switched off"])
def test_a_log_in_that_is_over_or_switched_off_is_refused(
    app: Flask, browser: Callable[[Person], FlaskClient], alice: Person, change: str
) -> None:
    client = browser(alice)
    with app.app_context(), transaction():
        if change == "over":
            db.session.execute(sa.update(UserSession).values(expires_at=clock.utcnow() - timedelta(seconds=1)))
        else:
            db.session.execute(sa.update(User).values(is_active=False))
    assert client.get("/positions").status_code == 302


def test_a_visit_is_noted_at_most_every_five_minutes(
    app: Flask, browser: Callable[[Person], FlaskClient], alice: Person
) -> None:
    client = browser(alice)

    def last_seen() -> Any:
        with app.app_context():
            return db.session.scalars(sa.select(UserSession.last_seen_at)).one()

    first = last_seen()
    client.get("/positions")
    assert last_seen() == first
    hour_ago = first - timedelta(hours=1)
    with app.app_context(), transaction():
        db.session.execute(sa.update(UserSession).values(last_seen_at=hour_ago))
        db.session.execute(sa.update(User).values(last_visit_at=hour_ago))
    client.get("/positions")
    assert last_seen() >= first
    with app.app_context():
        user = db.session.scalars(sa.select(User)).one()
        assert user.previous_visit_at == hour_ago, "what came since then is new"
        assert user.last_visit_at is not None
        assert user.last_visit_at >= first


@pytest.mark.parametrize(
    ("target", "is_followed"),
    [
        ("/positions?q=a&page=2", True),
        ("/%2f%2fevil.example", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("https://evil.example/", False),
        ("javascript:alert(1)", False),
        ("/\tevil", False),
        (" /positions", False),
        ("positions", False),
        ("?q=1", False),
        ("/logout", False),
        ("/static/js/app.js", False),
        ("/" + "a" * 2000, False),
        ("", False),
        (None, False),
    ],
)
def test_only_pages_of_ours_are_returned_to(target: str | None, is_followed: bool) -> None:
    assert safe_next(target) == (target if is_followed else None)


@pytest.mark.skipif(not CORPUS.exists(), reason="the shared corpus is not here")
def test_the_corpus_of_open_redirects_is_refused() -> None:
    cases = json.loads(CORPUS.read_text())["cases"]
    wrong = [
        (case["id"], case["next"], case["expect"])
        for case in cases
        if (safe_next(case["next"]) is not None) != (case["expect"] == "follow")
    ]
    assert len(cases) > 50
    assert wrong == []


def test_every_answer_carries_the_protecting_headers(
    app: Flask, browser: Callable[[Person], FlaskClient], ada: Person
) -> None:
    client = browser(ada)
    for _, address, endpoint in [*routes(app, "GET"), ("GET", "/no/such/page", "none")]:
        answer = client.get(address)
        policy = answer.headers["Content-Security-Policy"]
        if endpoint.startswith("admin"):
            continue  # an admin may look at a mail in a frame, under a stricter policy of its own
        for part in ("default-src 'none'", "frame-ancestors 'none'", "form-action 'self'", "base-uri 'none'"):
            assert part in policy, address
        assert "unsafe" not in policy, address
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"]
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        if endpoint != "static":
            assert answer.headers["Cache-Control"] == "no-store", address


def test_each_page_has_a_nonce_of_its_own_on_every_script_and_every_htmx_element(
    app: Flask, browser: Callable[[Person], FlaskClient], ada: Person
) -> None:
    client = browser(ada)
    nonces: list[str] = []
    for _, address, _ in routes(app, "GET"):
        answer = client.get(address)
        found = re.search(r"'nonce-([\w-]{20,})'", answer.headers["Content-Security-Policy"])
        if not found or answer.mimetype != "text/html":
            continue
        nonces.append(found[1])
        for tag in re.findall(r"<[a-z][^>]*>", answer.text):
            if tag.startswith("<script"):
                assert f'nonce="{found[1]}"' in tag, f"{address}: {tag}"
            if re.search(r"\shx-(?!nonce|ignore)", tag):
                assert f'hx-nonce="{found[1]}"' in tag, f"{address}: {tag}"
            assert not re.search(r"\s(style|on[a-z]+)=", tag), f"{address}: no inline style or script, but {tag}"
    assert len(set(nonces)) == len(nonces) > 8


def test_a_site_behind_https_asks_browsers_to_stay_there(client: FlaskClient) -> None:
    assert "Strict-Transport-Security" not in client.get("/login").headers
    assert "Strict-Transport-Security" in client.get("/login", base_url="https://jobs.example").headers


def test_forwarded_headers_count_only_behind_a_proxy(app: Flask, client: FlaskClient) -> None:
    answer = client.get("/login", headers={"X-Forwarded-Proto": "https"})
    assert "Strict-Transport-Security" not in answer.headers


def test_logging_in_again_makes_another_token(app: Flask, client: FlaskClient, alice: Person) -> None:
    login(client, alice)
    with client.session_transaction() as session:
        first = session["_user_id"]
    client.post("/logout")
    client.post("/login", data={"email": alice.email, "password": alice.password})
    with client.session_transaction() as session:
        assert session["_user_id"] != first


def test_the_character_nul_is_refused_before_it_reaches_the_database(
    client: FlaskClient, browser: Callable[[Person], FlaskClient], alice: Person
) -> None:
    assert client.post("/login", data={"email": "a\x00b", "password": "x"}).status_code == 400
    assert browser(alice).get("/positions?q=a%00b").status_code == 400
    assert browser(alice).get("/companies/a%00b").status_code == 404
