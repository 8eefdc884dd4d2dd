"""Applications as files: a table for spreadsheets, and everything as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from webapp.models import ApplicationEvent, UserJobApplication
from webapp.services.csv_text import csv_text

HEADER = (
    "title",
    "company",
    "location",
    "status",
    "applied_at",
    "next_step",
    "follow_up_on",
    "saved_at",
    "updated_at",
    "position",
    "url",
)


def as_csv(applications: Sequence[UserJobApplication]) -> str:
    """One row per application; times are ISO 8601 in UTC. `position` is the state of the posting now."""
    return csv_text(
        HEADER,
        (
            (
                a.title,
                a.company_name,
                a.location,
                a.status,
                a.applied_at.isoformat() if a.applied_at else "",
                a.next_step,
                a.follow_up_on.isoformat() if a.follow_up_on else "",
                a.created_at.isoformat(),
                a.updated_at.isoformat(),
                a.position.status if a.position else "",
                a.url,
            )
            for a in applications
        ),
    )


def as_json(applications: Sequence[UserJobApplication], histories: Mapping[int, Sequence[ApplicationEvent]]) -> str:
    """A JSON list; every application with its frozen posting and its whole history, oldest event first."""
    return json.dumps([_object(a, histories.get(a.id, ())) for a in applications], ensure_ascii=False, indent=2) + "\n"


def _object(application: UserJobApplication, history: Sequence[ApplicationEvent]) -> dict[str, Any]:
    return {
        "id": application.id,
        "title": application.title,
        "company": application.company_name,
        "location": application.location,
        "url": application.url,
        "status": application.status,
        "applied_at": application.applied_at.isoformat() if application.applied_at else None,
        "next_step": application.next_step,
        "follow_up_on": application.follow_up_on.isoformat() if application.follow_up_on else None,
        "saved_at": application.created_at.isoformat(),
        "updated_at": application.updated_at.isoformat(),
        "posting": application.posting,
        "history": [
            {"at": event.at.isoformat(), "kind": event.kind, "old": event.old, "new": event.new, "note": event.note}
            for event in history
        ],
    }
