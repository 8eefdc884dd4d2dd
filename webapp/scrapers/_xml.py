"""Foreign XML read without its dangers: no document type, no entities of its own, no bottomless nesting."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element, TreeBuilder
from xml.parsers import expat

from webapp.errors import Malformed
from webapp.values import Answer

DEEPEST = 150
_CONTROLS = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class _NotAllowed(Exception):
    """Markup that no feed of positions needs."""


def xml_root(answer: Answer, root: str | tuple[str, ...], expected: str) -> Element:
    """The root element of an answer, whose name without namespace must be `root`, or one of several.

    Names are as in ElementTree, `{namespace}name`; find children by `{*}name`, whatever their namespace. `expected`
    names what was due, such as "a feed of positions".

    Raises:
        Malformed: nothing came, a web page came, it is not well-formed or cut off, or another document.
    """
    body = answer.body.strip()
    if not body:
        raise Malformed(
            f"The source answered with nothing at all where {expected} was due.", detail="empty", status=answer.status
        )
    try:
        element = _parsed(body, _declared(answer))
    except _NotAllowed as why:
        if re.match(rb"\s*<!doctype\s+html", body, re.IGNORECASE):
            raise _web_page(answer, expected) from why
        raise Malformed(
            f"The answer holds {why}, which {expected} needs not and we do not read.",
            detail="not_xml",
            status=answer.status,
        ) from why
    # An encoding that does not exist, or that lacks a byte, is a LookupError or ValueError.
    except (expat.ExpatError, LookupError, ValueError) as error:
        if re.search(rb"<html[\s>]", body[:1000], re.IGNORECASE):
            raise _web_page(answer, expected) from error
        raise Malformed(
            f"The answer is not well-formed XML, or only part of it, where {expected} was due.",
            detail="not_xml",
            status=answer.status,
            evidence=body[:2000].decode("utf-8", "replace"),
        ) from error
    name = element.tag.rpartition("}")[2]
    if name.lower() == "html":
        raise _web_page(answer, expected)
    if name not in ((root,) if isinstance(root, str) else root):
        raise Malformed(
            f"The answer has another shape than before: {expected} was due, a document <{name[:40]}> came. "
            "The source may have changed.",
            detail="shape",
            status=answer.status,
        )
    return element


def _web_page(answer: Answer, expected: str) -> Malformed:
    return Malformed(
        f"The source answered with a web page where {expected} was due.",
        detail="html",
        status=answer.status,
        evidence=answer.body[:2000].decode("utf-8", "replace"),
    )


def _declared(answer: Answer) -> str | None:
    """The charset of the header, which is above the one of the document; None where a byte order mark decides."""
    if answer.body.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        return None
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", answer.headers.get("content-type", ""), re.IGNORECASE)
    return found.group(1) if found else None


def _parsed(body: bytes, encoding: str | None) -> Element:
    if not body.startswith((b"\xff\xfe", b"\xfe\xff")) and b"\x00" not in body[:4]:
        # One vertical tab in one description must not cost the whole feed.
        body = _CONTROLS.sub(b" ", body)
    builder = TreeBuilder()
    depth = 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise _NotAllowed(f"elements in more than {DEEPEST} layers")
        builder.start(_named(tag), {_named(name): value for name, value in attributes.items()})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(_named(tag))

    def refuse(*_: object) -> None:
        raise _NotAllowed("a document type with declarations")

    parser = expat.ParserCreate(encoding, namespace_separator="}")
    parser.buffer_text = True
    parser.StartElementHandler = begin
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.Parse(body, True)
    return builder.close()


def _named(name: str) -> str:
    return "{" + name if "}" in name else name


def text_at(element: Element, path: str) -> str:
    """The text of the first element at `path`, with that of what is in it; "" if there is none."""
    found = element.find(path)
    return "" if found is None else "".join(found.itertext())


def texts_at(element: Element, path: str) -> Iterator[str]:
    """The text of each element at `path`."""
    return ("".join(found.itertext()) for found in element.iterfind(path))
