"""Alert pages: every flow as page and as fragment, good and bad."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import NOW, a_company, a_position
from tests.web.conftest import HTMX, Person
from webapp.db import db, transaction
from webapp.models import Alert, AlertNotification
from webapp.repositories import alerts as repository

Browser = Callable[[Person], FlaskClient]


@pytest.fixture
def world(app: Flask) -> dict[str, int]:
    """Northcliff with two backend positions and a manager, Harborlight with a remote designer and an expired one."""
    with app.app_context(), transaction():
        northcliff, harborlight = a_company("Northcliff"), a_company("Harborlight")
        a_position(northcliff, "Backend Engineer")
        a_position(northcliff, "Senior Backend Engineer, Payments", location="Haifa", locations=["Haifa"])
        a_position(northcliff, "Backend Engineering Manager")
        a_position(harborlight, "Designer", is_remote=True, location="Berlin", locations=["Berlin, Germany"])
        a_position(harborlight, "Backend Engineer, gone", status="expired", expired_at=NOW)
        return {"northcliff": northcliff.id, "harborlight": harborlight.id}


def form(**fields: Any) -> dict[str, Any]:
    return {"name": "", "keywords": "backend", "excluded_keywords": "", "locations": "", "departments": "",
            "is_remote": "", "version": "1", "form_key": "k" * 32, **fields}  # fmt: skip


def an_alert(app: Flask, owner: Person, **fields: Any) -> int:
    values: dict[str, Any] = {"name": "Backend", "keywords": ["backend"], **fields}
    lists = {name: [] for name in ("excluded_keywords", "company_ids", "locations", "departments")}
    with app.app_context(), transaction():
        alert = Alert(user_id=owner.id, created_at=NOW, updated_at=NOW, **{**lists, **values})
        db.session.add(alert)
        db.session.flush()
        return alert.id


def stored(app: Flask, owner: Person) -> list[Alert]:
    with app.app_context():
        return repository.all_of(owner.id)


def field(html: str, name: str) -> str:
    """The contents of a textarea or the value of an input, as the browser would show it."""
    found = re.search(rf'<textarea[^>]*name="{name}"[^>]*>\n?(.*?)</textarea>', html, re.DOTALL) or re.search(
        rf'<input[^>]*name="{name}"[^>]*value="([^"]*)"', html
    )
    assert found, name
    return found[1].replace("&#34;", '"').replace("&amp;", "&")


def test_without_alerts_the_page_says_what_to_do_next(browser: Browser, alice: Person) -> None:
    html = browser(alice).get("/alerts").text
    assert "No alerts yet" in html
    assert 'href="/alerts/new"' in html


def test_an_alert_is_made_and_shows_what_it_matches_now(
    app: Flask, browser: Browser, alice: Person, world: dict[str, int]
) -> None:
    client = browser(alice)
    answer = client.post("/alerts", data=form(excluded_keywords="manager", locations="Tel Aviv, Haifa"))
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "Senior Backend Engineer, Payments" in page
    assert "Backend Engineering Manager" not in page
    assert "Backend Engineer, gone" not in page
    assert "2 open positions" in page
    (alert,) = stored(app, alice)
    assert (alert.name, alert.keywords, alert.locations) == (
        "Backend in Tel Aviv, Haifa",
        ["backend"],
        ["Tel Aviv", "Haifa"],
    )


def test_htmx_is_sent_to_the_new_alert_as_a_page(browser: Browser, alice: Person, world: dict[str, int]) -> None:
    answer = browser(alice).post("/alerts", data=form(), headers=HTMX)
    assert answer.status_code == 200
    assert re.fullmatch(r"/alerts/\d+", answer.headers["HX-Redirect"])


def test_a_form_posted_twice_makes_one_alert(app: Flask, browser: Browser, alice: Person) -> None:
    client = browser(alice)
    first, second = client.post("/alerts", data=form()), client.post("/alerts", data=form())
    assert first.location == second.location
    assert len(stored(app, alice)) == 1


def test_two_people_with_the_same_form_key_each_get_their_alert(
    app: Flask, browser: Browser, alice: Person, bob: Person
) -> None:
    for person in (alice, bob):
        assert browser(person).post("/alerts", data=form()).status_code == 303
        assert len(stored(app, person)) == 1


def test_an_alert_with_no_rule_is_refused_with_a_sentence(app: Flask, browser: Browser, alice: Person) -> None:
    answer = browser(alice).post("/alerts", data=form(keywords="", name="Everything"))
    assert answer.status_code == 422
    assert "at least one rule" in answer.text
    assert field(answer.text, "name") == "Everything"
    assert stored(app, alice) == []


def test_five_hundred_keywords_are_refused_and_none_is_lost(app: Flask, browser: Browser, alice: Person) -> None:
    typed = ", ".join(f"word{number}" for number in range(500))
    answer = browser(alice).post("/alerts", data=form(keywords=typed, excluded_keywords="manager"))
    assert answer.status_code == 422
    assert field(answer.text, "keywords") == typed
    assert field(answer.text, "excluded_keywords") == "manager"
    assert "These are 500 keywords" in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert stored(app, alice) == []


def test_every_wrong_part_gets_its_own_sentence(browser: Browser, alice: Person) -> None:
    answer = browser(alice).post(
        "/alerts", data=form(keywords="***", locations="!!!", name="x" * 300, company_ids=["999999"])
    )
    assert answer.status_code == 422
    for name in ("keywords", "locations", "name", "company_ids"):
        assert f'id="{name}-error"' in answer.text, name


def test_hostile_text_comes_back_as_text(browser: Browser, alice: Person) -> None:
    hostile = '</textarea><img src=x onerror=alert(1)> "><script>alert(1)</script>'
    answer = browser(alice).post("/alerts", data=form(keywords=hostile, name=hostile, locations="***"))
    assert answer.status_code == 422
    assert "<img" not in answer.text
    assert "<script>alert" not in answer.text


def test_the_preview_counts_with_the_rules_that_will_be_sent(
    browser: Browser, alice: Person, world: dict[str, int]
) -> None:
    client = browser(alice)
    answer = client.post("/alerts/preview", data=form(keywords="backend, designer, golang"), headers=HTMX)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "4 open" in answer.text
    counts = dict(re.findall(r"<li><span>(\w+)</span><span class=\"num\">(\d+)</span>", answer.text))
    assert counts == {"backend": "3", "designer": "1"}
    assert "in no title" in answer.text
    assert "1 open" in client.post("/alerts/preview", data=form(keywords="", is_remote="yes"), headers=HTMX).text
    only = form(company_ids=[str(world["harborlight"])])
    assert "0 open" in client.post("/alerts/preview", data=only, headers=HTMX).text


def test_the_preview_says_calmly_what_cannot_be_counted(browser: Browser, alice: Person) -> None:
    answer = browser(alice).post("/alerts/preview", data=form(keywords="***"), headers=HTMX)
    assert answer.status_code == 200
    assert "***" in answer.text


def test_without_javascript_a_button_previews_and_saves_nothing(
    app: Flask, browser: Browser, alice: Person, world: dict[str, int]
) -> None:
    client = browser(alice)
    answer = client.post("/alerts", data=form(preview="1", name="Mine"))
    assert answer.status_code == 200
    assert "<html" in answer.text
    assert "3 open" in answer.text
    assert field(answer.text, "name") == "Mine"
    assert field(answer.text, "form_key") == "k" * 32
    assert stored(app, alice) == []


def test_the_form_is_prefilled_from_a_search(browser: Browser, alice: Person, world: dict[str, int]) -> None:
    answer = browser(alice).get(
        "/alerts/new",
        query_string={
            "keywords": "backend",
            "locations": "Tel Aviv, Israel",
            "departments": "R&D",
            "company_ids": str(world["northcliff"]),
            "is_remote": "1",
        },
    )
    html = answer.text
    assert field(html, "keywords") == "backend"
    assert field(html, "locations") == '"Tel Aviv, Israel"'
    assert field(html, "departments") == "R&D"
    assert re.search(rf'value="{world["northcliff"]}" checked', html)
    assert re.search(r'name="is_remote" value="yes" checked', html)
    assert "0 open" in html, "a filled form shows its preview at once"


@pytest.mark.parametrize("bad", ["abc", "-1", "9" * 30, "²", "1e3"])
def test_a_company_number_that_is_none_is_left_out(browser: Browser, alice: Person, bad: str) -> None:
    client = browser(alice)
    assert client.get("/alerts/new", query_string={"company_ids": bad, "keywords": "x"}).status_code == 200
    assert client.post("/alerts/preview", data=form(company_ids=[bad]), headers=HTMX).status_code == 200


def test_editing_keeps_what_was_typed_and_saves_it(app: Flask, browser: Browser, alice: Person) -> None:
    alert_id = an_alert(app, alice, keywords=['"software engineer, backend"', "python"])
    client = browser(alice)
    html = client.get(f"/alerts/{alert_id}/edit").text
    assert field(html, "keywords") == '"software engineer, backend", python'
    answer = client.post(f"/alerts/{alert_id}", data=form(name="Renamed", keywords="golang"))
    assert answer.status_code == 303
    (alert,) = stored(app, alice)
    assert (alert.name, alert.keywords, alert.version) == ("Renamed", ["golang"], 2)


def test_the_slower_of_two_tabs_is_told_what_changed_and_loses_nothing(
    app: Flask, browser: Browser, alice: Person
) -> None:
    alert_id = an_alert(app, alice)
    client = browser(alice)
    client.post(f"/alerts/{alert_id}", data=form(name="Backend", keywords="golang"))
    answer = client.post(f"/alerts/{alert_id}", data=form(name="Backend", keywords="rust", locations="Haifa"))
    assert answer.status_code == 409
    assert "changed meanwhile" in answer.text
    assert "golang" in answer.text, "what is saved now"
    assert field(answer.text, "keywords") == "rust"
    assert field(answer.text, "locations") == "Haifa"
    assert stored(app, alice)[0].keywords == ["golang"]
    again = client.post(
        f"/alerts/{alert_id}",
        data=form(name="Backend", keywords="rust", locations="Haifa", version=field(answer.text, "version")),
    )
    assert again.status_code == 303
    assert stored(app, alice)[0].keywords == ["rust"]


def test_saving_the_same_again_from_an_old_tab_is_no_conflict(app: Flask, browser: Browser, alice: Person) -> None:
    alert_id = an_alert(app, alice)
    client = browser(alice)
    for _ in range(2):
        assert client.post(f"/alerts/{alert_id}", data=form(name="B", keywords="golang")).status_code == 303
    assert stored(app, alice)[0].version == 2


def test_pause_and_resume_answer_browsers_with_the_list_and_htmx_with_the_row(
    app: Flask, browser: Browser, alice: Person
) -> None:
    alert_id = an_alert(app, alice)
    client = browser(alice)
    answer = client.post(f"/alerts/{alert_id}/pause")
    assert (answer.status_code, answer.location) == (303, "/alerts")
    assert "paused" in client.get("/alerts").text
    assert stored(app, alice)[0].is_paused
    answer = client.post(f"/alerts/{alert_id}/resume", headers=HTMX)
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith(f'<article class="item alert-item" id="alert-{alert_id}"')
    assert "<html" not in answer.text
    assert "running again" in answer.text
    assert not stored(app, alice)[0].is_paused
    assert client.post(f"/alerts/{alert_id}/pause", data={"from": "show"}).location == f"/alerts/{alert_id}"


def test_a_copy_is_paused_and_opens_for_editing(app: Flask, browser: Browser, alice: Person) -> None:
    alert_id = an_alert(app, alice, locations=["Haifa"])
    answer = browser(alice).post(f"/alerts/{alert_id}/duplicate")
    assert answer.status_code == 303
    assert answer.location.endswith("/edit")
    copied = next(alert for alert in stored(app, alice) if alert.id != alert_id)
    assert (copied.name, copied.is_paused, copied.locations) == ("Copy of Backend", True, ["Haifa"])


def test_deleting_asks_first_and_takes_the_notifications_along(app: Flask, browser: Browser, alice: Person) -> None:
    alert_id = an_alert(app, alice)
    with app.app_context(), transaction():
        position = a_position(a_company())
        db.session.add(
            AlertNotification(
                alert_id=alert_id, job_position_id=position.id, user_id=alice.id, matched_at=NOW, receipt=[]
            )
        )
    client = browser(alice)
    page = client.get(f"/alerts/{alert_id}/delete")
    assert "cannot be undone" in page.text
    assert len(stored(app, alice)) == 1
    answer = client.post(f"/alerts/{alert_id}/delete")
    assert (answer.status_code, answer.location) == (303, "/alerts")
    assert stored(app, alice) == []
    assert client.get(f"/alerts/{alert_id}").status_code == 404


def test_matches_are_paged_and_htmx_gets_only_the_list(app: Flask, browser: Browser, alice: Person) -> None:
    with app.app_context(), transaction():
        company = a_company()
        for number in range(30):
            a_position(company, f"Backend Engineer {number}")
    alert_id = an_alert(app, alice)
    client = browser(alice)
    page = client.get(f"/alerts/{alert_id}")
    assert page.text.count('class="row"') == 25
    assert "30 open positions" in page.text
    rest = client.get(f"/alerts/{alert_id}?page=2", headers=HTMX)
    assert "<html" not in rest.text
    assert rest.text.count('class="row"') == 5
    for odd in ("0", "-3", "abc", "9" * 40):
        assert client.get(f"/alerts/{alert_id}?page={odd}").status_code == 200


def test_a_match_shows_the_words_that_decided(
    app: Flask, browser: Browser, alice: Person, world: dict[str, int]
) -> None:
    alert_id = an_alert(app, alice, company_ids=[world["northcliff"]], excluded_keywords=["manager"])
    html = browser(alice).get(f"/alerts/{alert_id}").text
    assert "title <mark>Backend</mark>" in html
    assert "a company you chose" in html
    assert f"<mark>{world['northcliff']}</mark>" not in html


def test_the_list_tells_counts_and_when_it_last_told(
    app: Flask, browser: Browser, alice: Person, world: dict[str, int]
) -> None:
    an_alert(app, alice)
    an_alert(app, alice, name="Nothing", keywords=["cobol"])
    html = browser(alice).get("/alerts").text
    assert "3 open positions match now" in html
    assert "0 open positions match now" in html
    assert "has told you nothing yet" in html


STRANGERS_PATHS = [
    ("GET", "/alerts/{id}"),
    ("GET", "/alerts/{id}/edit"),
    ("GET", "/alerts/{id}/delete"),
    ("POST", "/alerts/{id}"),
    ("POST", "/alerts/{id}/pause"),
    ("POST", "/alerts/{id}/resume"),
    ("POST", "/alerts/{id}/duplicate"),
    ("POST", "/alerts/{id}/delete"),
]


@pytest.mark.parametrize(("method", "path"), STRANGERS_PATHS)
def test_a_stranger_gets_404_and_changes_nothing(
    app: Flask, browser: Browser, alice: Person, bob: Person, ada: Person, method: str, path: str
) -> None:
    alert_id = an_alert(app, alice)
    for person in (bob, ada):
        answer = browser(person).open(path.format(id=alert_id), method=method, data=form(keywords="stolen"))
        assert answer.status_code == 404
        assert "Backend" not in answer.text
    (alert,) = stored(app, alice)
    assert (alert.keywords, alert.is_paused, alert.version) == (["backend"], False, 1)


@pytest.mark.parametrize(
    ("method", "path"), [*STRANGERS_PATHS, ("GET", "/alerts"), ("POST", "/alerts"), ("POST", "/alerts/preview")]
)
def test_a_visitor_is_sent_to_log_in(app: Flask, client: FlaskClient, alice: Person, method: str, path: str) -> None:
    answer = client.open(path.format(id=an_alert(app, alice)), method=method, data=form())
    assert answer.status_code == 302
    assert answer.location.startswith("/login")
    assert len(stored(app, alice)) == 1


def test_a_list_never_shows_the_alerts_of_somebody_else(
    app: Flask, browser: Browser, alice: Person, bob: Person
) -> None:
    an_alert(app, alice, name="Secret wish")
    assert "Secret wish" not in browser(bob).get("/alerts").text
