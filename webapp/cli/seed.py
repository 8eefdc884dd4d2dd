"""`flask seed`: sample data to try the product with, and the starter list of real companies.

The sample boards are read through the same three steps as any board, once for each generation of the last month, so
that every history, hold and message comes about as it would have in life.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime

import click
from flask import current_app
from flask.cli import with_appcontext

from webapp import clock, tasks
from webapp.cli._output import Command, fail
from webapp.db import transaction
from webapp.errors import DomainError
from webapp.models.scrape_run import RunTrigger
from webapp.outbound import OutboundDoor, OutboundSettings
from webapp.repositories import companies, sample_data, users
from webapp.sample import seed, server
from webapp.sample.applications import add_applications
from webapp.sample.logins import LOGINS
from webapp.sample.state import WorldState
from webapp.services import company_catalogue, passwords, scraping

log = logging.getLogger("rolewatch.seed")


@click.command("seed", cls=Command)
@click.option("--remove", is_flag=True, help="Remove all sample data, and nothing else.")
@click.option("--starter", is_flag=True, help="Only add what is missing of the list of real companies, switched off.")
@click.option(
    "--sample", is_flag=True, help="Add sample data in production too, where nobody can log in as its people."
)
@with_appcontext
def group(remove: bool, starter: bool, sample: bool) -> None:
    """Fill an empty database: sample companies in development, and real ones, switched off, everywhere.

    Does nothing where there are companies already.
    """
    if remove + starter + sample > 1:
        raise click.UsageError("Choose one of --remove, --starter and --sample.")
    try:
        if remove:
            _remove()
        elif starter:
            _starter()
        else:
            _seed(with_sample=sample or current_app.config["ROLEWATCH_ENV"] != "production")
    except DomainError as error:
        fail(error.sentence)


def _remove() -> None:
    with transaction():
        gone_companies, gone_people = seed.remove_sample()
    click.echo(f"Removed {gone_companies} sample companies and {gone_people} sample people.")


def _starter() -> None:
    with transaction():
        added = company_catalogue.load_starter(clock.utcnow())
    click.echo(f"Added {added} real companies, switched off. Switch on those you want: flask companies enable SLUG")


def _seed(*, with_sample: bool) -> None:
    if sample_data.has_companies() and not sample_data.has_people():
        click.echo("An earlier seed was cut off; beginning anew.")
        _remove()
    if companies.any_exists():
        click.echo("There are companies already; nothing was added.")
        _say_logins()
        return
    if with_sample:
        click.echo("Writing a month of sample data …")
        _seed_sample(clock.utcnow())
    _starter()
    _say_logins()


def _say_logins() -> None:
    """The sample log-ins that exist; in production there are none."""
    known = [login for login in LOGINS if users.find_by_email(login[1])]
    if not known or current_app.config["ROLEWATCH_ENV"] == "production":
        return
    click.echo("Log in as one of these, or sign up:")
    for label, email, password in known:
        click.echo(f"  {email:20} {password:22} {label}")


def _seed_sample(now: datetime) -> None:
    state = WorldState(current_app.config["SAMPLE_STATE"])
    state.reset()
    hashes = {email: passwords.hash_of(password) for _, email, password in LOGINS}
    began = now - seed.AGES[0]
    with transaction():
        boards = seed.add_companies(began)
    door = _door()
    for age in seed.AGES:
        if not age:
            # The people come before the last read, so that what it finds is news to them.
            with transaction():
                seed.add_people(hashes, began, now)
        for board in boards:
            state.begin(board.company.slug, now - age)
            _read(board.board_id, door, now - age)
    with transaction():
        add_applications(seed.demo_user().id, now)


def _door() -> OutboundDoor:
    """A door to the sample boards. They are inside this process: there is nobody to be polite to."""
    base_url = server.ensure_running(current_app.config["SAMPLE_STATE"])
    settings = OutboundSettings.from_config(current_app.config)
    return OutboundDoor(replace(settings, host_interval=0, retries=0, routes={server.HOSTS: base_url}))


def _read(board_id: int, door: OutboundDoor, at: datetime) -> None:
    """Read a board as if at the time `at`."""
    with transaction():
        claim = scraping.claim(board_id, at, tasks.OWNER, tasks.settings(), RunTrigger.CLI, only_if_due=False)
    if claim is None:
        log.warning("a sample board is being read by another process", extra={"board_id": board_id})
        return
    reading = scraping.take_snapshot(claim, door)
    with transaction():
        scraping.record(claim, reading, at, tasks.settings())
