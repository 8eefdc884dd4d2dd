"""Passwords, attempts and the command line for accounts."""

from __future__ import annotations

import json
import threading
import time
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from webapp.db import db, transaction
from webapp.errors import Invalid
from webapp.models import AttemptBucket, User
from webapp.services import accounts, passwords, throttle

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "password", ["short", "x" * 129, "password", "Password2026!", "qwertyuiop", "11112222", "!!!!????", "aaaaaaab"]
)
def test_guessable_passwords_are_refused(password: str) -> None:
    with pytest.raises(Invalid):
        passwords.check(password)


@pytest.mark.parametrize("password", ["correct horse battery", "סיסמה ארוכה מאוד", "tr0ub4dor&3", "  leading blanks "])
def test_others_are_accepted_as_they_are(password: str) -> None:
    passwords.check(password)
    assert passwords.matches(password, passwords.hash_of(password))
    assert not passwords.matches(password + " ", passwords.hash_of(password))


def test_an_unknown_account_takes_as_long_as_a_wrong_password() -> None:
    stored = passwords.hash_of("correct horse battery")
    passwords.matches("warm up", None)

    def seconds(reference: str | None) -> float:
        times = []
        for _ in range(7):
            start = time.perf_counter()
            assert not passwords.matches("not it", reference)
            times.append(time.perf_counter() - start)
        return min(times)

    known, unknown = seconds(stored), seconds(None)
    assert unknown > known / 2


def test_at_most_two_hashes_are_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most = 0, 0
    lock = threading.Lock()

    class Slow:
        def hash(self, password: str) -> str:
            nonlocal running, most
            with lock:
                running += 1
                most = max(most, running)
            time.sleep(0.02)
            with lock:
                running -= 1
            return password

    monkeypatch.setattr(passwords, "_HASHER", Slow())
    threads = [threading.Thread(target=passwords.hash_of, args=("x",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 2


def test_attempts_are_counted_per_window(app: Flask) -> None:
    with app.app_context(), transaction():
        waits = [throttle.take("k", NOW + timedelta(minutes=n), limit=3) for n in range(5)]
        assert waits == [0, 0, 0, 57 * 60, 56 * 60]
        assert throttle.take("other", NOW, limit=3) == 0
        assert throttle.take("k", NOW + timedelta(hours=1), limit=3) == 0, "a new window"


def test_two_at_once_are_counted_as_two(app: Flask) -> None:
    def attempt() -> None:
        with app.app_context(), transaction():
            throttle.take("k", NOW, limit=100)

    threads = [threading.Thread(target=attempt) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert db.session.scalars(sa.select(AttemptBucket.attempts)).one() == 12


def test_buckets_hold_no_address_of_a_person_and_one_subscriber_one_bucket() -> None:
    assert "alice" not in throttle.account_key("login", "alice@example.org")
    same = {throttle.address_key("login", ip) for ip in ("2001:db8::1", "2001:db8::ffff:2")}
    assert len(same) == 1
    assert throttle.address_key("login", "::ffff:192.0.2.1") == throttle.address_key("login", "192.0.2.1")
    assert throttle.address_key("login", None) == "login:ip:unknown"
    assert len(throttle.address_key("login", "2001:db8:1111:2222:3333:4444:5555:6666")) <= 100


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        (" Alice@Example.ORG ", "alice@example.org"),
        ("jörg@bücher.example.org", "jörg@bücher.example.org"),
        ("demo@sample.test", "demo@sample.test"),
    ],
)
def test_an_address_is_stored_in_one_form(typed: str, stored: str) -> None:
    assert accounts.valid_email(typed) == stored
    assert accounts.login_name(typed) == stored


def test_the_command_line_creates_promotes_lists_exports_and_erases(app: Flask) -> None:
    run = app.test_cli_runner().invoke
    made = run(args=["users", "create", "Ada@Example.org", "--password", "correct horse battery", "--admin", "--json"])
    assert json.loads(made.output) == {"id": 1, "email": "ada@example.org", "is_admin": True}
    again = run(args=["users", "create", "ada@example.org", "--password", "correct horse battery"])
    assert (again.exit_code, "already" in again.output) == (1, True)
    weak = run(args=["users", "create", "bob@example.org", "--password", "12345678"])
    assert (weak.exit_code, "first passwords" in weak.output) == (1, True)
    run(args=["users", "create", "bob@example.org", "--password", "correct horse battery"])
    last = run(args=["users", "promote", "ada@example.org", "--undo"])
    assert (last.exit_code, "only admin" in last.output) == (1, True)
    assert run(args=["users", "promote", "bob@example.org"]).exit_code == 0
    listed = json.loads(run(args=["users", "list", "--json"]).output)
    assert [(user["email"], user["is_admin"]) for user in listed] == [
        ("ada@example.org", True),
        ("bob@example.org", True),
    ]
    exported = json.loads(run(args=["users", "export", "bob@example.org"]).output)
    assert [row["email"] for row in exported["users"]] == ["bob@example.org"]
    assert run(args=["users", "erase", "bob@example.org"], input="n\n").exit_code == 1
    assert run(args=["users", "erase", "bob@example.org", "--yes"]).exit_code == 0
    nobody = run(args=["users", "export", "bob@example.org"])
    assert (nobody.exit_code, "No account" in nobody.output) == (1, True)
    with app.app_context():
        assert [user.email for user in db.session.scalars(sa.select(User))] == ["ada@example.org"]
