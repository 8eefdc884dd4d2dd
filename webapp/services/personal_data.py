"""Everything the database holds about one user, found by following the keys from `users`.

Nothing is listed by hand, so a table added later is exported as soon as it has a key to something of the user's.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from webapp.db import Base, db
from webapp.models import User

# Proofs of identity and inner workings, not data about the person.
HIDDEN = frozenset({"password_hash", "token_hash", "lease_owner", "lease_expires_at", "lease_fence", "form_key"})


def owned_tables() -> dict[str, list[tuple[str, str]]]:
    """The tables whose rows belong to a user: table name to its (column, owning table) pairs.

    A row belongs to a user when deleting the user deletes it. A key that is merely set to null names somebody who
    did something (who confirmed a snapshot) and owns nothing.
    """
    owned: dict[str, list[tuple[str, str]]] = {"users": []}
    for table in Base.metadata.sorted_tables:
        keys = [
            (key.parent.name, key.column.table.name)
            for key in table.foreign_keys
            if key.ondelete == "CASCADE" and key.column.table.name in owned and table.name != "users"
        ]
        if keys:
            owned[table.name] = sorted(keys)
    return owned


def export(user: User) -> dict[str, Any]:
    """All rows of `user` by table, as values that JSON knows. Times are ISO 8601 in UTC."""
    tables = Base.metadata.tables
    chosen: dict[str, sa.Select[Any]] = {"users": sa.select(tables["users"]).where(tables["users"].c.id == user.id)}
    answer: dict[str, Any] = {}
    for name, keys in owned_tables().items():
        table = tables[name]
        if keys:
            belongs = sa.or_(*(table.c[column].in_(_ids(chosen[owner])) for column, owner in keys))
            chosen[name] = sa.select(table).where(belongs)
        rows = db.session.execute(chosen[name].order_by(*table.primary_key.columns)).mappings()
        answer[name] = [{key: _plain(row[key]) for key in row if key not in HIDDEN} for row in rows]
    return answer


def _ids(rows: sa.Select[Any]) -> Any:
    return sa.select(rows.subquery().c.id)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    return value
