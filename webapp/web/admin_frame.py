"""What the admin pages share: their tabs, and pages of long lists."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, request, url_for

from webapp.repositories import admin_runs
from webapp.scrapers import SCRAPERS

# Ids beyond this do not exist and would overflow the database's integers.
ID = "int(max=2147483647)"


def admin_blueprint(name: str, import_name: str) -> Blueprint:
    """A blueprint under /admin, closed to all but admins by its name, whose templates have the tabs."""
    blueprint = Blueprint(name, import_name, url_prefix="/admin")
    blueprint.context_processor(_tabs)
    return blueprint


def _tabs() -> dict[str, Any]:
    return {
        "tabs": _TABS,
        "tab": request.blueprint,
        "holds_waiting": admin_runs.count_holds(only_pending=True),
        "ats_labels": {name: scraper.label for name, scraper in SCRAPERS.items()},
    }


_TABS = (
    ("admin", "/admin", "Overview"),
    ("admin_boards", "/admin/boards", "Boards"),
    ("admin_held", "/admin/held", "Held"),
    ("admin_runs", "/admin/runs", "Runs"),
    ("admin_outbox", "/admin/outbox", "Outbox"),
    ("admin_reports", "/admin/reports", "Reports"),
    ("admin_users", "/admin/users", "Users"),
)


@dataclass(frozen=True, slots=True)
class Window:
    """One page of a long list. `number` starts at 1."""

    number: int
    size: int
    total: int

    @property
    def offset(self) -> int:
        return (self.number - 1) * self.size

    @property
    def text(self) -> str:
        """What is shown of how many: "51–100 of 1,240"."""
        if not self.total:
            return ""
        last = min(self.offset + self.size, self.total)
        return f"{self.offset + 1:,}–{last:,} of {self.total:,}" if self.total > self.size else f"{self.total:,} in all"

    def url(self, step: int, endpoint: str, **values: Any) -> str:
        """The address of the page `step` further on, or an empty text where there is none."""
        number = self.number + step
        if number < 1 or (number - 1) * self.size >= self.total:
            return ""
        return url_for(endpoint, page=number if number > 1 else None, **values)


def window(total: int, size: int, asked: str | None = None) -> Window:
    """The page that the address (or `asked`) names; the last one where it names one beyond."""
    text = asked if asked is not None else request.args.get("page", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 1
    return Window(min(max(number, 1), max((total + size - 1) // size, 1)), size, total)
