"""SmartRecruiters' Posting API: pages of 100 postings, and one call per posting for its text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from webapp.errors import OutboundError
from webapp.scrapers._countries import country_codes, country_name
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._fields import WORD, address, identifier, iso_time, line, lines, mapping, place, presence
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Skipped, Unparsed, assemble, require_list, wrong_shape
from webapp.scrapers._smartrecruiters_ad import sections_markup
from webapp.scrapers._urls import require_same_board, segment
from webapp.values import Get, Listing, Posting, WorkplaceType

PAGE_SIZE = 100
PAGES_PER_READ = 100
_HOST = "https://api.smartrecruiters.com/v1/companies"


def read(company: str, get: Get, known: Mapping[str, str], label: str) -> Listing:
    """All public postings of `company`. An unknown company has an empty list, like one without postings."""
    rows: list[Any] = []
    seen: set[str] = set()
    total: object = None
    reason = ""
    for number in range(PAGES_PER_READ):
        try:
            answer = get(f"{_HOST}/{segment(company)}/postings?limit={PAGE_SIZE}&offset={number * PAGE_SIZE}")
            require_same_board(answer, company, label)
            body = answer.json()
            page = require_list(body, answer, 'an object with a list "content"', "content")
        except OutboundError as error:
            if not number:
                raise
            reason = f"Page {number + 1} could not be read: {error.sentence}"
            break
        total = body.get("totalFound") if total is None else total
        ids = {identifier(mapping(row).get("id")) for row in page}
        if not ids - seen:
            reason = f"Page {number + 1} repeats earlier ones." if page else ""
            break
        rows.extend(page)
        seen |= ids
        if isinstance(total, int) and len(seen) >= total:
            break
    else:
        reason = f"There are more than {PAGES_PER_READ * PAGE_SIZE:,} postings; reading stopped there."
    listing = assemble(rows, lambda row: _posting(row, company), reported_total=total, paged=True, reason=reason)
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, company, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _posting(row: dict[str, Any], company: str) -> Posting:
    external_id, title = identifier(row.get("id")), line(row.get("name"))
    if not (external_id.isascii() and external_id.replace("-", "").isalnum() and title):
        raise Unparsed
    if row.get("visibility") not in {None, "PUBLIC"}:
        raise Skipped("postings that are not public")
    name = line(mapping(row.get("company")).get("identifier"), WORD) or company
    url = f"https://jobs.smartrecruiters.com/{segment(name)}/{external_id}"
    where = mapping(row.get("location"))
    places = lines([_place(where)])
    location = line("; ".join(places))
    flag = where.get("remote")
    kind: WorkplaceType = "hybrid" if where.get("hybrid") is True else "remote" if flag is True else "unknown"
    workplace_type, is_remote = presence(kind, flag, location, title)
    posting = Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        location=location,
        locations=places,
        country_codes=country_codes(where.get("country")),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=_label(row.get("department")),
        employment_type=_label(row.get("typeOfEmployment"))[:WORD],
        posted_at=iso_time(row.get("releasedDate")),
        is_detailed=False,
    )
    markup = sections_markup(mapping(row.get("jobAd")).get("sections"))
    if markup:
        return replace(posting, is_detailed=True, **describe(markup, url).fields())
    seen = (title, places, posting.department, posting.employment_type, workplace_type, is_remote)
    return replace(posting, list_hash=list_hash(seen))


def _place(where: Mapping[str, Any]) -> str:
    """ "Dublin, , Ireland" without its empty slots; else city, region and country."""
    full = line(where.get("fullLocation"))
    if full:
        return place(*full.split(","))
    return place(where.get("city"), where.get("region"), country_name(where.get("country")))


def _label(value: object) -> str:
    return line(mapping(value).get("label"))


def _detailed(posting: Posting, company: str, get: Get) -> Posting:
    answer = get(f"{_HOST}/{segment(company)}/postings/{posting.external_id}")
    body = answer.json()
    sections = mapping(mapping(body).get("jobAd")).get("sections")
    if not isinstance(sections, dict):
        raise wrong_shape(body, answer, 'an object with "jobAd" and "sections" in it')
    url = address(body.get("postingUrl")) or posting.url
    return replace(
        posting,
        url=url,
        apply_url=address(body.get("applyUrl")) or url,
        is_detailed=True,
        **describe(sections_markup(sections), url).fields(),
    )
