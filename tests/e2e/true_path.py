"""The product as its commands show it: `companies add`, `scrape run`, `notify deliver`, and what is stored then."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import sqlalchemy as sa
import time_machine
from click.testing import Result
from flask import Flask

from tests import world
from tests.delivery.conftest import Mailbox, html_of, parse, text_of
from webapp import clock
from webapp.db import db, transaction
from webapp.models import (
    AlertNotification,
    Board,
    Company,
    HeldSnapshot,
    JobPosition,
    Message,
    PositionEvent,
    ScrapeRun,
)
from webapp.services import alerts
from webapp.services.alerts import AlertDraft

START = datetime(2026, 11, 2, 6, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Told:
    """One position in a received mail."""

    title: str
    url: str


class TruePath:
    """Runs commands at a time that the test moves on, and reads the database between them."""

    def __init__(self, app: Flask, travel: time_machine.Traveller, mailbox: Mailbox) -> None:
        self.app, self.travel, self.mailbox = app, travel, mailbox
        self._events_read = 0

    def later(self, **span: float) -> None:
        self.travel.move_to(clock.utcnow() + timedelta(**span))

    # --- commands ---------------------------------------------------------------------------------------------------

    def flask(self, *args: str) -> Result:
        """Run `flask ARGS`. Whatever happens, nobody may see a traceback."""
        result = self.app.test_cli_runner().invoke(args=list(args))
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        assert "Traceback" not in result.output
        return result

    def add(self, url: str) -> str:
        """Watch the company at `url`; its slug."""
        result = self.flask("companies", "add", url, "--json")
        assert result.exit_code == 0, result.output
        slug: str = json.loads(result.stdout)["slug"]
        return slug

    def scrape(self, slug: str) -> dict[str, Any]:
        """`scrape run`: its line of JSON. It exits with 1 exactly where the board could not be read."""
        result = self.flask("scrape", "run", "--company", slug, "--json")
        report: dict[str, Any] = json.loads(result.stdout)
        assert result.exit_code == (1 if report["outcome"] == "failed" else 0), result.output
        return report

    def deliver(self) -> int:
        """`notify deliver`: how many messages were sent. None may fail."""
        result = self.flask("notify", "deliver", "--json")
        assert result.exit_code == 0, result.output
        return int(json.loads(result.stdout)["sent"])

    def watch_for(self, email: str, *drafts: AlertDraft) -> None:
        """A user with these alerts."""
        with self.app.app_context(), transaction():
            user = world.user(email)
            for draft in drafts:
                alerts.create(user.id, draft, clock.utcnow())

    # --- what is stored ---------------------------------------------------------------------------------------------

    def positions(self) -> dict[str, JobPosition]:
        """All positions by their external id, detached."""
        with self.app.app_context():
            rows = db.session.scalars(sa.select(JobPosition)).all()
            assert len({row.external_id for row in rows}) == len(rows)
            return {row.external_id: row for row in rows}

    def open_ids(self) -> set[str]:
        return {key for key, row in self.positions().items() if row.status == "active"}

    def missing_ids(self) -> set[str]:
        return {key for key, row in self.positions().items() if row.status == "active" and row.missing_since}

    def new_events(self) -> dict[str, int]:
        """How many events of each kind were written since this was asked last."""
        with self.app.app_context():
            question = sa.select(PositionEvent).where(PositionEvent.id > self._events_read).order_by(PositionEvent.id)
            events = db.session.scalars(question).all()
            self._events_read = events[-1].id if events else self._events_read
            return dict(Counter(event.kind for event in events))

    def holds(self, state: str = "pending") -> list[HeldSnapshot]:
        return [hold for hold in self.all(HeldSnapshot) if hold.state == state]

    def board(self) -> Board:
        """The only board."""
        (board,) = self.all(Board)
        return board

    def company_id(self) -> int:
        (company,) = self.all(Company)
        return int(company.id)

    def last_run(self) -> ScrapeRun:
        run: ScrapeRun = self.all(ScrapeRun)[-1]
        return run

    def all(self, table: type[Any]) -> list[Any]:
        with self.app.app_context():
            return list(db.session.scalars(sa.select(table).order_by(table.id)))

    # --- what people hear -------------------------------------------------------------------------------------------

    def assert_nothing_owed(self) -> None:
        """Nobody is owed anything that was not sent."""
        assert {row.state for row in self.all(AlertNotification)} <= {"told"}
        assert {message.state for message in self.all(Message)} <= {"sent"}

    def assert_silence(self) -> None:
        """Nobody is owed anything, and a delivery sends nothing."""
        before = len(self.mailbox.received)
        self.assert_nothing_owed()
        assert self.deliver() == 0
        assert len(self.mailbox.received) == before


def told_in(content: bytes) -> list[Told]:
    """The positions in the HTML part of a mail, in order, after checking that the text part lists the same."""
    mail = parse(content)
    reader = _Titles()
    reader.feed(html_of(mail))
    lines = text_of(mail).splitlines()
    assert sorted(line[2:] for line in lines if line.startswith("* ")) == sorted(told.title for told in reader.found)
    for told in reader.found:
        assert f"  {told.url}" in lines
    return reader.found


class _Titles(HTMLParser):
    """Collects the link inside each `<p class="title">`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Told] = []
        self._in_title = False
        self._url = ""
        self._text = ""

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        values = dict(attributes)
        if tag == "p" and "title" in (values.get("class") or "").split():
            self._in_title, self._url, self._text = True, "", ""
        elif tag == "a" and self._in_title:
            self._url = values.get("href") or ""

    def handle_data(self, data: str) -> None:
        self._text += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "p" and self._in_title:
            self.found.append(Told(" ".join(self._text.split()), self._url))
            self._in_title = False
