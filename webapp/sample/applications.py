"""The demo user's applications: one in every status, with the history that led there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from webapp.models import JobPosition
from webapp.models.job_position import PositionStatus
from webapp.models.user_job_application import ApplicationStatus
from webapp.repositories import sample_data
from webapp.services import applications
from webapp.services.applications import ElsewhereJob

SAVED, APPLIED = ApplicationStatus.SAVED, ApplicationStatus.APPLIED


@dataclass(frozen=True, slots=True)
class Step:
    """Something that was done `days` ago: a move, or a note."""

    days: float
    to: ApplicationStatus | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """One application. `wanted`: words of which one should be in the title. `is_gone`: of a position that expired."""

    company: str
    wanted: tuple[str, ...]
    days: float
    first: ApplicationStatus
    steps: tuple[Step, ...] = ()
    next_step: str = ""
    follow_up_in: int | None = None
    is_gone: bool = False

    @property
    def latest(self) -> float:
        """How many days ago the last thing happened."""
        return min([self.days, *(step.days for step in self.steps)])


STORIES = (
    Story("Fjordline", ("Platform", "Reliability"), 0.4, SAVED, next_step="Ask Noa what the team is like"),
    Story("Harborlight", ("Data Engineer", "Embedded", "C++", "Engineer"), 2.2, SAVED),
    Story("Marrow & Co", ("Front-End", "Web", "UI", "Designer"), 8, APPLIED,
          (Step(8, note="Sent the short CV and the letter about the café app."),),
          next_step="Follow up: no answer for a week", follow_up_in=0),
    Story("Northcliff", ("Engineer", "Developer"), 27, APPLIED,
          (Step(27, note="Applied through the form on their page."),), is_gone=True),
    Story("Quillmark", ("Backend", "Frontend", "Engineer"), 13, SAVED,
          (Step(12, APPLIED), Step(6, ApplicationStatus.INTERVIEWING),
           Step(5.5, note="First call with Ruth from the Sync team. They ask about merging; reread that."),
           Step(2, note="Second talk is booked.")),
          next_step="Video interview at 14:30, bring questions about on-call", follow_up_in=1),
    Story("Olivetree Health", ("Machine", "Backend", "Engineer"), 24, APPLIED,
          (Step(18, ApplicationStatus.INTERVIEWING), Step(11, note="Half a day with the team. Good people."),
           Step(3, ApplicationStatus.OFFER), Step(3, note="Offer by phone, in writing soon. Four weeks to decide.")),
          next_step="Compare with Quillmark before answering", follow_up_in=5),
    Story("Tessellate", ("Engineer", "Analyst"), 25, APPLIED,
          (Step(19, ApplicationStatus.REJECTED), Step(19, note="They look for someone on site."),)),
    Story("Northcliff", ("Senior", "Lead"), 21, SAVED,
          (Step(20, APPLIED), Step(15, ApplicationStatus.INTERVIEWING), Step(14, ApplicationStatus.WITHDRAWN),
           Step(14, note="Too much travelling."))),
)  # fmt: skip


def add_applications(owner: int, now: datetime) -> int:
    """Give the user `owner` the applications of `STORIES`, and one for a job found elsewhere. Returns how many."""
    used: set[int] = set()
    count = 0
    for story in STORIES:
        position = next(_candidates(story, now, used), None)
        if position is None:
            continue
        used.add(position.id)
        begun = now - timedelta(days=story.days)
        saved = applications.save_position(owner, position, story.first, begun)
        for step in story.steps:
            at = now - timedelta(days=step.days)
            if step.to is not None:
                applications.move(saved.application, step.to, at)
            if step.note:
                applications.add_note(saved.application, step.note, at)
        plans: dict[str, Any] = {"next_step": story.next_step} if story.next_step else {}
        if story.follow_up_in is not None:
            plans["follow_up_on"] = now.date() + timedelta(days=story.follow_up_in)
        if plans:
            applications.edit(saved.application, plans, now - timedelta(days=story.latest))
        count += 1
    job = ElsewhereJob(
        "Backend Engineer, Timetables", "Kestrel Ferries", "Piraeus, Greece", "https://kestrel.example/jobs/7"
    )
    applications.add_elsewhere(
        owner, job, APPLIED, now - timedelta(days=5), form_key="sample", note="Heard of it at the meetup."
    )
    return count + 1


def _candidates(story: Story, now: datetime, used: set[int]) -> Iterator[JobPosition]:
    """Positions that fit, those with a wanted title first. What had expired before the story began does not fit."""
    begun = now - timedelta(days=story.days)
    status = PositionStatus.EXPIRED if story.is_gone else PositionStatus.ACTIVE
    fitting = [
        position
        for position in sample_data.positions(story.company, status)
        if position.id not in used and position.first_seen_at <= begun and (position.expired_at or now) > begun
    ]
    yield from (position for position in fitting if any(word in position.title for word in story.wanted))
    yield from fitting
