"""Oracle Recruiting Cloud: the API behind a Candidate Experience site lists requisitions in pages of 200."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from webapp.errors import Gone, Invalid, Malformed, OutboundError
from webapp.scrapers._countries import country_codes
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import heading
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
from webapp.scrapers._listing import Unparsed, assemble, require_list, wrong_shape
from webapp.scrapers._paging import Page, count, read_pages
from webapp.scrapers._urls import board_host, board_url, is_tenant, require_same_tenant, segment, setting
from webapp.values import BoardReference, Get, Listing, Posting, WorkplaceType

label = "Oracle Recruiting"
kind: Literal["api"] = "api"

PAGE_SIZE = 200  # the largest that the API accepts
# Whatever its total, the API shows no more.
_SHOWS = 10_000

_SITE = r"[A-Za-z0-9_-]{1,60}"
_LANGUAGE = re.compile(r"[a-z]{2}(-[A-Z]{2})?")
_PAGES = {"jobs", "job", "requisitions"}
_REST = ("hcmRestApi", "resources")
# No part of the address is encoded twice: the finder is read before it is decoded.
_LIST = (
    "recruitingCEJobRequisitions?onlyData=true&expand=requisitionList.workLocation,requisitionList.secondaryLocations"
    "&finder=findReqs;siteNumber={site},limit={limit},offset={offset},sortBy=POSTING_DATES_DESC"
)
_DETAIL = (
    "recruitingCEJobRequisitionDetails?expand=all&onlyData=true&finder=ById;Id=%22{requisition}%22,siteNumber={site}"
)
_LISTED = ("Title", "PostedDate", "PrimaryLocation", "WorkplaceTypeCode", "WorkplaceType", "JobSchedule")
_TEXTS = (
    ("", "ExternalDescriptionStr"),
    ("Responsibilities", "ExternalResponsibilitiesStr"),
    ("Qualifications", "ExternalQualificationsStr"),
    ("", "CorporateDescriptionStr"),
    ("", "OrganizationDescriptionStr"),
)


def recognise(url: str) -> BoardReference | None:
    """Candidate Experience sites, their postings and API, on Oracle's hosts and on those that stand before them."""
    parts = board_url(url)
    if parts is None:
        return None
    site = ""
    if parts.segments[:2] == ("hcmUI", "CandidateExperience") and parts.segment(3) == "sites":
        site = parts.segment(4)
    elif parts.segment(1) == "sites" and parts.segment(3) in _PAGES and _LANGUAGE.fullmatch(parts.segment(0)):
        # Companies' own hosts leave the beginning out.
        site = parts.segment(2)
    elif parts.segments[:2] == _REST and parts.segment(3).startswith("recruitingCEJobRequisition"):
        found = re.search(rf"siteNumber=({_SITE})(?:,|$)", parts.query.get("finder", ""))
        site = found.group(1) if found else ""
    pod = parts.host.partition(".")[0]
    if not is_tenant(pod, reserved=set()) or not is_tenant(site, _SITE, reserved=set()):
        return None
    return _reference(parts.host, site)


def from_token(token: str) -> BoardReference:
    """The board of `host/site`, such as `abcd.fa.us2.oraclecloud.com/CX_1`.

    Raises:
        Invalid: it has another form.
    """
    host, _, site = token.partition("/")
    reference = recognise(f"https://{host}/hcmUI/CandidateExperience/en/sites/{site}") if "/" not in site else None
    if reference is None or "." not in host:
        raise Invalid(f"Write an Oracle board as host/site, such as abcd.fa.us2.oraclecloud.com/CX_1: {token[:100]!r}.")
    return reference


def _reference(host: str, site: str) -> BoardReference:
    public = f"https://{host}/hcmUI/CandidateExperience/en/sites/{segment(site)}"
    return BoardReference(f"{host}/{site}", {"host": host, "site": site}, public)


@dataclass(frozen=True, slots=True)
class _Site:
    host: str
    name: str

    @property
    def api(self) -> str:
        return f"https://{self.host}/hcmRestApi/resources/latest/"

    def page(self, requisition: str) -> str:
        """The public page of a requisition."""
        public = f"https://{self.host}/hcmUI/CandidateExperience/en/sites/{segment(self.name)}"
        return address(f"{public}/job/{segment(requisition)}")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All requisitions of a site, with details for those that are new or changed in the list."""
    site = _Site(board_host(config, label), setting(config, "site", label))

    def ask(_: int, offset: int) -> Page:
        url = site.api + _LIST.format(site=segment(site.name), limit=PAGE_SIZE, offset=offset)
        answer = get(url)
        require_same_tenant(answer, url, label)
        body = answer.json()
        found = next(iter(require_list(body, answer, 'an object with a list "items"', "items")), None)
        expected = 'an "items" with a "requisitionList"'
        rows = require_list(found, answer, expected, "requisitionList")
        return Page(rows, count(mapping(found).get("TotalJobsCount")))

    pages = read_pages(ask, lambda row: identifier(mapping(row).get("Id")), limit=_SHOWS)
    reason = pages.reason if pages.rows else _why_empty(site, get)
    listing = assemble(
        pages.rows, lambda row: _posting(row, site), reported_total=pages.total, paged=True, reason=reason
    )
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, site, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _why_empty(site: _Site, get: Get) -> str:
    """Nothing if there is a site of that name, whose list then is empty; else why its list is not believed.

    Raises:
        Gone: there is no such site.
    """
    try:
        answer = get(f"{site.api}recruitingCESites/{segment(site.name)}?onlyData=true")
        body = mapping(answer.json())
    except (Gone, Malformed) as error:
        if isinstance(error, Gone):
            raise Gone(f"Oracle knows no site {site.name} at {site.host}.", detail="not_found") from error
        return f"The list is empty, and whether there is such a site is not known: {error.sentence}"
    except OutboundError as error:
        return f"The list is empty, and whether there is such a site could not be asked: {error.sentence}"
    if line(body.get("SiteName")) or line(body.get("SiteNumber")):
        return ""
    return "The list is empty, and Oracle does not name the site, as for one that does not exist."


def _posting(row: dict[str, Any], site: _Site) -> Posting:
    external_id, title = identifier(row.get("Id")), line(row.get("Title"))
    url = site.page(external_id)
    if not (external_id and title and url):
        raise Unparsed
    others = [mapping(entry) for entry in sequence(row.get("secondaryLocations"))]
    offices = [mapping(entry) for entry in sequence(row.get("workLocation"))]
    # Where one works is said apart from where one may live; it counts where the latter is not said.
    named = lines([row.get("PrimaryLocation"), *(entry.get("Name") for entry in others)])
    places = named or lines(
        place(entry.get("TownOrCity"), entry.get("Region"), entry.get("Country")) for entry in offices
    )
    location = line("; ".join(places))
    workplace_type, is_remote = presence(_workplace(row), None, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=_elsewhere(row) or url,
        location=location,
        locations=places,
        country_codes=country_codes(
            row.get("PrimaryLocationCountry"),
            *(entry.get("CountryCode") for entry in others),
            *([] if named else (entry.get("Country") for entry in offices)),
        ),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=_department(row),
        employment_type=line(row.get("JobSchedule"), WORD),
        posted_at=iso_time(row.get("PostedDate")),
        list_hash=list_hash([places, *(row.get(name) for name in _LISTED)]),
        is_detailed=False,
    )


def _elsewhere(row: dict[str, Any]) -> str:
    return address(row.get("ExternalURL")) or address(row.get("ExternalUrl"))


def _department(row: dict[str, Any]) -> str:
    return next(filter(None, (line(row.get(name)) for name in ("Department", "Category", "JobFunction"))), "")


def _workplace(row: dict[str, Any]) -> WorkplaceType:
    coded = workplace(line(row.get("WorkplaceTypeCode"), WORD).removeprefix("ORA_"))
    return coded if coded != "unknown" else workplace(row.get("WorkplaceType"))


def _detailed(posting: Posting, site: _Site, get: Get) -> Posting:
    answer = get(site.api + _DETAIL.format(requisition=segment(posting.external_id), site=segment(site.name)))
    value = answer.json()
    # Some versions give the requisition itself, most a list of one.
    rows = [value] if "Id" in mapping(value) else require_list(value, answer, 'an object with a list "items"', "items")
    if not rows:
        raise Gone("Oracle has no details of this requisition any more.", detail="not_found")
    body = mapping(rows[0])
    if identifier(body.get("Id")) != posting.external_id:
        raise wrong_shape(rows[0], answer, f'an object with the "Id" {posting.external_id[:40]}')
    said = _workplace(body)
    if said == "unknown":
        said = posting.workplace_type
    places = posting.locations or lines([body.get("PrimaryLocation")])
    location = posting.location or line("; ".join(places))
    workplace_type, is_remote = presence(said, None, location, posting.title)
    blocks: list[str] = []
    for name, part in _TEXTS:
        block = body.get(part)
        if isinstance(block, str) and block.strip():
            blocks += [heading(name), block]
    return replace(
        posting,
        apply_url=_elsewhere(body) or posting.apply_url,
        location=location,
        locations=places,
        country_codes=posting.country_codes or country_codes(body.get("PrimaryLocationCountry")),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=posting.department or _department(body),
        employment_type=posting.employment_type or line(body.get("JobSchedule"), WORD),
        posted_at=posting.posted_at or iso_time(body.get("ExternalPostedStartDate")),
        is_detailed=True,
        **describe("\n".join(blocks) or body.get("ShortDescriptionStr"), posting.url).fields(),
    )
