"""Gem: one answer of its public Job Board API holds every posting of a board."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from webapp.errors import Gone, Invalid
from webapp.scrapers._fields import (
    WORD,
    address,
    identifier,
    iso_time,
    line,
    lines,
    mapping,
    presence,
    sequence,
    workplace,
)
from webapp.scrapers._html import describe
from webapp.scrapers._listing import Unparsed, assemble, require_list
from webapp.scrapers._urls import NO_BOARD, api_host, board_url, is_tenant, require_same_board, segment, setting
from webapp.values import Answer, BoardReference, Get, Listing, Posting

label = "Gem"
kind: Literal["api"] = "api"

_HOST = "api.gem.com"
_EMPLOYMENT = {
    "full_time": "Full-time",
    "part_time": "Part-time",
    "contract": "Contract",
    "temporary": "Temporary",
    "internship": "Internship",
    "volunteer": "Volunteer",
}
_RESERVED = NO_BOARD | {"_next", "job_board", "privacy", "terms"}


def recognise(url: str) -> BoardReference | None:
    """Boards and postings of jobs.gem.com, and API addresses of api.gem.com. Names of boards are case-sensitive."""
    parts = board_url(url)
    if parts is None:
        return None
    if parts.host == "jobs.gem.com":
        token = parts.segment(0)
    elif parts.host == _HOST and parts.segments[:2] == ("job_board", "v0"):
        token = parts.segment(2)
    else:
        return None
    return _reference(token) if is_tenant(token, reserved=_RESERVED) else None


def from_token(token: str) -> BoardReference:
    """The board of that name.

    Raises:
        Invalid: it cannot be a board's name.
    """
    if not is_tenant(token, reserved=_RESERVED):
        raise Invalid(f"{token[:100]!r} is no Gem board: it is the name after jobs.gem.com/.")
    return _reference(token)


def _reference(token: str) -> BoardReference:
    return BoardReference(token, {"token": token}, f"https://jobs.gem.com/{segment(token)}")


def read(config: Mapping[str, Any], get: Get, known: Mapping[str, str]) -> Listing:
    """All published postings of `config["token"]`."""
    token = setting(config, "token", label)
    host = api_host(config) or _HOST
    answer = get(f"https://{host}/job_board/v0/{segment(token)}/job_posts/", conditional=True)
    require_same_board(answer, token, label)
    return assemble(_rows(answer, token), _posting)


def _rows(answer: Answer, token: str) -> list[Any]:
    body = answer.json()
    if isinstance(body, dict) and 404 in (body.get("code"), body.get("status"), mapping(body.get("error")).get("code")):
        raise Gone(f"Gem knows no board {token}.", detail="not_found", status=answer.status)
    return require_list(body, answer, "a list of postings")


def _posting(row: dict[str, Any]) -> Posting:
    external_id, title, url = identifier(row.get("id")), line(row.get("title")), address(row.get("absolute_url"))
    if not (external_id and title and url):
        raise Unparsed
    place = row.get("location")
    location = line(place if isinstance(place, str) else mapping(place).get("name"))
    places = lines([location, *map(_office, sequence(row.get("offices")))])
    places = _without_shorter(places)
    workplace_type, is_remote = presence(workplace(row.get("location_type")), None, location, title)
    employment_type = line(row.get("employment_type"), WORD)
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
        employment_type=_EMPLOYMENT.get(employment_type.lower(), employment_type),
        posted_at=iso_time(row.get("first_published_at")),
        **describe(row.get("content"), url, plain=row.get("content_plain")).fields(),
    )


def _office(value: object) -> object:
    """The place of an office, or its name where no place is given."""
    office = mapping(value)
    return line(mapping(office.get("location")).get("name")) or office.get("name")


def _without_shorter(places: tuple[str, ...]) -> tuple[str, ...]:
    """ "Austin" beside "Austin, TX" is the same place, said twice."""
    return tuple(
        place for place in places if not any(other.lower().startswith(place.lower() + ", ") for other in places)
    )
