"""BambooHR: one answer lists all openings of a company; dates, places and texts come from one call per opening."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from webapp.scrapers._countries import country_codes, country_name
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._fields import (
    WORD,
    address,
    identifier,
    iso_time,
    line,
    lines,
    mapping,
    place,
    presence,
)
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble, require_list, wrong_shape
from webapp.scrapers._urls import (
    NO_TENANT,
    board_host,
    board_url,
    company_in,
    host_tenant,
    require_same_tenant,
)
from webapp.values import BoardReference, Get, Listing, Posting, WorkplaceType

label = "BambooHR"
kind: Literal["api"] = "api"

_DOMAIN = "bamboohr.com"
_RESERVED = NO_TENANT | {"partner", "resources", "documentation", "marketplace", "university", "careers", "jobs"}
_PLACES: dict[str, WorkplaceType] = {"0": "onsite", "1": "remote", "2": "hybrid"}


def recognise(url: str) -> BoardReference | None:
    """Career sites, openings and embeds of bamboohr.com; the log-in pages of the same host name the board too."""
    parts = board_url(url)
    company = host_tenant(parts, _DOMAIN, reserved=_RESERVED) if parts else ""
    return _reference(f"{company}.{_DOMAIN}") if company else None


def from_token(token: str) -> BoardReference:
    """The board of a company, or of its host.

    Raises:
        Invalid: it cannot be a BambooHR company.
    """
    return _reference(f"{company_in(token, _DOMAIN, label, _RESERVED)}.{_DOMAIN}")


def _reference(host: str) -> BoardReference:
    return BoardReference(host.removesuffix(f".{_DOMAIN}"), {"host": host}, f"https://{host}/careers")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All openings of the company at `config["host"]`, with the details of those that are new or changed."""
    host = board_host(config, label)
    url = f"https://{host}/careers/list"
    answer = get(url)
    # Unknown companies are sent to the home page.
    require_same_tenant(answer, url, label)
    body = answer.json()
    rows = require_list(body, answer, 'an object with a list "result"', "result")
    listing = assemble(
        rows, lambda row: _posting(row, host), reported_total=mapping(mapping(body).get("meta")).get("totalCount")
    )
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, host, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _posting(row: dict[str, Any], host: str) -> Posting:
    external_id, title = identifier(row.get("id")), line(row.get("jobOpeningName"))
    if not (external_id.isascii() and external_id.isalnum() and title):
        raise Unparsed
    url = f"https://{host}/careers/{external_id}"
    posting = Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        department=line(row.get("departmentLabel")),
        employment_type=line(row.get("employmentStatusLabel"), WORD) or line(row.get("employmentType"), WORD),
        is_detailed=False,
    )
    posting = _placed(posting, row)
    seen = (posting.title, posting.department, posting.employment_type, posting.locations, posting.workplace_type)
    return replace(posting, list_hash=list_hash(seen))


def _placed(posting: Posting, row: dict[str, Any]) -> Posting:
    """`posting` with the place of a row, which stands in one of two blocks, or in parts in both."""
    own, other = mapping(row.get("location")), mapping(row.get("atsLocation"))
    country = own.get("addressCountry") or other.get("country") or other.get("countryId")
    text = place(
        own.get("city") or other.get("city"),
        own.get("state") or other.get("state") or other.get("province"),
        country_name(country),
    )
    workplace_type = _PLACES.get(identifier(row.get("locationType")), "unknown")
    remote = row.get("isRemote")
    flag = remote if isinstance(remote, bool) else True if remote in (1, "1") else None
    workplace_type, is_remote = presence(workplace_type, flag, text, posting.title)
    places = lines([text])
    return replace(
        posting,
        location=text or posting.location,
        locations=places or posting.locations,
        country_codes=country_codes(country) or posting.country_codes,
        workplace_type=workplace_type if workplace_type != "unknown" else posting.workplace_type,
        is_remote=is_remote if is_remote is not None else posting.is_remote,
    )


def _detailed(posting: Posting, host: str, get: Get) -> Posting:
    answer = get(f"https://{host}/careers/{posting.external_id}/detail")
    body = answer.json()
    opening = mapping(mapping(body).get("result")).get("jobOpening")
    if not isinstance(opening, dict) or not opening:
        raise wrong_shape(body, answer, 'an object with "result" and "jobOpening" in it')
    placed = _placed(posting, opening)
    return replace(
        placed,
        title=line(opening.get("jobOpeningName")) or posting.title,
        url=address(opening.get("jobOpeningShareUrl")) or posting.url,
        department=line(opening.get("departmentLabel")) or posting.department,
        employment_type=line(opening.get("employmentStatusLabel"), WORD) or posting.employment_type,
        posted_at=iso_time(opening.get("datePosted")),
        is_detailed=True,
        **describe(opening.get("description"), posting.url).fields(),
    )
