"""Saves what `lifecycle_decision.decide` decides: position rows, events, held snapshots, the run's counts.

    board, snapshot ─▶ what we knew ─▶ decide ─▶ rows and events ─▶ LifecycleResult (what may be announced)

Everything happens in the caller's transaction. An unchanged board writes no position row at all.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from webapp.db import db
from webapp.models import Board, HeldSnapshot, JobPosition, PositionEvent, ScrapeRun
from webapp.models.board import HeldState
from webapp.models.job_position import EventKind, PositionStatus
from webapp.repositories import boards, known_positions
from webapp.services.lifecycle_decision import (
    BoardMemory,
    Decision,
    HeldPicture,
    Hold,
    KnownPosition,
    LifecyclePolicy,
    Opening,
    Sighting,
    Snapshot,
    decide,
)
from webapp.text import padded
from webapp.values import Posting

# A board that never proves itself complete (a cap, a page that always fails) gets its baseline after this long.
PARTIAL_BASELINE = timedelta(hours=24)

# Columns that a reader sees; changes of these become the old and new values of an event.
TRACKED = (
    "title", "location", "locations", "country_codes", "is_remote", "workplace_type", "department", "employment_type",
    "salary_min", "salary_max", "salary_currency", "salary_period", "description_text",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Edit:
    """A position whose visible text changed. `before` holds its tracked columns as they were."""

    position_id: int
    before: dict[str, Any]


@dataclass(slots=True)
class LifecycleResult:
    """`opened`: ids of new positions that may be announced (no baseline, no reposts). `edited`: known positions that
    read differently now and may match alerts that they did not match before."""

    decision: Decision
    opened: list[int] = field(default_factory=list)
    edited: list[Edit] = field(default_factory=list)


class PositionLifecycleManager:
    """Applies snapshots to the positions of a board under one policy."""

    def __init__(self, policy: LifecyclePolicy) -> None:
        self.policy = policy

    def apply(
        self, board: Board, snapshot: Snapshot, now: datetime, run: ScrapeRun, *, confirmed_by: int | None = None
    ) -> LifecycleResult:
        """Save what `snapshot` means for `board`, and write the counts to `run`.

        `confirmed_by`: id of the admin who vouches for this snapshot, which is then believed whatever it looks like.
        """
        known = [_known(row) for row in known_positions.narrow_rows(board.id)]
        held = boards.latest_hold(board.id)
        memory = BoardMemory(
            has_baseline=_has_baseline(board, now), held=_picture(held, board), confirmed=confirmed_by is not None
        )
        decision = decide(known, snapshot, now, self.policy, memory)
        result = LifecycleResult(decision)
        # The first read that proves itself whole shows what was there all along, whatever partial ones showed before.
        is_baseline = board.baseline_at is None and (snapshot.complete or not memory.has_baseline)
        self._open(board, decision.opened, now, run, is_baseline, result)
        self._update(board, decision.sightings, now, run, result)
        self._let_go(board, decision, now, run)
        self._hold(board, decision, snapshot, held, now, confirmed_by)
        _count(run, decision, snapshot)
        if decision.outcome in {"ok", "unchanged"} or (decision.hold and decision.hold.kind == "drop"):
            board.baseline_at = board.baseline_at or now
        if decision.opened or decision.expired or any(not s.writes_nothing for s in decision.sightings):
            board.last_change_at = now
        db.session.flush()
        board.open_count = known_positions.open_count(board.id)
        return result

    def _open(
        self,
        board: Board,
        openings: Sequence[Opening],
        now: datetime,
        run: ScrapeRun,
        is_baseline: bool,
        result: LifecycleResult,
    ) -> None:
        if not openings:
            return
        reposts = {opening.posting.external_id: opening.repost_of for opening in openings}
        rows = [
            {
                **_columns(opening.posting, board, now),
                "board_id": board.id,
                "company_id": board.company_id,
                "external_id": opening.posting.external_id,
                "status": PositionStatus.ACTIVE.value,
                "is_baseline": is_baseline,
                "first_seen_at": now,
                "repost_of_id": opening.repost_of,
            }
            for opening in openings
        ]
        insert = sa.insert(JobPosition).returning(JobPosition.id, JobPosition.external_id)
        ids = {external_id: position_id for position_id, external_id in db.session.execute(insert, rows)}
        events = []
        for opening in openings:
            external_id = opening.posting.external_id
            repost_of = reposts[external_id]
            kind = EventKind.REPOSTED if repost_of else EventKind.OPENED
            new = {"title": opening.posting.title, "location": opening.posting.location}
            if repost_of:
                new["repost_of"] = str(repost_of)
            events.append(_event(ids[external_id], kind, now, run, new=new))
            if not is_baseline and not repost_of:
                result.opened.append(ids[external_id])
        db.session.execute(sa.insert(PositionEvent), events)

    def _update(
        self, board: Board, sightings: Iterable[Sighting], now: datetime, run: ScrapeRun, result: LifecycleResult
    ) -> None:
        touched = [sighting for sighting in sightings if not sighting.writes_nothing]
        rows = known_positions.by_ids(sighting.known.id for sighting in touched)
        events: list[dict[str, Any]] = []
        for sighting in touched:
            position = rows[sighting.known.id]
            self._wake(position, sighting, now, run, events)
            if sighting.renumbered:
                old, new = {"external_id": position.external_id}, {"external_id": sighting.posting.external_id}
                events.append(_event(position.id, EventKind.RENUMBERED, now, run, old=old, new=new))
                position.external_id = sighting.posting.external_id
            if sighting.content == "same":
                continue
            before = {name: getattr(position, name) for name in TRACKED}
            for name, value in _columns(sighting.posting, board, now).items():
                setattr(position, name, value)
            if sighting.content == "relisted":
                continue
            if sighting.content == "changed":
                position.changed_at = now
                old, new = _difference(before, position)
                events.append(_event(position.id, EventKind.CHANGED, now, run, old=old, new=new))
            if not (sighting.content == "detailed" and position.is_baseline):
                result.edited.append(Edit(position.id, before))
        db.session.flush()
        if events:
            db.session.execute(sa.insert(PositionEvent), events)

    def _wake(
        self, position: JobPosition, sighting: Sighting, now: datetime, run: ScrapeRun, events: list[dict[str, Any]]
    ) -> None:
        """Bring a missing or expired position back: the same row, with its history, and no announcement."""
        if sighting.life == "present":
            return
        if sighting.life == "reopened":
            old = {"expired_at": position.expired_at.isoformat()} if position.expired_at else {}
            events.append(_event(position.id, EventKind.REOPENED, now, run, old=old))
            position.reopened_at = now
        else:
            old = {"missing_since": position.missing_since.isoformat()} if position.missing_since else {}
            events.append(_event(position.id, EventKind.RETURNED, now, run, old=old))
        position.status = PositionStatus.ACTIVE.value
        position.missing_since = position.expired_at = position.last_seen_at = None
        position.missed_runs = 0

    def _let_go(self, board: Board, decision: Decision, now: datetime, run: ScrapeRun) -> None:
        events: list[dict[str, Any]] = []
        last_seen = board.last_complete_at
        _write(decision.missing, missing_since=now, missed_runs=1, last_seen_at=last_seen)
        seen = {"last_seen_at": last_seen.isoformat()} if last_seen else {}
        events += [_event(position.id, EventKind.MISSING, now, run, old=seen) for position in decision.missing]
        for misses in {count for _, count in decision.still_missing}:
            _write([position for position, count in decision.still_missing if count == misses], missed_runs=misses)
        never_missed = [position for position in decision.expired if position.missing_since is None]
        _write(never_missed, missing_since=now, last_seen_at=last_seen)
        _write(decision.expired, status=PositionStatus.EXPIRED.value, expired_at=now)
        events += [
            _event(
                position.id,
                EventKind.EXPIRED,
                now,
                run,
                old={"missing_since": position.missing_since.isoformat()} if position.missing_since else seen,
            )
            for position in decision.expired
        ]
        if events:
            db.session.execute(sa.insert(PositionEvent), events)

    def _hold(
        self,
        board: Board,
        decision: Decision,
        snapshot: Snapshot,
        held: HeldSnapshot | None,
        now: datetime,
        confirmed_by: int | None,
    ) -> None:
        pending = held if held is not None and held.state == HeldState.PENDING else None
        if decision.settled and pending:
            pending.state = HeldState.CONFIRMED if decision.settled == "confirmed" else HeldState.SUPERSEDED
            pending.resolved_at, pending.resolved_by_id = now, confirmed_by
        hold = decision.hold
        if hold is None or hold.is_dismissed:
            return
        if hold.is_new or pending is None:
            if pending is not None:
                pending.state, pending.resolved_at = HeldState.SUPERSEDED, now
                db.session.flush()
            pending = HeldSnapshot(board_id=board.id, state=HeldState.PENDING)
            db.session.add(pending)
        _fill(pending, hold, snapshot, now)


def _known(row: sa.Row[Any]) -> KnownPosition:
    return KnownPosition(
        id=row.id,
        external_id=row.external_id,
        content_hash=row.content_hash,
        fingerprint=row.fingerprint,
        is_open=row.status == PositionStatus.ACTIVE,
        list_hash=row.list_hash,
        is_detailed=row.is_detailed,
        missing_since=row.missing_since,
        missed_runs=row.missed_runs,
        expired_at=row.expired_at,
    )


def _picture(held: HeldSnapshot | None, board: Board) -> HeldPicture | None:
    if held is None or held.state not in {HeldState.PENDING, HeldState.DISMISSED}:
        return None
    if (
        held.resolved_at is not None
        and board.last_complete_at is not None
        and board.last_complete_at > held.resolved_at
    ):
        # The board was whole again since: the same picture is news, and no longer the one that was disbelieved.
        return None
    return HeldPicture(
        held.kind,
        frozenset(held.external_ids),
        held.first_seen_at,
        held.times_seen,
        is_dismissed=held.state == HeldState.DISMISSED,
    )


def _has_baseline(board: Board, now: datetime) -> bool:
    if board.baseline_at is not None:
        return True
    oldest = known_positions.first_seen(board.id)
    return oldest is not None and now - oldest >= PARTIAL_BASELINE


def _columns(posting: Posting, board: Board, now: datetime) -> dict[str, Any]:
    """The columns of a position that come from a posting."""
    places = " ".join((posting.location, *posting.locations))
    posted_at = posting.posted_at
    if posted_at is not None and posted_at > now + timedelta(days=1):
        posted_at = None
    return {
        "title": posting.title,
        "url": posting.url,
        "apply_url": posting.apply_url,
        "location": posting.location,
        "locations": list(posting.locations),
        "country_codes": list(posting.country_codes),
        "is_remote": posting.is_remote,
        "workplace_type": posting.workplace_type,
        "department": posting.department,
        "employment_type": posting.employment_type,
        "posted_at": posted_at,
        "salary_min": posting.salary_min,
        "salary_max": posting.salary_max,
        "salary_currency": posting.salary_currency,
        "salary_period": posting.salary_period,
        "description_html": posting.description_html,
        "description_text": posting.description_text,
        "title_norm": padded(posting.title),
        "search_text": padded(" ".join((posting.title, board.company.name, places, posting.department))),
        "content_hash": posting.content_hash(),
        "fingerprint": posting.fingerprint(),
        "list_hash": posting.list_hash,
        "is_detailed": posting.is_detailed,
    }


def _event(
    position_id: int,
    kind: EventKind,
    now: datetime,
    run: ScrapeRun,
    *,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
) -> dict[str, Any]:
    return {
        "job_position_id": position_id,
        "scrape_run_id": run.id,
        "kind": kind.value,
        "at": now,
        "old": old or {},
        "new": new or {},
    }


def _difference(before: dict[str, Any], position: JobPosition) -> tuple[dict[str, Any], dict[str, Any]]:
    changed = [name for name in TRACKED if before[name] != getattr(position, name)]
    return (
        {name: _plain(before[name]) for name in changed},
        {name: _plain(getattr(position, name)) for name in changed},
    )


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, Decimal) else value


def _write(positions: Sequence[KnownPosition], **values: Any) -> None:
    ids = [position.id for position in positions]
    for start in range(0, len(ids), known_positions.CHUNK):
        chunk = ids[start : start + known_positions.CHUNK]
        statement = sa.update(JobPosition).where(JobPosition.id.in_(chunk)).values(**values)
        db.session.execute(statement, execution_options={"synchronize_session": False})


def _fill(held: HeldSnapshot, hold: Hold, snapshot: Snapshot, now: datetime) -> None:
    held.kind, held.reason = hold.kind, hold.reason
    held.open_before, held.seen = hold.open_before, hold.seen
    held.would_expire, held.would_open = hold.would_expire, hold.would_open
    held.external_ids = sorted(posting.external_id for posting in snapshot.postings)
    held.postings = pack(snapshot.postings)
    held.first_seen_at, held.last_seen_at, held.times_seen = hold.first_seen_at, now, hold.times_seen


def pack(postings: Iterable[Posting]) -> bytes:
    """Postings as JSON compressed with zlib, as kept in `HeldSnapshot.postings`."""
    return zlib.compress(json.dumps([asdict(posting) for posting in postings], default=str).encode(), 6)


def unpack(packed: bytes) -> tuple[Posting, ...]:
    """The postings that `pack` packed."""
    postings = []
    for fields in json.loads(zlib.decompress(packed)):
        for name in ("salary_min", "salary_max"):
            fields[name] = Decimal(fields[name]) if fields[name] is not None else None
        for name in ("locations", "country_codes"):
            fields[name] = tuple(fields[name])
        fields["posted_at"] = datetime.fromisoformat(fields["posted_at"]) if fields["posted_at"] else None
        postings.append(Posting(**fields))
    return tuple(postings)


def _count(run: ScrapeRun, decision: Decision, snapshot: Snapshot) -> None:
    run.outcome, run.reason = decision.outcome, decision.reason[:500]
    run.seen = len({posting.external_id for posting in snapshot.postings})
    run.new = sum(opening.repost_of is None for opening in decision.opened)
    run.reposted = sum(opening.repost_of is not None for opening in decision.opened)
    run.updated = sum(sighting.content == "changed" for sighting in decision.sightings)
    run.unchanged = sum(s.life == "present" and s.content != "changed" for s in decision.sightings)
    run.reopened = sum(sighting.life == "reopened" for sighting in decision.sightings)
    run.remapped = sum(sighting.renumbered for sighting in decision.sightings)
    run.missing, run.expired = len(decision.missing) + len(decision.still_missing), len(decision.expired)
    run.held = max(decision.hold.would_expire, decision.hold.would_open) if decision.hold else 0
