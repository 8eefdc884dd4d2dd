"""Saved alerts and what they match now."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask

from tests.rows import NOW, a_company, a_position, a_user
from webapp.db import transaction
from webapp.errors import Invalid, NotFound
from webapp.models import JobPosition, User
from webapp.repositories import alerts as repository
from webapp.services import alert_preview, alerts
from webapp.services.alert_matcher import AlertRule, PositionFacts, match
from webapp.services.alerts import AlertDraft, ChangedMeanwhile

LATER = NOW + timedelta(days=1)
DRAFT = AlertDraft(name="Backend", keywords=("backend",))


@pytest.fixture
def context(app: Flask) -> Iterator[Flask]:
    with app.app_context():
        yield app


@pytest.fixture
def alice(context: Flask) -> User:
    with transaction():
        return a_user("alice@example.org")


@pytest.mark.parametrize(
    ("draft", "name"),
    [
        (AlertDraft(keywords=("backend", '"software engineer"')), "Backend, software engineer"),
        (AlertDraft(keywords=("a", "b", "c", "d")), "A, b, c and 1 more"),
        (AlertDraft(keywords=("backend",), locations=("Israel",), is_remote=True), "Backend in Israel, remote"),
        (AlertDraft(departments=("R&D",)), "R&D"),
        (AlertDraft(is_remote=False, company_ids=(7, 8)), "Any position, not remote at Northcliff"),
        (AlertDraft(keywords=("x" * 100,) * 3), ("X" + "x" * 99 + ", " + "x" * 100 + ", " + "x" * 100)[:200]),
    ],
)
def test_an_alert_without_a_name_is_named_after_what_it_looks_for(draft: AlertDraft, name: str) -> None:
    assert alerts.suggested_name(draft, {7: "Northcliff"}) == name


def test_a_draft_survives_being_saved(alice: User) -> None:
    with transaction():
        company = a_company()
        draft = AlertDraft("N", ("a",), ("b",), (company.id,), ("c",), ("d",), False)
        alert = alerts.create(alice.id, draft, NOW).alert
    assert AlertDraft.of(repository.get(alert.id, alice.id)) == draft


def test_every_part_is_checked_on_its_own(alice: User) -> None:
    draft = AlertDraft("x" * 201, ("***",), tuple(f"w{n}" for n in range(101)), (424242,), ("y" * 101,))
    found = alerts.problems(draft)
    assert set(found) == {"name", "keywords", "excluded_keywords", "company_ids", "locations"}
    assert all(sentence.endswith((".", "!")) for sentence in found.values())
    assert alerts.problems(AlertDraft(name="Nothing")).keys() == {""}
    assert alerts.problems(DRAFT) == {}


def test_nobody_collects_alerts_without_end(alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(alerts, "ALERTS_PER_USER", 2)
    for _ in range(2):
        with transaction():
            alerts.create(alice.id, DRAFT, NOW)
    with pytest.raises(Invalid, match="2 alerts already"), transaction():
        alerts.create(alice.id, DRAFT, NOW)


def test_a_conflict_names_the_parts_that_differ(alice: User) -> None:
    with transaction():
        alert = alerts.create(alice.id, DRAFT, NOW).alert
    with transaction():
        alerts.update(repository.get(alert.id, alice.id), replace(DRAFT, keywords=("golang",)), LATER, version=1)
    mine = replace(DRAFT, keywords=("rust",), locations=("Haifa",))
    with pytest.raises(ChangedMeanwhile) as conflict, transaction():
        alerts.update(repository.get(alert.id, alice.id), mine, LATER, version=1)
    assert conflict.value.fields == ["keywords", "locations"]
    assert "Title has any of, Places" in conflict.value.sentence


def test_only_one_of_many_tabs_wins_with_the_version_it_saw(app: Flask) -> None:
    with app.app_context(), transaction():
        owner = a_user().id
        alert_id = alerts.create(owner, DRAFT, NOW).alert.id

    def save(number: int) -> bool:
        with app.app_context():
            try:
                with transaction():
                    alert = repository.get(alert_id, owner, lock=True)
                    alerts.update(alert, replace(DRAFT, keywords=(f"word{number}",)), LATER, version=1)
                return True
            except ChangedMeanwhile:
                return False

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(save, range(12))) == 1


def test_the_same_form_posted_by_many_at_once_makes_one_alert(app: Flask) -> None:
    with app.app_context(), transaction():
        owner = a_user().id

    def post(_: int) -> int:
        with app.app_context(), transaction():
            return alerts.create(owner, DRAFT, NOW, form_key="k" * 20).alert.id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(post, range(50)))) == 1
    with app.app_context():
        assert repository.count_of(owner) == 1


def test_a_paused_alert_and_those_of_inactive_people_do_not_run(alice: User) -> None:
    with transaction():
        gone = a_user(is_active=False)
        running = alerts.create(alice.id, DRAFT, NOW).alert
        alerts.set_paused(alerts.create(alice.id, DRAFT, NOW).alert, True, NOW)
        alerts.create(gone.id, DRAFT, NOW)
    assert [alert.id for alert in repository.running()] == [running.id]


def test_a_stranger_finds_nothing(alice: User) -> None:
    with transaction():
        alert = alerts.create(alice.id, DRAFT, NOW, form_key="k" * 20).alert
        bob = a_user("bob@example.org")
    with pytest.raises(NotFound):
        repository.get(alert.id, owner=bob.id)
    assert repository.all_of(bob.id) == []
    assert repository.find_by_form_key("k" * 20, owner=bob.id) is None


TITLES = ["Backend Engineer", "Senior Backend Developer", "Backend Manager", "Designer", "Java Developer", "JavaScript"]
RULES = [
    AlertRule(1, keywords=("backend",)),
    AlertRule(1, keywords=("backend", "java"), excluded_keywords=("manager",)),
    AlertRule(1, locations=("Haifa",)),
    AlertRule(1, is_remote=True),
    AlertRule(1, excluded_keywords=("developer",)),
    AlertRule(1, keywords=("cobol",)),
]


@pytest.mark.parametrize("rule", RULES)
def test_preview_list_and_counts_agree_with_the_matcher(context: Flask, rule: AlertRule) -> None:
    with transaction():
        company = a_company()
        positions = [
            a_position(company, title, locations=[place], location=place, is_remote=remote)
            for title in TITLES
            for place, remote in (("Haifa, Israel", None), ("Berlin", True))
        ]
        a_position(company, "Backend Engineer", status="expired", expired_at=NOW)
    expected = {p.id for p in positions if match(rule, PositionFacts.of(p)).matched}
    preview = alert_preview.preview(rule)
    assert preview.count == len(expected)
    assert preview.looked_at == len(positions)
    assert not preview.capped
    assert {line.id for line in preview.positions} <= expected
    assert len(preview.positions) == min(5, len(expected))
    assert {found.position_id for found in alert_preview.matches_now(rule)} == expected
    assert alert_preview.counts_now([rule]) == ({1: len(expected)}, False)
    alone = {word.keyword: word.count for word in preview.keywords}
    for word in rule.keywords:
        facts = [PositionFacts.of(p) for p in positions]
        assert alone[word] == sum(match(AlertRule(2, keywords=(word,)), f).matched for f in facts)


def test_where_there_is_more_than_is_looked_at_the_count_says_so(
    context: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alert_preview, "LOOKED_AT", 3)
    with transaction():
        company = a_company()
        newest: list[JobPosition] = [
            a_position(company, f"Backend {n}", first_seen_at=NOW + timedelta(hours=n)) for n in range(4)
        ]
    preview = alert_preview.preview(RULES[0])
    assert (preview.count, preview.capped, preview.looked_at) == (3, True, 3)
    assert [line.id for line in preview.positions] == [p.id for p in reversed(newest[1:])]
    assert alert_preview.counts_now([RULES[0]]) == ({1: 3}, True)
