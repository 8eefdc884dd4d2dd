"""Any feed of positions: RSS, Atom, JSON Feed, and the XML that companies write for job search engines."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from webapp.errors import OutboundError
from webapp.scrapers._countries import country_codes, country_name
from webapp.scrapers._dates import written_date
from webapp.scrapers._details import list_hash
from webapp.scrapers._dom import heading
from webapp.scrapers._fields import (
    WORD,
    address,
    identifier,
    iso_time,
    line,
    lines,
    mapping,
    period,
    place,
    presence,
    rfc822_time,
    salary,
    workplace,
)
from webapp.scrapers._html import describe
from webapp.scrapers._jobpages import bare_host, page_address, page_reference, require_same_site
from webapp.scrapers._jsonld import posting_fields
from webapp.scrapers._listing import Unparsed, assemble, require_list, wrong_shape
from webapp.scrapers._urls import is_within, joined
from webapp.scrapers._xml import xml_root
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "Feed"
kind: Literal["api"] = "api"

PAGES_PER_READ = 40
_ACCEPT = (
    "application/rss+xml, application/atom+xml, application/feed+json, application/xml;q=0.9, application/json;q=0.9"
)
# The rows below each kind of document. Where they are called jobs, the document is an export of all of them.
_ROWS = {"rss": "item", "channel": "item", "RDF": "item", "feed": "entry", "source": "job", "jobs": "job"}
_EXPORTS = {"source", "jobs"}
_ATOM = "{http://www.w3.org/2005/Atom}"
_COMPLETE = "{http://purl.org/syndication/history/1.0}complete"
_TOTAL = "{*}totalResults"
_MAY_BE_CUT = "A feed may show only its newest entries, and this one does not say that it holds all positions."

_TITLE = ("title", "jobtitle", "job_title")
_LINK = ("link", "url", "joburl", "job_url", "adverturl", "applyurl", "apply_url")
_ID = ("guid", "id", "jobid", "job_id", "referencenumber", "reference", "requisitionid", "vacancyid", "identifier")
# "updated" and "modified" say when somebody last changed a position, not when it came.
_DATE = ("pubdate", "published", "dateposted", "date", "publishon", "issued")
_TEXT = ("encoded", "content", "description", "summary", "jobadvert")
_MORE_TEXT = {
    "responsibilities": "Responsibilities",
    "examplesofduties": "Duties",
    "requirements": "Requirements",
    "qualifications": "Qualifications",
    "benefits": "Benefits",
    "supplementalinformation": "Supplemental information",
}
_PLACES = ("location", "job_location", "joblocation")
_CITY, _REGION, _COUNTRY = ("city",), ("state", "region", "province"), ("country", "countrycode", "country_code")
_DEPARTMENT = ("department",)
_EMPLOYMENT = ("jobtype", "job_type", "employmenttype", "employment_type", "contracttype", "contract_type")
_WORKPLACE = ("workplacetype", "workplace_type", "remotetype", "remote_type", "remotestatus")
_PAY = (
    ("minimumsalary", "salary_min", "salarymin", "minsalary"),
    ("maximumsalary", "salary_max", "salarymax", "maxsalary"),
    ("salarycurrency", "salary_currency"),
    ("salaryinterval", "salary_period", "salaryperiod", "salary_interval"),
)


def recognise(url: str) -> None:
    """Nothing: whether a feed lists positions, its address does not say."""


def from_token(token: str) -> BoardReference:
    """The feed at an address.

    Raises:
        Invalid: it is none.
    """
    return page_reference(token, label)


@dataclass(frozen=True, slots=True)
class _Page:
    """One document of a feed: its rows, the address of the next one, the total it gives, whether it says it is all."""

    rows: list[dict[str, Any]]
    parse: Callable[[dict[str, Any]], Posting]
    following: str = ""
    total: int | None = None
    is_whole: bool = False


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All entries of the feed at `config["url"]`; `config["whole"]` is true where it is known to hold all positions."""
    url = page_address(config, label)
    # Only positions of a feed in several pages carry a hash: its first page alone says nothing about the others.
    answer = get(url, accept=_ACCEPT, conditional=not known)
    require_same_site(answer, url)
    page = first = _page(answer)
    rows = list(first.rows)
    asked, reason = {url, answer.url}, ""
    while page.following and not reason:
        if page.following in asked or len(asked) > PAGES_PER_READ:
            reason = "The feed goes on in circles, or for too many pages; reading stopped."
            break
        if not is_within(bare_host(page.following), bare_host(url)):
            reason = "The next page of the feed is on another site, which was not asked."
            break
        asked.add(page.following)
        try:
            answer = get(page.following, accept=_ACCEPT)
            require_same_site(answer, url)
            page = _page(answer)
        except OutboundError as error:
            reason = f"Page {len(asked)} could not be read: {error.sentence}"
            break
        rows.extend(page.rows)
    is_paged = bool(first.following)
    total = first.total
    is_proved = is_paged or first.is_whole or config.get("whole") is True or (total is not None and total == len(rows))
    mark = list_hash(["paged"]) if is_paged else ""
    return assemble(
        ({**row, "hash": mark} for row in rows),
        first.parse,
        reported_total=total,
        paged=is_paged,
        reason=reason or ("" if is_proved else _MAY_BE_CUT),
    )


def _page(answer: Answer) -> _Page:
    if answer.body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in {b"{", b"["}:
        return _json_page(answer)
    root = xml_root(answer, tuple(_ROWS), "a feed of positions")
    name = _local(root)
    rows = [_row(entry, answer.url) for entry in root.iterfind(f".//{{*}}{_ROWS[name]}")]
    holder = root.find("{*}channel")
    holder = root if holder is None else holder
    total = holder.findtext(_TOTAL, "").strip()
    following = next((link.get("href") for link in holder.iterfind(f"{_ATOM}link") if link.get("rel") == "next"), "")
    return _Page(
        rows,
        _posting,
        following=joined(answer.url, following),
        total=int(total) if re.fullmatch(r"\d{1,8}", total, re.ASCII) else None,
        is_whole=name in _EXPORTS or holder.find(_COMPLETE) is not None,
    )


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _row(entry: Element, base: str) -> dict[str, Any]:
    """What an entry says under the names that feeds use, as plain texts."""
    children: dict[str, list[Element]] = {}
    for child in entry:
        children.setdefault(_local(child).lower(), []).append(child)

    def texts(names: Iterable[str]) -> Iterator[str]:
        for name in names:
            for child in children.get(name, ()):
                text = "".join(child.itertext()).strip()
                if text:
                    yield text

    def first(names: Iterable[str]) -> str:
        return next(texts(names), "")

    markup = next(filter(None, (_markup(child) for name in _TEXT for child in children.get(name, ()))), "")
    more = (heading(title) + first([name]) for name, title in _MORE_TEXT.items() if first([name]))
    places = [_place_of(child) for name in _PLACES for child in children.get(name, ())]
    return {
        "title": first(_TITLE),
        "url": _link(children, base),
        "id": first(_ID) or next((value for name, value in entry.items() if name.endswith("}about")), ""),
        "date": first(_DATE),
        "markup": markup + "".join(more),
        "places": [entry for entry, _ in places],
        "countries": [first(_COUNTRY), *(country for _, country in places)],
        "city": [first(_CITY), first(_REGION), first(_COUNTRY)],
        "department": first(_DEPARTMENT),
        "employment": list(texts(_EMPLOYMENT)),
        "workplace": first(_WORKPLACE),
        "pay": [first(names) for names in _PAY],
    }


def _link(children: Mapping[str, list[Element]], base: str) -> str:
    found = [child for name in _LINK for child in children.get(name, ())]
    # An entry of Atom may link to its comments, its author and its attachments.
    found.sort(key=lambda child: child.get("rel", "alternate") != "alternate")
    texts = [child.get("href") or "".join(child.itertext()) for child in found]
    texts += ["".join(child.itertext()) for child in children.get("guid", ()) if child.get("isPermaLink") != "false"]
    for text in map(str.strip, texts):
        if text and (url := joined(base, f"https://{text}" if text.startswith("www.") else text)):
            return url
    return ""


def _place_of(element: Element) -> tuple[str, str]:
    """A place as text, of one text or of a city, a region and a country; and that country."""
    parts = {_local(child).lower(): "".join(child.itertext()) for child in element}
    if not parts:
        return "".join(element.itertext()), ""
    country = next((parts[name] for name in _COUNTRY if name in parts), "")
    region = next((parts[name] for name in _REGION if name in parts), "")
    return place(parts.get("city", ""), region, country_name(country)) or parts.get("name", ""), country


def _markup(element: Element) -> str:
    """The text of an element, which is markup itself; of XHTML inside of it, that."""
    if not len(element):
        return (element.text or "").strip()
    for inside in element.iter():
        inside.tag = _local(inside)
    return (element.text or "") + "".join(ElementTree.tostring(child, "unicode", "html") for child in element)


def _posting(row: dict[str, Any]) -> Posting:
    title, url = line(row["title"]), address(row["url"])
    external_id = identifier(row["id"]) or identifier(url)
    if not (title and url and external_id):
        raise Unparsed
    city, region, country = row["city"]
    places = lines(row["places"]) or lines([place(city, region, country_name(country))])
    location = line("; ".join(places))
    workplace_type, is_remote = presence(workplace(row["workplace"]), None, location, title)
    low, high, currency, per = row["pay"]
    pay = salary(low, high, currency, period(per)) if period(per) else salary(None, None, None, None)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        location=location,
        locations=places,
        country_codes=country_codes(*row["countries"]),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row["department"]),
        employment_type=line(", ".join(lines(row["employment"], WORD)), WORD),
        posted_at=iso_time(row["date"]) or written_date(row["date"]) or rfc822_time(row["date"]),
        list_hash=row["hash"],
        **pay.fields(),
        **describe(row["markup"], url).fields(),
    )


def _json_page(answer: Answer) -> _Page:
    body = answer.json()
    version = mapping(body).get("version")
    if not isinstance(version, str) or not re.fullmatch(r"https?://jsonfeed\.org/version/1(\.\d)?/?", version.strip()):
        raise wrong_shape(body, answer, 'a JSON Feed with its "version"')
    rows = require_list(body, answer, 'a JSON Feed with a list "items"', "items")
    return _Page(
        [row if isinstance(row, dict) else {} for row in rows],
        lambda row: _item(row, answer.url),
        following=joined(answer.url, mapping(body).get("next_url")),
    )


def _item(row: dict[str, Any], base: str) -> Posting:
    url = joined(base, row.get("url")) or joined(base, row.get("external_url"))
    title = line(row.get("title"))
    external_id = identifier(row.get("id")) or identifier(url)
    if not (title and url and external_id):
        raise Unparsed
    fields = posting_fields(mapping(row.get("_jobposting")), url)
    fields.update(title=title, posted_at=iso_time(row.get("date_published")) or fields["posted_at"])
    if row.get("content_html") or row.get("content_text"):
        fields.update(describe(row.get("content_html"), url, plain=row.get("content_text")).fields())
    if not row.get("_jobposting"):
        fields["workplace_type"], fields["is_remote"] = presence("unknown", None, "", title)
    return Posting(external_id=external_id, url=url, apply_url=url, list_hash=row["hash"], **fields)
