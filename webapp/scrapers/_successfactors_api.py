"""The search of newer SuccessFactors sites, which a script fills from an API: ten positions at a time, per language."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

from webapp.errors import OutboundError
from webapp.scrapers._fields import identifier, line, lines, mapping, sequence
from webapp.scrapers._html import describe
from webapp.scrapers._listing import require_list
from webapp.scrapers._paging import Page, Pages, count, read_pages
from webapp.scrapers._urls import require_same_tenant, segment
from webapp.values import Get

MOST_LANGUAGES = 12
_LOCALE = re.compile(r"locale=([a-z]{2}_[A-Z]{2})\b")
_SHELL = ("searchResultsUnify", "services/recruiting/v1/jobs", "unifiedStandard", "careersite-searchresults")
_SHORT = re.compile(r"(\d{1,2})([./])(\d{1,2})\2(\d{2}|\d{4})", re.ASCII)


def is_shell(text: str) -> bool:
    """Whether a search page is an empty one that a script fills."""
    return any(word in text for word in _SHELL)


def read(site: str, text: str, get: Get) -> Pages:
    """The rows of all languages that the search page `text` offers; a position in several of them is one row.

    Raises:
        OutboundError: the first language could not be read.
    """
    locales = list(dict.fromkeys(_LOCALE.findall(text))) or ["en_US"]
    # English first, so that a position in several languages is shown in it.
    locales.sort(key=lambda locale: not locale.startswith("en"))
    found: dict[str, dict[str, Any]] = {}
    reasons: list[str] = []
    if len(locales) > MOST_LANGUAGES:
        reasons.append(f"The site has {len(locales)} languages, of which {MOST_LANGUAGES} were read.")
    for number, locale in enumerate(locales[:MOST_LANGUAGES]):
        try:
            pages = _in_language(site, locale, get)
        except OutboundError as error:
            if number == 0:
                raise
            reasons.append(f"The positions in {locale} could not be read: {error.sentence}")
            continue
        if pages.reason:
            reasons.append(f"{locale}: {pages.reason}")
        elif pages.total is None or pages.total > len({_name(row) for row in pages.rows}):
            reasons.append(f"The source says {pages.total} positions in {locale} and gave {len(pages.rows)}.")
        for at, row in enumerate(pages.rows):
            found.setdefault(_name(row) or f"{locale} {at}", _row(row, site, locale))
    return Pages(list(found.values()), None, " ".join(reasons))


def _in_language(site: str, locale: str, get: Get) -> Pages:
    url = f"{site}/services/recruiting/v1/jobs"

    def ask(number: int, _: int) -> Page:
        body = {"keywords": "", "locale": locale, "location": "", "pageNumber": number, "sortBy": "recent"}
        answer = get(url, json=body)
        require_same_tenant(answer, url, "SAP SuccessFactors")
        value = answer.json()
        rows = require_list(value, answer, 'an object with a list "jobSearchResult"', "jobSearchResult")
        return Page(rows, count(value.get("totalJobs")))

    return read_pages(ask, _name)


def _name(row: object) -> str:
    return identifier(mapping(mapping(row).get("response")).get("id"))


def _row(row: object, site: str, locale: str) -> dict[str, Any]:
    """What the scraper of the search pages calls a row."""
    said = mapping(mapping(row).get("response"))
    name = _name(row)
    # The words of the address are for people; the site looks at the number alone.
    slug = re.sub(r"[-?#&/%]+", "-", unquote(line(said.get("unifiedUrlTitle")) or line(said.get("urlTitle")) or "job"))
    places = lines(describe(entry, "").description_text for entry in sequence(said.get("jobLocationShort")))
    return {
        "id": name,
        "title": said.get("unifiedStandardTitle") or said.get("jobTitle"),
        "link": f"{site}/job/{segment(slug)}/{segment(name)}-{locale}" if name else "",
        "places": list(places),
        "date": _date(said.get("unifiedStandardStart"), locale),
        "department": said.get("department"),
    }


def _date(value: object, locale: str) -> str:
    """A short date as ISO 8601: months are first only in the United States, and only dots are sure elsewhere."""
    match = _SHORT.fullmatch(line(value, 20))
    if match is None or not (match.group(2) == "." or locale == "en_US"):
        return ""
    first, dot, second, year = match.groups()
    day, month = (first, second) if dot == "." else (second, first)
    return f"{int(year) % 100 + 2000:04}-{int(month):02}-{int(day):02}"
