"""The search of the positions page: from the address to criteria, and back to addresses of neighbouring searches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlencode

from webapp.errors import Invalid
from webapp.models.job_position import PositionStatus
from webapp.repositories.positions import Criteria
from webapp.text import compile_keyword, padded

PAGE_SIZE = 25
LAST_PAGE = 400
STATUSES = (("open", "Open"), ("expired", "Expired"), ("all", "All"))
WORKPLACES = (("", "Any"), ("remote", "Remote"), ("hybrid", "Hybrid"), ("onsite", "On-site"))
SINCES = (
    ("", "Any time"),
    ("visit", "Since my last visit"),
    ("1", "Last 24 hours"),
    ("7", "Last 7 days"),
    ("30", "Last 30 days"),
)
_SPELLED_STATUS = {"open": PositionStatus.ACTIVE, "expired": PositionStatus.EXPIRED, "all": None}
LONGEST = 300


@dataclass(frozen=True, slots=True)
class Search:
    """A search as it stands in the address; every part is text as typed, unknown choices are left out."""

    q: str = ""
    company: str = ""
    place: str = ""
    department: str = ""
    workplace: str = ""
    status: str = "open"
    since: str = ""
    page: int = 1

    @classmethod
    def read(cls, args: Mapping[str, str]) -> Search:
        """The search in a query string. Nothing in it can be wrong: what means nothing asks nothing."""
        page = args.get("page", "1")
        return cls(
            q=_line(args.get("q", "")),
            company=args.get("company", "") if args.get("company", "").isdecimal() else "",
            place=_line(args.get("place", "")),
            department=_line(args.get("department", "")),
            workplace=_choice(args.get("workplace", ""), WORKPLACES, ""),
            status=_choice(args.get("status", ""), STATUSES, "open"),
            since=_choice(args.get("since", ""), SINCES, ""),
            page=min(max(int(page), 1), LAST_PAGE) if page.isdecimal() and len(page) < 9 else 1,
        )

    def url(self, **changes: str | int) -> str:
        """The address of this search with `changes`; any change leads to its first page."""
        other = replace(self, **{"page": 1, **changes})  # type: ignore[arg-type]
        pairs = {name: getattr(other, name) for name in ("q", "company", "place", "department", "workplace")}
        pairs |= {
            "status": "" if other.status == "open" else other.status,
            "since": other.since,
            "page": "" if other.page == 1 else str(other.page),
        }
        query = urlencode({name: value for name, value in pairs.items() if value})
        return f"/positions?{query}" if query else "/positions"

    def is_narrowed(self) -> bool:
        """Whether it asks for anything but all open positions."""
        return replace(self, page=1) != Search()

    def criteria(self, now: datetime, last_visit: datetime | None) -> tuple[Criteria, list[str]]:
        """What the database is asked, and a sentence for every word that could not be used."""
        needles, unwanted, notes = _words(self.q)
        place = padded(self.place)
        since = None
        if self.since == "visit":
            since = last_visit or now - timedelta(days=1)
        elif self.since:
            since = now - timedelta(days=int(self.since))
        criteria = Criteria(
            needles=tuple(needles),
            unwanted=tuple(unwanted),
            places=(place,) if place != " " else (),
            # An id beyond 32 bits is no company's, and PostgreSQL would not even look.
            company_id=min(int(self.company[:10]), 2**31 - 1) if self.company else None,
            department=self.department,
            workplace=self.workplace,
            status=_SPELLED_STATUS[self.status],
            since=since,
        )
        return criteria, notes

    def alert_url(self) -> str:
        """Where this search becomes an alert."""
        wanted, unwanted = _split(self.q)
        pairs = [("keywords", word) for word in wanted] + [("excluded_keywords", word) for word in unwanted]
        pairs += [("locations", self.place)] if self.place else []
        pairs += [("company_ids", self.company)] if self.company else []
        pairs += [("departments", self.department)] if self.department else []
        pairs += [("is_remote", "1")] if self.workplace == "remote" else []
        return "/alerts/new" + (f"?{urlencode(pairs)}" if pairs else "")


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:LONGEST]


def _choice(value: str, options: tuple[tuple[str, str], ...], default: str) -> str:
    return value if value in {key for key, _ in options} else default


def _split(query: str) -> tuple[list[str], list[str]]:
    """The words of a query: wanted and unwanted ones. What stands in double quotes is one phrase, quotes kept."""
    wanted: list[str] = []
    unwanted: list[str] = []
    rest = query.replace("“", '"').replace("”", '"').replace("„", '"')
    while rest := rest.lstrip():
        target = wanted
        if rest[0] == "-" and len(rest) > 1 and not rest[1].isspace():
            target, rest = unwanted, rest[1:]
        if rest[0] == '"' and '"' in rest[1:]:
            word, _, rest = rest[1:].partition('"')
            word = f'"{word}"'
        else:
            word, _, rest = rest.partition(" ")
        target.append(word)
    return wanted, unwanted


def _words(query: str) -> tuple[list[str], list[str], list[str]]:
    notes: list[str] = []
    needles: tuple[list[str], list[str]] = ([], [])
    for kind, words in enumerate(_split(query)):
        for word in words:
            if padded(word) == " ":
                continue  # a lone dash or slash, as people put between words
            try:
                needles[kind].append(compile_keyword(word).needle)
            except Invalid as error:
                notes.append(error.sentence)
    if query.strip() and not any(needles) and not notes:
        notes.append("There is neither a letter nor a digit in what you search for, so everything is shown.")
    return *needles, notes
