"""SAP SuccessFactors career sites: the pages of their search, and the page of each position for the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webapp.errors import Gone, Invalid, Malformed, OutboundError
from webapp.scrapers import _successfactors_api as by_api
from webapp.scrapers._countries import countries_of_places
from webapp.scrapers._dates import written_date
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import inner, is_cut_off, other_layout, page_text, tree_of, words
from webapp.scrapers._fields import WORD, identifier, iso_time, line, lines, mapping, presence, rfc822_time
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._paging import Page, Pages, read_pages
from webapp.scrapers._urls import board_host, board_url, is_within, joined, require_same_tenant
from webapp.scrapers._xml import text_at, texts_at, xml_root
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "SAP SuccessFactors"
kind: Literal["page"] = "page"

_SEARCH = "/search/?q=&sortColumn=referencedate&sortDirection=desc&startrow="
_TILES = "/tile-search-results/?q=&sortColumn=referencedate&sortDirection=desc&startrow="
_FEED = "/services/rss/job/?rows=100000"
# Parameters and paths that no other search page has.
_OWN_PARAMETERS = {"createNewAlert", "startrow", "sortColumn", "locationsearch", "optionsFacetsDD_country"}
_OWN_PATHS = {"tile-search-results", "googlefeed.xml"}
_OWN_DOMAIN = "jobs.hr.cloud.sap"
_TITLE = "a.jobTitle-link[href]"
_POSITION = re.compile(r"/job/[^/]{1,500}/(\d{1,20})(?:-[a-z]{2}_[A-Z]{2})?/?")
_TOTAL = re.compile(r"(\d[\d.,\s\u00a0]{0,10})\D*$")
_MORE = re.compile(r"\s*\+\s*\d+ more.{0,3}$", re.IGNORECASE)
_PLACE_IN_TITLE = re.compile(r"(.*\S)\s*\(([^()]{2,200}(?:\([^()]{1,60}\)[^()]{0,60})?)\)")
_META_DATE = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) (\d{2}) \d{2}:\d{2}:\d{2} [A-Z]{3,4} (\d{4})", re.ASCII)
_SHOWN = ("title", "location", "date", "department")


def recognise(url: str) -> BoardReference | None:
    """Search pages, feeds and hosts of career sites that no other system has. Most sites have a host of their own."""
    parts = board_url(url)
    if parts is None or is_within(parts.host, "successfactors.com") or is_within(parts.host, "successfactors.eu"):
        # What is there is an application of scripts, without a page that could be read.
        return None
    own = (
        (parts.segments == ("search",) and not _OWN_PARAMETERS.isdisjoint(parts.query))
        or parts.segment(0) in _OWN_PATHS
        or parts.segments[:3] == ("services", "rss", "job")
        or (is_within(parts.host, _OWN_DOMAIN) and parts.host != _OWN_DOMAIN)
    )
    return _reference(parts.host) if own else None


def from_token(token: str) -> BoardReference:
    """The career site at a host.

    Raises:
        Invalid: it is no host name.
    """
    parts = board_url(token)
    if parts is None or "." not in parts.host or parts.segments or parts.host != token.lower():
        raise Invalid(f"Name a SuccessFactors site by its host, such as jobs.example.com, instead of {token[:100]!r}.")
    return _reference(parts.host)


def _reference(host: str) -> BoardReference:
    return BoardReference(host, {"host": host}, f"https://{host}/search/?q=&startrow=0")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All positions of the site at `config["host"]`, with the details of those that are new or changed in the list.

    The list is the pages of the site's search; its API where the search is filled by script; its feed where there is
    neither.
    """
    site = f"https://{board_host(config, label)}"
    text = ""
    try:
        answer, text = _ask(site + _SEARCH + "0", get)
        tree = tree_of(text)
        if tree.css_first(_TITLE) is not None or _says_none(tree, text):
            pages = _searched(site, tree, answer, text, get, _SEARCH)
        elif "/tile-search-results" in text or "job-tile" in text:
            pages = _searched(site, None, answer, text, get, _TILES)
        elif by_api.is_shell(text):
            pages = by_api.read(site, text, get)
        else:
            raise other_layout(answer, "the list of positions", text)
    except (Gone, Malformed) as error:
        if isinstance(error, Malformed) and is_cut_off(text):
            raise
        pages = _from_feed(site, get, error)
    listing = assemble(
        pages.rows, lambda row: _posting(row, site), reported_total=pages.total, paged=True, reason=pages.reason
    )
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _ask(url: str, get: Get) -> tuple[Answer, str]:
    answer = get(url, accept="text/html")
    require_same_tenant(answer, url, label)
    return answer, page_text(answer)


def _says_none(tree: LexborHTMLParser, text: str) -> bool:
    """Whether a search page is one of SuccessFactors and says that nothing was found."""
    return tree.css_first('#attention, .noresults, [id*="noresults"]') is not None and (
        "jobs2web" in text.lower() or "successfactors" in text.lower()
    )


def _searched(site: str, first: LexborHTMLParser | None, answer: Answer, text: str, get: Get, address: str) -> Pages:
    def ask(number: int, offset: int) -> Page:
        tree, now, said = first, answer, text
        if number or tree is None:
            now, said = _ask(f"{site}{address}{offset}", get)
            tree = tree_of(said)
        rows = _rows(tree)
        if not rows and not number and not _says_none(tree, said):
            raise other_layout(now, "the list of positions", said)
        # Tiles are a piece of a page, the search is one.
        return Page(rows, _total(tree), whole=address == _TILES or not is_cut_off(said))

    return read_pages(ask, str)


def _total(tree: LexborHTMLParser) -> int | None:
    """The number of positions in "Results 1 – 25 of 1,253", in whatever language."""
    match = _TOTAL.search(words(tree.css_first(".paginationLabel"), WORD))
    digits = re.sub(r"\D", "", match.group(1)) if match else ""
    return int(digits) if digits else None


def _rows(tree: LexborHTMLParser) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for node in tree.css("tr.data-row, li.job-tile"):
        link = node.css_first(_TITLE)
        more = words(node.css_first(".jobLocation"))
        rows.append(
            {
                "title": words(link),
                "link": (link.attributes.get("href") if link else None) or node.attributes.get("data-url"),
                "location": _MORE.sub("", more) or words(_city(node)),
                "date": words(node.css_first(".jobDate"), WORD),
                "department": words(node.css_first(".jobDepartment")),
            }
        )
    return rows


def _city(node: LexborNode) -> LexborNode | None:
    return node.css_first('[id$="-section-city-value"], [id$="-section-location-value"]')


def _from_feed(site: str, get: Get, trouble: OutboundError) -> Pages:
    """The positions of the feed, whole if the sitemap names no others.

    Raises:
        OutboundError: `trouble`, which the search had, where there is no feed either.
    """
    try:
        answer = get(site + _FEED, accept="application/rss+xml")
        require_same_tenant(answer, site + _FEED, label)
        feed = xml_root(answer, "rss", "a feed of positions")
    except (Gone, Malformed) as error:
        raise trouble from error
    rows = []
    for item in feed.iterfind("channel/item"):
        title, where = _title_and_place(line(text_at(item, "title")), line(text_at(item, "{*}location")))
        markup = text_at(item, "description")
        rows.append(
            {
                "title": title,
                "link": text_at(item, "link"),
                "location": where,
                "date": text_at(item, "pubDate").strip(),
                "department": line(text_at(item, "{*}job_function")),
                "markup": markup if len(markup) > len(title) + 200 else "",
            }
        )
    listed = {_id_in(row["link"]) for row in rows}
    return Pages(rows, None, _unproved(site, listed, get))


def _unproved(site: str, listed: set[str], get: Get) -> str:
    """Why the positions of a feed may not be all; nothing if the site's map has no others."""
    try:
        answer = get(site + "/sitemap.xml", accept="application/xml")
        require_same_tenant(answer, site + "/sitemap.xml", label)
        mapped = {
            _id_in(link.strip()) for link in texts_at(xml_root(answer, "urlset", "a map of the site"), "{*}url/{*}loc")
        }
    except OutboundError as error:
        return f"Only the feed could be read, and there is no map of the site to prove it whole: {error.sentence}"
    mapped.discard("")
    if not mapped:
        return "Only the feed could be read, and the map of the site names no positions to prove it whole."
    missing = len(mapped - listed)
    return f"The map of the site names {missing} positions that the feed lacks." if missing else ""


def _title_and_place(title: str, where: str) -> tuple[str, str]:
    """Title and place of a feed, which writes the place in brackets after the title: "Engineer (m/f) (Munich, DE)"."""
    match = _PLACE_IN_TITLE.fullmatch(title)
    if match and (match.group(2) == where or ("," in match.group(2) and not where)):
        title, where = match.group(1), match.group(2)
    return title, _without_code(where)


def _without_code(where: str) -> str:
    """A place without its postal code, which the table of the same site does not show."""
    return re.sub(r"(?:,\s*[A-Z]{0,2}[\d -]{3,12})+$", "", where)


def _id_in(link: object) -> str:
    found = _POSITION.search(urlsplit(link).path) if isinstance(link, str) and len(link) < 2000 else None
    return found.group(1) if found else ""


def _posting(row: dict[str, Any], site: str) -> Posting:
    # What follows is of feeds and campaigns.
    url = joined(site + "/", row.get("link")).partition("?")[0]
    external_id = identifier(row.get("id")) or _id_in(unquote(url))
    title = line(row.get("title"))
    if not (external_id and title and url):
        raise Unparsed
    places = lines(row.get("places") or [row.get("location")])
    location = line("; ".join(places))
    workplace_type, is_remote = presence("unknown", None, location, title)
    date = row.get("date")
    text = describe(row.get("markup"), url)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        location=location,
        locations=places,
        country_codes=countries_of_places(places),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row.get("department")),
        posted_at=written_date(date) or iso_time(date) or rfc822_time(date),
        list_hash=list_hash(row.get(name) for name in (*_SHOWN, "places")),
        is_detailed=bool(text.description_text),
        **text.fields(),
    )


def _detailed(posting: Posting, get: Get) -> Posting:
    answer = get(posting.url, accept="text/html")
    if posting.external_id not in urlsplit(answer.url).path:
        raise Gone("The page of this position sends visitors elsewhere: it may be closed.", detail="not_found")
    text = page_text(answer)
    tree = tree_of(text)
    body = tree.css_first(
        '[data-careersite-propertyid="description"], [itemprop="description"], .jobdescription, .joqReqDescription'
    )
    # A position that is closed answers 200 with a page without it.
    if body is None or not words(body):
        raise other_layout(answer, "the text of the position", text)
    places = lines(
        _without_code(line(node.attributes.get("content")) or words(node))
        for node in tree.css('[itemprop="jobLocation"] [itemprop="streetAddress"]')
    )
    places = places or lines(words(node) for node in tree.css(".jobGeoLocation")) or posting.locations
    location = line("; ".join(places))
    workplace_type, is_remote = presence(posting.workplace_type, None, location, posting.title)
    employment = tree.css_first('[itemprop="employmentType"]')
    department = tree.css_first('[data-careersite-propertyid="department"]')
    link = tree.css_first('a[href*="/talentcommunity/apply/"]')
    posted = tree.css_first('[itemprop="datePosted"]')
    return replace(
        posting,
        apply_url=joined(posting.url, mapping(link.attributes if link else None).get("href")) or posting.apply_url,
        location=location,
        locations=places,
        country_codes=countries_of_places(places) or posting.country_codes,
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=words(department) or posting.department,
        employment_type=line(employment.attributes.get("content") or words(employment), WORD) if employment else "",
        posted_at=_meta_date(posted.attributes.get("content") if posted else None) or posting.posted_at,
        is_detailed=True,
        **describe(inner(body), posting.url).fields(),
    )


def _meta_date(value: object) -> datetime | None:
    """The day of "Thu Jul 09 00:00:00 UTC 2026", or of ISO 8601."""
    match = _META_DATE.fullmatch(line(value, WORD))
    if match is None:
        return iso_time(value)
    day = written_date("{1} {0} {2}".format(*match.groups()))
    return day.astimezone(UTC) if day else None
