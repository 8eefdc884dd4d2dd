"""When a board is read next: pure functions of what came of the last read.

The schedule is data (`boards.next_scrape_at`); whoever asks "what is due?" may be as dumb as a clock.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

LONGEST = timedelta(hours=24)
SPREAD = 0.1


@dataclass(frozen=True, slots=True)
class SchedulePolicy:
    """`confirm_every`: how soon a held snapshot is looked at again. `spread`: draws a number from 0 to 1."""

    confirm_every: timedelta = timedelta(hours=12)
    spread: Callable[[], float] = random.random


def after_success(now: datetime, interval: timedelta, policy: SchedulePolicy) -> datetime:
    """The next regular read: never sooner than the interval, so that two misses are an interval apart."""
    return now + interval * (1 + SPREAD * policy.spread())


def after_hold(now: datetime, interval: timedelta, policy: SchedulePolicy) -> datetime:
    """The next look at a suspicious board: three looks this far apart span the time that confirming takes."""
    return now + max(interval, policy.confirm_every)


def after_failure(
    now: datetime, interval: timedelta, failures: int, retry_after: float | None, policy: SchedulePolicy
) -> datetime:
    """The next try of a failing board, `failures` of which (at least 1) came in a row.

    What the site asks for (`retry_after`, seconds) wins, within the interval and a day; else the interval doubles
    with every failure, give or take a tenth, up to a day. It never stops.
    """
    if retry_after is not None:
        return now + min(max(timedelta(seconds=retry_after), min(interval, LONGEST)), max(interval, LONGEST))
    factor: float = 2.0 ** min(failures - 1, 10) * (1 - SPREAD + 2 * SPREAD * policy.spread())
    return now + min(interval * factor, max(interval, LONGEST))
