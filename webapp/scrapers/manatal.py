"""Manatal: the API behind its hosted career pages (careers-page.com) lists postings in pages, with their texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from webapp.errors import Gone, Invalid, OutboundError
from webapp.scrapers._countries import country_codes
from webapp.scrapers._fields import Salary, address, identifier, line, lines, mapping, presence, salary
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble, require_list
from webapp.scrapers._paging import Pages
from webapp.scrapers._urls import NO_BOARD, api_host, board_url, is_tenant, require_same_board, segment, setting
from webapp.values import BoardReference, Get, Listing, Posting

label = "Manatal"
kind: Literal["api"] = "api"

PAGES_PER_READ = 200

_HOST = "www.careers-page.com"
_NAME = r"[\w-]{1,100}"
_RESERVED = NO_BOARD | {"c", "media", "privacy-policy", "terms"}


def recognise(url: str) -> BoardReference | None:
    """Boards and postings of careers-page.com, by path or by subdomain, and the API addresses behind them."""
    parts = board_url(url)
    place = parts.under("careers-page.com") if parts else None
    if parts is None or place is None:
        return None
    if place[0] not in {"", "www"}:
        name = place[0]
    elif parts.segments[:3] == ("api", "v1.0", "c"):
        name = parts.segment(3)
    else:
        name = parts.segment(0)
    return _reference(name) if is_tenant(name, _NAME, _RESERVED) else None


def from_token(token: str) -> BoardReference:
    """The board of www.careers-page.com/{token}.

    Raises:
        Invalid: it cannot be a board's name.
    """
    if not is_tenant(token, _NAME, _RESERVED):
        raise Invalid(f"{token[:100]!r} is no Manatal board: it is the name after www.careers-page.com/.")
    return _reference(token)


def _reference(name: str) -> BoardReference:
    name = name.lower()
    return BoardReference(name, {"name": name}, f"https://{_HOST}/{segment(name)}")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All published postings of `config["name"]`. An empty list is believed only if the career page is there."""
    name = setting(config, "name", label)
    site = f"https://{api_host(config) or _HOST}"
    pages = _pages(name, site, get)
    if not pages.rows and not pages.reason:
        page = get(f"{site}/{segment(name)}", accept="text/html")
        require_same_board(page, name, label)
    return assemble(
        pages.rows,
        lambda row: _posting(row, f"{site}/{segment(name)}"),
        reported_total=pages.total,
        paged=True,
        reason=pages.reason,
    )


def _pages(name: str, site: str, get: Get) -> Pages:
    pages = Pages()
    seen: set[str] = set()
    repeated = 0
    for number in range(1, PAGES_PER_READ + 1):
        query = f"?page={number}" if number > 1 else ""
        try:
            answer = get(f"{site}/api/v1.0/c/{segment(name)}/jobs/{query}")
            require_same_board(answer, name, label)
            body = answer.json()
            rows = require_list(body, answer, 'an object with a list "results"', "results")
        except OutboundError as error:
            if number == 1:
                raise
            # Past its end the list answers 404: it has become shorter meanwhile.
            why = "the list became shorter" if isinstance(error, Gone) else error.sentence
            pages.reason = f"Page {number} could not be read: {why}"
            return pages
        total = body.get("count")
        if type(total) is int and total >= 0:
            pages.total = max(total, pages.total or 0)
        ids = {identifier(mapping(row).get("hash")) for row in rows}
        # The order of some boards changes from page to page, so one page without news is not the end.
        repeated = repeated + 1 if ids <= seen else 0
        pages.rows.extend(rows)
        seen |= ids
        if not body.get("next"):
            if pages.total is None:
                pages.reason = "Manatal did not say how many positions there are."
            return pages
        if repeated == 2:
            pages.reason = f"Pages {number - 1} and {number} repeat earlier ones."
            return pages
    pages.reason = f"There are more than {PAGES_PER_READ} pages; reading stopped there."
    return pages


def _posting(row: dict[str, Any], board: str) -> Posting:
    external_id, title = identifier(row.get("hash")), line(row.get("position_name"))
    url = address(f"{board}/job/{segment(external_id)}")
    if not (external_id and title and url):
        raise Unparsed
    place = lines([row.get("city"), row.get("state"), row.get("country")])
    location = line(row.get("location_display")) or line(", ".join(place))
    workplace_type, is_remote = presence("unknown", row.get("is_remote"), location, title)
    return Posting(
        external_id=external_id,
        title=title,
        url=url,
        apply_url=url,
        location=location,
        locations=lines([location]),
        country_codes=country_codes(row.get("country")),
        workplace_type=workplace_type,
        is_remote=is_remote,
        **_pay(row).fields(),
        **describe(row.get("description"), url).fields(),
    )


def _pay(row: dict[str, Any]) -> Salary:
    """The range that the company shows. The API tells no period, and 40.00 is not made an hour's pay by guessing."""
    if row.get("is_salary_visible") is not True:
        return Salary()
    return salary(row.get("salary_min"), row.get("salary_max"), row.get("currency_code"), None)
