"""Leases and turns: exactly one wins, whatever the clock or a second process does."""

from __future__ import annotations

import threading
from datetime import timedelta

from flask import Flask

from tests.world import NOW
from webapp.db import transaction
from webapp.services import leases

TTL = timedelta(seconds=30)
SECOND = timedelta(seconds=1)


def acquire(app: Flask, owner: str, at: timedelta = 0 * SECOND) -> int | None:
    with app.app_context(), transaction():
        return leases.acquire("scheduler", owner, TTL, NOW + at)


def test_the_first_gets_it_and_the_second_does_not(app: Flask) -> None:
    assert acquire(app, "one") == 1
    assert acquire(app, "two") is None


def test_renewing_keeps_the_fencing_number_and_a_new_holder_gets_a_higher_one(app: Flask) -> None:
    assert acquire(app, "one") == 1
    assert acquire(app, "one", 20 * SECOND) == 1
    assert acquire(app, "two", 40 * SECOND) is None
    assert acquire(app, "two", 51 * SECOND) == 2
    assert acquire(app, "one", 52 * SECOND) is None


def test_a_released_lease_is_free_at_once(app: Flask) -> None:
    acquire(app, "one")
    with app.app_context(), transaction():
        leases.release("scheduler", "one", NOW + SECOND)
    assert acquire(app, "two", 2 * SECOND) == 2


def test_of_eight_threads_exactly_one_takes_a_turn(app: Flask) -> None:
    won: list[str] = []
    start = threading.Barrier(8)

    def race(owner: str) -> None:
        start.wait()
        with app.app_context(), transaction():
            if leases.take_slot("daily_report", "2026-11-24", owner, NOW):
                won.append(owner)

    threads = [threading.Thread(target=race, args=(f"process {n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(won) == 1


def take(app: Flask, owner: str, at: timedelta) -> bool:
    with app.app_context(), transaction():
        return leases.take_slot("prune", "2026-11-24", owner, NOW + at)


def test_a_finished_turn_is_never_taken_again(app: Flask) -> None:
    assert take(app, "one", 0 * SECOND)
    with app.app_context(), transaction():
        leases.finish_slot("prune", "2026-11-24", "one", NOW + SECOND)
    assert not take(app, "two", timedelta(days=3))


def test_a_turn_whose_process_died_is_taken_over_after_an_hour(app: Flask) -> None:
    assert take(app, "one", 0 * SECOND)
    assert not take(app, "two", timedelta(minutes=59))
    assert take(app, "two", timedelta(minutes=61))


def test_a_failed_turn_is_tried_again_after_a_quarter_of_an_hour(app: Flask) -> None:
    assert take(app, "one", 0 * SECOND)
    with app.app_context(), transaction():
        leases.finish_slot("prune", "2026-11-24", "one", NOW + SECOND, error="The disk is full.")
    assert not take(app, "two", timedelta(minutes=14))
    assert take(app, "two", timedelta(minutes=16))
