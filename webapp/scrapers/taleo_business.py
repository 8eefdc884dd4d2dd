"""Oracle Taleo Business Edition: web pages that list ten postings each, and one page per posting with its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import parse_qs, urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webapp.errors import Invalid, Malformed, OutboundError
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import inner, is_cut_off, other_layout, page_text, tree_of, words
from webapp.scrapers._fields import identifier, line, lines, presence
from webapp.scrapers._html import describe
from webapp.scrapers._jsonld import job_postings, posting_fields
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._paging import Pages
from webapp.scrapers._urls import board_host, board_url, require_same_tenant, segment, setting
from webapp.values import BoardReference, Get, Listing, Posting

label = "Taleo Business Edition"
kind: Literal["page"] = "page"

PAGE_SIZE = 10
PAGES_PER_READ = 200

_HOST = re.compile(r"([a-z]{3})\.tbe\.taleo\.net")
_PARTITION = r"[a-z]{3}\d{2}"
_ORG = r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}"
_CWS = r"[1-9]\d{0,9}"


def recognise(url: str) -> BoardReference | None:
    """Career sites and requisitions of {xyz}.tbe.taleo.net that name their organisation and site."""
    parts = board_url(url)
    cluster = _HOST.fullmatch(parts.host) if parts else None
    if parts is None or cluster is None:
        return None
    partition = parts.segment(0).lower()
    org, cws = parts.query.get("org", ""), parts.query.get("cws", "")
    if not re.fullmatch(_PARTITION, partition) or parts.segments[1:3] != ("ats", "careers"):
        return None
    if not re.fullmatch(_ORG, org) or not re.fullmatch(_CWS, cws):
        return None
    return _reference(parts.host, partition, org.upper(), cws)


def from_token(token: str) -> BoardReference:
    """The board of `partition/organisation/site`.

    Raises:
        Invalid: it has another form.
    """
    partition, org, cws, *rest = [*token.split("/"), "", ""]
    reference = recognise(
        f"https://{partition[:3].lower()}.tbe.taleo.net/{partition}/ats/careers/v2/searchResults?org={org}&cws={cws}"
    )
    if reference is None or any(rest):
        raise Invalid(f"Write a board as partition/ORGANISATION/site, such as abc01/EXAMPLE/37, not {token[:100]!r}.")
    return reference


def _reference(host: str, partition: str, org: str, cws: str) -> BoardReference:
    config = {"host": host, "partition": partition, "org": org, "cws": cws}
    return BoardReference(f"{org}/{cws}".lower(), config, _list_url(host, partition, org, cws))


def _list_url(host: str, partition: str, org: str, cws: str) -> str:
    query = f"org={segment(org)}&cws={segment(cws)}"
    return f"https://{host}/{segment(partition)}/ats/careers/v2/searchResults?{query}"


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All requisitions of a career site, with the texts of those that are new or changed in the list."""
    url = _list_url(board_host(config, label), *(setting(config, name, label) for name in ("partition", "org", "cws")))
    pages = _pages(url, get)
    listing = assemble(
        pages.rows, lambda row: _posting(row, url), reported_total=pages.total, paged=True, reason=pages.reason
    )
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _pages(url: str, get: Get) -> Pages:
    pages = Pages()
    seen: set[str] = set()
    for number in range(PAGES_PER_READ):
        address_of_page = f"{url}&rowFrom={number * PAGE_SIZE}" if number else url
        try:
            answer = get(address_of_page, accept="text/html")
            require_same_tenant(answer, address_of_page, label)
            text = page_text(answer)
            tree = tree_of(text)
            total = words(tree.css_first("span.oracletaleocwsv2-panel-number")).replace(",", "")
            links = [link for link in tree.css('a[href*="viewRequisition"]') if words(link)]
            if "oracletaleocwsv2" not in text.lower():
                raise other_layout(answer, "the list of positions", text)
        except OutboundError as error:
            if number == 0:
                raise
            pages.reason = f"Page {number + 1} could not be read: {error.sentence}"
            return pages
        rows = [row for link in links if (row := _row(link, url))]
        if re.fullmatch(r"\d{1,9}", total):
            pages.total = max(int(total), pages.total or 0)
        ids = {row["id"] for row in rows}
        if not rows and not number and pages.total is None:
            # Some sites show the search form instead of its results to whoever brings no cookie.
            pages.reason = "The page lists nothing and does not say that there is nothing."
        if not number and is_cut_off(text):
            pages.reason = pages.reason or "The page came without its end."
        if not rows or ids <= seen:
            pages.reason = pages.reason or (f"Page {number + 1} repeats earlier ones." if rows else "")
            return pages
        pages.rows.extend(row for row in {row["id"]: row for row in rows}.values())
        seen |= ids
        if (pages.total is not None and len(seen) >= pages.total) or not _goes_on(tree, pages.total, number):
            return pages
    pages.reason = f"There are more than {PAGES_PER_READ * PAGE_SIZE:,} positions; reading stopped there."
    return pages


def _goes_on(tree: LexborHTMLParser, total: int | None, number: int) -> bool:
    """Whether there is a page after page `number`: by the total, or by the link to it where no total is shown."""
    if total is not None:
        return (number + 1) * PAGE_SIZE < total
    return tree.css_first("a.jscroll-next") is not None


def _row(link: LexborNode, url: str) -> dict[str, Any] | None:
    target = urljoin(url, line(link.attributes.get("href"), 2000))
    try:
        query = parse_qs(urlsplit(target).query, max_num_fields=20)
    except ValueError:
        return None
    rid = next(iter(query.get("rid", [])), "")
    if not re.fullmatch(r"\d{1,18}", rid):
        return None
    block: LexborNode | None = link
    for _ in range(3):
        block = block.parent if block is not None else None
        if block is not None and "oracletaleocwsv2-accordion-head-info" in (block.attributes.get("class") or ""):
            break
    said = [words(part) for part in block.css("div")] if block is not None else []
    # Which columns are shown is the customer's choice; the place is the last of them.
    return {"id": rid, "title": words(link), "location": next((part for part in reversed(said) if part), "")}


def _posting(row: dict[str, Any], url: str) -> Posting:
    external_id, title = identifier(row["id"]), line(row["title"])
    if not (external_id and title):
        raise Unparsed
    own = url.replace("/searchResults?", "/viewRequisition?") + f"&rid={external_id}"
    location = line(row["location"])
    workplace_type, is_remote = presence("unknown", None, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=own,
        apply_url=own,
        location=location,
        locations=lines([location]),
        workplace_type=workplace_type,
        is_remote=is_remote,
        list_hash=list_hash([title, location]),
        is_detailed=False,
    )


def _detailed(posting: Posting, get: Get) -> Posting:
    answer = get(posting.url, accept="text/html")
    require_same_tenant(answer, posting.url, label)
    text = page_text(answer)
    said = next((posting_fields(job, posting.url) for job in job_postings(text)), {})
    body = inner(tree_of(text).css_first('[name="cwsJobDescription"]'))
    if not said and not body.strip():
        raise Malformed("The page of the posting has no text where Taleo keeps it.", detail="layout")
    if not said.get("description_html"):
        said.update(describe(body, posting.url).fields())
    if not said.get("locations"):
        said.update(location=posting.location, locations=posting.locations)
    if said.get("workplace_type", "unknown") == "unknown":
        said.update(workplace_type=posting.workplace_type, is_remote=posting.is_remote)
    return replace(posting, **{**said, "title": posting.title}, is_detailed=True)
