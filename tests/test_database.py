"""The database helpers keep their promises on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.exc import IntegrityError

from webapp.db import db, transaction
from webapp.models import Company, User


def test_a_time_is_stored_as_the_same_instant_and_returned_aware_in_utc(app: Flask) -> None:
    jerusalem = timezone(timedelta(hours=2))
    with app.app_context():
        with transaction():
            db.session.add(Company(slug="a", name="A", created_at=datetime(2026, 11, 25, 3, 0, tzinfo=jerusalem)))
        db.session.expire_all()
        assert db.session.scalars(sa.select(Company)).one().created_at == datetime(2026, 11, 25, 1, 0, tzinfo=UTC)
        assert db.session.scalars(sa.select(Company)).one().created_at.tzinfo is UTC


def test_a_naive_time_is_refused(app: Flask) -> None:
    with app.app_context(), pytest.raises(sa.exc.StatementError, match="naive"), transaction():
        db.session.add(Company(slug="a", name="A", created_at=datetime(2026, 11, 25)))  # noqa: DTZ001
        db.session.flush()


def test_a_transaction_that_raises_leaves_nothing(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError), transaction():
            db.session.add(Company(slug="a", name="A", created_at=datetime.now(UTC)))
            db.session.flush()
            raise ZeroDivisionError
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Company)) == 0


def test_transactions_do_not_nest(app: Flask) -> None:
    with app.app_context(), transaction(), pytest.raises(RuntimeError), transaction():
        pass


def test_an_error_of_the_database_does_not_repeat_what_was_to_be_stored(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(IntegrityError) as failure, transaction():
            for _ in range(2):
                db.session.add(
                    User(email="a@example.org", password_hash="$argon2id$TOPSECRET", created_at=datetime.now(UTC))
                )
            db.session.flush()
        assert "TOPSECRET" not in str(failure.value)
