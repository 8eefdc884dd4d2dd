"""Personio: one XML feed holds every published position; a second one in the company's own language fills gaps."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from xml.etree.ElementTree import Element

from webapp.errors import Gone, Invalid, Malformed, OutboundError
from webapp.scrapers._fields import WORD, ascii_host, identifier, iso_time, line, lines, presence
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble
from webapp.scrapers._urls import (
    api_host,
    board_url,
    host_tenant,
    is_label,
    require_same_tenant,
    setting,
)
from webapp.scrapers._xml import text_at, texts_at, xml_root
from webapp.values import BoardReference, Get, Listing, Posting

label = "Personio"
kind: Literal["api"] = "api"

# Both answer for the same company; what a company links to is kept, for the addresses of its positions.
_DOMAINS = {"de": "jobs.personio.de", "com": "jobs.personio.com"}
# What a person would say before "full-time": the rest is employment as usual.
_CONTRACTS = {
    "intern": "Internship",
    "trainee": "Trainee",
    "freelance": "Freelance",
    "temporary": "Temporary",
    "working_student": "Working student",
}
_SCHEDULES = {"full-time": "Full-time", "part-time": "Part-time", "full-or-part-time": "Full- or part-time"}


def recognise(url: str) -> BoardReference | None:
    """Career sites, positions and feeds of jobs.personio.de and jobs.personio.com."""
    parts = board_url(url)
    if parts is None:
        return None
    for top, domain in _DOMAINS.items():
        company = host_tenant(parts, domain)
        if company:
            return _reference(company, top)
    return None


def from_token(token: str) -> BoardReference:
    """The board of a company, or of its host.

    Raises:
        Invalid: it cannot be a Personio company.
    """
    if "." in ascii_host(token):
        found = recognise(f"https://{token}/")
        if found is not None:
            return found
    if not is_label(token):
        raise Invalid(f"{token[:100]!r} is no Personio company: it is the word before .jobs.personio.de.")
    return _reference(token.lower(), "de")


def _reference(company: str, top: str) -> BoardReference:
    config = {"company": company} if top == "de" else {"company": company, "top": top}
    return BoardReference(company, config, f"https://{company}.{_DOMAINS[top]}/")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All published positions of `config["company"]`, in English where the company wrote them in English."""
    host, rows = _ask(config, get)
    warnings: list[str] = []
    if any(not row["descriptions"] for row in rows):
        try:
            rows = _filled(rows, _rows(host, "", get))
        except OutboundError as error:
            warnings.append(f"Positions without an English text could not be read in their own: {error.sentence}")
    return assemble(rows, lambda row: _posting(row, host), warnings=warnings)


def _ask(config: Mapping[str, Any], get: Get) -> tuple[str, list[dict[str, Any]]]:
    """The host that knows the company, and the rows of its English feed."""
    company = setting(config, "company", label)
    first, other = ("com", "de") if config.get("top") == "com" else ("de", "com")
    host = api_host(config) or _host(company, first)
    try:
        return host, _rows(host, "?language=en", get)
    except Gone as gone:
        if api_host(config):
            raise
        try:
            return _host(company, other), _rows(_host(company, other), "?language=en", get)
        except Gone:
            raise Gone(
                f"Personio knows no company {company}, or it has switched off its feed of positions.",
                detail=gone.detail,
                status=gone.status,
            ) from gone


def _host(company: str, top: str) -> str:
    if not is_label(company, reserved=frozenset()):
        raise Malformed(
            'The "company" in this Personio board\'s settings is no name; correct it there.', detail="config"
        )
    return f"{company.lower()}.{_DOMAINS[top]}"


def _rows(host: str, query: str, get: Get) -> list[dict[str, Any]]:
    url = f"https://{host}/xml{query}"
    answer = get(url, accept="application/xml, text/xml;q=0.9, */*;q=0.1")
    require_same_tenant(answer, url, label)
    root = xml_root(answer, "workzag-jobs", "a feed of positions")
    return [_row(position) for position in root.iterfind("position")]


def _row(position: Element) -> dict[str, Any]:
    names = ("id", "name", "office", "department", "recruitingCategory", "employmentType", "schedule", "createdAt")
    return {
        **{name: text_at(position, name) for name in names},
        "offices": [*texts_at(position, "additionalOffices/office"), *texts_at(position, "offices/office")],
        "descriptions": [
            (line(text_at(part, "name")), text_at(part, "value"))
            for part in position.iterfind("jobDescriptions/jobDescription")
            if text_at(part, "value").strip()
        ],
    }


def _filled(rows: list[dict[str, Any]], native: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows, with the text of the company's own language where there is none, and those that exist only in it."""
    by_id = {row["id"]: row for row in native}
    ids = {row["id"] for row in rows}
    filled = [{**row, "descriptions": row["descriptions"] or by_id.get(row["id"], row)["descriptions"]} for row in rows]
    return filled + [row for name, row in by_id.items() if name not in ids]


def _posting(row: dict[str, Any], host: str) -> Posting:
    external_id, title = identifier(row["id"]), line(row["name"])
    if not (external_id.isascii() and external_id.isalnum() and title):
        raise Unparsed
    url = f"https://{host}/job/{external_id}"
    places = lines([row["office"], *row["offices"]])
    location = line("; ".join(places))
    workplace_type, is_remote = presence("unknown", None, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=f"{url}#apply",
        location=location,
        locations=places,
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row["department"]) or line(row["recruitingCategory"]),
        employment_type=_employment(row["employmentType"], row["schedule"]),
        posted_at=iso_time(row["createdAt"]),
        **describe(_markup(row["descriptions"]), url).fields(),
    )


def _employment(contract: str, schedule: str) -> str:
    contract, schedule = line(contract, WORD), line(schedule, WORD)
    kinds = (_CONTRACTS.get(contract), _SCHEDULES.get(schedule, schedule))
    return line(", ".join(filter(None, kinds)), WORD)


def _markup(parts: Iterable[tuple[str, str]]) -> str:
    return "\n".join(
        f"<h3>{html.escape(heading)}</h3>\n<div>{text}</div>" if heading else f"<div>{text}</div>"
        for heading, text in parts
    )
