"""Single values of foreign JSON, made safe: whatever type comes in, a clean value or nothing comes out."""

from __future__ import annotations

import hashlib
import html
import math
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

import idna

from webapp.values import SalaryPeriod, WorkplaceType

LINE = 500
WORD = 120
IDENTIFIER = 300
ADDRESS = 2000

_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_SEPARATING = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Bidi marks, embeddings, overrides and isolates; zero-width space, word joiner, BOM, soft hyphen; lone surrogates.
_INVISIBLE = re.compile(
    r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u200b\u2060\ufeff\u00ad\ufff9-\ufffb\ud800-\udfff]"
)
_SEPARATING_IN_BLOCK = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

_TRACKING = re.compile(r"(utm_[^=]*|gh_src|lever-source|source|ref|fbclid|gclid)(=|$)", re.IGNORECASE)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?( ?UTC|Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)
_AMOUNT = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,15}(?:\.\d{1,20})?", re.ASCII)
_LARGEST_AMOUNT = 10**12  # exclusive; the column holds 12 digits before the point


def mapping(value: object) -> dict[str, Any]:
    """`value` if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """`value` if it is a list, else an empty one."""
    return value if isinstance(value, list) else []


def unescape(text: str) -> str:
    """Entities that end with a semicolon undone once; unlike `html.unescape`, `&copyright` stays what it is."""
    return _ENTITY.sub(lambda match: html.unescape(match.group(0)), text)


def clean_block(text: str) -> str:
    """`text` without control, bidi and invisible characters; line breaks and tabs stay."""
    return _INVISIBLE.sub("", _SEPARATING_IN_BLOCK.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n")))


def line(value: object, limit: int = LINE) -> str:
    """A text as one clean line of at most `limit` characters; "" for anything that is not text."""
    if not isinstance(value, str):
        return ""
    # 8 times the limit is enough for entities and runs of blanks, and bounds the work on a text of 100 MB.
    text = unescape(value[: limit * 8])
    text = " ".join(_INVISIBLE.sub("", _SEPARATING.sub(" ", text)).split())
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def lines(values: Iterable[object], limit: int = LINE) -> tuple[str, ...]:
    """Each text of `values` as `line`, without empty ones and repetitions, in order, at most 100."""
    return tuple(dict.fromkeys(filter(None, (line(value, limit) for value in values))))[:100]


def place(*parts: object) -> str:
    """City, region and country as one text, without the parts that are empty or say the same again."""
    said: list[str] = []
    for part in lines(parts, WORD):
        if part.lower() not in (earlier.lower() for earlier in said):
            said.append(part)
    return line(", ".join(said))


def identifier(value: object) -> str:
    """An id as text: of text or a whole number; a longer one than the column holds becomes its digest."""
    if isinstance(value, bool):
        return ""
    if isinstance(value, int):
        value = str(value) if abs(value) < 10**100 else ""
    if not isinstance(value, str):
        return ""
    text = " ".join(_INVISIBLE.sub("", _SEPARATING.sub(" ", value)).split())
    return text if len(text) <= IDENTIFIER else "hash-" + hashlib.blake2b(text.encode(), digest_size=20).hexdigest()


def address(value: object) -> str:
    """An absolute http(s) URL in ASCII without tracking parameters and log-in data; "" for anything else.

    Parameters that carry identity (`gh_jid` and the like) stay as they are.
    """
    if not isinstance(value, str) or len(value) > ADDRESS * 2:
        return ""
    text = _INVISIBLE.sub("", _SEPARATING.sub("", value)).strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return ""
    host = ascii_host(host)
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or "\\" in parts.netloc:
        return ""
    kept = "&".join(pair for pair in parts.query.split("&") if pair and not _TRACKING.match(pair))
    clean = urlunsplit(
        (
            parts.scheme,
            host if port is None else f"{host}:{port}",
            quote(parts.path, safe="/%:@!$&'()*+,;=~-._"),
            quote(kept, safe="/%:@!$&'()*+,;=~-._?[]{}|"),
            quote(parts.fragment, safe="/%:@!$&'()*+,;=~-._?"),
        )
    )
    return clean if len(clean) <= ADDRESS else ""


def ascii_host(host: str) -> str:
    """`host` in lower case and IDNA; "" if it is no host name."""
    host = host.rstrip(".").lower()
    if not host.isascii():
        try:
            host = idna.encode(host, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            return ""
    return host if len(host) <= 253 and re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", host) else ""


def iso_time(value: object) -> datetime | None:
    """ISO 8601 with or without time and offset (none means UTC) as aware UTC; None outside 1990 to 2100."""
    if not isinstance(value, str):
        return None
    text = value.strip()
    if not _ISO.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" UTC", "Z").replace("UTC", "Z"))
    except ValueError:
        return None
    return _plausible(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def epoch_milliseconds(value: object) -> datetime | None:
    """Milliseconds since 1970 as aware UTC; None outside 1990 to 2100."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if not (isinstance(value, int) or math.isfinite(value)) or not 0 < value < 10**13:
        return None
    return _plausible(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=value))


def rfc822_time(value: object) -> datetime | None:
    """The date of an RSS feed ("Mon, 09 Nov 2026 10:15:00 +0100") as aware UTC; None outside 1990 to 2100."""
    if not isinstance(value, str) or len(value) > WORD:
        return None
    try:
        moment = parsedate_to_datetime(value.strip())
    # The parser of the standard library lets an index or a number too large escape.
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return _plausible(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _plausible(moment: datetime) -> datetime | None:
    return moment.astimezone(UTC) if 1990 <= moment.year <= 2100 else None


class Salary(NamedTuple):
    """Pay as `Posting` wants it; all None where the source does not say enough."""

    salary_min: Decimal | None = None
    salary_max: Decimal | None = None
    salary_currency: str | None = None
    salary_period: SalaryPeriod | None = None

    def fields(self) -> dict[str, Any]:
        """The keyword arguments of `Posting`."""
        return self._asdict()


def amount(value: object) -> Decimal | None:
    """A positive amount of money, rounded to hundredths; None for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        text = value.strip()
        if not _AMOUNT.fullmatch(text):
            return None
        value = Decimal(text.replace(",", ""))
    elif isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = Decimal(repr(value))
    if not isinstance(value, int | Decimal) or not 0 < value < _LARGEST_AMOUNT:
        return None
    try:
        rounded = Decimal(value).quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return rounded if 0 < rounded < _LARGEST_AMOUNT else None


def salary(least: object, most: object, currency: object, period: SalaryPeriod | None) -> Salary:
    """Pay from raw values. Without an ISO 4217 currency an amount means nothing and is dropped."""
    low, high = amount(least), amount(most)
    code = line(currency, 10).upper()
    if not re.fullmatch(r"[A-Z]{3}", code) or (low is None and high is None):
        return Salary()
    if low is not None and high is not None and low > high:
        low, high = high, low
    return Salary(low, high, code, period)


def period(value: object) -> SalaryPeriod | None:
    """The period that a word such as "per-year-salary" or "1 HOUR" names; None for fortnights and the like."""
    words = re.findall(r"[a-z]+|\d+", line(value, WORD).lower())
    if any(word.isdigit() and word != "1" for word in words) or {"bi", "semi", "biweekly", "bimonthly"} & set(words):
        return None
    for word in words:
        for stem, name in _PERIODS:
            if word.startswith(stem):
                return name
    return None


_PERIODS: tuple[tuple[str, SalaryPeriod], ...] = (
    ("hour", "hour"),
    ("dai", "day"),
    ("day", "day"),
    ("week", "week"),
    ("month", "month"),
    ("year", "year"),
    ("annual", "year"),
)


def workplace(value: object) -> WorkplaceType:
    """The workplace type that a field made for it says."""
    words = re.sub(r"[^a-z]", "", line(value, WORD).lower())
    if "hybrid" in words or words in {"flexible", "partiallyremote", "partlyremote"}:
        return "hybrid"
    if words in {"notremote", "nonremote", "noremote", "onsite", "inoffice", "office", "inperson", "officebased"}:
        return "onsite"
    if words.startswith(("remote", "fullyremote", "fullremote", "telecommut")) or words in {"distributed", "anywhere"}:
        return "remote"
    if "onsite" in words or "inoffice" in words:
        return "onsite"
    return "unknown"


def workplace_in_words(location: str, title: str) -> WorkplaceType:
    """The workplace type that free text says: a location, else the end or a bracket of a title.

    "Remote Sensing Engineer" says nothing; "Engineer (Remote)" and "Engineer - Remote" do.
    """
    lowered = location.lower()
    if re.search(r"\bhybrid\b", lowered):
        return "hybrid"
    if re.search(r"\bremote\b", re.sub(r"\b(?:no|not|non)[ -]remote\b", " ", lowered)) or lowered == "distributed":
        return "remote"
    if re.fullmatch(r"(?:on|in)[ -]?(?:site|office)", lowered):
        return "onsite"
    for word in ("hybrid", "remote"):
        if re.search(
            rf"(?:[(\[][^()\[\]]{{0,60}}\b{word}\b|[-–—|,/]\s*(?:100%|fully|full)?\s*{word}\s*$)", title.lower()
        ):
            return "hybrid" if word == "hybrid" else "remote"
    return "unknown"


def presence(kind: WorkplaceType, flag: object, location: str, title: str) -> tuple[WorkplaceType, bool | None]:
    """`workplace_type` and `is_remote` in order of trust: the field, the flag, the words of location and title."""
    if kind == "unknown" and isinstance(flag, bool):
        return ("remote" if flag else "unknown"), flag
    if kind == "unknown":
        kind = workplace_in_words(location, title)
    return kind, None if kind == "unknown" else kind == "remote"


def widest(pays: Iterable[Salary]) -> Salary:
    """One range over all of `pays` that are in the currency and period of the first that has any."""
    alike = [pay for pay in pays if pay.salary_currency]
    alike = [pay for pay in alike if pay[2:] == alike[0][2:]]
    if not alike:
        return Salary()
    # "Up to 120,000" has no least amount, and must not get the most as one.
    lows = [pay.salary_min for pay in alike if pay.salary_min is not None]
    highs = [pay.salary_max for pay in alike if pay.salary_max is not None]
    return Salary(min(lows, default=None), max(highs, default=None), *alike[0][2:])
