"""`flask seed` makes an empty database live, does nothing to a full one, and can be undone."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from tests import rows
from webapp import clock, tasks
from webapp.db import db, transaction
from webapp.models import (
    Alert,
    AlertNotification,
    Board,
    Channel,
    Company,
    HeldSnapshot,
    JobPosition,
    Message,
    PositionEvent,
    ScrapeRun,
    User,
    UserJobApplication,
)
from webapp.models.scrape_run import RunTrigger
from webapp.models.user_job_application import ApplicationStatus
from webapp.sample import seed, world
from webapp.sample.companies import COMPANIES
from webapp.sample.logins import ADMIN_EMAIL, DEMO_EMAIL, LOGINS
from webapp.services import accounts, company_catalogue


def run(app: Flask, *args: str) -> str:
    result = app.test_cli_runner().invoke(args=["seed", *args])
    assert result.exit_code == 0, result.output
    return result.output


def count(table: type) -> int:
    return db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0


def test_a_seeded_world_is_alive_in_every_corner(app: Flask) -> None:
    output = run(app)
    assert all(email in output and password in output for _, email, password in LOGINS)
    with app.app_context():
        now = clock.utcnow()
        assert count(Company) == len(COMPANIES) + len(company_catalogue.starter_entries())
        boards = {board.company.name: board for board in db.session.scalars(sa.select(Board).where(Board.is_enabled))}
        assert set(boards) == {company.name for company in COMPANIES}
        assert {name: board.health for name, board in boards.items() if board.health != "ok"} == {
            "Tessellate": "held",
            "Brackenridge": "failing",
        }
        assert all(board.next_scrape_at > now for board in boards.values())
        assert all(board.lease_owner is None for board in boards.values())

        runs = db.session.scalars(sa.select(ScrapeRun)).all()
        assert len(runs) == len(COMPANIES) * (world.PRESENT + 1)
        assert {run_.outcome for run_ in runs} == {"ok", "held", "failed"}
        kinds = set(db.session.scalars(sa.select(PositionEvent.kind).distinct()))
        assert {"opened", "changed", "missing", "expired", "reopened", "reposted"} <= kinds
        first, last = db.session.execute(
            sa.select(sa.func.min(JobPosition.first_seen_at), sa.func.max(JobPosition.first_seen_at))
        ).one()
        assert now - first > timedelta(days=29)
        assert now - last < timedelta(minutes=5)
        held = db.session.scalars(sa.select(HeldSnapshot)).one()
        assert (held.state, held.seen) == ("pending", 4)
        assert held.would_expire > 50

        owed = db.session.scalars(sa.select(AlertNotification)).all()
        assert {notification.alert.name for notification in owed} == {draft.name for draft in seed.ALERTS}
        titles = {notification.position.title for notification in owed}
        assert "Senior Backend Engineer, Payments" in titles
        assert not any("Manager" in title for title in titles)
        assert count(Message) == 1

        applications = db.session.scalars(sa.select(UserJobApplication)).all()
        assert {application.status for application in applications} == {status.value for status in ApplicationStatus}
        assert any(a.position is not None and a.position.status == "expired" for a in applications)
        assert any(a.position is None for a in applications)
        for application in applications:
            times = [event.at for event in application.events]
            assert times == sorted(times)
            assert application.position is None or application.created_at >= application.position.first_seen_at

        demo, admin = accounts.authenticate(*LOGINS[0][1:]), accounts.authenticate(*LOGINS[1][1:])
        assert demo is not None
        assert admin is not None
        assert (demo.email, demo.is_admin, admin.email, admin.is_admin) == (DEMO_EMAIL, False, ADMIN_EMAIL, True)
        assert count(Channel) == 2

    again = run(app)
    assert again.startswith("There are companies already; nothing was added.\n")
    assert all(email in again and password in again for _, email, password in LOGINS)


def test_the_world_goes_on_after_the_seed_with_the_next_read(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    run(app)
    monkeypatch.setattr("webapp.sample.state.STEADY", timedelta())
    with app.app_context():
        names = {board.id: board.company.name for board in db.session.scalars(sa.select(Board).where(Board.is_enabled))}
        messages = count(AlertNotification)
    scraped = {names[s.board_id]: s for s in tasks.scrape_many(app, list(names), RunTrigger.CLI, only_if_due=False)}
    assert set(scraped) == set(names.values())
    assert scraped["Tessellate"].outcome == "held"
    assert scraped["Brackenridge"].outcome == "failed"
    assert {s.outcome for name, s in scraped.items() if name not in {"Tessellate", "Brackenridge"}} == {"ok"}
    with app.app_context():
        runs = db.session.scalars(sa.select(ScrapeRun).where(ScrapeRun.id.in_([s.run_id for s in scraped.values()])))
        assert all(run_.new >= 1 for run_ in runs if run_.outcome == "ok")
        assert count(AlertNotification) >= messages
        tessellate = next(board_id for board_id, name in names.items() if name == "Tessellate")
        recovered = tasks.scrape_board(tessellate, RunTrigger.CLI, only_if_due=False)
        assert recovered is not None
        assert recovered.outcome == "ok", recovered.reason
        assert db.session.scalars(sa.select(HeldSnapshot.state)).all() == ["superseded"]


@pytest.fixture
def short_history(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two reads instead of seven, for tests that only need sample data to be there."""
    monkeypatch.setattr(seed, "AGES", seed.AGES[-2:])


@pytest.mark.usefixtures("short_history")
def test_removing_takes_all_that_is_invented_and_nothing_else(app: Flask) -> None:
    run(app)
    with app.app_context(), transaction():
        alice = rows.a_user("alice@example.org")
        invented = db.session.scalars(sa.select(JobPosition).limit(1)).one()
        rows.a_company("Realistic")
        db.session.add(
            UserJobApplication(
                user_id=alice.id, job_position_id=invented.id, title="Kept", company_name="Kept", posting={},
                created_at=rows.NOW, updated_at=rows.NOW,
            )
        )  # fmt: skip
    assert "Removed 9 sample companies and 2 sample people." in run(app, "--remove")
    with app.app_context():
        assert db.session.scalars(sa.select(User.email)).all() == ["alice@example.org"]
        assert count(Company) == len(company_catalogue.starter_entries()) + 1
        for table in (JobPosition, PositionEvent, ScrapeRun, HeldSnapshot, Alert, AlertNotification, Message, Channel):
            assert count(table) == 0, table
        kept = db.session.scalars(sa.select(UserJobApplication)).one()
        assert (kept.title, kept.job_position_id) == ("Kept", None)
    assert "Removed 0 sample companies" in run(app, "--remove")


@pytest.mark.usefixtures("short_history")
def test_a_seed_that_was_cut_off_begins_anew(app: Flask) -> None:
    with app.app_context(), transaction():
        seed.add_companies(clock.utcnow())
    assert "beginning anew" in run(app)
    with app.app_context():
        assert count(UserJobApplication) >= 1
        assert count(User) == len(LOGINS)


def test_the_starter_list_alone_adds_no_sample(app: Flask) -> None:
    assert "switched off" in run(app, "--starter")
    with app.app_context():
        assert count(Company) == len(company_catalogue.starter_entries())
        assert count(User) == 0
    assert "Added 0 real companies" in run(app, "--starter")


def test_two_wishes_at_once_are_refused(app: Flask) -> None:
    result = app.test_cli_runner().invoke(args=["seed", "--remove", "--starter"])
    assert result.exit_code == 2


class TestProduction:
    @pytest.fixture
    def settings(self, settings: dict[str, object]) -> dict[str, object]:
        return {**settings, "ROLEWATCH_ENV": "production"}

    def test_no_invented_people_with_known_passwords_come_into_production(self, app: Flask) -> None:
        assert "sample" not in run(app)
        with app.app_context():
            assert count(User) == 0
            assert not db.session.scalar(sa.select(sa.func.count()).where(Company.is_sample))
