"""`flask notify`: send what is owed, or try whether mail works."""

from __future__ import annotations

import json
import sys
import uuid

import click
from flask import current_app
from markupsafe import escape

from webapp import channels, clock
from webapp.channels import DeliveryError, RenderedMail
from webapp.channels.email import is_plain_address
from webapp.cli._output import Commands
from webapp.db import transaction
from webapp.repositories import delivery_ways
from webapp.services.delivery_outbox import message_id_for
from webapp.services.notification_service import NotificationService
from webapp.tasks_delivery import deliver_due

group = Commands("notify", help="Send what is owed, or try whether mail works.")


@group.command("deliver")
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def deliver(as_json: bool) -> None:
    """Send everything that is owed now, without waiting for more to share a message.

    Messages that failed keep their waiting time, and a paused way of sending stays paused. Fails where something
    went wrong or another process is sending.
    """
    with transaction():
        NotificationService().close_windows(clock.utcnow())
    counts = deliver_due(now_fn=clock.utcnow, owner=f"cli:{uuid.uuid4().hex[:8]}")
    pauses = [pause for pause in delivery_ways.pauses() if pause.until > clock.utcnow()]
    if as_json:
        reasons = [
            {"channel": pause.kind, "until": pause.until.isoformat(), "reason": pause.reason} for pause in pauses
        ]
        click.echo(json.dumps({**counts.as_json(), "paused": reasons}))
    else:
        click.echo(
            f"{counts.sent} sent, {counts.postponed} postponed, {counts.failed} failed, {counts.suppressed} not wanted "
            "any more."
        )
        if current_app.config["MAIL_SERVER"] == "" and counts.sent:
            click.echo("No mail server is set (MAIL_SERVER): these were kept on screen, not sent.")
    for pause in pauses:
        click.echo(f"Sending is paused until {pause.until:%Y-%m-%d %H:%M} UTC. {pause.reason}", err=True)
    if counts.busy:
        click.echo("Another process is sending just now; it takes care of the rest.", err=True)
    if pauses or counts.postponed or counts.failed or counts.busy:
        sys.exit(1)


@group.command("test")
@click.option("--to", "address", required=True, help="Address to write to.")
def test(address: str) -> None:
    """Write a test e-mail to an address and print what the mail server said."""
    if not is_plain_address(address):
        raise click.UsageError(f"{address!r} is not an e-mail address.")
    now = clock.utcnow()
    text = f"This is a test from Rolewatch at {current_app.config['BASE_URL']}. If you can read it, e-mail works.\n"
    mail = RenderedMail(
        subject="Rolewatch test",
        text=text,
        html=f"<!doctype html><html lang=en><body><p>{escape(text)}</p></body></html>",
        message_id=message_id_for(f"test:{uuid.uuid4().hex}", current_app.config),
        created_at=now,
        headers={"Auto-Submitted": "auto-generated"},
    )
    try:
        receipt = channels.send("email", mail, address, current_app.config)
    except DeliveryError as error:
        click.echo(error.sentence, err=True)
        sys.exit(1)
    click.echo(receipt.server_response)
