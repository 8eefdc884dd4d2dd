"""Held snapshots as cards: what happened, what would follow, and when it would confirm itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import current_app

from webapp.models import HeldSnapshot
from webapp.models.board import HeldState
from webapp.services import held_pictures
from webapp.services.held_pictures import HeldPicture, Outlook

SAMPLES = 4


@dataclass(frozen=True, slots=True)
class HeldCard:
    """One held snapshot for the page."""

    held: HeldSnapshot
    headline: str
    outlook: Outlook | None
    picture: HeldPicture | None

    @property
    def is_pending(self) -> bool:
        return self.held.state == HeldState.PENDING

    @property
    def consequence(self) -> str:
        """What confirming would do: "close 116", "close 60 and open 3"; without numbers once it is settled."""
        if self.picture is None:
            return ""
        parts = [
            f"{verb} {number:,}"
            for verb, number in (("close", self.picture.closes), ("open", self.picture.opens))
            if number
        ]
        return " and ".join(parts) or "change nothing"


def card(held: HeldSnapshot, now: datetime, *, names: int | None = SAMPLES) -> HeldCard:
    """The card of one held snapshot; `names` cuts its lists of positions (None: all)."""
    is_pending = held.state == HeldState.PENDING
    return HeldCard(
        held,
        held_pictures.headline(held, held.board.company.name),
        held_pictures.outlook(held, timedelta(seconds=current_app.config["HOLD_CONFIRM_SECONDS"]), now),
        held_pictures.picture(held, names) if is_pending else None,
    )


def cards(holds: Iterable[HeldSnapshot], now: datetime) -> list[HeldCard]:
    """The cards of these held snapshots."""
    return [card(held, now) for held in holds]
