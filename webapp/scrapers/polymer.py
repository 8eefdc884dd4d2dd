"""Polymer: its public API lists the postings of an organisation in pages, and tells the text of each by itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from webapp.errors import Invalid, OutboundError
from webapp.scrapers._countries import country_codes
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._fields import (
    WORD,
    Salary,
    address,
    amount,
    identifier,
    iso_time,
    line,
    lines,
    mapping,
    period,
    presence,
    salary,
    sequence,
    workplace,
)
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble, require_list, wrong_shape
from webapp.scrapers._paging import Pages
from webapp.scrapers._urls import api_host, board_url, is_tenant, require_same_board, segment, setting
from webapp.values import BoardReference, Get, Listing, Posting

label = "Polymer"
kind: Literal["api"] = "api"

PAGE_SIZE = 50  # the largest that the API accepts
PAGES_PER_READ = 100

_HOST = "api.polymer.co"
_AMOUNT = r"(\d[\d,]{0,15}(?:\.\d{1,4})?)\s?(K?)"
_PAY = re.compile(rf"{_AMOUNT}(?:\s?[-–]\s?{_AMOUNT})? ([A-Z]{{3}}) (?:an?|per) (hour|day|week|month|year)")
_SHOWN = (
    *("title", "city", "state_region", "country", "display_location", "remoteness_pretty", "kind_pretty"),
    *("job_category_name", "salary_pretty", "published_at", "job_post_url", "remote_restriction_country_list"),
)


def recognise(url: str) -> BoardReference | None:
    """Boards and postings of jobs.polymer.co, and API addresses of api.polymer.co."""
    parts = board_url(url)
    if parts is None:
        return None
    if parts.host == "jobs.polymer.co":
        org = parts.segment(0)
    elif parts.host == _HOST and parts.segments[:3] == ("v1", "hire", "organizations"):
        org = parts.segment(3)
    else:
        return None
    return _reference(org) if is_tenant(org) else None


def from_token(token: str) -> BoardReference:
    """The board of an organisation.

    Raises:
        Invalid: it cannot be an organisation's name.
    """
    if not is_tenant(token):
        raise Invalid(f"{token[:100]!r} is no Polymer organisation: it is the name after jobs.polymer.co/.")
    return _reference(token)


def _reference(org: str) -> BoardReference:
    org = org.lower()
    return BoardReference(org, {"org": org}, f"https://jobs.polymer.co/{segment(org)}")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All published postings of `config["org"]`, with the texts of those that are new or changed in the list."""
    org = setting(config, "org", label)
    base = f"https://{api_host(config) or _HOST}/v1/hire/organizations/{segment(org)}/jobs"
    pages = _pages(org, base, get)
    listing = assemble(
        pages.rows, lambda row: _posting(row, org), reported_total=pages.total, paged=True, reason=pages.reason
    )
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, base, org, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _pages(org: str, base: str, get: Get) -> Pages:
    pages = Pages()
    seen: set[str] = set()
    for number in range(1, PAGES_PER_READ + 1):
        try:
            answer = get(f"{base}?page={number}&per_page={PAGE_SIZE}")
            require_same_board(answer, org, label)
            body = answer.json()
            rows = require_list(body, answer, 'an object with a list "items"', "items")
        except OutboundError as error:
            if number == 1:
                raise
            pages.reason = f"Page {number} could not be read: {error.sentence}"
            return pages
        meta = mapping(body.get("meta"))
        # One of the two counts postings, the other pages or the rows of this page: both are no more than the postings.
        counts = [value for value in (meta.get("count"), meta.get("total")) if type(value) is int]
        pages.total = max([*counts, *([] if pages.total is None else [pages.total])], default=None)
        ids = {identifier(mapping(row).get("id")) for row in rows}
        if number == 1 and not rows and not line(meta.get("organization_name")):
            pages.reason = "Polymer gave an empty list without the organisation's name, as it does for unknown ones."
        if not rows or ids <= seen:
            pages.reason = pages.reason or (f"Page {number} repeats earlier ones." if rows else "")
            return pages
        pages.rows.extend(rows)
        seen |= ids
        last = meta.get("is_last") is True or ("next_page" in meta and meta["next_page"] is None)
        # Past the end the API goes on to name a next page, so its count ends the reading too.
        counted = pages.total is not None and len(seen) >= pages.total and len(rows) < PAGE_SIZE
        if last or counted:
            return pages
    pages.reason = f"There are more than {PAGES_PER_READ * PAGE_SIZE:,} positions; reading stopped there."
    return pages


def _posting(row: dict[str, Any], org: str) -> Posting:
    external_id, title = identifier(row.get("id")), line(row.get("title"))
    own = f"https://jobs.polymer.co/{segment(org)}/{segment(external_id)}"
    url = address(row.get("job_post_url")) or address(own)
    if not (external_id and title and url):
        raise Unparsed
    place = lines([row.get("city"), row.get("state_region"), row.get("country")])
    location = line(row.get("display_location")) or line(", ".join(place))
    workplace_type, is_remote = presence(workplace(row.get("remoteness_pretty")), None, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url + "/apply" if url == own else url,
        location=location,
        locations=lines([location]),
        country_codes=country_codes(row.get("country"), *sequence(row.get("remote_restriction_country_list"))),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row.get("department")) or line(row.get("job_category_name")),
        employment_type=line(row.get("kind_pretty"), WORD),
        posted_at=iso_time(row.get("published_at")),
        list_hash=list_hash(row.get(name) for name in _SHOWN),
        is_detailed=False,
        **_pay(row.get("salary_pretty")).fields(),
    )


def _pay(value: object) -> Salary:
    """The pay of a text that Polymer itself makes, such as "100K - 120K USD a year"; nothing of any other text."""
    match = _PAY.fullmatch(line(value, WORD))
    if match is None:
        return Salary()
    low, high = (amount(number) for number in (match.group(1), match.group(3) or match.group(1)))
    low = low * 1000 if low is not None and match.group(2) else low
    high = high * 1000 if high is not None and (match.group(4) or (match.group(2) and not match.group(3))) else high
    return salary(low, high, match.group(5), period(match.group(6)))


def _detailed(posting: Posting, base: str, org: str, get: Get) -> Posting:
    answer = get(f"{base}/{segment(posting.external_id)}")
    value = answer.json()
    body = mapping(value)
    if identifier(body.get("id")) != posting.external_id:
        raise wrong_shape(value, answer, f'an object with the "id" {posting.external_id[:40]}')
    return replace(
        posting,
        department=line(body.get("department")) or posting.department,
        is_detailed=True,
        **describe(body.get("description"), posting.url).fields(),
    )
