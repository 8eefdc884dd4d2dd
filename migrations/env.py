"""How Alembic reaches the application's database and tables."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import context
from alembic.autogenerate.api import AutogenContext
from flask import current_app

from webapp.db import UTCDateTime

database = current_app.extensions["migrate"].db
# One process migrates; others that start at the same moment wait here.
ADVISORY_LOCK = 7_265_001


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | bool:
    """Write our column types as what they are in the database, so that old migrations never depend on new code."""
    if kind == "type" and isinstance(item, UTCDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, sa.JSON):
        autogen.imports.add("from sqlalchemy.dialects import postgresql")
        return "sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), 'postgresql')"
    return False


def skip_empty(_context: Any, _revision: Any, directives: list[Any]) -> None:
    """Draft no migration where nothing changed. `flask db check` needs the empty draft to see that it is empty."""
    drafting = getattr(context.config.cmd_opts, "autogenerate", False)
    if drafting and directives and directives[0].upgrade_ops.is_empty():
        directives[:] = []


def run() -> None:
    options: dict[str, Any] = {
        "target_metadata": database.metadata,
        "render_as_batch": True,
        "compare_type": True,
        "compare_server_default": True,
        "render_item": render_item,
        "process_revision_directives": skip_empty,
        "transaction_per_migration": False,
        # SQLite can do it, once the driver no longer begins transactions on its own: a killed upgrade leaves no trace.
        "transactional_ddl": True,
    }
    if context.is_offline_mode():
        context.configure(url=str(database.engine.url), literal_binds=True, **options)
        with context.begin_transaction():
            context.run_migrations()
        return
    with database.engine.connect().execution_options(writes=True) as connection:
        sqlite = connection.connection.dbapi_connection if connection.dialect.name == "sqlite" else None
        if sqlite is not None:
            # Batch mode rebuilds tables; with foreign keys on, dropping the old one would cascade.
            sqlite.execute("PRAGMA foreign_keys=OFF")
        context.configure(connection=connection, **options)
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
            context.run_migrations()
        connection.commit()
        if sqlite is not None:
            sqlite.execute("PRAGMA foreign_keys=ON")


run()
