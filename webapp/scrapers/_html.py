"""Descriptions: foreign HTML becomes a small safe subset once, here, and a plain text made from that."""

from __future__ import annotations

import html
import re
from typing import Any, NamedTuple
from urllib.parse import urljoin

import nh3

from webapp.scrapers._fields import address, clean_block

LONGEST = 200_000
# nh3 takes quadratic time in the depth of the tree: 60,000 nested elements are minutes.
DEEPEST = 150

_TAGS = {
    *("p", "br", "hr", "div", "ul", "ol", "li", "dl", "dt", "dd", "blockquote", "pre", "code"),
    *("strong", "em", "b", "i", "u", "s", "sub", "sup", "a", "h1", "h2", "h3", "h4", "h5", "h6"),
    *("table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption"),
}
_DROPPED_WITH_CONTENT = {
    "script",
    "style",
    "title",
    "template",
    "noscript",
    "textarea",
    "iframe",
    "object",
    "svg",
    "math",
}
# Elements that end by themselves: twenty <li> in a row are no tree of depth twenty.
_SHALLOW = {
    *("p", "li", "dt", "dd", "option", "tr", "td", "th", "thead", "tbody", "tfoot"),
    *("br", "hr", "img", "input", "col", "wbr", "meta", "link", "source"),
}

_ANY_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})")
_WHOLE_TAG = re.compile(r"<[!/?A-Za-z][^<>]{0,5000}>?")
_REAL_TAG = re.compile(r"</?(?:p|div|ul|ol|li|br|h[1-6]|span|strong|b|em|a|table)\b", re.IGNORECASE)
_ESCAPED_TAG = re.compile(r"&lt;/?(?:p|div|ul|ol|li|br|h[1-6]|span|strong)\b", re.IGNORECASE)
_OUTPUT_TAG = re.compile(r'<(/?)([a-z0-9]+)((?: [a-z-]+="[^"]*")*) ?/?>')
_BREAKS = {"br": "\n", "hr": "\n\n", "tr": "\n", "td": " ", "th": " ", "dt": "\n", "dd": "\n", "div": "\n"}
_PARAGRAPHS = {"p", "ul", "ol", "dl", "table", "blockquote", "pre", "caption", "h1", "h2", "h3", "h4", "h5", "h6"}


class Description(NamedTuple):
    """Sanitised HTML and the plain text of it, with a line per paragraph and "- " before list items."""

    description_html: str = ""
    description_text: str = ""

    def fields(self) -> dict[str, Any]:
        """The keyword arguments of `Posting`."""
        return self._asdict()


def describe(markup: object, base: str, *, escaped: bool = False, plain: object = "") -> Description:
    """The description in `markup`, HTML of unknown quality; `plain` is the source's own text, used if there is none.

    `base` is the posting's URL, against which relative links are resolved. `escaped` undoes the transport escaping
    of sources that entity-escape the whole text once.
    """
    source = markup if isinstance(markup, str) else ""
    source = clean_block(source[:LONGEST])
    if escaped:
        source = html.unescape(source)
    if _ESCAPED_TAG.search(source) and not _REAL_TAG.search(source):
        source = html.unescape(source)
    if not source.strip():
        return _of_plain(plain if isinstance(plain, str) else "")
    if _depth(source) > DEEPEST:
        return _of_plain(html.unescape(_WHOLE_TAG.sub("\n", source)))
    if not _REAL_TAG.search(source) and "\n" in source.strip():
        return _of_plain(html.unescape(_WHOLE_TAG.sub("", source)))
    # An entity may have hidden a control or bidi character until now.
    safe = clean_block(_sanitise(source, base)).strip()
    text = plain_text(safe)
    return Description(safe, text) if text else Description()


def _sanitise(source: str, base: str) -> str:
    def resolve(link: str) -> str | None:
        try:
            return address(urljoin(base, link)) or None
        except ValueError:
            return None

    return nh3.clean(
        # html.unescape can bring back what JSON could not hold.
        clean_block(source),
        tags=_TAGS,
        clean_content_tags=_DROPPED_WITH_CONTENT,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="nofollow noopener",
        url_relative=resolve if base else "deny",
    )


def _of_plain(text: str) -> Description:
    text = _tidy(clean_block(text[:LONGEST]))
    if not text:
        return Description()
    paragraphs = (html.escape(part, quote=False).replace("\n", "<br>") for part in text.split("\n\n"))
    return Description("".join(f"<p>{part}</p>" for part in paragraphs), text)


def _depth(source: str) -> int:
    depth = deepest = 0
    for closing, name in _ANY_TAG.findall(source):
        if name.lower() in _SHALLOW:
            continue
        depth = max(0, depth - 1) if closing else depth + 1
        deepest = max(deepest, depth)
    return deepest


def plain_text(safe: str) -> str:
    """The text of HTML that `describe` made: paragraphs apart by an empty line, list items after "- "."""
    parts: list[str] = []
    at = 0
    # A line break in HTML source is a blank.
    safe = safe.replace("\n", " ")
    for match in _OUTPUT_TAG.finditer(safe):
        if match.start() > at:
            parts.append(safe[at : match.start()])
        at = match.end()
        closing, name = match.group(1), match.group(2)
        if name in _PARAGRAPHS:
            parts.append("\n\n")
        elif name == "li":
            parts.append("" if closing else "\n- ")
        elif name in _BREAKS and (not closing or name == "div"):
            parts.append(_BREAKS[name])
    parts.append(safe[at:])
    return _tidy(html.unescape("".join(parts)))


def _tidy(text: str) -> str:
    rows = [" ".join(row.split()) for row in clean_block(text).split("\n")]
    # The bullet of an item that holds a paragraph belongs before that paragraph.
    text = re.sub(r"(^|\n)-\n+(?=[^\n-])", r"\1- ", "\n".join(rows))
    text = re.sub(r"(^|\n)-(?=\n|$)", "", text)
    text = re.sub(r"\n{3,}", "\n\n", text)
    return re.sub(r"\n\n(?=- )", "\n", text).strip()
