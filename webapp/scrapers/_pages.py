"""What a company's own web page tells about its job board: addresses, signs of embedded boards, further pages."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from selectolax.lexbor import LexborHTMLParser

from webapp.errors import Malformed
from webapp.scrapers._dom import tree_of
from webapp.scrapers.comeet import find_token

LONGEST = 2_000_000
MOST_ADDRESSES = 4000
_LONGEST_ADDRESS = 1000


@dataclass(frozen=True, slots=True)
class Mention:
    """Something in a page that may name a board: an address, or `ats:token`.

    `how` says where it stood, to be read after "found in". Lower `rank` is stronger: what is embedded is what the
    page shows, a link may lead anywhere.
    """

    text: str
    how: str
    rank: int


# --- every address in a page -----------------------------------------------------------------------------------------

_ATTRIBUTES = (
    ("iframe", ("src", "data-src", "data-lazy-src"), "a frame", 0),
    ("embed, object", ("src", "data"), "a frame", 0),
    ("script", ("src", "data-src"), "a script", 1),
    ("a, area", ("href",), "a link", 3),
    ("form", ("action",), "a form", 3),
    ("link", ("href",), "the head of the page", 3),
    ("meta", ("content",), "the head of the page", 3),
)
_IN_TEXT = re.compile(r"(?:https?:)?//[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24}[^\s\"'<>\\`)\]}|^]{0,800}")
# data-domain="acme.bamboohr.com", "host": "acme.wd5.myworkdayjobs.com"
_BARE_HOST = re.compile(
    r"[\"']((?:[a-z0-9-]{1,63}\.){2,6}(?:com|co|hr|net|io|de|eu|ai|app)(?:/[^\s\"'<>\\]{0,300})?)[\"']", re.IGNORECASE
)
# Where an address ends that stands in quotes which are escaped themselves.
_QUOTE = re.compile(r"&(?:quot|apos|lt|gt|#3[49]|#x2[27])\b", re.IGNORECASE)
_REFRESH = re.compile(r"^\s*\d{1,5}\s*[;,]\s*(?:url\s*=\s*)?[\"']?", re.IGNORECASE)


def mentions(source: str, url: str) -> list[Mention]:
    """Everything in the page `source`, read at `url`, that may name a board: strongest first, each text once."""
    source = _without_comments(source[:LONGEST])
    copies = _copies(source)
    found: dict[str, Mention] = {}
    for mention in (*_embedded(copies), *_in_attributes(source, url), *_in_texts(copies), *_own_domain(source, url)):
        known = found.get(mention.text)
        if known is None or mention.rank < known.rank:
            found[mention.text] = mention
        if len(found) >= MOST_ADDRESSES:
            break
    return sorted(found.values(), key=lambda mention: mention.rank)


def _without_comments(source: str) -> str:
    """The page without what its authors commented out, often the embed of the system before."""
    kept, at = [], 0
    while (start := source.find("<!--", at)) >= 0:
        kept.append(source[at:start])
        end = source.find("-->", start + 4)
        if end < 0:
            return "".join(kept)
        at = end + 3
    return "".join([*kept, source[at:]])


def _copies(source: str) -> list[str]:
    """The source, and what it says once entities and the escapes of JSON strings are undone."""
    plain = source
    for escaped, character in (
        ("\\/", "/"),
        ("\\u002F", "/"),
        ("\\u002f", "/"),
        ("\\x2F", "/"),
        ("\\u0026", "&"),
        ("\\x26", "&"),
        ("\\u003d", "="),
        ("\\u003D", "="),
        ('\\"', '"'),
        ("\\u0022", '"'),
    ):
        plain = plain.replace(escaped, character)
    return list(dict.fromkeys((source, plain, html.unescape(source), html.unescape(plain))))


def _in_attributes(source: str, url: str) -> Iterator[Mention]:
    tree = _tree(source)
    if tree is None:
        return
    base = _base(tree, url)
    for selector, names, how, rank in _ATTRIBUTES:
        for node in tree.css(selector):
            for name in names:
                absolute = _absolute(base, _REFRESH.sub("", node.attributes.get(name) or "", count=1))
                if absolute:
                    yield Mention(absolute, how, rank)


def _in_texts(copies: list[str]) -> Iterator[Mention]:
    for text in copies:
        for match in _IN_TEXT.finditer(text):
            yield Mention(_QUOTE.split(match.group(0))[0].rstrip(".,;:"), "the data", 4)
        for match in _BARE_HOST.finditer(text):
            yield Mention(match.group(1), "the data", 4)


def _tree(source: str) -> LexborHTMLParser | None:
    try:
        return tree_of(source)
    except Malformed:
        return None


def _base(tree: LexborHTMLParser, url: str) -> str:
    node = tree.css_first("base[href]")
    return (_absolute(url, node.attributes.get("href") or "") if node else "") or url


def _absolute(base: str, link: str) -> str:
    link = link.strip()
    if not link or len(link) > _LONGEST_ADDRESS or link.startswith("#"):
        return ""
    try:
        absolute = urljoin(base, link)
        return absolute if urlsplit(absolute).scheme in {"http", "https"} else ""
    except ValueError:
        return ""


# --- boards that are embedded by a name and no address ---------------------------------------------------------------

_NAME = r"[\"']([\w.-]{1,100})[\"']"
# What surrounds the name of a board, how to write the board, and words of which the page must hold one too.
_SIGNS = (
    (
        re.compile(rf"\bboard_?token[\"']?\s{{0,9}}[:=]\s{{0,9}}{_NAME}", re.IGNORECASE),
        "greenhouse:{}",
        r"greenhouse|grnhse",
    ),
    (re.compile(rf"[\"']urlToken[\"']\s{{0,9}}:\s{{0,9}}{_NAME}"), "greenhouse:{}", r"greenhouse|grnhse"),
    (
        re.compile(rf"\bleverJobsOptions\s{{0,9}}=[^;]{{0,300}}?accountName[\"']?\s{{0,9}}:\s{{0,9}}{_NAME}"),
        "lever:{}",
        "lever",
    ),
    (re.compile(rf"\bdata-job-board-id\s{{0,9}}=\s{{0,9}}{_NAME}"), "rippling:{}", "rippling"),
    (
        re.compile(rf"\bcompany_?code[\"']?\s{{0,9}}[:=]\s{{0,9}}{_NAME}", re.IGNORECASE),
        "smartrecruiters:{}",
        "smartrecruiters",
    ),
    (re.compile(r"\bdata-domain\s{0,9}=\s{0,9}[\"']([\w-]{1,63})\.bamboohr\.com[\"']"), "bamboohr:{}", "bamboohr"),
)
_COMEET_UID = re.compile(
    r"\b(?:comeet[_-]?uid|(?:data-)?company[_-]?uid|com_?uid)[\"']?\s{0,9}[:=]\s{0,9}"
    r"[\"']([0-9A-F]{1,4}\.[0-9A-F]{3})[\"']",
    re.IGNORECASE,
)


def _embedded(copies: list[str]) -> Iterator[Mention]:
    for text in copies:
        for pattern, written, words in _SIGNS:
            if re.search(words, text, re.IGNORECASE):
                for match in pattern.finditer(text):
                    yield Mention(written.format(match.group(1)), "the settings of an embedded board", 1)
    source = copies[0]
    for uid in dict.fromkeys(match.group(1).upper() for text in copies for match in _COMEET_UID.finditer(text)):
        token = find_token(source, uid)
        if token:
            address = f"https://www.comeet.co/careers-api/2.0/company/{uid}/positions?token={token}"
            yield Mention(address, "the settings of an embedded board", 1)


# Career sites that run on a domain of the company's own are told by where their files come from.
_BUILT_WITH = {
    "recruitee": ("recruiteecdn.com",),
    "teamtailor": ("teamtailor-cdn.com",),
    "successfactors": ("rmkcdn.successfactors.com", "jobs2web.com", "data-careersite-propertyid="),
}
_PHENOM = ("phApp.ddo", "cdn.phenompeople.com")
_EIGHTFOLD = re.compile(r"\b_EF_GROUP_ID[\"']?\s{0,9}[:=]\s{0,9}[\"']([\w.-]{3,100})[\"']")


def _own_domain(source: str, url: str) -> Iterator[Mention]:
    parts = urlsplit(url)
    how, path = "what the page is built with", [part for part in parts.path.split("/") if part]
    for ats, marks in _BUILT_WITH.items():
        if any(mark in source for mark in marks):
            yield Mention(f"{ats}:{parts.hostname}", how, 5)
    if len(path) > 1 and any(mark in source for mark in _PHENOM):
        yield Mention(f"phenom:{parts.hostname}/{path[0]}/{path[1]}", how, 5)
    group = _EIGHTFOLD.search(source)
    if group:
        yield Mention(f"eightfold:{group.group(1)}@{parts.hostname}", how, 5)


_FEEDS = "link[rel~=alternate][type*=rss], link[rel~=alternate][type*=atom], link[rel~=alternate][type*=feed]"
_POSTING = re.compile(
    r"schema\.org/JobPosting|[\"']@?type[\"']\s{0,9}:\s{0,9}\[?\s{0,9}[\"'](?:[\w:/.]{0,40}/)?JobPosting\b"
)


def sources(source: str, url: str) -> list[Mention]:
    """What the page itself offers where it names no board: postings as data, and feeds of jobs."""
    source = _without_comments(source[:LONGEST])
    found = []
    if any(_POSTING.search(text) for text in _copies(source)):
        found.append(Mention(f"jsonld:{url}", "the postings that the page carries as data", 6))
    beginning = source.lstrip()[:500].lower()
    if beginning.startswith("<") and re.search(r"<(?:rss|feed|rdf:rdf)\b", beginning):
        found.append(Mention(f"feed:{url}", "the feed at this address", 6))
    tree = _tree(source)
    for node in tree.css(_FEEDS) if tree else ():
        feed = _absolute(_base(tree, url), node.attributes.get("href") or "") if tree else ""
        if feed and is_about_jobs(f"{node.attributes.get('title') or ''} {urlsplit(feed).path}"):
            found.append(Mention(f"feed:{feed}", "a feed that the page names", 7))
    return found


def is_about_jobs(words: str) -> bool:
    """Whether a title or a path speaks of jobs or careers."""
    words = words.replace("_", "-")
    return bool(_LISTS.search(words) or _CAREERS.search(words))


# Signs of a system without the name of the board.
_TRACES = {
    "Greenhouse": ("gh_jid=", "grnhse_app"),
    "Ashby": ("ashby_jid=", "ashby_embed"),
    "Comeet": ("comeet.co/careers-api", "comeet-jsapi", "COMEET.init("),
    "Lever": ("lever-jobs-container",),
    "Workable": ("whr_embed(",),
    "Recruitee": ("RTWidget",),
    "Workday": ("/wday/cxs/",),
}


def traces(source: str) -> list[str]:
    """The systems of which the page shows signs, whether or not it names a board there."""
    text = _without_comments(source[:LONGEST])
    return [name for name, marks in _TRACES.items() if any(mark in text for mark in marks)]


# --- pages one click away --------------------------------------------------------------------------------------------

_LISTS = re.compile(
    r"(?<![a-z])(jobs?|openings?|vacanc(?:y|ies)|(?:open|current|all)[- ](?:positions?|roles?)|positions|"
    r"stellen[a-z]*|jobangebote|offres|emplois|empleos?|vagas|vacatures)(?![a-z])|"
    r"משרות|דרושים|求人|募集|채용공고",
    re.IGNORECASE,
)
_CAREERS = re.compile(
    r"(?<![a-z])(careers?|join[- ](?:us|our|the)|work[- ](?:with|for|at)|hiring|karriere|recrutement|carri[eè]res?|"
    r"trabaja|trabalhe|lavora|carreiras|werken[- ]bij|praca|kariera|jobb|karriär|rekry)(?![a-z])|"
    r"קריירה|הצטרפ|採用|채용",
    re.IGNORECASE,
)
_NO_PAGE = re.compile(r"\.(?:pdf|docx?|png|jpe?g|gif|svg|webp|zip|mp4|ics|xml|json|css|js)$", re.IGNORECASE)
_NO_CAREERS = re.compile(r"(?<![a-z])(privacy|cookies?|terms|blog|news|press|login|sign-?in)(?![a-z])", re.IGNORECASE)


def career_pages(source: str, url: str, limit: int) -> list[str]:
    """At most `limit` addresses of the same site that the page links to as jobs or careers, likeliest first."""
    tree = _tree(source[:LONGEST])
    if tree is None:
        return []
    base, here = _base(tree, url), _plain(url)
    scores: dict[str, int] = {}
    for node in tree.css("a[href]"):
        target = _absolute(base, node.attributes.get("href") or "").partition("#")[0]
        if not target or _plain(target) == here or not same_site(target, url):
            continue
        parts = urlsplit(target)
        if _NO_PAGE.search(parts.path):
            continue
        words = f"{node.text(deep=True)[:120]} {parts.hostname} {parts.path}".replace("_", "-")
        score = 2 * bool(_LISTS.search(words)) + bool(_CAREERS.search(words)) - 2 * bool(_NO_CAREERS.search(words))
        if score > 0:
            scores[target] = max(score, scores.get(target, 0))
    unique: dict[tuple[str, str, str], str] = {}
    for target in sorted(scores, key=lambda target: -scores[target]):
        unique.setdefault(_plain(target), target)
    return list(unique.values())[:limit]


def _plain(url: str) -> tuple[str, str, str]:
    parts = urlsplit(url)
    return (parts.hostname or "").removeprefix("www."), parts.path.rstrip("/"), parts.query


_SECOND_LEVEL = {"co", "com", "org", "net", "ac", "gov", "edu"}


def site_of(url: str) -> str:
    """The domain that was registered: `example.co.il` of `https://jobs.example.co.il/x`; "" of no address."""
    try:
        labels = (urlsplit(url).hostname or "").split(".")
    except ValueError:
        return ""
    size = 3 if len(labels) > 2 and len(labels[-1]) == 2 and labels[-2] in _SECOND_LEVEL else 2
    return ".".join(labels[-size:])


def same_site(one: str, other: str) -> bool:
    """Whether two addresses belong to one registered domain."""
    return site_of(one) == site_of(other) != ""
