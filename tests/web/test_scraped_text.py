"""Whatever a board or a user writes is text on every page, never markup."""

from __future__ import annotations

import json
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import a_company, a_position
from tests.web.conftest import Person
from webapp import clock
from webapp.db import db, transaction
from webapp.models import Board, JobPosition, PositionEvent, User

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpora" / "xss_payloads.json"
OWN = [
    "<script>xss()</script>",
    '"><img src=x onerror=xss()>',
    "'><svg/onload=xss()>",
    '" autofocus onfocus=xss() x="',
    "</title><script>xss()</script>",
    "</textarea><script>xss()</script>",
    "{{ 7 * 7 }}{% include 'x' %}",
    '<a hx-get="/evil" hx-trigger="load">x</a>',
    '<hx-partial hx-target="body">x</hx-partial>',
    "<b>bold</b>",
]


class Suspicious(HTMLParser):
    """Collects what no page of ours contains: scripts without our nonce, handlers, foreign elements, odd links."""

    def __init__(self, nonce: str) -> None:
        super().__init__()
        self.nonce = nonce
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and given.get("nonce") != self.nonce:
            self.found.append(tag)
        if tag in {"iframe", "object", "embed", "base", "img", "image", "math", "style", "template", "b64"}:
            self.found.append(tag)
        for name, value in attrs:
            is_htmx = name.startswith(("hx-", "data-hx-")) and name != "hx-ignore"
            if name.startswith("on") or name == "style" or (is_htmx and given.get("hx-nonce") != self.nonce):
                self.found.append(f"{tag} {name}")
            if name in {"href", "action", "formaction", "src"} and not (value or "").startswith(("/", "#", "http")):
                self.found.append(f"{tag} {name}={value}")


def suspicious(answer: object) -> list[str]:
    policy = answer.headers["Content-Security-Policy"]  # type: ignore[attr-defined]
    parser = Suspicious(policy.split("'nonce-")[1].split("'")[0])
    parser.feed(answer.text)  # type: ignore[attr-defined]
    return parser.found


def payloads() -> list[str]:
    if not CORPUS.exists():
        return OWN
    corpus = json.loads(CORPUS.read_text())["payloads"]
    return OWN + [entry["payload"].replace("\0", "") for entry in corpus]


def test_payloads_in_every_field_stay_text_on_every_page(
    app: Flask, browser: Callable[[Person], FlaskClient], alice: Person
) -> None:
    texts = payloads()
    now = clock.utcnow()
    with app.app_context(), transaction():
        company = a_company()
        row = a_position(company, "x", first_seen_at=now, salary_min=1, salary_currency="EUR")
        event = PositionEvent(job_position_id=row.id, kind="changed", at=now, old={}, new={})
        db.session.add(event)
        db.session.flush()
        ids = company.id, row.id, event.id
    client = browser(alice)
    for text in texts:
        short = text[:190]
        with app.app_context(), transaction():
            found = db.session.get(JobPosition, ids[1])
            change, user = db.session.get(PositionEvent, ids[2]), db.session.get(User, alice.id)
            board = db.session.query(Board).filter_by(company_id=ids[0]).one()
            assert found
            assert change
            assert user
            found.title = found.location = found.department = text[:500]
            found.locations = [text, "Berlin"]
            found.employment_type, found.salary_period = text[:120], text[:8]
            found.description_text, found.url, found.apply_url = text, text[:2000], text[:2000]
            found.company.name, found.company.sector, found.company.homepage_url = short, text[:120], text[:2000]
            change.old, change.new = {"title": "a", "location": text}, {"title": text, "location": "b"}
            board.health_reason, board.careers_url, board.health = text[:500], text[:2000], "failing"
            user.display_name = short
            slug = found.company.slug
        for address in ("/positions", f"/positions/{ids[1]}", "/companies", f"/companies/{slug}", "/account"):
            answer = client.get(address)
            assert answer.status_code == 200, (address, text)
            assert suspicious(answer) == [], (address, text)


@pytest.mark.parametrize("text", OWN)
def test_what_is_typed_into_a_search_or_a_form_comes_back_as_text(
    browser: Callable[[Person], FlaskClient], client: FlaskClient, alice: Person, text: str
) -> None:
    mine = browser(alice)
    for parameter in ("q", "place", "department", "company", "since"):
        assert suspicious(mine.get("/positions", query_string={parameter: text})) == []
    assert suspicious(mine.get("/companies", query_string={"q": text})) == []
    assert suspicious(mine.post("/account/profile", data={"display_name": text, "time_zone": text})) == []
    assert suspicious(client.post("/login", data={"email": text, "password": text, "next": text})) == []
    assert suspicious(client.post("/signup", data={"email": text, "display_name": text, "time_zone": text})) == []
    assert suspicious(client.get("/" + text.replace("/", ""))) == []
