"""Puts the sample world into the database, and takes it out again. Like services, it never commits.

The boards are read through the same steps as any other, at times of the past; `webapp/cli/seed.py` runs the story.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.models import User
from webapp.repositories import sample_data, users
from webapp.sample import world
from webapp.sample.companies import COMPANIES
from webapp.sample.logins import ADMIN_EMAIL, DEMO_EMAIL
from webapp.sample.shapes import SampleCompany
from webapp.services import accounts, alerts, company_catalogue
from webapp.services.alerts import AlertDraft

# How long ago each generation was read: the last one is the present.
AGES = (
    timedelta(days=30), timedelta(days=23), timedelta(days=16), timedelta(days=9), timedelta(days=4),
    timedelta(hours=13), timedelta(),
)  # fmt: skip
assert len(AGES) == world.PRESENT + 1

# So that the log-in finds something new since the last one.
LAST_VISIT = timedelta(hours=20)

ALERTS = (
    AlertDraft(
        name="Backend in Israel",
        keywords=("backend", "back-end"),
        excluded_keywords=("manager", "student"),
        locations=("Israel", "Tel Aviv", "Haifa"),
    ),
    AlertDraft(name="Anything remote in design", departments=("Design",), is_remote=True),
    AlertDraft(name="Platform and reliability", keywords=("platform engineer", "SRE", "site reliability")),
)


@dataclass(frozen=True, slots=True)
class SampleBoard:
    """A board of the sample world in the database, and the company that invented it."""

    board_id: int
    company: SampleCompany


def add_companies(now: datetime) -> list[SampleBoard]:
    """Add the invented companies with their boards, as if at the time `now`.

    Raises:
        Conflict: one of them is there already.
    """
    return [
        SampleBoard(
            company_catalogue.add(
                company.careers_url, company.name, now, country_code=company.country_code, sector=company.sector
            ).id,
            company,
        )
        for company in COMPANIES
    ]


def add_people(password_hashes: Mapping[str, str], since: datetime, now: datetime) -> None:
    """Add the demo user, with alerts, and the admin, as if they had signed up at `since`.

    `password_hashes` holds an Argon2id hash for each address of `logins.LOGINS`.

    Raises:
        Invalid: they are there already.
    """
    for email, name in ((DEMO_EMAIL, "Dana"), (ADMIN_EMAIL, "Ada")):
        user = accounts.sign_up(email, password_hashes[email], since, display_name=name, time_zone="Asia/Jerusalem")
        user.is_sample, user.is_admin = True, email == ADMIN_EMAIL
        user.last_visit_at = now - LAST_VISIT
    for draft in ALERTS:
        alerts.create(demo_user().id, draft, now)


def demo_user() -> User:
    """The invented user who looks for a job.

    Raises:
        NotFound: the sample data is not there.
    """
    return users.get_by_email(DEMO_EMAIL)


def remove_sample() -> tuple[int, int]:
    """Delete all invented companies and people with everything that is theirs; returns how many of each.

    Real users keep their applications to invented positions, as copies. Runs in the caller's transaction.
    """
    return sample_data.delete_all()
