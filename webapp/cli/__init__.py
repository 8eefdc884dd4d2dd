"""The command line. Every module here that has a `group` becomes a command of `flask`."""

from __future__ import annotations

import importlib
import pkgutil

from flask import Flask


def init_app(app: Flask) -> None:
    """Register the command groups of this folder."""
    for module in pkgutil.iter_modules(__path__):
        loaded = importlib.import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "group"):
            app.cli.add_command(loaded.group)
