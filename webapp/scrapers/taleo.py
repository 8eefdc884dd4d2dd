"""Oracle Taleo Enterprise: a career section's page names its portal, whose search lists the postings in pages."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import unquote

from webapp.errors import Gone, Invalid, Malformed, OutboundError
from webapp.scrapers._countries import country_code
from webapp.scrapers._dates import written_date
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import other_layout, page_text, tree_of, words
from webapp.scrapers._fields import WORD, address, identifier, iso_time, line, lines, mapping, presence, sequence
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble, require_list
from webapp.scrapers._paging import Pages
from webapp.scrapers._urls import (
    NO_BOARD,
    board_host,
    board_url,
    is_tenant,
    require_same_board,
    require_same_tenant,
    segment,
    setting,
)
from webapp.values import BoardReference, Get, Listing, Posting

label = "Taleo"
kind: Literal["api"] = "api"

PAGES_PER_READ = 200

_SECTION = r"[\w.-]{1,80}"
_RESERVED = (NO_BOARD - {"careers", "career", "jobs", "job"}) | {"rest", "theme"}
_PORTAL = re.compile(r"\bportalNo\s{0,5}:\s{0,5}'?(\d{4,20})[',\s}]|[?&;]portal=(\d{4,20})[^\d]")
# The search fails without a zone; that of a date is not asked for, days are all it shows.
_HEADERS = {"tz": "GMT+00:00", "tzname": "UTC", "Accept-Language": "en-US,en"}
_FILTERS = ("POSTING_DATE", "LOCATION", "JOB_FIELD", "JOB_TYPE", "JOB_SCHEDULE", "JOB_LEVEL")
_MORE_FILTERS = (
    *("ORGANIZATION", "LOCATION", "JOB_FIELD", "URGENT_JOB", "EMPLOYEE_STATUS"),
    *("STUDY_LEVEL", "WILL_TRAVEL", "JOB_SHIFT", "JOB_NUMBER"),
)
_DEPARTMENT = re.compile(r"\b(?:job field|department|job category|function)\b")
_EMPLOYMENT = re.compile(r"\b(?:job schedule|schedule|employment type|job type|position type|appointment type)\b")
_POSTED = re.compile(r"\b(?:posting date|date posted|posted)\b")
_TEXTS = re.compile(r"id=\"initialHistory\"[^>]{0,200}?\bvalue=\"([^\"]*)\"")
_FILLED = re.compile(r"fillList\(\s{0,5}'requisitionDescriptionInterface'\s{0,5},\s{0,5}'descRequisition'\s{0,5},")


def recognise(url: str) -> BoardReference | None:
    """Career sections and postings of {customer}.taleo.net."""
    parts = board_url(url)
    place = parts.under("taleo.net") if parts else None
    if parts is None or place is None or not is_tenant(place[0], r"[a-z0-9-]{1,60}"):
        return None
    section = parts.segment(1)
    if parts.segment(0) != "careersection" or section.endswith((".ftl", ".jss", ".ajax")):
        return None
    if not is_tenant(section, _SECTION, _RESERVED):
        return None
    portal = parts.query.get("portal", "")
    return _reference(parts.host, section, portal if re.fullmatch(r"\d{4,20}", portal) else "")


def from_token(token: str) -> BoardReference:
    """The board of `customer/section`.

    Raises:
        Invalid: it has another form.
    """
    customer, _, section = token.partition("/")
    reference = recognise(
        f"https://{customer.removesuffix('.taleo.net')}.taleo.net/careersection/{section}/jobsearch.ftl"
    )
    if not section or "/" in section or reference is None:
        raise Invalid(f"Write a Taleo board as customer/section, such as example/ex, instead of {token[:100]!r}.")
    return reference


def _reference(host: str, section: str, portal: str) -> BoardReference:
    config = {"host": host, "section": section}
    careers_url = f"https://{host}/careersection/{segment(section)}/jobsearch.ftl?lang=en"
    if portal:
        config["portal"] = portal
        careers_url += f"&portal={portal}"
    return BoardReference(f"{host}/{section}".lower(), config, careers_url)


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All postings of a career section, with the texts of those that are new or changed in the list."""
    host, section = board_host(config, label), setting(config, "section", label)
    base = f"https://{host}/careersection/"
    own = base + segment(section)
    shell_url = f"{own}/jobsearch.ftl?lang=en"
    answer = get(shell_url, accept="text/html")
    require_same_board(answer, section, label)
    text = page_text(answer)
    found = _PORTAL.search(text)
    portal = (found.group(1) or found.group(2)) if found else line(config.get("portal"), 20)
    if not portal:
        raise other_layout(answer, "the number of the portal", text)
    headers = [words(cell, WORD).lower() for cell in tree_of(text).css("table#jobs th")]
    pages = _pages(f"{base}rest/jobboard/searchjobs?lang=en&portal={segment(portal)}", section, get)
    listing = assemble(
        pages.rows,
        lambda row: _posting(row, own, headers),
        reported_total=pages.total,
        paged=True,
        reason=pages.reason,
    )
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _pages(url: str, section: str, get: Get) -> Pages:
    pages = Pages()
    seen: set[str] = set()
    size = 0
    for number in range(1, PAGES_PER_READ + 1):
        try:
            answer = get(url, json=_search(number), headers=_HEADERS)
            require_same_tenant(answer, url, label)
            body = answer.json()
            if mapping(body).get("careerSectionUnAvailable") is True:
                raise Gone(f"Taleo says that its career section {section[:80]} is not available.", detail="not_found")
            rows = require_list(body, answer, 'an object with a list "requisitionList"', "requisitionList")
        except OutboundError as error:
            if number == 1:
                raise
            pages.reason = f"Page {number} could not be read: {error.sentence}"
            return pages
        paging = mapping(body.get("pagingData"))
        if type(paging.get("totalCount")) is int and paging["totalCount"] >= 0:
            pages.total = max(paging["totalCount"], pages.total or 0)
        ids = {_id(mapping(row)) for row in rows}
        # Past the end the last page comes again.
        if not rows or ids <= seen:
            break
        pages.rows.extend(rows)
        seen |= ids
        size = max(size, len(rows))
        if pages.total is not None and number * size >= pages.total:
            break
    else:
        pages.reason = f"There are more than {PAGES_PER_READ} pages; reading stopped there."
    if pages.total is None:
        pages.reason = pages.reason or "Taleo did not say how many positions there are."
    return pages


def _search(number: int) -> dict[str, Any]:
    """The search for everything, as the page of the section asks it; a shorter one is refused."""

    def nothing(names: tuple[str, ...]) -> dict[str, Any]:
        return {"searchFilterSelections": [{"id": name, "selectedValues": []} for name in names]}

    return {
        "multilineEnabled": False,
        "sortingSelection": {"sortBySelectionParam": "3", "ascendingSortingOrder": "false"},
        "fieldData": {"fields": {"KEYWORD": "", "LOCATION": "", "ORGANIZATION": ""}, "valid": True},
        "filterSelectionParam": nothing(_FILTERS),
        "advancedSearchFiltersSelectionParam": nothing(_MORE_FILTERS),
        "pageNo": number,
    }


def _id(row: dict[str, Any]) -> str:
    return identifier(row.get("contestNo")) or identifier(row.get("jobId"))


def _posting(row: dict[str, Any], own: str, headers: list[str]) -> Posting:
    cells = [line(cell) for cell in sequence(row.get("column"))]
    linked = row.get("linkedColumn")
    linked = linked if type(linked) is int and 0 <= linked < len(cells) else 0
    external_id, title = _id(row), cells[linked] if cells else ""
    url = address(f"{own}/jobdetail.ftl?job={segment(external_id)}&lang=en")
    if not (external_id and title and url):
        raise Unparsed
    where = [index for index in sequence(row.get("locationsColumns")) if type(index) is int and 0 <= index < len(cells)]
    places = lines(name for index in where for name in _places(cells[index]))
    location = line("; ".join(places))
    workplace_type, is_remote = presence("unknown", None, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=address(f"{own}/jobapply.ftl?job={segment(external_id)}&lang=en"),
        location=location,
        locations=places,
        country_codes=tuple(dict.fromkeys(filter(None, map(_country, places)))),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=_under(headers, cells, _DEPARTMENT),
        employment_type=line(_under(headers, cells, _EMPLOYMENT), WORD),
        posted_at=_posted(headers, [cell for index, cell in enumerate(cells) if index not in {linked, *where}], cells),
        list_hash=list_hash(cells),
        is_detailed=False,
    )


def _places(cell: str) -> list[Any]:
    """The places of a cell, which is a JSON list inside the text, or one place."""
    if not cell.startswith("["):
        return [cell]
    try:
        return sequence(json.loads(cell))
    except (ValueError, RecursionError):
        return [cell.strip('[]"')]


def _country(place: str) -> str:
    """The country of "United States-Massachusetts-Boston". Codes are left alone: the MO of "MO-Kansas City" is no
    Macao, and Georgia is a state as well."""
    first, dash, _ = place.partition("-")
    return country_code(first) if dash and len(first) > 3 and first.lower() != "georgia" else ""


def _under(headers: list[str], cells: list[str], pattern: re.Pattern[str]) -> str:
    """The cell below the first heading that matches."""
    return next(
        (cell for header, cell in zip(headers, cells, strict=False) if pattern.search(header)),
        "",
    )


def _posted(headers: list[str], others: list[str], cells: list[str]) -> datetime | None:
    """The posting date: under its heading, or the only date of a row where the headings are not known."""
    if headers:
        said = _under(headers, cells, _POSTED)
        return iso_time(said) or written_date(said)
    days = [day for day in (iso_time(cell) or written_date(cell) for cell in others) if day is not None]
    return days[0] if len(days) == 1 else None


def _detailed(posting: Posting, get: Get) -> Posting:
    answer = get(posting.url, accept="text/html", headers={"Accept-Language": "en-US,en"})
    require_same_tenant(answer, posting.url, label)
    text = page_text(answer)
    return replace(posting, is_detailed=True, **describe(_markup(text, answer.status), posting.url).fields())


def _markup(text: str, status: int) -> str:
    """The texts of a posting's page, which are encoded in one hidden field, or in a call of a script.

    Raises:
        Malformed: there are none.
    """
    hidden, call = _TEXTS.search(text), _FILLED.search(text)
    if hidden:
        parts = html.unescape(hidden.group(1)).split("!|!")
    elif call:
        parts = re.findall(r"'((?:[^'\\]|\\.){0,200000})'", text[call.end() : call.end() + 400_000])
    else:
        parts = []
    found = [unquote(part[3:]).replace("\\:", ":").replace("\\'", "'") for part in parts if part.startswith("!*!")]
    markup = "\n".join(dict.fromkeys(part for part in found if part.strip()))
    if not markup:
        raise Malformed("The page of the posting has no text where Taleo keeps it.", detail="layout", status=status)
    return markup
