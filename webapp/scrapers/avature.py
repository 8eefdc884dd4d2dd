"""Avature: portals that list postings on web pages, a few on each, with one page per posting for the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webapp.errors import Invalid, Malformed, OutboundError
from webapp.scrapers._dates import written_date
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import inner, is_cut_off, other_layout, page_text, tree_of, words
from webapp.scrapers._fields import WORD, address, identifier, iso_time, line, lines, place, presence, workplace
from webapp.scrapers._html import describe
from webapp.scrapers._jsonld import job_postings
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._paging import Pages
from webapp.scrapers._urls import BoardUrl, board_host, board_url, is_tenant, segment, setting
from webapp.values import BoardReference, Get, Listing, Posting

label = "Avature"
kind: Literal["page"] = "page"

PAGES_PER_READ = 200

_LIST, _DETAILS = "SearchJobs", {"JobDetail", "FolderDetail", "PipelineDetail"}
_PAGES = {_LIST, "SearchJobsMaps", *_DETAILS, "JobInfo", "ApplicationMethods", "Login", "Register", "SaveJob"}
_SEGMENT = r"[\w.-]{1,80}"
_DETAIL_LINK = re.compile(
    r"/(?:Job|Folder|Pipeline)Detail(?:/(?:[^/?#]{1,300}/)?(\d{1,18})/?|\?(?:job|folder|pipeline)Id=(\d{1,18}))(?:[?#&]|$)"
)
_TOTAL = re.compile(r"(\d[\d,.]{0,11})(\+?)\s*(?:results?|items?|jobs?|positions?)\b", re.IGNORECASE)
_RANGE = re.compile(r"(\d[\d,.]{0,11})\s*[-–]\s*(\d[\d,.]{0,11})")
_NOTHING = re.compile(r"\bno (?:jobs|results|matches|positions|open roles)\b", re.IGNORECASE)
_POSTED = re.compile(r"\bposted(?: on| since)?:?\s+(\d{1,2}-[A-Za-z]{3,9}-\d{4})\b", re.IGNORECASE)
_PLACES = ("location", "locations", "duty station", "job location", "primary location")
_NAMED = {
    "department": ("department", "business area", "area of work", "job function", "function", "job family"),
    "employment_type": ("employment type", "contract type", "worker type", "position type", "job type", "hire type"),
    "workplace": ("work arrangement", "workplace type", "work model", "work location type", "remote"),
    "posted": ("posted since", "date posted", "posting date", "posted on", "posted date", "publication date"),
}


def recognise(url: str) -> BoardReference | None:
    """Portals and postings of {customer}.avature.net; elsewhere only addresses of the form …/SearchJobs."""
    parts = board_url(url)
    if parts is None:
        return None
    place_of = parts.under("avature.net")
    if place_of is not None and not is_tenant(place_of[0], r"[a-z0-9-]{1,60}"):
        return None
    prefix = _prefix(parts)
    named = len(prefix) < len(parts.segments)
    if place_of is None and not (named and parts.segments[len(prefix)] == _LIST):
        return None
    if not 1 <= len(prefix) <= 2 or not all(re.fullmatch(_SEGMENT, part) and part.strip(".") for part in prefix):
        return None
    if len(prefix) == 2 and not named and not re.fullmatch(r"[a-z]{2}(_[A-Z]{2})?", prefix[0]):
        return None
    return _reference(parts.host, "/".join(prefix))


def _prefix(parts: BoardUrl) -> tuple[str, ...]:
    """The segments of the portal, which come before the first that names one of its pages."""
    for index, part in enumerate(parts.segments):
        if part in _PAGES:
            return parts.segments[:index]
    return parts.segments


def from_token(token: str) -> BoardReference:
    """The board of `customer/portal`, or of `host/portal`.

    Raises:
        Invalid: it has another form.
    """
    host, _, portal = token.partition("/")
    host = host if "." in host else f"{host}.avature.net"
    reference = recognise(f"https://{host}/{portal}/{_LIST}") if portal else None
    if reference is None:
        raise Invalid(
            f"Write an Avature board as customer/portal, such as example/careers, instead of {token[:100]!r}."
        )
    return reference


def _reference(host: str, portal: str) -> BoardReference:
    config = {"host": host, "portal": portal}
    return BoardReference(f"{host}/{portal}".lower(), config, _list_url(host, portal))


def _list_url(host: str, portal: str) -> str:
    return f"https://{host}/{'/'.join(map(segment, portal.split('/')))}/{_LIST}"


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All postings of a portal, with the texts of those that are new or changed in the list."""
    url = _list_url(board_host(config, label), setting(config, "portal", label))
    pages = _pages(url, get)
    listing = assemble(pages.rows, _posting, reported_total=pages.total, paged=True, reason=pages.reason)
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _pages(url: str, get: Get) -> Pages:
    pages = Pages()
    seen: set[str] = set()
    address_of_page = url
    for number in range(1, PAGES_PER_READ + 1):
        try:
            answer = get(address_of_page, accept="text/html")
            _require_portal(answer.url, url)
            text = page_text(answer)
            tree = tree_of(text)
            rows = [row for article in tree.css("article.article--result") if (row := _row(article, url))]
            legend = _legend(tree)
            if not rows and not legend and not _NOTHING.search(words(tree.body, 20_000)):
                raise other_layout(answer, "the list of positions", text)
        except OutboundError as error:
            if number == 1:
                raise
            pages.reason = f"Page {number} could not be read: {error.sentence}"
            return pages
        total = _TOTAL.search(legend)
        if total:
            pages.total = max(_number(total.group(1)), pages.total or 0)
        if total and total.group(2):
            pages.reason = f"The portal only says that it has {total.group(1)} positions or more."
        if not pages.reason and is_cut_off(text):
            pages.reason = f"Page {number} came without its end."
        ids = {row["id"] for row in rows}
        if not rows or ids <= seen:
            pages.reason = pages.reason or (f"Page {number} repeats earlier ones." if rows and ids else "")
            break
        pages.rows.extend(rows)
        seen |= ids
        address_of_page = _next(tree, url, legend)
        if not address_of_page:
            break
    else:
        pages.reason = f"There are more than {PAGES_PER_READ} pages; reading stopped there."
    if pages.total is None and pages.rows and not pages.reason:
        pages.reason = "The portal does not say how many positions it has."
    return pages


def _require_portal(reached: str, url: str) -> None:
    """Refuse a page of another host or of another page than the list.

    Raises:
        Malformed: a redirect led there.
    """
    asked, came = urlsplit(url), urlsplit(reached)
    if asked.hostname != came.hostname or not came.path.lower().startswith(asked.path.lower()):
        raise Malformed(
            f"Avature redirected us from the portal of {asked.hostname} to another page; check the board's address.",
            detail="redirected",
        )


def _legend(tree: LexborHTMLParser) -> str:
    """What the portal says about the number of postings, such as "74 results 1-6 of 74 results"."""
    for node in tree.css(".list-controls__text__legend, .pagination__legend, .jobListTotalRecords"):
        said = line(f"{node.attributes.get('aria-label') or ''} {words(node)}")
        if re.search(r"\d", said):
            return said
    return ""


def _number(text: str) -> int:
    return int(re.sub(r"\D", "", text) or 0)


def _next(tree: LexborHTMLParser, url: str, legend: str) -> str:
    """The address of the page after this one, as the page itself links it; "" on the last."""
    for link in tree.css("a.paginationNextLink, .paginationNextLink a"):
        target = address(urljoin(url, line(link.attributes.get("href"), 2000)))
        parts, own = urlsplit(target), urlsplit(url)
        if parts.hostname == own.hostname and parts.path.lower().startswith(own.path.lower()) and parts.query:
            return target
    shown, total = _RANGE.search(legend), _TOTAL.search(legend)
    if shown and total and 0 < _number(shown.group(2)) < _number(total.group(1)):
        return f"{url}?jobOffset={_number(shown.group(2))}"
    return ""


def _row(article: LexborNode, url: str) -> dict[str, Any] | None:
    """What one entry of the list says; None of an entry that is a message and links to no posting."""
    for link in article.css("a[href]"):
        target = address(urljoin(url, line(link.attributes.get("href"), 2000)))
        found = _DETAIL_LINK.search(target)
        if found and urlsplit(target).hostname == urlsplit(url).hostname:
            break
    else:
        return None
    title = article.css_first(".article__header__text__title") or article.css_first("h3, h2") or link
    by_class = {
        part.removeprefix("list-item-").lower(): words(node)
        for node in article.css('[class*="list-item-"]')
        for part in (node.attributes.get("class") or "").split()
        if part.startswith("list-item-")
    }
    towns = place(*(by_class.get(name, "") for name in ("jobcity", "jobstate", "jobcountry")))
    # The class of a duty station holds a blank: it is two classes.
    location = by_class.get("location") or towns or by_class.get("duty") or by_class.get("joblocation") or ""
    posted = _POSTED.search(words(article, 4000)) or _POSTED.search("posted " + by_class.get("posted", ""))
    return {
        "id": found.group(1) or found.group(2),
        "title": words(title),
        "url": target,
        "location": location,
        "department": by_class.get("department") or by_class.get("family") or "",
        "employment_type": by_class.get("workertype") or "",
        "posted": posted.group(1) if posted else "",
    }


def _posting(row: dict[str, Any]) -> Posting:
    external_id, title, url = identifier(row["id"]), line(row["title"]), address(row["url"])
    if not (external_id and title and url):
        raise Unparsed
    location = line(row["location"])
    workplace_type, is_remote = presence("unknown", None, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        location=location,
        locations=lines([location]),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=row["department"],
        employment_type=line(row["employment_type"], WORD),
        posted_at=written_date(row["posted"]),
        list_hash=list_hash([title, url, location, row["department"], row["employment_type"]]),
        is_detailed=False,
    )


def _detailed(posting: Posting, get: Get) -> Posting:
    answer = get(posting.url, accept="text/html")
    if not _DETAIL_LINK.search(answer.url) or posting.external_id not in answer.url:
        raise Malformed("Avature sent us to another page than that of the posting.", detail="redirected")
    text = page_text(answer)
    tree = tree_of(text)
    said: dict[str, str] = {}
    blocks: list[LexborNode] = []
    for node in tree.css(".article__content__view__field"):
        value = node.css_first(".article__content__view__field__value")
        name = words(node.css_first(".article__content__view__field__label"), WORD).rstrip(" :").lower()
        if "field--rich-text" in (node.attributes.get("class") or "") or len(words(value, 1000)) > 200:
            blocks.append(node)
        elif name:
            said.setdefault(name, words(value))
    markup = "".join(map(_block, blocks)) or "".join(map(inner, tree.css("article.article--details .article__content")))
    if not markup.strip():
        raise other_layout(answer, "the text of the posting", text)
    towns = place(*(said.get(name, "") for name in ("city", "state", "state/prov/county", "country")))
    location = posting.location or next((said[name] for name in _PLACES if said.get(name)), "") or towns
    kind_of_place = workplace(_first(said, "workplace"))
    if kind_of_place == "unknown":
        kind_of_place = posting.workplace_type
    workplace_type, is_remote = presence(kind_of_place, None, location, posting.title)
    return replace(
        posting,
        location=location,
        locations=lines([location]),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=posting.department or line(_first(said, "department")),
        employment_type=posting.employment_type or line(_first(said, "employment_type"), WORD),
        posted_at=posting.posted_at or _date(_first(said, "posted")) or _published(text),
        is_detailed=True,
        **describe(markup, posting.url).fields(),
    )


def _first(said: Mapping[str, str], what: str) -> str:
    return next((said[name] for name in _NAMED[what] if said.get(name)), "")


def _block(node: LexborNode) -> str:
    name = words(node.css_first(".article__content__view__field__label"), WORD)
    title = "" if name.lower().rstrip(":") in {"", "description", "job description"} else f"<h3>{_escaped(name)}</h3>"
    return title + inner(node.css_first(".article__content__view__field__value"))


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def _date(text: str) -> datetime | None:
    return iso_time(text) or written_date(text)


def _published(text: str) -> datetime | None:
    return next((day for job in job_postings(text) if (day := _date(line(job.get("datePosted"), WORD)))), None)
