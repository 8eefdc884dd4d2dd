"""Sites of no known ATS: their address in the settings, links that may lead to positions, and pages of one position."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from selectolax.lexbor import LexborHTMLParser

from webapp.errors import Gone, Invalid, Malformed, OutboundError
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import is_cut_off, page_text, tree_of, words
from webapp.scrapers._fields import IDENTIFIER, address, identifier, line, lines, mapping
from webapp.scrapers._jsonld import LONGEST_PAGE, posting_fields, read_blocks
from webapp.scrapers._microdata import microdata_postings
from webapp.scrapers._urls import is_within, joined
from webapp.values import Answer, BoardReference, Get, Posting

ACCEPT = "text/html, application/xhtml+xml"
MOST_LINKS = 5000
PAGES_PER_READ = 20

_STRONG = re.compile(
    r"(?:[\w-]*-)?(?:jobs?|positions?|vacanc(?:y|ies)|job-?openings?|openings?|postings?|stellen(?:angebote?|anzeigen?)?"
    r"|jobboard|opportunit(?:y|ies)|roles?|requisitions?|offres?(?:-d-emploi|-emploi)?|empleos?|vagas?|vacatures?"
    r"|viewjob|job-?details?|jobdescription)"
)
_WEAK = re.compile(r"careers?|karriere|carri[eè]res?|work-with-us|join-us|o|j|p")
_NO_POSITION = {
    *("search", "apply", "login", "signin", "register", "category", "categories", "location", "locations", "page"),
    *("department", "departments", "team", "teams", "tag", "tags", "alerts", "alert", "saved", "feed", "rss", "all"),
    *("benefits", "culture", "faq", "faqs", "about", "contact", "privacy", "terms", "students", "index", "results"),
    *("talent-community", "talent-network", "search-results", "job-alerts", "job-search", "our-culture", "events"),
}
_NO_PAGE = re.compile(r"\.(?:pdf|docx?|xlsx?|png|jpe?g|gif|svg|webp|ico|xml|rss|json|zip|mp4|css|js)$")
_AGO = re.compile(
    r"\b\d+\+? (?:minute|hour|day|week|month)s? ago\b|\b(?:just posted|today|yesterday|new)\b", re.IGNORECASE
)


def page_address(config: Mapping[str, Any], label: str) -> str:
    """The address of the board, `config["url"]`.

    Raises:
        Malformed: it is missing or no address, so the board must be corrected.
    """
    url = address(config.get("url"))
    if not url:
        raise Malformed(f'This {label} board has no "url" in its settings; add it there.', detail="config")
    return url


def page_reference(token: str, label: str) -> BoardReference:
    """The board at an address, with or without its scheme.

    Raises:
        Invalid: it is none, or too long to name a board by.
    """
    text = token.strip()
    url = address(text if "://" in text else f"https://{text}").partition("#")[0]
    if "." not in (urlsplit(url).hostname or "") or len(url) > IDENTIFIER:
        raise Invalid(f"{token[:100]!r} is no address of a page: write it as https://example.com/careers ({label}).")
    return BoardReference(url, {"url": url}, url)


def bare_host(url: str) -> str:
    """The host of `url` without a leading "www."."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def require_same_site(answer: Answer, url: str) -> None:
    """Refuse an answer that a redirect took to another site, or up from a customer's host to that of its vendor.

    Raises:
        Malformed: the answer is of another site than that of `url`.
    """
    if not is_within(bare_host(answer.url), bare_host(url)):
        raise Malformed(
            f"{urlsplit(url).hostname} redirected us to {urlsplit(answer.url).hostname or 'no host'}; "
            "check the board's address.",
            detail="redirected",
            status=answer.status,
        )


def page_id(url: str) -> str:
    """The identity of a page: its address without scheme, "www." and the slash at its end."""
    parts = urlsplit(url)
    query = f"?{parts.query}" if parts.query else ""
    # Sites of one page name their positions after the hash.
    fragment = f"#{parts.fragment}" if parts.fragment.startswith(("/", "!")) else ""
    return identifier(f"{bare_host(url)}{parts.path.rstrip('/')}{query}{fragment}")


def may_be_position(url: str) -> bool:
    """Whether the form of an address is that of one position: a name or number below "jobs", "careers" and the like."""
    parts = urlsplit(url)
    segments = [unquote(part).lower() for part in parts.path.split("/") if part]
    if not segments or _NO_PAGE.search(segments[-1]):
        return False
    at = max(
        (index for index, part in enumerate(segments) if _STRONG.fullmatch(part) or _WEAK.fullmatch(part)), default=-1
    )
    if at < 0:
        return False
    rest = segments[at + 1 :]
    if not rest:
        # /job?id=4711
        names = dict(parse_qsl(parts.query, max_num_fields=50)) if len(parts.query) < 500 else {}
        return any(re.search(r"id$|^jid|job|vacanc", name.lower()) and re.search(r"\d", v) for name, v in names.items())
    if any(part in _NO_POSITION for part in rest):
        return False
    return bool(_STRONG.fullmatch(segments[at])) or re.search(r"\d|[-_]", rest[-1]) is not None


def walk(url: str, get: Get, look: Callable[[str, LexborHTMLParser, Answer], str]) -> tuple[Answer, str]:
    """Look at the pages of a list, one after another: the answer of the first, and why the others are not all.

    `look` gets the source, the tree and the answer of a page and returns the address of the next one, "" after the
    last.

    Raises:
        OutboundError: the first page could not be read. A later one that fails only ends the reading.
    """
    first: Answer | None = None
    asked: set[str] = set()
    while url and url not in asked:
        if len(asked) == PAGES_PER_READ and first:
            return first, f"The list has more than {PAGES_PER_READ} pages; reading stopped there."
        asked.add(url)
        try:
            answer = get(url, accept=ACCEPT)
            require_same_site(answer, first.url if first else url)
            text = page_text(answer)
            tree = tree_of(text)
        except OutboundError as error:
            if first is None:
                raise
            return first, f"Page {len(asked)} could not be read: {error.sentence}"
        first = first or answer
        following = look(text, tree, answer)
        url = following if is_within(bare_host(following), bare_host(first.url)) else ""
    assert first is not None
    return first, ""


def parent(url: str) -> str:
    """Host and path of `url` without its last segment: what the addresses of sister pages share."""
    return f"{bare_host(url)}{urlsplit(url).path.rstrip('/').rpartition('/')[0]}"


def links(tree: LexborHTMLParser, base: str) -> dict[str, str]:
    """The pages of the same site to which a page links, each with the longest text of its links, in order."""
    found: dict[str, str] = {}
    for anchor in tree.css("a[href]")[:MOST_LINKS]:
        url = joined(base, anchor.attributes.get("href"))
        url = url if urlsplit(url).fragment.startswith(("/", "!")) else url.partition("#")[0]
        if not url or not (is_within(bare_host(url), bare_host(base)) or is_within(bare_host(base), bare_host(url))):
            continue
        text = words(anchor)
        if len(text) >= len(found.get(url, "")):
            found[url] = text
    return found


class Jobs(NamedTuple):
    """The JobPostings of a page, its ItemLists, and how many blocks of it spoke of some and could not be read."""

    found: list[dict[str, Any]]
    lists: list[dict[str, Any]]
    lost: int


def jobs_of(text: str, tree: LexborHTMLParser) -> Jobs:
    """The JobPostings of a page, from its JSON-LD, else from its microdata."""
    blocks = read_blocks(text)
    found = blocks.postings or (microdata_postings(tree) if len(text) <= LONGEST_PAGE else [])
    return Jobs(found, blocks.lists, blocks.lost)


def job_id(job: Mapping[str, Any]) -> str:
    """The identifier that a JobPosting gives; "" if it has none, or the name of its company in its place."""
    values = job.get("identifier")
    for entry in values if isinstance(values, list) else [values]:
        node = mapping(entry)
        given = identifier(node.get("value") if node else entry) or (identifier(node.get("@id")) if node else "")
        companies = {line(node.get("name")), _company(job)}
        if given and (given not in companies or re.search(r"\d", given)):
            return given
    return ""


def job_url(job: Mapping[str, Any], base: str) -> str:
    """The address that a JobPosting gives for itself; "" if it has none that anybody could open."""
    values = [
        job.get("url"),
        mapping(job.get("mainEntityOfPage")).get("@id"),
        job.get("mainEntityOfPage"),
        job.get("@id"),
    ]
    for value in values:
        value = mapping(value).get("@id") if isinstance(value, dict) else value
        # An @id is often the name of a node only: "#job", "_:b0".
        url = joined(base, value) if isinstance(value, str) and not value.startswith(("#", "_:")) else ""
        if url and _is_public(urlsplit(url).hostname or ""):
            return url
    return ""


def _is_public(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." in host and not host.endswith((".local", ".localhost", ".internal", ".lan", ".home.arpa"))
    return False


def job_fields(job: Mapping[str, Any], url: str, tree: LexborHTMLParser | None = None) -> dict[str, Any]:
    """What a JobPosting says, as keyword arguments of `Posting`; its title from that of its page where it has none.

    `tree` is given where the page is that of this one position.
    """
    fields = posting_fields(job, url)
    title = job.get("title") if job.get("title") is not None else job.get("name")
    if not fields["title"]:
        inside = [mapping(entry).get("@value") if isinstance(entry, dict) else entry for entry in _each(title)]
        fields["title"] = next(iter(lines(inside)), "")
    if "<" in fields["title"]:
        fields["title"] = line(re.sub(r"<[^<>]{0,500}>", " ", fields["title"]))
    if not fields["title"] and tree is not None:
        fields["title"] = _title_of_page(tree, job)
    return fields


def _each(value: object) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _company(job: Mapping[str, Any]) -> str:
    organisation = job.get("hiringOrganization")
    return line(organisation) or line(mapping(organisation).get("name"))


def _title_of_page(tree: LexborHTMLParser, job: Mapping[str, Any]) -> str:
    """The title of a page that ends with the company's name: what stands before that. No other one is believed."""
    company = _company(job)
    whole = words(tree.css_first("title"))
    before = re.sub(rf"\s+(?:[-–—|·:@]|at)\s+{re.escape(company)}\s*$", "", whole, flags=re.IGNORECASE)
    return before if company and before != whole else ""


class Linked(NamedTuple):
    """What pages of single positions came to. `reason` says why some are missing, "" if none is.

    `empty` counts the pages that hold no JobPosting.
    """

    postings: tuple[Posting, ...]
    reason: str
    warnings: list[str]
    empty: int


def read_pages(pages: Mapping[str, Iterable[object]], known: Mapping[str, str], get: Get) -> Linked:
    """The positions on `pages`, by address; each with what is seen of it without opening it, that is its `list_hash`.

    Pages that are known and look the same are not opened: their positions are there with nothing but their address.
    A new page that holds no position, or could not be read, yields none.
    """
    rows = tuple(
        Posting(page_id(url), url, url, list_hash=list_hash(seen), is_detailed=False) for url, seen in pages.items()
    )
    rows = tuple({row.external_id: row for row in rows}.values())
    read, warnings = with_details(rows, known, lambda row: _opened(row, get))
    postings = tuple(
        row if row.is_detailed else replace(row, title=_name(row.url))
        for row in read
        if row.title and (row.is_detailed or row.external_id in known)
    )
    unread = sum(not row.is_detailed and row.external_id not in known for row in read)
    reason = f"{unread} pages that may hold positions are not read yet." if unread else ""
    return Linked(postings, reason, warnings, sum(not row.title for row in read))


def _name(url: str) -> str:
    """The last part of an address as words; it names a position of which more is stored already."""
    return line(unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2].replace("-", " ")) or line(url)


def _opened(row: Posting, get: Get) -> Posting:
    """The position of a page; without title if there is none."""
    nothing = replace(row, title="", is_detailed=True)
    try:
        answer = get(row.url, accept=ACCEPT)
    except Gone:
        return nothing
    if not is_within(bare_host(answer.url), bare_host(row.url)):
        return nothing
    text = page_text(answer)
    tree = tree_of(text)
    jobs = jobs_of(text, tree)
    if not jobs.found:
        if jobs.lost or is_cut_off(text):
            raise Malformed(
                "The data of the position in its page came cut off or garbled.", detail="shape", status=answer.status
            )
        return nothing
    moved = page_id(answer.url) != row.external_id
    if moved and len(jobs.found) > 1:
        # A position that is no more leads to the list of the others.
        return nothing
    job = _main(jobs.found, answer.url, tree)
    fields = job_fields(job, answer.url, tree)
    return replace(row, apply_url=row.url, is_detailed=True, **fields) if fields["title"] else nothing


def _main(jobs: list[dict[str, Any]], url: str, tree: LexborHTMLParser) -> dict[str, Any]:
    """The position that a page is about, among those that it shows as similar."""
    for job in jobs:
        if page_id(job_url(job, url)) == page_id(url):
            return job
    heading = words(tree.css_first("h1")).lower()
    return next((job for job in jobs if heading and line(job.get("title")).lower() == heading), jobs[0])


def seen_in_list(text: str) -> str:
    """What a link says, without words that change by themselves every day."""
    return line(_AGO.sub(" ", text))
