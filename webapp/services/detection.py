"""Which job board is behind an address: told from the address alone, else from the page that it leads to.

Nothing here touches the database, and nothing is guessed: what a page names is a candidate, and `verify` reads it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl, urlsplit

from webapp.errors import Invalid, Malformed, OutboundError
from webapp.outbound import OutboundDoor
from webapp.scrapers import SCRAPERS, by_shorthand, recognise
from webapp.scrapers._dom import page_text
from webapp.scrapers._pages import Mention, career_pages, is_about_jobs, mentions, site_of, sources, traces
from webapp.scrapers._urls import board_url
from webapp.services.board_names import NamingVisit, resembles
from webapp.values import Answer, BoardReference, Get, Listing, Posting

FURTHER_PAGES = 3
MOST_CANDIDATES = 8
SAMPLES = 5
ADDRESS_LENGTH = 2000

_ACCEPT = "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5"
# Hosts of these hold several boards, which only their robots.txt lists.
_SITES_IN_ROBOTS = ("myworkdayjobs.com",)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A board that may be the one meant. `found_by` says where it was found; `page` is that page, "" of none."""

    ats: str
    reference: BoardReference
    found_by: str
    page: str = ""

    @property
    def label(self) -> str:
        """The name of the ATS that people know."""
        return SCRAPERS[self.ats].label


@dataclass(frozen=True, slots=True)
class Detection:
    """What was found, likeliest first, and sentences that say where it was looked for."""

    candidates: tuple[Candidate, ...]
    tried: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Why there is no candidate, and what to do about it."""
        return " ".join(
            (
                "No job board was found.",
                *self.tried,
                "Open a job at the company and give the address of that page, or of the page that lists them all.",
            )
        )


@dataclass(frozen=True, slots=True)
class Verified:
    """A candidate that was read. `board_name` is what the board calls its company, "" where it does not say.

    `warning` is a sentence where the board seems to be another company's, or does not say whose it is.
    """

    candidate: Candidate
    listing: Listing
    count: int
    samples: tuple[Posting, ...]
    board_name: str
    warning: str


def detect(url: str, visit: Get) -> Detection:
    """The boards that `url` names or that its page leads to. No request is made where the address suffices.

    Raises:
        Invalid: this is no web address.
    """
    url = _asked(url)
    named = _named_by(url)
    if named is not None:
        return Detection((Candidate(*named, "the address itself"),), ("The address itself names the board.",))
    search = _Search(visit)
    search.tried.append("The address alone names no board that can be read here.")
    search.look(url)
    return Detection(search.ranked(), tuple(search.tried))


def verify(candidate: Candidate, door: OutboundDoor, name: str = "") -> Verified:
    """Read the board and compare what it calls itself with `name`, or else with the site on which it was found.

    Raises:
        OutboundError: the board could not be read.
    """
    visit = NamingVisit(door.visit())
    listing = SCRAPERS[candidate.ats].read(dict(candidate.reference.config), visit, {})
    board_name = visit.company_name()
    return Verified(
        candidate,
        listing,
        len(listing.postings),
        listing.postings[:SAMPLES],
        board_name,
        _doubt(candidate, board_name, name.strip() or site_of(candidate.page).partition(".")[0]),
    )


def _doubt(candidate: Candidate, board_name: str, expected: str) -> str:
    if not expected or resembles(board_name or candidate.reference.key, expected):
        return ""
    if board_name:
        return f"The board says that it is {board_name}'s, which does not look like {expected}: check before you save."
    return (
        f"The board does not say whose it is, and its name there, {candidate.reference.key}, does not look like "
        f"{expected}: check the positions before you save."
    )


def _asked(url: str) -> str:
    url = url.strip()
    if not url:
        raise Invalid("Give the address of the company's career page.", "careers_url")
    if len(url) > ADDRESS_LENGTH:
        raise Invalid(f"This address is too long: at most {ADDRESS_LENGTH:,} characters fit.", "careers_url")
    parts = board_url(url)
    if parts is None or "." not in parts.host:
        raise Invalid(
            "This is not the address of a web page. Write it like https://example.com/careers.", "careers_url"
        )
    if url.startswith("//"):
        return "https:" + url
    return url if re.match(r"https?://", url, re.IGNORECASE) else "https://" + url


def _named_by(text: str) -> tuple[str, BoardReference] | None:
    """The board that an address names, itself or as an address in its query; or that `ats:token` names."""
    ats, colon, rest = text.partition(":")
    if colon and ats in SCRAPERS and not rest.startswith("//"):
        try:
            return by_shorthand(text)
        except Invalid:
            return None
    found = recognise(text)
    if found is not None or "?" not in text:
        return found
    try:
        inner = [value for _, value in parse_qsl(urlsplit(text).query, max_num_fields=50)]
    except ValueError:
        return None
    return next(filter(None, (recognise(value) for value in inner if re.match(r"https?://", value))), None)


@dataclass(slots=True)
class _Find:
    candidate: Candidate
    rank: int
    times: int = 1


class _Search:
    """One search through pages: what was found so far, and what was tried."""

    def __init__(self, visit: Get) -> None:
        self.tried: list[str] = []
        self._visit = visit
        self._finds: dict[tuple[str, str], _Find] = {}
        self._kept: list[tuple[Candidate, int]] = []

    def ranked(self) -> tuple[Candidate, ...]:
        finds = sorted(self._finds.values(), key=lambda find: (find.rank, -find.times))
        if len(finds) > MOST_CANDIDATES:
            self.tried.append(f"{len(finds)} boards were named; the {MOST_CANDIDATES} likeliest are shown.")
        return tuple(find.candidate for find in finds[:MOST_CANDIDATES])

    def look(self, url: str) -> None:
        """The page, then what is one click away, then the robots.txt of its site; until something is found."""
        host = urlsplit(url).hostname or ""
        if host.endswith(_SITES_IN_ROBOTS):
            self._read_robots(url)
            if self._finds:
                return
        answer = self._page(url)
        if answer is not None:
            source, reached = answer
            further = [] if self._finds else career_pages(source, reached, FURTHER_PAGES)
            for page in further:
                named = _named_by(page)
                if named is not None:
                    self._add(Candidate(*named, f"a link in {_short(reached)}", reached), 3)
                else:
                    self._page(page)
                if self._finds:
                    return
            if not further and not self._finds:
                self.tried.append("It links to no further page about jobs on the same site.")
        if not self._finds and not host.endswith(_SITES_IN_ROBOTS):
            self._read_robots(url)
        if not self._finds:
            for candidate, rank in self._kept:
                self._add(candidate, rank)

    def _page(self, url: str) -> tuple[str, str] | None:
        """Looks at one page; its source and final address, None where it could not be read."""
        try:
            answer = self._visit(url, accept=_ACCEPT)
            source = _text_of(answer)
        except OutboundError as error:
            self.tried.append(f"{_short(url)} could not be read: {error.sentence}")
            return None
        before = len(self._finds)
        self._look_at(answer, source)
        if len(self._finds) == before:
            seen = traces(source)
            signs = f", though it shows signs of {' and '.join(seen)}" if seen else ""
            self.tried.append(
                f"The redirects, frames, scripts, links and data of {_short(answer.url)} name no board{signs}."
            )
        return source, answer.url

    def _look_at(self, answer: Answer, source: str) -> None:
        named = _named_by(answer.url)
        if named is not None:
            self._add(Candidate(*named, "where the address leads", ""), -1)
            return
        for mention in mentions(source, answer.url):
            found = self._named_in(mention)
            if found is not None:
                candidate = Candidate(*found, f"{mention.how} in {_short(answer.url)}", answer.url)
                self._add(_with_page(candidate), mention.rank)
        for mention in sources(source, answer.url):
            found = _named_by(mention.text)
            if found is not None:
                self._kept.append((Candidate(*found, mention.how, answer.url), mention.rank))

    def _named_in(self, mention: Mention) -> tuple[str, BoardReference] | None:
        found = _named_by(mention.text)
        # A site that is built with an ATS and names its board there too is that board.
        if found is not None and mention.rank == 5 and any(ats == found[0] for ats, _ in self._finds):
            return None
        return found

    def _add(self, candidate: Candidate, rank: int) -> None:
        key = candidate.ats, candidate.reference.key
        known = self._finds.get(key)
        if known is None:
            self._finds[key] = _Find(candidate, rank)
            return
        known.times += 1
        known.candidate = _merged(known.candidate, candidate)

    def _read_robots(self, url: str) -> None:
        parts = urlsplit(url)
        address = f"{parts.scheme}://{parts.netloc}/robots.txt"
        try:
            text = page_text(self._visit(address, accept="text/plain,*/*;q=0.5"))
        except OutboundError:
            self.tried.append(f"There is no robots.txt of {parts.hostname} that could be read.")
            return
        for sitemap in _sitemaps(text):
            named = _named_by(sitemap)
            if named is not None:
                self._add(Candidate(*named, f"the robots.txt of {parts.hostname}"), 2)
            elif is_about_jobs(sitemap) and (found := _named_by(f"sitemap:{sitemap}")):
                self._kept.append((Candidate(*found, f"the robots.txt of {parts.hostname}", url), 8))
        if not self._finds:
            self.tried.append(f"The robots.txt of {parts.hostname} names no board either.")


def _text_of(answer: Answer) -> str:
    """The source of a page; a byte that is no text costs itself, for addresses are ASCII.

    Raises:
        Malformed: nothing came.
    """
    try:
        return page_text(answer)
    except Malformed as error:
        if error.detail != "not_text":
            raise
        return answer.body.decode("utf-8", "replace")


def _sitemaps(robots: str) -> Iterator[str]:
    for line in robots[:500_000].splitlines()[:5000]:
        name, _, value = line.partition(":")
        if name.strip().lower() == "sitemap" and value.strip():
            yield value.strip()


def _with_page(candidate: Candidate) -> Candidate:
    """A Comeet board without a page of its own keeps the page that embeds it: its token is looked up there anew."""
    reference = candidate.reference
    if candidate.ats != "comeet" or "slug" in reference.config:
        return candidate
    config = {**reference.config, "careers_url": candidate.page}
    return replace(candidate, reference=replace(reference, config=config, careers_url=candidate.page))


def _merged(known: Candidate, other: Candidate) -> Candidate:
    """One board that was found twice, with all settings of both."""
    mine, theirs = known.reference, other.reference
    config = {**theirs.config, **mine.config}
    if config == mine.config:
        return known
    has_page = "slug" in mine.config or "slug" not in theirs.config
    careers_url = mine.careers_url if has_page else theirs.careers_url
    return replace(known, reference=replace(mine, config=config, careers_url=careers_url))


def _short(url: str) -> str:
    parts = urlsplit(url)
    path = parts.path if len(parts.path) <= 60 else parts.path[:59] + "…"
    return f"{parts.hostname}{path.rstrip('/')}"
