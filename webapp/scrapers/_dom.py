"""Foreign web pages as trees, within bounds: what CSS selectors find in them, and the JSON that they carry."""

from __future__ import annotations

import html
import json
import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webapp.errors import Malformed
from webapp.scrapers._fields import LINE, line
from webapp.values import Answer

LONGEST = 8_000_000
# The parser takes quadratic time in the depth of the tree: 200,000 nested elements are minutes, 1,000 are nothing.
DEEPEST = 1000

_ANY_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})")
# Left open, these come back in every paragraph that follows: twelve thousand characters can make a million elements.
# Under another name they are elements like others.
FORMATTING = "b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u"
_DISARMED = re.compile(rf"(</?)({FORMATTING})(?=[\s/>])", re.IGNORECASE)
_ARMED = re.compile(rf"(</?)x-(?=(?:{FORMATTING})[\s/>])", re.IGNORECASE)
_VOID = {*("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")}
# These end by themselves where the next one begins, or belong into one that is counted.
_SELF_ENDING = {*("p", "li", "dt", "dd", "option", "optgroup", "tr", "td", "th", "thead", "tbody", "tfoot", "a")}
# An end tag of any other element does not reach beyond these.
_SPECIAL = {
    *("address", "article", "aside", "blockquote", "button", "center", "details", "dir", "div", "dl", "fieldset"),
    *("figure", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "main", "menu", "nav"),
    *("ol", "pre", "search", "section", "select", "summary", "ul"),
}
# Nor does any end tag reach beyond these.
_WALLS = {"applet", "caption", "html", "marquee", "object", "table", "template", "svg", "math", "iframe", "noscript"}


def page_text(answer: Answer) -> str:
    """The source of a page, in the encoding that it declares in the header or in itself.

    Raises:
        Malformed: nothing came, or no text.
    """
    found = re.search(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?([\w-]{1,40})", answer.body[:4096], re.IGNORECASE)
    if found and "charset" not in answer.headers.get("content-type", "").lower():
        kind = f"text/html; charset={found.group(1).decode()}"
        answer = Answer(answer.status, answer.url, {**answer.headers, "content-type": kind}, answer.body)
    text = answer.text()[:LONGEST]
    if not text.strip():
        raise Malformed("The source answered with nothing at all.", detail="empty", status=answer.status)
    return text


def is_cut_off(text: str) -> bool:
    """Whether a page came without its end."""
    return "</html" not in text.lower()


def tree_of(text: str) -> LexborHTMLParser:
    """The tree of a page; take markup out of it with `inner` only.

    Raises:
        Malformed: its elements are nested too deeply to be read in reasonable time.
    """
    if _is_too_deep(text):
        raise Malformed("The page is nested too deeply to be read.", detail="layout")
    return LexborHTMLParser(_DISARMED.sub(r"\1x-\2", text))


def _is_too_deep(text: str) -> bool:
    """Whether more than DEEPEST elements are open at once, as a parser of HTML sees it, or stricter."""
    opened: list[str] = []
    for closing, name in _ANY_TAG.findall(text):
        name = name.lower()
        if name in _VOID or name in _SELF_ENDING:
            continue
        if not closing:
            opened.append(name)
            if len(opened) > DEEPEST:
                return True
            continue
        for index in range(len(opened) - 1, -1, -1):
            if opened[index] == name:
                del opened[index:]
                break
            if opened[index] in _WALLS or (opened[index] in _SPECIAL and name not in _SPECIAL):
                break
    return False


def other_layout(answer: Answer, missing: str, text: str = "") -> Malformed:
    """The failure of a page that lacks what makes it a list of positions; `missing` names that."""
    return Malformed(
        f"The page has another layout than before: {missing} is missing. The source may have changed.",
        detail="layout",
        status=answer.status,
        evidence=text,
    )


def words(node: LexborNode | None, limit: int = LINE) -> str:
    """The text of an element as one clean line; "" of none."""
    return "" if node is None else line(node.text(deep=True, separator=" "), limit)


def inner(node: LexborNode | None) -> str:
    """The markup inside an element; "" of none."""
    return "" if node is None else _ARMED.sub(r"\1", node.inner_html or "")


def next_element(node: LexborNode) -> LexborNode | None:
    """The element after `node`, with nothing but blanks and comments between."""
    found = node.next
    while found is not None and (found.tag or "").startswith(("-", "_", "!")):
        if found.tag == "-text" and (found.text() or "").strip():
            return None
        found = found.next
    return found


def value_after(text: str, pattern: re.Pattern[str]) -> Any:
    """The JSON value that begins right after the first match of `pattern`; None if nothing matches.

    Raises:
        Malformed: something matches and what follows is cut off or garbled.
    """
    found = pattern.search(text)
    if found is None:
        return None
    try:
        return json.JSONDecoder().raw_decode(text, found.end())[0]
    except (ValueError, RecursionError) as error:
        raise Malformed("The data in the page came cut off or garbled.", detail="shape") from error


def heading(text: str) -> str:
    """`text` as a heading of a description; "" of nothing."""
    return f"<h3>{html.escape(text)}</h3>" if text else ""
