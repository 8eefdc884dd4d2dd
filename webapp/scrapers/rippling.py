"""Rippling: its job board API lists a row per posting and place, and tells the rest of each posting by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from webapp.errors import Gone, Invalid
from webapp.scrapers._countries import country_codes
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._fields import (
    WORD,
    Salary,
    address,
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
    widest,
    workplace,
)
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble, require_list, wrong_shape
from webapp.scrapers._paging import Page, count, read_pages
from webapp.scrapers._urls import api_host, board_url, is_tenant, require_same_board, segment, setting
from webapp.values import BoardReference, Get, Listing, Posting, WorkplaceType

label = "Rippling"
kind: Literal["api"] = "api"

PAGE_SIZE = 1000  # the largest that the API accepts
# The API allows 100 requests in ten minutes.
DETAILS_PER_READ = 90

_HOST = "api.rippling.com"
_CAREERS = re.compile(r"ats(?:\.[a-z0-9]{1,10})?\.rippling\.com")
# With /jobs after it, even "careers" is a board's name.
_RESERVED = {"embed", "api"}
_LOCALE = re.compile(r"[a-z]{2}-[A-Za-z]{2}")
_CODES = {"FT": "Full-time", "PT": "Part-time", "INTERN": "Internship", "CONTRACTOR": "Contract", "TEMP": "Temporary"}


def recognise(url: str) -> BoardReference | None:
    """Boards and postings of ats.rippling.com, embedded or not, and API addresses of api.rippling.com."""
    parts = board_url(url)
    if parts is None:
        return None
    if parts.host == _HOST and parts.segments[:3] == ("platform", "api", "ats") and parts.segment(4) == "board":
        board = parts.segment(5)
    elif _CAREERS.fullmatch(parts.host):
        segments = parts.segments[1:] if _LOCALE.fullmatch(parts.segment(0)) else parts.segments
        segments = segments[1:] if segments[:1] == ("embed",) else segments
        board = segments[0] if segments[1:2] == ("jobs",) or (len(segments) == 1 and is_tenant(segments[0])) else ""
    else:
        return None
    return _reference(board) if is_tenant(board, reserved=_RESERVED) else None


def from_token(token: str) -> BoardReference:
    """The board of a name.

    Raises:
        Invalid: it cannot be a board's name.
    """
    if not is_tenant(token, reserved=_RESERVED):
        raise Invalid(f"{token[:100]!r} is no Rippling board: it is the name after ats.rippling.com/.")
    return _reference(token)


def _reference(board: str) -> BoardReference:
    return BoardReference(board, {"board": board}, f"https://ats.rippling.com/{segment(board)}/jobs")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All postings of `config["board"]`, with the details of those that are new or changed in the list.

    Where the second version of the API does not know the board, the first one is asked.
    """
    board = setting(config, "board", label)
    api = f"https://{api_host(config) or _HOST}/platform/api/ats"
    base = f"{api}/v2/board/{segment(board)}/jobs"
    try:
        rows, total, reason = _listed(base, board, get)
    except Gone:
        base = f"{api}/v1/board/{segment(board)}/jobs"
        answer = get(base)
        require_same_board(answer, board, label)
        rows, total, reason = require_list(answer.json(), answer, "a list of postings"), None, ""
    listing = assemble(_grouped(rows), lambda row: _posting(row, board), reason=reason)
    postings, warnings = with_details(
        listing.postings, known, lambda posting: _detailed(posting, base, get), DETAILS_PER_READ
    )
    return replace(listing, postings=postings, reported_total=total, warnings=(*listing.warnings, *warnings))


def _listed(base: str, board: str, get: Get) -> tuple[list[Any], int | None, str]:
    def ask(number: int, _: int) -> Page:
        answer = get(f"{base}?page={number}&pageSize={PAGE_SIZE}")
        require_same_board(answer, board, label)
        body = answer.json()
        rows = require_list(body, answer, 'an object with a list "items"', "items")
        pages = count(body.get("totalPages"))
        return Page(rows, count(body.get("totalItems")), last=pages is not None and number + 1 >= pages)

    pages = read_pages(ask, str)
    reason = pages.reason
    if not reason and pages.total is not None and pages.total > len(pages.rows):
        reason = f"The source says {pages.total} rows and gave {len(pages.rows)}."
    return pages.rows, pages.total, reason


def _grouped(rows: list[Any]) -> list[Any]:
    """One row per posting of one per posting and place, with all its places under "locations"."""
    grouped: dict[str, Any] = {}
    for number, row in enumerate(rows):
        if not isinstance(row, dict):
            grouped[f"row {number}"] = row
            continue
        name = identifier(row.get("id")) or identifier(row.get("uuid")) or f"row {number}"
        single = mapping(row.get("workLocation")).get("label")
        places = [*sequence(row.get("locations")), *([{"name": single}] if line(single) else [])]
        entry = grouped.setdefault(name, {**row, "locations": []})
        entry["locations"].extend(entry_place for entry_place in places if entry_place not in entry["locations"])
    return list(grouped.values())


def _posting(row: dict[str, Any], board: str) -> Posting:
    external_id = identifier(row.get("id")) or identifier(row.get("uuid"))
    title = line(row.get("name"))
    own = address(f"https://ats.rippling.com/{segment(board)}/jobs/{segment(external_id)}")
    url = address(row.get("url")) or own
    if not (external_id and title and url):
        raise Unparsed
    entries = [mapping(entry) for entry in sequence(row.get("locations"))]
    places = lines(
        line(entry.get("name")) or place(entry.get("city"), entry.get("state"), entry.get("country"))
        for entry in entries
    )
    location = line("; ".join(places))
    workplace_type, is_remote = presence(_workplace(entries), None, location, title)
    department = mapping(row.get("department"))
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=address(own + "/apply") if url == own else url,
        location=location,
        locations=places,
        country_codes=country_codes(*(entry.get("countryCode") or entry.get("country") for entry in entries)),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(department.get("name")) or line(department.get("label")),
        list_hash=list_hash([title, places, row.get("url"), department.get("name"), department.get("label")]),
        is_detailed=False,
    )


def _workplace(entries: list[dict[str, Any]]) -> WorkplaceType:
    """What all places say; where they differ, remote if that is one of the choices."""
    said = {workplace(entry.get("workplaceType")) for entry in entries} - {"unknown"}
    if len(said) == 1:
        return said.pop()
    return "remote" if "remote" in said else "hybrid" if said else "unknown"


def _detailed(posting: Posting, base: str, get: Get) -> Posting:
    answer = get(f"{base}/{segment(posting.external_id)}")
    value = answer.json()
    body = mapping(value)
    text = body.get("description")
    if not line(body.get("name")) or not isinstance(text, dict | str):
        raise wrong_shape(value, answer, 'a posting with a "description"')
    parts = text if isinstance(text, dict) else {"role": text}
    # What the employer says of itself stands after what it says of the work.
    ordered = [parts.get("role"), *(part for name, part in parts.items() if name != "role")]
    places = posting.locations or lines(sequence(body.get("workLocations")))
    return replace(
        posting,
        locations=places,
        location=posting.location or line("; ".join(places)),
        employment_type=_employment(body.get("employmentType")),
        posted_at=iso_time(body.get("createdOn")),
        is_detailed=True,
        **widest(_pay(entry) for entry in sequence(body.get("payRangeDetails"))).fields(),
        **describe("\n".join(part for part in ordered if isinstance(part, str)), posting.url).fields(),
    )


def _employment(value: object) -> str:
    """The kind of employment. Of its two names the one in words is called "id", the code "label"."""
    names = mapping(value)
    words = [line(part, WORD) for part in (names.get("id"), names.get("label"))]
    said = next((word for word in words if word and word != word.upper()), "")
    code = next((word for word in words if word), "")
    return said or _CODES.get(code.rpartition("_")[2], code)


def _pay(entry: object) -> Salary:
    row = mapping(entry)
    per = period(row.get("frequency"))
    # An amount of which nobody says how often it is paid means nothing.
    return salary(row.get("rangeStart"), row.get("rangeEnd"), row.get("currency"), per) if per else Salary()
