"""Killing the worker anywhere loses nothing and owes nothing twice.

A worker process reads a board that gains positions and delivers real e-mail to a real SMTP server. It is killed with
SIGKILL at every step boundary in turn: around the claim, the fetch, the commits, the handing over and the mark.
"""

from __future__ import annotations

import json
import multiprocessing
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import world
from tests.conftest import SECRET
from tests.e2e import worker
from tests.e2e.news import MailSink, NewsBoards, mail_sink
from tests.servers import ScriptedServer
from webapp.db import db, transaction
from webapp.models import AlertNotification, Board, JobPosition, Message, MessageItem, PositionEvent, ScrapeRun

pytestmark = [pytest.mark.crash, pytest.mark.slow]

KILLS = 44
LEASE = 0.5
processes = multiprocessing.get_context("forkserver")
processes.set_forkserver_preload(["tests.e2e.worker"])


def count(table: Any, *where: Any) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table).where(*where)) or 0


def run_worker(settings: dict[str, Any], kill_at: int = 0) -> tuple[bool, list[str]]:
    """Whether the worker was killed, and else the boundaries that it passed."""
    results = processes.SimpleQueue()
    process = processes.Process(target=worker.work_once, args=(settings, kill_at, results))
    process.start()
    process.join(60)
    assert process.exitcode in {0, -signal.SIGKILL}, f"the worker ended with {process.exitcode}"
    killed = process.exitcode != 0
    return killed, [] if killed else results.get()


def make_due(app: Flask) -> None:
    """The next slot of every board has come, whoever died in the last one."""
    with app.app_context(), transaction():
        db.session.execute(sa.update(Board).values(next_scrape_at=datetime.now(UTC)))


def test_forty_kills_at_every_step_boundary_lose_nothing_and_owe_nothing_twice(app: Flask, database_url: str) -> None:
    with ScriptedServer() as server, mail_sink() as (sink, port):
        boards = NewsBoards(server, ["acme"])
        settings = {
            "ROLEWATCH_ENV": "testing", "SECRET_KEY": SECRET, "DATABASE_URL": database_url,
            "OUTBOUND_ROUTES": server.routes, "OUTBOUND_HOST_INTERVAL": 0.0, "MESSAGE_WINDOW_SECONDS": 0.0,
            "SCRAPE_LEASE_SECONDS": LEASE, "DELIVERY_LEASE_SECONDS": LEASE,
            "MAIL_SERVER": "127.0.0.1", "MAIL_PORT": port, "MAIL_USE_TLS": False,
        }  # fmt: skip
        with app.app_context(), transaction():
            alice, bob = world.user("alice@example.com"), world.user("bob@example.com")
            world.alert(alice, "Any engineer", keywords=["engineer"])
            world.alert(alice, "At Acme", keywords=["acme"])
            world.alert(bob, "Any engineer", keywords=["engineer"])
            world.board(world.company("Acme"), board_key="acme", scraping_config={"token": "acme"})

        make_due(app)
        assert run_worker(settings)[0] is False  # the baseline
        news = [boards.publish("acme")]
        make_due(app)
        boundaries = run_worker(settings)[1]
        assert {"before fetch", "after fetch", "before send", "after send"} <= set(boundaries)

        kills = 0
        kill_at = 0
        while kills < KILLS:
            kill_at = kill_at % len(boundaries) + 1
            news.append(boards.publish("acme"))
            make_due(app)
            kills += run_worker(settings, kill_at)[0]
            time.sleep(LEASE)  # the dead worker's leases end
        finish(app, settings)
        with app.app_context():
            check_store(news, boards)
            check_mail(news, sink, kills)


def finish(app: Flask, settings: dict[str, Any]) -> None:
    """Let workers that nobody kills bring everything to its end."""
    for _ in range(20):
        make_due(app)
        time.sleep(LEASE)
        run_worker(settings)
        with app.app_context():
            if count(Message, Message.state.in_(["pending", "sending"])) == 0:
                return
    pytest.fail("messages were left in the outbox")


def check_store(news: list[str], boards: NewsBoards) -> None:
    assert count(JobPosition) == len(boards.titles["acme"])
    assert count(JobPosition, JobPosition.status == "expired") == 0
    assert count(PositionEvent, PositionEvent.kind == "opened") == len(boards.titles["acme"])
    pairs = sa.select(AlertNotification.alert_id, JobPosition.title).join(AlertNotification.position)
    owed = Counter(tuple(row) for row in db.session.execute(pairs))
    assert len(owed) == 3 * len(news), "every alert is owed every new position"
    assert set(owed.values()) == {1}, "and none twice"
    assert count(AlertNotification, AlertNotification.state == "told") == 3 * len(news)
    assert count(MessageItem) == 2 * len(news)
    assert count(Message, Message.state != "sent") == 0
    unfinished = count(ScrapeRun, ScrapeRun.outcome == "running")
    assert unfinished == 0, "runs of dead workers say that they were interrupted"


def check_mail(news: list[str], sink: MailSink, kills: int) -> None:
    told = sink.told()
    for recipient in ("alice@example.com", "bob@example.com"):
        for title in news:
            assert len(told[recipient, title]) == 1, f"{title} reached {recipient} in {told[recipient, title]}"
    copies = sink.copies()
    assert len(copies) == count(Message, Message.state == "sent")
    extra = sum(copies.values()) - len(copies)
    # Only a kill between the server's "250" and the mark may leave a second copy, with the same Message-ID.
    assert extra <= kills
    print(json.dumps({"kills": kills, "messages": len(copies), "second copies": extra, "lost": 0}))
