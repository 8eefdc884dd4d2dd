"""Any site that names the pages of its positions in a sitemap: those that are new or changed are read."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from webapp.errors import Malformed, OutboundError
from webapp.scrapers._fields import address, line
from webapp.scrapers._jobpages import (
    bare_host,
    may_be_position,
    page_address,
    page_reference,
    read_pages,
    require_same_site,
)
from webapp.scrapers._urls import is_within
from webapp.scrapers._xml import text_at, xml_root
from webapp.values import Answer, BoardReference, Get, Listing

label = "Sitemap"
kind: Literal["page"] = "page"

SITEMAPS_PER_READ = 50
DEEPEST = 3
MOST_PAGES = 10_000
LARGEST = 20_000_000
_ACCEPT = "application/xml, text/xml, application/gzip;q=0.9, */*;q=0.1"
_OF_JOBS = re.compile(r"job|career|vacanc|position|opening|stellen|karriere|emploi|empleo|requisition|opportunit")
# A date of change that so many pages share is that of the sitemap.
_SHARED_BY = 5


def recognise(url: str) -> None:
    """Nothing: whether a sitemap names positions, its address does not say."""


def from_token(token: str) -> BoardReference:
    """The sitemap at an address.

    Raises:
        Invalid: it is none.
    """
    return page_reference(token, label)


@dataclass(slots=True)
class _Seen:
    """The pages that the sitemaps name, with the date of their last change, "" if none is given."""

    pages: dict[str, str] = field(default_factory=dict)
    others: int = 0
    reasons: list[str] = field(default_factory=list)


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """The positions on the pages that the sitemap at `config["url"]` names, those whose address looks like it.

    Where `config["path"]` is given, that is every address whose path begins with it.
    """
    url = page_address(config, label)
    below = config.get("path")
    seen = _walked(url, below.strip() if isinstance(below, str) else "", get)
    # The latest first: what waits for the next read should be what has been there for long.
    seen.pages = dict(sorted(seen.pages.items(), key=lambda entry: entry[1], reverse=True))
    dates = list(seen.pages.values())
    tells_nothing = len(dates) >= _SHARED_BY and len(set(dates)) == 1
    linked = read_pages({page: ["" if tells_nothing else changed] for page, changed in seen.pages.items()}, known, get)
    reasons = [*seen.reasons, linked.reason]
    if seen.pages and not linked.postings and not linked.reason:
        raise Malformed(
            f"None of the {len(seen.pages)} pages that the sitemap names holds data of the kind JobPosting. They may "
            "have changed, or fill themselves in by a script.",
            detail="layout",
        )
    if seen.others and not seen.pages:
        reasons.append(
            f"None of the {seen.others} addresses in the sitemap looks like that of a position; there may be none, or "
            'their form is unusual: then give its beginning as "path" in the settings.'
        )
    reason = " ".join(filter(None, reasons))
    warnings = list(linked.warnings)
    if linked.empty:
        warnings.append(f"{linked.empty} pages that the sitemap names hold no position.")
    return replace(Listing(linked.postings, complete=not reason), reason=reason, warnings=tuple(warnings[:20]))


def _walked(url: str, below: str, get: Get) -> _Seen:
    """The pages of a sitemap and of those to which it leads."""
    seen = _Seen()
    waiting = [(url, 0)]
    asked: set[str] = set()
    while waiting:
        target, depth = waiting.pop(0)
        if target in asked:
            continue
        if len(asked) == SITEMAPS_PER_READ:
            seen.reasons.append(f"There are more than {SITEMAPS_PER_READ} sitemaps; reading stopped there.")
            break
        asked.add(target)
        try:
            children = _look(target, url, below, get, seen)
        except OutboundError as error:
            if len(asked) == 1:
                raise
            seen.reasons.append(f"The sitemap {line(urlsplit(target).path, 100)} could not be read: {error.sentence}")
            continue
        if depth < DEEPEST:
            waiting.extend((child, depth + 1) for child in children)
        elif children:
            seen.reasons.append("Sitemaps lead to sitemaps without end; reading stopped.")
    if len(seen.pages) > MOST_PAGES:
        seen.pages = dict(list(seen.pages.items())[:MOST_PAGES])
        seen.reasons.append(f"The sitemap names more than {MOST_PAGES:,} positions; the others were left out.")
    return seen


def _look(target: str, board: str, below: str, get: Get, seen: _Seen) -> list[str]:
    """Take the pages of one sitemap, and return the sitemaps to which it leads."""
    answer = get(target, accept=_ACCEPT)
    require_same_site(answer, board)
    root = xml_root(_unpacked(answer), ("urlset", "sitemapindex"), "a sitemap")
    if root.tag.endswith("sitemapindex"):
        children = [address(text_at(node, "{*}loc").strip()) for node in root.iterfind("{*}sitemap")]
        children = [child for child in children if child and is_within(bare_host(child), bare_host(board))]
        # Where sitemaps are called after what they list, those of products and articles need not be read.
        return [child for child in children if _OF_JOBS.search(_name(child))] or children
    is_of_jobs = _OF_JOBS.search(_name(target)) is not None
    for node in root.iterfind("{*}url"):
        page = address(text_at(node, "{*}loc").strip())
        is_here = page and is_within(bare_host(page), bare_host(board))
        if is_here and _is_wanted(page, below, is_of_jobs):
            seen.pages.setdefault(page, line(text_at(node, "{*}lastmod"), 40))
        else:
            seen.others += 1
    return []


def _name(url: str) -> str:
    return urlsplit(url).path.rpartition("/")[2].lower()


def _is_wanted(page: str, below: str, is_of_jobs: bool) -> bool:
    path = unquote(urlsplit(page).path)
    if below:
        return path.startswith(below) and path.rstrip("/") != below.rstrip("/")
    if may_be_position(page):
        return True
    last = path.rstrip("/").rpartition("/")[2]
    return is_of_jobs and path.count("/") > 1 and re.search(r"\d|[a-z][-_][a-z]", last.lower()) is not None


def _unpacked(answer: Answer) -> Answer:
    """The answer as XML: sitemaps may be stored compressed, whatever the header says of the way they came."""
    if not answer.body.startswith(b"\x1f\x8b"):
        return answer
    unpacker = zlib.decompressobj(31)
    try:
        body = unpacker.decompress(answer.body, LARGEST)
    except zlib.error as error:
        raise Malformed("The compressed sitemap is garbled.", detail="not_xml", status=answer.status) from error
    if unpacker.unconsumed_tail or not unpacker.eof:
        raise Malformed("The compressed sitemap is cut off, or too large.", detail="not_xml", status=answer.status)
    return Answer(answer.status, answer.url, answer.headers, body)
