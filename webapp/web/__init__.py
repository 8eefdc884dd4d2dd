"""The pages. Every module here that has a `blueprint` is registered."""

from __future__ import annotations

import importlib
import pkgutil

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the blueprints of this folder."""
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "blueprint"):
            app.register_blueprint(loaded.blueprint)
