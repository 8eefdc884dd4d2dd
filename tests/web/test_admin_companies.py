"""Adding a company by its address, and removing the sample data."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import a_user
from tests.servers import Reply, ScriptedServer, Seen
from tests.web.admin_rows import a_board
from tests.web.conftest import HTMX, Person
from webapp.db import db, transaction
from webapp.models import Board, Company

Opener = Callable[[Person], FlaskClient]


@pytest.fixture
def admin(ada: Person, browser: Opener) -> FlaskClient:
    return browser(ada)


URL = "https://boards.greenhouse.io/harborlight"


CAREERS = "https://www.harborlight.example/careers"
GREENHOUSE = ("GET", "boards-api.greenhouse.io", "/v1/boards/harborlight/jobs")


@pytest.fixture
def web() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def settings(settings: dict[str, Any], web: ScriptedServer) -> dict[str, Any]:
    return {**settings, "OUTBOUND_ROUTES": web.routes, "OUTBOUND_RETRIES": 0}


def lists(web: ScriptedServer, rows: int, company: str = "Harborlight") -> None:
    """The board lists so many positions, and says whose it is."""
    job = {"company_name": company, "location": {"name": "Haifa"}}
    jobs = [
        {**job, "id": n, "title": f"Keeper <{n}>", "absolute_url": f"https://harborlight.example/{n}"}
        for n in range(rows)
    ]
    web.script[GREENHOUSE] = Reply.json({"jobs": jobs, "meta": {"total": rows}})


def careers_page(web: ScriptedServer, source: str) -> None:
    web.script[("GET", "www.harborlight.example", "/careers")] = Reply.html(source)


def field(page: str, name: str, number: int = 0) -> str:
    """The value of the `number`th hidden field of that name."""
    return html.unescape(re.findall(rf'type="hidden" name="{name}" value="([^"]*)"', page)[number])


def companies(app: Flask) -> list[str]:
    with app.app_context():
        return [company.name for company in db.session.query(Company).order_by(Company.name)]


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_looking_shows_what_the_board_lists_and_saves_nothing(
    app: Flask, admin: FlaskClient, web: ScriptedServer, headers: dict[str, str]
) -> None:
    lists(web, 9)
    answer = admin.post("/admin/companies/add", data={"careers_url": URL, "name": "Harborlight"}, headers=headers)
    assert answer.status_code == 200
    assert ("<html" in answer.text) == (not headers)
    assert "9 positions on Greenhouse" in answer.text
    assert "Keeper &lt;0&gt;" in answer.text
    assert "and 4 more" in answer.text
    assert "another company?" not in answer.text
    assert companies(app) == []


def test_any_careers_page_is_followed_to_its_board_and_saved_on_one_click(
    app: Flask, admin: FlaskClient, web: ScriptedServer
) -> None:
    careers_page(web, '<iframe src="https://boards.greenhouse.io/embed/job_board?for=harborlight"></iframe>')
    lists(web, 2, "Harborlight Ltd")
    page = admin.post("/admin/companies/add", data={"careers_url": CAREERS}).text
    assert "2 positions on Greenhouse" in page
    assert "found by a frame in www.harborlight.example/careers" in page
    assert "The board calls the company <b>Harborlight Ltd</b>" in page
    form = {name: field(page, name) for name in ("careers_url", "name", "board")}
    answer = admin.post("/admin/companies", data=form)
    assert answer.status_code == 303
    assert companies(app) == ["Harborlight Ltd"]
    with app.app_context():
        board = db.session.query(Board).one()
        assert (board.ats, board.board_key, board.scraping_config) == (
            "greenhouse",
            "harborlight",
            {"token": "harborlight"},
        )


def test_settings_that_only_the_page_holds_are_saved_with_the_board(
    app: Flask, admin: FlaskClient, web: ScriptedServer
) -> None:
    careers_page(web, '<script>COMEET.init({"token":"4F0B123C4D5E6F708090","company-uid":"4F.00B"})</script>')
    row = {"uid": "3B.41A", "name": "Keeper", "url_active_page": CAREERS + "/3B.41A"}
    web.script[("GET", "www.comeet.co", "/careers-api/2.0/company/4F.00B/positions")] = Reply.json([row])
    page = admin.post("/admin/companies/add", data={"careers_url": CAREERS, "name": "Harborlight"}).text
    assert "1 position on Comeet" in page
    form = {name: field(page, name) for name in ("careers_url", "name", "board")}
    assert admin.post("/admin/companies", data=form).status_code == 303
    with app.app_context():
        board = db.session.query(Board).one()
        assert board.scraping_config == {"uid": "4F.00B", "token": "4F0B123C4D5E6F708090", "careers_url": CAREERS}
        assert board.careers_url == CAREERS


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_several_boards_are_offered_and_the_chosen_one_is_shown(
    app: Flask, admin: FlaskClient, web: ScriptedServer, headers: dict[str, str]
) -> None:
    careers_page(
        web, '<a href="https://jobs.lever.co/harborlight">EU</a><a href="https://boards.greenhouse.io/x">US</a>'
    )
    page = admin.post("/admin/companies/add", data={"careers_url": CAREERS, "name": "Harborlight"}, headers=headers)
    assert page.status_code == 200
    assert "2 boards found" in page.text
    assert 'id="watch"' not in page.text
    assert web.paths() == ["www.harborlight.example/careers"]
    web.script[("GET", "api.lever.co", "/v0/postings/harborlight")] = Reply.json([])
    chosen = {
        "careers_url": field(page.text, "careers_url"),
        "name": field(page.text, "name"),
        "board": field(page.text, "board"),
    }
    shown = admin.post("/admin/companies/add", data=chosen, headers=headers).text
    assert "0 positions on Lever" in shown
    assert 'id="watch"' in shown
    assert field(shown, "board") == chosen["board"]
    assert companies(app) == []


def test_a_board_that_is_watched_already_is_marked_among_several(
    app: Flask, admin: FlaskClient, web: ScriptedServer
) -> None:
    admin.post("/admin/companies", data={"careers_url": URL, "name": "Harborlight"})
    careers_page(web, f'<a href="https://jobs.lever.co/harborlight">EU</a><a href="{URL}">US</a>')
    page = admin.post("/admin/companies/add", data={"careers_url": CAREERS}).text
    assert "watched: Harborlight" in page
    assert page.count("Look at this one") == 1


def test_a_board_of_another_company_is_warned_of(admin: FlaskClient, web: ScriptedServer) -> None:
    lists(web, 1, "Northwind")
    page = admin.post("/admin/companies/add", data={"careers_url": URL, "name": "Harborlight"}).text
    assert "another company?" in page
    assert "The board says that it is Northwind" in page


def test_no_database_connection_is_held_while_the_network_is_used(
    app: Flask, admin: FlaskClient, web: ScriptedServer
) -> None:
    held: list[int] = []

    def watched(reply: Reply) -> Any:
        def answer(_: Seen) -> Reply:
            held.append(engine.pool.checkedout())  # type: ignore[attr-defined]
            return reply

        return answer

    with app.app_context():
        engine = db.engine
    lists(web, 1)
    listed: Any = web.script[GREENHOUSE]
    page = Reply.html(f'<a href="{URL}">Jobs</a>')
    web.script |= {GREENHOUSE: watched(listed), ("GET", "www.harborlight.example", "/careers"): watched(page)}
    assert "1 position on" in admin.post("/admin/companies/add", data={"careers_url": CAREERS}).text
    assert held == [0, 0]


@pytest.mark.parametrize("path", ["/admin/companies/add", "/admin/companies"])
@pytest.mark.parametrize("board", ["nonsense", "WyJsZXZlciJd.AAAA", "x" * 20_000])
def test_a_board_that_we_did_not_find_ourselves_is_refused(
    app: Flask, admin: FlaskClient, web: ScriptedServer, path: str, board: str
) -> None:
    answer = admin.post(path, data={"careers_url": CAREERS, "board": board})
    assert answer.status_code == 422
    assert "This form is out of date" in answer.text
    assert companies(app) == []
    assert not web.seen


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
        ("https://example.org/jobs", "No job board was found. The address alone names no board"),
        ("javascript:alert(1)", "This is not the address of a web page."),
        ("https://[broken", "This is not the address of a web page."),
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


def test_a_board_that_cannot_be_read_says_why(app: Flask, admin: FlaskClient) -> None:
    answer = admin.post("/admin/companies/add", data={"careers_url": URL})
    assert answer.status_code == 422
    assert "boards-api.greenhouse.io answered 404: this page or board does not exist there" in answer.text
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
