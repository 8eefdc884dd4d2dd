"""What a snapshot means, decided by a pure function: the invariants, each by its name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webapp.services.lifecycle_decision import (
    BoardMemory,
    Decision,
    HeldPicture,
    KnownPosition,
    LifecyclePolicy,
    Snapshot,
    decide,
)
from webapp.values import Posting

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
POLICY = LifecyclePolicy()
SEASONED = BoardMemory(has_baseline=True)


def posting(number: int, **fields: object) -> Posting:
    made = Posting(
        external_id=str(number),
        title=f"Engineer {number}",
        url=f"https://boards.example/{number}",
        location="Haifa",
        locations=("Haifa",),
        department="R&D",
        description_text="Build things.",
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def known(number: int, **fields: object) -> KnownPosition:
    seen = posting(number)
    made = KnownPosition(
        id=number,
        external_id=str(number),
        content_hash=seen.content_hash(),
        fingerprint=seen.fingerprint(),
        is_open=True,
    )
    return replace(made, **fields)  # type: ignore[arg-type]


def snapshot(numbers: Iterable[int], *, complete: bool = True) -> Snapshot:
    return Snapshot(tuple(posting(number) for number in numbers), complete=complete, reason="" if complete else "Cut.")


def ask(
    stored: Iterable[KnownPosition], seen: Snapshot, *, now: datetime = NOW, memory: BoardMemory = SEASONED
) -> Decision:
    return decide(list(stored), seen, now, POLICY, memory)


def test_the_first_snapshot_opens_everything_and_judges_nothing() -> None:
    decision = ask([], snapshot(range(300)), memory=BoardMemory(has_baseline=False))
    assert len(decision.opened) == 300
    assert decision.outcome == "ok"


def test_an_unchanged_board_writes_nothing() -> None:
    decision = ask([known(n) for n in range(50)], snapshot(range(50)))
    assert all(sighting.writes_nothing for sighting in decision.sightings)
    assert not decision.opened
    assert not decision.missing


def test_one_absence_is_missing_and_not_expired() -> None:
    decision = ask([known(n) for n in range(10)], snapshot(range(1, 10)))
    assert [position.id for position in decision.missing] == [0]
    assert decision.expired == []


@pytest.mark.parametrize(("hours", "expires"), [(0.1, False), (5.9, False), (6, True), (30, True)])
def test_a_second_absence_expires_only_six_hours_after_the_first(hours: float, expires: bool) -> None:
    stored = [known(n) for n in range(1, 10)] + [known(0, missing_since=NOW - hours * HOUR, missed_runs=1)]
    decision = ask(stored, snapshot(range(1, 10)))
    assert [position.id for position in decision.expired] == ([0] if expires else [])
    assert decision.missing == []


def test_a_page_needs_three_absences_and_a_burst_of_reads_is_one_absence() -> None:
    policy = LifecyclePolicy(misses=3)
    others = [known(n) for n in range(1, 10)]

    def after(hours: float, misses: int) -> Decision:
        gone = known(0, missing_since=NOW - hours * HOUR, missed_runs=misses)
        return decide([*others, gone], snapshot(range(1, 10)), NOW, policy, SEASONED)

    assert after(6, 1).still_missing[0][1] == 2
    assert after(6.1, 2).still_missing == []
    assert after(6.1, 2).expired == []
    assert len(after(12, 2).expired) == 1


def test_a_partial_snapshot_lets_nothing_go_missing_but_adds_and_updates() -> None:
    seen = Snapshot((posting(1, title="Renamed"), posting(99)), complete=False, reason="Page 2 failed.")
    decision = ask([known(n) for n in range(1, 20)], seen)
    assert decision.outcome == "partial"
    assert (decision.missing, decision.expired) == ([], [])
    assert [opening.posting.external_id for opening in decision.opened] == ["99"]
    assert [sighting.content for sighting in decision.sightings] == ["changed"]


@pytest.mark.parametrize(
    ("before", "seen", "kind"),
    [
        (200, range(0), "empty"),
        (3, range(0), "empty"),
        (200, range(80), "drop"),
        (10, range(4), "drop"),
        (200, range(1000, 1005), "unrecognised"),
        (200, range(2200), "growth"),
    ],
)
def test_an_implausible_snapshot_is_held_and_expires_nothing(before: int, seen: range, kind: str) -> None:
    decision = ask([known(n) for n in range(before)], snapshot(seen))
    assert decision.outcome == "held"
    assert decision.hold is not None
    assert decision.hold.kind == kind
    assert (decision.missing, decision.expired) == ([], [])
    if kind in {"unrecognised", "growth"}:
        assert decision.opened == []


@pytest.mark.parametrize(
    ("before", "seen"), [(2, range(0)), (200, range(100)), (9, range(5)), (40, range(240)), (8, range(4))]
)
def test_small_changes_are_believed(before: int, seen: range) -> None:
    decision = ask([known(n) for n in range(before)], snapshot(seen))
    assert decision.outcome == "ok"


@pytest.mark.parametrize(
    ("hours", "times", "believed"), [(24, 2, True), (24, 1, False), (23.9, 2, False), (12, 5, False), (48, 2, True)]
)
def test_a_held_picture_is_believed_after_three_sightings_over_a_day(hours: float, times: int, believed: bool) -> None:
    held = HeldPicture("drop", frozenset(str(n) for n in range(80)), NOW - hours * HOUR, times)
    decision = ask([known(n) for n in range(200)], snapshot(range(80)), memory=replace(SEASONED, held=held))
    assert (decision.outcome == "ok") is believed
    assert len(decision.expired) == (120 if believed else 0)
    assert decision.settled == ("confirmed" if believed else None)


def test_another_picture_starts_counting_anew() -> None:
    held = HeldPicture("drop", frozenset(str(n) for n in range(80)), NOW - 40 * HOUR, 5)
    decision = ask([known(n) for n in range(200)], snapshot(range(20)), memory=replace(SEASONED, held=held))
    assert decision.hold is not None
    assert (decision.hold.times_seen, decision.hold.is_new) == (1, True)


def test_a_dismissed_picture_never_confirms_itself() -> None:
    held = HeldPicture("empty", frozenset(), NOW - 100 * HOUR, 9, is_dismissed=True)
    decision = ask([known(n) for n in range(200)], snapshot([]), memory=replace(SEASONED, held=held))
    assert decision.outcome == "held"
    assert decision.expired == []


def test_a_recovered_board_supersedes_its_hold() -> None:
    held = HeldPicture("empty", frozenset(), NOW - 100 * HOUR, 9)
    decision = ask([known(n) for n in range(200)], snapshot(range(200)), memory=replace(SEASONED, held=held))
    assert (decision.outcome, decision.settled) == ("ok", "superseded")


def test_an_admin_can_vouch_for_a_drop_and_it_expires_at_once() -> None:
    held = HeldPicture("drop", frozenset(str(n) for n in range(4)), NOW - HOUR, 1)
    decision = ask(
        [known(n) for n in range(120)], snapshot(range(4)), memory=BoardMemory(True, held=held, confirmed=True)
    )
    assert (decision.outcome, decision.settled, len(decision.expired)) == ("ok", "confirmed", 116)


def test_what_was_missing_and_is_seen_again_returns() -> None:
    stored = [known(n) for n in range(1, 10)] + [known(0, missing_since=NOW - HOUR, missed_runs=1)]
    lives = {sighting.known.id: sighting.life for sighting in ask(stored, snapshot(range(10))).sightings}
    assert lives[0] == "returned"
    assert lives[1] == "present"


def test_the_same_id_after_expiry_is_reopened_and_not_new() -> None:
    stored = [known(n) for n in range(1, 10)] + [known(0, is_open=False, expired_at=NOW - 90 * 24 * HOUR)]
    decision = ask(stored, snapshot(range(10)))
    assert decision.opened == []
    assert [s.life for s in decision.sightings if s.known.id == 0] == ["reopened"]


@pytest.mark.parametrize(("days", "is_repost"), [(1, True), (30, True), (31, False)])
def test_a_new_id_with_the_text_of_one_that_expired_within_thirty_days_is_a_repost(days: int, is_repost: bool) -> None:
    stored = [known(n) for n in range(1, 10)] + [known(0, is_open=False, expired_at=NOW - timedelta(days=days))]
    copy = replace(posting(0), external_id="777")
    decision = ask(stored, Snapshot((*snapshot(range(1, 10)).postings, copy), complete=True))
    assert [opening.repost_of for opening in decision.opened] == [0 if is_repost else None]


def test_a_new_id_that_replaces_its_copy_in_the_same_snapshot_is_a_repost() -> None:
    copy = replace(posting(0), external_id="777")
    decision = ask([known(n) for n in range(10)], Snapshot((*snapshot(range(1, 10)).postings, copy), complete=True))
    assert [opening.repost_of for opening in decision.opened] == [0]
    assert [position.id for position in decision.missing] == [0]


def test_a_second_opening_with_the_same_text_is_new_while_the_first_is_open() -> None:
    copy = replace(posting(0), external_id="777")
    decision = ask([known(n) for n in range(10)], Snapshot((*snapshot(range(10)).postings, copy), complete=True))
    assert [opening.repost_of for opening in decision.opened] == [None]


def test_all_ids_changed_with_the_same_texts_is_a_renumbering() -> None:
    seen = tuple(replace(posting(n), external_id=str(9000 + n)) for n in range(200))
    decision = ask([known(n) for n in range(200)], Snapshot(seen, complete=True))
    assert decision.outcome == "ok"
    assert (decision.opened, decision.missing, decision.hold) == ([], [], None)
    assert all(sighting.renumbered for sighting in decision.sightings)
    assert {(s.known.id, s.posting.external_id) for s in decision.sightings} == {(n, str(9000 + n)) for n in range(200)}


def test_a_board_that_says_nothing_changed_confirms_who_was_missing_and_nobody_else() -> None:
    stored = [known(1), known(2, missing_since=NOW - 7 * HOUR, missed_runs=1)]
    decision = ask(stored, Snapshot((), complete=True, unchanged=True))
    assert [position.id for position in decision.expired] == [2]
    assert decision.missing == []


def test_case_spacing_and_order_of_places_are_no_change() -> None:
    seen = Snapshot((posting(1, title="  ENGINEER   1", locations=("Haifa",), posted_at=NOW),), complete=True)
    assert ask([known(1)], seen).sightings[0].content == "same"


def test_a_row_whose_details_were_not_read_keeps_the_stored_ones() -> None:
    row = posting(1, description_text="", is_detailed=False, list_hash="b")
    decision = ask([known(1, list_hash="a")], Snapshot((row,), complete=True))
    assert decision.sightings[0].writes_nothing


def test_details_read_later_are_no_visible_change() -> None:
    stored = known(1, is_detailed=False, content_hash="thin", list_hash="a")
    decision = ask([stored], Snapshot((posting(1, list_hash="a"),), complete=True))
    assert decision.sightings[0].content == "detailed"


def test_a_clock_that_went_back_expires_nothing() -> None:
    stored = [known(n) for n in range(1, 10)] + [known(0, missing_since=NOW + 2 * HOUR, missed_runs=1)]
    assert ask(stored, snapshot(range(1, 10))).expired == []
