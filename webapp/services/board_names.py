"""What a board calls its company, read off the answers of a visit; and whether two names are one company's."""

from __future__ import annotations

import json as json_module
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from webapp.errors import OutboundError
from webapp.scrapers._dom import page_text
from webapp.scrapers._fields import LINE, line, mapping, sequence
from webapp.values import Answer, Get

_ANSWERS_KEPT = 2
_LONGEST = 8_000_000
_ROWS_READ = 5
_NAMES = ("company_name", "companyName", "organizationName", "organization_name", "employer")
_OBJECTS = ("company", "organization", "hiringOrganization", "account", "employer")
_LISTS = ("jobs", "offers", "content", "results", "items", "postings", "data", "positions", "jobPostings")
_IN_PAGE = (
    re.compile(r"\bCOMPANY_DATA\s{0,20}=\s{0,20}\{[^{}]{0,4000}?\"name\"\s{0,5}:\s{0,5}(\"(?:[^\"\\]|\\.){1,200}\")"),
    re.compile(
        r"\"hiringOrganization\"\s{0,5}:\s{0,5}\{[^{}]{0,1000}?\"name\"\s{0,5}:\s{0,5}(\"(?:[^\"\\]|\\.){1,200}\")"
    ),
    re.compile(
        r"<meta\s[^>]{0,200}?(?:property|name)=[\"']og:site_name[\"'][^>]{0,200}?content=(\"[^\"]{1,200}\"|'[^']{1,200}')",
        re.IGNORECASE,
    ),
)
_IN_FEED = re.compile(r"<subcompany>\s{0,20}(?:<!\[CDATA\[)?([^<\]]{1,200})")


class NamingVisit:
    """A `Get` that passes everything on and keeps the first answers, in which the company's name may stand."""

    def __init__(self, get: Get) -> None:
        self._get = get
        self._answers: list[Answer] = []

    def __call__(
        self,
        url: str,
        *,
        accept: str = "application/json",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        conditional: bool = False,
    ) -> Answer:
        answer = self._get(url, accept=accept, json=json, headers=headers, conditional=conditional)
        if len(self._answers) < _ANSWERS_KEPT and len(answer.body) <= _LONGEST:
            self._answers.append(answer)
        return answer

    def company_name(self) -> str:
        """What the board calls its company; "" where it does not say."""
        return next(filter(None, map(_name_in, self._answers)), "")


def _name_in(answer: Answer) -> str:
    try:
        text = page_text(answer)
    except OutboundError:
        return ""
    if text.lstrip()[:1] in {"{", "["}:
        try:
            return _name_in_value(json_module.loads(text))
        except (ValueError, RecursionError):
            return ""
    for pattern in _IN_PAGE:
        found = pattern.search(text)
        if found:
            return _unquoted(found.group(1))
    feed = _IN_FEED.search(text)
    return line(feed.group(1), LINE) if feed else ""


def _unquoted(text: str) -> str:
    try:
        return line(json_module.loads(text))
    except ValueError:
        return line(text[1:-1])


def _name_in_value(value: Any) -> str:
    whole = mapping(value)
    rows = next((whole[name] for name in _LISTS if isinstance(whole.get(name), list)), sequence(value))
    # The name of an object with a list of jobs in it is its owner's.
    own = line(whole.get("name")) if isinstance(whole.get("jobs"), list) else ""
    return _name_of(whole) or own or next(filter(None, (_name_of(mapping(row)) for row in rows[:_ROWS_READ])), "")


def _name_of(row: Mapping[str, Any]) -> str:
    for name in (*_NAMES, *_OBJECTS):
        value = row.get(name)
        text = line(value) if name in _NAMES else line(mapping(value).get("name"))
        if text:
            return text
    return ""


# --- are two names one company's? ------------------------------------------------------------------------------------

_LEGAL = {
    *("inc", "llc", "ltd", "limited", "gmbh", "ag", "sa", "sas", "bv", "nv", "ab", "oy", "plc", "corp", "corporation"),
    *("co", "company", "group", "holding", "holdings", "the", "and", "of", "careers", "career", "jobs", "job", "board"),
    *("technologies", "technology", "labs", "systems", "solutions", "international", "global", "software", "com", "ai"),
}


def resembles(one: str, other: str) -> bool:
    """Whether two names could be one company's: one within the other, a telling word in common, or the initials."""
    first, second = _words(one), _words(other)
    whole, also = "".join(first), "".join(second)
    if not whole or not also:
        return whole == also
    shorter, longer = sorted((whole, also), key=len)
    if (len(shorter) >= 3 or shorter == longer) and shorter in longer:
        return True
    if any(len(word) >= 4 for word in set(first) & set(second) - _LEGAL):
        return True
    return _initials(one) == also or _initials(other) == whole


def _initials(name: str) -> str:
    return "".join(word[0] for word in _all_words(name))


def _words(name: str) -> list[str]:
    words = _all_words(name)
    return [word for word in words if word not in _LEGAL] or words


def _all_words(name: str) -> list[str]:
    plain = "".join(c for c in unicodedata.normalize("NFKD", name.casefold()) if not unicodedata.combining(c))
    return re.findall(r"\w+", plain.replace("_", " ").replace("'", ""))
