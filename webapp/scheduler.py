"""The clock of the web process: a table of tasks and when, ticked by APScheduler.

The tick is dumb: due times, leases and turns live in our tables, APScheduler keeps no job store, and a missed tick is
caught up by the next. Only the process that holds the `scheduler` lease works; any other idles and takes over when
the lease ends. Started from `wsgi.py` only.
"""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from webapp import clock, tasks
from webapp.db import transaction
from webapp.services import leases

log = logging.getLogger("rolewatch.scheduler")

LEASE = "scheduler"
LEASE_TTL = timedelta(seconds=30)
HEARTBEAT_SECONDS = 10
STOP_SECONDS = 20


class _Runner:
    """Runs one task at a time in this process; a call that comes meanwhile makes it run once more, so none is lost."""

    def __init__(self, name: str, work: Callable[[], None]) -> None:
        self._name = name
        self._work = work
        self._busy = threading.Lock()
        self._again = threading.Event()

    def __call__(self) -> None:
        self._again.set()
        while self._again.is_set() and self._busy.acquire(blocking=False):
            try:
                self._again.clear()
                self._work()
            except Exception:
                # Whoever called meanwhile relies on this round to run once more.
                log.exception("task failed", extra={"task": self._name})
            finally:
                self._busy.release()


class Scheduler:
    """Ticks the tasks of one application in background threads of this process."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._stopping = threading.Event()
        # Held while a timer is set: once `stop` has it, no running task is inside APScheduler any more.
        self._timers = threading.RLock()
        self._is_stopped = threading.Event()
        self._leads = threading.Event()
        self._renewed = 0.0
        self._scrape = _Runner("scrape_due", self._scrape_due)
        self._deliver = _Runner("deliver_due", self._deliver_due)
        self._clockwork = BackgroundScheduler(
            timezone="UTC", job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        tick = app.config["TICK_SECONDS"]
        for name, work, seconds in (
            ("heartbeat", self._heartbeat, min(HEARTBEAT_SECONDS, tick)),
            ("scrape_due", self._scrape, tick),
            ("deliver_due", self._deliver, tick),
            ("daily_report", self._daily_report, 60),
            ("prune", self._prune, 3600),
        ):
            self._clockwork.add_job(
                self._guarded(name, work), "interval", seconds=seconds, id=name, name=name, next_run_time=clock.utcnow()
            )

    def start(self) -> None:
        """Begin to tick. At exit, what is running finishes or is released within 20 seconds."""
        self._clockwork.start()
        # The interpreter joins the threads of pools before it calls what `atexit` knows: only a signal that comes
        # before that lets a read in one of them end soon. The pools use the same hook; it has no public name.
        before_joining = getattr(threading, "_register_atexit", None)
        if before_joining is not None:
            before_joining(self._stopping_begins)
        atexit.register(self.stop)

    def stop(self) -> None:
        """Stop ticking, let running work finish or give back what it holds, and hand on the lease. Harmless twice."""
        if self._is_stopped.is_set():
            return
        self._is_stopped.set()
        self._stopping_begins()
        log.info("scheduler stops")
        waiter = threading.Thread(target=self._clockwork.shutdown, kwargs={"wait": True}, daemon=True)
        waiter.start()
        waiter.join(STOP_SECONDS)
        if waiter.is_alive():
            log.warning("work goes on after %s seconds of waiting; its leases end by themselves", STOP_SECONDS)
        try:
            with self.app.app_context(), transaction():
                leases.release(LEASE, tasks.OWNER, clock.utcnow())
        except Exception:
            # It ends by itself within half a minute; a database that is gone must not keep the process from exiting.
            log.exception("the scheduler's lease could not be handed on")

    def _stopping_begins(self) -> None:
        # APScheduler shuts down under the very lock that setting a timer needs, and waits there for running tasks: a
        # task caught between its look at `_stopping` and its timer would wait for ever, and the process with it.
        with self._timers:
            self._stopping.set()

    def wake(self, task: str = "scrape_due", at: datetime | None = None) -> None:
        """Run `task` (`scrape_due` or `deliver_due`) at `at`, default now, without waiting for its tick."""
        work = self._scrape if task == "scrape_due" else self._deliver
        when = max(at or clock.utcnow(), clock.utcnow())
        # One timer per task and second: a burst of wishes becomes one run.
        timer = f"{task}@{when:%H%M%S}"
        with self._timers:
            if self._stopping.is_set():
                return
            self._clockwork.add_job(self._guarded(task, work), "date", run_date=when, id=timer, replace_existing=True)

    def _guarded(self, name: str, work: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            if self._stopping.is_set() or (name != "heartbeat" and not self._leads.is_set()):
                return
            try:
                work()
            except Exception:
                log.exception("task failed", extra={"task": name})

        return run

    def _heartbeat(self) -> None:
        try:
            with self.app.app_context(), transaction():
                fence = leases.acquire(LEASE, tasks.OWNER, LEASE_TTL, clock.utcnow())
        except Exception:
            if time.monotonic() - self._renewed > LEASE_TTL.total_seconds():
                # Another process may lead by now.
                self._leads.clear()
            raise
        self._renewed = time.monotonic()
        if fence is None:
            self._leads.clear()
            return
        if not self._leads.is_set():
            log.info("this process schedules", extra={"owner": tasks.OWNER, "fence": fence})
            self._leads.set()
            self.wake("scrape_due")
            self.wake("deliver_due")

    def _scrape_due(self) -> None:
        window = timedelta(seconds=self.app.config["MESSAGE_WINDOW_SECONDS"])

        def on_read(_scraped: tasks.Scraped) -> None:
            self.wake("deliver_due", clock.utcnow() + window)

        while tasks.scrape_due(self.app, stop=self._stopping.is_set, on_read=on_read) and not self._stopping.is_set():
            pass

    def _deliver_due(self) -> None:
        with self.app.app_context():
            tasks.deliver_due(now_fn=clock.utcnow, owner=tasks.OWNER, stop=self._stopping.is_set)

    def _daily_report(self) -> None:
        with self.app.app_context():
            tasks.daily_report(clock.utcnow(), self.app.config["DAILY_REPORT_HOUR"])

    def _prune(self) -> None:
        with self.app.app_context():
            tasks.prune(clock.utcnow(), self.app.config["RETENTION_RUN_DAYS"])


_current: Scheduler | None = None


def start(app: Flask) -> Scheduler:
    """Start this process's scheduler; a second call returns the first one's."""
    global _current
    if _current is None:
        _current = Scheduler(app)
        _current.start()
        tasks.when_woken(_current.wake)
    return _current


def stop() -> None:
    """Stop this process's scheduler, if it has one."""
    if _current is not None:
        _current.stop()
