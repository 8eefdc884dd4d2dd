"""Two processes on one database do the work of one: each board once per slot, each message once."""

from __future__ import annotations

import itertools
import multiprocessing
import random
import signal
import threading
import time
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import world
from tests.conftest import SECRET
from tests.e2e import worker
from tests.e2e.news import NewsBoards, mail_sink
from tests.servers import ScriptedServer
from webapp.db import db, transaction
from webapp.models import AlertNotification, Board, JobPosition, Lease, Message, ScrapeRun

pytestmark = pytest.mark.slow

SECONDS = 60.0
INTERVAL = 2
TOKENS = [f"board{n}" for n in range(8)]
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.e2e.worker"])


@pytest.fixture
def fast(settings: dict[str, Any], database_url: str) -> dict[str, Any]:
    """Settings under which a minute holds what otherwise takes a week."""
    return {
        **settings, "ROLEWATCH_ENV": "testing", "SECRET_KEY": SECRET, "DATABASE_URL": database_url,
        "SCRAPE_API_INTERVAL": INTERVAL, "TICK_SECONDS": 0.3, "MAIL_SERVER": "127.0.0.1", "MAIL_USE_TLS": False,
        "MESSAGE_WINDOW_SECONDS": 0.5, "SCRAPE_LEASE_SECONDS": 30,
    }  # fmt: skip


def fill() -> None:
    with transaction():
        alice = world.user()
        world.alert(alice, "Any engineer", keywords=["engineer"])
        now = datetime.now(UTC)
        for token in TOKENS:
            world.board(
                world.company(token.title()), board_key=token, scraping_config={"token": token}, next_scrape_at=now
            )


@pytest.mark.parametrize("leads_only", [True, False], ids=["with the lease", "both working beside the lease"])
def test_two_schedulers_read_each_board_once_per_slot_and_send_each_message_once(
    app: Flask, fast: dict[str, Any], leads_only: bool
) -> None:
    seconds = SECONDS if leads_only else SECONDS / 2
    with app.app_context():
        fill()
    with ScriptedServer() as server, mail_sink() as (sink, port):
        boards = NewsBoards(server, TOKENS)
        settings = {**fast, "OUTBOUND_ROUTES": server.routes, "MAIL_PORT": port}
        running = [
            processes.Process(target=worker.schedule_for, args=(settings, seconds, leads_only)) for _ in range(2)
        ]
        for process in running:
            process.start()
        wait_for_baselines(app)
        news = publish_for(boards, seconds - 15)
        for process in running:
            process.join(seconds + 60)
        assert [process.exitcode for process in running] == [0, 0]
        with app.app_context():
            check_slots()
            told = {title for recipient, title in sink.told()}
            assert set(news) <= told, "every new position was told"
            assert set(sink.copies().values()) == {1}, "no message was sent twice"
            assert all(len(ids) == 1 for ids in sink.told().values()), "no position was told twice"
            owed = db.session.scalar(sa.select(sa.func.count()).select_from(AlertNotification))
            assert owed == db.session.scalar(sa.select(sa.func.count()).where(JobPosition.is_baseline.is_(False)))
            assert db.session.scalar(sa.select(sa.func.count()).where(Message.state != "sent")) == 0


def wait_for_baselines(app: Flask) -> None:
    """What is there at a board's first read is never announced."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with app.app_context():
            if db.session.scalar(sa.select(sa.func.count()).where(Board.baseline_at.is_(None))) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the boards were not read for the first time within a minute")


def publish_for(boards: NewsBoards, seconds: float) -> list[str]:
    """Let positions appear at random for a while."""
    chance = random.Random(7)
    news: list[str] = []
    end = time.monotonic() + seconds
    stop = threading.Event()
    while time.monotonic() < end:
        news.append(boards.publish(chance.choice(TOKENS)))
        stop.wait(chance.uniform(0.2, 1.5))
    return news


def check_slots() -> None:
    """No board was read twice within one interval, and none was forgotten."""
    starts: dict[int, list[datetime]] = defaultdict(list)
    for run in db.session.scalars(sa.select(ScrapeRun).order_by(ScrapeRun.id)):
        assert run.outcome in {"ok", "unchanged", "interrupted"}, run.reason
        if run.outcome != "interrupted":
            starts[run.board_id].append(run.started_at)
    assert len(starts) == len(TOKENS)
    for times in starts.values():
        gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
        assert len(times) >= 5
        assert min(gaps) >= timedelta(seconds=INTERVAL)


def test_when_the_leader_is_killed_the_other_takes_over(app: Flask, fast: dict[str, Any]) -> None:
    with app.app_context():
        fill()
    with ScriptedServer() as server, mail_sink() as (_, port):
        NewsBoards(server, TOKENS)
        settings = {**fast, "OUTBOUND_ROUTES": server.routes, "MAIL_PORT": port}
        first = processes.Process(target=worker.schedule_for, args=(settings, 120, True))
        first.start()
        leader = wait_for_leader(app, other_than=None)
        second = processes.Process(target=worker.schedule_for, args=(settings, 50, True))
        second.start()
        first.kill()
        first.join()
        assert first.exitcode == -signal.SIGKILL
        assert wait_for_leader(app, other_than=leader) != leader
        with app.app_context():
            overdue = sa.select(sa.func.count()).where(Board.next_scrape_at < datetime.now(UTC) - timedelta(seconds=60))
            assert db.session.scalar(overdue) == 0
        second.join(90)
        assert second.exitcode == 0


def wait_for_leader(app: Flask, other_than: str | None) -> str:
    end = time.monotonic() + 50
    while time.monotonic() < end:
        with app.app_context():
            lease = db.session.get(Lease, "scheduler")
            if lease is not None and lease.owner != other_than and lease.expires_at > datetime.now(UTC):
                return lease.owner
        time.sleep(0.5)
    pytest.fail("nobody took over the schedule within 50 seconds")
