"""Hostile text in every text column of every table stays text on every page that any route answers with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import HTMX, Person, make_person
from tests.web.test_authorisation_matrix import MATRIX, address_of, things
from tests.web.test_scraped_text import payloads, suspicious
from webapp.db import Base, db, transaction
from webapp.models import ApplicationEvent, Message, MessageItem, PositionEvent, User

# Columns that hold words of our own choosing: the database refuses others, or pages look rows up by them.
OURS = {
    "kind", "state", "status", "outcome", "trigger", "health", "ats", "slug", "failure_kind", "error_phase", "rule",
    "workplace_type", "password_hash", "token_hash", "time_zone", "salary_currency", "salary_period", "lease_owner",
    "name_of_lease", "dedupe_key", "form_key", "key", "task", "slot", "board_key", "owner", "content_hash",
    "fingerprint", "list_hash", "title_norm", "search_text",
}  # fmt: skip
# Sanitised when it comes in; its own tests are with the scrapers.
SANITISED = {"description_html"}
# Frames and styles are what these pages are for, under a policy of their own.
OWN_POLICY = {"admin_outbox.html", "static"}


def columns() -> Iterator[tuple[sa.Table, sa.Column[Any]]]:
    for table in Base.metadata.sorted_tables:
        if table.name in {"leases", "task_slots", "attempt_buckets", "user_sessions"}:
            continue
        for column in table.columns:
            is_text = isinstance(column.type, sa.String) and not column.primary_key
            if is_text and column.name not in OURS | SANITISED and not column.foreign_keys:
                yield table, column


def test_text_in_every_column_stays_text_on_every_page(
    app: Flask, browser: Callable[[Person], FlaskClient], alice: Person
) -> None:
    with app.app_context(), transaction():
        user = db.session.get(User, alice.id)
        assert user is not None
        user.is_admin = True
        names = things(alice, app.config["SECRET_KEY"])
        message = db.session.get(Message, names["message_id"])
        assert message is not None
        message.user_id, message.kind, message.last_error = alice.id, "matches", "x"
        db.session.add(
            MessageItem(message_id=message.id, channel_id=message.channel_id, job_position_id=names["position_id"])
        )
        at = message.created_at
        db.session.add(ApplicationEvent(application_id=names["application_id"], kind="note", at=at, note="x"))
        for kind in ("changed", "opened"):
            db.session.add(PositionEvent(job_position_id=names["position_id"], kind=kind, at=at, old={}, new={}))
    make_person(app, "second@example.org", is_admin=True)
    client = browser(alice)
    texts, planted = payloads(), list(columns())
    assert len(planted) > 25
    wrong: list[str] = []
    for turn in range(6):
        with app.app_context(), transaction():
            for number, (table, column) in enumerate(planted):
                text = texts[(turn + number * 7) % len(texts)]
                room = getattr(column.type, "length", None) or 5000
                rows = db.session.execute(sa.select(*table.primary_key.columns)).all()
                for row in rows:
                    marked = f"{row[0]}{text}" if column.unique or (table.name, column.name) in UNIQUE else text
                    where = [key == value for key, value in zip(table.primary_key.columns, row, strict=True)]
                    db.session.execute(sa.update(table).where(*where).values({column.name: marked[:room]}))
            lists = ["x", *(texts[(turn * 5 + n) % len(texts)][:200] for n in range(3))]
            for name, fields in LISTS.items():
                table = Base.metadata.tables[name]
                db.session.execute(sa.update(table).values(dict.fromkeys(fields, lists)))
            changed = {
                field: texts[(turn * 3 + n) % len(texts)] for n, field in enumerate(("title", "location", "url"))
            }
            db.session.execute(sa.update(PositionEvent).values(old=changed, new=changed))
            receipt = [{"rule": "keywords", "result": "pass", "evidence": lists[1]}]
            db.session.execute(sa.update(Base.metadata.tables["alert_notifications"]).values(receipt=receipt))
            posting = {**changed, "description_text": lists[2], "company": lists[3], "apply_url": lists[1], "pay": {}}
            db.session.execute(sa.update(Base.metadata.tables["user_job_applications"]).values(posting=posting))
        for method, endpoint in MATRIX:
            if method != "GET" or endpoint in OWN_POLICY:
                continue
            address = address_of(app, endpoint, names)
            for headers in ({}, HTMX):
                answer = client.get(address, headers=headers)
                if endpoint == "unsubscribe.show" and answer.status_code == 404:
                    continue
                if answer.status_code >= 400 and endpoint != "health.readyz":
                    wrong.append(f"{address} gave {answer.status_code} in turn {turn}")
                elif answer.mimetype == "text/html":
                    # The frame that shows a mail is ours; what is in it has no script and no network.
                    allowed = ["iframe"] if endpoint == "admin_outbox.show" else []
                    if suspicious(answer) not in ([], allowed):
                        wrong.append(f"{address}: {suspicious(answer)} in turn {turn}")
                else:
                    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert wrong == [], "\n".join(wrong[:20])


UNIQUE = {("channels", "address"), ("companies", "slug"), ("job_positions", "external_id"), ("messages", "message_id")}
LISTS = {
    "alerts": ("keywords", "excluded_keywords", "locations", "departments"),
    "job_positions": ("locations",),
    "held_snapshots": ("external_ids",),
}
