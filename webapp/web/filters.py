"""How values look: times, money, numbers, links. Everything here escapes what it is given."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from flask import Flask
from markupsafe import Markup

from webapp import clock
from webapp.web.access import find_me

SYMBOLS = {"ILS": "₪", "EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹", "KRW": "₩", "TRY": "₺", "UAH": "₴"}
WORKPLACES = {"remote": "Remote", "hybrid": "Hybrid", "onsite": "On-site"}


def init_app(app: Flask) -> None:
    """Register the filters and the current time, `now()`."""
    filters = (
        when,
        ago,
        exact,
        day,
        money,
        number,
        capped,
        plural,
        external,
        sanitised,
        initials,
        workplace,
        span,
        browser_name,
    )
    app.jinja_env.filters.update({function.__name__: function for function in filters})
    app.jinja_env.globals.update(now=clock.utcnow)
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True


def zone() -> ZoneInfo:
    """The time zone of whoever is looking; UTC where it is not known."""
    user = find_me()
    try:
        return ZoneInfo(user.time_zone if user else "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def ago(moment: datetime | None, now: datetime | None = None) -> str:
    """How long ago, or until when, in one or two words: "just now", "12 min ago", "in 3 h", "5 days ago", "12 May"."""
    if moment is None:
        return "never"
    seconds = ((now or clock.utcnow()) - moment).total_seconds()
    size = abs(seconds)
    if size < 45:
        return "just now" if seconds >= 0 else "in a moment"
    if size < 45 * 60:
        words = f"{max(1, round(size / 60))} min"
    elif size < 22 * 3600:
        words = f"{max(1, round(size / 3600))} h"
    elif size < 26 * 86400:
        days = max(1, round(size / 86400))
        if days == 1:
            return "yesterday" if seconds >= 0 else "tomorrow"
        words = f"{days} days"
    else:
        return day(moment, now)
    return f"{words} ago" if seconds >= 0 else f"in {words}"


def exact(moment: datetime | None) -> str:
    """The moment in the looker's time zone, to the minute: "Wed 25 Nov 2026, 14:05 IST"."""
    if moment is None:
        return "never"
    local = moment.astimezone(zone())
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M %Z}"


def day(moment: datetime | date | None, now: datetime | None = None) -> str:
    """The day in the looker's time zone: "12 May", with the year unless it is the current one."""
    if moment is None:
        return "never"
    local = moment.astimezone(zone()).date() if isinstance(moment, datetime) else moment
    today = (now or clock.utcnow()).astimezone(zone()).date()
    return f"{local.day} {local:%b}" + ("" if local.year == today.year else f" {local.year}")


def when(moment: datetime | None, prefix: str = "") -> Markup:
    """The relative time as a `<time>` element that shows the exact one on hover."""
    if moment is None:
        return Markup("never")
    stamp = moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    text = f"{prefix} {ago(moment)}" if prefix else ago(moment)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(stamp, exact(moment), text)


def span(seconds: float | None) -> str:
    """A length of time in two units at most: "41 s", "5 h 40 min", "3 days"."""
    if seconds is None:
        return "–"
    whole = max(0, round(seconds))
    if whole < 90:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    return f"{round(whole / 86400)} days"


def number(value: int | float | None) -> str:
    """A number with its thousands apart: 1,240."""
    return "–" if value is None else f"{value:,}"


def capped(count: int, cap: int = 1000) -> str:
    """A count that was not counted further than `cap`: "1,000+"."""
    return f"{cap:,}+" if count > cap else f"{count:,}"


def plural(count: int, one: str, many: str | None = None) -> str:
    """The number with its noun: "1 position", "3 positions"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _amount(value: Decimal, in_thousands: bool) -> str:
    if in_thousands:
        return f"{value / 1000:.1f}".removesuffix(".0")
    return f"{value:,.2f}".removesuffix(".00")


def money(
    lowest: Decimal | None, highest: Decimal | None = None, currency: str | None = None, period: str | None = None
) -> str:
    """A pay range with its currency and period: "₪ 38–46k / month", "from € 60k / year"; empty if there is none."""
    lowest, highest = (Decimal(v) if v is not None else None for v in (lowest, highest))
    known = [v for v in (lowest, highest) if v is not None]
    if not known:
        return ""
    unit = SYMBOLS.get(currency or "", currency or "")
    thousands = all(v >= 1000 and v % 100 == 0 for v in known)
    suffix = "k" if thousands else ""
    if lowest is not None and highest is not None and lowest != highest:
        text = f"{_amount(lowest, thousands)}–{_amount(highest, thousands)}{suffix}"
        before = ""
    else:
        text = f"{_amount(known[0], thousands)}{suffix}"
        before = "from " if highest is None else "up to " if lowest is None else ""
    return f"{before}{unit + ' ' if unit else ''}{text}{' / ' + period if period else ''}"


def external(url: str | None) -> str:
    """`url` if it is a link to the web, else an empty text: nothing else may become an `href`."""
    text = (url or "").strip()
    try:
        parts = urlsplit(text)
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname or any(ord(c) < 33 for c in text):
        return ""
    return text


# As the sanitiser writes them; a "<" of the text is escaped.
_TOP_HEADINGS = re.compile(r"<(/?)h[12]>")


def sanitised(html: str | None) -> Markup:
    """HTML that was sanitised when it came in. The only way past escaping; for `description_html` and nothing else.

    Its headings stand below those of the page, which has a title and panels of its own.
    """
    return Markup(_TOP_HEADINGS.sub(r"<\1h3>", html or ""))  # noqa: S704


def initials(name: str | None) -> str:
    """Two letters that stand for a company: "Fjordline" → "Fj", "Marrow & Co" → "MC"."""
    words = [word for word in (name or "").split() if word[0].isalnum()]
    if not words:
        return "·"
    return (words[0][:2].capitalize() if len(words) == 1 else words[0][0] + words[1][0].upper()) or "·"


_BROWSERS = (("Firefox/", "Firefox"), ("Edg/", "Edge"), ("OPR/", "Opera"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_SYSTEMS = (("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"), ("Mac OS", "macOS"))


def browser_name(user_agent: str) -> str:
    """A browser and its system, roughly: "Firefox on Windows". For people to recognise, for nothing else."""
    name = next((name for sign, name in _BROWSERS if sign in user_agent), "")
    system = next((system for sign, system in (*_SYSTEMS, ("Linux", "Linux")) if sign in user_agent), "")
    return " on ".join(part for part in (name or ("A browser" if user_agent else "An unknown program"), system) if part)


def workplace(kind: str | None) -> str:
    """The workplace in words, or an empty text where it is not known."""
    return WORKPLACES.get(kind or "", "")
