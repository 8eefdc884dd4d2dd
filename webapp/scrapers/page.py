"""Any page that lists positions in its HTML: what they are and where their parts stand is said by CSS selectors."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from webapp.errors import Malformed
from webapp.scrapers._dates import written_date
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._dom import FORMATTING, inner, is_cut_off, other_layout, page_text, tree_of, words
from webapp.scrapers._fields import WORD, address, iso_time, line, lines, presence
from webapp.scrapers._html import describe
from webapp.scrapers._jobpages import (
    ACCEPT,
    bare_host,
    page_address,
    page_id,
    page_reference,
    require_same_site,
    seen_in_list,
    walk,
)
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._urls import is_within, joined
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "Web page"
kind: Literal["page"] = "page"

MOST_ITEMS = 2000
SELECTORS = ("item", "title", "link", "location", "department", "employment", "date", "next", "empty", "description")
_WITHIN_ITEM = ("title", "link", "location", "department", "employment", "date")
_LONGEST_SELECTOR = 300
_DEEPEST_ITEM = 10
_ATTRIBUTE = re.compile(r"@([A-Za-z_][\w-]{0,60})$")
# The tree has elements like <b> under another name; what stands in brackets is about attributes.
_BRACKETS = re.compile(r"(\[[^\]]*\])")
_RENAMED = re.compile(rf"(?<![\w.#:\\-])(?=(?:{FORMATTING})(?![\w-]))", re.IGNORECASE)


def recognise(url: str) -> None:
    """Nothing: where the positions of a page stand, its address does not say."""


def from_token(token: str) -> BoardReference:
    """The page at an address, whose selectors are yet to be given.

    Raises:
        Invalid: it is none.
    """
    return page_reference(token, label)


@dataclass(frozen=True, slots=True)
class _Selector:
    """One selector of the settings: `css`, and the attribute that counts in place of the text, "" if none."""

    name: str
    css: str
    attribute: str

    @property
    def is_given(self) -> bool:
        """Whether the settings name it at all."""
        return bool(self.css or self.attribute)

    def all(self, node: LexborNode | LexborHTMLParser) -> list[LexborNode]:
        """The elements that it catches within `node`; that itself where only an attribute is named."""
        if not self.css:
            return [node] if self.attribute and isinstance(node, LexborNode) else []
        return node.css(self.css)

    def texts(self, node: LexborNode) -> list[str]:
        """What it catches within `node`, as clean lines."""
        found = self.all(node)
        return list(lines(self._said(element) for element in found))

    def _said(self, element: LexborNode) -> str:
        return line(element.attributes.get(self.attribute) or "") if self.attribute else words(element)


def _selectors(config: Mapping[str, Any]) -> dict[str, _Selector]:
    """The selectors of the settings by name, all of them, empty where none is given.

    Raises:
        Malformed: one cannot be read, or that of the items is missing.
    """
    found: dict[str, _Selector] = {}
    nothing = LexborHTMLParser("<p></p>")
    for name in SELECTORS:
        value = config.get(name) or ""
        try:
            if not isinstance(value, str) or len(value) > _LONGEST_SELECTOR:
                raise TypeError
            attribute = _ATTRIBUTE.search(value)
            css = _renamed((value[: attribute.start()] if attribute else value).strip())
            if css:
                nothing.css(css)
        except (TypeError, SelectolaxError) as error:
            raise Malformed(
                f'The selector "{name}" in this board\'s settings is none that can be read; correct it there.',
                detail="config",
            ) from error
        found[name] = _Selector(name, css, attribute.group(1).lower() if attribute else "")
    if not found["item"].css:
        raise Malformed(
            f'This {label} board has no selector "item" in its settings; add there what catches each position.',
            detail="config",
        )
    return found


def _renamed(css: str) -> str:
    parts = _BRACKETS.split(css)
    parts[::2] = [_RENAMED.sub("x-", part) for part in parts[::2]]
    return "".join(parts)


@dataclass(slots=True)
class _Seen:
    rows: list[dict[str, Any]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    is_empty: bool = False


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """The positions on the page at `config["url"]`, each an element that `config["item"]` catches.

    Within it `title`, `link`, `location`, `department`, `employment` and `date` are selectors too, all optional, with
    `@attribute` at the end where not the text counts. `next` catches the link to the next page, `empty` what is there
    only when there are no positions, and `description` the text on the page of a position.
    """
    url = page_address(config, label)
    selectors = _selectors(config)
    seen = _Seen()
    first, reason = walk(url, get, lambda text, tree, answer: _look(text, tree, answer, selectors, seen))
    seen.reasons.append(reason)
    if not seen.rows and not seen.is_empty:
        raise other_layout(first, f'what the selector "item" catches, {config["item"]!r},', page_text(first))
    _name(seen.rows)
    has_pages = selectors["description"].is_given
    listing = assemble(seen.rows, lambda row: _posting(row, has_pages), reason=" ".join(filter(None, seen.reasons)))
    postings, warnings = with_details(
        listing.postings, known, lambda posting: _detailed(posting, selectors["description"], get)
    )
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def caught(config: Mapping[str, Any], answer: Answer) -> dict[str, list[str]]:
    """What each selector of the settings catches on a page that came, as texts, at most ten; for whoever writes them.

    Raises:
        Malformed: a selector cannot be read, or the page cannot.
    """
    selectors = _selectors(config)
    tree = tree_of(page_text(answer))
    items = selectors["item"].all(tree)
    _refuse_nested(items, answer)
    parts = [_parts(item, selectors) for item in items[:10]]
    found = {"item": [words(item) for item in items[:10]]}
    for name in _WITHIN_ITEM:
        found[name] = [text for part in parts for text in part[name][:1]]
    for name in ("next", "empty", "description"):
        found[name] = [words(node) for node in selectors[name].all(tree)[:10]]
    return found


def _look(text: str, tree: LexborHTMLParser, answer: Answer, selectors: Mapping[str, _Selector], seen: _Seen) -> str:
    """Take the positions of one page, and return the address of the next one."""
    items = selectors["item"].all(tree)
    seen.is_empty = seen.is_empty or (not items and bool(selectors["empty"].all(tree)))
    if is_cut_off(text):
        seen.reasons.append("The page came without its end.")
    if len(items) > MOST_ITEMS:
        seen.reasons.append(f"The page has more than {MOST_ITEMS:,} positions; the others were left out.")
    if seen.rows and not items:
        seen.reasons.append("A later page shows no positions.")
    _refuse_nested(items, answer)
    needs_link = selectors["link"].is_given
    seen.rows.extend(
        {**_parts(item, selectors), "page": answer.url, "needs_link": needs_link} for item in items[:MOST_ITEMS]
    )
    following = next(iter(selectors["next"].all(tree)), None)
    if following is None:
        return ""
    return joined(answer.url, following.attributes.get(selectors["next"].attribute or "href")).partition("#")[0]


def _refuse_nested(items: list[LexborNode], answer: Answer) -> None:
    """Refuse items that are in one another in many layers: each would be searched with all that is in it.

    Raises:
        Malformed: they are.
    """
    own = {item.mem_id for item in items}
    for item in items[:MOST_ITEMS]:
        above, layers = item.parent, 0
        while above is not None:
            layers += above.mem_id in own
            above = above.parent
        if layers > _DEEPEST_ITEM:
            raise other_layout(answer, 'a list of elements side by side that the selector "item" catches')


def _parts(item: LexborNode, selectors: Mapping[str, _Selector]) -> dict[str, list[str]]:
    """The texts that the selectors catch in one item; title and link also without a selector."""
    parts = {name: selectors[name].texts(item) for name in _WITHIN_ITEM}
    links = selectors["link"].all(item) if selectors["link"].is_given else item.css("a[href]")
    attribute = selectors["link"].attribute or "href"
    parts["link"] = [link.attributes.get(attribute) or "" for link in links if link.attributes.get(attribute)]
    if selectors["date"].css and not selectors["date"].attribute:
        times = [node.attributes.get("datetime") or "" for node in selectors["date"].all(item)]
        parts["date"] = [*filter(None, times), *parts["date"]]
    if not selectors["title"].is_given:
        parts["title"] = [text for text in map(words, links) if text][:1] or [words(item)]
    return parts


def _name(rows: list[dict[str, Any]]) -> None:
    """Give each row an address and an id: its address, and its words where several have the same one."""
    holders: dict[str, set[str]] = {}
    for row in rows:
        row["url"] = joined(row["page"], next(iter(row["link"]), ""))
        if not row["url"] and not row["needs_link"]:
            # A list may show its positions whole, and have no page for each.
            row["url"] = address(row["page"])
        row["digest"] = hashlib.blake2b(repr((row["title"], row["location"])).encode(), digest_size=10).hexdigest()
        holders.setdefault(row["url"], set()).add(row["digest"])
    for row in rows:
        is_shared = len(holders[row["url"]]) > 1 or row["url"] == address(row["page"])
        row["id"] = f"words-{row['digest']}" if is_shared else page_id(row["url"]) if row["url"] else ""


def _posting(row: dict[str, Any], has_pages: bool) -> Posting:
    title = next(iter(row["title"]), "")
    if not (title and row["url"] and row["id"]):
        raise Unparsed
    places = lines(row["location"])
    location = line("; ".join(places))
    workplace_type, is_remote = presence("unknown", None, location, title)
    dates = (iso_time(text) or written_date(text) for text in row["date"])
    department = line(", ".join(row["department"]))
    opens = (
        has_pages and row["url"] != address(row["page"]) and is_within(bare_host(row["url"]), bare_host(row["page"]))
    )
    return Posting(
        external_id=row["id"],
        title=title,
        url=row["url"],
        apply_url=row["url"],
        location=location,
        locations=places,
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=department,
        employment_type=line(", ".join(row["employment"]), WORD),
        posted_at=next(filter(None, dates), None),
        list_hash=list_hash((seen_in_list(title), location, department)) if opens else "",
        is_detailed=not opens,
    )


def _detailed(posting: Posting, description: _Selector, get: Get) -> Posting:
    answer = get(posting.url, accept=ACCEPT)
    require_same_site(answer, posting.url)
    text = page_text(answer)
    nodes = description.all(tree_of(text))
    if not nodes:
        raise other_layout(answer, 'what the selector "description" catches', text)
    markup = "".join(f"<div>{inner(node)}</div>" for node in nodes[:20])
    return replace(posting, is_detailed=True, **describe(markup, answer.url).fields())
