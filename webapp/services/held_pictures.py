"""What a held snapshot would do, in words and lists, for the admin who decides."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from webapp.models import HeldSnapshot
from webapp.models.board import HeldKind, HeldState
from webapp.repositories import admin_runs
from webapp.repositories.admin_runs import PositionName
from webapp.services.position_lifecycle_manager import unpack

# Looks at the same picture that confirm it by themselves (docs/design.md, "What is suspicious").
CONFIRM_LOOKS = 3


@dataclass(frozen=True, slots=True)
class HeldPicture:
    """What believing a held snapshot would close and open now; of each list at most what was asked for.

    `closes` and `opens` count now, and may differ from the numbers at the time it was held.
    """

    closing: list[PositionName]
    opening: list[PositionName]
    closes: int
    opens: int


def picture(held: HeldSnapshot, limit: int | None = None) -> HeldPicture:
    """What believing `held` would do now; `limit` names each list cuts it."""
    listed = set(held.external_ids)
    closing = [position for position in admin_runs.open_names(held.board_id) if position.external_id not in listed]
    known = admin_runs.known_external_ids(held.board_id)
    opens = len(listed - known)
    opening: list[PositionName] = []
    if opens and limit != 0:
        # Only now is the packed snapshot worth unpacking: names are not kept beside it.
        new = (posting for posting in unpack(held.postings) if posting.external_id not in known)
        opening = [PositionName(0, posting.external_id, posting.title, posting.location) for posting in new]
        opening.sort(key=lambda position: position.title.lower())
    return HeldPicture(closing[:limit], opening[:limit], len(closing), opens)


def headline(held: HeldSnapshot, company_name: str) -> str:
    """What happened and what was not done, in one sentence or two."""
    before, seen = f"{held.open_before:,}", f"{held.seen:,}"
    return {
        HeldKind.EMPTY.value: f"{company_name} lists no positions any more; {before} were open. Nothing was closed.",
        HeldKind.DROP.value: f"{company_name} dropped {held.would_expire:,} of {before} positions. Nothing was closed."
        if held.would_open
        else f"{company_name} dropped from {before} to {seen} positions. Nothing was closed.",
        HeldKind.UNRECOGNISED.value: f"{company_name} lists {seen} positions, none of them among the {before} known. "
        "Nothing was closed or added.",
        HeldKind.GROWTH.value: f"{company_name} grew from {before} to {seen} positions at once. Nothing was added.",
    }[held.kind]


@dataclass(frozen=True, slots=True)
class Outlook:
    """When the same picture would confirm itself: after `looks` more reads, the last of them not before `at`."""

    looks: int
    at: datetime


def outlook(held: HeldSnapshot, confirm_over: timedelta, now: datetime) -> Outlook | None:
    """When `held` would confirm itself, or None where it does not wait any more."""
    if held.state != HeldState.PENDING:
        return None
    return Outlook(max(CONFIRM_LOOKS - held.times_seen, 1), max(held.first_seen_at + confirm_over, now))
