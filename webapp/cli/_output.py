"""How every command says that it failed: one sentence on standard error, exit 1."""

from __future__ import annotations

from typing import Any, NoReturn

import click
from flask.cli import AppGroup
from sqlalchemy.exc import OperationalError, ProgrammingError


def fail(sentence: str) -> NoReturn:
    """Say the sentence and exit with 1."""
    click.echo(sentence, err=True)
    raise SystemExit(1)


class _Explained:
    """A database that is not there or not set up is for whoever runs the command to mend: a sentence, no traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)  # type: ignore[misc]
        except (OperationalError, ProgrammingError) as error:
            fail(f"The database cannot be used: {error.orig}. If it is new or older than the code: flask db upgrade")


class Command(_Explained, click.Command):
    """A command that works on the database."""


class Commands(_Explained, AppGroup):
    """A group of commands that work on the database."""
