"""The jobs on a user's own board: save, add, move, note, edit, remove. Every change appends to the history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.exc import IntegrityError

from webapp.db import db
from webapp.errors import Conflict, Invalid
from webapp.models import ApplicationEvent, JobPosition, UserJobApplication
from webapp.models.user_job_application import ApplicationEventKind, ApplicationStatus
from webapp.repositories import applications as repository

STATUS_WORDS = {
    ApplicationStatus.SAVED: "Saved",
    ApplicationStatus.APPLIED: "Applied",
    ApplicationStatus.INTERVIEWING: "Interviewing",
    ApplicationStatus.OFFER: "Offer",
    ApplicationStatus.REJECTED: "Rejected",
    ApplicationStatus.WITHDRAWN: "Withdrawn",
}
FIELD_WORDS = {
    "title": "Title",
    "company_name": "Company",
    "location": "Place",
    "url": "Address",
    "next_step": "Next step",
    "follow_up_on": "Follow up on",
}
LIMITS = {"title": 500, "company_name": 200, "location": 500, "url": 2000, "next_step": 500}
JOB_FIELDS = ("title", "company_name", "location", "url")
NOTE_LIMIT = 10_000


@dataclass(frozen=True, slots=True)
class ElsewhereJob:
    """A job that no board of ours lists, as typed. `url` is http(s) or empty."""

    title: str
    company_name: str
    location: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Saved:
    """The application, and whether this call created it."""

    application: UserJobApplication
    created: bool


def parse_status(text: str) -> ApplicationStatus:
    """The status that a form names.

    Raises:
        Invalid: there is no such status.
    """
    try:
        return ApplicationStatus(text)
    except ValueError:
        words = ", ".join(STATUS_WORDS.values()).lower()
        raise Invalid(f"Choose one of these statuses: {words}.", "status") from None


def save_position(owner: int, position: JobPosition, status: ApplicationStatus, now: datetime) -> Saved:
    """Put `position` on the board of the user `owner`, with a frozen copy of the posting.

    Doing it again changes nothing, except that *saved* may become *applied*: a late click on Save must not undo
    what happened since.
    """
    existing = repository.find_for_position(position.id, owner)
    if existing is None:
        application = UserJobApplication(
            user_id=owner,
            job_position_id=position.id,
            title=position.title,
            company_name=position.company.name,
            location=position.location,
            url=position.url,
            posting=_frozen(position),
        )
        if _insert(application, status, now):
            return Saved(application, created=True)
        existing = repository.find_for_position(position.id, owner)
        if existing is None:
            raise Conflict("This position was removed meanwhile. Reload the page.")
    if status == ApplicationStatus.APPLIED and existing.status == ApplicationStatus.SAVED.value:
        move(existing, status, now)
    return Saved(existing, created=False)


def add_elsewhere(
    owner: int, job: ElsewhereJob, status: ApplicationStatus, now: datetime, *, form_key: str = "", note: str = ""
) -> Saved:
    """Put a job found elsewhere on the board of the user `owner`. The same `form_key` again adds nothing.

    Raises:
        Invalid: title or company missing, something too long, or an address that is none. `field` says which.
    """
    values = clean_job(job)
    note = _clean_note(note)
    existing = repository.find_by_form_key(form_key, owner) if form_key else None
    if existing is not None:
        return Saved(existing, created=False)
    application = UserJobApplication(
        user_id=owner,
        posting={
            "title": values["title"],
            "company": values["company_name"],
            "location": values["location"],
            "url": values["url"],
        },
        form_key=form_key or None,
        **values,
    )
    if _insert(application, status, now):
        if note:
            add_note(application, note, now)
        return Saved(application, created=True)
    existing = repository.find_by_form_key(form_key, owner)
    if existing is None:
        raise Conflict("This job could not be added. Reload the page and try again.")
    return Saved(existing, created=False)


def move(application: UserJobApplication, status: ApplicationStatus, now: datetime, version: int | None = None) -> bool:
    """Give the application another status; False if it has it already. `applied_at` keeps the first time.

    Raises:
        Conflict: `version` is not the current one.
    """
    if application.status == status.value:
        return False
    _check_version(application, version)
    _append(application, ApplicationEventKind.MOVED, now, old=application.status, new=status.value)
    application.status = status.value
    if status == ApplicationStatus.APPLIED and application.applied_at is None:
        application.applied_at = now
    _touch(application, now)
    return True


def add_note(application: UserJobApplication, text: str, now: datetime) -> ApplicationEvent:
    """Append a note to the history.

    Raises:
        Invalid: there is nothing in it, or more than 10,000 characters.
    """
    text = _clean_note(text)
    if not text:
        raise Invalid("Write something first: this note is empty.", "note")
    event = _append(application, ApplicationEventKind.NOTE, now, note=text)
    application.updated_at = now
    return event


def edit(
    application: UserJobApplication, changes: dict[str, Any], now: datetime, version: int | None = None
) -> list[str]:
    """Change next step, follow-up date and, for a job found elsewhere, title, company, place and address.

    `changes` maps field names to new values (`follow_up_on`: a date or None). Returns the fields that really changed;
    each becomes one event whose `note` is the field's name.

    Raises:
        Invalid: a value that cannot be used; `field` says which.
        Conflict: `version` is not the current one.
    """
    values = {name: _clean_field(name, value) for name, value in changes.items() if name in FIELD_WORDS}
    if not is_elsewhere(application):
        values = {name: value for name, value in values.items() if name in {"next_step", "follow_up_on"}}
    changed = [name for name, value in values.items() if getattr(application, name) != value]
    if not changed:
        return []
    _check_version(application, version)
    for name in changed:
        old, new = getattr(application, name), values[name]
        _append(application, ApplicationEventKind.EDITED, now, old=_shown(old), new=_shown(new), note=name)
        setattr(application, name, new)
    _touch(application, now)
    return changed


def remove(application: UserJobApplication) -> None:
    """Take the application and its history off the board, for good."""
    db.session.delete(application)


def is_elsewhere(application: UserJobApplication) -> bool:
    """Whether it was added by hand; a copy of a position keeps its `external_id` even when the position is gone."""
    return application.job_position_id is None and not application.posting.get("external_id")


def problems(job: ElsewhereJob) -> dict[str, str]:
    """What keeps `job` from being added: field to sentence. Empty when it can be."""
    found: dict[str, str] = {}
    for name in JOB_FIELDS:
        try:
            _clean_field(name, getattr(job, name))
        except Invalid as problem:
            found[name] = problem.sentence
    return found


def clean_job(job: ElsewhereJob) -> dict[str, str]:
    """The texts of `job`, trimmed and checked, by column.

    Raises:
        Invalid: title or company missing, something too long, or an address that is none. `field` says which.
    """
    return {name: str(_clean_field(name, getattr(job, name))) for name in JOB_FIELDS}


def parse_date(text: str) -> date | None:
    """The date that a form holds; None where it is empty.

    Raises:
        Invalid: it is not a date.
    """
    text = text.strip()
    if not text:
        return None
    try:
        value = date.fromisoformat(text)
    except ValueError:
        raise Invalid("Write the date as year-month-day, such as 2026-03-31.", "follow_up_on") from None
    if not 2000 <= value.year <= 2100:
        raise Invalid("Choose a date between the years 2000 and 2100.", "follow_up_on")
    return value


def _insert(application: UserJobApplication, status: ApplicationStatus, now: datetime) -> bool:
    """False where another request was quicker: the unique keys decide, whatever the timing."""
    application.status = status.value
    application.created_at = application.updated_at = now
    application.version = 1
    if status == ApplicationStatus.APPLIED:
        application.applied_at = now
    try:
        with db.session.begin_nested():
            db.session.add(application)
            db.session.flush()
    except IntegrityError:
        return False
    _append(application, ApplicationEventKind.CREATED, now, new=status.value)
    return True


def _append(
    application: UserJobApplication,
    kind: ApplicationEventKind,
    now: datetime,
    *,
    old: str = "",
    new: str = "",
    note: str = "",
) -> ApplicationEvent:
    event = ApplicationEvent(
        application_id=application.id, kind=kind.value, at=now, old=old[:500], new=new[:500], note=note
    )
    db.session.add(event)
    return event


def _touch(application: UserJobApplication, now: datetime) -> None:
    application.updated_at = now
    application.version += 1


def _check_version(application: UserJobApplication, version: int | None) -> None:
    if version is not None and version != application.version:
        raise Conflict(
            "This application was changed meanwhile, perhaps in another tab. "
            "Nothing was saved: look at what it says now, then save again."
        )


def _clean_field(name: str, value: Any) -> Any:
    if name == "follow_up_on":
        return value if isinstance(value, date) else None
    text = " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    words = FIELD_WORDS[name]
    if not text and name in {"title", "company_name"}:
        raise Invalid(f"{words} is missing: write it so that you recognise the job.", name)
    if len(text) > LIMITS[name]:
        raise Invalid(f"{words} is too long: {len(text):,} characters, at most {LIMITS[name]} fit.", name)
    if name == "url" and text and not _is_web_address(text):
        raise Invalid("Write a web address that starts with https:// or http://, or leave it empty.", name)
    return text


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and " " not in text
    except ValueError:
        return False


def _clean_note(text: str) -> str:
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > NOTE_LIMIT:
        raise Invalid(f"This note is too long: {len(text):,} characters, at most {NOTE_LIMIT:,} fit.", "note")
    return text


def _shown(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value or "")


def _frozen(position: JobPosition) -> dict[str, Any]:
    """The posting as it stands now, in JSON values: amounts as text, times in ISO 8601 UTC."""
    return {
        "external_id": position.external_id,
        "title": position.title,
        "company": position.company.name,
        "location": position.location,
        "locations": list(position.locations or []),
        "url": position.url,
        "apply_url": position.apply_url,
        "department": position.department,
        "employment_type": position.employment_type,
        "workplace_type": position.workplace_type,
        "is_remote": position.is_remote,
        "description_text": position.description_text,
        "description_html": position.description_html,
        "pay": {
            "min": None if position.salary_min is None else str(position.salary_min),
            "max": None if position.salary_max is None else str(position.salary_max),
            "currency": position.salary_currency,
            "period": position.salary_period,
        },
        "posted_at": None if position.posted_at is None else position.posted_at.isoformat(),
    }
