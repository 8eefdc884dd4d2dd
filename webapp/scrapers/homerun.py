"""Homerun: the Atom feed that it publishes per customer holds every vacancy with its text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal
from xml.etree.ElementTree import Element

from webapp.errors import Gone, Invalid
from webapp.scrapers._fields import WORD, address, identifier, iso_time, line, lines, presence, workplace
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._urls import NO_BOARD, api_host, board_url, is_tenant, require_same_board, segment, setting
from webapp.scrapers._xml import text_at, texts_at, xml_root
from webapp.values import BoardReference, Get, Listing, Posting

label = "Homerun"
kind: Literal["api"] = "api"

_HOST = "feed.homerun.co"
_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_RESERVED = NO_BOARD | {"feed", "feeds", "embed", "widget", "media", "img", "blog", "developers", "id", "hello"}
_ACCEPT = "application/atom+xml, application/xml, text/xml"


def recognise(url: str) -> BoardReference | None:
    """Career pages and vacancies below {name}.homerun.co, and feeds of feed.homerun.co."""
    parts = board_url(url)
    place = parts.under("homerun.co") if parts else None
    if parts is None or place is None:
        return None
    name = parts.segment(0) if parts.host == _HOST else place[0]
    return _reference(name) if is_tenant(name, _NAME, _RESERVED) else None


def from_token(token: str) -> BoardReference:
    """The board of {token}.homerun.co.

    Raises:
        Invalid: it cannot be a customer's name.
    """
    if not is_tenant(token, _NAME, _RESERVED):
        raise Invalid(f"{token[:100]!r} is no Homerun customer: it is the name before .homerun.co.")
    return _reference(token)


def _reference(name: str) -> BoardReference:
    name = name.lower()
    return BoardReference(name, {"name": name}, f"https://{name}.homerun.co")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All vacancies in the feed of `config["name"]`."""
    name = setting(config, "name", label)
    try:
        answer = get(f"https://{api_host(config) or _HOST}/{segment(name)}", accept=_ACCEPT, conditional=True)
    except Gone as error:
        raise Gone(
            f"Homerun has no feed of {name}: there is no such customer, or it publishes none.",
            detail="not_found",
            status=error.status,
        ) from error
    require_same_board(answer, name, label)
    feed = xml_root(answer, "feed", "a feed of vacancies")
    return assemble((_row(entry) for entry in feed.iterfind("{*}entry")), _posting)


def _row(entry: Element) -> dict[str, Any]:
    return {
        "id": text_at(entry, "{*}id"),
        "title": text_at(entry, "{*}title"),
        "url": _alternate(entry),
        "departments": list(texts_at(entry, "{*}department/{*}name")),
        "locations": list(texts_at(entry, "{*}location/{*}name")),
        "types": list(texts_at(entry, "{*}type/{*}name")),
        # "updated" says when somebody last changed the vacancy, not when it came.
        "published": text_at(entry, "{*}published"),
        "markup": next(
            filter(str.strip, (text_at(entry, path) for path in ("{*}description", "{*}content", "{*}summary"))), ""
        ),
    }


def _alternate(entry: Element) -> str:
    links = [link for link in entry.iterfind("{*}link") if link.get("href")]
    links.sort(key=lambda link: link.get("rel", "alternate") != "alternate")
    return next((link.get("href", "") for link in links), "")


def _posting(row: dict[str, Any]) -> Posting:
    external_id, title, url = identifier(row["id"]), line(row["title"]), address(row["url"])
    if not (external_id and title and url):
        raise Unparsed
    places, types = lines(row["locations"]), lines(row["types"], WORD)
    location = line("; ".join(places))
    said = next((value for value in types if re.fullmatch(r"(?:fully )?remote|hybrid|on-?site", value.lower())), "")
    workplace_type, is_remote = presence(workplace(said), None, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        location=location,
        locations=places,
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(", ".join(lines(row["departments"]))),
        employment_type=line(", ".join(value for value in types if value != said), WORD),
        posted_at=iso_time(row["published"].strip()),
        **describe(row["markup"], url).fields(),
    )
