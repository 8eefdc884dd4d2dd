"""The clock of the web process: it stops whatever is running, and loses no wish to run."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
from flask import Flask

from webapp import scheduler, tasks
from webapp.db import db
from webapp.models import Lease
from webapp.scheduler import Scheduler


@pytest.fixture
def ticking(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scheduler]:
    monkeypatch.setattr(scheduler, "STOP_SECONDS", 3)
    app.config["TICK_SECONDS"] = 0.1
    made = Scheduler(app)
    yield made
    made.stop()


def lead(made: Scheduler) -> None:
    made.start()
    end = time.monotonic() + 20
    while not made._leads.is_set():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_task_that_sets_a_timer_just_as_the_process_stops_does_not_hang(
    ticking: Scheduler, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, ended = threading.Event(), threading.Event()
    add_job = ticking._clockwork.add_job

    def slow_add_job(*args: object, **kwargs: object) -> object:
        # A loaded machine: the thread is put aside between its look at the stop signal and the timer.
        entered.set()
        ticking._stopping.wait(1.0)
        time.sleep(0.3)
        return add_job(*args, **kwargs)

    def work() -> None:
        if not entered.is_set():
            monkeypatch.setattr(ticking._clockwork, "add_job", slow_add_job)
            ticking.wake("deliver_due")
            ended.set()

    ticking._scrape._work = work
    lead(ticking)
    assert entered.wait(20)
    ticking.stop()
    assert ended.wait(5), "the task waits for the shutdown that waits for the task"


def test_stopping_hands_the_lease_on(ticking: Scheduler) -> None:
    lead(ticking)
    ticking.stop()
    with ticking.app.app_context():
        lease = db.session.get_one(Lease, scheduler.LEASE)
        assert lease.owner == tasks.OWNER
        assert lease.expires_at == lease.renewed_at or lease.expires_at < lease.renewed_at + scheduler.LEASE_TTL


def test_stopping_survives_a_database_that_is_gone(ticking: Scheduler, monkeypatch: pytest.MonkeyPatch) -> None:
    lead(ticking)

    def gone(*_: object) -> None:
        raise OSError("the database is gone")

    monkeypatch.setattr(scheduler.leases, "release", gone)
    ticking.stop()
    ticking.wake()


def test_a_wish_that_comes_while_a_task_fails_is_not_lost() -> None:
    runs: list[int] = []

    def work() -> None:
        runs.append(1)
        if len(runs) == 1:
            runner()
            raise RuntimeError("the first round fails")

    runner = scheduler._Runner("scrape_due", work)
    runner()
    assert len(runs) == 2
