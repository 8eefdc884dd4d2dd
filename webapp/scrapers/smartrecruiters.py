"""SmartRecruiters: the public careers page in groups, as its own script loads them; its API only where allowed.

The API host's robots.txt disallows every path, so the API is asked only for boards whose settings say `use_api`, which
whoever runs Rolewatch sets by hand after SmartRecruiters or the company agreed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal
from urllib.parse import quote, unquote, urlsplit

from selectolax.lexbor import LexborNode

from webapp.errors import Gone, Invalid, Malformed, OutboundError
from webapp.scrapers import _smartrecruiters_api as posting_api
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import other_layout, page_text, tree_of, words
from webapp.scrapers._fields import WORD, line, lines, presence, workplace
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._smartrecruiters_ad import ad_fields
from webapp.scrapers._urls import NO_BOARD, board_url, is_tenant, require_same_tenant, segment, setting
from webapp.values import Answer, BoardReference, Get, Listing, Posting, WorkplaceType

label = "SmartRecruiters"
kind: Literal["page"] = "page"

PAGES_PER_READ = 150
_TOO_MANY = f"There are more than {PAGES_PER_READ} pages of jobs; reading stopped there."
_SITE = "https://careers.smartrecruiters.com"
_JOBS = "https://jobs.smartrecruiters.com"
_ACCEPT = "text/html"
_ACCEPT_AD = "application/json, text/html;q=0.5"
_NO_CAREERS_PAGE = {"jobs.smartrecruiters.com", "www.smartrecruiters.com", "smartrecruiters.com"}
_NO_COMPANY = NO_BOARD | {"ni", "sr-jobs", "oneclick-ui", "company", "publication", "referrals", "blog", "legal"}
_AD = re.compile(r"/([^/]{1,200})/(\d{6,30})(?:-[^/]{0,400})?/?")


def recognise(url: str) -> BoardReference | None:
    """Careers pages, job ads and API addresses of a company. The case of its name is kept, but no part of the key."""
    parts = board_url(url)
    if parts is None:
        return None
    if parts.host == "api.smartrecruiters.com":
        company = parts.segment(2) if parts.segments[:2] == ("v1", "companies") else ""
    elif parts.host in {"careers.smartrecruiters.com", "jobs.smartrecruiters.com"}:
        # Ads of some networks, and those with a short form, have something in front of the company.
        skipped = {"ni": 1, "oneclick-ui": 2}.get(parts.segment(0), 0)
        company = parts.segment(skipped)
    else:
        return None
    return _reference(company) if is_tenant(company, reserved=_NO_COMPANY) else None


def from_token(token: str) -> BoardReference:
    """The board of a company, by the name in its addresses; `name@api` is read by the API.

    Raises:
        Invalid: it cannot be a company there.
    """
    company, at, way = token.partition("@")
    if not is_tenant(company, reserved=_NO_COMPANY) or (at and way != "api"):
        raise Invalid(
            f"{token[:100]!r} is no SmartRecruiters company: it is the word after careers.smartrecruiters.com/."
        )
    reference = _reference(company)
    return replace(reference, config={**reference.config, "use_api": True}) if way else reference


def _reference(company: str) -> BoardReference:
    return BoardReference(company.lower(), {"company": company}, f"{_SITE}/{segment(company)}")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All job ads of `config["company"]`, with the pages of those that are new or changed."""
    company = setting(config, "company", label)
    if config.get("use_api") is True:
        listing = posting_api.read(company, get, known, label)
    else:
        listing = _read_pages(company, get, known)
    if listing.postings or not listing.complete:
        return listing
    doubt = _doubt_of_empty(company, get)
    return replace(listing, complete=not doubt, reason=doubt)


def _doubt_of_empty(company: str, get: Get) -> str:
    """Why an empty list may not be believed: companies that do not exist have one too, but no careers page.

    Raises:
        Gone: there is no such company.
        Malformed: its careers page is nothing at all.
    """
    try:
        answer = get(f"{_SITE}/{segment(company)}", accept=_ACCEPT)
        page_text(answer)
    except (Gone, Malformed):
        raise
    except OutboundError as error:
        return f"The list is empty, and the careers page could not be read: {error.sentence}"
    if urlsplit(answer.url).hostname in _NO_CAREERS_PAGE:
        raise Gone(f"SmartRecruiters knows no company {company}.", detail="not_found", status=answer.status)
    return ""


@dataclass(slots=True)
class _Pages:
    """The ads of all groups, each with every group that shows it, and why they are not all, if that is known."""

    company: str
    get: Get
    ads: dict[str, dict[str, Any]] = field(default_factory=dict)
    grouped_by: str = ""
    reason: str = ""
    asked: int = 0

    def read(self) -> None:
        """All groups, page by page, to the first page without any."""
        seen: set[str] = set()
        number = 0
        while not self.reason:
            try:
                answer = self.ask(f"api/groups?page={number}")
                groups = _groups(answer)
            except OutboundError as error:
                if not number:
                    raise
                self.reason = f"Page {number + 1} could not be read: {error.sentence}"
                return
            number += 1
            if not groups:
                return
            text = answer.text()
            if text in seen:
                self.reason = f"Page {number} repeats an earlier one."
                return
            seen.add(text)
            for group in groups:
                self.add(group)
            if self.asked >= PAGES_PER_READ:
                self.reason = self.reason or _TOO_MANY

    def ask(self, path: str) -> Answer:
        self.asked += 1
        url = f"{_SITE}/{segment(self.company)}/{path}"
        answer = self.get(url, accept=_ACCEPT)
        require_same_tenant(answer, url, label)
        return answer

    def add(self, group: LexborNode) -> None:
        """The ads of one group, with those behind its "Show more jobs"."""
        heading = words(group.css_first("h3"))
        ids = set(self.cards(group, heading))
        more = group.css_first("a.js-more")
        due = group.attributes.get("data-qty") or ""
        if more is not None:
            self.grouped_by = line(more.attributes.get("data-type"), WORD) or self.grouped_by
            value = unquote(more.attributes.get("data-value") or "")
            ids |= self.behind(f"type={quote(self.grouped_by)}&value={quote(value, safe='')}", ids, heading)
        if not due.isdecimal() or len(due) > 6:
            self.reason = self.reason or "The page does not say any more how many jobs a group has."
        elif len(ids) < int(due):
            self.reason = self.reason or f"The group {heading[:100]} has {int(due)} jobs and showed {len(ids)}."

    def behind(self, query: str, ids: set[str], heading: str) -> set[str]:
        found = set(ids)
        number = 0
        while True:
            number += 1
            if self.asked >= PAGES_PER_READ:
                self.reason = _TOO_MANY
                return found
            try:
                answer = self.ask(f"api/more?{query}&page={number}")
            except OutboundError as error:
                self.reason = f"The rest of the group {heading[:100]} could not be read: {error.sentence}"
                return found
            new = set(self.cards(tree_of(answer.text()).root, heading)) - found
            if not new:
                return found
            found |= new

    def cards(self, node: LexborNode | None, heading: str) -> Iterator[str]:
        for link in node.css("a.js-job-ad-link") if node is not None else ():
            ad = _card(link)
            mine = self.ads.setdefault(ad["id"] or f"unread {len(self.ads)}", ad)
            if heading and heading not in mine["headings"]:
                mine["headings"].append(heading)
            if ad["id"]:
                yield ad["id"]


def _groups(answer: Answer) -> list[LexborNode]:
    """The groups of a page; none where it is empty, which is how the last one ends.

    Raises:
        Malformed: something came that holds no groups, or is cut off within one.
    """
    text = answer.text()
    if not text.strip():
        return []
    groups = tree_of(text).css("section.openings-section")
    if not groups or text.count("<section") != text.count("</section>"):
        raise other_layout(answer, "a whole group of jobs", text)
    return groups


def _card(link: LexborNode) -> dict[str, Any]:
    parts = urlsplit((link.attributes.get("href") or "")[:2000])
    found = _AD.fullmatch(unquote(parts.path)) if parts.hostname == "jobs.smartrecruiters.com" else None
    tips = (node.attributes.get("content") for node in link.css("[content]"))
    return {
        "id": found.group(2) if found else "",
        "url": f"{_JOBS}{parts.path}" if found else "",
        "title": words(link.css_first(".job-title, h4")),
        "employment": words(link.css_first(".job-desc span"), WORD),
        "workplace": next(filter(None, map(_tip, tips)), ""),
        "headings": [],
    }


def _tip(text: object) -> WorkplaceType | Literal[""]:
    """What the icon of a card says of where one works: "Employees can work remotely"."""
    said = line(text, WORD).lower()
    return "hybrid" if "hybrid" in said else "remote" if "remote" in said else ""


def _read_pages(company: str, get: Get, known: Mapping[str, str]) -> Listing:
    pages = _Pages(company, get)
    pages.read()
    listing = assemble(
        pages.ads.values(), lambda ad: _posting(ad, pages.grouped_by), reason=pages.reason, reported_total=None
    )
    postings, warnings = with_details(listing.postings, known, lambda posting: _detailed(posting, get))
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _posting(ad: dict[str, Any], grouped_by: str) -> Posting:
    if not (ad["id"] and ad["title"] and ad["url"]):
        raise Unparsed
    # Companies group by place or by department. Where no link tells which, a comma is what only places have.
    placed = grouped_by == "location" or (not grouped_by and any("," in heading for heading in ad["headings"]))
    places = lines(ad["headings"]) if placed else ()
    location = line("; ".join(places))
    workplace_type, is_remote = presence(workplace(ad["workplace"]), None, location, ad["title"])
    posting = Posting(
        external_id=ad["id"],
        title=ad["title"],
        url=ad["url"],
        apply_url=ad["url"],
        location=location,
        locations=places,
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(", ".join(lines(ad["headings"]))) if grouped_by == "department" else "",
        employment_type=ad["employment"],
        is_detailed=False,
    )
    seen = (posting.title, places, posting.department, posting.employment_type, workplace_type)
    return replace(posting, list_hash=list_hash(seen))


def _detailed(posting: Posting, get: Get) -> Posting:
    answer = get(posting.url, accept=_ACCEPT_AD)
    require_same_tenant(answer, posting.url, label)
    said = ad_fields(answer, posting.url)
    if posting.locations:
        said.pop("location", None)
        said.pop("locations", None)
    if posting.employment_type:
        said.pop("employment_type", None)
    return replace(posting, is_detailed=True, **said)
