"""Saved alerts: create, change, pause, resume, copy, delete."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from webapp.db import db
from webapp.errors import Conflict, Invalid
from webapp.models import Alert
from webapp.repositories import alerts as repository
from webapp.services.alert_matcher import AlertRule, validate

NAME_LIMIT = 200
ALERTS_PER_USER = 200
LIST_FIELDS = ("keywords", "excluded_keywords", "locations", "departments")
FIELD_WORDS = {
    "name": "Name",
    "keywords": "Title has any of",
    "excluded_keywords": "but none of",
    "company_ids": "Companies",
    "locations": "Places",
    "departments": "Departments",
    "is_remote": "Workplace",
}


@dataclass(frozen=True, slots=True)
class AlertDraft:
    """An alert as a person wants it. Texts as typed; an empty list, or `is_remote` None, leaves that part out."""

    name: str = ""
    keywords: tuple[str, ...] = ()
    excluded_keywords: tuple[str, ...] = ()
    company_ids: tuple[int, ...] = ()
    locations: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    is_remote: bool | None = None

    @classmethod
    def of(cls, alert: Alert) -> AlertDraft:
        """The draft that says what `alert` says now."""
        return cls(
            name=alert.name,
            keywords=tuple(alert.keywords),
            excluded_keywords=tuple(alert.excluded_keywords),
            company_ids=tuple(alert.company_ids),
            locations=tuple(alert.locations),
            departments=tuple(alert.departments),
            is_remote=alert.is_remote,
        )

    def rule(self, alert_id: int = 0) -> AlertRule:
        """The rule that the matcher understands."""
        return AlertRule(
            id=alert_id,
            keywords=self.keywords,
            excluded_keywords=self.excluded_keywords,
            company_ids=self.company_ids,
            locations=self.locations,
            departments=self.departments,
            is_remote=self.is_remote,
        )


@dataclass(frozen=True, slots=True)
class Saved:
    """The alert, and whether this call created it."""

    alert: Alert
    created: bool


class ChangedMeanwhile(Conflict):
    """Another tab saved this alert first. `fields` names the parts that differ from what was to be saved."""

    def __init__(self, fields: list[str]) -> None:
        words = ", ".join(FIELD_WORDS[name] for name in fields) or "nothing that you can see"
        super().__init__(
            "This alert was changed meanwhile, perhaps in another tab, and nothing was saved. "
            f"It now differs from yours in: {words}. Save again to replace it with yours."
        )
        self.fields = fields


def problems(draft: AlertDraft) -> dict[str, str]:
    """What keeps `draft` from being saved: field to sentence, `""` for the whole. Empty when it can be saved."""
    found: dict[str, str] = {}
    if len(draft.name) > NAME_LIMIT:
        found["name"] = f"This name is too long: {len(draft.name)} characters, at most {NAME_LIMIT} fit."
    empty = AlertDraft()
    # Each part is checked alone, so that a form with three mistakes shows three sentences.
    for name in (*LIST_FIELDS, "company_ids"):
        if getattr(draft, name):
            _note_problem(replace(empty, **{name: getattr(draft, name)}), found, default_field=name)
    if not found:
        _note_problem(draft, found, default_field="")
    unknown = _unknown_companies(draft.company_ids)
    if unknown and "company_ids" not in found:
        found["company_ids"] = "One of these companies is not here any more. Choose again."
    return found


def suggested_name(draft: AlertDraft, company_names: dict[int, str] | None = None) -> str:
    """A name from what the alert looks for, for people who do not want to invent one."""
    company_names = company_names or {}
    companies = [company_names[i] for i in draft.company_ids if i in company_names]
    what = _few(draft.keywords) or _few(draft.departments) or "Any position"
    where = _few(draft.locations)
    remote = {True: ", remote", False: ", not remote", None: ""}[draft.is_remote]
    name = what + (f" in {where}" if where else "") + remote + (f" at {_few(companies)}" if companies else "")
    return (name[:1].upper() + name[1:])[:NAME_LIMIT]


def create(owner: int, draft: AlertDraft, now: datetime, *, form_key: str = "") -> Saved:
    """A new alert of the user `owner`. The same `form_key` again creates nothing.

    Raises:
        Invalid: the draft cannot be saved (see `problems`), or the user has 200 alerts.
    """
    existing = repository.find_by_form_key(form_key, owner) if form_key else None
    if existing is not None:
        return Saved(existing, created=False)
    _require_valid(draft)
    if repository.count_of(owner) >= ALERTS_PER_USER:
        raise Invalid(f"You have {ALERTS_PER_USER} alerts already. Delete one that you no longer need first.")
    alert = Alert(user_id=owner, created_at=now, updated_at=now, form_key=form_key or None, version=1)
    _fill(alert, draft)
    try:
        with db.session.begin_nested():
            db.session.add(alert)
            db.session.flush()
    except IntegrityError:
        existing = repository.find_by_form_key(form_key, owner)
        if existing is None:
            raise
        return Saved(existing, created=False)
    return Saved(alert, created=True)


def update(alert: Alert, draft: AlertDraft, now: datetime, version: int) -> bool:
    """Make `alert` say what `draft` says; False if it does already.

    Raises:
        Invalid: the draft cannot be saved (see `problems`).
        ChangedMeanwhile: `version` is not the current one, and the alert differs from the draft.
    """
    _require_valid(draft)
    named = replace(draft, name=draft.name or suggested_name(draft, repository.company_names(draft.company_ids)))
    current = AlertDraft.of(alert)
    different = [name for name in FIELD_WORDS if getattr(current, name) != getattr(named, name)]
    if not different:
        return False
    if version != alert.version:
        raise ChangedMeanwhile(different)
    _fill(alert, named)
    alert.updated_at = now
    alert.version += 1
    return True


def set_paused(alert: Alert, paused: bool, now: datetime) -> None:
    """Pause or resume. While paused nothing is matched, and what was missed is not caught up."""
    if alert.is_paused != paused:
        alert.is_paused = paused
        alert.updated_at = now
        alert.version += 1


def duplicate(alert: Alert, now: datetime) -> Alert:
    """A paused copy, so that it can be changed before it speaks.

    Raises:
        Invalid: the user has 200 alerts.
    """
    draft = AlertDraft.of(alert)
    copied = create(alert.user_id, replace(draft, name=f"Copy of {draft.name}"[:NAME_LIMIT]), now).alert
    copied.is_paused = True
    return copied


def delete(alert: Alert) -> None:
    """Remove the alert and its notifications, for good. Messages already sent stay in the outbox."""
    db.session.delete(alert)


def _few(items: tuple[str, ...] | list[str]) -> str:
    shown = ", ".join(item.strip('"') for item in items[:3])
    return shown + (f" and {len(items) - 3} more" if len(items) > 3 else "")


def _fill(alert: Alert, draft: AlertDraft) -> None:
    alert.name = draft.name or suggested_name(draft, repository.company_names(draft.company_ids))
    alert.keywords = list(draft.keywords)
    alert.excluded_keywords = list(draft.excluded_keywords)
    alert.company_ids = list(draft.company_ids)
    alert.locations = list(draft.locations)
    alert.departments = list(draft.departments)
    alert.is_remote = draft.is_remote


def _require_valid(draft: AlertDraft) -> None:
    for name, sentence in problems(draft).items():
        raise Invalid(sentence, name)


def _note_problem(draft: AlertDraft, found: dict[str, str], default_field: str) -> None:
    try:
        validate(draft.rule())
    except Invalid as problem:
        found.setdefault(problem.field or default_field, problem.sentence)


def _unknown_companies(company_ids: tuple[int, ...]) -> set[int]:
    return set(company_ids) - set(repository.company_names(company_ids))
