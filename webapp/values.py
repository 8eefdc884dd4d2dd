"""Plain values that cross the borders between scrapers, the outbound door and the services.

A scraper is a module that satisfies `Scraper`. It is handed `get`, asks for as many pages as it needs, and returns a
`Listing` that says whether it proved itself complete. Anything it cannot read raises a kind of
`webapp.errors.OutboundError`.
"""

from __future__ import annotations

import codecs
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit

from webapp.errors import Malformed
from webapp.text import tokens

WorkplaceType = Literal["remote", "hybrid", "onsite", "unknown"]
SalaryPeriod = Literal["hour", "day", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer of another server, whole and decoded.

    `url` is the address after redirects; `headers` has lower-case names; `body` is decompressed.
    """

    status: int
    url: str
    headers: Mapping[str, str]
    body: bytes

    def text(self) -> str:
        """The body as text: by BOM, then the declared charset, then UTF-8.

        Raises:
            Malformed: the bytes are not text in that encoding.
        """
        encoding = _encoding(self.headers.get("content-type", ""), self.body)
        try:
            return self.body.decode(encoding)
        except (UnicodeError, LookupError) as error:
            raise Malformed(
                f"The answer of {_host(self.url)} is not readable text ({encoding}).",
                detail="not_text",
                status=self.status,
            ) from error

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            Malformed: it is not JSON; the sentence says what came instead (HTML, nothing, cut off).
        """
        text = self.text().strip()
        if not text:
            raise Malformed(f"{_host(self.url)} answered with nothing at all.", detail="empty", status=self.status)
        try:
            return json.loads(text)
        # A number of 5,000 digits is a ValueError, 100,000 brackets a RecursionError.
        except (ValueError, RecursionError) as error:
            what = "a web page" if text.startswith("<") else "something that is not JSON, or only part of it"
            raise Malformed(
                f"{_host(self.url)} answered with {what} where a list of positions was due.",
                detail="html" if text.startswith("<") else "not_json",
                status=self.status,
                evidence=text[:2000],
            ) from error


def _encoding(content_type: str, body: bytes) -> str:
    if body.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    declared = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", content_type, re.IGNORECASE)
    return declared.group(1) if declared else "utf-8"


def _host(url: str) -> str:
    return urlsplit(url).hostname or url


class Get(Protocol):
    """One request through the outbound door. Only answers with a 2xx status are returned.

    `conditional=True` sends the validators kept for this URL, where the answer alone decides whether the whole
    board changed. `json` makes it a POST of that value, which counts as idempotent (ATS searches).

    Raises:
        OutboundError: any failure, as its kind.
        NotModified: 304 to validators that were sent, or byte for byte the body of the last read that was believed.
    """

    def __call__(
        self,
        url: str,
        *,
        accept: str = "application/json",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        conditional: bool = False,
    ) -> Answer: ...


@dataclass(frozen=True, slots=True)
class BoardReference:
    """A board that a URL names: `config` is what `read` needs, `key` is its identity within the ATS."""

    key: str
    config: dict[str, Any]
    careers_url: str


# No slots: the digests below are kept once made.
@dataclass(frozen=True)
class Posting:
    """What a scraper saw, just now. Immutable; texts are clean of control characters and trimmed to column lengths.

    `is_remote` is None where the source does not say. `country_codes` are ISO 3166-1 alpha-2, upper case.
    `posted_at` is aware UTC, from the field that means first published, else None. Salaries are amounts in units of
    `salary_currency` (ISO 4217) per `salary_period`; never guessed from prose. `description_html` is sanitised.

    Where a source lists little and shows the rest on one page per posting, `list_hash` digests the list row, and
    `is_detailed` is False when the page was not read this time; the stored details then stay as they are.
    """

    external_id: str
    title: str
    url: str
    apply_url: str = ""
    location: str = ""
    locations: tuple[str, ...] = ()
    country_codes: tuple[str, ...] = ()
    is_remote: bool | None = None
    workplace_type: WorkplaceType = "unknown"
    department: str = ""
    employment_type: str = ""
    posted_at: datetime | None = None
    salary_min: Decimal | None = None
    salary_max: Decimal | None = None
    salary_currency: str | None = None
    salary_period: SalaryPeriod | None = None
    description_html: str = ""
    description_text: str = ""
    list_hash: str = ""
    is_detailed: bool = True

    def content_hash(self) -> str:
        """Changes when a reader would notice a change: case, spacing, order of places and dates do not count."""
        return self._content_hash

    def fingerprint(self) -> str:
        """Equal for two copies of one posting under different ids: normalised title, places and department."""
        return self._fingerprint

    @cached_property
    def _content_hash(self) -> str:
        parts = (
            " ".join(tokens(self.title)),
            "|".join(sorted(" ".join(tokens(place)) for place in self.locations or (self.location,))),
            self.workplace_type,
            str(self.is_remote),
            " ".join(tokens(self.department)),
            " ".join(tokens(self.employment_type)),
            *(str(amount.normalize()) if amount is not None else "" for amount in (self.salary_min, self.salary_max)),
            self.salary_currency or "",
            self.salary_period or "",
            " ".join(tokens(self.description_text)),
        )
        return _digest(parts)

    @cached_property
    def _fingerprint(self) -> str:
        places = sorted(" ".join(tokens(place)) for place in self.locations or (self.location,))
        return _digest((" ".join(tokens(self.title)), "|".join(places), " ".join(tokens(self.department))))


def _digest(parts: tuple[str, ...]) -> str:
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Listing:
    """All postings of one read, and whether they are provably all there are.

    `reason` is a sentence saying why it is not complete, empty if it is. `warnings` are oddities that do not
    make it incomplete. `reported_total` is the number the source itself gives, if it does.
    """

    postings: tuple[Posting, ...]
    complete: bool
    reason: str = ""
    reported_total: int | None = None
    warnings: tuple[str, ...] = field(default=())


class Scraper(Protocol):
    """What each module of this package offers.

    `label` is the name people know. `kind` decides schedule and patience: `api` boards are read every 6 hours and
    positions expire after 2 misses, `page` boards daily and after 3.
    """

    label: str
    kind: Literal["api", "page"]

    def recognise(self, url: str) -> BoardReference | None:
        """The board that `url` names, from the URL alone, or None."""

    def read(self, config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
        """All postings of the board described by `config`.

        `known` maps the external id of every position stored with details to its `list_hash`: a source with one
        page per posting need not read those again while the list row is the same.

        Raises:
            OutboundError: the board could not be read; nothing may be concluded.
            NotModified: the site says nothing changed.
        """
