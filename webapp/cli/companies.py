"""`flask companies`: which companies are watched."""

from __future__ import annotations

import json
from pathlib import PurePath
from typing import Any, BinaryIO, cast

import click

from webapp import clock
from webapp.cli._output import Commands, fail
from webapp.db import transaction
from webapp.errors import DomainError
from webapp.models import Company
from webapp.repositories import companies
from webapp.services import company_catalogue, company_files
from webapp.services.company_files import Format

SHOWN_PROBLEMS = 50
STATES = {True: "on", False: "off"}

group = Commands("companies", help="Add, list, import, export, switch on and off, and remove companies.")
format_option = click.option("--format", "format_", type=click.Choice(["yaml", "csv"]), help="Default: by its name.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@group.command("add")
@click.argument("url")
@click.option("--name", help="What the company is called; default: a guess from the address.")
@json_option
def add_command(url: str, name: str | None, as_json: bool) -> None:
    """Watch the company whose job board is at URL."""
    try:
        with transaction():
            board = company_catalogue.add(url, name, clock.utcnow())
            line = _line(board.company)
    except DomainError as error:
        fail(error.sentence)
    if as_json:
        click.echo(json.dumps(line, ensure_ascii=False))
    else:
        click.echo(f"Added {line['name']} ({board.ats}) as {line['slug']}.")
        click.echo(f"It is read soon; to read it now: flask scrape run --company {line['slug']}")


@group.command("import")
@click.argument("file", type=click.File("rb"))
@format_option
@click.option("--off", is_flag=True, help="Switch off what is added, until somebody switches it on.")
@json_option
def import_command(file: BinaryIO, format_: str | None, off: bool, as_json: bool) -> None:
    """Add the companies of FILE (YAML or CSV; - reads standard input) that are not here yet.

    Exits with 1 if an entry was refused; the others are added all the same.
    """
    try:
        content = file.read(company_files.MAX_BYTES + 1)
        with transaction():
            report = company_files.import_companies(
                content,
                _format(format_, getattr(file, "name", ""), content),
                clock.utcnow(),
                enabled=False if off else None,
            )
    except DomainError as error:
        fail(error.sentence)
    if as_json:
        refused = [{"line": line, "reason": sentence} for line, sentence in report.refused]
        found = {"added": report.added, "existing": report.existing, "refused": refused}
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        click.echo(f"Added {len(report.added)}, already here {len(report.existing)}, refused {len(report.refused)}.")
    for line, sentence in report.refused[:SHOWN_PROBLEMS]:
        click.echo(f"line {line}: {sentence}", err=True)
    if len(report.refused) > SHOWN_PROBLEMS:
        click.echo(f"… and {len(report.refused) - SHOWN_PROBLEMS} more.", err=True)
    if report.refused:
        raise SystemExit(1)


def _format(chosen: str | None, name: Any, content: bytes) -> Format:
    """The format that was chosen, or that the name or the first line speaks for."""
    if chosen:
        return cast(Format, chosen)
    suffix = PurePath(str(name)).suffix.lower()
    if suffix in {".yaml", ".yml", ".csv"}:
        return "csv" if suffix == ".csv" else "yaml"
    first = content.removeprefix(b"\xef\xbb\xbf").lstrip().split(b"\n", 1)[0]
    return "csv" if b"," in first and b":" not in first else "yaml"


@group.command("export")
@click.option("--format", "format_", type=click.Choice(["yaml", "csv"]), default="yaml", show_default=True)
def export_command(format_: str) -> None:
    """Print all companies, without sample data, as a file that import reads."""
    rows = company_files.rows_of(companies.all_with_boards(samples=False))
    # Bytes, so that the line ends of CSV and its byte order mark arrive as they are.
    click.echo(company_files.dump(rows, cast(Format, format_)).encode(), nl=False)


@group.command("list")
@json_option
def list_command(as_json: bool) -> None:
    """List all companies: slug, name, ATS, open positions, on or off, health."""
    lines = [_line(company) for company in companies.all_with_boards()]
    if as_json:
        click.echo(json.dumps(lines, ensure_ascii=False))
        return
    for line in lines:
        boards = "; ".join(
            f"{board['ats']} {STATES[board['enabled']]}, {board['open_positions']} open, {board['health']}"
            for board in line["boards"]
        )
        click.echo(f"{line['slug']:32} {line['name']}  [{boards or 'no board'}]")
    if not lines:
        click.echo("There is no company yet: flask companies add URL adds one.", err=True)


@group.command("enable")
@click.argument("slug")
def enable_command(slug: str) -> None:
    """Switch the company SLUG on; it is read at once."""
    _switch(slug, True)


@group.command("disable")
@click.argument("slug")
def disable_command(slug: str) -> None:
    """Switch the company SLUG off. Its positions stay."""
    _switch(slug, False)


def _switch(slug: str, on: bool) -> None:
    try:
        with transaction():
            company = companies.by_slug(slug)
            changed = [company_catalogue.set_enabled(board, on, clock.utcnow()) for board in company.boards]
            name = company.name
    except DomainError as error:
        fail(error.sentence)
    click.echo(f"{name} is {'now' if any(changed) else 'already'} switched {STATES[on]}.")


@group.command("remove")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask.")
def remove_command(slug: str, yes: bool) -> None:
    """Remove the company SLUG with its positions and their history, for good."""
    try:
        name = companies.by_slug(slug).name
        if not yes:
            click.confirm(f"Remove {name} with all its positions and their history?", abort=True)
        with transaction():
            company_catalogue.remove(companies.by_slug(slug))
    except DomainError as error:
        fail(error.sentence)
    click.echo(f"Removed {name}. Applications keep their copies of its postings.")


def _line(company: Company) -> dict[str, Any]:
    boards = [
        {
            "id": board.id,
            "ats": board.ats,
            "careers_url": board.careers_url,
            "enabled": board.is_enabled,
            "health": board.health,
            "open_positions": board.open_count,
        }
        for board in company.boards
    ]
    return {
        "slug": company.slug,
        "name": company.name,
        "country": company.country_code,
        "sector": company.sector,
        "homepage": company.homepage_url,
        "sample": company.is_sample,
        "boards": boards,
    }
