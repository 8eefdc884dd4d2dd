"""Fixtures that every test may use.

Tests that touch the database take `app`: each of them runs twice, on SQLite and on a real PostgreSQL server.
Push an application context only for as long as you need it, never around a test client's call: with a pushed context
the request would share the test's session, and a view that forgot to commit would pass.
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.postgres import PostgresCluster
from webapp import create_app
from webapp.db import db

SECRET = "a secret that only tests know"


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresCluster]:
    """A real PostgreSQL server for all tests of this process; parallel workers have one each."""
    with PostgresCluster.running() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "empty.sqlite3"
    _create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def _postgres_template(postgres: PostgresCluster) -> str:
    name = f"template_{uuid.uuid4().hex[:12]}"
    postgres.create(name)
    _create_tables(postgres.url(name))
    return name


def _create_tables(url: str) -> None:
    app = create_app(ROLEWATCH_ENV="testing", SECRET_KEY=SECRET, DATABASE_URL=url)
    with app.app_context():
        db.create_all()
        if db.engine.dialect.name == "sqlite":
            with db.engine.connect() as connection:
                connection.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database with all tables, of each kind in turn."""
    if request.param == "sqlite":
        path = tmp_path / "test.sqlite3"
        shutil.copy(request.getfixturevalue("_sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    name = f"test_{uuid.uuid4().hex[:12]}"
    cluster.create(name, template=request.getfixturevalue("_postgres_template"))
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without any table, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'bare.sqlite3'}"
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres")
    name = f"bare_{uuid.uuid4().hex[:12]}"
    cluster.create(name)
    yield cluster.url(name)
    cluster.drop(name)


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, Any]:
    """Settings of the application under test; a test module may override this fixture to add its own."""
    return {"OUTBOUND_HOST_INTERVAL": 0.0, "MESSAGE_WINDOW_SECONDS": 0.0, "SAMPLE_STATE": str(tmp_path / "sample.json")}


@pytest.fixture
def app(database_url: str, settings: dict[str, Any]) -> Iterator[Flask]:
    """The application on an empty database. Runs nothing in the background."""
    app = create_app(**{"ROLEWATCH_ENV": "testing", "SECRET_KEY": SECRET, "DATABASE_URL": database_url, **settings})
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """An anonymous browser."""
    return app.test_client()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A lone surrogate in a captured log would break the report on its way from a parallel worker, and so the run."""
    report = yield
    report.sections = [(name, text.encode("utf-8", "backslashreplace").decode()) for name, text in report.sections]
    return report
