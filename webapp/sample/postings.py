"""What a sample posting says: its text, places and pay, a pure function of the company and the posting's numbers."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import product

from webapp.sample.families import FAMILIES
from webapp.sample.shapes import Family, Pay, Place, SampleCompany, Special, Workplace

# Numbers from here on belong to the hand-written arrivals; made-up postings count from 0 and never get this far.
FIRST_ARRIVAL = 1_000_000

_LEVELS = {"": 1.0, "Senior": 1.3, "Junior": 0.72, "Lead": 1.45}
_MANAGING = ("Lead", "Manager", "Partner", "Counsel", "Officer", "Controller")
_SHAPES = ("{role}, {team}", "{role} – {team}", "{role} ({team})", "{role}, {team} team")
_HEBREW = (
    "הצטרפו לצוות קטן ומנוסה, שעובד בקצב סביר ומסיים את מה שהתחיל.",
    "התפקיד כולל עבודה צמודה עם צוותי המוצר והחומרה, ואחריות מלאה על התוצאה.",
    "העבודה במשרה מלאה. אנחנו מזמינים מועמדים ומועמדות מכל רקע לפנות אלינו.",
)
_CLOSINGS = (
    "We answer every application within ten working days, also when the answer is no.",
    "You do not meet every line above? Write to us all the same: nobody here did.",
    "The interviews: a call, a conversation about your work, a paid half day with the team. No puzzles.",
)
_UPDATES = (
    "We have widened the scope of this role after the first conversations.",
    "The team has grown since this was first published; you would now work with seven people.",
    "We can now help with visas and relocation for this role.",
    "This role now reports to the head of the department.",
)


@dataclass(frozen=True, slots=True)
class Opening:
    """One open position as its company wrote it. `number` and `copy` make its id on any ATS; `since` is the
    generation it was published in, and those of generation 0 were published `age_days` before that began.
    `duties`, `skills` and the other texts are plain, not HTML."""

    number: int
    copy: int
    since: int
    age_days: int
    title: str
    first_title: str
    department: str
    team: str
    employment: str
    places: tuple[Place, ...]
    workplace: Workplace
    pay: Pay | None
    about: str
    summary: tuple[str, ...]
    duties: tuple[str, ...]
    skills: tuple[str, ...]
    benefits: tuple[str, ...]
    updates: tuple[str, ...]
    closing: str


@lru_cache(maxsize=2000)
def write(company: SampleCompany, number: int, copy: int, revision: int, since: int) -> Opening:
    """The posting `number` of `company` after `revision` edits."""
    # Never for secrets: the same numbers must give the same posting everywhere.
    dice = random.Random(f"{company.slug} posting {number}")  # noqa: S311
    special = _special(company, number)
    opening = _made_up(company, number, dice) if special is None else _by_hand(company, special, dice)
    opening = replace(opening, number=number, copy=copy, since=since)
    for count in range(1, revision + 1):
        opening = _edited(company, opening, count)
    return opening


def _special(company: SampleCompany, number: int) -> Special | None:
    if number < len(company.firsts):
        return company.firsts[number]
    arrival = number - FIRST_ARRIVAL
    return company.arrivals[arrival] if 0 <= arrival < len(company.arrivals) else None


@lru_cache(maxsize=64)
def _ideas(company: SampleCompany) -> tuple[tuple[str, str, str, str], ...]:
    """Every (family, role, level, team or city) the company could look for, in an order of its own."""
    cities = [place.city for place in _offices(company)]
    ideas = []
    for name in company.families:
        family = FAMILIES[name]
        for role, level, where in product(family.titles, _LEVELS, cities if family.is_local else company.teams):
            # Nobody looks for a Junior Head or a Lead Team Lead.
            if level in {"", "Senior"} or not any(word in role for word in _MANAGING):
                ideas.append((name, role, level, where))
    random.Random(f"{company.slug} ideas").shuffle(ideas)  # noqa: S311  (not for secrets)
    return tuple(ideas)


def _offices(company: SampleCompany) -> list[Place]:
    return [place for place in company.places if place.city != "Remote"]


def _made_up(company: SampleCompany, number: int, dice: random.Random) -> Opening:
    ideas = _ideas(company)
    family_name, role, level, where = ideas[number % len(ideas)]
    family = FAMILIES[family_name]
    if family.is_local:
        title, team = f"{level} {role} – {where}".strip(), family.department
        workplace: Workplace = dice.choice([kind for kind in company.workplaces if kind != "remote"])
        places: tuple[Place, ...] = tuple(place for place in _offices(company) if place.city == where)
    else:
        title, team = f"{level} {dice.choice(_SHAPES).format(role=role, team=where)}".strip(), where
        workplace = dice.choice(company.workplaces)
        places = _places(company, workplace, dice)
    pay = None
    if company.base_pay is not None and dice.random() < 0.6:
        pay = _scaled(company.base_pay, family.worth * _LEVELS[level] * dice.uniform(0.94, 1.06))
    employment = dice.choices((family.employment, "Contract", "Part-time"), (90, 5, 5))[0]
    return _composed(company, family, title, team, employment, places, workplace, pay, dice)


def _by_hand(company: SampleCompany, special: Special, dice: random.Random) -> Opening:
    family = FAMILIES[special.family]
    team = next((team for team in company.teams if team in special.title), company.teams[0])
    places = tuple(company.places[index] for index in special.places)
    employment = special.employment or family.employment
    opening = _composed(company, family, special.title, team, employment, places, special.workplace, special.pay, dice)
    return replace(opening, summary=(special.body, *opening.summary)) if special.body else opening


def _composed(
    company: SampleCompany,
    family: Family,
    title: str,
    team: str,
    employment: str,
    places: tuple[Place, ...],
    workplace: Workplace,
    pay: Pay | None,
    dice: random.Random,
) -> Opening:
    summary = [
        f"The {team} team looks for someone who will make a difference in the first month "
        "and still enjoy it in the third year.",
        f"You will work with {dice.randint(4, 11)} colleagues in {family.department.lower()} "
        "and report to the team's lead.",
    ]
    if any("\u0590" <= letter <= "\u05ff" for letter in title):
        summary += _HEBREW
    duties = dice.sample(family.duties, min(len(family.duties), dice.randint(3, 5)))
    skills = dice.sample(family.skills, min(len(family.skills), dice.randint(3, 4)))
    return Opening(
        number=0,
        copy=0,
        since=0,
        age_days=min(dice.randint(1, 45), dice.randint(1, 160)),
        title=title,
        first_title=title,
        department=family.department,
        team=team,
        employment=employment,
        places=places,
        workplace=workplace,
        pay=pay,
        about=company.about,
        summary=tuple(summary),
        duties=tuple(duties),
        skills=tuple(skills),
        benefits=company.benefits,
        updates=(),
        closing=dice.choice(_CLOSINGS),
    )


def _places(company: SampleCompany, workplace: Workplace, dice: random.Random) -> tuple[Place, ...]:
    anywhere = [place for place in company.places if place.city == "Remote"]
    offices = _offices(company)
    if workplace == "remote" and anywhere:
        return (dice.choice(anywhere),)
    # The first office is the largest.
    first = offices[0] if dice.random() < 0.55 else dice.choice(offices)
    count = dice.choices((0, 1, 2), (80, 15, 5))[0]
    others = [place for place in offices if place != first]
    return (first, *dice.sample(others, min(count, len(others))))


def _scaled(pay: Pay, factor: float) -> Pay:
    step = {"hour": 1, "month": 500, "year": 1000}[pay.period]
    low, high = (round(amount * factor / step) * step for amount in (pay.low, pay.high))
    return replace(pay, low=low, high=high)


def _edited(company: SampleCompany, opening: Opening, count: int) -> Opening:
    """The posting after one more edit that a reader of its board notices."""
    dice = random.Random(f"{company.slug} edit {opening.number} {count}")  # noqa: S311  (not for secrets)
    kinds = {
        # A Workday list shows neither text nor pay; on Comeet another place is another posting.
        "workday": ("places", "workplace", "title"),
        "comeet": ("text", "workplace", "title"),
    }.get(company.ats, ("text", "places", "workplace", "pay", "pay"))
    kind = dice.choice(kinds)
    if kind == "pay" and opening.pay is not None:
        return replace(opening, pay=_scaled(opening.pay, 1.06))
    if kind == "places" and len(company.places) > 1:
        more = [place for place in company.places if place not in opening.places]
        places = (*opening.places, dice.choice(more)) if more else opening.places[:1]
        return replace(opening, places=places)
    if kind == "workplace":
        turned: Workplace = "onsite" if opening.workplace == "hybrid" else "hybrid"
        return replace(opening, workplace=turned)
    if kind == "title" and opening.title.isascii():
        level = next((level for level in _LEVELS if level and opening.title.startswith(f"{level} ")), "")
        title = opening.title.removeprefix(f"{level} ") if level else f"Senior {opening.title}"
        return replace(opening, title=title)
    return replace(opening, updates=(*opening.updates, f"Update {count}: {dice.choice(_UPDATES)}"))
