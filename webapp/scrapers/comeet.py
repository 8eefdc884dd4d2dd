"""Comeet (Spark Hire Recruit): its hosted page carries all positions, its Careers API is the way round."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urlsplit

from webapp.errors import Gone, Invalid, Malformed, OutboundError
from webapp.scrapers._countries import country_codes
from webapp.scrapers._fields import WORD, address, identifier, line, lines, mapping, presence, sequence, workplace
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Skipped, Unparsed, assemble, require_list
from webapp.scrapers._urls import api_host, board_url, is_tenant, require_same_board, segment, setting, split_token
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "Comeet"
kind: Literal["api"] = "api"

_PAGE_HOST, _API_HOST = "www.comeet.com", "www.comeet.co"
_SAMPLE = "comeet.sample.test"
_UID = r"[0-9A-Fa-f]{1,4}\.[0-9A-Fa-f]{3}"
_TOKEN = r"[0-9A-Za-z]{8,64}"  # noqa: S105  (a pattern, and the tokens it finds are public)
_LONGEST_SEARCH = 2_000_000

_POSITIONS = re.compile(r"\bCOMPANY_POSITIONS_DATA\s{0,20}=\s{0,20}")
_COMPANY = re.compile(r"\bCOMPANY_DATA\s{0,20}=\s{0,20}(?=\{)")
_TOKENS = (
    re.compile(
        rf"careers-api/2\.0/company/(?P<uid>{_UID})/positions(?:/{_UID})?\?(?:[^\"'\s<>]{{0,80}}&)?token=(?P<token>{_TOKEN})"
    ),
    re.compile(
        r"[\"']?\b(?:comeet_token|comToken|token|data-token)[\"']?\s{0,5}[:=]\s{0,5}[\"'](?P<token>[0-9A-F]{8,64})[\"']"
    ),
    re.compile(
        rf"comeet\.co(?:m)?/jobs/(?P<uid>{_UID})/[a-z]{{1,20}}\?(?:[^\"'\s<>]{{0,80}}&)?token=(?P<token>{_TOKEN})"
    ),
)


def recognise(url: str) -> BoardReference | None:
    """Hosted boards, positions, embedded pages and API addresses of comeet.com and comeet.co, told by their uid."""
    parts = board_url(url)
    place = parts.under("comeet.com", "comeet.co", _SAMPLE) if parts else None
    if parts is None or place is None or place[0] not in {"", "www"}:
        return None
    host = f"www.{_SAMPLE}" if place[1] == _SAMPLE else ""
    if parts.segments[:3] == ("careers-api", "2.0", "company") and _is_uid(parts.segment(3)):
        return _reference("", parts.segment(3), parts.query.get("token", ""), host)
    if parts.segment(0) != "jobs":
        return None
    if _is_uid(parts.segment(1)):
        return _reference("", parts.segment(1), parts.query.get("token", ""), host)
    if _is_uid(parts.segment(2)) and is_tenant(parts.segment(1)):
        return _reference(parts.segment(1), parts.segment(2), "", host)
    return None


def from_token(token: str) -> BoardReference:
    """The board of `slug/uid` (or `slug/uid@host`), as in the hosted page's address.

    Raises:
        Invalid: it has another form.
    """
    name, host = split_token(token)
    slug, _, uid = name.rpartition("/")
    if not _is_uid(uid) or not is_tenant(slug):
        raise Invalid(f"Write a Comeet board as slug/uid, such as example/4F.00B, instead of {token[:100]!r}.")
    return _reference(slug, uid, "", host)


def _is_uid(text: str) -> bool:
    return re.fullmatch(_UID, text) is not None


def _reference(slug: str, uid: str, token: str, host: str) -> BoardReference:
    uid = uid.upper()
    config: dict[str, Any] = {"uid": uid}
    if slug:
        config["slug"] = slug
    if re.fullmatch(_TOKEN, token):
        config["token"] = token
    if host:
        config["api_host"] = host
    careers_url = f"https://{host or _PAGE_HOST}/jobs/{slug + '/' if slug else ''}{uid}"
    # The slug is only an address: two of them can lead to one board.
    return BoardReference(f"{uid}@{host}" if host else uid, config, careers_url)


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All positions of `config["uid"]`: from the hosted page of `config["slug"]`, else from the API with a token.

    A token that is refused or that yields an empty list is looked up anew on the hosted page or on
    `config["careers_url"]` before anything is believed.
    """
    uid = setting(config, "uid", label)
    token = config.get("token")
    token = token.strip() if isinstance(token, str) else ""
    trouble: OutboundError | None = None
    found = ""
    if config.get("slug"):
        try:
            page = _hosted_page(config, uid, get)
            rows = _positions_on(page, uid)
            if rows is not None:
                return assemble(rows, _posting)
            found = find_token(page, uid)
            trouble = Malformed(f"Comeet's page of {uid} carries no positions any more.", detail="layout")
        except OutboundError as error:
            trouble = error
    if not token and not found:
        found = _look_up_token(config, uid, get)
        if not found:
            raise trouble or Malformed(
                "This Comeet board has neither slug nor token in its settings; add the slug of its hosted page.",
                detail="config",
            )
    return _through_api(config, uid, token, found, get)


def _hosted_page(config: Mapping[str, Any], uid: str, get: Get) -> str:
    slug = setting(config, "slug", label)
    answer = get(f"https://{api_host(config) or _PAGE_HOST}/jobs/{segment(slug)}/{segment(uid)}", accept="text/html")
    text = answer.text()
    reached = urlsplit(answer.url).path.lower().split("/")
    if uid.lower() not in reached:
        raise Gone(f"Comeet has no board {slug}/{uid}: it sent us to another page.", detail="redirected")
    if not _POSITIONS.search(text) and "deactivated" in text[:20_000].lower():
        raise Gone(f"Comeet says that the account of {slug}/{uid} is deactivated.", detail="deactivated")
    return text


def _positions_on(page: str, uid: str) -> list[Any] | None:
    """The list assigned to COMPANY_POSITIONS_DATA; None where the page has no such assignment.

    Raises:
        Malformed: it is cut off, no list, or of another company.
    """
    company = _COMPANY.search(page)
    if company:
        owner = mapping(_value_at(page, company.end())).get("company_uid")
        if isinstance(owner, str) and owner.upper() != uid.upper():
            raise Malformed(f"The page shows company {owner[:20]} instead of {uid}.", detail="redirected")
    assignment = _POSITIONS.search(page)
    if assignment is None:
        return None
    rows = _value_at(page, assignment.end())
    if not isinstance(rows, list):
        raise Malformed("Comeet's page holds something else than a list of positions.", detail="shape")
    return rows


def _value_at(page: str, start: int) -> Any:
    try:
        return json.JSONDecoder().raw_decode(page, start)[0]
    except (ValueError, RecursionError) as error:
        raise Malformed("Comeet's page came cut off or garbled.", detail="truncated") from error


def find_token(page: str, uid: str) -> str:
    """The public API token that a career page carries for the company `uid`; "" if none is found."""
    page = page[:_LONGEST_SEARCH]
    # Tokens hide in JSON inside attributes and inside script strings.
    for text in (page, html.unescape(page), page.replace("\\/", "/").replace("\\u0026", "&").replace('\\"', '"')):
        for pattern in _TOKENS:
            for match in pattern.finditer(text):
                owner = match.groupdict().get("uid")
                if owner is None or owner.upper() == uid.upper():
                    return match.group("token")
    return ""


def _look_up_token(config: Mapping[str, Any], uid: str, get: Get) -> str:
    """A fresh token from the company's own career page, if the settings name one that can be read."""
    careers_url = address(config.get("careers_url"))
    if not careers_url:
        return ""
    try:
        return find_token(get(careers_url, accept="text/html").text(), uid)
    except OutboundError:
        return ""


def _through_api(config: Mapping[str, Any], uid: str, token: str, found: str, get: Get) -> Listing:
    """The list that the API gives for `found`, a token just read, or for `token`, the one in the settings."""
    try:
        answer = _call_api(config, uid, found or token, get)
        rows = require_list(answer.json(), answer, "a list of positions")
    except OutboundError as error:
        if error.status not in {400, 401, 403}:
            raise
        fresh = _look_up_token(config, uid, get)
        if fresh in {"", found or token}:
            raise Malformed(
                "Comeet no longer accepts the token of this board and no newer one was found; open its careers page "
                "and enter the address anew.",
                detail="token",
                status=error.status,
            ) from error
        found = fresh
        answer = _call_api(config, uid, found, get)
        rows = require_list(answer.json(), answer, "a list of positions")
    if rows or found:
        return assemble(rows, _posting)
    fresh = _look_up_token(config, uid, get)
    if fresh and fresh != token:
        answer = _call_api(config, uid, fresh, get)
        rows = require_list(answer.json(), answer, "a list of positions")
    reason = "" if fresh else "Comeet gave an empty list, which an outdated token does too; no fresh token was found."
    return assemble(rows, _posting, reason=reason)


def _call_api(config: Mapping[str, Any], uid: str, token: str, get: Get) -> Answer:
    host = api_host(config) or _API_HOST
    url = f"https://{host}/careers-api/2.0/company/{segment(uid)}/positions?token={segment(token)}&details=true"
    answer = get(url)
    require_same_board(answer, uid, label)
    return answer


def _posting(row: dict[str, Any]) -> Posting:
    external_id, title, url = identifier(row.get("uid")), line(row.get("name")), _page_of(row)
    if not (external_id and title and url):
        raise Unparsed
    if row.get("is_internal") is True or row.get("is_published") is False:
        raise Skipped("internal positions")
    place = mapping(row.get("location"))
    location = line(place.get("name")) or line(
        ", ".join(lines([place.get("city"), place.get("state"), place.get("country")]))
    )
    # `is_remote` is deprecated and often stale: true is a hint where nothing better is there, false is none.
    flag = True if place.get("is_remote") is True else None
    workplace_type, is_remote = presence(workplace(row.get("workplace_type")), flag, location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        location=location,
        locations=lines([location]),
        country_codes=country_codes(place.get("country")),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row.get("department")),
        employment_type=line(row.get("employment_type"), WORD),
        **describe(_markup(row), url).fields(),
    )


def _page_of(row: dict[str, Any]) -> str:
    """The page for people. `position_url` is none: it is an API address that holds the token."""
    names = ("url_active_page", "url_comeet_hosted_page", "url_recruit_hosted_page", "url_detected_page")
    return next(filter(None, (address(row.get(name)) for name in names)), "")


def _markup(row: dict[str, Any]) -> str:
    details = sequence(row.get("details")) or sequence(mapping(row.get("custom_fields")).get("details"))
    sections = sorted(
        map(mapping, details), key=lambda part: part["order"] if type(part.get("order")) is int else 10**6
    )
    body = ""
    for section in sections:
        name, value = line(section.get("name")), section.get("value")
        if isinstance(value, str) and value.strip():
            body += (f"<h3>{html.escape(name)}</h3>" if name else "") + value
    return body
