"""schema.org JobPosting in JSON-LD: found in a page or feed, mended where it is broken, read without guessing."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from webapp.scrapers._countries import country_codes, country_name
from webapp.scrapers._fields import (
    WORD,
    Salary,
    iso_time,
    line,
    lines,
    mapping,
    period,
    place,
    presence,
    salary,
    sequence,
)
from webapp.scrapers._html import describe

LONGEST_PAGE = 3_000_000
_DEEPEST = 10
_MOST_NODES = 10_000

_SCRIPT = re.compile(r"<script\b([^<>]{0,500})>", re.IGNORECASE)
_LD_TYPE = re.compile(r"type\s*=\s*[\"']?\s*application/ld\+json", re.IGNORECASE)
_GUARDS_BEFORE = ("<!--", "//<![CDATA[", "/*<![CDATA[*/", "// <![CDATA[", "/* <![CDATA[ */", "<![CDATA[")
_GUARDS_AFTER = ("-->", "//]]>", "/*]]>*/", "// ]]>", "/* ]]> */", "]]>", "//", ";")
_KINDS = {
    "FULL_TIME": "Full-time",
    "PART_TIME": "Part-time",
    "CONTRACTOR": "Contract",
    "TEMPORARY": "Temporary",
    "INTERN": "Internship",
    "VOLUNTEER": "Volunteer",
    "PER_DIEM": "Per diem",
    "OTHER": "",
}


def job_postings(page: str) -> list[dict[str, Any]]:
    """Every JobPosting in the JSON-LD of a page, in order; a block that cannot be mended costs only itself."""
    return read_blocks(page).postings


class Blocks(NamedTuple):
    """The JSON-LD of a page: each JobPosting and each ItemList, and how many blocks with a JobPosting are beyond
    mending."""

    postings: list[dict[str, Any]]
    lists: list[dict[str, Any]]
    lost: int


def read_blocks(page: str) -> Blocks:
    """What the JSON-LD of a page says, and how much of it could not be read."""
    found: list[dict[str, Any]] = []
    lists: list[dict[str, Any]] = []
    lost = int(len(page) > LONGEST_PAGE)
    page = page[:LONGEST_PAGE]
    for match in _SCRIPT.finditer(page):
        if not _LD_TYPE.search(match.group(1)):
            continue
        end = page.find("</", match.end())
        while end != -1 and page[end + 2 : end + 8].lower() != "script":
            end = page.find("</", end + 2)
        block = page[match.end() :] if end == -1 else page[match.end() : end]
        values = _values(block)
        lost += not values and "jobposting" in block.lower()
        for value in values:
            postings, item_lists = _nodes_in(value)
            found.extend(postings)
            lists.extend(item_lists)
        if end == -1:
            # A script without end swallows the rest of the page.
            break
    return Blocks(found, lists, lost)


def _values(block: str) -> list[Any]:
    """The JSON values of one block, mended step by step until they can be read."""
    text = _unguarded(block.strip().lstrip("\ufeff").strip())
    for candidate in (text, html.unescape(text)):
        for mended in (candidate, _without_comments(candidate)):
            values = _decoded(mended)
            if values:
                return values
    return []


def _unguarded(text: str) -> str:
    """`text` without what hides scripts from old browsers and XML parsers."""
    for _ in range(4):
        before = next((guard for guard in _GUARDS_BEFORE if text.startswith(guard)), "")
        after = next((guard for guard in _GUARDS_AFTER if text.endswith(guard)), "")
        text = text.removeprefix(before).removesuffix(after).strip()
    return text


def _without_comments(text: str) -> str:
    text = re.sub(r"(?m)^[ \t]*//[^\n]*$", "", text)
    text = re.sub(r",(\s*[}\]])", r"\1", text)
    text = re.sub(r'("datePosted"\s*:\s*"[^"\\]{0,60}")(\s*")', r"\1,\2", text)
    return re.sub(r"\\([$'])", r"\1", text).strip()


def _decoded(text: str) -> list[Any]:
    """Every value of several written one after another; nothing if one of them is broken."""
    decoder = json.JSONDecoder(strict=False)
    values: list[Any] = []
    at = 0
    try:
        while at < len(text):
            value, at = decoder.raw_decode(text, at)
            values.append(value)
            while at < len(text) and text[at] in " \t\r\n,;":
                at += 1
    except (ValueError, RecursionError):
        return []
    return values


def _nodes_in(value: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The objects of the kinds JobPosting and ItemList within a value."""
    nodes: dict[str, dict[str, Any]] = {}
    postings: list[dict[str, Any]] = []
    lists: list[dict[str, Any]] = []
    queue: list[tuple[Any, int]] = [(value, 0)]
    for count, (inner, depth) in enumerate(queue):
        if depth > _DEEPEST or count > _MOST_NODES:
            break
        if isinstance(inner, dict):
            node = {_lowered(name): part for name, part in inner.items()}
            if isinstance(node.get("@id"), str) and len(node) > 1:
                nodes.setdefault(node["@id"], node)
            if _is_a(node.get("@type"), "jobposting"):
                postings.append(node)
            elif _is_a(node.get("@type"), "itemlist"):
                lists.append(node)
            queue.extend((part, depth + 1) for part in node.values() if isinstance(part, dict | list))
        elif isinstance(inner, list):
            queue.extend((part, depth + 1) for part in inner[:_MOST_NODES])
    return [{name: _resolved(part, nodes) for name, part in node.items()} for node in postings], lists


def _lowered(name: str) -> str:
    return name if name.startswith("@") else name[:1].lower() + name[1:]


def _is_a(kinds: object, wanted: str) -> bool:
    names = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(name, str) and re.split(r"[/#:]", name)[-1].lower() == wanted for name in names)


def _resolved(value: Any, nodes: Mapping[str, dict[str, Any]]) -> Any:
    if isinstance(value, list):
        return [_resolved(part, nodes) for part in value]
    if isinstance(value, dict) and set(value) == {"@id"} and isinstance(value["@id"], str):
        return nodes.get(value["@id"], value)
    return value


def posting_fields(job: Mapping[str, Any], url: str) -> dict[str, Any]:
    """What a JobPosting says, as keyword arguments of `Posting`, without its id and addresses.

    `url` is that of the posting, against which links of the description are resolved.
    """
    title = line(job.get("title")) or line(job.get("name"))
    rows = [_address(entry) for entry in _each(job.get("jobLocation"))]
    places = lines(place(row["addressLocality"], row["addressRegion"], row["addressCountry"]) for row in rows)
    scopes = lines(_name(entry) for entry in _each(job.get("applicantLocationRequirements")))
    remote = any("TELECOMMUTE" in line(kind, WORD).upper() for kind in _each(job.get("jobLocationType")))
    if remote and not places:
        places = lines(f"Remote, {country_name(scope)}" for scope in scopes) or ("Remote",)
    location = line("; ".join(places))
    workplace_type, is_remote = presence("remote" if remote else "unknown", None, location, title)
    return {
        "title": title,
        "location": location,
        "locations": places,
        "country_codes": country_codes(*(row["addressCountry"] for row in rows), *scopes),
        "workplace_type": workplace_type,
        "is_remote": is_remote,
        "employment_type": _employment(job.get("employmentType")),
        "posted_at": iso_time(job.get("datePosted")),
        **_pay(job).fields(),
        **describe(_text(job.get("description")), url).fields(),
    }


def _each(value: object) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _name(value: object) -> str:
    """The text that a value is, or the name that an object has."""
    return line(value if isinstance(value, str) else mapping(value).get("name"), WORD).strip(" ,;")


def _address(entry: object) -> dict[str, str]:
    """City, region and country of a Place, of an address, or of a text; the country by its usual name."""
    node = mapping(entry)
    inner = node.get("address", node)
    if isinstance(inner, list):
        inner = next(iter(inner), {})
    if isinstance(inner, str) or isinstance(entry, str):
        whole = line(inner if isinstance(inner, str) else entry)
        return {"addressLocality": whole, "addressRegion": "", "addressCountry": ""}
    parts = mapping(inner)
    return {
        "addressLocality": _name(parts.get("addressLocality")),
        "addressRegion": _name(parts.get("addressRegion")),
        "addressCountry": country_name(_name(parts.get("addressCountry"))),
    }


def _employment(value: object) -> str:
    """The kinds of employment as people write them; a word of no schema stays as it is."""
    words: list[str] = []
    for entry in _each(value):
        for word in line(entry, WORD).split(","):
            key = re.sub(r"[\s-]+", "_", word.strip()).upper()
            words.append(_KINDS.get(key, word.strip()))
    return line(", ".join(lines(words, WORD)), WORD)


def _pay(job: Mapping[str, Any]) -> Salary:
    base = job.get("baseSalary")
    if isinstance(base, list):
        base = next(iter(base), None)
    outer = mapping(base)
    inner = outer.get("value")
    amounts = mapping(inner)
    unit = amounts.get("unitText") or outer.get("unitText")
    currency = outer.get("currency") or amounts.get("currency") or job.get("salaryCurrency")
    low, high = (
        amounts.get(name) if amounts.get(name) is not None else outer.get(name) for name in ("minValue", "maxValue")
    )
    if low is None and high is None:
        exact = amounts.get("value") if amounts else inner if inner is not None else base
        low = high = exact
    per = period(unit)
    # An amount of which nobody says how often it is paid means nothing.
    return salary(low, high, currency, per) if per else Salary()


def _text(value: object) -> str:
    return (
        "\n".join(part for part in sequence(value) if isinstance(part, str))
        if isinstance(value, list)
        else (value if isinstance(value, str) else "")
    )
