"""Adding a company by its address, and removing the sample data."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import a_user
from tests.web.admin_rows import a_board, a_posting
from tests.web.conftest import HTMX, Person
from webapp import tasks
from webapp.db import db, transaction
from webapp.errors import Gone
from webapp.models import Board, Company
from webapp.services import scraping
from webapp.values import Listing

Opener = Callable[[Person], FlaskClient]


@pytest.fixture
def admin(ada: Person, browser: Opener) -> FlaskClient:
    return browser(ada)


URL = "https://boards.greenhouse.io/harborlight"


@pytest.fixture
def listing(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Any]]:
    """What reading a board comes to: put a Listing or an exception here."""
    results: list[Any] = []

    def preview(ats: str, config: Any, door: Any) -> Listing:
        result = results[0]
        if isinstance(result, Exception):
            raise result
        return result

    monkeypatch.setattr(scraping, "preview", preview)
    monkeypatch.setattr(tasks, "door", lambda: None)
    return results


def companies(app: Flask) -> list[str]:
    with app.app_context():
        return [company.name for company in db.session.query(Company).order_by(Company.name)]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_looking_shows_what_the_board_lists_and_saves_nothing(
    app: Flask, admin: FlaskClient, listing: list[Any], headers: dict[str, str]
) -> None:
    listing.append(Listing(tuple(a_posting(f"{n}", f"Keeper <{n}>") for n in range(9)), complete=True))
    answer = admin.post("/admin/companies/add", data={"careers_url": URL, "name": "Harborlight"}, headers=headers)
    assert answer.status_code == 200
    assert ("<html" in answer.text) == (not headers)
    assert "9 positions on" in answer.text
    assert "Keeper &lt;0&gt;" in answer.text
    assert "and 3 more" in answer.text
    assert companies(app) == []


def test_saving_adds_the_company_and_shows_its_board(app: Flask, admin: FlaskClient) -> None:
    answer = admin.post("/admin/companies", data={"careers_url": URL, "name": "Harborlight"})
    assert answer.status_code == 303
    assert companies(app) == ["Harborlight"]
    assert "Harborlight was added and will be read now." in admin.get(answer.headers["Location"]).text


def test_saving_it_twice_names_the_one_that_is_there(app: Flask, admin: FlaskClient) -> None:
    admin.post("/admin/companies", data={"careers_url": URL, "name": "Harborlight"})
    again = admin.post("/admin/companies", data={"careers_url": URL, "name": "Copy"})
    assert again.status_code == 422
    assert "Harborlight" in again.text
    assert companies(app) == ["Harborlight"]


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "Give the address"),
        ("https://example.org/jobs", "We do not recognise this address yet"),
        ("javascript:alert(1)", "We do not recognise this address yet"),
        ("https://[broken", "We do not recognise this address yet"),
    ],
)
@pytest.mark.parametrize("headers", [{}, HTMX])
def test_an_address_that_names_no_board_is_refused_and_kept(
    app: Flask, admin: FlaskClient, url: str, words: str, headers: dict[str, str]
) -> None:
    answer = admin.post("/admin/companies/add", data={"careers_url": url, "name": "Kept"}, headers=headers)
    assert answer.status_code == 422
    assert words in answer.text
    assert 'value="Kept"' in answer.text
    assert 'aria-invalid="true"' in answer.text


def test_looking_at_a_board_that_is_here_already_names_its_company(app: Flask, admin: FlaskClient) -> None:
    admin.post("/admin/companies", data={"careers_url": URL, "name": "Harborlight"})
    answer = admin.post("/admin/companies/add", data={"careers_url": URL})
    assert answer.status_code == 422
    assert "it belongs to Harborlight" in answer.text


def test_a_board_that_cannot_be_read_says_why(app: Flask, admin: FlaskClient, listing: list[Any]) -> None:
    listing.append(Gone("There is no board called harborlight on Greenhouse.", status=404))
    answer = admin.post("/admin/companies/add", data={"careers_url": URL})
    assert answer.status_code == 422
    assert "There is no board called harborlight on Greenhouse." in answer.text
    assert companies(app) == []


# --- sample data ----------------------------------------------------------------------------------------------------


def test_removing_the_sample_data_asks_and_leaves_the_rest(app: Flask, admin: FlaskClient) -> None:
    with app.app_context(), transaction():
        a_board("Real")
        a_board("Sample", is_sample=True)
        a_user("demo@sample.test", is_sample=True)
    question = admin.get("/admin/sample-data").text
    assert "1 sample company" in question
    assert companies(app) == ["Real", "Sample"]
    assert admin.post("/admin/sample-data").status_code == 303
    assert companies(app) == ["Real"]
    assert "There is no sample data here" in admin.get("/admin/sample-data").text


def test_a_first_admin_can_start_from_the_known_companies_without_a_terminal(app: Flask, admin: FlaskClient) -> None:
    answer = admin.post("/admin/companies/starter")
    assert answer.headers["Location"] == "/admin/boards?show=off"
    known = len(companies(app))
    assert known > 60
    assert f"{known} companies were added, switched off." in admin.get("/admin/boards?show=off").text
    admin.post("/admin/companies/starter")
    assert len(companies(app)) == known
    with app.app_context():
        assert not db.session.query(Board).filter(Board.is_enabled).count()
