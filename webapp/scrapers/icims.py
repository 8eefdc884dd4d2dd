"""iCIMS portals: the pages of their search inside the frame, and the page of each position for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webapp.errors import Gone, Invalid, Malformed
from webapp.scrapers._countries import country_codes
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import inner, is_cut_off, next_element, other_layout, page_text, tree_of, words
from webapp.scrapers._fields import WORD, address, identifier, iso_time, line, lines, presence, workplace
from webapp.scrapers._html import describe
from webapp.scrapers._jsonld import job_postings, posting_fields
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._paging import Page, Pages, read_pages
from webapp.scrapers._urls import (
    api_host,
    board_host,
    board_url,
    host_tenant,
    is_label,
    joined,
    require_same_tenant,
    segment,
)
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "iCIMS"
kind: Literal["page"] = "page"

_DOMAIN = "icims.com"
_POSITION = re.compile(r"/jobs/(\d{1,20})/(?:([^/]{1,500})/)?job/?")
_PAGES = re.compile(r"\bPage\s+(\d{1,5})\s+of\s+(\d{1,5})\b", re.IGNORECASE)
_MOVED = re.compile(r"\btop\.location(?:\.href)?\s{0,5}=\s{0,5}[\"'](https?://[^\"'\s]{4,500})[\"']")
_NONE = re.compile(r"\bno (?:current |open |available |matching )?(?:jobs|positions|openings|results)\b", re.IGNORECASE)
_US_TIME = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})(?: \d{1,2}:\d{2} ?[AP]M)", re.ASCII)
_LINK = 'a[href*="/jobs/"]'
_CARDS = "li.iCIMS_JobCardItem, .iCIMS_JobListingRow, .iCIMS_JobsTable .row"
_MOST_CARDS = 1000
_TEXT = 100_000
_COUNTRY = re.compile(r"([A-Z]{2})(?:-.*)?")
# The names that portals give their fields; customers can rename them.
_FIELDS = {
    "location": ("job locations", "job location", "location", "locations", "job location(s)", "location(s)"),
    "department": ("category", "job category", "department", "job family", "function"),
    "employment": ("type", "job type", "position type", "employment type", "employment status", "job status"),
    "workplace": ("remote", "work model", "workplace type", "work arrangement", "work location type"),
    "date": ("posted date", "date posted", "job posted date", "posting date"),
}
_PAY = ("salary_min", "salary_max", "salary_currency", "salary_period")


def recognise(url: str) -> BoardReference | None:
    """Portals and positions below icims.com."""
    parts = board_url(url)
    name = host_tenant(parts, _DOMAIN) if parts else ""
    if parts is None or not name or (parts.segments and parts.segments[0] != "jobs"):
        return None
    # Customers' portals are careers-acme, jobs-acme and the like; other hosts are the vendor's own.
    return _reference(parts.host) if "-" in name else None


def from_token(token: str) -> BoardReference:
    """The portal at a host, such as careers-acme.icims.com, or of its name alone.

    Raises:
        Invalid: it can be none.
    """
    name = token.lower().removesuffix("." + _DOMAIN)
    if not is_label(name) or "-" not in name:
        raise Invalid(f"Name an iCIMS portal by its host, such as careers-acme.{_DOMAIN}, instead of {token[:100]!r}.")
    return _reference(f"{name}.{_DOMAIN}")


def _reference(host: str) -> BoardReference:
    return BoardReference(host, {"host": host}, f"https://{host}/jobs/search?ss=1")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All positions of the portal at `config["host"]`, with the texts of those that are new or changed in the list."""
    host = api_host(config) or board_host(config, label)
    pages = _pages(host, get)
    listing = assemble(pages.rows, _posting, paged=True, reason=pages.reason)
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _pages(host: str, get: Get) -> Pages:
    uncounted = False

    def ask(number: int, _: int) -> Page:
        nonlocal uncounted
        url = f"https://{host}/jobs/search?ss=1&pr={number}&in_iframe=1"
        answer = get(url, accept="text/html")
        require_same_tenant(answer, url, label)
        text = page_text(answer)
        tree = tree_of(text)
        rows = list(_rows(tree, url))
        if not rows:
            _require_a_portal(tree, text, answer)
        shown = words(tree.body, _TEXT)
        marker = _PAGES.search(shown)
        if marker is None:
            uncounted = uncounted or bool(rows) or _NONE.search(shown) is None
            return Page(rows, last=f"pr={number + 1}" not in text, whole=not is_cut_off(text))
        if rows and int(marker.group(1)) != number + 1:
            raise Malformed(f"Page {marker.group(1)} came where page {number + 1} was asked for.", detail="pages")
        return Page(rows, last=number + 1 >= int(marker.group(2)), whole=not is_cut_off(text))

    pages = read_pages(ask, lambda row: str(row["link"]))
    if uncounted and not pages.reason:
        pages.reason = "The list does not say how many pages it has."
    return pages


def _require_a_portal(tree: LexborHTMLParser, text: str, answer: Answer) -> None:
    """Refuse a page without positions that is no list of them.

    Raises:
        Gone: the portal has moved.
        Malformed: it is another page.
    """
    moved = _MOVED.search(text)
    if moved:
        raise Gone(f"This iCIMS portal has moved to {moved.group(1)}; watch that address instead.", detail="moved")
    if tree.css_first(".iCIMS_JobsTable, .iCIMS_ListingsPage, .iCIMS_SubHeader_Jobs, .iCIMS_MainWrapper") is None:
        raise other_layout(answer, "the list of positions", text)


def _rows(tree: LexborHTMLParser, base: str) -> Iterator[dict[str, Any]]:
    """The positions of a page, each by its card, or where there is none around it by its link alone."""
    seen: set[str] = set()
    for card in [*tree.css(_CARDS)[:_MOST_CARDS], *tree.css(_LINK)]:
        links = [card] if card.tag == "a" else card.css(_LINK)[:_MOST_CARDS]
        found = {number: link for link in reversed(links) if (number := _number(link, base))}
        if len(found) != 1 or seen.issuperset(found):
            # What holds several positions is no card.
            continue
        ((number, link),) = found.items()
        seen.add(number)
        said = _said(card)
        for tag in link.css(".sr-only, .field-label"):
            tag.decompose()
        yield {
            "id": number,
            "link": joined(base, link.attributes.get("href")).partition("?")[0],
            "title": words(link.css_first("h1, h2, h3, h4")) or words(link),
            **{name: next((said[key] for key in keys if said.get(key)), "") for name, keys in _FIELDS.items()},
        }


def _number(link: LexborNode, base: str) -> str:
    """The number of the position of this portal that a link leads to; "" if it leads elsewhere."""
    target = urlsplit(joined(base, link.attributes.get("href")))
    found = _POSITION.fullmatch(target.path)
    return found.group(1) if found and target.hostname == urlsplit(base).hostname else ""


def _said(card: LexborNode) -> dict[str, str]:
    """What the fields of a card say, by their names in small letters; a date as in its tooltip."""
    said: dict[str, str] = {}
    for name in card.css(".field-label, dt"):
        value = next_element(name)
        if value is None:
            continue
        tip = value.css_first("span[title]")
        exact = line(tip.attributes.get("title")) if tip is not None else line(value.attributes.get("title"))
        text = exact if _US_TIME.fullmatch(exact) else words(value)
        said.setdefault(words(name, WORD).rstrip(" :").lower(), text)
    return said


def _posting(row: dict[str, Any]) -> Posting:
    external_id, title, url = identifier(row["id"]), line(row["title"]), address(row["link"])
    if not (external_id and title and url):
        raise Unparsed
    places = lines(row["location"].split("|"))
    location = line("; ".join(places))
    workplace_type, is_remote = presence(workplace(row["workplace"]), None, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=address(url.rstrip("/").removesuffix("/job") + "/login"),
        location=location,
        locations=places,
        country_codes=_countries(places),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row["department"]),
        employment_type=line(row["employment"], WORD),
        posted_at=_day(row["date"]),
        list_hash=list_hash(
            [title, places, *(row[name] for name in ("department", "employment", "workplace", "date"))]
        ),
        is_detailed=False,
    )


def _countries(places: tuple[str, ...]) -> tuple[str, ...]:
    """The countries of places that iCIMS writes "US-TX-Houston"."""
    found = (_COUNTRY.fullmatch(place) for place in places)
    return country_codes(*(match.group(1) for match in found if match))


def _day(value: str) -> datetime | None:
    """The day of "11/6/2026 9:15 AM". Without AM or PM nothing says that the month comes first."""
    match = _US_TIME.fullmatch(value)
    return iso_time(f"{match.group(3)}-{match.group(1):0>2}-{match.group(2):0>2}") if match else None


def _detailed(posting: Posting, get: Get) -> Posting:
    answer = get(f"{posting.url}?in_iframe=1", accept="text/html")
    if f"/{segment(posting.external_id)}/" not in urlsplit(answer.url).path + "/":
        raise Gone("The page of this position sends visitors elsewhere: it may be closed.", detail="not_found")
    text = page_text(answer)
    said = next((posting_fields(job, posting.url) for job in job_postings(text)), {})
    if not said.get("description_text"):
        said |= describe(inner(tree_of(text).css_first(".iCIMS_JobContent")), posting.url).fields()
    if not said.get("description_text"):
        raise other_layout(answer, "the text of the position", text)
    places = posting.locations or said.get("locations", ())
    location = line("; ".join(places))
    kind_of_place = posting.workplace_type
    if kind_of_place == "unknown" and said.get("workplace_type"):
        kind_of_place = said["workplace_type"]
    workplace_type, is_remote = presence(kind_of_place, None, location, posting.title)
    return replace(
        posting,
        location=location,
        locations=places,
        country_codes=posting.country_codes or said.get("country_codes", ()),
        workplace_type=workplace_type,
        is_remote=is_remote,
        employment_type=posting.employment_type or said.get("employment_type", ""),
        posted_at=posting.posted_at or _published(said.get("posted_at")),
        is_detailed=True,
        description_html=said["description_html"],
        description_text=said["description_text"],
        **{name: said[name] for name in _PAY if said.get(name)},
    )


def _published(moment: datetime | None) -> datetime | None:
    """A date of the page's data. Some portals make it up from the time of the request; a real one is a midnight."""
    made_up = moment is not None and (moment.second or moment.microsecond or moment.minute % 15)
    return None if made_up else moment
