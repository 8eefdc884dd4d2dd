"""Lever: one answer of its Postings API holds every published posting of a site."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any, Literal

from webapp.errors import Gone, Invalid
from webapp.scrapers._countries import country_codes
from webapp.scrapers._fields import (
    WORD,
    address,
    epoch_milliseconds,
    identifier,
    line,
    lines,
    mapping,
    period,
    presence,
    salary,
    sequence,
    workplace,
)
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble, require_list
from webapp.scrapers._urls import api_host, board_url, is_tenant, require_same_board, segment, setting, split_token
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "Lever"
kind: Literal["api"] = "api"

_GLOBAL, _EU = "api.lever.co", "api.eu.lever.co"
_SAMPLE = "lever.sample.test"
# A few are called like their company: "1840&company", "loop ai".
_SITE = r"[\w.&-](?:[\w.& -]{0,98}[\w.&-])?"


def recognise(url: str) -> BoardReference | None:
    """Sites, postings and API addresses of lever.co. The EU region is part of a site's identity."""
    parts = board_url(url)
    place = parts.under("lever.co", _SAMPLE) if parts else None
    if parts is None or place is None:
        return None
    sub, domain = place
    region = "eu" if sub.endswith(".eu") else ""
    name = sub.removesuffix(".eu")
    if name == "jobs":
        site = parts.segment(0)
    elif name == "api" and parts.segments[:2] == ("v0", "postings"):
        site = parts.segment(2)
    else:
        return None
    if not is_tenant(site, _SITE):
        return None
    return _reference(site, region, f"api.{_SAMPLE}" if domain == _SAMPLE else "")


def from_token(token: str) -> BoardReference:
    """The board of `site`, `site@eu` or `site@API-host`.

    Raises:
        Invalid: it cannot be a Lever site.
    """
    site, where = split_token(token)
    if not is_tenant(site, _SITE):
        raise Invalid(f"{site[:100]!r} is no Lever site: it is the word after jobs.lever.co/.")
    return _reference(site, where, "") if where in {"", "eu"} else _reference(site, "", where)


def _reference(site: str, region: str, host: str) -> BoardReference:
    config: dict[str, Any] = {"site": site}
    if host:
        config["api_host"] = host
        return BoardReference(f"{site.lower()}@{host}", config, f"https://{host.replace('api.', 'jobs.', 1)}/{site}")
    if region:
        config["region"] = region
        return BoardReference(f"{site.lower()}@{region}", config, f"https://jobs.{region}.lever.co/{site}")
    return BoardReference(site.lower(), config, f"https://jobs.lever.co/{site}")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All published postings of `config["site"]`; the EU host is tried where the region is not known."""
    site = setting(config, "site", label)
    answer = _ask(config, site, get)
    require_same_board(answer, site, label)
    return assemble(require_list(answer.json(), answer, "a list of postings"), _posting)


def _ask(config: Mapping[str, Any], site: str, get: Get) -> Answer:
    path = f"/v0/postings/{segment(site)}?mode=json"
    host = api_host(config) or (_EU if config.get("region") == "eu" else "")
    if host:
        return get(f"https://{host}{path}", conditional=True)
    try:
        return get(f"https://{_GLOBAL}{path}", conditional=True)
    except Gone:
        return get(f"https://{_EU}{path}", conditional=True)


def _posting(row: dict[str, Any]) -> Posting:
    external_id, title, url = identifier(row.get("id")), line(row.get("text")), address(row.get("hostedUrl"))
    if not (external_id and title and url):
        raise Unparsed
    groups = mapping(row.get("categories"))
    places = lines([groups.get("location"), *sequence(groups.get("allLocations"))])
    location = line(groups.get("location")) or line("; ".join(places))
    workplace_type, is_remote = presence(workplace(row.get("workplaceType")), None, location, title)
    pay = mapping(row.get("salaryRange"))
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=address(row.get("applyUrl")) or url + "/apply",
        location=location,
        locations=places,
        country_codes=country_codes(row.get("country")),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(groups.get("department")) or line(groups.get("team")),
        employment_type=line(groups.get("commitment"), WORD),
        posted_at=epoch_milliseconds(row.get("createdAt")),
        **salary(pay.get("min"), pay.get("max"), pay.get("currency"), period(pay.get("interval"))).fields(),
        **describe(_markup(row), url, plain=_plain(row)).fields(),
    )


def _markup(row: dict[str, Any]) -> str:
    """The parts of a posting in the order in which Lever shows them."""
    body = _text(row.get("description")) or _text(row.get("opening")) + _text(row.get("descriptionBody"))
    for block in map(mapping, sequence(row.get("lists"))):
        heading, items = line(block.get("text")), _text(block.get("content"))
        body += f"<h3>{html.escape(heading)}</h3>" if heading else ""
        body += f"<ul>{items}</ul>" if items else ""
    return body + _text(row.get("additional")) + _text(row.get("salaryDescription"))


def _plain(row: dict[str, Any]) -> str:
    parts = (_text(row.get(name)) for name in ("descriptionPlain", "additionalPlain", "salaryDescriptionPlain"))
    return "\n\n".join(filter(None, parts))


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
