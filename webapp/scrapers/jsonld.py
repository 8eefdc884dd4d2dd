"""Any career page whose positions are written as schema.org JobPosting, on it or on the pages to which it links."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import urlsplit

from selectolax.lexbor import LexborHTMLParser

from webapp.errors import Malformed
from webapp.scrapers._dom import is_cut_off
from webapp.scrapers._fields import address, line, mapping, sequence
from webapp.scrapers._jobpages import (
    bare_host,
    job_fields,
    job_id,
    job_url,
    jobs_of,
    links,
    may_be_position,
    page_address,
    page_id,
    page_reference,
    parent,
    read_pages,
    seen_in_list,
    walk,
)
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._paging import count
from webapp.scrapers._urls import is_within, joined
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "Job data in pages"
kind: Literal["page"] = "page"


def recognise(url: str) -> None:
    """Nothing: whether a page holds such data, its address does not say."""


def from_token(token: str) -> BoardReference:
    """The career page at an address.

    Raises:
        Invalid: it is none.
    """
    return page_reference(token, label)


@dataclass(slots=True)
class _Seen:
    """What the pages of a list showed.

    `rows` are JobPostings with the page they stand on; `listed` are the addresses of positions by their texts, from
    an ItemList; `linked` those of all links. `is_empty` is whether a list said that it holds nothing.
    """

    rows: list[dict[str, Any]] = field(default_factory=list)
    listed: dict[str, str] = field(default_factory=dict)
    linked: dict[str, str] = field(default_factory=dict)
    total: int | None = None
    is_empty: bool = False
    reasons: list[str] = field(default_factory=list)


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """The positions on the page at `config["url"]`, and on those of the pages it links to that are new or changed."""
    url = page_address(config, label)
    seen = _Seen()
    first, reason = walk(url, get, lambda text, tree, answer: _look(text, tree, answer, seen))
    seen.reasons.append(reason)
    _name_apart(seen.rows)
    listing = assemble(seen.rows, _posting) if seen.rows else Listing((), complete=True)
    pages = _pages_to_open(seen, listing)
    linked = read_pages(pages, known, get)
    # A position is one, whether it stood in the list or on its page.
    there = {page_id(posting.url) for posting in listing.postings}
    more = tuple(posting for posting in linked.postings if page_id(posting.url) not in there)
    reasons = [*seen.reasons, listing.reason, linked.reason]
    postings = (*listing.postings, *more)
    if not postings and not (seen.is_empty or linked.reason):
        why = list(filter(None, seen.reasons)) or ["The page may have changed, or fill itself in by a script."]
        raise Malformed(
            "No position could be found on this page or on those to which it links: none of them holds data of the "
            f"kind JobPosting. {why[0]}",
            detail="layout",
            status=first.status,
        )
    if seen.total is not None and seen.total > len(postings) + linked.empty:
        reasons.append(f"The page says {seen.total} positions and shows {len(postings)}.")
    reason = " ".join(filter(None, reasons))
    return replace(
        listing,
        postings=postings,
        complete=not reason,
        reason=reason,
        reported_total=seen.total,
        warnings=(*listing.warnings, *linked.warnings),
    )


def _look(text: str, tree: LexborHTMLParser, answer: Answer, seen: _Seen) -> str:
    """Take what one page of the list shows, and return the address of the next one."""
    jobs = jobs_of(text, tree)
    only = tree if len(jobs.found) == 1 else None
    seen.rows.extend({"job": job, "page": answer.url, "tree": only} for job in jobs.found)
    if jobs.lost:
        seen.reasons.append("Some of the data in the page was cut off or garbled.")
    if is_cut_off(text):
        seen.reasons.append("The page came without its end.")
    for node in jobs.lists:
        _look_at_list(node, answer.url, seen)
    for target, words in links(tree, answer.url).items():
        seen.linked.setdefault(target, words)
    following = tree.css_first("link[rel~=next][href], a[rel~=next][href]")
    return joined(answer.url, following.attributes.get("href")).partition("#")[0] if following is not None else ""


def _look_at_list(node: Mapping[str, Any], base: str, seen: _Seen) -> None:
    """Take the addresses and the number of an ItemList, unless it lists something else."""
    entries = sequence(node.get("itemListElement"))
    total = count(node.get("numberOfItems"))
    if not entries:
        seen.is_empty = seen.is_empty or total == 0
        return
    items = [(mapping(entry), mapping(entry).get("item")) for entry in entries]
    described = sum("JobPosting" in str(mapping(item).get("@type")) for _, item in items)
    found: dict[str, str] = {}
    for entry, item in items:
        inside = mapping(item)
        link = entry.get("url") or (item if isinstance(item, str) else inside.get("url") or inside.get("@id"))
        target = joined(base, link)
        if target and may_be_position(target) and is_within(bare_host(target), bare_host(base)):
            found.setdefault(target, line(entry.get("name")) or line(inside.get("name")))
    if total is not None and (described or len(found) == len(entries)):
        seen.total = max(total, seen.total or 0)
    if not described:
        seen.listed.update(found)


def _pages_to_open(seen: _Seen, listing: Listing) -> dict[str, list[str]]:
    """The addresses of positions that stand in the list by their link only, with what is seen of them there."""
    own = {posting.url for posting in listing.postings}
    covered = {page_id(url) for url in own} | {page_id(row["page"]) for row in seen.rows}
    if seen.listed:
        wanted = seen.listed
    elif own:
        # Beside those that are described: what has an address of the same form, but not every page of the site.
        alike = {parent(url) for url in own if urlsplit(url).path.rstrip("/").count("/") > 1}
        beside = {parent(row["page"]) for row in seen.rows} if len(seen.rows) == 1 else set()
        wanted = {
            url: text for url, text in seen.linked.items() if parent(url) in alike - beside and may_be_position(url)
        }
    else:
        wanted = {url: text for url, text in seen.linked.items() if may_be_position(url)}
    return {url: [seen_in_list(text)] for url, text in wanted.items() if page_id(url) not in covered}


def _name_apart(rows: list[dict[str, Any]]) -> None:
    """Give each JobPosting an id: its identifier, where it is alone with that, else its address, else its words."""
    holders: dict[str, set[str]] = {}
    for row in rows:
        row["url"] = job_url(row["job"], row["page"])
        row["key"] = job_id(row["job"])
        holders.setdefault(row["key"], set()).add(row["url"] or _digest(row["job"]))
    addresses: dict[str, set[str]] = {}
    for row in rows:
        addresses.setdefault(row["url"], set()).add(_digest(row["job"]))
    for row in rows:
        if not row["key"] or len(holders[row["key"]]) > 1:
            is_own = row["url"] and len(addresses[row["url"]]) == 1
            row["key"] = page_id(row["url"]) if is_own else f"words-{_digest(row['job'])}"


def _digest(job: Mapping[str, Any]) -> str:
    try:
        said = repr([job.get(name) for name in ("title", "name", "jobLocation", "employmentType")])
    except RecursionError:
        said = ""
    return hashlib.blake2b(said.encode("utf-8", "replace"), digest_size=10).hexdigest()


def _posting(row: dict[str, Any]) -> Posting:
    url = row["url"] or address(row["page"])
    fields = job_fields(row["job"], url, row["tree"])
    if not (fields["title"] and url and row["key"]):
        raise Unparsed
    return Posting(external_id=row["key"], url=url, apply_url=url, **fields)
