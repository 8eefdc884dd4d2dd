"""Questions about the jobs on a user's own board."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from webapp.db import db
from webapp.errors import NotFound
from webapp.models import ApplicationEvent, JobPosition, PositionEvent, UserJobApplication


def all_of(owner: int) -> list[UserJobApplication]:
    """Every application of the user `owner` with its position, last touched first."""
    query = (
        select(UserJobApplication)
        .where(UserJobApplication.user_id == owner)
        .options(joinedload(UserJobApplication.position))
        .order_by(UserJobApplication.updated_at.desc(), UserJobApplication.id.desc())
    )
    return list(db.session.scalars(query))


def get(application_id: int, owner: int, *, lock: bool = False) -> UserJobApplication:
    """One application of the user `owner`; `lock` keeps other writers away until the transaction ends.

    Raises:
        NotFound: there is none, or it is not theirs.
    """
    query = select(UserJobApplication).where(
        UserJobApplication.id == application_id, UserJobApplication.user_id == owner
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    application = db.session.scalar(query)
    if application is None:
        raise NotFound("There is no such application, or it is not yours. It may have been removed.")
    return application


def find_for_position(position_id: int, owner: int) -> UserJobApplication | None:
    """The application of the user `owner` for this position, if they have one."""
    query = select(UserJobApplication).where(
        UserJobApplication.job_position_id == position_id, UserJobApplication.user_id == owner
    )
    return db.session.scalar(query)


def find_by_form_key(form_key: str, owner: int) -> UserJobApplication | None:
    """The application that the form with this key already created, if it did."""
    query = select(UserJobApplication).where(
        UserJobApplication.form_key == form_key, UserJobApplication.user_id == owner
    )
    return db.session.scalar(query)


def statuses_of(position_ids: Collection[int], owner: int) -> dict[int, str]:
    """What the user `owner` did with each of these positions: position id to status. Untouched ones are left out."""
    query = select(UserJobApplication.job_position_id, UserJobApplication.status).where(
        UserJobApplication.job_position_id.in_(position_ids), UserJobApplication.user_id == owner
    )
    return {position_id: status for position_id, status in db.session.execute(query) if position_id is not None}


def history(application: UserJobApplication) -> list[ApplicationEvent]:
    """Every event of the application, newest first."""
    query = (
        select(ApplicationEvent)
        .where(ApplicationEvent.application_id == application.id)
        .order_by(ApplicationEvent.id.desc())
    )
    return list(db.session.scalars(query))


def histories(applications: Collection[UserJobApplication]) -> dict[int, list[ApplicationEvent]]:
    """The events of many applications, oldest first, by application id."""
    query = (
        select(ApplicationEvent)
        .where(ApplicationEvent.application_id.in_([application.id for application in applications]))
        .order_by(ApplicationEvent.id)
    )
    found: dict[int, list[ApplicationEvent]] = {application.id: [] for application in applications}
    for event in db.session.scalars(query):
        found[event.application_id].append(event)
    return found


def events_since(application: UserJobApplication, since: datetime) -> list[PositionEvent]:
    """What became of the application's position after `since`, oldest first; empty for a job found elsewhere."""
    query = (
        select(PositionEvent)
        .where(PositionEvent.job_position_id == application.job_position_id, PositionEvent.at > since)
        .order_by(PositionEvent.id)
    )
    return list(db.session.scalars(query))


def get_position(position_id: int) -> JobPosition:
    """The position that someone wants to follow up.

    Raises:
        NotFound: there is none.
    """
    position = db.session.get(JobPosition, position_id)
    if position is None:
        raise NotFound("There is no such position. It may have been removed with its company.")
    return position
