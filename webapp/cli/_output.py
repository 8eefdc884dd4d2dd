"""How every command says that it failed: one sentence on standard error, exit 1."""

from __future__ import annotations

from typing import NoReturn

import click


def fail(sentence: str) -> NoReturn:
    """Say the sentence and exit with 1."""
    click.echo(sentence, err=True)
    raise SystemExit(1)
