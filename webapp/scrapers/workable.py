"""Workable: the widget answers with every published job of an account; the career site's own list stands in for it."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from webapp.errors import Gone, Invalid, OutboundError
from webapp.scrapers._countries import country_codes, country_name
from webapp.scrapers._details import list_hash, with_details
from webapp.scrapers._fields import (
    WORD,
    address,
    ascii_host,
    identifier,
    iso_time,
    line,
    lines,
    mapping,
    place,
    presence,
    sequence,
    workplace,
)
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Skipped, Unparsed, assemble, require_list, wrong_shape
from webapp.scrapers._urls import (
    NO_BOARD,
    NO_TENANT,
    api_host,
    board_url,
    host_tenant,
    is_tenant,
    require_same_board,
    segment,
    setting,
)
from webapp.values import BoardReference, Get, Listing, Posting

label = "Workable"
kind: Literal["api"] = "api"

PAGES_PER_READ = 100
# All accounts share one host that shuts out whoever asks much, for hours: fewer than elsewhere.
DETAILS_PER_READ = 30

_HOST = "apply.workable.com"
_NO_ACCOUNT = NO_BOARD | {"j", "widget", "accounts", "oauth", "logout", "signin"}
_NO_HOST = NO_TENANT | {"apply", "jobs", "careers", "resources", "assessments", "hire", "university", "backend"}
_KINDS = {
    "full": "Full-time",
    "part": "Part-time",
    "contract": "Contract",
    "temporary": "Temporary",
    "trainee": "Trainee",
    "internship": "Internship",
    "volunteer": "Volunteer",
    "other": "",
}


def recognise(url: str) -> BoardReference | None:
    """Career sites, jobs, widgets and API addresses of an account; a bare `/j/` link names none."""
    parts = board_url(url)
    if parts is None:
        return None
    if parts.host == _HOST and parts.segment(0) != "api":
        account = parts.segment(0)
    elif parts.host in {_HOST, "www.workable.com"} and "accounts" in parts.segments[:4]:
        account = parts.segment(parts.segments.index("accounts") + 1)
    else:
        account = host_tenant(parts, "workable.com", reserved=_NO_HOST)
    return _reference(account) if is_tenant(account, reserved=_NO_ACCOUNT) else None


def from_token(token: str) -> BoardReference:
    """The board of an account, or of any of its addresses' hosts.

    Raises:
        Invalid: it cannot be a Workable account.
    """
    if "." in ascii_host(token):
        found = recognise(f"https://{token}/")
        if found is not None:
            return found
    if not is_tenant(token, r"[\w-]{1,100}", _NO_ACCOUNT):
        raise Invalid(f"{token[:100]!r} is no Workable account: it is the word after apply.workable.com/.")
    return _reference(token)


def _reference(account: str) -> BoardReference:
    account = account.lower()
    return BoardReference(account, {"account": account}, f"https://{_HOST}/{segment(account)}/")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All published jobs of `config["account"]`.

    Where the widget does not know the account, the list of its career site is asked, whose descriptions come one by
    one, at most DETAILS_PER_READ of them.
    """
    account = setting(config, "account", label)
    host = api_host(config) or _HOST
    try:
        return _read_widget(host, account, get)
    except Gone as gone:
        try:
            return _read_list(host, account, get, known)
        except Gone:
            raise gone from None


def _read_widget(host: str, account: str, get: Get) -> Listing:
    url = f"https://{host}/api/v1/widget/accounts/{segment(account)}?details=true"
    answer = get(url, conditional=True)
    require_same_board(answer, account, label)
    rows = require_list(answer.json(), answer, 'an object with a list "jobs"', "jobs")
    return assemble(_merged(rows), lambda row: _posting(row, host, account))


def _merged(rows: Iterable[Any]) -> list[Any]:
    """One row per job: a job in three countries comes as three rows, each with its own place."""
    merged: list[Any] = []
    by_code: dict[str, dict[str, Any]] = {}
    for row in rows:
        code = identifier(mapping(row).get("shortcode"))
        if not code or code not in by_code:
            row = {**row, "places": _places(row)} if isinstance(row, dict) else row
            merged.append(row)
            if code:
                by_code[code] = row
        else:
            by_code[code]["places"] += _places(row)
    return merged


def _places(row: dict[str, Any]) -> list[dict[str, Any]]:
    """The places of a row that the career site shows."""
    entries = [mapping(entry) for entry in sequence(row.get("locations"))]
    shown = [entry for entry in entries if entry.get("hidden") is not True]
    if shown or entries:
        return shown
    single = mapping(row.get("location")) or {
        "city": row.get("city"),
        "region": row.get("state"),
        "country": row.get("country"),
    }
    return [single]


def _posting(row: dict[str, Any], host: str, account: str) -> Posting:
    code, title = identifier(row.get("shortcode")), line(row.get("title"))
    if not (code.isascii() and code.isalnum() and title):
        raise Unparsed
    url = f"https://{host}/{segment(account)}/j/{code}/"
    entries = row["places"]
    places = lines(
        place(entry.get("city"), entry.get("region"), country_name(entry.get("country") or entry.get("countryCode")))
        for entry in entries
    )
    location = line("; ".join(places))
    workplace_type, is_remote = presence(
        workplace(row.get("workplace_type")), row.get("telecommuting"), location, title
    )
    return Posting(
        external_id=code,
        title=title,
        url=url,
        apply_url=address(row.get("application_url")) or f"{url}apply/",
        location=location,
        locations=places,
        country_codes=country_codes(*(entry.get("countryCode") or entry.get("country") for entry in entries)),
        workplace_type=workplace_type,
        is_remote=is_remote,
        department=line(row.get("department")),
        employment_type=line(row.get("employment_type"), WORD),
        posted_at=iso_time(row.get("published_on")),
        **describe(_markup(row), url).fields(),
    )


def _markup(row: Mapping[str, Any]) -> str:
    """The parts of a job, with the headings that Workable shows over the later ones."""
    body = _text(row.get("description"))
    for name, heading in (("requirements", "Requirements"), ("benefits", "Benefits")):
        if _text(row.get(name)):
            body += f"<h3>{html.escape(heading)}</h3>{_text(row.get(name))}"
    return body


def _text(value: object) -> str:
    return value if isinstance(value, str) and value.strip() else ""


def _read_list(host: str, account: str, get: Get, known: Mapping[str, str]) -> Listing:
    rows: list[Any] = []
    total: object = None
    reason, token = "", ""
    tokens: set[str] = set()
    for number in range(PAGES_PER_READ):
        try:
            answer = get(
                f"https://{host}/api/v3/accounts/{segment(account)}/jobs",
                json={"query": "", "location": [], "department": [], "worktype": [], "remote": []}
                | ({"token": token} if token else {}),
            )
            require_same_board(answer, account, label)
            body = answer.json()
            rows.extend(require_list(body, answer, 'an object with a list "results"', "results"))
        except OutboundError as error:
            if not number:
                raise
            reason = f"Page {number + 1} could not be read: {error.sentence}"
            break
        total = body.get("total") if total is None else total
        token = _text(body.get("nextPage"))
        if not token:
            break
        if token in tokens:
            reason = f"Page {number + 2} repeats earlier ones."
            break
        tokens.add(token)
    else:
        reason = f"There are more than {PAGES_PER_READ} pages of jobs; reading stopped there."
    listing = assemble(rows, lambda row: _listed(row, host, account), reported_total=total, paged=True, reason=reason)
    postings, warnings = with_details(
        listing.postings, known, lambda posting: _detailed(posting, host, account, get), DETAILS_PER_READ
    )
    return replace(listing, postings=postings, warnings=(*listing.warnings, *warnings))


def _listed(row: dict[str, Any], host: str, account: str) -> Posting:
    if row.get("state") not in {None, "published"} or row.get("isInternal") is True:
        raise Skipped("jobs that are internal or not published")
    groups = row.get("department")
    posting = _posting(
        {
            "shortcode": row.get("shortcode"),
            "title": row.get("title"),
            "places": _places(row),
            "workplace_type": row.get("workplace"),
            "telecommuting": row.get("remote"),
            "department": ", ".join(lines(groups)) if isinstance(groups, list) else groups,
            "employment_type": _KINDS.get(line(row.get("type"), WORD), line(row.get("type"), WORD)),
        },
        host,
        account,
    )
    seen = (posting.title, posting.locations, posting.workplace_type, posting.department, posting.employment_type)
    return replace(posting, posted_at=iso_time(row.get("published")), list_hash=list_hash(seen), is_detailed=False)


def _detailed(posting: Posting, host: str, account: str, get: Get) -> Posting:
    answer = get(f"https://{host}/api/v2/accounts/{segment(account)}/jobs/{posting.external_id}")
    body = answer.json()
    if not isinstance(body, dict) or "description" not in body:
        raise wrong_shape(body, answer, 'an object with a "description"')
    return replace(posting, is_detailed=True, **describe(_markup(body), posting.url).fields())
