"""For machines: is the process up, is it ready, and its figures."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Blueprint, Response, current_app, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client.core import CollectorRegistry, GaugeMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from webapp import clock
from webapp.db import db
from webapp.repositories import pulse

TICK_IS_LATE = timedelta(seconds=90)
OUTBOX_IS_STALE = timedelta(minutes=15)

blueprint = Blueprint("health", __name__)
log = logging.getLogger("rolewatch.web")


@blueprint.get("/healthz")
def healthz() -> ResponseReturnValue:
    """The process answers. Asks nothing of the database."""
    return jsonify(status="ok")


@blueprint.get("/readyz")
def readyz() -> ResponseReturnValue:
    """Whether the site does its work; 503 with a reason for each thing that keeps it from that."""
    try:
        reasons = list(_reasons(clock.utcnow()))
    except SQLAlchemyError as error:
        log.warning("not ready", extra={"error": str(error)})
        db.session.rollback()
        reasons = [{"check": "database", "reason": "The database cannot be reached."}]
    return jsonify(status="not ready" if reasons else "ready", reasons=reasons), 503 if reasons else 200


@blueprint.get("/metrics")
def metrics() -> ResponseReturnValue:
    """Figures for Prometheus. They say how many, never what or whose."""
    registry = CollectorRegistry()
    registry.register(_Figures(clock.utcnow()))
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _reasons(now: datetime) -> Iterator[dict[str, str]]:
    pulse.ping()
    migration = _migration()
    if migration:
        yield {"check": "migrations", "reason": migration}
        return  # what else would be asked may need tables that are not there yet
    ticked = pulse.last_tick()
    if current_app.config["RUN_SCHEDULER"] and (ticked is None or now - ticked > TICK_IS_LATE):
        since = "yet" if ticked is None else f"since {ticked.isoformat(timespec='seconds')}"
        yield {"check": "scheduler", "reason": f"The scheduler has not ticked {since}."}
    due = pulse.oldest_due_message(now)
    if due is not None and now - due > OUTBOX_IS_STALE:
        yield {
            "check": "outbox",
            "reason": f"A message has been due since {due.isoformat(timespec='seconds')} and was not sent.",
        }


def _migration() -> str:
    """What is wrong with the schema's revision, or an empty text. Without a migrations folder nothing is compared."""
    folder = Path(current_app.root_path).parent / "migrations"
    if not (folder / "env.py").exists():
        return ""
    config = Config()
    config.set_main_option("script_location", str(folder))
    newest = set(ScriptDirectory.from_config(config).get_heads())
    with db.engine.connect() as connection:
        current = set(MigrationContext.configure(connection).get_current_heads())
    if current == newest:
        return ""
    return f"The database is at {', '.join(sorted(current)) or 'no revision'}; run `flask db upgrade`."


class _Figures(Collector):
    def __init__(self, now: datetime) -> None:
        self.now = now

    def collect(self) -> Iterator[Metric]:
        boards = GaugeMetricFamily("rolewatch_boards", "Boards that are switched on, by health.", labels=["health"])
        for health, count in pulse.boards_by_health().items():
            boards.add_metric([health], count)
        yield boards
        yield GaugeMetricFamily("rolewatch_positions_open", "Open positions.", value=pulse.open_positions())
        messages = GaugeMetricFamily("rolewatch_messages", "Messages in the outbox, by state.", labels=["state"])
        for state, count in pulse.messages_by_state().items():
            messages.add_metric([state], count)
        yield messages
        due = pulse.oldest_due_message(self.now)
        yield GaugeMetricFamily(
            "rolewatch_outbox_oldest_due_seconds",
            "How long the oldest due message has been waiting.",
            value=max(0.0, (self.now - due).total_seconds()) if due else 0.0,
        )
        ticked = pulse.last_tick()
        if ticked is not None:
            yield GaugeMetricFamily(
                "rolewatch_scheduler_last_tick_age_seconds",
                "Seconds since the scheduler last renewed its lease.",
                value=max(0.0, (self.now - ticked).total_seconds()),
            )
