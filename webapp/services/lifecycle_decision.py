"""What a snapshot means: a pure function of what we knew, what was seen, the time and the policy.

    decide(known, snapshot, now, policy) -> Decision

Nothing here touches a database or a clock. `webapp.services.position_lifecycle_manager` saves what is decided.
The policy and its reasons are in docs/design.md, "When is a position gone?".
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from webapp.values import Posting

Suspicion = Literal["empty", "drop", "unrecognised", "growth"]


@dataclass(frozen=True, slots=True)
class LifecyclePolicy:
    """The numbers of the policy. `misses` is 2 for boards on an API, 3 for scraped pages."""

    misses: int = 2
    gap: timedelta = timedelta(hours=6)
    confirm_runs: int = 3
    confirm_over: timedelta = timedelta(hours=24)
    repost_window: timedelta = timedelta(days=30)
    least_open_for_suspicion: int = 3
    drop_share: float = 0.5
    drop_least: int = 5
    growth_factor: int = 5
    growth_least: int = 200
    same_picture: float = 0.9
    renumbered_share: float = 0.5


@dataclass(frozen=True, slots=True)
class KnownPosition:
    """What is stored about one position of the board, as far as deciding needs it."""

    id: int
    external_id: str
    content_hash: str
    fingerprint: str
    is_open: bool
    list_hash: str = ""
    is_detailed: bool = True
    missing_since: datetime | None = None
    missed_runs: int = 0
    expired_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldPicture:
    """An implausible snapshot that is waiting to be confirmed, or was dismissed."""

    kind: str
    external_ids: frozenset[str]
    first_seen_at: datetime
    times_seen: int
    is_dismissed: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All postings of one read. `unchanged` means the site said so and sent none."""

    postings: tuple[Posting, ...]
    complete: bool
    unchanged: bool = False
    reason: str = ""


@dataclass(frozen=True, slots=True)
class BoardMemory:
    """What the board remembers besides its positions. `confirmed` is set when an admin vouches for this snapshot."""

    has_baseline: bool
    held: HeldPicture | None = None
    confirmed: bool = False


@dataclass(frozen=True, slots=True)
class Opening:
    """A posting that becomes a position. `repost_of` is the id of the earlier copy, if this is one."""

    posting: Posting
    repost_of: int | None = None


@dataclass(frozen=True, slots=True)
class Sighting:
    """A posting seen for a position that is stored already.

    `life`: what it means for the position's state. `content`: whether a reader would see another text (`changed`),
    details were read for the first time (`detailed`), only the source's own row reads otherwise (`relisted`), or
    nothing is to be written (`same`). `renumbered`: the board gave the position another id.
    """

    known: KnownPosition
    posting: Posting
    life: Literal["present", "returned", "reopened"]
    content: Literal["same", "relisted", "detailed", "changed"]
    renumbered: bool = False

    @property
    def writes_nothing(self) -> bool:
        return self.life == "present" and self.content == "same" and not self.renumbered


@dataclass(frozen=True, slots=True)
class Hold:
    """An implausible snapshot: what it would have done, and for how long the same picture has been seen."""

    kind: Suspicion
    reason: str
    open_before: int
    seen: int
    would_expire: int
    would_open: int
    first_seen_at: datetime
    times_seen: int
    is_new: bool
    is_dismissed: bool = False


@dataclass(slots=True)
class Decision:
    """What changes. `outcome` is a word of `RunOutcome`; `settled` says what became of a hold that was pending.

    `still_missing` were missed before and stay open; the number beside each is its new count of misses.
    """

    outcome: Literal["ok", "unchanged", "partial", "held"] = "ok"
    reason: str = ""
    opened: list[Opening] = field(default_factory=list)
    sightings: list[Sighting] = field(default_factory=list)
    missing: list[KnownPosition] = field(default_factory=list)
    still_missing: list[tuple[KnownPosition, int]] = field(default_factory=list)
    expired: list[KnownPosition] = field(default_factory=list)
    hold: Hold | None = None
    settled: Literal["confirmed", "superseded"] | None = None


def decide(
    known: Sequence[KnownPosition], snapshot: Snapshot, now: datetime, policy: LifecyclePolicy, memory: BoardMemory
) -> Decision:
    """What `snapshot` changes about `known`.

    A partial snapshot only adds and updates. A suspicious one is held: of a drop, what is there is still believed;
    of an unrecognised or suddenly huge board, nothing is. Only a complete and plausible one lets positions go missing.
    """
    if snapshot.unchanged:
        return _decide_unchanged(known, now, policy)

    seen = {posting.external_id: posting for posting in snapshot.postings}
    by_id = {position.external_id: position for position in known}
    renumbered = _renumbered(by_id, seen, policy)
    for new_id, position in renumbered.items():
        del by_id[position.external_id]
        by_id[new_id] = position
    was_open = [position for position in by_id.values() if position.is_open]
    absent = [position for external_id, position in by_id.items() if position.is_open and external_id not in seen]

    decision = Decision()
    suspicion = _suspicion(was_open, absent, seen, policy) if memory.has_baseline and not memory.confirmed else None
    if not snapshot.complete:
        decision.outcome, decision.reason = "partial", snapshot.reason
        if suspicion in {"unrecognised", "growth"}:
            decision.reason += " It also looks nothing like before, so nothing of it was believed."
            return decision
    elif suspicion:
        hold = _hold(suspicion, was_open, absent, set(seen), by_id, now, memory.held, policy)
        if hold.is_dismissed or hold.times_seen < policy.confirm_runs or now - hold.first_seen_at < policy.confirm_over:
            decision.outcome, decision.reason, decision.hold = "held", hold.reason, hold
            if suspicion in {"unrecognised", "growth"}:
                return decision
        else:
            decision.settled = "confirmed"
    elif memory.held is not None:
        decision.settled = "confirmed" if memory.confirmed else "superseded"

    gone = absent if decision.outcome == "ok" else []
    earlier = _earlier_copies(by_id.values(), absent if snapshot.complete else [], now, policy)
    for external_id, posting in seen.items():
        stored = by_id.get(external_id)
        if stored is None:
            copies = earlier.get(posting.fingerprint())
            decision.opened.append(Opening(posting, copies.popleft() if copies else None))
        else:
            decision.sightings.append(_sighting(stored, posting, external_id in renumbered))
    if decision.settled == "confirmed":
        decision.expired = list(gone)
    else:
        _judge_absent(gone, now, policy, decision)
    return decision


def _decide_unchanged(known: Sequence[KnownPosition], now: datetime, policy: LifecyclePolicy) -> Decision:
    """The list is what it was at the last complete read: who was missing then is missing again, and nobody else."""
    decision = Decision(outcome="unchanged")
    _judge_absent([p for p in known if p.is_open and p.missing_since is not None], now, policy, decision)
    return decision


def _sighting(position: KnownPosition, posting: Posting, renumbered: bool) -> Sighting:
    life: Literal["present", "returned", "reopened"] = "present"
    if not position.is_open:
        life = "reopened"
    elif position.missing_since is not None:
        life = "returned"
    content: Literal["same", "relisted", "detailed", "changed"] = "same"
    if position.is_detailed and not posting.is_detailed:
        # Only the list row was read. The stored row stays, so that the next read asks for the details again.
        content = "same"
    elif posting.content_hash() != position.content_hash:
        content = "changed" if posting.is_detailed == position.is_detailed else "detailed"
    elif (posting.is_detailed, posting.list_hash) != (position.is_detailed, position.list_hash):
        content = "relisted"
    return Sighting(position, posting, life, content, renumbered)


def _renumbered(
    by_id: Mapping[str, KnownPosition], seen: Mapping[str, Posting], policy: LifecyclePolicy
) -> dict[str, KnownPosition]:
    """New id -> the position it belongs to, where over half of the ids are new at once and the fingerprints match."""
    new = [posting for external_id, posting in seen.items() if external_id not in by_id]
    if len(new) <= policy.renumbered_share * len(seen):
        return {}
    orphans: dict[str, deque[KnownPosition]] = defaultdict(deque)
    for external_id, position in by_id.items():
        if position.is_open and external_id not in seen:
            orphans[position.fingerprint].append(position)
    pairs = {}
    for posting in new:
        candidates = orphans.get(posting.fingerprint())
        if candidates:
            pairs[posting.external_id] = candidates.popleft()
    return pairs if len(pairs) > policy.renumbered_share * len(new) else {}


def _suspicion(
    was_open: Sequence[KnownPosition],
    absent: Sequence[KnownPosition],
    seen: Mapping[str, Posting],
    policy: LifecyclePolicy,
) -> Suspicion | None:
    if len(was_open) >= policy.least_open_for_suspicion and len(absent) == len(was_open):
        return "unrecognised" if seen else "empty"
    # The share of known positions that vanished, not of the count: a page of 200 other links is a drop too.
    if len(absent) >= policy.drop_least and len(absent) > policy.drop_share * len(was_open):
        return "drop"
    if len(seen) > policy.growth_factor * len(was_open) and len(seen) - len(was_open) > policy.growth_least:
        return "growth"
    return None


_REASONS: dict[str, str] = {
    "empty": "The board says it has no positions; {before} were open. Nothing was closed.",
    "drop": "{gone} of {before} open positions are not listed any more. Nothing was closed.",
    "unrecognised": "None of the {before} open positions is among the {seen} listed now. Nothing was closed or added.",
    "growth": "The board went from {before} to {seen} positions at once. Nothing was added.",
}


def _hold(
    kind: Suspicion,
    was_open: Sequence[KnownPosition],
    absent: Sequence[KnownPosition],
    seen: set[str],
    by_id: Mapping[str, KnownPosition],
    now: datetime,
    held: HeldPicture | None,
    policy: LifecyclePolicy,
) -> Hold:
    same = held is not None and held.kind == kind and _similar(held.external_ids, seen) >= policy.same_picture
    return Hold(
        kind=kind,
        reason=_REASONS[kind].format(before=len(was_open), seen=len(seen), gone=len(absent)),
        open_before=len(was_open),
        seen=len(seen),
        would_expire=len(absent),
        would_open=sum(external_id not in by_id for external_id in seen),
        first_seen_at=held.first_seen_at if held and same else now,
        times_seen=held.times_seen + 1 if held and same else 1,
        is_new=not same,
        is_dismissed=bool(held and same and held.is_dismissed),
    )


def _similar(one: frozenset[str], other: set[str]) -> float:
    """Share of the ids of both that are in both; two empty pictures are the same picture."""
    union = len(one | other)
    return len(one & other) / union if union else 1.0


def _earlier_copies(
    positions: Iterable[KnownPosition], gone: Sequence[KnownPosition], now: datetime, policy: LifecyclePolicy
) -> dict[str, deque[int]]:
    """Fingerprint -> ids of positions a new posting may be a repost of: gone now, or expired within the window."""
    copies: dict[str, deque[int]] = defaultdict(deque)
    for position in gone:
        copies[position.fingerprint].append(position.id)
    for position in positions:
        if (
            position.expired_at is not None
            and not position.is_open
            and now - position.expired_at <= policy.repost_window
        ):
            copies[position.fingerprint].append(position.id)
    return copies


def _judge_absent(absent: Sequence[KnownPosition], now: datetime, policy: LifecyclePolicy, decision: Decision) -> None:
    """Sort what a complete and plausible read did not list into missing, missing again and expired."""
    for position in absent:
        if position.missing_since is None:
            decision.missing.append(position)
            continue
        # A miss counts only when it is `gap` after the one before, so that ten rescrapes in a minute are one miss.
        counts = now - position.missing_since >= position.missed_runs * policy.gap
        misses = position.missed_runs + counts
        if misses >= policy.misses:
            decision.expired.append(position)
        elif counts:
            decision.still_missing.append((position, misses))
