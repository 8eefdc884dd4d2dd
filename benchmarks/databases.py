"""The application on empty databases of both kinds, as the tests have it."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask

from tests.postgres import PostgresCluster
from webapp import create_app
from webapp.db import db


def both(**settings: Any) -> Iterator[tuple[str, Flask]]:
    """(`SQLite`, application), then (`PostgreSQL`, application); each is closed when the next is asked for."""
    with tempfile.TemporaryDirectory(prefix="rolewatch-bench-") as folder:
        yield from _one("SQLite", f"sqlite:///{folder}/bench.sqlite3", folder, settings)
        with PostgresCluster.running() as cluster:
            cluster.create("bench")
            yield from _one("PostgreSQL", cluster.url("bench"), folder, settings)


def _one(name: str, url: str, folder: str, settings: dict[str, Any]) -> Iterator[tuple[str, Flask]]:
    app = create_app(
        **{
            "ROLEWATCH_ENV": "testing",
            "SECRET_KEY": "only for measuring",
            "DATABASE_URL": url,
            "SAMPLE_STATE": str(Path(folder) / "sample.json"),
            "OUTBOUND_HOST_INTERVAL": 0.0,
            "MESSAGE_WINDOW_SECONDS": 0.0,
            "LOG_LEVEL": "ERROR",
            **settings,
        }
    )
    logging.getLogger("rolewatch").setLevel(logging.ERROR)
    with app.app_context():
        db.create_all()
    yield name, app
    with app.app_context():
        db.engine.dispose()
