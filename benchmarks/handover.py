"""How long a new position takes from a board's answer to the mail server, through the scheduler as it runs."""

from __future__ import annotations

import statistics
import time
from typing import Any

from flask import Flask

from tests import world
from tests.e2e.news import NewsBoards, mail_sink
from tests.servers import ScriptedServer
from webapp import clock, tasks
from webapp.db import transaction
from webapp.outbound import OutboundDoor, OutboundSettings
from webapp.scheduler import Scheduler
from webapp.services import scraping

ROUNDS = 5


def measure(name: str, app: Flask) -> str:
    """A line with the fastest, median and slowest of a few rounds. Matches are not gathered (window of 0 s)."""
    with ScriptedServer() as server, mail_sink() as (sink, port):
        boards = NewsBoards(server, ["acme"])
        app.config.update(
            MAIL_SERVER="127.0.0.1", MAIL_PORT=port, MAIL_USE_TLS=False, OUTBOUND_ROUTES=server.routes, TICK_SECONDS=5.0
        )
        app.extensions["rolewatch_outbound"] = OutboundDoor(OutboundSettings.from_config(app.config))
        with app.app_context(), transaction():
            world.alert(world.user(), keywords=["engineer"])
            board_id = world.board(world.company(), scraping_config={"token": "acme"}, next_scrape_at=clock.utcnow()).id
        tasks.scrape_due(app)
        ticking = Scheduler(app)
        ticking.start()
        try:
            times = [_round(app, ticking, boards, sink, board_id) for _ in range(ROUNDS)]
        finally:
            ticking.stop()
    what = f"{name}, no gathering of matches"
    return f"{what:46}{min(times):>8.2f} s{statistics.median(times):>8.2f} s{max(times):>8.2f} s"


def _round(app: Flask, ticking: Scheduler, boards: NewsBoards, sink: Any, board_id: int) -> float:
    before = len(sink.taken)
    time.sleep(1.1)
    boards.publish("acme")
    started = time.perf_counter()
    with app.app_context(), transaction():
        scraping.request_rescrape([board_id], clock.utcnow())
    ticking.wake("scrape_due")
    while len(sink.taken) == before:
        assert time.perf_counter() - started < 30, "nothing arrived within 30 seconds"
        time.sleep(0.005)
    return time.perf_counter() - started
