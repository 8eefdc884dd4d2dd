"""The database handle, its column types, and the one helper that commits.

SQLite runs in WAL mode with foreign keys on, and every write transaction is `BEGIN IMMEDIATE`: a plain `BEGIN`
that later writes fails at once with "database is locked" when another connection wrote in between, whatever the
busy timeout says.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, DateTime, MetaData, event
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.types import TypeDecorator

BUSY_TIMEOUT_MS = 10_000

# PostgreSQL: serialization failure, deadlock, lock not available, server shutting down or starting, connection lost.
_PASSING_STATES = frozenset({"40001", "40P01", "55P03", "57P01", "57P03", "08000", "08003", "08006"})

T = TypeVar("T")

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


class UTCDateTime(TypeDecorator[datetime]):
    """An aware UTC time. Refuses naive values; returns aware ones on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime {value!r}: give an aware one, in any zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# Lists and small objects: JSON text on SQLite, JSONB on PostgreSQL.
Document = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")


def init_app(app: Flask) -> None:
    """Bind the handle to `app` and prepare its engine."""
    if app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql"):
        app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {"pool_pre_ping": True, "pool_size": 10, "max_overflow": 10})
    else:
        app.config.setdefault("SQLALCHEMY_ENGINE_OPTIONS", {"connect_args": {"timeout": BUSY_TIMEOUT_MS / 1000}})
    # Errors of the database go to the log, and must not take hashes, addresses and notes with them.
    app.config["SQLALCHEMY_ENGINE_OPTIONS"].setdefault("hide_parameters", True)
    db.init_app(app)
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            _prepare_sqlite(db.engine)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _record: Any) -> None:
        # The driver must not begin transactions on its own: `on_begin` decides which kind.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        mode = "BEGIN IMMEDIATE" if connection.get_execution_options().get("writes") else "BEGIN"
        connection.exec_driver_sql(mode)


@contextmanager
def transaction() -> Iterator[None]:
    """One write transaction: commits on success, rolls back and re-raises otherwise. Only entry points call this.

    What was read before it is read again inside it, under the write lock, so nobody decides on stale rows.

    Raises:
        RuntimeError: called inside another transaction, or with changes made outside of one.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("transaction() inside transaction(): only entry points commit")
    if session.new or session.dirty or session.deleted:
        raise RuntimeError("changes were made before transaction() began")
    session.rollback()
    session.info["writing"] = True
    try:
        session.connection(execution_options={"writes": True})
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("writing", None)


def is_passing(error: BaseException) -> bool:
    """Whether the database failed for a reason that a later try need not meet: deadlock, lock, lost connection."""
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _PASSING_STATES:
        return True
    return "database is locked" in str(error.orig)


def in_transaction(work: Callable[[], T], *, tries: int = 3) -> T:
    """What `work()` returns, in a write transaction of its own; all of it again where the failure `is_passing`.

    `work` must be repeatable, also after a commit whose answer was lost. Raises what `work` raises.
    """
    for number in range(1, tries + 1):
        try:
            with transaction():
                return work()
        except DBAPIError as error:
            if number == tries or not is_passing(error):
                raise
        time.sleep(random.uniform(0.05, 0.2) * 2**number)  # noqa: S311 - no secret
    raise AssertionError("unreachable")
