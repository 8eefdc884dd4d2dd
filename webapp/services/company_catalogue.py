"""Which companies are watched: add one by the address of its board, switch it on or off, rename, remove.

`load_starter` adds the list that comes with the project, all switched off.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy.exc import IntegrityError

from webapp.db import db
from webapp.errors import Conflict, Invalid
from webapp.models import Board, Company
from webapp.repositories import companies
from webapp.scrapers import SCRAPERS, recognise
from webapp.values import BoardReference

STARTER_LIST = Path(__file__).resolve().parent.parent / "data" / "companies.yaml"
NAME_LENGTH = 200
ADDRESS_LENGTH = 2000
SLUG_LENGTH = 100

# Where a board's configuration says what the company is called, best first.
_NAMING = ("slug", "token", "org", "tenant", "uid", "site")


def add(
    careers_url: str,
    name: str | None,
    now: datetime,
    *,
    enabled: bool = True,
    homepage_url: str = "",
    country_code: str | None = None,
    sector: str = "",
) -> Board:
    """The board that `careers_url` names, with its company, due now.

    Without a name the company is called after its board; the name of a company that is there already adds the board
    to it. A board that is there already but switched off is switched on, if `enabled`.

    Raises:
        Invalid: the address names no board we can read, or a value cannot be used; `field` says which.
        Conflict: this board is watched already; the sentence names the company.
    """
    ats, reference = recognised(careers_url)
    return add_board(
        ats,
        reference,
        name,
        now,
        enabled=enabled,
        homepage_url=homepage_url,
        country_code=country_code,
        sector=sector,
    )


def add_board(
    ats: str,
    reference: BoardReference,
    name: str | None,
    now: datetime,
    *,
    enabled: bool = True,
    homepage_url: str = "",
    country_code: str | None = None,
    sector: str = "",
) -> Board:
    """`add` for a board that was recognised or found already.

    Raises:
        Invalid: a value cannot be used; `field` says which.
        Conflict: this board is watched already; the sentence names the company.
    """
    given_name = clean_name(name or "")
    existing = companies.find_board(ats, reference.key)
    if existing is not None:
        if enabled and set_enabled(existing, True, now):
            return existing
        raise _watched(existing)
    homepage_url, country_code, sector = _homepage(homepage_url), _country(country_code), _sector(sector)
    is_sample = reference_is_sample(reference)
    company = companies.find_by_name(given_name, is_sample=is_sample) if given_name else None
    if company is None:
        company = _company(given_name or name_of(reference), now, is_sample)
    company.homepage_url = company.homepage_url or homepage_url
    company.country_code = company.country_code or country_code
    company.sector = company.sector or sector
    try:
        with db.session.begin_nested():
            board = Board(
                company=company,
                ats=ats,
                board_key=reference.key[:300],
                careers_url=reference.careers_url[:ADDRESS_LENGTH],
                scraping_config=dict(reference.config),
                is_enabled=enabled,
                created_at=now,
                next_scrape_at=now,
            )
            db.session.add(board)
            db.session.flush()
    except IntegrityError as error:  # another request added the same board at this moment
        existing = companies.find_board(ats, reference.key)
        if existing is None:
            raise Conflict("Another company was added at this very moment. Try again.") from error
        raise _watched(existing) from error
    return board


def recognised(careers_url: str) -> tuple[str, BoardReference]:
    """The ATS and board that the address names.

    Raises:
        Invalid: it names none that we can read.
    """
    careers_url = careers_url.strip()
    if not careers_url:
        raise Invalid("Give the address of the company's career page.", "careers_url")
    if len(careers_url) > ADDRESS_LENGTH:
        raise Invalid(f"This address is too long: at most {ADDRESS_LENGTH:,} characters fit.", "careers_url")
    found = recognise(careers_url)
    if found is None:
        supported = ", ".join(scraper.label for scraper in SCRAPERS.values())
        raise Invalid(
            f"We do not recognise this address yet. Supported are boards on {supported}: "
            "open a job at the company and give the address of the page that lists them all.",
            "careers_url",
        )
    return found


def reference_is_sample(reference: BoardReference) -> bool:
    """Whether the board is one of the sample world's, which exist only inside this program."""
    return ".sample.test/" in f"{reference.careers_url}/"


def set_enabled(board: Board, on: bool, now: datetime) -> bool:
    """Switch the board on, which makes it due now, or off; False if it was so already. Its positions stay."""
    if board.is_enabled == on:
        return False
    board.is_enabled = on
    if on:
        board.next_scrape_at = now
    else:
        board.rescrape_requested_at = None
    return True


def rename(company: Company, name: str) -> None:
    """Call the company `name` from now on. Its slug stays, so that addresses keep working.

    Raises:
        Invalid: there is nothing in it, or more than 200 characters.
    """
    cleaned = clean_name(name)
    if not cleaned:
        raise Invalid("Write the company's name.", "name")
    company.name = cleaned


def remove(company: Company) -> None:
    """Remove the company with its boards, positions and their history, for good. Applications keep their copies."""
    db.session.delete(company)
    db.session.flush()


def load_starter(now: datetime, path: Path = STARTER_LIST) -> int:
    """Add what is missing of the list that comes with the project, switched off. Returns how many were added."""
    added = 0
    for entry in starter_entries(path):
        ats, reference = recognised(entry["careers_url"])
        if companies.find_board(ats, reference.key) is None:
            add(
                entry["careers_url"],
                entry["name"],
                now,
                enabled=False,
                homepage_url=entry.get("homepage", ""),
                country_code=entry.get("country"),
                sector=entry.get("sector", ""),
            )
            added += 1
    return added


@cache
def starter_entries(path: Path = STARTER_LIST) -> tuple[dict[str, Any], ...]:
    """The starter list: dictionaries with `name` and `careers_url`, and perhaps `country`, `sector`, `homepage`."""
    return tuple(yaml.safe_load(path.read_text(encoding="utf-8"))["companies"])


def clean_name(name: str) -> str:
    """A name on one line, without control and direction characters.

    Raises:
        Invalid: longer than 200 characters.
    """
    composed = unicodedata.normalize("NFC", name[: NAME_LENGTH * 10])
    text = " ".join("".join(c if unicodedata.category(c) not in _UNSEEN else " " for c in composed).split())
    if len(text) > NAME_LENGTH:
        raise Invalid(f"This name is too long: at most {NAME_LENGTH} characters fit.", "name")
    return text


_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co"})


def name_of(reference: BoardReference) -> str:
    """A name for a company of which only the board is known: `acme-labs` becomes Acme Labs."""
    token = next((str(reference.config[key]) for key in _NAMING if reference.config.get(key)), reference.key)
    words = re.sub(r"[-_]+", " ", token).split()
    return clean_name(" ".join(word if word != word.lower() else word.capitalize() for word in words)) or reference.key


def slug_of(name: str) -> str:
    """The name as one word for addresses: ASCII letters, digits and hyphens, at most 100; `company` if none remain."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:SLUG_LENGTH].strip("-") or "company"


def free_slug(name: str) -> str:
    """The slug of `name`, numbered where it is taken."""
    stem = slug_of(name)
    taken = companies.slugs_like(stem)
    number, slug = 1, stem
    while slug in taken:
        number += 1
        slug = f"{stem}-{number}"
    return slug


def _company(name: str, now: datetime, is_sample: bool) -> Company:
    return Company(
        slug=free_slug(name),
        name=name,
        homepage_url="",
        country_code=None,
        sector="",
        is_sample=is_sample,
        created_at=now,
    )


def _homepage(text: str) -> str:
    text = text.strip()
    if text and (len(text) > ADDRESS_LENGTH or re.fullmatch(r"https?://[^\s<>\"'\\]+", text) is None):
        raise Invalid("The homepage must be a web address that begins with https:// or http://.", "homepage")
    return text


def _country(text: str | None) -> str | None:
    code = (text or "").strip().upper()
    if code and re.fullmatch(r"[A-Z]{2}", code) is None:
        raise Invalid("Write the country as two letters, such as IL or DE.", "country")
    return code or None


def _sector(text: str) -> str:
    cleaned = clean_name(text)
    if len(cleaned) > 120:
        raise Invalid("This sector is too long: at most 120 characters fit.", "sector")
    return cleaned


def _watched(board: Board) -> Conflict:
    return Conflict(f"This board is here already: it belongs to {board.company.name}.")
