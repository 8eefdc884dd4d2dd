"""schema.org JobPosting written as microdata, in the shape that its JSON-LD would have."""

from __future__ import annotations

import re
from typing import Any

from selectolax.lexbor import LexborHTMLParser, LexborNode

from webapp.scrapers._dom import inner, words
from webapp.scrapers._html import LONGEST

_DEEPEST = 10
_MOST_POSTINGS = 2000
_MOST_NODES = 50_000
_MOST_PROPERTIES = 300
_HAS_ADDRESS = {
    **dict.fromkeys(("a", "link", "area"), "href"),
    **dict.fromkeys(("img", "script", "iframe", "embed"), "src"),
    **dict.fromkeys(("data", "meter"), "value"),
    "object": "data",
    "time": "datetime",
}


def microdata_postings(tree: LexborHTMLParser) -> list[dict[str, Any]]:
    """Every JobPosting in the microdata of a page, in order, as `_jsonld.posting_fields` reads it."""
    found = tree.css("[itemscope][itemtype]")
    return [_item(node) for node in found if _is_posting(node)][:_MOST_POSTINGS]


def _is_posting(node: LexborNode) -> bool:
    types = (node.attributes.get("itemtype") or "")[:1000].lower().split()
    return any(kind.rstrip("/").endswith("schema.org/jobposting") for kind in types)


def _item(node: LexborNode, depth: int = 0) -> dict[str, Any]:
    item: dict[str, Any] = {}
    if depth > _DEEPEST:
        return item
    for found in _properties(node):
        names = (found.attributes.get("itemprop") or "").split()
        if not names:
            continue
        value = _item(found, depth + 1) if "itemscope" in found.attributes else _value(found, names)
        for name in names:
            if name not in item:
                item[name] = value
            elif isinstance(item[name], list):
                item[name].append(value)
            else:
                item[name] = [item[name], value]
    return item


def _properties(node: LexborNode) -> list[LexborNode]:
    """The elements below `node` with a property of its own, not one of an item within it."""
    found: list[LexborNode] = []
    waiting = _children(node)[::-1]
    seen = 0
    while waiting and seen < _MOST_NODES and len(found) < _MOST_PROPERTIES:
        seen += 1
        inside = waiting.pop()
        if "itemprop" in inside.attributes:
            found.append(inside)
        # The text of a description is one property, whatever elements it is made of.
        if "itemscope" not in inside.attributes and inside.attributes.get("itemprop") != "description":
            waiting.extend(_children(inside)[::-1])
    return found


def _children(node: LexborNode) -> list[LexborNode]:
    return list(node.iter())


def _value(node: LexborNode, names: list[str]) -> str:
    content = node.attributes.get("content")
    if content is not None:
        return content
    kept = node.attributes.get(_HAS_ADDRESS.get(node.tag or "", ""))
    if kept is not None:
        return kept
    if "description" in names:
        return inner(node)[:LONGEST]
    # Between elements in a line there is a blank now, also before a comma.
    return re.sub(r" (?=[,.;:])", "", words(node))
