"""Teamtailor: the RSS feed of a career site in pages of 100, or its JSON feed where there is no RSS."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from webapp.errors import Gone, Invalid, OutboundError
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
    place,
    presence,
    rfc822_time,
)
from webapp.scrapers._html import describe
from webapp.scrapers._jsonld import posting_fields
from webapp.scrapers._listing import Unparsed, assemble, require_list
from webapp.scrapers._urls import (
    board_host,
    board_url,
    is_label,
    is_within,
    require_same_tenant,
)
from webapp.scrapers._xml import text_at, xml_root
from webapp.values import Answer, BoardReference, Get, Listing, Posting, WorkplaceType

label = "Teamtailor"
kind: Literal["api"] = "api"

PAGE_SIZE = 100
PAGES_PER_READ = 40
_DOMAIN = "teamtailor.com"
_ACCEPT_RSS = "application/rss+xml, application/xml;q=0.9, */*;q=0.1"
_ACCEPT_FEED = "application/feed+json, application/json;q=0.9"
_WORKPLACES: dict[str, WorkplaceType] = {"none": "onsite", "hybrid": "hybrid", "fully": "remote"}


def recognise(url: str) -> BoardReference | None:
    """Career sites of teamtailor.com, of any region; a domain of a customer's own says nothing."""
    parts = board_url(url)
    place_of = parts.under(_DOMAIN) if parts else None
    if parts is None or place_of is None:
        return None
    company, _, region = place_of[0].partition(".")
    if not is_label(company) or not re.fullmatch(r"(?:[a-z]{2,3})?", region):
        return None
    return _reference(parts.host)


def from_token(token: str) -> BoardReference:
    """The board of `company`, of `company.na` (a region), or of the host of a career site.

    Raises:
        Invalid: it is none of them.
    """
    host = ascii_host(token)
    if host.count(".") and not is_within(host, _DOMAIN) and not re.fullmatch(r"[a-z0-9-]+\.(?:na|eu|ap)", host):
        return _reference(host)
    found = recognise(f"https://{host.removesuffix('.' + _DOMAIN)}.{_DOMAIN}/") if host else None
    if found is None:
        raise Invalid(f"{token[:100]!r} is no Teamtailor company: it is the word before .{_DOMAIN}.")
    return found


def _reference(host: str) -> BoardReference:
    return BoardReference(host.removesuffix(f".{_DOMAIN}"), {"host": host}, f"https://{host}/jobs")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All published jobs of the career site at `config["host"]`."""
    host = board_host(config, label)
    try:
        return _read_rss(host, get)
    except Gone as gone:
        try:
            return _read_json(host, get)
        except Gone:
            raise gone from None


def _read_rss(host: str, get: Get) -> Listing:
    rows: list[dict[str, Any]] = []
    seen: set[str] = set()
    reason = ""
    for number in range(PAGES_PER_READ):
        url = f"https://{host}/jobs.rss?per_page={PAGE_SIZE}&offset={number * PAGE_SIZE}"
        try:
            answer = get(url, accept=_ACCEPT_RSS)
            require_same_tenant(answer, url, label, _DOMAIN)
            page = _items(answer)
        except OutboundError as error:
            if not number:
                raise
            reason = f"Page {number + 1} could not be read: {error.sentence}"
            break
        ids = {row["guid"] or row["link"] for row in page}
        if not ids - seen:
            # A page that is not full is the last one, even where the site ignores the offset.
            if page and len(rows) >= PAGE_SIZE:
                reason = f"Page {number + 1} repeats earlier ones."
            break
        rows.extend(page)
        seen |= ids
    else:
        reason = f"There are more than {PAGES_PER_READ * PAGE_SIZE:,} jobs; reading stopped there."
    return assemble(rows, _posting, paged=True, reason=reason)


def _items(answer: Answer) -> list[dict[str, Any]]:
    root = xml_root(answer, "rss", "a feed of jobs")
    return [_row(item) for item in root.iterfind("channel/item")]


def _row(item: Element) -> dict[str, Any]:
    names = ("title", "link", "guid", "description", "pubDate", "remoteStatus")
    return {
        **{name: text_at(item, name).strip() for name in names},
        "department": text_at(item, "{*}department"),
        "places": [
            {name: text_at(entry, f"{{*}}{name}") for name in ("name", "city", "country")}
            for entry in item.iterfind("{*}locations/{*}location")
        ],
    }


def _posting(row: dict[str, Any]) -> Posting:
    url, title = address(row["link"]), line(row["title"])
    external_id = identifier(row["guid"]) or _number(url)
    if not (external_id and title and url):
        raise Unparsed
    places = lines(
        place(entry["city"], country_name(entry["country"])) if entry["city"].strip() else entry["name"]
        for entry in row["places"]
    )
    location = line("; ".join(places))
    workplace_type, is_remote = presence(_WORKPLACES.get(row["remoteStatus"], "unknown"), None, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        location=location,
        locations=places,
        country_codes=country_codes(*(entry["country"] for entry in row["places"])),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row["department"]),
        posted_at=rfc822_time(row["pubDate"]),
        **describe(row["description"], url).fields(),
    )


def _number(url: str) -> str:
    """The number with which the address of a job begins: "7001234-systems-engineer"."""
    found = re.match(r"\d+", urlsplit(url).path.rstrip("/").rpartition("/")[2])
    return found.group() if found else ""


def _read_json(host: str, get: Get) -> Listing:
    rows: list[Any] = []
    url, reason = f"https://{host}/jobs.json", ""
    asked: set[str] = set()
    while url not in asked and len(asked) < PAGES_PER_READ:
        asked.add(url)
        try:
            answer = get(url, accept=_ACCEPT_FEED)
            require_same_tenant(answer, url, label, _DOMAIN)
            body = answer.json()
            rows.extend(require_list(body, answer, 'a feed with a list "items"', "items"))
        except OutboundError as error:
            if len(asked) == 1:
                raise
            reason = f"Page {len(asked)} could not be read: {error.sentence}"
            break
        following = address(mapping(body).get("next_url"))
        if not following:
            break
        if urlsplit(following).hostname != urlsplit(answer.url).hostname:
            reason = "The next page of the feed is on another site, which was not asked."
            break
        url = following
    else:
        reason = "The feed goes on in circles, or for too many pages; reading stopped."
    return assemble(rows, _feed_posting, paged=True, reason=reason)


def _feed_posting(row: dict[str, Any]) -> Posting:
    url, title = address(row.get("url")), line(row.get("title"))
    external_id = identifier(row.get("id")) or _number(url)
    if not (external_id and title and url):
        raise Unparsed
    fields = posting_fields(mapping(row.get("_jobposting")), url)
    if row.get("content_html"):
        fields.update(describe(row.get("content_html"), url).fields())
    fields.update(
        title=title,
        posted_at=iso_time(row.get("date_published")) or fields.get("posted_at"),
        employment_type=line(fields.get("employment_type"), WORD),
    )
    return Posting(external_id=external_id, url=url, apply_url=url, **fields)
