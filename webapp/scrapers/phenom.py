"""Phenom career sites: the data in their search page, and the API behind that page for longer lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from webapp.errors import Gone, Invalid, Malformed, Refused
from webapp.scrapers._countries import country_codes
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import is_cut_off, other_layout, page_text, value_after
from webapp.scrapers._fields import WORD, address, identifier, iso_time, line, lines, mapping, place, presence, sequence
from webapp.scrapers._html import describe
from webapp.scrapers._jsonld import job_postings, posting_fields
from webapp.scrapers._listing import Unparsed, assemble, require_list, wrong_shape
from webapp.scrapers._paging import Page, Pages, count, read_pages
from webapp.scrapers._urls import board_host, board_url, is_tenant, require_same_tenant, segment, setting
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "Phenom"
kind: Literal["page"] = "page"

PAGE_SIZE = 100  # the largest that the API accepts

_REGION = re.compile(r"[a-z]{2}|[a-z]{2}-[a-z]{2,4}|global|apac|emea|amer|latam|mena")
_LANGUAGE = re.compile(r"[a-z]{2}")
_DATA = re.compile(r"\bphApp\.ddo\s{0,20}=\s{0,20}(?=\{)")
_SHOWN = ("title", "cityStateCountry", "location", "type", "category", "department", "postedDate", "applyUrl")
_PAY = ("salary_min", "salary_max", "salary_currency", "salary_period")


def recognise(url: str) -> BoardReference | None:
    """Search pages and positions below a region and a language, such as /us/en/search-results, on any host."""
    parts = board_url(url)
    if parts is None or "." not in parts.host or len(parts.segments) < 3:
        return None
    region, language, page = parts.segments[:3]
    if not (_REGION.fullmatch(region) and _LANGUAGE.fullmatch(language)):
        return None
    position = page == "job" and len(parts.segments) == 5 and re.search(r"\d", parts.segment(3)) is not None
    named = is_tenant(parts.host.partition(".")[0], reserved=set())
    return _reference(parts.host, region, language) if named and (page == "search-results" or position) else None


def from_token(token: str) -> BoardReference:
    """The career site of `host/region/language`, such as `careers.acme.com/us/en`.

    Raises:
        Invalid: it has another form.
    """
    reference = recognise(f"https://{token}/search-results") if token.count("/") == 2 else None
    if reference is None:
        raise Invalid(f"Write a Phenom site as host/region/language, such as careers.acme.com/us/en: {token[:100]!r}.")
    return reference


def _reference(host: str, region: str, language: str) -> BoardReference:
    path = f"{region}/{language}"
    return BoardReference(f"{host}/{path}", {"host": host, "path": path}, f"https://{host}/{path}/search-results")


@dataclass(frozen=True, slots=True)
class _Site:
    host: str
    region: str
    language: str

    @property
    def page(self) -> str:
        return f"https://{self.host}/{segment(self.region)}/{segment(self.language)}"


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All positions of a site in its language, with the texts of those that are new or changed in the list."""
    region, _, language = setting(config, "path", label).partition("/")
    if not region or not language or "/" in language:
        raise Malformed(f'This {label} board needs a "path" such as us/en in its settings.', detail="config")
    site = _Site(board_host(config, label), region, language)
    pages = _pages(site, get)
    listing = assemble(
        pages.rows, lambda row: _posting(row, site), reported_total=pages.total, paged=True, reason=pages.reason
    )
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _pages(site: _Site, get: Get) -> Pages:
    answer, text = _asked(site, 0, get)
    data = _data(answer, text)
    first = _page(data["eagerLoadRefineSearch"], answer) if "eagerLoadRefineSearch" in data else None
    if first is not None and (is_cut_off(text) or (first.total is not None and first.total <= len(first.rows))):
        return read_pages(lambda *_: replace(first, last=True, whole=not is_cut_off(text)), _name)
    try:
        return read_pages(lambda number, offset: _by_api(site, offset, get), _name)
    except (Refused, Gone, Malformed):
        # Some sites give their API only to browsers; the search page has the same rows, ten at a time.
        if first is None:
            raise
    return read_pages(lambda number, offset: _by_page(site, offset, get) if number else first, _name)


def _asked(site: _Site, offset: int, get: Get) -> tuple[Answer, str]:
    url = f"{site.page}/search-results" + (f"?from={offset}&s=1" if offset else "")
    answer = get(url, accept="text/html")
    require_same_tenant(answer, url, label)
    return answer, page_text(answer)


def _data(answer: Answer, text: str) -> dict[str, Any]:
    data = value_after(text, _DATA)
    if not isinstance(data, dict) or not data:
        raise other_layout(answer, "the data of the search", text)
    return data


def _by_page(site: _Site, offset: int, get: Get) -> Page:
    answer, text = _asked(site, offset, get)
    page = _page(_data(answer, text).get("eagerLoadRefineSearch"), answer)
    return replace(page, whole=not is_cut_off(text))


def _by_api(site: _Site, offset: int, get: Get) -> Page:
    url = f"https://{site.host}/widgets"
    body = {
        "lang": f"{site.language}_{site.region.replace('-', '_')}",
        "country": site.region,
        "deviceType": "desktop",
        "pageName": "search-results",
        "siteType": "external",
        "ddoKey": "refineSearch",
        "sortBy": "",
        "keywords": "",
        "global": True,
        "jobs": True,
        "counts": False,
        "all_fields": [],
        "selected_fields": {},
        "from": offset,
        "size": PAGE_SIZE,
    }
    answer = get(url, json=body)
    require_same_tenant(answer, url, label)
    return _page(mapping(answer.json()).get("refineSearch"), answer)


def _page(search: object, answer: Answer) -> Page:
    total = count(mapping(search).get("totalHits"))
    data = mapping(mapping(search).get("data"))
    if total == 0 and "jobs" not in data:
        return Page([], 0)
    if total is None:
        raise wrong_shape(search, answer, 'a search with "totalHits"')
    return Page(require_list(data, answer, 'a search with a list "jobs"', "jobs"), total)


def _name(row: object) -> str:
    parts = mapping(row)
    return identifier(parts.get("jobId")) or identifier(parts.get("reqId")) or identifier(parts.get("jobSeqNo"))


def _posting(row: dict[str, Any], site: _Site) -> Posting:
    external_id, title = _name(row), line(row.get("title"))
    url = address(f"{site.page}/job/{segment(external_id)}")
    if not (external_id and title and url):
        raise Unparsed
    where = (
        line(row.get("cityStateCountry"))
        or line(row.get("location"))
        or place(row.get("city"), row.get("state"), row.get("country"))
    )
    others = [*sequence(row.get("multi_location")), *sequence(row.get("multi_location_array"))]
    places = lines([where, *(mapping(entry).get("location") if isinstance(entry, dict) else entry for entry in others)])
    location = line("; ".join(places))
    workplace_type, is_remote = presence("unknown", None, location, title)
    text = describe(row.get("description"), url)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=address(row.get("applyUrl")) or url,
        location=location,
        locations=places,
        country_codes=country_codes(row.get("country")),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row.get("department")) or line(row.get("category")),
        employment_type=line(row.get("type"), WORD),
        posted_at=iso_time(row.get("postedDate")),
        list_hash=list_hash([places, *(row.get(name) for name in _SHOWN)]),
        is_detailed=bool(text.description_text),
        **text.fields(),
    )


def _detailed(posting: Posting, get: Get) -> Posting:
    answer = get(posting.url, accept="text/html")
    if segment(posting.external_id).lower() not in urlsplit(answer.url).path.lower():
        raise Gone("The page of this position sends visitors elsewhere: it may be closed.", detail="not_found")
    text = page_text(answer)
    said = next((posting_fields(job, posting.url) for job in job_postings(text)), {})
    if not said.get("description_text"):
        detail = mapping(mapping(mapping(value_after(text, _DATA)).get("jobDetail")).get("data"))
        said |= describe(mapping(detail.get("job")).get("description"), posting.url).fields()
    if not said.get("description_text"):
        raise other_layout(answer, "the text of the position", text)
    kind_of_place = posting.workplace_type
    if kind_of_place == "unknown" and said.get("workplace_type"):
        kind_of_place = said["workplace_type"]
    places = max(posting.locations, said.get("locations", ()), key=len)
    location = line("; ".join(places))
    workplace_type, is_remote = presence(kind_of_place, None, location, posting.title)
    return replace(
        posting,
        location=location,
        locations=places,
        country_codes=tuple(dict.fromkeys((*posting.country_codes, *said.get("country_codes", ())))),
        workplace_type=workplace_type,
        is_remote=is_remote,
        employment_type=posting.employment_type or said.get("employment_type", ""),
        posted_at=posting.posted_at or said.get("posted_at"),
        is_detailed=True,
        description_html=said["description_html"],
        description_text=said["description_text"],
        **{name: said[name] for name in _PAY if said.get(name)},
    )
