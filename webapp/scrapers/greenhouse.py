"""Greenhouse: one answer of its Job Board API holds every published post of a board."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from webapp.errors import Gone, Invalid, Unavailable
from webapp.scrapers._fields import (
    WORD,
    Salary,
    address,
    amount,
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
from webapp.values import Answer, BoardReference, Get, Listing, Posting, WorkplaceType

label = "Greenhouse"
kind: Literal["api"] = "api"

_HOSTS = ("boards-api.greenhouse.io", "boards-api.eu.greenhouse.io")
_SAMPLE = "greenhouse.sample.test"
_PUBLIC = frozenset({"boards", "job-boards", "boards-api", "api"})


def recognise(url: str) -> BoardReference | None:
    """Boards, postings, embeds and API addresses of greenhouse.io; the EU site is the region `eu`."""
    parts = board_url(url)
    place = parts.under("greenhouse.io", _SAMPLE) if parts else None
    if parts is None or place is None:
        return None
    sub, domain = place
    region = "eu" if sub.endswith(".eu") else ""
    if sub.removesuffix(".eu") not in _PUBLIC:
        return None
    if parts.segment(0) == "embed":
        token = parts.query.get("for", "")
    elif parts.segments[:2] == ("v1", "boards"):
        token = parts.segment(2)
    else:
        token = parts.segment(0)
    if not is_tenant(token):
        return None
    return _reference(token, region, f"boards-api.{_SAMPLE}" if domain == _SAMPLE else "")


def from_token(token: str) -> BoardReference:
    """The board of a token, or of `token@API-host`.

    Raises:
        Invalid: it cannot be a Greenhouse token.
    """
    name, host = split_token(token)
    if not is_tenant(name):
        raise Invalid(f"{name[:100]!r} is no Greenhouse board token: it is the word after boards.greenhouse.io/.")
    return _reference(name, "", host)


def _reference(token: str, region: str, host: str) -> BoardReference:
    config: dict[str, Any] = {"token": token}
    if host:
        config["api_host"] = host
        public = host.replace("boards-api.", "boards.", 1)
        return BoardReference(f"{token.lower()}@{host}", config, f"https://{public}/{token}")
    if region:
        config["region"] = region
    # Not part of the key: the global API serves both regions under the same tokens.
    return BoardReference(token.lower(), config, f"https://job-boards.{'eu.' if region else ''}greenhouse.io/{token}")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All published posts of `config["token"]`, asked of `config["api_host"]` or of the global and the EU host."""
    token = setting(config, "token", label)
    answer = _ask(config, token, get)
    require_same_board(answer, token, label)
    body = answer.json()
    rows = require_list(body, answer, 'an object with a list "jobs"', "jobs")
    return assemble(rows, _posting, reported_total=mapping(mapping(body).get("meta")).get("total"))


def _ask(config: Mapping[str, Any], token: str, get: Get) -> Answer:
    host = api_host(config)
    first, *others = (host,) if host else _HOSTS
    path = f"/v1/boards/{segment(token)}/jobs?content=true"
    try:
        return get(f"https://{first}{path}", conditional=True)
    except Gone as gone:
        for other in others:
            try:
                return get(f"https://{other}{path}", conditional=True)
            except Gone:
                continue
            except Unavailable as error:
                # Some networks do not know the EU host at all: then it proves nothing, and the first 404 stands.
                if error.detail != "dns":
                    raise
        raise gone


def _posting(row: dict[str, Any]) -> Posting:
    external_id, title, url = identifier(row.get("id")), line(row.get("title")), address(row.get("absolute_url"))
    if not (external_id and title and url):
        raise Unparsed
    if "internal_job_id" in row and row["internal_job_id"] is None:
        raise Skipped("open applications without a position")
    location = line(mapping(row.get("location")).get("name"))
    if location.upper() == "BLANK":
        location = ""
    offices = [mapping(office) for office in sequence(row.get("offices"))]
    places = _places(location) or lines(office.get("location") or office.get("name") for office in offices)
    extra = _Metadata(row.get("metadata"))
    workplace_type, is_remote = presence(extra.workplace, extra.is_remote, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        location=location or line("; ".join(places)),
        locations=places,
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(", ".join(lines(mapping(part).get("name") for part in sequence(row.get("departments"))))),
        employment_type=extra.employment_type,
        posted_at=iso_time(row.get("first_published")),
        **(_pay_ranges(row.get("pay_input_ranges")) or extra.pay).fields(),
        **describe(row.get("content"), url, escaped=True).fields(),
    )


def _places(location: str) -> tuple[str, ...]:
    """The places of one text: "Tel Aviv; Remote", "Austin, TX or Remote", "Paris | Berlin". Commas do not part."""
    parts = re.split(r"\s*[;|•]\s*|\s+or\s+|\s+/\s+", location)
    parts = [", ".join(bit for bit in part.split(", ") if bit.upper() != "BLANK") for part in parts]
    return lines(parts)


class _Metadata:
    """What a company keeps in fields of its own; their names differ, so they are told by their words."""

    def __init__(self, value: object) -> None:
        self.workplace: WorkplaceType = "unknown"
        self.is_remote: bool | None = None
        self.employment_type = ""
        self.pay = Salary()
        for entry in map(mapping, sequence(value)):
            name = " ".join(re.findall(r"[a-z]+", line(entry.get("name"), WORD).lower()))
            self._take(name, entry.get("value"))

    def _take(self, name: str, value: object) -> None:
        if isinstance(value, list):
            texts = lines(value, WORD)
        else:
            texts = lines([value], WORD)
        if re.search(r"\b(workplace|work ?model|working model|location type|work arrangement|remote)\b", name):
            if isinstance(value, bool) and "remote" in name:
                self.is_remote = value
            elif len(texts) == 1 and self.workplace == "unknown":
                self.workplace = workplace(texts[0])
                if re.search(r"\bremote\b", name) and texts[0].lower() in {"yes", "no"}:
                    self.is_remote = texts[0].lower() == "yes"
        elif re.search(
            r"\b(employment|commitment|contract|job|position|worker|time) (type|status)\b", name
        ) or name in {
            "commitment",
            "employment",
        }:
            self.employment_type = self.employment_type or line(", ".join(texts), WORD)
        elif (
            isinstance(value, dict) and "min_value" in value and re.search(r"\b(pay|salary|compensation|wage)\b", name)
        ):
            found = salary(value.get("min_value"), value.get("max_value"), value.get("unit"), period(name))
            self.pay = self.pay if self.pay.salary_currency else found


def _pay_ranges(value: object) -> Salary | None:
    """One range over all that are in the first one's currency and period (they differ by place); None without any."""
    found: list[Salary] = []
    for entry in map(mapping, sequence(value)):
        least, most = (amount(entry.get(name)) for name in ("min_cents", "max_cents"))
        pay = salary(least and least / 100, most and most / 100, entry.get("currency_type"), period(entry.get("title")))
        if pay.salary_currency:
            found.append(pay)
    return widest(found) if found else None
