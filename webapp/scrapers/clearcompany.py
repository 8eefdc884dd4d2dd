"""ClearCompany: the XML of its career site HRM Direct lists every opening, and each opening's page has the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Literal
from urllib.parse import parse_qs, urljoin, urlsplit

from webapp.errors import Gone, Invalid, OutboundError, Refused, Unavailable
from webapp.scrapers._countries import country_codes
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import inner, other_layout, tree_of, words
from webapp.scrapers._fields import WORD, address, identifier, iso_time, line, lines, presence, workplace
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._urls import NO_BOARD, board_url, is_tenant, setting
from webapp.scrapers._xml import text_at, xml_root
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "ClearCompany"
kind: Literal["api"] = "api"

_DOMAIN = "hrmdirect.com"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_RESERVED = NO_BOARD | {"info", "blog", "go", "careers-api", "careers-content", "careers-page", "learn"}
_XML_TAGS = ("title", "referencenumber", "department", "office", "city", "state", "country", "date")
_KINDS = {"employment type", "job type", "position type", "type of employment"}
_ESCAPED = re.compile("[\udc80-\udcff]")
_C1 = re.compile("[\x80-\x9f]")
_US_DATE = re.compile(r"(\d{2})/(\d{2})/(\d{4})", re.ASCII)
_COUNTED = re.compile(r"[-–] (\d{1,6}) Jobs?$")


def recognise(url: str) -> BoardReference | None:
    """Career sites and openings of hrmdirect.com, and the addresses at clearcompany.com that lead to them."""
    parts = board_url(url)
    place = parts.under(_DOMAIN, "clearcompany.com") if parts else None
    if parts is None or place is None:
        return None
    name = place[0]
    if name == "careers-page" and parts.segment(0) == "jobs":
        name = parts.segment(1)
    elif place[1] != _DOMAIN and parts.segment(0) != "careers":
        return None
    return _reference(name) if is_tenant(name, _NAME, _RESERVED) else None


def from_token(token: str) -> BoardReference:
    """The career site {token}.hrmdirect.com.

    Raises:
        Invalid: it cannot be a customer's name.
    """
    if not is_tenant(token, _NAME, _RESERVED):
        raise Invalid(f"{token[:100]!r} is no ClearCompany customer: it is the name before .hrmdirect.com.")
    return _reference(token)


def _reference(name: str) -> BoardReference:
    name = name.lower()
    return BoardReference(name, {"name": name}, f"https://{name}.{_DOMAIN}/employment/job-openings.php?search=true")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All openings of `config["name"]`, with the texts of those that are new or changed in the list.

    Where the site's XML cannot be read, its page of openings is.
    """
    name = setting(config, "name", label)
    if not re.fullmatch(_NAME, name):
        raise Gone(f"There can be no ClearCompany customer {name[:100]!r}.", detail="not_found")
    site = f"https://{name}.{_DOMAIN}/employment/"
    try:
        listing = _from_xml(site, name, get)
    except OutboundError as error:
        if isinstance(error, Refused) or (isinstance(error, Unavailable) and error.status is None):
            raise
        # A 404 of the XML is that of the board; its page says the same, and is there where only the XML is broken.
        listing = _from_page(site, name, get, error)
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _ask(url: str, name: str, get: Get, accept: str) -> tuple[Answer, str]:
    """The answer and its text. Its bytes are UTF-8 and Windows-1252 side by side, whatever it declares."""
    answer = get(url, accept=accept)
    host = urlsplit(answer.url).hostname or ""
    if host.lower() != (urlsplit(url).hostname or ""):
        raise Gone(f"ClearCompany has no career site of {name}: it sent us to {host or 'another page'}.")
    text = _ESCAPED.sub(
        lambda byte: bytes([ord(byte.group()) - 0xDC00]).decode("cp1252", "replace"),
        answer.body.decode("utf-8", "surrogateescape"),
    )
    return answer, _C1.sub(lambda byte: bytes([ord(byte.group())]).decode("cp1252", "replace"), text)


def _from_xml(site: str, name: str, get: Get) -> Listing:
    answer, text = _ask(site + "xml.php", name, get, "application/xml, text/xml")
    clean = Answer(answer.status, answer.url, {"content-type": "text/xml; charset=utf-8"}, text.encode())
    source = xml_root(clean, "source", "a list of openings")
    rows = ({tag: line(text_at(job, "{*}" + tag)) for tag in _XML_TAGS} for job in source.iterfind("{*}job"))
    return assemble(_grouped(rows), lambda row: _posting(row, site))


def _grouped(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per opening of one per opening and place."""
    grouped: dict[str, dict[str, Any]] = {}
    for number, row in enumerate(rows):
        entry = grouped.setdefault(row["referencenumber"] or f"row {number}", {**row, "places": []})
        entry["places"].append((row["city"], row["state"], row["country"]))
    return list(grouped.values())


def _posting(row: dict[str, Any], site: str) -> Posting:
    external_id, title = identifier(row["referencenumber"]), line(row["title"])
    url = address(f"{site}job-opening.php?req={external_id}")
    if not (re.fullmatch(r"\d{1,20}", external_id) and title and url):
        raise Unparsed
    places = lines(", ".join(lines(place)) for place in row["places"])
    location = line("; ".join(places))
    workplace_type, is_remote = presence("unknown", None, line("; ".join((*places, row["office"]))), title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        location=location,
        locations=places,
        country_codes=country_codes(*(place[2] for place in row["places"])),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row["department"]),
        posted_at=_day(row["date"]),
        list_hash=list_hash([title, places, row["department"], row["office"], row["date"]]),
        is_detailed=False,
    )


def _day(value: str) -> datetime | None:
    """The day that a date names. Its hour and zone are wrong in the XML: always midnight of the East, called +0100."""
    if match := _US_DATE.fullmatch(value):
        return iso_time("{2}-{0}-{1}".format(*match.groups()))
    try:
        return iso_time(parsedate_to_datetime(value).date().isoformat())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


def _from_page(site: str, name: str, get: Get, trouble: OutboundError) -> Listing:
    answer, text = _ask(site + "job-openings.php?search=true", name, get, "text/html")
    tree = tree_of(text)
    cells = tree.css("tr[data-req-id]")
    empty = tree.css_first("#noOpeningsMsg") is not None
    if not cells and not empty:
        raise other_layout(answer, "the list of openings", text)
    rows = []
    for cell in cells:
        row: dict[str, Any] = dict.fromkeys(_XML_TAGS, "")
        row["referencenumber"] = line(cell.attributes.get("data-req-id"))
        for tag, selector in (
            ("title", "td.posTitle"),
            ("department", "td.departments"),
            ("office", "td.offices"),
            ("city", "td.cities"),
            ("state", "td.state"),
            ("country", "td.countries"),
        ):
            row[tag] = words(cell.css_first(selector))
        days = [said for said in (words(part) for part in cell.css("td")) if _US_DATE.fullmatch(said)]
        row["date"] = days[0] if len(days) == 1 else ""
        rows.append(row)
    counts = []
    for select in tree.css('select[name="dept"], select[name="state"], select[name="city"]'):
        found = [match for option in select.css("option") if (match := _COUNTED.search(words(option)))]
        counts.append(sum(int(match.group(1)) for match in found))
    links = (urljoin(site, line(link.attributes.get("href"))) for link in tree.css("a[href]"))
    reason = ""
    if any({"page", "offset"} & set(_query(link)) for link in links):
        reason = "The page of openings goes on with pages that we do not read."
    elif not empty and not any(counts):
        reason = f"The page of openings does not say how many there are, and the XML gave: {trouble.sentence}"
    # An opening of two places is counted twice, as it is listed.
    return replace(
        assemble(_grouped(rows), lambda row: _posting(row, site), reason=reason or _short(counts, len(rows))),
        reported_total=max(counts, default=None),
    )


def _short(counts: list[int], listed: int) -> str:
    most = max(counts, default=0)
    return f"The source says {most} positions and gave {listed}." if most > listed else ""


def _query(link: str) -> Iterable[str]:
    try:
        return parse_qs(urlsplit(link).query, max_num_fields=50)
    except ValueError:
        return ()


def _detailed(posting: Posting, get: Get) -> Posting:
    name = (urlsplit(posting.url).hostname or "").partition(".")[0]
    answer, text = _ask(posting.url, name, get, "text/html")
    tree = tree_of(text)
    body = tree.css_first(".jobDesc")
    # An opening that is closed answers 200 with a page that has none.
    if body is None:
        raise other_layout(answer, "the text of the opening", text)
    said: dict[str, str] = {}
    for row in tree.css(".viewFields tr"):
        said.setdefault(
            words(row.css_first(".viewFieldName"), WORD).rstrip(" :").lower(), words(row.css_first(".viewFieldValue"))
        )
    location = posting.location or said.get("location", "").strip(" ,")
    kind_of_place = workplace(said.get("workplace type"))
    if kind_of_place == "unknown":
        kind_of_place = posting.workplace_type
    workplace_type, is_remote = presence(kind_of_place, None, location, posting.title)
    return replace(
        posting,
        location=location,
        locations=posting.locations or lines([location]),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=posting.department or said.get("department", ""),
        employment_type=next((line(said[name], WORD) for name in said if name in _KINDS), ""),
        is_detailed=True,
        **describe(inner(body), posting.url).fields(),
    )
