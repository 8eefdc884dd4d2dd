"""When a message is tried again, and which window a moment falls into."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.services import delivery_policy as policy
from webapp.services.delivery_policy import Window

moments = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001


def test_waits_are_1_5_15_60_minutes_then_hourly() -> None:
    assert [policy.wait_after(n) / timedelta(minutes=1) for n in range(1, 8)] == [1, 5, 15, 60, 60, 60, 60]


def test_tries_fit_into_the_time_after_which_a_message_is_given_up() -> None:
    tries = policy.attempts_until(timedelta(hours=48))
    waited = sum((policy.wait_after(n) for n in range(1, tries)), timedelta())
    assert waited <= timedelta(hours=48) < waited + policy.wait_after(tries)
    assert policy.attempts_until(timedelta()) == 1


def test_a_way_that_is_down_is_looked_at_each_minute_and_one_that_refuses_us_ever_less_often() -> None:
    minute = timedelta(minutes=1)
    assert [policy.pause_after(n, permanent=False) / minute for n in (1, 2, 50)] == [1, 1, 1]
    assert [policy.pause_after(n, permanent=True) / minute for n in (1, 2, 3, 4, 50)] == [1, 5, 15, 60, 60]


def test_only_different_days_count_as_refusals() -> None:
    assert not policy.is_refusing_for_good(["2026-11-25", "2026-11-25", "2026-11-26"])
    assert policy.is_refusing_for_good(["2026-11-25", "2026-11-26", "2026-11-27"])


@given(moments, st.sampled_from([0.5, 15.0, 60.0, 3600.0]))
def test_a_window_ends_after_now_within_its_length_and_has_one_name(now: datetime, seconds: float) -> None:
    window = Window.at(now, seconds)
    length = timedelta(seconds=seconds)
    assert now < window.ends_at <= now + length
    assert Window.at(window.ends_at - timedelta(microseconds=1), seconds) == window
    assert Window.at(window.ends_at, seconds).name != window.name


@pytest.mark.parametrize("seconds", [0, -1])
def test_without_a_window_every_moment_stands_alone_and_is_due_at_once(seconds: float) -> None:
    now = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    assert Window.at(now, seconds).ends_at == now
    assert Window.at(now + timedelta(microseconds=1), seconds).name != Window.at(now, seconds).name
