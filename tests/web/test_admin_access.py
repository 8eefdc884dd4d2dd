"""Nobody but an admin reaches an admin route, by any method."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import Person

Opener = Callable[[Person], FlaskClient]
VALUES = {"day_text": "2026-05-12", "kind": "email"}


def admin_routes(app: Flask) -> Iterator[tuple[str, str]]:
    """(method, address) of every route below /admin."""
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/admin"):
            continue
        address = re.sub(r"<(?:[^<>]*:)?(\w+)>", lambda found: VALUES.get(found[1], "1"), rule.rule)
        for method in (rule.methods or set()) & {"GET", "POST"}:
            yield method, address


def test_every_admin_route_belongs_to_a_blueprint_that_is_closed_by_name(app: Flask) -> None:
    rules = [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/admin")]
    assert len(rules) > 20
    assert all(rule.endpoint.startswith("admin") for rule in rules)


def test_a_user_who_is_no_admin_is_told_that_nothing_is_there(app: Flask, alice: Person, browser: Opener) -> None:
    client = browser(alice)
    for method, address in admin_routes(app):
        assert client.open(address, method=method).status_code == 404, (method, address)


def test_a_visitor_is_led_to_the_login(app: Flask, client: FlaskClient) -> None:
    for method, address in admin_routes(app):
        answer = client.open(address, method=method)
        assert answer.status_code == 302, (method, address)
        assert answer.headers["Location"].startswith("/login"), (method, address)


def test_every_admin_form_needs_its_token(app: Flask, ada: Person, browser: Opener) -> None:
    client = browser(ada)
    client.sends_token = False  # type: ignore[attr-defined]
    for method, address in admin_routes(app):
        if method == "POST":
            assert client.post(address).status_code == 403, address


def test_an_admin_finds_every_page_of_an_empty_installation(app: Flask, ada: Person, browser: Opener) -> None:
    client = browser(ada)
    for method, address in admin_routes(app):
        if method == "GET":
            answer = client.get(address)
            assert answer.status_code in {200, 404}, address
            # Only the pages about one thing may be missing it.
            assert answer.status_code == 200 or "/1" in address or "2026-05-12" in address, address


@pytest.mark.parametrize("address", ["/admin/boards/99999999999999999999", "/admin/runs?board=99999999999999999999"])
def test_ids_that_no_database_can_hold_are_harmless(ada: Person, browser: Opener, address: str) -> None:
    assert browser(ada).get(address).status_code in {200, 404}
