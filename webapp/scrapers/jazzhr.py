"""JazzHR: a page lists all openings of a company; dates, pay and texts come from one page per opening."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, NamedTuple
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webapp.errors import Gone, Malformed
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import inner, other_layout, page_text, tree_of, words
from webapp.scrapers._fields import WORD, lines, presence
from webapp.scrapers._html import describe
from webapp.scrapers._jsonld import job_postings, posting_fields
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._urls import (
    board_host,
    board_url,
    company_in,
    host_tenant,
    is_within,
    require_same_tenant,
)
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "JazzHR"
kind: Literal["page"] = "page"

_DOMAIN = "applytojob.com"
_OLD_DOMAIN = "theresumator.com"
_ACCEPT = "text/html"
_KEY = re.compile(r"/apply/jobs/details/([A-Za-z0-9_-]{4,100})(?:[/?#]|$)")
_INACTIVE = re.compile(r"<title>[^<]{0,100}Inactive Career Page", re.IGNORECASE)


def recognise(url: str) -> BoardReference | None:
    """Career pages and openings of applytojob.com, and of its former name theresumator.com."""
    parts = board_url(url)
    company = host_tenant(parts, _DOMAIN, _OLD_DOMAIN) if parts else ""
    return _reference(company) if company else None


def from_token(token: str) -> BoardReference:
    """The board of a company, or of its host.

    Raises:
        Invalid: it cannot be a JazzHR company.
    """
    return _reference(company_in(token, _DOMAIN, label))


def _reference(company: str) -> BoardReference:
    host = f"{company}.{_DOMAIN}"
    return BoardReference(company, {"host": host}, f"https://{host}/apply")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All openings of the company at `config["host"]`, with the pages of those that are new or changed.

    The list is the one that companies embed in their sites: it has one form, while career pages have many.
    """
    host = board_host(config, label)
    page = _page(f"https://{host}/apply/jobs", host, get)
    tree = tree_of(page.source)
    table = tree.css_first("#jobs_table")
    if table is None:
        raise other_layout(page.answer, "the table of openings", page.source)
    rows = _rows(table)
    listing = assemble(rows, lambda row: _posting(row, host), reason=_doubt(tree, rows))
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, host, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


class _Page(NamedTuple):
    """A page of a company that is still a customer, whole."""

    answer: Answer
    source: str


def _page(url: str, host: str, get: Get) -> _Page:
    answer = get(url, accept=_ACCEPT)
    if is_within(urlsplit(answer.url).hostname or "", "jazzhr.com"):
        # Every name resolves; those of no customer are sent to the home page.
        raise Gone(f"JazzHR knows no company at {host}.", detail="not_found", status=answer.status)
    require_same_tenant(answer, url, label)
    source = page_text(answer)
    if _INACTIVE.search(source[:5000]):
        raise Gone(f"The company at {host} does not use JazzHR any more.", detail="not_found", status=answer.status)
    if not re.search(r"</html\s*>", source[-5000:], re.IGNORECASE):
        raise Malformed(
            f"The page of {host} is cut off, or none of JazzHR.", detail="html", status=answer.status, evidence=source
        )
    return _Page(answer, source)


def _rows(table: LexborNode) -> list[dict[str, str]]:
    """The rows of the table, each with the department over it where departments have rows of their own."""
    rows: list[dict[str, str]] = []
    heading = ""
    for row in table.css("tr"):
        if "resumator_department_heading" in (row.attributes.get("class") or ""):
            heading = words(row)
            continue
        link = row.css_first("a.job_title_link")
        if link is None and not (row.attributes.get("id") or "").startswith("row_job"):
            continue
        cells = row.css("td")
        rows.append(
            {
                "key": _key(link),
                "title": words(link),
                "department": words(row.css_first(".resumator_department")) or heading,
                "location": words(cells[-1]) if len(cells) > 1 else "",
            }
        )
    return rows


def _key(link: LexborNode | None) -> str:
    found = _KEY.search((link.attributes.get("href") or "")[:2000]) if link is not None else None
    return found.group(1) if found else ""


def _doubt(tree: LexborHTMLParser, rows: list[dict[str, str]]) -> str:
    """Why the table may not be whole: every opening stands a second time in the list for small screens."""
    others = {_key(link) for link in tree.css("a[href*='/apply/jobs/details/']")} - {row["key"] for row in rows} - {""}
    return f"{len(others)} openings of the page are not in its table." if others else ""


def _posting(row: dict[str, Any], host: str) -> Posting:
    if not (row["key"] and row["title"]):
        raise Unparsed
    url = f"https://{host}/apply/{row['key']}"
    workplace_type, is_remote = presence("unknown", None, row["location"], row["title"])
    return Posting(
        external_id=row["key"],
        title=row["title"],
        url=url,
        apply_url=url,
        location=row["location"],
        locations=lines([row["location"]]),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=row["department"],
        list_hash=list_hash((row["title"], row["location"], row["department"])),
        is_detailed=False,
    )


def _detailed(posting: Posting, host: str, get: Get) -> Posting:
    page = _page(posting.url, host, get)
    tree = tree_of(page.source)
    jobs = job_postings(page.source)
    shown = tree.css_first("#job-description, #resumator-job-description, div.job_description")
    if not jobs and shown is None:
        raise other_layout(page.answer, "the description", page.source)
    said = posting_fields(jobs[0] if jobs else {}, posting.url)
    remote = said["workplace_type"] == "remote" and posting.workplace_type == "unknown"
    return replace(
        posting,
        country_codes=said["country_codes"],
        workplace_type="remote" if remote else posting.workplace_type,
        is_remote=True if remote else posting.is_remote,
        employment_type=_employment(tree) or said["employment_type"],
        posted_at=said["posted_at"],
        **{name: said[name] for name in said if name.startswith("salary_")},
        is_detailed=True,
        **(describe(inner(shown), posting.url).fields() if shown is not None else _described(said)),
    )


def _described(said: dict[str, Any]) -> dict[str, Any]:
    return {name: said[name] for name in ("description_html", "description_text")}


def _employment(tree: LexborHTMLParser) -> str:
    """The kind of employment in JazzHR's own words, which are finer than those of its JSON-LD."""
    node = tree.css_first("#resumator-job-employment, #resumator-job-type")
    return words(node, WORD).rpartition(":")[2].strip()
