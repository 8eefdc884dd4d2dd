"""Pinpoint: one JSON feed of a careers site with all its postings, texts and pay included."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, get_args

from webapp.errors import Invalid
from webapp.scrapers._dom import heading
from webapp.scrapers._fields import WORD, Salary, address, identifier, line, lines, mapping, place, presence, salary
from webapp.scrapers._fields import workplace as workplace_named
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble, require_list
from webapp.scrapers._urls import api_host, board_url, host_tenant, is_label, joined, require_same_tenant, setting
from webapp.values import BoardReference, Get, Listing, Posting, SalaryPeriod

label = "Pinpoint"
kind: Literal["api"] = "api"

_DOMAIN = "pinpointhq.com"
_PARTS = ("key_responsibilities", "skills_knowledge_expertise", "benefits")


def recognise(url: str) -> BoardReference | None:
    """Careers sites, postings and feeds of pinpointhq.com."""
    parts = board_url(url)
    name = host_tenant(parts, _DOMAIN) if parts else ""
    return _reference(name) if name else None


def from_token(token: str) -> BoardReference:
    """The careers site {token}.pinpointhq.com.

    Raises:
        Invalid: it cannot be a customer's name.
    """
    if not is_label(token):
        raise Invalid(f"{token[:100]!r} is no Pinpoint customer: it is the name before .{_DOMAIN}.")
    return _reference(token.lower())


def _reference(name: str) -> BoardReference:
    return BoardReference(name, {"name": name}, f"https://{name}.{_DOMAIN}/")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All postings of `config["name"]`."""
    name = setting(config, "name", label)
    site = f"https://{api_host(config) or api_host({'api_host': f'{name}.{_DOMAIN}'})}/"
    url = site + "postings.json"
    answer = get(url, conditional=True)
    require_same_tenant(answer, url, label, _DOMAIN)
    rows = require_list(answer.json(), answer, 'an object with a list "data"', "data")
    return assemble(rows, lambda row: _posting(row, site))


def _posting(row: dict[str, Any], site: str) -> Posting:
    external_id, title = identifier(row.get("id")), line(row.get("title"))
    url = address(row.get("url")) or joined(site, row.get("path"))
    if not (external_id and title and url):
        raise Unparsed
    where = mapping(row.get("location"))
    location = line(where.get("name")) or place(where.get("city"), where.get("province"))
    kind_of_place = workplace_named(row.get("workplace_type"))
    if kind_of_place == "unknown":
        kind_of_place = workplace_named(row.get("workplace_type_text"))
    workplace_type, is_remote = presence(kind_of_place, None, location, title)
    job = mapping(row.get("job"))
    department = mapping(job.get("department")) or mapping(row.get("department"))
    employment = line(row.get("employment_type"), WORD).replace("_", " ").capitalize()
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=address(url + "/applications/new") if "/postings/" in url and "?" not in url else url,
        location=location,
        locations=lines([location]),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(department.get("name")),
        employment_type=line(row.get("employment_type_text"), WORD) or employment,
        **_pay(row).fields(),
        **describe(_text(row), url).fields(),
    )


def _text(row: dict[str, Any]) -> str:
    blocks = [row.get("description")]
    for part in _PARTS:
        block = row.get(part)
        if isinstance(block, str) and block.strip():
            blocks += [heading(line(row.get(f"{part}_header"))), block]
    return "\n".join(block for block in blocks if isinstance(block, str))


def _pay(row: dict[str, Any]) -> Salary:
    """The pay, where the company shows it and one of our periods fits: a fortnight ("two_weeks") does not."""
    frequency = line(row.get("compensation_frequency"), WORD).lower()
    per: SalaryPeriod | None = next((name for name in get_args(SalaryPeriod) if name == frequency), None)
    if row.get("compensation_visible") is not True or per is None:
        return Salary()
    return salary(
        row.get("compensation_minimum"), row.get("compensation_maximum"), row.get("compensation_currency"), per
    )
