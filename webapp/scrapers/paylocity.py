"""Paylocity: the page of a board carries all of its postings as data, and each posting's page has the text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from webapp.errors import Invalid, Malformed
from webapp.scrapers._countries import country_codes
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import (
    heading,
    inner,
    next_element,
    other_layout,
    page_text,
    tree_of,
    value_after,
    words,
)
from webapp.scrapers._fields import (
    WORD,
    address,
    identifier,
    iso_time,
    line,
    lines,
    mapping,
    presence,
    workplace_in_words,
)
from webapp.scrapers._html import describe
from webapp.scrapers._jsonld import job_postings, posting_fields
from webapp.scrapers._listing import Skipped, Unparsed, assemble, require_list
from webapp.scrapers._urls import api_host, board_url, require_same_board, segment, setting
from webapp.values import BoardReference, Get, Listing, Posting

label = "Paylocity"
kind: Literal["api"] = "api"

_HOST = "recruiting.paylocity.com"
_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_DATA = re.compile(r"\bwindow\.pageData\s{0,20}=\s{0,20}(?=\{)")
_PAY = ("salary_min", "salary_max", "salary_currency", "salary_period")
_TEXTS = ("description_html", "description_text")
_SHOWN = ("JobTitle", "LocationName", "PublishedDate", "HiringDepartment", "JobLocation", "IsRemote")


def recognise(url: str) -> BoardReference | None:
    """Boards and feeds of recruiting.paylocity.com, told by their GUID. A posting's address does not name its board."""
    parts = board_url(url)
    if parts is None or parts.host != _HOST:
        return None
    path = tuple(part.lower() for part in parts.segments)
    for before in (
        ("recruiting", "jobs", "all"),
        ("recruiting", "jobs", "list"),
        ("recruiting", "publicleads", "new"),
        ("recruiting", "v2", "api", "feed", "jobs"),
        ("recruiting", "api", "feed", "jobs"),
    ):
        guid = parts.segment(len(before))
        if path[: len(before)] == before and re.fullmatch(_GUID, guid):
            return _reference(guid)
    return None


def from_token(token: str) -> BoardReference:
    """The board of a GUID.

    Raises:
        Invalid: it is none.
    """
    if not re.fullmatch(_GUID, token):
        raise Invalid(f"{token[:100]!r} is no Paylocity board: it is the long id after /recruiting/jobs/All/.")
    return _reference(token)


def _reference(guid: str) -> BoardReference:
    guid = guid.lower()
    return BoardReference(guid, {"guid": guid}, f"https://{_HOST}/recruiting/jobs/All/{guid}")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All postings of `config["guid"]`, with the texts of those that are new or changed in the list."""
    guid = setting(config, "guid", label)
    site = f"https://{api_host(config) or _HOST}"
    answer = get(f"{site}/recruiting/jobs/All/{segment(guid)}", accept="text/html")
    require_same_board(answer, guid, label)
    text = page_text(answer)
    data = value_after(text, _DATA)
    if data is None:
        raise other_layout(answer, "the data of the board", text)
    owner = re.search(_GUID, line(mapping(data).get("LeadJoinUrl")))
    if owner and owner.group(0).lower() != guid.lower():
        raise Malformed(f"The page shows board {owner.group(0)} instead of {guid[:40]}.", detail="redirected")
    rows = require_list(data, answer, 'an object with a list "Jobs"', "Jobs")
    listing = assemble(rows, lambda row: _posting(row, site))
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _posting(row: dict[str, Any], site: str) -> Posting:
    external_id, title = identifier(row.get("JobId")), line(row.get("JobTitle"))
    url = address(f"{site}/Recruiting/Jobs/Details/{segment(external_id)}")
    if not (external_id and title and url):
        raise Unparsed
    if row.get("IsInternal") is True:
        raise Skipped("internal positions")
    place = mapping(row.get("JobLocation"))
    name = line(row.get("LocationName"))
    city = line(place.get("City")) or line(place.get("Metro"))
    location = line(", ".join(lines([city, place.get("State")]))) if city else name
    # Companies call a place "Hybrid", and the flag beside it then says false.
    said = workplace_in_words(name, title)
    workplace_type, is_remote = presence(said, row.get("IsRemote"), location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=address(f"{site}/Recruiting/Jobs/Apply/{segment(external_id)}"),
        location=location,
        locations=lines([location]),
        country_codes=country_codes(place.get("Country")),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row.get("HiringDepartment")),
        posted_at=iso_time(row.get("PublishedDate")),
        list_hash=list_hash(row.get(shown) for shown in _SHOWN),
        is_detailed=False,
    )


def _detailed(posting: Posting, get: Get) -> Posting:
    answer = get(posting.url, accept="text/html")
    require_same_board(answer, posting.external_id, label)
    text = page_text(answer)
    tree = tree_of(text)
    markup, employment_type = "", ""
    for node in tree.css(".job-listing-header"):
        name, body = words(node, WORD), next_element(node)
        if name.lower() == "job type":
            employment_type = words(body, WORD)
        elif inner(body).strip():
            markup += ("" if name.lower() == "description" else heading(name)) + inner(body)
    said = next((posting_fields(job, posting.url) for job in job_postings(text)), {})
    if not markup and not said:
        raise other_layout(answer, "the text of the posting", text)
    texts = describe(markup, posting.url).fields() if markup else {name: said[name] for name in _TEXTS}
    return replace(
        posting,
        employment_type=employment_type or said.get("employment_type", ""),
        is_detailed=True,
        **{name: said[name] for name in _PAY if name in said},
        **texts,
    )
