"""Ashby: one answer of its public Job Postings API holds every posting of an organisation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from webapp.errors import Gone, Invalid
from webapp.scrapers._countries import country_codes
from webapp.scrapers._fields import (
    WORD,
    Salary,
    address,
    identifier,
    iso_time,
    line,
    lines,
    mapping,
    period,
    presence,
    salary,
    sequence,
    widest,
    workplace,
)
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Skipped, Unparsed, assemble, require_list
from webapp.scrapers._urls import api_host, board_url, is_tenant, require_same_board, segment, setting, split_token
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "Ashby"
kind: Literal["api"] = "api"

_HOST = "api.ashbyhq.com"
_SAMPLE = "ashbyhq.sample.test"
# Organisations are named like people write them: "Hyper Labs", "lakera.ai", "R&D Co".
_ORGANISATION = r"[^\W_][\w .&'+,()-]{0,99}"
_EMPLOYMENT = {"FullTime": "Full-time", "PartTime": "Part-time"}


def recognise(url: str) -> BoardReference | None:
    """Boards, postings, embeds and API addresses of ashbyhq.com."""
    parts = board_url(url)
    place = parts.under("ashbyhq.com", _SAMPLE) if parts else None
    if parts is None or place is None:
        return None
    sub, domain = place
    if sub == "jobs":
        org = parts.segment(0)
    elif sub == "api" and parts.segments[:2] == ("posting-api", "job-board"):
        org = parts.segment(2)
    else:
        return None
    if not is_tenant(org, _ORGANISATION):
        return None
    return _reference(org, f"api.{_SAMPLE}" if domain == _SAMPLE else "")


def from_token(token: str) -> BoardReference:
    """The board of an organisation, or of `organisation@API-host`.

    Raises:
        Invalid: it cannot be an organisation's name.
    """
    org, host = split_token(token)
    if not is_tenant(org, _ORGANISATION):
        raise Invalid(f"{org[:100]!r} is no Ashby organisation: it is the name after jobs.ashbyhq.com/.")
    return _reference(org, host)


def _reference(org: str, host: str) -> BoardReference:
    config: dict[str, Any] = {"org": org}
    if host:
        config["api_host"] = host
        careers_url = f"https://{host.replace('api.', 'jobs.', 1)}/{segment(org)}"
        return BoardReference(f"{org.lower()}@{host}", config, careers_url)
    return BoardReference(org.lower(), config, f"https://jobs.ashbyhq.com/{segment(org)}")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All listed postings of `config["org"]`."""
    org = setting(config, "org", label)
    answer = _ask(config, org, get)
    require_same_board(answer, org, label)
    return assemble(require_list(answer.json(), answer, 'an object with a list "jobs"', "jobs"), _posting)


def _ask(config: Mapping[str, Any], org: str, get: Get) -> Answer:
    base = f"https://{api_host(config) or _HOST}/posting-api/job-board/"
    query = "?includeCompensation=true"
    try:
        return get(base + segment(org) + query, conditional=True)
    except Gone:
        # Links are written in any case, the API knows some organisations in lower case only.
        if org == org.lower():
            raise
        return get(base + segment(org.lower()) + query, conditional=True)


def _posting(row: dict[str, Any]) -> Posting:
    external_id, title, url = identifier(row.get("id")), line(row.get("title")), address(row.get("jobUrl"))
    if not (external_id and title and url):
        raise Unparsed
    if row.get("isListed") is False:
        raise Skipped("unlisted positions")
    others = [mapping(place) for place in sequence(row.get("secondaryLocations"))]
    location = line(row.get("location"))
    places = lines([location, *(place.get("location") for place in others)])
    workplace_type, is_remote = presence(
        workplace(row.get("workplaceType")), row.get("isRemote"), "; ".join(places), title
    )
    employment_type = line(row.get("employmentType"), WORD)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=address(row.get("applyUrl")) or url + "/application",
        location=location or line("; ".join(places)),
        locations=places,
        country_codes=country_codes(*(_country(place.get("address")) for place in (row, *others))),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row.get("department") or row.get("departmentName")) or line(row.get("team")),
        employment_type=_EMPLOYMENT.get(employment_type, employment_type),
        posted_at=iso_time(row.get("publishedAt") or row.get("publishedDate")),
        **_pay(mapping(row.get("compensation"))).fields(),
        **describe(row.get("descriptionHtml"), url, plain=row.get("descriptionPlain")).fields(),
    )


def _country(value: object) -> object:
    """The country of an address, which is plain in some answers and inside `postalAddress` in others."""
    place = mapping(value)
    return mapping(place.get("postalAddress")).get("addressCountry") or place.get("addressCountry")


def _pay(compensation: dict[str, Any]) -> Salary:
    """The salary over all tiers; equity, bonus and commission are no salary. The object is there even when empty."""
    components = sequence(compensation.get("summaryComponents"))
    for tier in map(mapping, sequence(compensation.get("compensationTiers"))):
        components = components + sequence(tier.get("components"))
    return widest(
        salary(part.get("minValue"), part.get("maxValue"), part.get("currencyCode"), period(part.get("interval")))
        for part in map(mapping, components)
        if part.get("compensationType") == "Salary"
    )
