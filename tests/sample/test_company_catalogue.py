"""Companies are added by the address of their board, once, with sentences that help where that is not possible."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from flask import Flask

from tests.rows import a_company
from webapp.db import db, transaction
from webapp.errors import Conflict, Invalid, NotFound
from webapp.models import Company
from webapp.repositories import companies
from webapp.scrapers import recognise
from webapp.services import company_catalogue as catalogue

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ACME = "https://boards.greenhouse.io/acme-labs"
ROOT = Path(__file__).parents[2]
FACTS = ROOT.parent / "shared" / "ats" / "companies.yaml"


def test_an_address_becomes_a_company_with_a_board_that_is_due(app: Flask) -> None:
    with app.app_context(), transaction():
        board = catalogue.add(f"{ACME}/jobs/123?gh_src=x", None, NOW)
        assert (board.ats, board.board_key, board.scraping_config) == (
            "greenhouse",
            "acme-labs",
            {"token": "acme-labs"},
        )
        assert board.is_enabled
        assert board.next_scrape_at == NOW
        assert (board.company.name, board.company.slug) == ("Acme Labs", "acme-labs")
        assert not board.company.is_sample


def test_the_same_board_is_not_added_twice_whatever_its_address_looks_like(app: Flask) -> None:
    with app.app_context():
        with transaction():
            catalogue.add(ACME, "Acme", NOW)
        with pytest.raises(Conflict, match="belongs to Acme"), transaction():
            catalogue.add("https://boards-api.greenhouse.io/v1/boards/Acme-Labs/jobs", "Other", NOW)
        assert [company.name for company in companies.all_with_boards()] == ["Acme"]


def test_adding_a_board_that_is_switched_off_switches_it_on(app: Flask) -> None:
    with app.app_context():
        with transaction():
            catalogue.add(ACME, "Acme", NOW, enabled=False)
        later = NOW + timedelta(days=1)
        with transaction():
            board = catalogue.add(ACME, None, later)
            assert board.is_enabled
            assert board.next_scrape_at == later
            assert board.company.name == "Acme"


def test_a_second_board_of_the_same_name_belongs_to_the_same_company(app: Flask) -> None:
    with app.app_context():
        with transaction():
            catalogue.add(ACME, "Acme", NOW)
            catalogue.add("https://jobs.lever.co/acme", " acme ", NOW)
            catalogue.add("https://jobs.lever.co/unnamed", None, NOW)
        assert [len(company.boards) for company in companies.all_with_boards()] == [2, 1]


def test_companies_of_like_names_get_slugs_of_their_own(app: Flask) -> None:
    with app.app_context(), transaction():
        slugs = [
            catalogue.add(f"https://jobs.lever.co/s{number}", name, NOW).company.slug
            for number, name in enumerate(["Café & Co", "Cafe Co", "café co!", "חברה", "公司", "-" * 10])
        ]
    assert slugs == ["cafe-co", "cafe-co-2", "cafe-co-3", "company", "company-2", "company-3"]


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://example.com/careers", "do not recognise this address yet"),
        ("https://clever.co/acme", "do not recognise"),
        ("", "Give the address"),
        ("   ", "Give the address"),
        ("javascript:alert(1)", "do not recognise"),
        ("https://jobs.lever.co/" + "a" * 3000, "too long"),
        ("https://boards.greenhouse.io/a\x00b", "do not recognise"),
    ],
)
def test_an_address_we_cannot_read_is_refused_with_a_sentence(app: Flask, url: str, says: str) -> None:
    with app.app_context():
        with pytest.raises(Invalid, match=says) as refused, transaction():
            catalogue.add(url, "Acme", NOW)
        assert refused.value.field == "careers_url"
        assert not companies.any_exists()


def test_an_unknown_address_is_told_what_is_supported() -> None:
    with pytest.raises(Invalid, match=r"Greenhouse.*Lever"):
        catalogue.recognised("https://example.com/careers")


@pytest.mark.parametrize(
    ("extra", "field"),
    [
        ({"name": "x" * 201}, "name"),
        ({"homepage_url": "javascript:alert(1)"}, "homepage"),
        ({"homepage_url": 'https://a.example/"><script>'}, "homepage"),
        ({"country_code": "Israel"}, "country"),
        ({"sector": "x" * 121}, "sector"),
    ],
)
def test_values_that_cannot_be_used_are_refused_by_field(app: Flask, extra: dict[str, str], field: str) -> None:
    with app.app_context():
        with pytest.raises(Invalid) as refused, transaction():
            catalogue.add(**{"careers_url": ACME, "name": "Acme", "now": NOW, **extra})  # type: ignore[arg-type]
        assert refused.value.field == field
        assert not companies.any_exists()


def test_names_lose_what_cannot_be_seen() -> None:
    assert catalogue.clean_name("  Ac\u202eme\u0000\n Labs\u200b ") == "Ac me Labs"
    assert catalogue.clean_name("e\u0301") == "é"


def test_switching_on_makes_a_board_due_and_switching_off_forgets_a_wish(app: Flask) -> None:
    with app.app_context(), transaction():
        board = catalogue.add(ACME, "Acme", NOW)
        board.rescrape_requested_at = NOW
        assert catalogue.set_enabled(board, False, NOW)
        assert board.rescrape_requested_at is None
        assert not catalogue.set_enabled(board, False, NOW)
        assert catalogue.set_enabled(board, True, NOW + timedelta(hours=1))
        assert board.next_scrape_at == NOW + timedelta(hours=1)


def test_renaming_keeps_the_slug(app: Flask) -> None:
    with app.app_context(), transaction():
        company = catalogue.add(ACME, "Acme", NOW).company
        catalogue.rename(company, " Ajax\n Labs ")
        assert (company.name, company.slug) == ("Ajax Labs", "acme")
        with pytest.raises(Invalid):
            catalogue.rename(company, " \u200b ")


def test_a_removed_company_takes_its_boards_along_and_its_id_is_never_used_again(app: Flask) -> None:
    with app.app_context():
        with transaction():
            company = catalogue.add(ACME, "Acme", NOW).company
            old_id = company.id
            catalogue.remove(company)
        assert companies.find_board("greenhouse", "acme-labs") is None
        with pytest.raises(NotFound):
            companies.by_slug("acme")
        with transaction():
            assert catalogue.add(ACME, "Acme", NOW).company_id > old_id


def test_companies_are_found_by_slug_whatever_its_case(app: Flask) -> None:
    with app.app_context(), transaction():
        company = a_company("Northcliff")
        assert companies.by_slug(company.slug.upper()) == company
        assert companies.get(company.id) == company
        with pytest.raises(NotFound):
            companies.get(company.id + 1)


def test_the_starter_list_is_loaded_once_and_switched_off(app: Flask) -> None:
    with app.app_context():
        with transaction():
            catalogue.add("https://jobs.lever.co/spotify", "Our Spotify", NOW)
            added = catalogue.load_starter(NOW)
        everyone = companies.all_with_boards()
        assert added == len(catalogue.starter_entries()) - 1
        assert [company.name for company in everyone if company.boards[0].is_enabled] == ["Our Spotify"]
        with transaction():
            assert catalogue.load_starter(NOW) == 0
        assert db.session.query(Company).count() == added + 1


def test_the_starter_list_is_readable_without_doubles_and_covers_what_it_should() -> None:
    entries = catalogue.starter_entries()
    assert len(entries) >= 60
    boards = [recognise(entry["careers_url"]) for entry in entries]
    assert all(boards), [entry for entry, board in zip(entries, boards, strict=True) if board is None]
    keys = [(found[0], found[1].key) for found in boards if found]
    assert len(set(keys)) == len(keys)
    assert len({catalogue.slug_of(entry["name"]) for entry in entries}) == len(entries)
    assert {ats for ats, _ in keys} == {"greenhouse", "comeet", "workday", "lever", "ashby"}
    assert sum(ats == "comeet" for ats, _ in keys) >= 25
    assert all(set(entry) <= {"name", "careers_url", "country", "sector", "homepage"} for entry in entries)
    assert all(entry.get("homepage", "https://").startswith("https://") for entry in entries)


@pytest.mark.skipif(not FACTS.exists(), reason="the collected facts are not here")
def test_every_company_of_the_starter_list_is_evidenced() -> None:
    facts = {entry["careers_url"]: entry for entry in yaml.safe_load(FACTS.read_text())["companies"]}
    entries = catalogue.starter_entries()
    assert [e["name"] for e in entries if facts.get(e["careers_url"], {}).get("name") != e["name"]] == []
    assert sum(bool(facts[entry["careers_url"]].get("il")) for entry in entries) >= 25
    assert {facts[entry["careers_url"]]["certainty"] for entry in entries} <= {"high", "medium"}
