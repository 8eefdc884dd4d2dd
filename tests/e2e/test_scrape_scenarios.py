"""Sequences of board answers, played over real HTTP through the whole path, end as the policy says.

The sequences come from a corpus beside the project and are skipped where it is absent; the invariants themselves are
tested in tests/test_lifecycle_decision.py. A step follows the one before when the board itself is due, which is its
normal interval unless it is held or failing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from tests import world
from tests.e2e.acted_board import ActedBoard, acted_board, job
from tests.servers import Reply
from webapp import clock, tasks
from webapp.db import db, transaction
from webapp.errors import LeaseLost
from webapp.models import AlertNotification, Board, JobPosition, Message, PositionEvent, ScrapeRun
from webapp.models.scrape_run import RunTrigger
from webapp.outbound import OutboundDoor, OutboundSettings
from webapp.services import percolation, scraping

CORPUS = Path(__file__).parents[3] / "shared" / "corpora" / "scrape_scenarios.json"
SCENARIOS: list[dict[str, Any]] = json.loads(CORPUS.read_text())["scenarios"] if CORPUS.exists() else []
START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)
HEALTH = {"suspicious": "held", "suspicious growth": "held", "ok": "ok"}


@pytest.fixture
def settings(settings: dict[str, Any]) -> dict[str, Any]:
    limits = {
        "OUTBOUND_RETRIES": 0,
        "OUTBOUND_READ_TIMEOUT": 0.5,
        "OUTBOUND_DEADLINE": 3.0,
        "OUTBOUND_MAX_BYTES": 3_000_000,
    }
    return {**settings, **limits}


@pytest.fixture
def acted(app: Flask) -> Iterator[ActedBoard]:
    with acted_board() as board:
        own = OutboundSettings.from_config(app.config)
        app.extensions["rolewatch_outbound"] = OutboundDoor(replace(own, routes=board.routes))
        yield board


class Player:
    """Plays the steps of one scenario against one board and answers what became of it."""

    def __init__(self, app: Flask, acted: ActedBoard, travel: time_machine.Traveller) -> None:
        self.app, self.acted, self.travel = app, acted, travel
        with app.app_context(), transaction():
            ada = world.user("ada@example.com", is_admin=True)
            world.alert(ada, "Everything", keywords=["engineer"])
            board = world.board(
                world.company("Acme"), board_key="acme", scraping_config={"token": "acme"}, next_scrape_at=START
            )
            self.board_id = board.id

    def board(self) -> Board:
        return db.session.get(Board, self.board_id, populate_existing=True)  # type: ignore[return-value]

    def play(self, step: dict[str, Any], first: bool) -> None:
        with self.app.app_context():
            due = self.board().next_scrape_at
        if "clock" in step:
            self.travel.move_to(clock.utcnow() + timedelta(seconds=int(step["clock"])))
        elif "after 60 d" in str(step.get("ids")):
            self.travel.move_to(due + timedelta(days=60))
        elif not first:
            self.travel.move_to(due)
        if "seconds" in step:
            self._outlive_the_lease(step)
            return
        self._act(step)
        if step.get("kill"):
            self._die_while_writing()
        self._read()

    def _read(self) -> None:
        with self.app.app_context():
            scraped = tasks.scrape_board(self.board_id, RunTrigger.SCHEDULE, only_if_due=False)
        assert scraped is not None

    def _act(self, step: dict[str, Any]) -> None:
        if "error" in step:
            self.acted.breaks(step["error"])
        elif "parse" in step:
            self.acted.says(Reply.json({"jobs": [{"nothing": n} for n in range(200)], "meta": {"total": 200}}))
        elif step.get("status") == 304:
            self.acted.says(Reply(304))
        elif step.get("status", 200) != 200:
            retry_after = {"retry_after": step["headers"]["Retry-After"]} if "headers" in step else {}
            self.acted.answers(step["status"], **retry_after)
        else:
            jobs = listed(step["ids"])
            if "edit" in step:
                field, number = re.fullmatch(r"(title|description) of (\d+)", step["edit"]).groups()  # type: ignore[union-attr]
                edited = {
                    "title": {"title": "Principal Architect"},
                    "description": {"content": "&lt;p&gt;Anew.&lt;/p&gt;"},
                }
                jobs = [{**row, **edited[field]} if str(row["id"]) == number else row for row in jobs]
            self.acted.lists(jobs, total=step.get("total"), etag='W/"same"' if step.get("etag") else "")

    def _die_while_writing(self) -> None:
        """The worker dies after the positions are written and before the commit: the database rolls back."""
        monkeypatch = pytest.MonkeyPatch()

        def die(*_: Any) -> None:
            raise SystemExit("killed")

        monkeypatch.setattr(percolation, "announce", die)
        with self.app.app_context(), pytest.raises(SystemExit):
            tasks.scrape_board(self.board_id, only_if_due=False)
        monkeypatch.undo()
        assert self.facts()["open"] == 200
        self.travel.move_to(clock.utcnow() + timedelta(hours=1))

    def _outlive_the_lease(self, step: dict[str, Any]) -> None:
        self.acted.lists(listed("1..20"))
        with self.app.app_context():
            limits = replace(tasks.settings(), lease=timedelta(seconds=step["lease"]))
            with transaction():
                slow = scraping.claim(self.board_id, clock.utcnow(), "slow", limits, RunTrigger.SCHEDULE)
            assert slow is not None
            late = scraping.take_snapshot(slow, tasks.door())
            self.travel.move_to(clock.utcnow() + timedelta(seconds=step["seconds"]))
            assert tasks.scrape_board(self.board_id) is not None
            with pytest.raises(LeaseLost), transaction():
                scraping.record(slow, late, clock.utcnow(), limits)

    def facts(self) -> dict[str, Any]:
        """What the store looks like now."""
        with self.app.app_context():
            runs = db.session.scalars(sa.select(ScrapeRun).order_by(ScrapeRun.id)).all()
            board = self.board()
            return {
                "open": _count(JobPosition, JobPosition.status == "active"),
                "closed": _count(JobPosition, JobPosition.status == "expired"),
                "alerts": _count(AlertNotification),
                "edits": _count(PositionEvent, PositionEvent.kind == "changed"),
                "renumbered": _count(PositionEvent, PositionEvent.kind == "renumbered"),
                "notices": _count(Message, Message.kind == "notice"),
                "health": board.health,
                "failure": board.failure_kind,
                "detail": runs[-1].failure_detail,
                "run": runs[-1].outcome,
                "reason": runs[-1].reason,
                "wait": board.next_scrape_at - clock.utcnow(),
            }


def _count(table: Any, *where: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table).where(*where)) or 0


def listed(ids: str) -> list[dict[str, Any]]:
    """Jobs for the ids of a scenario: `1..200`, quoted ids, other content where it says so."""
    ids = str(ids)
    if ids.startswith("nav"):
        return [job(80_000 + n, title=f"About us {n}", location={"name": ""}) for n in range(1, 6)]
    if "same title" in ids:
        return [job(n, title="Engineer") for n in (1, 2)]
    if "same content" in ids:
        return [{**job(n), "id": 9000 + n} for n in range(1, 201)]
    bounds = re.match(r'"?(\d+)"?\.\."?(\d+)"?', ids)
    if bounds is None:
        return []
    numbers = range(int(bounds.group(1)), int(bounds.group(2)) + 1)
    jobs = [job(n) for n in numbers]
    if "201 = 1 again" in ids or "2..201 after" in ids:
        jobs[-1] = {**job(1), "id": 201}
    if ids.startswith('"'):
        jobs = [{**row, "id": str(row["id"])} for row in jobs]
    return jobs


PAGED = {"scn-071", "scn-072"}


@pytest.mark.skipif(not SCENARIOS, reason="the corpus of scenarios is not beside the project")
@pytest.mark.parametrize("scenario", [s for s in SCENARIOS if s["id"] not in PAGED], ids=lambda s: s["id"])
def test_a_scenario_ends_as_the_policy_says(app: Flask, acted: ActedBoard, scenario: dict[str, Any]) -> None:
    with time_machine.travel(START, tick=True) as travel:
        player = Player(app, acted, travel)
        for index, step in enumerate(scenario["steps"]):
            player.play(step, first=index == 0)
        check(scenario, player.facts())


def check(scenario: dict[str, Any], facts: dict[str, Any]) -> None:
    expected = scenario["expect"]
    for name in ("open", "closed", "alerts", "edits"):
        if isinstance(expected.get(name), int):
            assert facts[name] == expected[name], (name, facts)
    board = str(expected.get("board", ""))
    if board in HEALTH:
        assert facts["health"] == HEALTH[board], facts
    elif board.startswith("error"):
        assert facts["health"] == "failing", facts
        assert facts["failure"] in {"unavailable", "malformed", "too_large", "refused", "gone"}
        assert facts["reason"].endswith((".", "!")), "the admin sees a sentence"
    elif board == "blocked":
        assert (facts["health"], facts["failure"]) == ("failing", "refused")
    elif board in {"gone?", "needs attention"}:
        assert (facts["health"], facts["failure"]) == ("failing", "gone")
        assert facts["notices"] == (board == "needs attention"), "admins are told once"
    EXTRA.get(scenario["id"], lambda _facts: None)(facts)


def _within(facts: dict[str, Any], low: float, high: float) -> None:
    assert timedelta(hours=low) - timedelta(minutes=1) <= facts["wait"] <= timedelta(hours=high), facts["wait"]


def _run_is(outcome: str) -> Any:
    def assert_it(facts: dict[str, Any]) -> None:
        assert facts["run"] == outcome, facts

    return assert_it


def _warned(facts: dict[str, Any]) -> None:
    assert facts["run"] == "ok"
    assert facts["reason"]


def _all_or_nothing(facts: dict[str, Any]) -> None:
    assert (facts["open"], facts["alerts"]) == (203, 3)


def _silently_renumbered(facts: dict[str, Any]) -> None:
    assert facts["renumbered"] == 200


def _growth(facts: dict[str, Any]) -> None:
    assert (facts["open"], facts["alerts"], facts["health"]) == (200, 0, "held")


# What an expectation says in prose, in code.
EXTRA: dict[str, Any] = {
    "scn-013": lambda facts: _within(facts, 5, 7),
    "scn-037": lambda facts: _within(facts, 2, 24),
    "scn-039": lambda facts: _within(facts, 23.9, 24),
    "scn-040": lambda facts: _within(facts, 5, 7),
    "scn-069": _run_is("partial"),
    "scn-070": _warned,
    "scn-077": _silently_renumbered,
    "scn-088": _run_is("unchanged"),
    "scn-092": _all_or_nothing,
    "scn-096": _run_is("failed"),
    "scn-099": lambda facts: _run_is("failed")(facts) or (facts["detail"] == "layout" or pytest.fail(str(facts))),
    "scn-102": _growth,
}


def _workday_job(number: int) -> dict[str, Any]:
    path = f"/job/Haifa/Engineer-{number}_JR{10_000 + number}"
    return {
        "title": f"Engineer {number}",
        "externalPath": path,
        "locationsText": "Haifa",
        "bulletFields": [f"JR{10_000 + number}"],
    }


@pytest.mark.parametrize("shifts", [False, True], ids=["pagination loops", "pages shift while we read"])
def test_a_paged_list_that_does_not_hold_still_is_partial_and_closes_nothing(
    app: Flask, acted: ActedBoard, shifts: bool
) -> None:
    jobs = [_workday_job(n) for n in range(100)]
    script = acted.server.script
    host, base = "acme.wd1.myworkdayjobs.com", "/wday/cxs/acme/Careers"

    def page(seen: Any, misbehaves: bool) -> Reply:
        offset = int(seen.json()["offset"])
        rows = jobs[offset : offset + 20]
        if misbehaves and offset:
            # A job added at the top pushes one id onto the next page too, or every page is the first one again.
            rows = [_workday_job(999), *jobs][offset : offset + 20] if shifts else jobs[:20]
        return Reply.json({"total": len(jobs), "jobPostings": rows, "facets": []})

    with time_machine.travel(START, tick=True) as travel:
        with app.app_context(), transaction():
            config = {"host": host, "tenant": "acme", "site": "Careers"}
            key = {"ats": "workday", "board_key": "acme/Careers", "scraping_config": config, "next_scrape_at": START}
            board_id = world.board(world.company("Acme"), **key).id
        for misbehaves in (False, True, True):
            script[("POST", host, f"{base}/jobs")] = lambda seen, bad=misbehaves: page(seen, bad)
            with app.app_context():
                scraped = tasks.scrape_board(board_id, only_if_due=False)
                assert scraped is not None
                assert scraped.outcome == ("partial" if misbehaves else "ok"), scraped
                assert _count(JobPosition, JobPosition.status == "active") == 100
                assert _count(JobPosition, JobPosition.missing_since.is_not(None)) == 0
            travel.move_to(clock.utcnow() + timedelta(hours=7))
