"""Every route against every kind of person, and nobody changes anything by looking or by being refused.

A new route fails this test until it has a line in `MATRIX`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import a_company, a_position
from tests.web.admin_rows import a_drop, a_message, a_run
from tests.web.conftest import Person, login, make_person
from webapp import clock
from webapp.db import Base, db, transaction
from webapp.models import AlertNotification, Board, DailyReport, Message, TransportPause, UserJobApplication
from webapp.models.user_job_application import ApplicationStatus
from webapp.services import alerts, applications, delivery_links, reports
from webapp.services.alerts import AlertDraft

PEOPLE = ("visitor", "owner", "stranger", "admin")
# What is written down because somebody came by, whatever they came for.
FOOTPRINTS = {"user_sessions", "attempt_buckets"}


@dataclass(frozen=True)
class Row:
    """What each of PEOPLE gets, in that order, and what a form holds. 302 is the way to the log-in."""

    answers: tuple[int, int, int, int]
    form: dict[str, str] = field(default_factory=dict)


def everybody(code: int = 200, **form: str) -> Row:
    return Row((code,) * 4, form)


def members(code: int = 200, **form: str) -> Row:
    return Row((302, code, code, code), form)


def owner(code: int = 200, **form: str) -> Row:
    return Row((302, code, 404, 404), form)


def admins(code: int = 200, **form: str) -> Row:
    return Row((302, 404, 404, code), form)


VISITORS = Row((200, 303, 303, 303))
JOB = {"title": "SRE", "company_name": "Elsewhere", "status": "saved"}
RULE = {"name": "Mine", "keywords": "backend", "version": "1"}

MATRIX: dict[tuple[str, str], Row] = {
    ("GET", "static"): everybody(),
    ("GET", "health.healthz"): everybody(),
    ("GET", "health.readyz"): everybody(503),
    ("GET", "health.metrics"): everybody(),
    ("GET", "unsubscribe.show"): everybody(),
    ("POST", "unsubscribe.act"): everybody(),
    ("GET", "auth.welcome"): Row((200, 302, 302, 302)),
    ("GET", "auth.login"): Row((200, 302, 302, 302)),
    ("POST", "auth.login"): everybody(422, email="nobody@example.org", password="not it"),
    ("GET", "auth.signup"): Row((200, 302, 302, 302)),
    ("POST", "auth.signup"): Row((422, 302, 302, 302), {"email": "none"}),
    ("POST", "auth.logout"): members(303),
    ("GET", "account.show"): members(),
    ("POST", "account.change_profile"): members(303, display_name="X", time_zone="UTC"),
    ("POST", "account.change_password"): members(422, current_password="not it", new_password="a quiet evening"),
    ("POST", "account.end_sessions"): members(303),
    ("GET", "account.export"): members(),
    ("GET", "account.delete"): members(),
    ("POST", "account.delete"): members(422, current_password="not it"),
    ("GET", "positions.index"): members(),
    ("GET", "positions.show"): members(),
    ("GET", "companies.index"): members(),
    ("GET", "companies.show"): members(),
    ("GET", "notifications.index"): members(),
    ("GET", "alerts.index"): members(),
    ("GET", "alerts.new"): members(),
    ("POST", "alerts.create"): members(303, **RULE),
    ("POST", "alerts.preview"): members(200, **RULE),
    ("GET", "alerts.show"): owner(),
    ("GET", "alerts.edit"): owner(),
    ("POST", "alerts.update"): owner(303, **RULE),
    ("POST", "alerts.pause"): owner(303),
    ("POST", "alerts.resume"): owner(303),
    ("POST", "alerts.duplicate"): owner(303),
    ("GET", "alerts.ask_delete"): owner(),
    ("POST", "alerts.delete"): owner(303),
    ("GET", "applications.index"): members(),
    ("GET", "applications.new"): members(),
    ("POST", "applications.create"): members(303, **JOB),
    ("POST", "applications.create_from_position"): members(303, status="saved"),
    ("GET", "applications.show"): owner(),
    ("POST", "applications.update"): owner(303, next_step="Call"),
    ("POST", "applications.move"): owner(303, status="applied"),
    ("POST", "applications.add_note"): owner(303, note="A note"),
    ("GET", "applications.ask_remove"): owner(),
    ("POST", "applications.remove"): owner(303),
    ("GET", "applications.export_csv"): members(),
    ("GET", "applications.export_json"): members(),
    ("GET", "admin.overview"): admins(),
    ("GET", "admin.sample_data"): admins(),
    ("POST", "admin.sample_data"): admins(303),
    ("GET", "admin_boards.index"): admins(),
    ("GET", "admin_boards.show"): admins(),
    ("POST", "admin_boards.enable"): admins(303, on="0"),
    ("POST", "admin_boards.interval"): admins(303, interval="3600"),
    ("POST", "admin_boards.rescrape"): admins(303),
    ("POST", "admin_boards.rescrape_all"): admins(303),
    ("GET", "admin_companies.add"): admins(),
    ("POST", "admin_companies.look"): admins(422, careers_url="nonsense"),
    ("POST", "admin_companies.save"): admins(422, careers_url="nonsense"),
    ("POST", "admin_companies.starter"): admins(303),
    ("GET", "admin_held.index"): admins(),
    ("GET", "admin_held.show"): admins(),
    ("GET", "admin_held.confirm"): admins(),
    ("POST", "admin_held.confirm"): admins(303),
    ("POST", "admin_held.dismiss"): admins(303),
    ("GET", "admin_outbox.index"): admins(),
    ("GET", "admin_outbox.show"): admins(),
    ("GET", "admin_outbox.html"): admins(),
    ("POST", "admin_outbox.retry"): admins(303),
    ("POST", "admin_outbox.resume"): admins(303),
    ("GET", "admin_reports.index"): admins(),
    ("GET", "admin_reports.show"): admins(),
    ("GET", "admin_runs.index"): admins(),
    ("GET", "admin_runs.show"): admins(),
    ("GET", "admin_users.index"): admins(),
    ("POST", "admin_users.set_admin"): admins(303, on="0"),
    ("POST", "admin_users.set_active"): admins(303, on="1"),
}


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield method, rule.endpoint


def things(alice: Person, secret: str) -> dict[str, Any]:
    """One of everything that an address may name; what is private is Alice's."""
    now = clock.utcnow()
    position = a_position(a_company(), "Backend Engineer")
    board = db.session.query(Board).filter_by(id=position.board_id).one()
    alert = alerts.create(alice.id, AlertDraft("Backend", keywords=("backend",)), now).alert
    kept = applications.save_position(alice.id, a_position(a_company()), ApplicationStatus.SAVED, now).application
    message = a_message()
    db.session.add(
        AlertNotification(alert_id=alert.id, job_position_id=position.id, user_id=alice.id, matched_at=now, receipt=[])
    )
    db.session.merge(TransportPause(kind="email", since=now, until=now, reason="The server is down."))
    day = now.date().replace(month=1, day=2)
    if db.session.get(DailyReport, day) is None:
        db.session.add(DailyReport(day=day, created_at=now, figures=reports.figures(day, now)))
    return {
        "filename": "css/base.css",
        "token": delivery_links.for_alert(alert, secret),
        "position_id": position.id,
        "slug": position.company.slug,
        "alert_id": alert.id,
        "application_id": kept.id,
        "board_id": board.id,
        "held_id": a_drop(f"Held {position.id}").id,
        "message_id": message.id,
        "run_id": a_run(board).id,
        "user_id": message.user_id,
        "day_text": day.isoformat(),
        "kind": "email",
    }


def picture(app: Flask) -> str:
    """A digest of every row but the footprints."""
    digest = hashlib.sha256()
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            if table.name in FOOTPRINTS:
                continue
            for row in db.session.execute(sa.select(table).order_by(*table.primary_key.columns)):
                digest.update(repr((table.name, tuple(row))).encode())
    return digest.hexdigest()


def address_of(app: Flask, endpoint: str, names: dict[str, Any]) -> str:
    with app.test_request_context():
        rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)
        return str(app.url_for(endpoint, **{name: names[name] for name in rule.arguments}))


def test_every_route_has_a_line_and_every_line_a_route(app: Flask) -> None:
    assert set(routes(app)) == set(MATRIX)


def test_everybody_gets_what_the_matrix_says_and_the_refused_change_nothing(
    app: Flask, client: FlaskClient, browser: Callable[[Person], FlaskClient], alice: Person, bob: Person, ada: Person
) -> None:
    make_person(app, "second@example.org", is_admin=True)
    people = {"visitor": client, "owner": browser(alice), "stranger": browser(bob), "admin": browser(ada)}
    wrong: list[str] = []
    names: dict[str, Any] = {}
    for (method, endpoint), row in MATRIX.items():
        if method != "GET" or not names:
            with app.app_context(), transaction():
                names = things(alice, app.config["SECRET_KEY"])
        before = picture(app)
        # Who is let in comes last, so that the others meet the thing as it was.
        order = sorted(PEOPLE, key=lambda who, row=row: row.answers[PEOPLE.index(who)] not in {302, 404})  # type: ignore[misc]
        for who in order:
            expected = row.answers[PEOPLE.index(who)]
            address = address_of(app, endpoint, names)
            answer = people[who].open(address, method=method, data=row.form if method == "POST" else None)
            asked = f"{who}: {method} {address} ({endpoint})"
            if answer.status_code != expected:
                wrong.append(f"{asked} gave {answer.status_code}, not {expected}")
            after = picture(app)
            if (method == "GET" or expected in {302, 404, 422}) and after != before:
                wrong.append(f"{asked} changed the database")
            before = after
        if endpoint == "auth.logout":
            for who, person in (("owner", alice), ("stranger", bob), ("admin", ada)):
                login(people[who], person)
    assert wrong == [], "\n".join(wrong)


def test_lists_and_exports_hold_nothing_of_others(
    app: Flask, browser: Callable[[Person], FlaskClient], alice: Person, bob: Person, ada: Person
) -> None:
    now = clock.utcnow()
    with app.app_context(), transaction():
        names = things(alice, app.config["SECRET_KEY"])
        application = db.session.get(UserJobApplication, names["application_id"])
        assert application is not None
        application.title = "Secret dream of Alice"
        applications.add_note(application, "Secret note of Alice", now)
        alerts.create(alice.id, AlertDraft("Secret alert of Alice", keywords=("secret",)), now)
        message = db.session.get(Message, names["message_id"])
        assert message is not None
        message.user_id, message.subject = alice.id, "Secret message of Alice"
    seen_by_owner = ""
    for method, endpoint in routes(app):
        if method != "GET":
            continue
        address = address_of(app, endpoint, names)
        seen_by_owner += browser(alice).get(address).text
        for person in (bob, ada):
            text = browser(person).get(address).text
            # Where no mail server is set, the outbox on screen is the admin's to read.
            if person is ada and endpoint.startswith("admin_outbox"):
                continue
            assert "Secret" not in text, (person.email, address)
            assert alice.email not in text or (person is ada and endpoint == "admin_users.index"), address
    assert seen_by_owner.count("Secret") > 8


def test_a_form_cannot_name_another_owner_or_more_rights(
    app: Flask, browser: Callable[[Person], FlaskClient], alice: Person, bob: Person
) -> None:
    extra = {
        **{name: str(alice.id) for name in ("user_id", "owner", "owner_id", "id")},
        **dict.fromkeys(("is_admin", "is_active", "is_sample", "is_paused"), "1"),
        "password_hash": "x",
        "email": alice.email,
        "created_at": "2000-01-01",
        "_method": "DELETE",
    }
    with app.app_context(), transaction():
        names = things(bob, app.config["SECRET_KEY"])
    client = browser(bob)
    for (method, endpoint), row in MATRIX.items():
        if method == "POST" and row.answers[1] in {200, 303} and endpoint not in {"auth.logout", "unsubscribe.act"}:
            form = {**extra, **row.form}
            if not endpoint.endswith(("delete", "remove")):
                assert client.post(address_of(app, endpoint, names), data=form).status_code in {200, 303}, endpoint
    with app.app_context():
        for table in ("alerts", "user_job_applications"):
            rows = db.session.execute(sa.select(Base.metadata.tables[table])).mappings().all()
            assert rows
            assert {row["user_id"] for row in rows} == {bob.id}
            assert all(row["created_at"].year > 2000 for row in rows)
        users = {row["id"]: row for row in db.session.execute(sa.select(Base.metadata.tables["users"])).mappings()}
        assert not users[bob.id]["is_admin"]
        assert users[bob.id]["email"] == bob.email
        assert not users[bob.id]["is_sample"]
        assert users[bob.id]["password_hash"].startswith("$argon2id")
