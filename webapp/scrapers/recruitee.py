"""Recruitee (Tellent): one answer of the careers site's own API holds every published offer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from webapp.errors import Invalid, Refused
from webapp.scrapers._countries import country_codes, country_name
from webapp.scrapers._fields import (
    WORD,
    address,
    ascii_host,
    identifier,
    iso_time,
    line,
    lines,
    mapping,
    period,
    place,
    presence,
    salary,
    sequence,
)
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Skipped, Unparsed, assemble, require_list
from webapp.scrapers._urls import (
    NO_TENANT,
    board_host,
    board_url,
    host_tenant,
    is_label,
    is_within,
    require_same_tenant,
)
from webapp.values import BoardReference, Get, Listing, Posting, WorkplaceType

label = "Recruitee"
kind: Literal["api"] = "api"

_DOMAIN = "recruitee.com"
_RESERVED = NO_TENANT | {"jobs", "careers", "career", "careers-analytics"}


def recognise(url: str) -> BoardReference | None:
    """Career sites of recruitee.com, their offers and API addresses; a domain of a customer's own says nothing."""
    parts = board_url(url)
    company = host_tenant(parts, _DOMAIN, reserved=_RESERVED) if parts else ""
    return _reference(f"{company}.{_DOMAIN}") if company else None


def from_token(token: str) -> BoardReference:
    """The board of a company, or of the host of a career site that has a domain of its own.

    Raises:
        Invalid: it is neither.
    """
    host = ascii_host(token)
    if "." in host and not is_within(host, _DOMAIN):
        return _reference(host)
    company = host.removesuffix(f".{_DOMAIN}")
    if not is_label(company, _RESERVED):
        raise Invalid(f"{token[:100]!r} is no Recruitee company: it is the word before .{_DOMAIN}.")
    return _reference(f"{company}.{_DOMAIN}")


def _reference(host: str) -> BoardReference:
    return BoardReference(host.removesuffix(f".{_DOMAIN}"), {"host": host}, f"https://{host}/")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All published offers of the career site at `config["host"]`."""
    host = board_host(config, label)
    url = f"https://{host}/api/offers/"
    try:
        answer = get(url, conditional=True)
    except Refused as error:
        if error.status != 401:
            raise
        raise Refused(
            f"Recruitee asks for a token to read the board at {host}; we have none. Watch its careers page instead.",
            detail="needs_token",
            status=401,
        ) from error
    require_same_tenant(answer, url, label, _DOMAIN)
    rows = require_list(answer.json(), answer, 'an object with a list "offers"', "offers")
    return assemble(rows, _posting)


def _posting(row: dict[str, Any]) -> Posting:
    words = _in_some_language(row)
    external_id, url = identifier(row.get("id")), address(row.get("careers_url"))
    title = line(row.get("title")) or line(words.get("title"))
    if not (external_id and title and url):
        raise Unparsed
    if line(row.get("status"), WORD).lower() not in {"", "published"}:
        raise Skipped("offers that are not published")
    if "talent" in line(row.get("kind"), WORD).lower():
        raise Skipped("talent pools")
    rows = [mapping(entry) for entry in sequence(row.get("locations"))]
    places = lines(map(_place, rows)) or lines(
        [line(row.get("location")) or place(row.get("city"), row.get("state_name"), row.get("country"))]
    )
    location = line(row.get("location")) or line("; ".join(places))
    workplace_type, is_remote = presence(_workplace(row), row.get("remote"), location, title)
    pay = mapping(row.get("salary"))
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=address(row.get("careers_apply_url")) or url,
        location=location,
        locations=places,
        country_codes=country_codes(
            *(entry.get("country_code") or entry.get("country") for entry in rows),
            row.get("country_code") or row.get("country"),
        ),
        workplace_type=workplace_type,
        # Several ways to work at once: whoever looks for remote work may take this one.
        is_remote=True if row.get("remote") is True else is_remote,
        department=line(row.get("department")),
        employment_type=_employment(row.get("employment_type_code")),
        posted_at=iso_time(row.get("published_at")),
        **salary(pay.get("min"), pay.get("max"), pay.get("currency"), period(pay.get("period"))).fields(),
        **describe(_markup(row) or _markup(words), url).fields(),
    )


def _in_some_language(row: dict[str, Any]) -> dict[str, Any]:
    """The first translation that has a title, for offers whose own texts are empty."""
    for translation in mapping(row.get("translations")).values():
        if line(mapping(translation).get("title")):
            return mapping(translation)
    return {}


def _place(entry: dict[str, Any]) -> str:
    full = place(entry.get("city"), entry.get("state"), country_name(entry.get("country") or entry.get("country_code")))
    return full if line(entry.get("city")) else line(entry.get("name")) or full


def _workplace(row: dict[str, Any]) -> WorkplaceType:
    said = [name for name in ("remote", "hybrid", "on_site") if row.get(name) is True]
    if said == ["remote"]:
        return "remote"
    if said == ["on_site"]:
        return "onsite"
    # On site or remote, as one likes, is neither; the flag of the caller then says that it can be remote.
    return "hybrid" if "hybrid" in said else "unknown"


def _employment(code: object) -> str:
    """ "fulltime_fixed_term" as people write it."""
    first, _, rest = line(code, WORD).partition("_")
    hours = {"fulltime": "Full-time", "parttime": "Part-time"}.get(first)
    words = rest.replace("_", " ")
    if hours is None:
        return f"{first} {words}".strip().capitalize()
    return f"{hours}, {words}" if words else hours


def _markup(texts: Mapping[str, Any]) -> str:
    parts = (texts.get(name) for name in ("description", "requirements"))
    return "\n".join(part for part in parts if isinstance(part, str) and part.strip())
