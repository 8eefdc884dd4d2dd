"""Workday career sites: a list in pages of 20, and one page per posting for what the list does not say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote, unquote

from webapp.errors import Gone, Invalid, Malformed, OutboundError
from webapp.scrapers._countries import country_codes
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._fields import (
    WORD,
    address,
    identifier,
    iso_time,
    line,
    lines,
    mapping,
    presence,
    sequence,
    workplace,
)
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble, require_list, wrong_shape
from webapp.scrapers._paging import Pages
from webapp.scrapers._urls import api_host, board_url, is_tenant, require_same_board, segment, setting
from webapp.values import BoardReference, Get, Listing, Posting

label = "Workday"
kind: Literal["api"] = "api"

PAGE_SIZE = 20  # the largest that the sites accept
PAGES_PER_READ = 200
# Some tenants count no further than this and start again at the first page.
_COUNTS_TO = 2000

# Unlike elsewhere, "Careers" and "jobs" are common names of sites.
_NO_SITE = {"wday", "job", "login", "recruiting", "robots.txt", "sitemap.xml", "favicon.ico"}
_SAMPLE = "myworkdayjobs.sample.test"
_REQUISITION = re.compile(r"[A-Za-z]{0,5}[-_]?\d{2,}")
_SEVERAL_PLACES = re.compile(r"\d+ Locations", re.IGNORECASE)
_HEADERS = {"Accept-Language": "en-US,en"}


def recognise(url: str) -> BoardReference | None:
    """Career sites, postings and API addresses of myworkdayjobs.com and myworkdaysite.com, with or without locale."""
    parts = board_url(url)
    place = parts.under("myworkdayjobs.com", "myworkdaysite.com", _SAMPLE) if parts else None
    if parts is None or place is None:
        return None
    sub, domain = place
    segments = parts.without_locale()
    if segments[:2] == ("wday", "cxs"):
        tenant, site = [*segments[2:4], "", ""][:2]
    elif domain == "myworkdaysite.com":
        tenant, site = [*segments[1:3], "", ""][:2] if segments[:1] == ("recruiting",) else ("", "")
    else:
        tenant, site = sub.partition(".")[0], segments[0] if segments else ""
    instance = sub if domain == "myworkdaysite.com" else sub.partition(".")[2]
    if not re.fullmatch(r"wd\d{1,3}", instance) or not is_tenant(tenant) or not is_tenant(site, reserved=_NO_SITE):
        return None
    return _reference(parts.host, tenant, site)


def from_token(token: str) -> BoardReference:
    """The board of `tenant.wd5/Site`, or of `host/tenant/Site`.

    Raises:
        Invalid: it has another form.
    """
    host, *rest = token.split("/")
    host = host if "." in host.partition(".")[2] else f"{host}.myworkdayjobs.com"
    if len(rest) == 1:
        rest = [host.partition(".")[0], *rest]
    sites = "/".join(("https:/", host, "wday/cxs", *rest, "jobs"))
    reference = recognise(sites) if len(rest) == 2 else None
    if reference is None:
        raise Invalid(f"Write a Workday board as tenant.wd5/Site or host/tenant/Site instead of {token[:100]!r}.")
    return reference


def _reference(host: str, tenant: str, site: str) -> BoardReference:
    config = {"host": host, "tenant": tenant, "site": site}
    return BoardReference(f"{host}/{tenant}/{site}".lower(), config, _public(host, tenant, site))


def _public(host: str, tenant: str, site: str) -> str:
    middle = f"recruiting/{segment(tenant)}/" if host.endswith("myworkdaysite.com") else ""
    return f"https://{host}/{middle}{segment(site)}"


@dataclass(frozen=True, slots=True)
class _Site:
    host: str
    tenant: str
    site: str

    @property
    def api(self) -> str:
        return f"https://{self.host}/wday/cxs/{segment(self.tenant)}/{segment(self.site)}"

    @property
    def page(self) -> str:
        return _public(self.host, self.tenant, self.site)


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All positions of a career site, with details for those that are new or changed in the list.

    A failing detail page costs its position only the details of this read; a site that refuses or fails is not
    asked for more of them.
    """
    host = api_host(config, "host")
    if not host:
        raise Malformed('This Workday board has no "host" in its settings; add it there.', detail="config")
    site = _Site(host, setting(config, "tenant", label), setting(config, "site", label))
    pages = _pages(site, get)
    ids = _external_ids(pages.rows)
    listing = assemble(
        pages.rows,
        lambda row: _posting(row, site, ids),
        reported_total=pages.total,
        paged=True,
        reason=pages.reason,
    )
    paths = {ids[_path(row)]: _path(row) for row in reversed(pages.rows) if _path(row) in ids}
    postings, warnings = with_details(
        listing.postings,
        known,
        lambda posting: _detailed(posting, _detail(site, paths[posting.external_id], get)),
    )
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _pages(site: _Site, get: Get) -> Pages:
    pages = Pages()
    seen: set[str] = set()
    for number in range(PAGES_PER_READ):
        try:
            rows, total = _page(site, number * PAGE_SIZE, get)
        except OutboundError as error:
            if number == 0:
                raise
            pages.reason = f"Page {number + 1} could not be read: {error.sentence}"
            return pages
        # Later pages often say 0.
        if pages.total is None or (total or 0) > pages.total:
            pages.total = total
        capped = pages.total == _COUNTS_TO and len(seen) >= _COUNTS_TO
        if not rows or (number and seen.issuperset(map(_path, rows))):
            if capped:
                pages.reason = f"Workday shows no more than {_COUNTS_TO:,} positions of a site; there may be more."
            elif rows:
                pages.reason = f"Page {number + 1} repeats earlier ones."
            return pages
        pages.rows.extend(rows)
        seen.update(map(_path, rows))
        if pages.total and len(seen) >= pages.total != _COUNTS_TO:
            return pages
    pages.reason = f"There are more than {PAGES_PER_READ * PAGE_SIZE:,} positions; reading stopped there."
    return pages


def _page(site: _Site, offset: int, get: Get) -> tuple[list[Any], int | None]:
    body = {"appliedFacets": {}, "limit": PAGE_SIZE, "offset": offset, "searchText": ""}
    try:
        answer = get(f"{site.api}/jobs", json=body, headers=_HEADERS)
    except OutboundError as error:
        if error.status != 422:
            raise
        raise Gone(
            f"Workday knows no site {site.site} of {site.tenant} at {site.host}.", detail="not_found", status=422
        ) from error
    require_same_board(answer, site.site, label)
    value = answer.json()
    rows = require_list(value, answer, 'an object with a list "jobPostings"', "jobPostings")
    total = value["total"] if type(value.get("total")) is int and 0 <= value["total"] < 10**9 else None
    return rows, total


def _path(row: object) -> str:
    """The path of a row's posting below the site, beginning with a slash; "" if it has none that can be used."""
    path = mapping(row).get("externalPath")
    if not isinstance(path, str) or not path.strip("/ "):
        return ""
    path = path.strip() if path.startswith("/") else "/job/" + path.strip().removeprefix("job/")
    path = quote(path[:1500].encode("utf-8", "ignore"), safe="/%:@!$&'()*+,;=~-._")
    return "" if {".", ".."} & set(path.split("/")) else path


def _tail(path: str) -> str:
    last = unquote(path.rstrip("/").rpartition("/")[2])
    tail = last.rpartition("_")[2]
    return identifier(tail if re.search(r"\d", tail) else last)


def _external_ids(rows: list[Any]) -> dict[str, str]:
    """The id of each path: its requisition, or the end of the path where that is missing or shared by copies."""
    claims: dict[str, set[str]] = {}
    for row in rows:
        path = _path(row)
        if path:
            first = line(next(iter(sequence(mapping(row).get("bulletFields"))), ""), WORD)
            claims.setdefault(first if _REQUISITION.fullmatch(first) else _tail(path), set()).add(path)
    ids: dict[str, str] = {}
    taken: set[str] = set()
    for claimed, paths in claims.items():
        for path in sorted(paths):
            name = claimed if len(paths) == 1 else _tail(path)
            ids[path] = identifier(path) if name in taken else name
            taken.add(ids[path])
    return ids


def _list_hash(row: dict[str, Any]) -> str:
    return list_hash(row.get(name) for name in ("title", "locationsText", "remoteType", "timeType", "bulletFields"))


def _posting(row: dict[str, Any], site: _Site, ids: Mapping[str, str]) -> Posting:
    path, title = _path(row), line(row.get("title"))
    external_id, url = ids.get(path, ""), address(site.page + path)
    if not (path and external_id and title and url):
        raise Unparsed
    location = line(row.get("locationsText"))
    if not location or _SEVERAL_PLACES.fullmatch(location):
        location = _place_in(path) or location
    workplace_type, is_remote = presence(workplace(row.get("remoteType")), None, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url + "/apply",
        location=location,
        locations=lines([location]),
        workplace_type=workplace_type,
        is_remote=is_remote,
        employment_type=line(row.get("timeType"), WORD),
        list_hash=_list_hash(row),
        is_detailed=False,
    )


def _place_in(path: str) -> str:
    parts = path.split("/")
    if len(parts) < 4 or parts[1] != "job":
        return ""
    return line(unquote(parts[2]).replace("---", " \x00 ").replace("-", " ").replace(" \x00 ", " - "))


def _detail(site: _Site, path: str, get: Get) -> dict[str, Any]:
    answer = get(site.api + path, headers=_HEADERS)
    value = answer.json()
    info = mapping(value).get("jobPostingInfo")
    if not isinstance(info, dict) or not info:
        raise wrong_shape(value, answer, 'an object with "jobPostingInfo"')
    return info


def _detailed(posting: Posting, info: dict[str, Any]) -> Posting:
    places = lines([info.get("location"), *sequence(info.get("additionalLocations"))]) or posting.locations
    url = address(info.get("externalUrl")) or posting.url
    location = places[0] if places else posting.location
    title = line(info.get("title")) or posting.title
    flag = info.get("remote")
    kind_of_place = workplace(info.get("remoteType"))
    if kind_of_place == "unknown" and not isinstance(flag, bool):
        kind_of_place = posting.workplace_type
    workplace_type, is_remote = presence(kind_of_place, flag, location, title)
    country = info.get("country")
    return replace(
        posting,
        title=title,
        url=url,
        apply_url=url + "/apply",
        location=location,
        locations=places,
        country_codes=country_codes(
            mapping(country).get("descriptor") or mapping(country).get("alpha2Code") or country
        ),
        workplace_type=workplace_type,
        is_remote=is_remote,
        employment_type=line(info.get("timeType"), WORD) or posting.employment_type,
        posted_at=iso_time(info.get("startDate")),
        is_detailed=True,
        **describe(info.get("jobDescription"), url).fields(),
    )
