"""Breezy HR: one answer lists all positions of a portal; texts come with it, or from one page per position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import urlsplit

from webapp.errors import Gone, Malformed, OutboundError
from webapp.scrapers._countries import country_codes, country_name
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import inner, other_layout, page_text, tree_of
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
    sequence,
    workplace,
)
from webapp.scrapers._html import describe
from webapp.scrapers._jsonld import job_postings, posting_fields
from webapp.scrapers._listing import Unparsed, assemble, require_list
from webapp.scrapers._urls import (
    NO_TENANT,
    board_host,
    board_url,
    company_in,
    host_tenant,
    require_same_tenant,
)
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "Breezy"
kind: Literal["api"] = "api"

_DOMAIN = "breezy.hr"
_RESERVED = NO_TENANT | {"developer"}
_ACCEPT_PAGE = "text/html"


def recognise(url: str) -> BoardReference | None:
    """Portals and positions of breezy.hr; the hosts of Breezy itself name none."""
    parts = board_url(url)
    company = host_tenant(parts, _DOMAIN, reserved=_RESERVED) if parts else ""
    return _reference(f"{company}.{_DOMAIN}") if company else None


def from_token(token: str) -> BoardReference:
    """The board of a company, or of its host.

    Raises:
        Invalid: it cannot be a Breezy company.
    """
    return _reference(f"{company_in(token, _DOMAIN, label, _RESERVED)}.{_DOMAIN}")


def _reference(host: str) -> BoardReference:
    return BoardReference(host.removesuffix(f".{_DOMAIN}"), {"host": host}, f"https://{host}/")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All positions of the portal at `config["host"]`, with the pages of those that are new or changed."""
    host = board_host(config, label)
    url = f"https://{host}/json"
    answer = get(url)
    require_same_tenant(answer, url, label)
    rows = require_list(answer.json(), answer, "a list of positions")
    listing = assemble(rows, _posting, reason="" if rows else _doubt_of_empty(host, get))
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, host, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _doubt_of_empty(host: str, get: Get) -> str:
    """Why an empty list may not be believed: names that nobody has get one too, but no portal.

    Raises:
        Gone: there is no such portal.
    """
    url = f"https://{host}/"
    try:
        answer = get(url, accept=_ACCEPT_PAGE)
        require_same_tenant(answer, url, label)
        known = "breezy-portal" in page_text(answer)
    except Malformed as error:
        if error.detail != "redirected":
            return f"The list is empty, and the portal could not be read: {error.sentence}"
        raise Gone(f"Breezy knows no portal {host}.", detail="not_found", status=error.status) from error
    except Gone:
        raise
    except OutboundError as error:
        return f"The list is empty, and the portal could not be read: {error.sentence}"
    return "" if known else "The list is empty, and nothing at that address looks like a portal of Breezy."


def _posting(row: dict[str, Any]) -> Posting:
    external_id, title, url = identifier(row.get("id")), line(row.get("name")), address(row.get("url"))
    if not (external_id and title and url):
        raise Unparsed
    first = row.get("location")
    entries = [first, *sequence(row.get("locations"))]
    places = lines(map(_place, entries))
    location = line("; ".join(places))
    remote = [mapping(entry).get("is_remote") for entry in entries]
    details = mapping(mapping(first).get("remote_details"))
    said = workplace(details.get("label"))
    flag = True if True in remote else mapping(first).get("is_remote")
    workplace_type, is_remote = presence(said if said != "onsite" else "unknown", flag, location, title)
    kinds = row.get("type")
    department = row.get("department")
    markup = row.get("description")
    has_text = isinstance(markup, str) and bool(markup.strip())
    posting = Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=f"{url}/apply" if "?" not in url else url,
        location=location,
        locations=places,
        country_codes=country_codes(*(_country(entry) for entry in entries)),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(mapping(department).get("name") if isinstance(department, dict) else department),
        employment_type=line(mapping(kinds).get("name") if isinstance(kinds, dict) else kinds, WORD),
        posted_at=iso_time(row.get("published_date")),
        is_detailed=has_text,
        **describe(markup, url).fields(),
    )
    if has_text:
        return posting
    seen = (title, places, workplace_type, posting.department, posting.employment_type, line(row.get("salary")))
    return replace(posting, list_hash=list_hash(seen))


def _place(entry: object) -> str:
    if isinstance(entry, str):
        return line(entry)
    node = mapping(entry)
    full = place(_name(node.get("city")), _name(node.get("state")), country_name(_country(node)))
    return full if _name(node.get("city")) else line(node.get("name")) or full


def _country(entry: object) -> str:
    country = mapping(entry).get("country")
    return line(mapping(country).get("id") or mapping(country).get("name") or country, WORD)


def _name(value: object) -> str:
    """Cities, states and countries are texts on some portals and objects with names on others."""
    return line(mapping(value).get("name") if isinstance(value, dict) else value, WORD)


def _detailed(posting: Posting, host: str, get: Get) -> Posting:
    if urlsplit(posting.url).hostname != host:
        raise Malformed("Its page is on another site, which was not asked.", detail="layout")
    answer = get(posting.url, accept=_ACCEPT_PAGE)
    require_same_tenant(answer, posting.url, label)
    text = page_text(answer)
    jobs = job_postings(text)
    if not jobs:
        return replace(posting, is_detailed=True, **_shown(answer, text, posting.url))
    fields = posting_fields(jobs[0], posting.url)
    wanted = ("description_html", "description_text", "salary_min", "salary_max", "salary_currency", "salary_period")
    return replace(
        posting,
        is_detailed=True,
        employment_type=posting.employment_type or fields["employment_type"],
        **{name: fields[name] for name in wanted},
    )


def _shown(answer: Answer, text: str, url: str) -> dict[str, Any]:
    """The description that the page itself shows.

    Raises:
        Malformed: it shows none, as where a script fills it in.
    """
    block = tree_of(text).css_first("div.description")
    if block is None:
        raise other_layout(answer, "the description", text)
    return describe(inner(block), url).fields()
