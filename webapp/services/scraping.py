"""One read of one board, in three steps so that no transaction is open while the network is used.

    claim  (transaction)  ─▶ take_snapshot (network) ─▶ record (transaction: lifecycle ─▶ match ─▶ outbox)

The claim carries a fencing number; `record` refuses a result whose number is no longer the board's.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from webapp.db import db
from webapp.errors import Conflict, LeaseLost, NotModified, OutboundError, Unavailable
from webapp.models import Board, HeldSnapshot, ScrapeRun
from webapp.models.board import BoardHealth, HeldState
from webapp.models.message import MessageKind
from webapp.models.scrape_run import RunOutcome, RunTrigger
from webapp.outbound import OutboundDoor
from webapp.repositories import boards, known_positions, users
from webapp.scrapers import SCRAPERS
from webapp.services import percolation, scrape_schedule
from webapp.services.lifecycle_decision import LifecyclePolicy, Snapshot
from webapp.services.notification_service import NotificationService
from webapp.services.position_lifecycle_manager import PositionLifecycleManager, unpack
from webapp.values import Listing

log = logging.getLogger("rolewatch.scraping")

# A board that is gone, or fails, for this long needs a person: admins are told once.
ATTENTION_WHEN_GONE = timedelta(days=3)
ATTENTION_AFTER = timedelta(days=7)

# A clock is set back by less than this; a larger step means that it was wrong before.
CLOCK_STEP = timedelta(days=1)

# The part of its lease that a read may spend on the network; the rest is for saving what came.
LEASE_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class ScrapeSettings:
    """What the reads and the policy need from the configuration."""

    api_interval: timedelta
    page_interval: timedelta
    lease: timedelta
    gap: timedelta
    confirm_over: timedelta
    schedule: scrape_schedule.SchedulePolicy = field(default_factory=scrape_schedule.SchedulePolicy)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> ScrapeSettings:
        confirm_over = timedelta(seconds=config["HOLD_CONFIRM_SECONDS"])
        return cls(
            api_interval=timedelta(seconds=config["SCRAPE_API_INTERVAL"]),
            page_interval=timedelta(seconds=config["SCRAPE_PAGE_INTERVAL"]),
            lease=timedelta(seconds=config["SCRAPE_LEASE_SECONDS"]),
            gap=timedelta(seconds=config["MISSING_GAP_SECONDS"]),
            confirm_over=confirm_over,
            schedule=scrape_schedule.SchedulePolicy(confirm_every=confirm_over / 2),
        )

    def interval(self, board: Board) -> timedelta:
        """Time between two regular reads of the board."""
        if board.scrape_interval_seconds:
            return timedelta(seconds=board.scrape_interval_seconds)
        return self.page_interval if _kind(board.ats) == "page" else self.api_interval

    def policy(self, board: Board) -> LifecyclePolicy:
        misses = 3 if _kind(board.ats) == "page" else 2
        return LifecyclePolicy(misses=misses, gap=self.gap, confirm_over=self.confirm_over)


def _kind(ats: str) -> str:
    scraper = SCRAPERS.get(ats)
    return scraper.kind if scraper else "page"


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to read one board now, and what reading it needs. Plain values: usable without a database."""

    board_id: int
    run_id: int
    fence: int
    ats: str
    config: dict[str, Any]
    validators: dict[str, Any]
    known: dict[str, str]
    claimed_at: datetime
    lease: timedelta


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of the network step: a snapshot, or the failure that prevented one."""

    snapshot: Snapshot | None
    failure: OutboundError | None
    listing: Listing | None
    validators: dict[str, Any]
    requests: int
    bytes_received: int
    duration_ms: int
    last_status: int | None

    @property
    def was_cut_short(self) -> bool:
        """Whether it ended early, as it does when the process stops: nothing came, or not all of it."""
        return self.snapshot is None or not self.snapshot.complete


def claim(
    board_id: int, now: datetime, owner: str, settings: ScrapeSettings, trigger: RunTrigger, *, only_if_due: bool = True
) -> Claim | None:
    """Take the board's lease by one conditional update, or None where it is not due, switched off, or being read.

    `only_if_due=False` is for people who ask now: it takes a board that is not due or switched off, but never one
    that another worker is reading.
    """
    conditions: list[sa.ColumnElement[bool]] = [Board.id == board_id, boards.is_free(now)]
    if only_if_due:
        conditions.append(boards.is_due(now))
    taken = (
        sa.update(Board)
        .where(*conditions)
        .values(
            lease_owner=owner,
            lease_expires_at=now + settings.lease,
            lease_fence=Board.lease_fence + 1,
            last_attempt_at=now,
        )
        .returning(Board.lease_fence)
    )
    fence = db.session.scalar(taken, execution_options={"synchronize_session": False})
    if fence is None:
        return None
    # Whoever read this board before and did not finish is dead: its lease has ended.
    db.session.execute(
        sa.update(ScrapeRun)
        .where(ScrapeRun.board_id == board_id, ScrapeRun.outcome == RunOutcome.RUNNING)
        .values(
            outcome=RunOutcome.INTERRUPTED,
            finished_at=now,
            reason="The process that read this board stopped before it finished. Nothing was changed.",
        ),
        execution_options={"synchronize_session": False},
    )
    board = boards.get(board_id)
    db.session.refresh(board)
    if trigger is RunTrigger.SCHEDULE and board.rescrape_requested_at is not None:
        trigger = RunTrigger.ADMIN
    run = ScrapeRun(board_id=board_id, trigger=trigger.value, fence=fence, started_at=now)
    db.session.add(run)
    db.session.flush()
    return Claim(
        board_id=board.id,
        run_id=run.id,
        fence=fence,
        ats=board.ats,
        config=dict(board.scraping_config),
        validators=dict(board.validators),
        known=known_positions.details_read(board.id),
        claimed_at=now,
        lease=settings.lease,
    )


def take_snapshot(claim: Claim, door: OutboundDoor, should_stop: Callable[[], bool] = lambda: False) -> Reading:
    """Read the board over the network. Never raises for anything the board does; failures are part of the reading."""
    started = time.monotonic()
    # A read that outlives its lease is lost as a whole; one that ends before it keeps the pages that came.
    enough = started + claim.lease.total_seconds() * LEASE_SHARE
    visit = door.visit(claim.validators, should_stop=lambda: should_stop() or time.monotonic() > enough)
    snapshot: Snapshot | None = None
    failure: OutboundError | None = None
    listing: Listing | None = None
    try:
        scraper = SCRAPERS.get(claim.ats)
        if scraper is None:
            raise OutboundError(f"No scraper for {claim.ats!r} is installed.", detail="no_scraper")
        listing = scraper.read(claim.config, visit, claim.known)
        snapshot = Snapshot(listing.postings, complete=listing.complete, reason=listing.reason)
        # Most of the arithmetic, done while nobody waits for the database: for 10,000 postings it takes seconds.
        for posting in snapshot.postings:
            posting.content_hash()
            posting.fingerprint()
    except NotModified:
        snapshot = Snapshot((), complete=True, unchanged=True)
    except OutboundError as error:
        failure = error
        if error.detail == "stopped" and not should_stop():
            minutes = claim.lease.total_seconds() * LEASE_SHARE / 60
            failure = Unavailable(f"Reading this board took longer than {minutes:.0f} minutes.", detail="timeout")
    except Exception:
        # A fault of ours in one adapter must stall neither the other boards nor this one for ever.
        log.exception("scraper failed", extra={"board_id": claim.board_id, "ats": claim.ats})
        failure = OutboundError(
            "Reading this board failed inside Rolewatch; the log has the details.", detail="internal"
        )
    return Reading(
        snapshot=snapshot,
        failure=failure,
        listing=listing,
        validators=dict(visit.validators),
        requests=visit.requests,
        bytes_received=visit.bytes_received,
        duration_ms=round((time.monotonic() - started) * 1000),
        last_status=visit.last_status,
    )


def record(claim: Claim, reading: Reading, now: datetime, settings: ScrapeSettings) -> ScrapeRun:
    """Save what was read, and everything that follows from it, in the caller's one transaction.

    Raises:
        LeaseLost: the read took longer than its lease and the board belongs to another run now.
    """
    board = boards.get_for_writing(claim.board_id)
    run = db.session.get(ScrapeRun, claim.run_id)
    if board is None or run is None or board.lease_fence != claim.fence:
        raise LeaseLost("This read took longer than its lease; another one has taken over.")
    wall = now
    now = _not_before_last_read(board, now)
    run.finished_at, run.duration_ms = now, reading.duration_ms
    run.requests, run.bytes_received, run.http_status = reading.requests, reading.bytes_received, reading.last_status
    if reading.listing is not None:
        run.reported_total = reading.listing.reported_total
    if reading.snapshot is not None:
        _record_snapshot(board, run, reading.snapshot, reading, now, settings)
    else:
        assert reading.failure is not None
        _record_failure(board, run, reading.failure, now, settings)
    board.next_scrape_at -= now - wall
    _let_go_of(board)
    return run


def _not_before_last_read(board: Board, now: datetime) -> datetime:
    """The time to write down: a clock that was set back a little must not make a run older than the one before."""
    last = board.last_complete_at
    if last is None or last <= now:
        return now
    if last - now <= CLOCK_STEP:
        return last
    # The clock was far ahead for a while. Waiting until it gets there again would keep positions open for as long.
    board.last_complete_at = now
    known_positions.date_back(board.id, now)
    return now


def _record_snapshot(
    board: Board, run: ScrapeRun, snapshot: Snapshot, reading: Reading, now: datetime, settings: ScrapeSettings
) -> None:
    manager = PositionLifecycleManager(settings.policy(board))
    result = manager.apply(board, snapshot, now, run)
    percolation.announce(result, now)
    warnings = "; ".join(reading.listing.warnings) if reading.listing else ""
    board.failures_in_a_row, board.failing_since, board.attention_told_at, board.failure_kind = 0, None, None, None
    interval = settings.interval(board)
    if run.outcome == RunOutcome.HELD:
        board.health, board.health_reason = BoardHealth.HELD, run.reason
        board.next_scrape_at = scrape_schedule.after_hold(now, interval, settings.schedule)
    elif run.outcome == RunOutcome.PARTIAL:
        board.health, board.health_reason = BoardHealth.PARTIAL, run.reason
        board.next_scrape_at = scrape_schedule.after_success(now, interval, settings.schedule)
    else:
        run.reason = run.reason or warnings[:500]
        board.health, board.health_reason = BoardHealth.OK, warnings[:500]
        board.last_complete_at = now
        board.next_scrape_at = scrape_schedule.after_success(now, interval, settings.schedule)
    if snapshot.unchanged:
        run.seen = run.unchanged = board.open_count - run.missing
    else:
        # Validators speak for the last answer that was believed whole; after any other, all of it is asked for again.
        board.validators = reading.validators if run.outcome == RunOutcome.OK else {}


def _record_failure(
    board: Board, run: ScrapeRun, failure: OutboundError, now: datetime, settings: ScrapeSettings
) -> None:
    run.outcome, run.reason = RunOutcome.FAILED, failure.sentence[:500]
    run.failure_kind, run.failure_detail, run.evidence = failure.kind, failure.detail, _storable(failure.evidence)
    run.http_status = failure.status or run.http_status
    board.health, board.health_reason, board.failure_kind = BoardHealth.FAILING, run.reason, failure.kind
    board.failures_in_a_row += 1
    board.failing_since = board.failing_since or now
    board.next_scrape_at = scrape_schedule.after_failure(
        now, settings.interval(board), board.failures_in_a_row, failure.retry_after, settings.schedule
    )
    _tell_admins_once(board, now)


def _tell_admins_once(board: Board, now: datetime) -> None:
    """Tell every admin that a board has been failing for days and will not mend itself."""
    patience = ATTENTION_WHEN_GONE if board.failure_kind == "gone" else ATTENTION_AFTER
    if board.attention_told_at is not None or board.failing_since is None or now - board.failing_since < patience:
        return
    board.attention_told_at = now
    since = f"{board.failing_since:%d %B %Y}"
    body = (
        f"{board.company.name}: {board.health_reason}\n\n"
        f"The board {board.careers_url} has not been read since {since}. Its {board.open_count} open positions stay "
        "open and are shown as not confirmed since then; nothing is closed.\n\n"
        "Look whether the company has moved its list of positions, and change or switch off the board."
    )
    service = NotificationService()
    for admin_id in users.admin_ids():
        key = f"board:{board.id}:{board.failing_since:%Y%m%d%H%M%S}"
        service.enqueue_notice(
            admin_id, MessageKind.NOTICE, key, f"{board.company.name} cannot be read since {since}", body, now
        )


def _storable(text: str) -> str:
    # PostgreSQL refuses NUL and lone surrogates in text.
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def _let_go_of(board: Board) -> None:
    board.lease_owner = board.lease_expires_at = board.rescrape_requested_at = None


def release(claim: Claim, now: datetime, *, reason: str, superseded: bool = False) -> None:
    """Give an unfinished read back: the board is due again at once, and the run says why it ended."""
    outcome = RunOutcome.SUPERSEDED if superseded else RunOutcome.INTERRUPTED
    db.session.execute(
        sa.update(ScrapeRun)
        .where(ScrapeRun.id == claim.run_id, ScrapeRun.outcome == RunOutcome.RUNNING)
        .values(outcome=outcome, finished_at=now, reason=reason),
        execution_options={"synchronize_session": False},
    )
    db.session.execute(
        sa.update(Board)
        .where(Board.id == claim.board_id, Board.lease_fence == claim.fence)
        .values(lease_owner=None, lease_expires_at=None),
        execution_options={"synchronize_session": False},
    )


def request_rescrape(board_ids: list[int] | None, now: datetime) -> int:
    """Make boards (None: all that are switched on) due now. Returns how many will be read."""
    statement = sa.update(Board).values(next_scrape_at=now, rescrape_requested_at=now)
    if board_ids is None:
        statement = statement.where(Board.is_enabled)
    else:
        statement = statement.where(Board.id.in_(board_ids), Board.is_enabled)
    changed = db.session.execute(statement.returning(Board.id), execution_options={"synchronize_session": False})
    return len(changed.all())


def confirm_held(held: HeldSnapshot, user_id: int, now: datetime, settings: ScrapeSettings) -> ScrapeRun:
    """Believe a held snapshot: what it does not list expires now, what it adds is opened and announced.

    Raises:
        Conflict: it is no longer waiting, or the board is being read right now.
    """
    board = _board_of_pending(held)
    if board.is_being_read(now):
        raise Conflict("This board is being read right now. Try again when it has finished.")
    board.lease_fence += 1
    run = ScrapeRun(board_id=board.id, trigger=RunTrigger.ADMIN.value, fence=board.lease_fence, started_at=now)
    db.session.add(run)
    db.session.flush()
    snapshot = Snapshot(unpack(held.postings), complete=True)
    result = PositionLifecycleManager(settings.policy(board)).apply(board, snapshot, now, run, confirmed_by=user_id)
    percolation.announce(result, now)
    run.finished_at, run.reason = now, "Confirmed by an admin."
    board.health, board.health_reason = BoardHealth.OK, ""
    # What is open was last seen when the snapshot was taken, not when somebody believed it.
    board.last_complete_at = max(held.last_seen_at, board.last_complete_at or held.last_seen_at)
    return run


def dismiss_held(held: HeldSnapshot, user_id: int, now: datetime) -> None:
    """Disbelieve a held snapshot: the same picture will not confirm itself, and nothing changes.

    Raises:
        Conflict: it is no longer waiting.
    """
    _board_of_pending(held)
    held.state, held.resolved_at, held.resolved_by_id = HeldState.DISMISSED, now, user_id


def _board_of_pending(held: HeldSnapshot) -> Board:
    """The board, locked, of a snapshot that waits: two admins, or an admin and a read, decide one after the other.

    Raises:
        Conflict: it does not wait any more.
    """
    held_id = held.id
    board = boards.get_for_writing(held.board_id)
    if board is None or not boards.is_pending(held_id):
        raise Conflict("This snapshot is not waiting for a decision any more.")
    db.session.refresh(held)
    return board
