"""How e-mails word a position: place, pay, age, and why an alert matched it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from webapp.channels.email import clean_header
from webapp.models import AlertNotification, JobPosition

WORKPLACES = {"remote": "Remote", "hybrid": "Hybrid", "onsite": "On site"}
PLACES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Reason:
    """An alert that asked for a position, the words that decided, and the link that pauses the alert."""

    alert: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PositionView:
    """One position as an e-mail shows it; every text is one clean line. `url` is empty unless it is a web address."""

    title: str
    company: str
    facts: tuple[str, ...]
    dates: tuple[str, ...]
    reasons: tuple[Reason, ...]
    url: str
    details_url: str


def view(
    position: JobPosition, notifications: Sequence[AlertNotification], base_url: str, at: datetime, zone: str
) -> PositionView:
    """What to say about `position` in a message written at `at` to somebody in the time zone `zone`."""
    return PositionView(
        title=line(position.title),
        company=line(position.company.name),
        facts=tuple(fact for fact in (place(position), workplace(position), line(position.department),
                                      line(position.employment_type), pay(position)) if fact),
        dates=tuple(dates(position, at, zone)),
        reasons=tuple(Reason(line(n.alert.name), tuple(chips(n.receipt or []))) for n in notifications),
        url=web_address(position.url),
        details_url=f"{base_url}/positions/{position.id}",
    )  # fmt: skip


def bare_view(position: JobPosition, base_url: str) -> PositionView:
    """The least that can be said, for a row that `view` cannot read: a broken receipt must not hide a position."""
    url = position.url if isinstance(position.url, str) else ""
    details_url = f"{base_url}/positions/{position.id}"
    return PositionView(line(position.title), line(position.company.name), (), (), (), web_address(url), details_url)


def line(text: str | None, limit: int = 200) -> str:
    """`text` as one clean line."""
    return clean_header(text or "", limit)


def web_address(url: str) -> str:
    """`url` if it is a web address without anything odd in it, else nothing."""
    clean = clean_header(url, 2000)
    try:
        parts = urlsplit(clean)
    except ValueError:
        return ""
    safe = parts.scheme in ("http", "https") and parts.hostname and clean == url.strip() and " " not in clean
    return clean if safe else ""


def place(position: JobPosition) -> str:
    """Where it is: up to three places, then how many more."""
    places = [line(text, 80) for text in position.locations if text] or [line(position.location, 120)]
    shown = " / ".join(places[:PLACES_SHOWN])
    more = len(places) - PLACES_SHOWN
    return f"{shown} and {more} more" if more > 0 else shown


def workplace(position: JobPosition) -> str:
    """Remote, hybrid or on site, unless the place says so or nobody knows."""
    word = WORKPLACES.get(position.workplace_type) or ("Remote" if position.is_remote else "")
    return "" if word.lower() in place(position).lower() else word


def pay(position: JobPosition) -> str:
    """The pay with its currency and period, such as `EUR 60,000–75,000 per year`; empty where unknown."""
    low, high = position.salary_min, position.salary_max
    if low is None and high is None:
        return ""
    if low is not None and high is not None and low != high:
        amount = f"{_amount(low)}–{_amount(high)}"
    elif low is not None and high is None:
        amount = f"from {_amount(low)}"
    elif low is None and high is not None:
        amount = f"up to {_amount(high)}"
    else:
        amount = _amount(low or high or Decimal())
    period = f"per {line(position.salary_period, 10)}" if position.salary_period else ""
    return " ".join(part for part in (line(position.salary_currency, 3), amount, period) if part)


def _amount(value: Decimal) -> str:
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value:,.2f}"


def dates(position: JobPosition, at: datetime, zone: str) -> Iterable[str]:
    """When it was posted or first seen, and whether it is gone or is an old acquaintance."""
    if position.posted_at is not None and position.posted_at <= at:
        yield f"posted {ago(position.posted_at, at, zone)}"
    else:
        yield f"first seen {ago(position.first_seen_at, at, zone)}"
    if position.repost_of is not None:
        yield f"reposted, first seen {day(position.repost_of.first_seen_at, zone)}"
    if position.expired_at is not None and position.status == "expired":
        yield f"no longer listed since {day(position.expired_at, zone)}"


def ago(moment: datetime, at: datetime, zone: str) -> str:
    """How long before `at`, with the date, because a mail may be read much later: `3 days ago (22 Nov 2026)`."""
    days = (_local(at, zone).date() - _local(moment, zone).date()).days
    words = "today" if days <= 0 else "yesterday" if days == 1 else f"{days} days ago"
    return f"{words} ({day(moment, zone)})"


def day(moment: datetime, zone: str) -> str:
    """The date in `zone`, such as `22 Nov 2026`, whatever the locale."""
    local = _local(moment, zone)
    month = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")[local.month - 1]
    return f"{local.day} {month} {local.year}"


def _local(moment: datetime, zone: str) -> datetime:
    try:
        return moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return moment


def chips(receipt: Sequence[Mapping[str, Any]]) -> Iterable[str]:
    """The rules that a position passed, in words. What was merely not forbidden is not worth a word."""
    for result in receipt:
        if result["result"] != "pass":
            continue
        evidence = line(str(result["evidence"]), 80)
        match result["rule"]:
            case "keywords":
                yield f"title says “{evidence}”"
            case "locations":
                yield f"place “{evidence}”"
            case "departments":
                yield f"department “{evidence}”"
            case "is_remote":
                yield evidence
            case "company_ids":
                yield "a company you chose"


def listed(names: Sequence[str], most: int = 3) -> str:
    """`A`, `A and B`, `A, B and C`, `A, B and 4 more`."""
    if len(names) > most:
        return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
