"""Rolewatch: reads companies' career boards, keeps each position's history, and tells people what is new."""

from __future__ import annotations

from typing import Any

import click
from flask import Flask
from flask_migrate import Migrate

import config as settings
from webapp import cli, logs, web
from webapp import db as database
from webapp import models as models

migrate = Migrate()


def create_app(**overrides: Any) -> Flask:
    """The application, ready to serve or to run a command in. Starts nothing in the background.

    Raises:
        config.ConfigError: a setting cannot be used.
    """
    app = Flask(
        __name__, root_path=str(settings.ROOT / "webapp"), template_folder="../templates", static_folder="../static"
    )
    is_command = click.get_current_context(silent=True) is not None
    try:
        app.config.update(settings.load(**overrides))
    except settings.ConfigError as error:
        if is_command:
            raise click.ClickException(str(error)) from error
        raise
    if app.config["ROLEWATCH_ENV"] != "testing":
        # A command answers on the terminal itself; the lines of the work it does would drown the answer.
        logs.configure("WARNING" if is_command else app.config["LOG_LEVEL"], app.config["LOG_FORMAT"])
    database.init_app(app)
    migrate.init_app(app, database.db, directory=str(settings.ROOT / "migrations"), render_as_batch=True)
    web.init_app(app)
    cli.init_app(app)
    return app
