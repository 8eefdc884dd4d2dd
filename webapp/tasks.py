"""The recurring work, as shallow functions: one item, one application context, one transaction.

    scrape_due    due boards ─▶ claim ─▶ fetch (no transaction open) ─▶ ONE transaction: lifecycle ─▶ match ─▶ outbox
    deliver_due   due messages ─▶ claim ─▶ send (no transaction open) ─▶ record            (webapp/tasks_delivery.py)
    daily_report  one row of figures a day
    prune         what is older than its retention

Every function may be called by several processes at once: work is claimed by conditional updates, and periodic turns
by a unique (task, slot) row.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from flask import Flask, current_app

from webapp import clock
from webapp.db import in_transaction, is_passing, transaction
from webapp.errors import LeaseLost, OutboundError
from webapp.models import ScrapeRun
from webapp.models.scrape_run import RunTrigger
from webapp.outbound import OutboundDoor, OutboundSettings
from webapp.repositories import boards
from webapp.sample import server as sample_server
from webapp.services import housekeeping, leases, reports, scraping
from webapp.tasks_delivery import deliver_due as deliver_due

log = logging.getLogger("rolewatch.tasks")

Stop = Callable[[], bool]
LOOK_AGAIN_SECONDS = 0.25
REST_SECONDS = 2.0
_door_guard = threading.Lock()


def never() -> bool:
    """The default stop signal."""
    return False


def make_owner() -> str:
    """A name for this process in leases: host, process, and a random part that tells restarts apart."""
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{uuid.uuid4().hex[:8]}"


OWNER = make_owner()


_waker: Callable[[str], None] | None = None


def when_woken(waker: Callable[[str], None] | None) -> None:
    """Register what `wake` calls in this process: its scheduler."""
    global _waker
    _waker = waker


def wake(task: str = "scrape_due") -> None:
    """Run `scrape_due` or `deliver_due` at once if this process schedules; elsewhere the next tick finds the work.

    Call it after the commit.
    """
    if _waker is not None:
        _waker(task)


def door() -> OutboundDoor:
    """The application's one door to the network, made on first use.

    The sample world's hosts end in `.test`, which no real host does (RFC 2606), so their route is always there.
    """
    with _door_guard:
        found: OutboundDoor | None = current_app.extensions.get("rolewatch_outbound")
        if found is None:
            state = current_app.config["SAMPLE_STATE"]
            own = OutboundSettings.from_config(current_app.config)
            routes = {"*.sample.test": lambda: sample_server.ensure_running(state), **own.routes}
            found = OutboundDoor(replace(own, routes=routes))
            current_app.extensions["rolewatch_outbound"] = found
        return found


def settings() -> scraping.ScrapeSettings:
    return scraping.ScrapeSettings.from_config(current_app.config)


@dataclass(frozen=True, slots=True)
class Scraped:
    """What one read came to, without a database session."""

    board_id: int
    run_id: int
    outcome: str
    reason: str


def scrape_board(
    board_id: int, trigger: RunTrigger = RunTrigger.SCHEDULE, *, only_if_due: bool = True, stop: Stop = never
) -> Scraped | None:
    """Read one board from claim to outbox, or None where another worker has it or it is not due.

    Raises:
        SQLAlchemyError: the database failed; the lease then ends by itself and the board is read again.
    """
    claim = in_transaction(
        lambda: scraping.claim(board_id, clock.utcnow(), OWNER, settings(), trigger, only_if_due=only_if_due)
    )
    if claim is None:
        return None
    reading = scraping.take_snapshot(claim, door(), stop)
    if stop() and reading.was_cut_short:
        _give_back(claim, "Stopped before it was finished; it is due again.")
        return None
    try:
        result = _recorded(claim, reading)
    except LeaseLost as lost:
        _give_back(claim, lost.sentence, superseded=True)
        return None
    log.info("board read", extra={"board_id": board_id, "outcome": result.outcome, "reason": result.reason})
    return result


def _recorded(claim: scraping.Claim, reading: scraping.Reading) -> Scraped:
    """Save what was read. What cannot be saved is a failure of the board, so that somebody sees it and it backs off.

    Raises:
        LeaseLost: the board belongs to another run now.
        SQLAlchemyError: the database failed.
    """

    def save() -> Scraped:
        run = scraping.record(claim, reading, clock.utcnow(), settings())
        return Scraped(claim.board_id, run.id, run.outcome, run.reason)

    try:
        return in_transaction(save)
    except LeaseLost:
        raise
    except Exception as error:
        if is_passing(error):
            _give_back(claim, "The database was busy, and nothing was changed; it is due again.")
            raise
        log.exception("what was read of a board could not be saved", extra={"board_id": claim.board_id})
        reading = replace(
            reading,
            snapshot=None,
            failure=OutboundError(
                "What was read of this board could not be saved; the log has the details. Nothing was changed.",
                detail="internal",
            ),
        )
        return in_transaction(save)


def _give_back(claim: scraping.Claim, reason: str, *, superseded: bool = False) -> None:
    in_transaction(lambda: scraping.release(claim, clock.utcnow(), reason=reason, superseded=superseded))


def scrape_due(app: Flask, *, stop: Stop = never, on_read: Callable[[Scraped], None] | None = None) -> list[Scraped]:
    """Read what is due, several boards at a time, until nothing is due and nothing is being read here.

    A slow board holds up one thread and nobody else: whatever falls due meanwhile is read beside it. `on_read` is
    told after each board's commit.
    """
    results: list[Scraped] = []
    guard = threading.Lock()
    reading: set[int] = set()
    rests_until: dict[int, float] = {}

    def take() -> int | None:
        with guard, app.app_context():
            passed_over = reading | {board_id for board_id, until in rests_until.items() if until > time.monotonic()}
            due = boards.due_ids(clock.utcnow(), len(passed_over) + 1)
            found = next((board_id for board_id in due if board_id not in passed_over), None)
            if found is not None:
                reading.add(found)
            return found

    def work() -> None:
        while not stop():
            board_id = take()
            if board_id is None:
                if not reading:
                    return
                time.sleep(LOOK_AGAIN_SECONDS)
                continue
            done: list[Scraped] = []
            try:
                done = scrape_many(app, [board_id], stop=stop, on_read=on_read)
            except Exception:
                log.exception("telling that a board was read failed", extra={"board_id": board_id})
            with guard:
                results.extend(done)
                reading.discard(board_id)
                if not done:
                    # Somebody else reads it, or the database failed: trying again at once would only be busy.
                    rests_until[board_id] = time.monotonic() + REST_SECONDS

    with app.app_context():
        if not boards.due_ids(clock.utcnow(), 1):
            return results
    with ThreadPoolExecutor(app.config["SCRAPE_THREADS"], thread_name_prefix="scrape") as pool:
        for future in [pool.submit(work) for _ in range(app.config["SCRAPE_THREADS"])]:
            future.result()
    return results


def scrape_many(
    app: Flask,
    board_ids: Iterable[int],
    trigger: RunTrigger = RunTrigger.SCHEDULE,
    *,
    only_if_due: bool = True,
    stop: Stop = never,
    on_read: Callable[[Scraped], None] | None = None,
) -> list[Scraped]:
    """Read these boards on a few threads; one board's trouble never stops the others."""
    results: list[Scraped] = []
    guard = threading.Lock()

    def one(board_id: int) -> None:
        if stop():
            return
        try:
            with app.app_context():
                scraped = scrape_board(board_id, trigger, only_if_due=only_if_due, stop=stop)
        except Exception:
            log.exception("reading a board failed", extra={"board_id": board_id})
            return
        if scraped is not None:
            with guard:
                results.append(scraped)
            if on_read:
                on_read(scraped)

    wanted = list(board_ids)
    if len(wanted) < 2:
        for board_id in wanted:
            one(board_id)
        return results
    with ThreadPoolExecutor(min(app.config["SCRAPE_THREADS"], len(wanted)), thread_name_prefix="scrape") as pool:
        list(pool.map(one, wanted))
    return results


def confirm_held(held_id: int, user_id: int) -> ScrapeRun:
    """An admin believes a held snapshot. One transaction, through the same path as a read.

    Raises:
        NotFound, Conflict: it does not exist, or is not waiting any more.
    """
    with transaction():
        return scraping.confirm_held(boards.get_hold(held_id), user_id, clock.utcnow(), settings())


def in_slot(task: str, slot: str, work: Callable[[datetime], None]) -> bool:
    """Run `work(now)` if this process wins the turn `slot` of `task`. True where it ran and succeeded."""
    with transaction():
        won = leases.take_slot(task, slot, OWNER, clock.utcnow())
    if not won:
        return False
    error = ""
    try:
        with transaction():
            work(clock.utcnow())
    except Exception as failure:
        log.exception("periodic task failed", extra={"task": task, "slot": slot})
        error = f"{type(failure).__name__}: {failure}"
    with transaction():
        leases.finish_slot(task, slot, OWNER, clock.utcnow(), error)
    return not error


def daily_report(now: datetime, hour: int) -> bool:
    """Write the report about the last whole UTC day, once, from `hour` o'clock UTC on. A missed day is caught up."""
    if now.hour < hour:
        return False
    day: date = now.date() - timedelta(days=1)

    def work(moment: datetime) -> None:
        reports.write_daily(day, moment)

    return in_slot("daily_report", day.isoformat(), work)


def prune(now: datetime, keep_days: int) -> bool:
    """Delete what is older than its retention, once a day."""
    slot = now.date().isoformat()

    def work(moment: datetime) -> None:
        log.info("pruned", extra=housekeeping.prune(moment, timedelta(days=keep_days)))

    return in_slot("prune", slot, work)


def dismiss_held(held_id: int, user_id: int) -> None:
    """An admin does not believe a held snapshot: nothing changes, and the same picture will not confirm itself.

    Raises:
        NotFound, Conflict: it does not exist, or is not waiting any more.
    """
    with transaction():
        scraping.dismiss_held(boards.get_hold(held_id), user_id, clock.utcnow())
