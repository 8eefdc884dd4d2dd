"""The pages. Every module here that has a `blueprint` is registered."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import timedelta

from flask import Flask

from webapp.web import access, errors, filters, htmx, security


def init_app(app: Flask) -> None:
    """Install what holds for every page, then register the blueprints of this folder."""
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=app.config["SESSION_DAYS"])
    # The cookie ends with the log-in it names; sending it anew with every answer would only keep it looking alive.
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    htmx.init_app(app)
    errors.init_app(app)
    security.init_app(app)
    access.init_app(app)
    filters.init_app(app)
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "blueprint"):
            app.register_blueprint(loaded.blueprint)
