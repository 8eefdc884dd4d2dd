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
# The parser takes quadratic time in the depth of the tree: 200,000 nested elements are minutes, 3,000 are nothing.
DEEPEST = 3000

_ANY_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})")
_VOID = {*("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr")}


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
    """The tree of a page.

    Raises:
        Malformed: its elements are nested too deeply to be read in reasonable time.
    """
    depth = deepest = 0
    for closing, name in _ANY_TAG.findall(text):
        if name.lower() not in _VOID:
            depth = max(0, depth - 1) if closing else depth + 1
            deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise Malformed("The page is nested too deeply to be read.", detail="layout")
    return LexborHTMLParser(text)


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
    return "" if node is None else node.inner_html or ""


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
