"""The migrations build exactly the tables of the models, forward and back, with data in them, on both databases."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from tests.conftest import SECRET
from tests.world import fill
from webapp import create_app
from webapp.db import db

ROOT = Path(__file__).parents[1]


@pytest.fixture
def bare_app(bare_database_url: str) -> Iterator[Flask]:
    app = create_app(ROLEWATCH_ENV="testing", SECRET_KEY=SECRET, DATABASE_URL=bare_database_url)
    yield app
    with app.app_context():
        db.engine.dispose()


def tables(app: Flask) -> set[str]:
    return set(sa.inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_upgrading_an_empty_database_gives_the_tables_of_the_models(bare_app: Flask) -> None:
    with bare_app.app_context():
        flask_migrate.upgrade()
        assert tables(bare_app) == set(db.metadata.tables)
        flask_migrate.check()


def test_downgrading_removes_every_table_and_upgrading_brings_them_back(bare_app: Flask) -> None:
    with bare_app.app_context():
        flask_migrate.upgrade()
        fill()
        db.session.remove()
        flask_migrate.downgrade(revision="base")
        assert tables(bare_app) == set()
        flask_migrate.upgrade()
        assert tables(bare_app) == set(db.metadata.tables)
        flask_migrate.check()


def test_every_constraint_has_a_name(bare_app: Flask) -> None:
    with bare_app.app_context():
        flask_migrate.upgrade()
        inspector = sa.inspect(db.engine)
        for table in tables(bare_app):
            named = [*inspector.get_unique_constraints(table), *inspector.get_check_constraints(table)]
            named += inspector.get_foreign_keys(table)
            # SQLite's AUTOINCREMENT, where an id must never come back, can only be written without a name.
            if not db.metadata.tables[table].dialect_options["sqlite"]["autoincrement"]:
                named.append(inspector.get_pk_constraint(table))
            assert all(constraint["name"] for constraint in named), table


def test_four_processes_that_migrate_at_once_leave_one_sound_database(bare_app: Flask, bare_database_url: str) -> None:
    command = [sys.executable, "-m", "flask", "--app", "webapp", "db", "upgrade"]
    environment = {"DATABASE_URL": bare_database_url, "SECRET_KEY": SECRET, "ROLEWATCH_ENV": "testing", "PATH": ""}
    running = [
        subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(4)
    ]
    outputs = [process.communicate(timeout=120)[0].decode() for process in running]
    assert [process.returncode for process in running] == [0, 0, 0, 0], outputs
    with bare_app.app_context():
        assert tables(bare_app) == set(db.metadata.tables)
