"""When a board is read next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from webapp.services.scrape_schedule import SchedulePolicy, after_failure, after_hold, after_success

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
SIX_HOURS = timedelta(hours=6)
EVEN = SchedulePolicy(spread=lambda: 0.5)


@pytest.mark.parametrize("drawn", [0.0, 0.5, 1.0])
def test_a_regular_read_never_comes_sooner_than_the_interval(drawn: float) -> None:
    wait = after_success(NOW, SIX_HOURS, SchedulePolicy(spread=lambda: drawn)) - NOW
    assert SIX_HOURS <= wait <= SIX_HOURS * 1.1


def test_three_looks_at_a_held_board_span_a_day() -> None:
    assert 2 * (after_hold(NOW, SIX_HOURS, EVEN) - NOW) >= timedelta(hours=24)


@pytest.mark.parametrize(("failures", "hours"), [(1, 6), (2, 12), (3, 24), (4, 24), (1000, 24)])
def test_a_failing_board_backs_off_to_a_day_and_never_stops(failures: int, hours: float) -> None:
    assert after_failure(NOW, SIX_HOURS, failures, None, EVEN) - NOW == timedelta(hours=hours)


@pytest.mark.parametrize(
    ("asked", "hours"), [(7200, 6), (0, 6), (-5, 6), (36_000, 10), (315_360_000, 24), (86_400, 24)]
)
def test_what_the_site_asks_for_wins_within_the_interval_and_a_day(asked: float, hours: float) -> None:
    assert after_failure(NOW, SIX_HOURS, 5, asked, EVEN) - NOW == timedelta(hours=hours)


def test_a_weekly_board_is_not_read_more_often_because_it_fails() -> None:
    week = timedelta(days=7)
    assert after_failure(NOW, week, 3, None, EVEN) - NOW == week
    assert after_failure(NOW, week, 1, 60, EVEN) - NOW >= timedelta(hours=24)
