"""One job ad of SmartRecruiters, from the JSON or the microdata of its page."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from selectolax.lexbor import LexborHTMLParser

from webapp.scrapers._countries import country_code, country_codes, country_name
from webapp.scrapers._dom import inner, other_layout, page_text, tree_of, words
from webapp.scrapers._fields import WORD, iso_time, line, lines, mapping, place
from webapp.scrapers._html import describe
from webapp.scrapers._listing import wrong_shape
from webapp.values import Answer

_SECTIONS = ("companyDescription", "jobDescription", "qualifications", "additionalInformation")


def sections_markup(sections: object) -> str:
    """The texts of an ad in the order of its page, each under its own title."""
    body = ""
    for name in _SECTIONS:
        part = mapping(mapping(sections).get(name))
        text = part.get("text")
        if isinstance(text, str) and text.strip():
            title = line(part.get("title"))
            body += (f"<h3>{html.escape(title)}</h3>" if title else "") + f"<div>{text}</div>"
    return body


def place_of(text: object) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(places, country codes) of a text like "Dublin, , Ireland", which the source puts together from its fields."""
    parts = [part.strip() for part in line(text).split(",")]
    # Two letters at the end may be a state.
    country = country_code(parts[-1]) if len(parts[-1]) > 3 else ""
    return lines([place(*parts)]), (country,) if country else ()


def ad_fields(answer: Answer, url: str) -> dict[str, Any]:
    """What the page of an ad says, as keyword arguments of `Posting`; whatever it does not say is left out.

    Raises:
        Malformed: it is neither JSON of an ad nor a page with one.
    """
    said = _of_json(answer, url) if answer.body.lstrip()[:1] in {b"{", b"["} else _of_page(answer, url)
    return {name: value for name, value in said.items() if value}


def _of_json(answer: Answer, url: str) -> dict[str, Any]:
    body = answer.json()
    sections = mapping(mapping(body).get("content")).get("sections")
    if not isinstance(sections, Mapping):
        raise wrong_shape(body, answer, 'an object with "content" and "sections" in it')
    places, countries = place_of(body.get("jobAdLocation"))
    return {
        "location": line("; ".join(places)),
        "locations": places,
        "country_codes": countries,
        "employment_type": line(body.get("employmentType"), WORD),
        "posted_at": iso_time(body.get("postedDate")),
        **describe(sections_markup(sections), url).fields(),
    }


def _of_page(answer: Answer, url: str) -> dict[str, Any]:
    text = page_text(answer)
    tree = tree_of(text)
    description = tree.css_first("[itemprop=description]")
    if description is None:
        raise other_layout(answer, "the description", text)
    country = _property(tree, "addressCountry")
    places = lines([place(_property(tree, "addressLocality"), _property(tree, "addressRegion"), country_name(country))])
    return {
        "location": line("; ".join(places)),
        "locations": places,
        "country_codes": country_codes(country),
        "employment_type": _property(tree, "employmentType")[:WORD],
        "posted_at": iso_time(_property(tree, "datePosted")),
        **describe(inner(description), url).fields(),
    }


def _property(tree: LexborHTMLParser, name: str) -> str:
    node = tree.css_first(f"[itemprop={name}]")
    if node is None:
        return ""
    return line(node.attributes.get("content")) or words(node)
