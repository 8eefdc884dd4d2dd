"""`flask scrape`: recognise a careers address, look at a board without storing anything, and read boards now."""

from __future__ import annotations

import json
from typing import Any

import click
from flask import current_app

from webapp import tasks
from webapp.cli._output import Commands, fail
from webapp.db import db
from webapp.errors import DomainError, NotFound, OutboundError, RolewatchError
from webapp.models import Board, ScrapeRun
from webapp.models.scrape_run import RunTrigger
from webapp.repositories import boards
from webapp.scrapers import SCRAPERS, by_shorthand, recognise
from webapp.services import detection
from webapp.values import BoardReference, Posting

group = Commands("scrape", help="Recognise, preview and read career boards.")

COUNTS = ("new", "updated", "unchanged", "reopened", "missing", "expired", "held")


def _reference(text: str) -> tuple[str, BoardReference]:
    """The board that an address or `ats:token` names.

    Raises:
        DomainError: it names none.
    """
    if _is_shorthand(text):
        return by_shorthand(text)
    found = recognise(text if "://" in text else f"https://{text}")
    if found is None:
        names = ", ".join(sorted(scraper.label for scraper in SCRAPERS.values()))
        raise NotFound(
            f"{text} is not an address of a job board that Rolewatch can read. It reads {names}: "
            "open the company's list of positions and copy the address of that page."
        )
    return found


@group.command("detect")
@click.argument("url")
def detect(url: str) -> None:
    """Say which ATS and board URL names or leads to, as JSON: from the address alone, else from its page.

    Where several boards were found, the likeliest comes first and all are in "candidates".
    """
    try:
        if _is_shorthand(url):
            found: tuple[detection.Candidate, ...] = (detection.Candidate(*by_shorthand(url), "its name"),)
        else:
            result = detection.detect(url, tasks.door().visit())
            found = result.candidates
            if not found:
                raise NotFound(result.sentence)
    except (DomainError, OutboundError) as error:
        fail(error.sentence)
    described = [_described(candidate) for candidate in found]
    first = described[0]
    if len(described) > 1:
        first = {**first, "candidates": described}
        click.echo(f"{len(described)} boards were found; give the careers_url of the one you mean.", err=True)
    click.echo(json.dumps(first, ensure_ascii=False))


def _is_shorthand(text: str) -> bool:
    return "://" not in text and text.partition(":")[0] in SCRAPERS


def _described(candidate: detection.Candidate) -> dict[str, Any]:
    config = candidate.reference.config
    return {
        "ats": candidate.ats,
        "config": config,
        "careers_url": candidate.reference.careers_url,
        "company": config.get("slug") or config.get("tenant") or candidate.reference.key,
        "found_by": candidate.found_by,
    }


@group.command("preview")
@click.argument("board")
@click.option("--jsonl/--table", "as_json", default=True, help="JSON lines (default), or a table for people.")
def preview(board: str, as_json: bool) -> None:
    """Read BOARD (an address, or ats:token) and print its postings. Stores nothing."""
    visit = tasks.door().visit()
    try:
        ats, reference = _reference(board)
        listing = SCRAPERS[ats].read(reference.config, visit, {})
    except DomainError as error:
        fail(error.sentence)
    except OutboundError as error:
        summary = {
            "snapshot": "failed",
            "count": 0,
            "reported_total": None,
            "requests": visit.requests,
            "reason": error.sentence,
        }
        click.echo(json.dumps(summary, ensure_ascii=False) if as_json else error.sentence)
        raise SystemExit(1) from error
    for posting in listing.postings:
        click.echo(json.dumps(_line(posting), ensure_ascii=False) if as_json else _row(posting))
    summary = {
        "snapshot": "complete" if listing.complete else "partial",
        "count": len(listing.postings),
        "reported_total": listing.reported_total,
        "requests": visit.requests,
        "reason": listing.reason or "; ".join(listing.warnings),
    }
    click.echo(
        json.dumps(summary, ensure_ascii=False) if as_json else f"{summary['count']} postings, {summary['snapshot']}"
    )


def _line(posting: Posting) -> dict[str, Any]:
    """The stable fields of a previewed posting; amounts as numbers, times as ISO 8601 in UTC."""
    fields = (
        "external_id", "title", "url", "apply_url", "location", "locations", "country_codes", "is_remote",
        "workplace_type", "department", "employment_type", "posted_at", "salary_min", "salary_max", "salary_currency",
        "salary_period", "description_text",
    )  # fmt: skip
    values = {name: getattr(posting, name) for name in fields}
    values["posted_at"] = posting.posted_at.isoformat() if posting.posted_at else None
    for name in ("salary_min", "salary_max"):
        amount = values[name]
        values[name] = (
            None if amount is None else int(amount) if amount == amount.to_integral_value() else float(amount)
        )
    return values


def _row(posting: Posting) -> str:
    return f"{posting.external_id[:24]:<26}{posting.title[:60]:<62}{posting.location[:40]}"


@group.command("run")
@click.option("--company", metavar="SLUG", help="Only this company's boards, even if they are switched off.")
@click.option("--all", "everything", is_flag=True, help="All boards that are switched on, due or not.")
@click.option("--json", "as_json", is_flag=True, help="A JSON line per board.")
def run(company: str | None, everything: bool, as_json: bool) -> None:
    """Read boards now, through the same path as the scheduler. Without options: those that are due."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]
    if company and everything:
        raise click.UsageError("Give --company or --all, not both.")
    try:
        if company or everything:
            wanted = boards.ids_of(company)
            db.session.remove()
            results = tasks.scrape_many(app, wanted, RunTrigger.CLI, only_if_due=False)
        else:
            results = tasks.scrape_due(app)
            wanted = [result.board_id for result in results]
    except RolewatchError as error:
        fail(error.sentence)
    busy = len(wanted) - len(results)
    failed = 0
    for result in sorted(results, key=lambda scraped: wanted.index(scraped.board_id)):
        report = _report(result.run_id)
        failed += report["outcome"] == "failed"
        click.echo(json.dumps(report, ensure_ascii=False) if as_json else _sentence(report))
    if not results and not busy:
        click.echo("No board is due." if not as_json else "", nl=not as_json, err=as_json)
    if busy:
        click.echo(f"{busy} board(s) are being read by another process.", err=True)
    if failed:
        raise SystemExit(1)


def _report(run_id: int) -> dict[str, Any]:
    run = db.session.get(ScrapeRun, run_id)
    assert run is not None
    board: Board = run.board
    counts = {name: getattr(run, name) for name in COUNTS}
    details = {"seen": run.seen, "requests": run.requests, "bytes": run.bytes_received, "duration_ms": run.duration_ms}
    return {
        "company": board.company.slug, "board_id": board.id, "ats": board.ats, "outcome": run.outcome,
        "reason": run.reason, **counts, **details,
    }  # fmt: skip


def _sentence(report: dict[str, Any]) -> str:
    counts = ", ".join(f"{report[name]} {name}" for name in COUNTS)
    reason = f"  ({report['reason']})" if report["reason"] else ""
    return f"{report['company']:<24}{report['ats']:<14}{report['outcome']:<10} {counts}{reason}"


@group.command("held")
@click.argument("held_id", type=int, required=False)
@click.option("--confirm/--dismiss", "confirm", default=None, help="Believe the snapshot, or do not.")
@click.option("--by", "email", metavar="EMAIL", help="The admin who decides.")
def held(held_id: int | None, confirm: bool | None, email: str | None) -> None:
    """List held snapshots, or decide about one."""
    from webapp.repositories import users

    if held_id is None:
        for hold in boards.pending_holds():
            click.echo(f"{hold.id:>6}  {hold.board.company.name}: {hold.reason} Seen {hold.times_seen} times.")
        return
    if confirm is None or not email:
        raise click.UsageError("Say --confirm or --dismiss, and --by EMAIL.")
    try:
        admin = users.find_by_email(email)
        if admin is None or not admin.is_admin:
            raise NotFound(f"There is no admin {email!r}.")
        admin_id = admin.id
        db.session.remove()
        if confirm:
            finished = tasks.confirm_held(held_id, admin_id)
            click.echo(f"Confirmed: {finished.expired} expired, {finished.new} new.")
        else:
            tasks.dismiss_held(held_id, admin_id)
            click.echo("Dismissed: nothing was changed.")
    except RolewatchError as error:
        fail(error.sentence)
