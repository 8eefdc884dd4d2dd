"""The nouns of the sample world: families of roles, places, companies. Plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Ats = Literal["greenhouse", "comeet", "workday", "lever", "ashby"]
Workplace = Literal["remote", "hybrid", "onsite", "unknown"]


@dataclass(frozen=True, slots=True)
class Place:
    """`text` is how boards write it; country is ISO 3166-1 alpha-2 and a name, both empty for a whole region."""

    text: str
    city: str
    country_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class Pay:
    """Whole units of `currency` (ISO 4217) per `period`."""

    low: int
    high: int
    currency: str
    period: Literal["hour", "month", "year"]


@dataclass(frozen=True, slots=True)
class Family:
    """Roles that share a department and what is asked of people.

    `worth` scales pay: 1.0 is an engineer's. `is_local` roles belong to an office rather than to a team.
    """

    department: str
    titles: tuple[str, ...]
    duties: tuple[str, ...]
    skills: tuple[str, ...]
    worth: float = 1.0
    employment: str = "Full-time"
    is_local: bool = False


@dataclass(frozen=True, slots=True)
class Special:
    """A posting written by hand. `places` indexes the company's places."""

    title: str
    family: str
    places: tuple[int, ...] = (0,)
    workplace: Workplace = "hybrid"
    pay: Pay | None = None
    employment: str = ""
    body: str = ""


@dataclass(frozen=True, slots=True)
class SampleCompany:
    """One invented employer and its board.

    `baseline` postings are open at first: `firsts` and then made-up ones. `arrivals`, at most three, open in the
    generation that a fresh seed ends with. `base_pay` is the usual pay, or None where the board never tells.
    `broken_from`: the generation from which the board answers 404. `drops_to`: what is left of the board while it
    misbehaves.
    """

    slug: str
    name: str
    ats: Ats
    board: str
    careers_url: str
    sector: str
    country_code: str
    about: str
    families: tuple[str, ...]
    teams: tuple[str, ...]
    places: tuple[Place, ...]
    baseline: int
    workplaces: tuple[Workplace, ...] = ("hybrid", "hybrid", "onsite", "remote")
    base_pay: Pay | None = None
    firsts: tuple[Special, ...] = ()
    arrivals: tuple[Special, ...] = ()
    benefits: tuple[str, ...] = ()
    broken_from: int | None = None
    drops_to: int | None = None
