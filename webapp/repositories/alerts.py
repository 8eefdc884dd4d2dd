"""Questions about saved alerts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from webapp.db import db
from webapp.errors import NotFound
from webapp.models import Alert, AlertNotification, Company, JobPosition, User
from webapp.models.alert_notification import NotificationState
from webapp.models.job_position import PositionStatus

# Databases take tens of thousands of values in one statement and fail beyond that.
MOST_IDS = 1000


@dataclass(frozen=True, slots=True)
class CompanyChoice:
    """A company that an alert may be limited to, with the number of its open positions."""

    id: int
    name: str
    open_count: int


def all_of(owner: int) -> list[Alert]:
    """The alerts of the user `owner`: running ones first, then by name."""
    query = select(Alert).where(Alert.user_id == owner).order_by(Alert.is_paused, func.lower(Alert.name), Alert.id)
    return list(db.session.scalars(query))


def running() -> list[Alert]:
    """Every alert that is not paused, of every active user: what new positions are matched against."""
    query = select(Alert).join(User, User.id == Alert.user_id).where(Alert.is_paused.is_(False), User.is_active)
    return list(db.session.scalars(query.order_by(Alert.id)))


def get(alert_id: int, owner: int, *, lock: bool = False) -> Alert:
    """One alert of the user `owner`; `lock` keeps other writers away until the transaction ends.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    query = select(Alert).where(Alert.id == alert_id, Alert.user_id == owner)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    alert = db.session.scalar(query)
    if alert is None:
        raise NotFound("There is no such alert, or it is not yours. It may have been deleted.")
    return alert


def find_by_form_key(form_key: str, owner: int) -> Alert | None:
    """The alert that the form with this key already created, if it did."""
    return db.session.scalar(select(Alert).where(Alert.form_key == form_key, Alert.user_id == owner))


def count_of(owner: int) -> int:
    """How many alerts the user `owner` has, paused ones included."""
    return db.session.scalar(select(func.count()).select_from(Alert).where(Alert.user_id == owner)) or 0


def last_told(owner: int) -> dict[int, datetime]:
    """When each alert of the user `owner` last told them something: alert id to time. Silent alerts are left out."""
    query = (
        select(AlertNotification.alert_id, func.max(AlertNotification.told_at))
        .where(AlertNotification.user_id == owner, AlertNotification.state == NotificationState.TOLD.value)
        .group_by(AlertNotification.alert_id)
    )
    return {alert_id: told_at for alert_id, told_at in db.session.execute(query) if told_at is not None}


def company_names(company_ids: Collection[int]) -> dict[int, str]:
    """Names by id; ids that are not there are left out."""
    if not company_ids:
        return {}
    query = select(Company.id, Company.name)
    if len(company_ids) > MOST_IDS:
        wanted = set(company_ids)
        return {key: name for key, name in db.session.execute(query) if key in wanted}
    query = query.where(Company.id.in_(company_ids))
    return {key: value for key, value in db.session.execute(query)}  # noqa: C416


def company_choices() -> list[CompanyChoice]:
    """Every company, by name."""
    opened = (
        select(JobPosition.company_id, func.count().label("number"))
        .where(JobPosition.status == PositionStatus.ACTIVE.value)
        .group_by(JobPosition.company_id)
        .subquery()
    )
    query = (
        select(Company.id, Company.name, func.coalesce(opened.c.number, 0))
        .outerjoin(opened, opened.c.company_id == Company.id)
        .order_by(func.lower(Company.name), Company.id)
    )
    return [CompanyChoice(*row) for row in db.session.execute(query)]
