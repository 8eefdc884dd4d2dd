"""Jobvite: one XML feed with all positions of a company, whose key only its careers page tells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webapp.errors import Gone, Invalid, Malformed, OutboundError
from webapp.scrapers._countries import countries_of_places
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import inner, is_cut_off, other_layout, page_text, tree_of, words
from webapp.scrapers._fields import WORD, address, identifier, iso_time, line, lines, presence
from webapp.scrapers._html import describe
from webapp.scrapers._jsonld import job_postings, posting_fields
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._paging import Page, Pages, read_pages
from webapp.scrapers._urls import NO_BOARD, board_url, is_tenant, require_same_board, segment, setting
from webapp.scrapers._xml import text_at, texts_at, xml_root
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "Jobvite"
kind: Literal["api"] = "api"

_HOST = "jobs.jobvite.com"
_FEED = "https://app.jobvite.com/CompanyJobs/Xml.aspx?c="
# Without these a company with a site of its own sends every visitor there.
_FRAMED = "fr=true&nl=1"
_NAME = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}"
_RESERVED = NO_BOARD | {"companyjobs", "__assets__", "info"}
_KEY = re.compile(r"\bcompanyEId\s{0,5}:\s{0,5}[\"']([A-Za-z0-9]{6,16})[\"']")
_ID = re.compile(r"[A-Za-z0-9_-]{4,64}")
_LINK = 'a[href*="/job/"]'
_US_DATE = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)
_COUNTED = re.compile(r"\d{1,6}\s*[-–]\s*\d{1,6} of (\d{1,6})")
_NONE = {"there are currently no open jobs.", "no results found."}
_SHOWN = ("title", "department", "date", "employment", "apply")
_MORE = ("employment_type", "salary_min", "salary_max", "salary_currency", "salary_period")


def recognise(url: str) -> BoardReference | None:
    """Boards and positions of jobs.jobvite.com."""
    parts = board_url(url)
    if parts is None or parts.host != _HOST:
        return None
    name = parts.segment(1 if parts.segment(0) == "careers" else 0)
    return _reference(name) if is_tenant(name, _NAME, _RESERVED) else None


def from_token(token: str) -> BoardReference:
    """The board of a company.

    Raises:
        Invalid: it cannot be a company's name.
    """
    if not is_tenant(token, _NAME, _RESERVED):
        raise Invalid(f"{token[:100]!r} is no Jobvite company: it is the name after {_HOST}/.")
    return _reference(token)


def _reference(name: str) -> BoardReference:
    name = name.lower()
    return BoardReference(name, {"company": name}, f"https://{_HOST}/{name}/jobs")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All positions of `config["company"]`: those of its feed, or of the pages of its search where it has none.

    The texts of those that the feed has none of are read from their pages.
    """
    company = setting(config, "company", label)
    board = f"https://{_HOST}/{segment(company)}"
    _, text = _ask(f"{board}?{_FRAMED}", company, get)
    key = _KEY.search(text)
    try:
        pages = _from_feed(key.group(1), get) if key else None
    except OutboundError as error:
        # A feed that is broken, that asks for patience or could not be reached is there again another time.
        if not isinstance(error, Gone) and error.status != 403 and error.detail != "html":
            raise
        pages = None
    if pages is None:
        pages = _from_pages(board, company, get)
    listing = assemble(
        pages.rows, lambda row: _posting(row, board), reported_total=pages.total, paged=True, reason=pages.reason
    )
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _ask(url: str, name: str, get: Get) -> tuple[Answer, str]:
    answer = get(url, accept="text/html")
    if (urlsplit(answer.url).hostname or "") == "search.jobvite.com":
        raise Gone(f"Jobvite knows no company {name}.", detail="not_found")
    require_same_board(answer, name, label)
    return answer, page_text(answer)


def _from_feed(key: str, get: Get) -> Pages:
    answer = get(_FEED + key, accept="application/xml, text/xml")
    reached = urlsplit(answer.url)
    if reached.path.lower().endswith("/nojobs.htm") and (reached.hostname or "").endswith(".jobvite.com"):
        return Pages()
    if not reached.path.lower().endswith("/xml.aspx"):
        raise Malformed(f"The feed of Jobvite sent us to {reached.hostname}.", detail="redirected")
    result = xml_root(answer, "result", "a feed of positions")
    return Pages([_row(job) for job in result.iterfind("{*}job")])


def _row(job: Element) -> dict[str, Any]:
    def first(*names: str) -> str:
        return next(filter(None, (line(text_at(job, "{*}" + name)) for name in names)), "")

    return {
        "id": first("id"),
        "title": first("title"),
        "department": first("category", "department"),
        "places": list(lines(texts_at(job, "{*}location"))),
        "date": first("date"),
        "employment": first("jobtype", "job-type", "job_type"),
        "apply": first("apply-url", "apply_url"),
        "markup": text_at(job, "{*}description"),
    }


def _from_pages(board: str, company: str, get: Get) -> Pages:
    """The positions of the search, 50 on a page. A page that does not count them proves nothing."""
    uncounted = False

    def ask(number: int, _: int) -> Page:
        nonlocal uncounted
        answer, text = _ask(f"{board}/search?p={number}&{_FRAMED}", company, get)
        tree = tree_of(text)
        rows = _rows(tree, board, company)
        counted = _COUNTED.search(words(tree.css_first(".jv-pagination-text"), WORD))
        none = any(words(node).lower() in _NONE for node in tree.css("p"))
        if not rows and not none and not counted:
            raise other_layout(answer, "the list of positions", text)
        uncounted = bool(rows) and counted is None
        return Page(rows, int(counted.group(1)) if counted else None, last=not counted, whole=not is_cut_off(text))

    pages = read_pages(ask, lambda row: str(row["id"]))
    if uncounted and not pages.reason:
        pages.reason = "The page of positions does not say how many there are."
    return pages


def _rows(tree: LexborHTMLParser, board: str, company: str) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    links = tree.css(_LINK)
    # Links below each element around them, counted once for all, so that a page of many links takes no square of time.
    below = Counter(around.mem_id for link in links for around in _around(link))
    pattern = re.compile(rf"/(?:careers/)?{re.escape(segment(company))}/job/({_ID.pattern})/?", re.IGNORECASE)
    for link in links:
        found = pattern.fullmatch(_path(board, link.attributes.get("href")))
        if found is None:
            continue
        where = link.css_first(".jv-job-list-location, .jv-job-name > span") or _beside(link, below)
        for tag in link.css(".jv-tag-new, .jv-job-list-location, .jv-job-name > span"):
            if where is None or tag.mem_id != where.mem_id:
                tag.decompose()
        place = words(where)
        title = words(link.css_first(".jv-job-list-name, .title")) or words(link).removesuffix(place).strip()
        rows.setdefault(found.group(1), {"id": found.group(1), "title": title, "places": [place] if place else []})
    return list(rows.values())


def _path(base: str, link: object) -> str:
    try:
        return urlsplit(urljoin(base + "/", link)).path if isinstance(link, str) else ""
    except ValueError:
        return ""


def _around(link: LexborNode) -> Iterator[LexborNode]:
    """The elements around a link, from the nearest, as far as a row of a list reaches."""
    node = link.parent
    for _ in range(4):
        if node is None:
            return
        yield node
        node = node.parent


def _beside(link: LexborNode, below: Mapping[int, int]) -> LexborNode | None:
    """The place in the row of a link: the nearest element around it that has one, and no second link."""
    for node in _around(link):
        if below[node.mem_id] > 1:
            return None
        found = node.css_first(".jv-job-list-location")
        if found is not None:
            return found
    return None


def _posting(row: dict[str, Any], board: str) -> Posting:
    external_id, title = identifier(row.get("id")), line(row.get("title"))
    url = address(f"{board}/job/{segment(external_id)}")
    if not (_ID.fullmatch(external_id) and title and url):
        raise Unparsed
    places = lines(row["places"])
    location = line("; ".join(places))
    workplace_type, is_remote = presence("unknown", None, location, title)
    text = describe(row.get("markup"), url)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=address(row.get("apply")) or url + "/apply",
        location=location,
        locations=places,
        country_codes=countries_of_places(places),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row.get("department")),
        employment_type=line(row.get("employment"), WORD),
        posted_at=_day(row.get("date")),
        list_hash=list_hash([places, *(row.get(name) for name in _SHOWN)]),
        is_detailed=bool(text.description_text),
        **text.fields(),
    )


def _day(value: object) -> datetime | None:
    """The day of "7/21/2026", which Jobvite writes as in the United States."""
    match = _US_DATE.fullmatch(line(value, WORD))
    return iso_time(f"{match.group(3)}-{match.group(1):0>2}-{match.group(2):0>2}") if match else None


def _detailed(posting: Posting, get: Get) -> Posting:
    answer, text = _ask(f"{posting.url}?{_FRAMED}", posting.external_id, get)
    said = next((posting_fields(job, posting.url) for job in job_postings(text)), {})
    if not said.get("description_text"):
        body = tree_of(text).css_first(".jv-job-detail-description")
        said |= describe(inner(body), posting.url).fields()
    if not said.get("description_text"):
        raise other_layout(answer, "the text of the position", text)
    places = max(posting.locations, said.get("locations", ()), key=len)
    location = line("; ".join(places))
    workplace_type, is_remote = presence(posting.workplace_type, None, location, posting.title)
    return replace(
        posting,
        location=location,
        locations=places,
        country_codes=said.get("country_codes") or posting.country_codes,
        workplace_type=workplace_type,
        is_remote=is_remote,
        posted_at=posting.posted_at or said.get("posted_at"),
        is_detailed=True,
        description_html=said["description_html"],
        description_text=said["description_text"],
        **{name: said[name] for name in _MORE if said.get(name)},
    )
