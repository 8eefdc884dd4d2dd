"""`flask jobs`: run any recurring task by hand, as the scheduler would."""

from __future__ import annotations

import click
from flask import current_app

from webapp import clock, tasks
from webapp.cli._output import Commands

group = Commands("jobs", help="Run recurring tasks by hand.")


@group.command("run")
@click.argument("name", metavar="NAME", type=click.Choice(["scrape_due", "deliver_due", "daily_report", "prune"]))
def run(name: str) -> None:
    """Run the task NAME once, now: scrape_due, deliver_due, daily_report or prune."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    now = clock.utcnow()
    if name == "scrape_due":
        results = tasks.scrape_due(app)
        failed = sum(result.outcome == "failed" for result in results)
        click.echo(f"{len(results)} boards read, {failed} failed.")
    elif name == "deliver_due":
        click.echo(str(tasks.deliver_due(now_fn=clock.utcnow, owner=tasks.OWNER, stop=tasks.never)))
    elif name == "daily_report":
        click.echo("Written." if tasks.daily_report(now, hour=0) else "It has been written already.")
    else:
        keep = app.config["RETENTION_RUN_DAYS"]
        click.echo("Pruned." if tasks.prune(now, keep) else "It has been done today already.")
