"""The jobs on a user's own board."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal

import pytest
from flask import Flask
from sqlalchemy import select

from tests.rows import NOW, a_company, a_position, a_user
from webapp.db import db, transaction
from webapp.errors import Conflict, Invalid, NotFound
from webapp.models import ApplicationEvent, JobPosition, PositionEvent, User, UserJobApplication
from webapp.models.user_job_application import ApplicationStatus as Status
from webapp.repositories import applications as repository
from webapp.services import applications
from webapp.services.applications import ElsewhereJob

LATER = NOW + timedelta(days=1)


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


@pytest.fixture
def alice(context: Flask) -> User:
    with transaction():
        return a_user("alice@example.org")


@pytest.fixture
def position(context: Flask) -> JobPosition:
    with transaction():
        return a_position(
            a_company("Northcliff"),
            "Backend Engineer",
            salary_min=Decimal("38000.00"),
            salary_currency="ILS",
            salary_period="month",
            description_text="You will build things.",
            description_html="<p>You will build things.</p>",
            posted_at=NOW,
        )


def saved(alice: User, position: JobPosition, status: Status = Status.SAVED) -> UserJobApplication:
    with transaction():
        return applications.save_position(alice.id, position, status, NOW).application


def kinds(application: UserJobApplication) -> list[tuple[str, str, str]]:
    return [(event.kind, event.old, event.new) for event in reversed(repository.history(application))]


def test_a_saved_position_keeps_a_copy_that_outlives_it(alice: User, position: JobPosition) -> None:
    application = saved(alice, position)
    with transaction():
        db.session.delete(db.session.get(JobPosition, position.id))
    db.session.expire_all()
    kept = repository.get(application.id, owner=alice.id)
    assert kept.job_position_id is None
    assert kept.posting["title"] == "Backend Engineer"
    assert kept.posting["company"] == "Northcliff"
    assert kept.posting["locations"] == ["Tel Aviv"]
    assert kept.posting["description_html"] == "<p>You will build things.</p>"
    assert kept.posting["pay"] == {"min": "38000.00", "max": None, "currency": "ILS", "period": "month"}
    assert kept.posting["posted_at"] == "2026-03-02T09:00:00+00:00"


def test_the_copy_does_not_follow_the_position(alice: User, position: JobPosition) -> None:
    application = saved(alice, position)
    with transaction():
        db.session.get_one(JobPosition, position.id).title = "Frontend Engineer"
    assert repository.get(application.id, owner=alice.id).posting["title"] == "Backend Engineer"


def test_saving_twice_keeps_one_row_and_one_event(alice: User, position: JobPosition) -> None:
    with transaction():
        assert applications.save_position(alice.id, position, Status.SAVED, NOW).created
    with transaction():
        again = applications.save_position(alice.id, position, Status.SAVED, LATER)
    assert not again.created
    assert kinds(again.application) == [("created", "", "saved")]


def test_a_late_click_on_save_does_not_undo_what_happened_since(alice: User, position: JobPosition) -> None:
    application = saved(alice, position, Status.APPLIED)
    with transaction():
        applications.move(repository.get(application.id, alice.id), Status.INTERVIEWING, LATER)
    with transaction():
        applications.save_position(alice.id, position, Status.SAVED, LATER)
        applications.save_position(alice.id, position, Status.APPLIED, LATER)
    assert repository.get(application.id, owner=alice.id).status == "interviewing"


def test_applying_to_a_saved_position_moves_it(alice: User, position: JobPosition) -> None:
    saved(alice, position)
    with transaction():
        application = applications.save_position(alice.id, position, Status.APPLIED, LATER).application
    assert (application.status, application.applied_at) == ("applied", LATER)
    assert kinds(application) == [("created", "", "saved"), ("moved", "saved", "applied")]


def test_the_first_day_of_applying_is_kept_whatever_comes_after(alice: User, position: JobPosition) -> None:
    application = saved(alice, position)
    for day, status in enumerate([Status.APPLIED, Status.REJECTED, Status.APPLIED], start=1):
        with transaction():
            applications.move(repository.get(application.id, alice.id), status, NOW + timedelta(days=day))
    application = repository.get(application.id, alice.id)
    assert application.applied_at == NOW + timedelta(days=1)
    assert application.version == 4


def test_moving_to_where_it_is_changes_nothing(alice: User, position: JobPosition) -> None:
    application = saved(alice, position)
    with transaction():
        assert applications.move(repository.get(application.id, alice.id), Status.SAVED, LATER, version=99) is False
    assert kinds(application) == [("created", "", "saved")]


def test_a_second_tab_cannot_move_or_edit_what_it_has_not_seen(alice: User, position: JobPosition) -> None:
    application = saved(alice, position)
    with transaction():
        applications.move(repository.get(application.id, alice.id), Status.APPLIED, LATER, version=1)
    with pytest.raises(Conflict), transaction():
        applications.move(repository.get(application.id, alice.id), Status.REJECTED, LATER, version=1)
    with pytest.raises(Conflict), transaction():
        applications.edit(repository.get(application.id, alice.id), {"next_step": "Call"}, LATER, version=1)
    now = repository.get(application.id, owner=alice.id)
    assert (now.status, now.next_step) == ("applied", "")


def test_every_edit_is_a_line_of_history_with_old_and_new(alice: User, position: JobPosition) -> None:
    application = saved(alice, position)
    with transaction():
        changed = applications.edit(
            repository.get(application.id, alice.id),
            {"next_step": "Call Dana", "follow_up_on": date(2026, 3, 9), "title": "Mine now"},
            LATER,
            version=1,
        )
    assert changed == ["next_step", "follow_up_on"]
    application = repository.get(application.id, alice.id)
    assert application.title == "Backend Engineer", "the posting's own title is not the user's to edit"
    events = [(e.kind, e.note, e.old, e.new) for e in repository.history(application)]
    assert events[:2] == [
        ("edited", "follow_up_on", "", "2026-03-09"),
        ("edited", "next_step", "", "Call Dana"),
    ]


def test_a_position_removed_meanwhile_does_not_make_its_copy_editable(alice: User, position: JobPosition) -> None:
    application = saved(alice, position)
    with transaction():
        db.session.delete(db.session.get(JobPosition, position.id))
    db.session.expire_all()
    with transaction():
        assert applications.edit(repository.get(application.id, alice.id), {"title": "Other"}, LATER) == []


def test_notes_are_appended_and_an_empty_one_is_refused(alice: User, position: JobPosition) -> None:
    application = saved(alice, position)
    with transaction():
        applications.add_note(repository.get(application.id, alice.id), "  Spoke to Dana.\r\nShe liked it. ", LATER)
    assert repository.history(application)[0].note == "Spoke to Dana.\nShe liked it."
    with pytest.raises(Invalid, match="empty") as refused, transaction():
        applications.add_note(repository.get(application.id, alice.id), " \n ", LATER)
    assert refused.value.field == "note"
    with pytest.raises(Invalid, match="10,001"), transaction():
        applications.add_note(repository.get(application.id, alice.id), "x" * 10_001, LATER)


def test_a_job_found_elsewhere_is_added_once_per_form(alice: User) -> None:
    job = ElsewhereJob("SRE", "Harborlight", "Haifa", "https://harborlight.example/jobs/1")
    for moment in (NOW, LATER):
        with transaction():
            result = applications.add_elsewhere(alice.id, job, Status.APPLIED, moment, form_key="k", note="By a friend")
    assert not result.created
    assert [a.title for a in repository.all_of(alice.id)] == ["SRE"]
    assert [e.kind for e in repository.history(result.application)] == ["note", "created"]
    assert result.application.applied_at == NOW


@pytest.mark.parametrize(
    ("job", "field"),
    [
        (ElsewhereJob("", "Harborlight"), "title"),
        (ElsewhereJob(" \x00\n", "Harborlight"), "title"),
        (ElsewhereJob("SRE", ""), "company_name"),
        (ElsewhereJob("x" * 501, "Harborlight"), "title"),
        (ElsewhereJob("SRE", "Harborlight", "", "javascript:alert(1)"), "url"),
        (ElsewhereJob("SRE", "Harborlight", "", "http://"), "url"),
        (ElsewhereJob("SRE", "Harborlight", "", "https://[broken"), "url"),
        (ElsewhereJob("SRE", "Harborlight", "", "https://a.example/" + "x" * 2000), "url"),
    ],
)
def test_a_job_that_cannot_be_used_names_its_field(job: ElsewhereJob, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        applications.clean_job(job)
    assert refused.value.field == field


@pytest.mark.parametrize("text", ["soon", "2026-02-30", "31.03.2026", "0001-01-01", "9999-12-31"])
def test_a_date_that_is_none_is_refused_with_its_field(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        applications.parse_date(text)
    assert refused.value.field == "follow_up_on"


def test_removing_takes_the_history_along(alice: User, position: JobPosition) -> None:
    application = saved(alice, position)
    with transaction():
        applications.remove(repository.get(application.id, alice.id))
    assert repository.all_of(alice.id) == []
    assert db.session.scalars(select(ApplicationEvent)).all() == []


def test_a_stranger_finds_nothing(alice: User, position: JobPosition) -> None:
    application = saved(alice, position)
    with transaction():
        bob = a_user("bob@example.org")
    with pytest.raises(NotFound):
        repository.get(application.id, owner=bob.id)
    assert repository.find_for_position(position.id, owner=bob.id) is None
    assert repository.all_of(bob.id) == []
    assert repository.statuses_of([position.id], owner=bob.id) == {}
    assert repository.statuses_of([position.id], owner=alice.id) == {position.id: "saved"}


def test_the_life_of_the_position_after_saving_is_told(alice: User, position: JobPosition) -> None:
    application = saved(alice, position)
    with transaction():
        for moment, kind in ((NOW - timedelta(days=9), "opened"), (LATER, "missing"), (LATER, "expired")):
            db.session.add(PositionEvent(job_position_id=position.id, kind=kind, at=moment, old={}, new={}))
    assert [event.kind for event in repository.events_since(application, NOW)] == ["missing", "expired"]


def test_fifty_clicks_at_once_leave_one_application(app: Flask) -> None:
    with app.app_context(), transaction():
        owner = a_user().id
        position_id = a_position(a_company()).id

    def click(_: int) -> int:
        with app.app_context(), transaction():
            position = repository.get_position(position_id)
            return applications.save_position(owner, position, Status.SAVED, NOW).application.id

    with ThreadPoolExecutor(8) as pool:
        ids = set(pool.map(click, range(50)))
    assert len(ids) == 1
    with app.app_context():
        assert [a.id for a in repository.all_of(owner)] == list(ids)
        assert len(repository.history(repository.all_of(owner)[0])) == 1


def test_only_one_of_many_tabs_wins_with_the_version_it_saw(app: Flask) -> None:
    with app.app_context(), transaction():
        owner = a_user().id
        position = a_position(a_company())
        application_id = applications.save_position(owner, position, Status.SAVED, NOW).application.id

    def save(number: int) -> bool:
        with app.app_context():
            try:
                with transaction():
                    application = repository.get(application_id, owner, lock=True)
                    applications.edit(application, {"next_step": f"step {number}"}, NOW, version=1)
                return True
            except Conflict:
                return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(save, range(12))) == 1
