"""The state of the sample boards survives processes, half-written files and impatient readers."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from webapp.sample.state import STEADY, WorldState

ROOT = Path(__file__).parents[2]
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path, clock: Clock) -> WorldState:
    return WorldState(tmp_path / "deep" / "world.json", clock)


def test_the_first_read_begins_generation_0_and_later_ones_the_next(state: WorldState, clock: Clock) -> None:
    assert state.on_list_read("a") == [START]
    clock.now += STEADY
    assert state.on_list_read("a") == [START, START + STEADY]
    assert state.on_list_read("b") == [START + STEADY]


def test_reads_within_twenty_seconds_see_one_generation(state: WorldState, clock: Clock) -> None:
    for _ in range(10):
        assert len(state.on_list_read("a")) == 1
        clock.now += timedelta(seconds=1.9)


def test_looking_changes_nothing(state: WorldState, clock: Clock) -> None:
    assert state.peek("a") == [START]
    clock.now += timedelta(hours=1)
    assert state.on_list_read("a") == [clock.now]
    clock.now += timedelta(hours=1)
    assert len(state.peek("a")) == 1


def test_a_generation_of_the_past_is_the_one_that_is_read_now(state: WorldState, clock: Clock) -> None:
    past = START - timedelta(days=30)
    state.begin("a", past)
    assert state.on_list_read("a") == [past]
    clock.now += STEADY
    assert state.on_list_read("a") == [past, clock.now]


def test_a_clock_that_was_set_back_does_not_stop_the_world(state: WorldState, clock: Clock) -> None:
    state.on_list_read("a")
    clock.now -= timedelta(days=3)
    assert len(state.on_list_read("a")) == 2


def test_forgetting_begins_anew(state: WorldState) -> None:
    state.begin("a", START)
    state.begin("a", START)
    state.reset()
    assert len(state.on_list_read("a")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"a": 1}',
        '{"a": {"began": ["x"], "noted_at": "y"}}',
        '{"a": {"began": 3}}',
        "\x00",
        '{"a": {}}',
    ],
)
def test_a_file_that_cannot_be_understood_is_started_anew(state: WorldState, text: str) -> None:
    state.on_list_read("a")
    state.path.write_text(text)
    assert state.on_list_read("b") == [START]
    assert set(json.loads(state.path.read_text())) == {"b"}


def test_no_generation_is_lost_or_doubled_when_processes_write_at_once(tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    program = (
        "import sys; from datetime import datetime, UTC; from webapp.sample.state import WorldState;"
        "state = WorldState(sys.argv[1]);"
        "[state.begin('a', datetime.now(UTC)) for _ in range(25)]"
    )
    workers = [subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=ROOT) for _ in range(4)]
    assert [worker.wait() for worker in workers] == [0, 0, 0, 0]
    assert len(WorldState(path).peek("a")) == 100
    assert sorted(file.name for file in tmp_path.iterdir()) == ["world.json", "world.json.lock"]
