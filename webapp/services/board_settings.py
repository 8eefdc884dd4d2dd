"""How often a board is read."""

from __future__ import annotations

from datetime import datetime, timedelta

from webapp.errors import Invalid
from webapp.models import Board

SHORTEST = timedelta(minutes=15)
LONGEST = timedelta(days=7)


def set_interval(board: Board, seconds: int | None, now: datetime) -> None:
    """Read `board` every `seconds` from now on, or at the default of its kind (None).

    A read that would now come too late is moved forward; a board that backs off after failures keeps its own time.

    Raises:
        Invalid: shorter than a quarter of an hour, which no site deserves, or longer than a week.
    """
    if seconds is not None and not SHORTEST.total_seconds() <= seconds <= LONGEST.total_seconds():
        raise Invalid("Choose a time between 15 minutes and 7 days.", "interval")
    board.scrape_interval_seconds = seconds
    if seconds is not None and not board.failures_in_a_row:
        board.next_scrape_at = min(board.next_scrape_at, (board.last_attempt_at or now) + timedelta(seconds=seconds))
