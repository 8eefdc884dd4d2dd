"""Statements in bulk: lists cut to what a database takes, inserts by dialect, updates past the session."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from webapp.db import Base, db

# Both databases limit the number of values in one statement.
CHUNK = 500


def chunks(values: Iterable[int]) -> Iterator[list[int]]:
    ordered = sorted(set(values))
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]


def insert(model: type[Base]) -> postgresql.Insert | sqlite.Insert:
    """An insert into the model's table itself: a hundred thousand rows need no unit of work."""
    table = cast(sa.Table, model.__table__)
    return postgresql.insert(table) if db.engine.dialect.name == "postgresql" else sqlite.insert(table)


def update(statement: sa.Update | sa.Delete) -> int:
    """Run a statement past the session's objects; the number of rows it changed."""
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)  # type: ignore[attr-defined]
