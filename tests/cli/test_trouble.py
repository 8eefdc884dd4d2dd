"""What a command says when the settings or the database are not as it needs them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask

ROOT = Path(__file__).parents[2]


def flask(*args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The command as a person runs it: own process, own environment."""
    return subprocess.run(
        [sys.executable, "-m", "flask", *args],
        cwd=ROOT,
        env=os.environ | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("command", [["users", "list"], ["companies", "list"], ["seed"], ["notify", "deliver"]])
def test_a_database_without_tables_is_a_sentence_that_says_how_to_make_them(command: list[str], tmp_path: Path) -> None:
    answer = flask(*command, DATABASE_URL=f"sqlite:///{tmp_path / 'empty.sqlite3'}", ROLEWATCH_ENV="production")
    assert answer.returncode == 1
    assert "flask db upgrade" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_a_setting_that_cannot_be_used_is_a_sentence_that_names_it() -> None:
    answer = flask("users", "list", PORT="99x")
    assert answer.returncode == 1
    assert "PORT='99x' cannot be used: write a whole number." in answer.stderr
    assert "Traceback" not in answer.stderr


def test_an_address_that_is_none_is_refused_before_a_password_is_asked_for(app: Flask) -> None:
    answer = app.test_cli_runner().invoke(args=["users", "create", "nobody"], input="")
    assert answer.exit_code == 2
    assert "This is not an e-mail address" in answer.output
    assert "Password" not in answer.output
