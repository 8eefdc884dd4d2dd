"""What happened to a position, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from webapp.models import JobPosition, PositionEvent
from webapp.models.job_position import EventKind
from webapp.web.filters import exact, money, workplace

NAMES = {
    "title": "title",
    "location": "place",
    "locations": "places",
    "department": "department",
    "employment_type": "kind of employment",
    "workplace_type": "workplace",
    "is_remote": "remote",
    "pay": "pay",
}
_PAY = ("salary_min", "salary_max", "salary_currency", "salary_period")
_SENTENCES = {
    EventKind.OPENED: "Opened: seen on the board for the first time.",
    EventKind.CHANGED: "Changed.",
    EventKind.MISSING: "Missing on the board. It counts as open until that is confirmed.",
    EventKind.RETURNED: "Back on the board before it expired.",
    EventKind.EXPIRED: "Expired: gone from the board, confirmed by several complete reads.",
    EventKind.REOPENED: "Reopened: on the board again.",
    EventKind.REPOSTED: "Reposted: a new copy of an earlier posting.",
    EventKind.RENUMBERED: "The board gave it another number. Nothing else changed.",
}


@dataclass(frozen=True, slots=True)
class Change:
    """One changed fact: its name and its values before and after, as text."""

    name: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the history. `repost_of` is the id of the earlier copy, where the event names one."""

    at: datetime
    kind: str
    sentence: str
    changes: tuple[Change, ...] = field(default=())
    repost_of: int | None = None


def lines(events: Sequence[PositionEvent], position: JobPosition) -> list[Line]:
    """The events of `position` as lines, in the order given."""
    return [_line(event, position) for event in events]


def _line(event: PositionEvent, position: JobPosition) -> Line:
    sentence = _SENTENCES[EventKind(event.kind)]
    changes: tuple[Change, ...] = ()
    if event.kind == EventKind.CHANGED.value:
        changes, is_text_new = _changes(event.old or {}, event.new or {}, position)
        if is_text_new:
            sentence = (
                "The description was rewritten." if not changes else "Changed, and the description was rewritten."
            )
    elif event.kind == EventKind.MISSING.value and (seen := _moment(event.old.get("last_seen_at"))):
        sentence = f"Missing on the board, where it was last seen {seen}. It counts as open until that is confirmed."
    elif event.kind == EventKind.EXPIRED.value and (since := _moment(event.old.get("missing_since"))):
        sentence = f"Expired: gone from the board since {since}, confirmed by several complete reads."
    elif event.kind == EventKind.REOPENED.value and (gone := _moment(event.old.get("expired_at"))):
        sentence = f"Reopened: on the board again after it expired {gone}."
    earlier = str(event.new.get("repost_of", "")) if event.new else ""
    return Line(event.at, event.kind, sentence, changes, int(earlier) if earlier.isdecimal() else None)


def _moment(text: Any) -> str:
    try:
        return exact(datetime.fromisoformat(str(text))) if text else ""
    except ValueError:
        return ""


def _changes(old: dict[str, Any], new: dict[str, Any], position: JobPosition) -> tuple[tuple[Change, ...], bool]:
    old, new = dict(old), dict(new)
    is_text_new = any(name.startswith("description") for name in (*old, *new))
    if any(name in _PAY for name in (*old, *new)):
        # The event holds only what changed; the currency of a raised salary, say, is the position's own.
        rest = {name: getattr(position, name) for name in _PAY if name not in old and name not in new}
        old["pay"], new["pay"] = _pay({**rest, **old}), _pay({**rest, **new})
    if "location" in new and "locations" in new:
        old.pop("locations", None)
        new.pop("locations", None)
    names = [name for name in NAMES if name in old or name in new]
    found = (Change(NAMES[name], _words(name, old.get(name)), _words(name, new.get(name))) for name in names)
    return tuple(change for change in found if change.old != change.new), is_text_new


def _pay(values: dict[str, Any]) -> str:
    return money(
        _amount(values.get("salary_min")),
        _amount(values.get("salary_max")),
        values.get("salary_currency"),
        values.get("salary_period"),
    )


def _amount(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value)) if value is not None else None
    except InvalidOperation:
        return None


def _words(name: str, value: Any) -> str:
    if name == "workplace_type":
        return workplace(value) or "not said"
    if name == "is_remote":
        return {True: "yes", False: "no"}.get(value, "not said")
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "not said"
    return str(value) if value not in (None, "") else "not said"
