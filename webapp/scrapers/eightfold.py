"""Eightfold: one of two search APIs, whichever a career site has, lists positions ten at a time."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

from webapp.errors import Gone, Invalid, OutboundError, Refused
from webapp.scrapers._countries import countries_of_places
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import other_layout, page_text
from webapp.scrapers._fields import (
    address,
    ascii_host,
    epoch_milliseconds,
    identifier,
    line,
    lines,
    mapping,
    presence,
    sequence,
    workplace,
)
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble, require_list, wrong_shape
from webapp.scrapers._paging import Page, Pages, count, read_pages
from webapp.scrapers._urls import (
    api_host,
    board_host,
    board_url,
    host_tenant,
    joined,
    require_same_tenant,
    segment,
    split_token,
)
from webapp.values import BoardReference, Get, Listing, Posting

label = "Eightfold"
kind: Literal["api"] = "api"

# Neither API shows more, whatever its count.
_SHOWS = 2000
_DOMAIN = "eightfold.ai"
_GROUP = re.compile(r"\b_EF_GROUP_ID\s{0,5}=\s{0,5}[\"']([\w.-]{1,120})[\"']")
# What the vendor's own site has, to which a host without a customer falls back.
_VENDOR = {"eightfold.ai", "volkscience.com"}
_POSITION = re.compile(r"\d{6,20}(?:-.{0,300})?")
_SHOWN = ("name", "posting_name", "department", "t_create", "postedTs", "workLocationOption", "work_location_option")


def recognise(url: str) -> BoardReference | None:
    """Career sites of eightfold.ai, and those with a host of their own whose address carries the customer's domain."""
    parts = board_url(url)
    if parts is None:
        return None
    domain = ascii_host(parts.query.get("domain", ""))
    path = parts.segments
    if parts.under(_DOMAIN):
        found = bool(host_tenant(parts, _DOMAIN)) and (not path or path[0] in {"careers", "api"})
    else:
        searched = path[:3] == ("api", "pcsx", "search") or path[:4] == ("api", "apply", "v2", "jobs")
        position = path[:2] == ("careers", "job") and _POSITION.fullmatch(parts.segment(2)) is not None
        found = "." in domain and (searched or position or path in {("careers",), ("careers", "search")})
    return _reference(parts.host, domain if "." in domain and domain not in _VENDOR else "") if found else None


def from_token(token: str) -> BoardReference:
    """The career site at a host, such as acme.eightfold.ai, or at a host of the company as `acme.com@jobs.acme.com`.

    What stands before the @ is the company's domain within Eightfold, which its career site names too.

    Raises:
        Invalid: it is no host name.
    """
    domain, host = split_token(token)
    if not domain or not host:
        domain, host = "", domain or host
    if ascii_host(host) != host or "." not in host or (domain and ascii_host(domain) != domain):
        raise Invalid(f"Name an Eightfold site by its host, such as acme.{_DOMAIN}, instead of {token[:100]!r}.")
    return _reference(host, domain)


def _reference(host: str, domain: str) -> BoardReference:
    config = {"host": host, **({"domain": domain} if domain else {})}
    query = f"?domain={domain}" if domain else ""
    return BoardReference(host, config, f"https://{host}/careers{query}")


@dataclass(frozen=True, slots=True)
class _Site:
    host: str
    domain: str
    newer: bool = True

    @property
    def list(self) -> str:
        """The address of the list, up to its offset."""
        path = "pcsx/search?query=&location=" if self.newer else "apply/v2/jobs?num=10"
        return f"https://{self.host}/api/{path}&domain={quote(self.domain, safe='')}&start="

    def detail(self, external_id: str) -> str:
        """The address of what is said of one position."""
        name, domain = segment(external_id), quote(self.domain, safe="")
        if self.newer:
            return f"https://{self.host}/api/pcsx/position_details?position_id={name}&domain={domain}&hl=en"
        return f"https://{self.host}/api/apply/v2/jobs/{name}?domain={domain}"


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All positions of the site at `config["host"]`, with the texts of those that are new or changed in the list.

    `config["domain"]` is the company's domain within Eightfold; the site is asked for it where it is missing.
    """
    host = board_host(config, label)
    given = api_host(config, "domain")
    site = _Site(host, given or _group(host, get))
    try:
        pages = _pages(site, get)
    except (Refused, Gone) as error:
        if error.status not in {403, 404}:
            raise
        # Each customer has one of the two, and is refused the other.
        site = replace(site, newer=False)
        pages = _pages(site, get)
    reason = pages.reason
    if not pages.rows and given and not reason:
        reason = _why_empty(host, given, get)
    # The order changes between pages: what came twice is one row, and the count tells whether others are missing.
    rows = list({_name(row): row for row in reversed(pages.rows)}.values())[::-1]
    listing = assemble(rows, lambda row: _posting(row, host), reported_total=pages.total, paged=True, reason=reason)
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, site, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _group(host: str, get: Get) -> str:
    """The company's domain within Eightfold, as its career site has it.

    Raises:
        Gone: the site is the vendor's own.
        Malformed: the page is none of Eightfold.
    """
    url = f"https://{host}/careers"
    answer = get(url, accept="text/html")
    require_same_tenant(answer, url, label)
    text = page_text(answer)
    found = _GROUP.search(text)
    if found is None:
        raise other_layout(answer, "the company's name within Eightfold", text)
    if found.group(1).lower() in _VENDOR:
        raise Gone(f"Eightfold has no customer at {host}: its own site is shown there.", detail="not_found")
    return found.group(1)


def _why_empty(host: str, domain: str, get: Get) -> str:
    try:
        group = _group(host, get)
    except Gone:
        raise
    except OutboundError as error:
        return f"The list is empty, and whose site it is could not be asked: {error.sentence}"
    return "" if group.lower() == domain else f"The list of {domain} is empty, and the site is that of {group}."


def _pages(site: _Site, get: Get) -> Pages:
    def ask(_: int, offset: int) -> Page:
        url = f"{site.list}{offset}"
        answer = get(url)
        require_same_tenant(answer, url, label)
        body = answer.json()
        inner = mapping(body).get("data") if site.newer else body
        rows = require_list(inner, answer, 'an object with a list "positions"', "positions")
        if line(mapping(inner).get("domain")).lower() in _VENDOR:
            raise Gone(f"Eightfold has no customer {site.domain}: it showed its own positions.", detail="not_found")
        return Page(rows, count(mapping(inner).get("count")))

    return read_pages(ask, _name, most=_SHOWS // 10 + 1, limit=_SHOWS)


def _name(row: object) -> str:
    return identifier(mapping(row).get("id")) or repr(row)[:500]


def _posting(row: dict[str, Any], host: str) -> Posting:
    external_id = identifier(row.get("id"))
    title = line(row.get("posting_name")) or line(row.get("name"))
    own = f"https://{host}/careers/job/{segment(external_id)}"
    url = address(row.get("canonicalPositionUrl")) or joined(own, row.get("positionUrl")) or address(own)
    if not (external_id and title and url):
        raise Unparsed
    places = lines(map(_spaced, sequence(row.get("locations")))) or lines([_spaced(row.get("location"))])
    location = line("; ".join(places))
    said = workplace(row.get("work_location_option") or row.get("workLocationOption"))
    workplace_type, is_remote = presence(said, None, location, title)
    text = describe(row.get("job_description"), url)
    standard = [entry for entry in sequence(row.get("standardizedLocations")) if isinstance(entry, str)]
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        location=location,
        locations=places,
        country_codes=countries_of_places(standard) or countries_of_places(places),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row.get("department")) or line(row.get("business_unit")),
        posted_at=_seconds(row.get("postedTs")) or _seconds(row.get("t_create")),
        list_hash=list_hash([places, *(row.get(name) for name in _SHOWN)]),
        is_detailed=bool(text.description_text),
        **text.fields(),
    )


def _spaced(value: object) -> str:
    """A place with a blank after each comma, which Eightfold leaves out."""
    return re.sub(r"\s*,\s*", ", ", line(value)).strip(" ,")


def _seconds(value: object) -> datetime | None:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > 10**11:
        return None
    return epoch_milliseconds(value * 1000)


def _detailed(posting: Posting, site: _Site, get: Get) -> Posting:
    answer = get(site.detail(posting.external_id))
    value = answer.json()
    body = mapping(mapping(value).get("data")) if site.newer else mapping(value)
    other = identifier(body.get("id")) not in {"", posting.external_id}
    if other or not {"jobDescription", "job_description"} & set(body):
        raise wrong_shape(value, answer, f"the text of position {posting.external_id[:40]}")
    said = workplace(body.get("work_location_option") or body.get("workLocationOption"))
    if said == "unknown":
        said = posting.workplace_type
    workplace_type, is_remote = presence(said, None, posting.location, posting.title)
    return replace(
        posting,
        workplace_type=workplace_type,
        is_remote=is_remote,
        is_detailed=True,
        **describe(body.get("jobDescription") or body.get("job_description"), posting.url).fields(),
    )
