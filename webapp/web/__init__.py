"""The pages. Every module here that has a `blueprint` is registered."""

from __future__ import annotations

import importlib
import pkgutil
from datetime import timedelta
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

from webapp.web import access, errors, filters, htmx, security


class RowId(IntegerConverter):
    """`<int:…>` in addresses: a larger number is no row's, and databases would fail on it instead of finding none."""

    def __init__(self, map: Map, *args: Any, **kwargs: Any) -> None:
        super().__init__(map, *args, **{"max": 2**31 - 1, **kwargs})


def init_app(app: Flask) -> None:
    """Install what holds for every page, then register the blueprints of this folder."""
    app.config["PERMANENT_SESSION_LIFETIME"] = timedelta(days=app.config["SESSION_DAYS"])
    # The cookie ends with the log-in it names; sending it anew with every answer would only keep it looking alive.
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.url_map.converters["int"] = RowId
    htmx.init_app(app)
    errors.init_app(app)
    security.init_app(app)
    access.init_app(app)
    filters.init_app(app)
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "blueprint"):
            app.register_blueprint(loaded.blueprint)
