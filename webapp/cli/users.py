"""`flask users`: accounts from the command line."""

from __future__ import annotations

import json
from typing import Any

import click

from webapp import clock
from webapp.cli._output import Commands
from webapp.db import transaction
from webapp.errors import DomainError, Invalid
from webapp.repositories import users
from webapp.services import accounts, passwords, personal_data

group = Commands("users", help="Create, list, promote, export and erase accounts.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def _fail(error: DomainError) -> click.ClickException:
    return click.ClickException(error.sentence)


def _address(_context: click.Context, _parameter: click.Parameter, email: str) -> str:
    """Refuse what is no address before a password is asked for."""
    try:
        return accounts.valid_email(email)
    except Invalid as error:
        raise click.BadParameter(error.sentence) from error


@group.command()
@click.argument("email", callback=_address)
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for if not given.")
@click.option("--name", default="", help="What pages call the user.")
@click.option("--time-zone", default="UTC", help="Such as Europe/Berlin.")
@click.option("--admin", is_flag=True, help="Make an admin.")
@as_json
def create(email: str, password: str, name: str, time_zone: str, admin: bool, as_json: bool) -> None:
    """Create an account for EMAIL."""
    try:
        passwords.check(password, email=email)
        password_hash = passwords.hash_of(password)
        with transaction():
            user = accounts.sign_up(email, password_hash, clock.utcnow(), display_name=name, time_zone=time_zone)
            user.is_admin = user.is_admin or admin
    except DomainError as error:
        raise _fail(error) from error
    if as_json:
        click.echo(json.dumps({"id": user.id, "email": user.email, "is_admin": user.is_admin}))
    else:
        click.echo(f"Created {user.email}{', an admin' if user.is_admin else ''}.")


@group.command()
@click.argument("email")
@click.option("--undo", is_flag=True, help="Take the right away again.")
def promote(email: str, undo: bool) -> None:
    """Make the account EMAIL an admin."""
    try:
        with transaction():
            user = users.get_by_email(accounts.login_name(email))
            if undo and user.is_admin and users.count_admins() <= 1:
                raise click.ClickException("This is the only admin. Promote somebody else first.")
            user.is_admin = not undo
    except DomainError as error:
        raise _fail(error) from error
    click.echo(f"{user.email} is {'no longer' if undo else 'now'} an admin.")


@group.command("list")
@as_json
def list_users(as_json: bool) -> None:
    """List all accounts."""
    everybody = users.everybody()
    if as_json:
        click.echo(json.dumps([_line(user) for user in everybody]))
        return
    for user in everybody:
        marks = [word for word, holds in (("admin", user.is_admin), ("switched off", not user.is_active)) if holds]
        click.echo(f"{user.email}{' (' + ', '.join(marks) + ')' if marks else ''}")
    if not everybody:
        click.echo("There is no account yet: flask users create EMAIL makes one.")


def _line(user: Any) -> dict[str, Any]:
    return {
        "id": user.id,
        "email": user.email,
        "display_name": user.display_name,
        "is_admin": user.is_admin,
        "is_active": user.is_active,
        "created_at": user.created_at.isoformat(),
    }


@group.command()
@click.argument("email")
@click.argument("file", type=click.File("w", encoding="utf-8"), default="-")
def export(email: str, file: Any) -> None:
    """Write all that is stored about EMAIL to FILE (default: standard output), as JSON."""
    try:
        user = users.get_by_email(accounts.login_name(email))
    except DomainError as error:
        raise _fail(error) from error
    json.dump(personal_data.export(user), file, ensure_ascii=False, indent=1)
    file.write("\n")


@group.command()
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(email: str, yes: bool) -> None:
    """Remove the account EMAIL and everything that is theirs."""
    try:
        address = users.get_by_email(accounts.login_name(email)).email
        if not yes:
            click.confirm(f"Erase {address} with all alerts, applications and messages?", abort=True)
        with transaction():
            accounts.erase(users.get_by_email(address))
    except DomainError as error:
        raise _fail(error) from error
    click.echo(f"Erased {address}.")
