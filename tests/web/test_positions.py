"""The positions list, its search, and one position with its history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.rows import a_company, a_position
from tests.web.conftest import HTMX, Person
from webapp import clock
from webapp.db import db, transaction
from webapp.models import Company, JobPosition, PositionEvent, User, UserJobApplication
from webapp.text import padded

Open = Callable[[Person], FlaskClient]
NOW = clock.utcnow()


def position(company: Company, title: str, **columns: Any) -> JobPosition:
    """A position as the lifecycle would store it."""
    places = columns.get("locations", ["Tel Aviv, Israel"])
    columns = {"location": places[0] if places else "", "locations": places, "first_seen_at": NOW, **columns}
    text = padded(" ".join((title, company.name, *places, columns.get("department", ""))))
    return a_position(company, title, title_norm=padded(title), search_text=text, **columns)


@pytest.fixture
def world(app: Flask) -> dict[str, int]:
    """Two companies and a few positions; name to id."""
    with app.app_context(), transaction():
        north, olive = a_company("Northcliff"), a_company("Olivetree")
        rows = {
            "backend": position(north, "Senior Backend Engineer", department="Engineering", workplace_type="hybrid"),
            "frontend": position(north, "Front-end Engineer", locations=["Berlin, Germany"], workplace_type="onsite"),
            "manager": position(olive, "Engineering Manager", locations=["Remote"], is_remote=True),
            "israel": position(olive, "Country Manager Israel", locations=["London, UK"]),
            "cafe": position(olive, "Café Chef", locations=["München, Germany"], department="Food"),
            "gone": position(
                olive,
                "Gone Engineer",
                status="expired",
                missing_since=NOW - timedelta(days=2),
                expired_at=NOW - timedelta(days=1),
                last_seen_at=NOW - timedelta(days=3),
            ),
        }
        return {name: row.id for name, row in rows.items()} | {"Northcliff": north.id, "Olivetree": olive.id}


def found(page: str, world: dict[str, int]) -> set[str]:
    return {name for name, row_id in world.items() if name.islower() and f'id="position-{row_id}"' in page}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"backend", "frontend", "manager", "israel", "cafe"}),
        ("q=engineer", {"backend", "frontend"}),
        ("q=ENGINEER+-backend", {"frontend"}),
        ("q=frontend", set()),
        ("q=front+end", {"frontend"}),
        ("q=%22backend+engineer%22", {"backend"}),
        ("q=%22engineer+backend%22", set()),
        ("q=-%22front+end%22+engineer", {"backend"}),
        ("q=engineer*", {"backend", "frontend", "manager"}),
        ("q=engin*", {"backend", "frontend", "manager"}),
        ("q=cafe+munchen", {"cafe"}),
        ("q=olivetree", {"manager", "israel", "cafe"}),
        ("q=+-+%2F+", {"backend", "frontend", "manager", "israel", "cafe"}),
        ("q=%25", {"backend", "frontend", "manager", "israel", "cafe"}),
        ("q=%27%3B+DROP+TABLE+users", set()),
        ("place=israel", {"backend"}),
        ("place=germany", {"frontend", "cafe"}),
        ("department=Food", {"cafe"}),
        ("department=food", set()),
        ("workplace=remote", {"manager"}),
        ("workplace=hybrid", {"backend"}),
        ("workplace=nonsense", {"backend", "frontend", "manager", "israel", "cafe"}),
        ("status=expired", {"gone"}),
        ("status=all&q=engineer", {"backend", "frontend", "gone"}),
        ("company=99999999999999999999", set()),
        ("company=abc", {"backend", "frontend", "manager", "israel", "cafe"}),
        ("page=abc", {"backend", "frontend", "manager", "israel", "cafe"}),
        ("page=-5", {"backend", "frontend", "manager", "israel", "cafe"}),
        ("since=1", {"backend", "frontend", "manager", "israel", "cafe"}),
    ],
)
def test_the_search_finds(browser: Open, alice: Person, world: dict[str, int], query: str, expected: set[str]) -> None:
    client = browser(alice)
    page = client.get(f"/positions?{query}")
    assert page.status_code == 200
    assert found(page.text, world) == expected
    part = client.get(f"/positions?{query}", headers=HTMX)
    assert found(part.text, world) == expected, "htmx sees the same"
    assert "<html" in page.text
    assert "<html" not in part.text
    assert "HX-Request" in part.headers["Vary"]


def test_going_back_asks_for_the_page_and_not_for_a_part(browser: Open, alice: Person) -> None:
    headers = {**HTMX, "HX-History-Restore-Request": "true"}
    assert "<html" in browser(alice).get("/positions", headers=headers).text


def test_one_company_only(browser: Open, alice: Person, world: dict[str, int]) -> None:
    page = browser(alice).get(f"/positions?company={world['Northcliff']}")
    assert found(page.text, world) == {"backend", "frontend"}


def test_the_search_stays_in_the_form_and_in_the_address(browser: Open, alice: Person, world: dict[str, int]) -> None:
    client = browser(alice)
    page = client.get("/positions?q=engineer+-manager&place=berlin&status=all")
    assert 'value="engineer -manager"' in page.text
    assert 'value="berlin"' in page.text
    part = client.get("/positions?q=chef&place=&company=&department=&workplace=&since=&status=open", headers=HTMX)
    assert part.headers["HX-Push-Url"] == "/positions?q=chef"


def test_a_search_becomes_an_alert(browser: Open, alice: Person, world: dict[str, int]) -> None:
    page = browser(alice).get('/positions?q=chef+-"sous+chef"&place=Berlin&department=Food&workplace=remote')
    wanted = "/alerts/new?keywords=chef&amp;excluded_keywords=%22sous+chef%22&amp;locations=Berlin&amp;departments=Food"
    assert wanted + "&amp;is_remote=1" in page.text


def test_a_word_that_cannot_be_searched_for_is_said_and_the_rest_is_found(
    browser: Open, alice: Person, world: dict[str, int]
) -> None:
    page = browser(alice).get("/positions?q=chef+en*gin")
    assert "star" in page.text
    assert found(page.text, world) == {"cafe"}


@pytest.mark.parametrize("query", ["%25", "%F0%9F%99%82", "*", "-"])
def test_a_search_without_any_word_says_why_everything_is_shown(
    browser: Open, alice: Person, world: dict[str, int], query: str
) -> None:
    page = browser(alice).get(f"/positions?q={query}").text
    assert "neither a letter nor a digit" in page
    assert len(found(page, world)) == 5


def test_nothing_found_says_what_to_do(browser: Open, alice: Person, world: dict[str, int]) -> None:
    page = browser(alice).get("/positions?q=astronaut")
    assert "No position matches" in page.text
    assert "/alerts/new?keywords=astronaut" in page.text


def test_an_empty_site_says_what_to_do(browser: Open, alice: Person, ada: Person) -> None:
    assert "No company is watched yet" in browser(alice).get("/positions").text
    assert "/admin/boards" in browser(ada).get("/positions").text


def test_pages_follow_each_other_newest_first_and_hold_each_position_once(
    app: Flask, browser: Open, alice: Person
) -> None:
    with app.app_context(), transaction():
        company = a_company()
        # Three share a moment, across the border of the first page.
        ids = [
            position(company, f"Engineer {n}", first_seen_at=NOW - timedelta(minutes=min(n, 24) if n < 27 else n)).id
            for n in range(60)
        ]
    client = browser(alice)
    seen: list[int] = []
    address, texts = "/positions?q=engineer", []
    for _ in range(3):
        page = client.get(address).text
        texts.append(page)
        import re

        seen += [int(number) for number in re.findall(r'id="position-(\d+)"', page)]
        following = re.search(r'rel="next"[^>]*href="([^"]+)"', page)
        address = following[1].replace("&amp;", "&") if following else ""
    assert sorted(seen) == sorted(ids)
    assert "Showing 1–25 of 60" in texts[0]
    assert "Showing 51–60 of 60" in texts[2]
    assert address == ""
    beyond = client.get("/positions?q=engineer&page=99")
    assert (beyond.status_code, beyond.headers["Location"]) == (303, "/positions?q=engineer&page=3")


def test_beyond_a_thousand_the_count_is_honest(app: Flask, browser: Open, alice: Person) -> None:
    with app.app_context(), transaction():
        company = a_company()
        first = position(company, "Engineer")
        columns = {c.name: getattr(first, c.name) for c in JobPosition.__table__.columns if c.name != "id"}
        rows = [{**columns, "external_id": f"x{n}"} for n in range(1000)]
        db.session.execute(JobPosition.__table__.insert(), rows)
    page = browser(alice).get("/positions?q=engineer").text
    assert "<b>1,000+</b>" in page
    assert "Showing 1–25 of 1,000+" in page
    assert browser(alice).get("/positions?q=engineer&page=41").status_code == 200


def test_one_position_is_called_one_position(app: Flask, browser: Open, alice: Person) -> None:
    with app.app_context(), transaction():
        position(a_company(), "Engineer")
    page = browser(alice).get("/positions").text
    assert "1 open position ·" in page
    assert "<b>1</b> position" in page


def test_badges_say_in_words_what_is_special(app: Flask, browser: Open, alice: Person) -> None:
    with app.app_context(), transaction():
        user = db.session.get(User, alice.id)
        assert user is not None
        user.previous_visit_at = NOW - timedelta(hours=2)
        user.last_visit_at = NOW
        company = a_company()
        position(company, "Fresh", first_seen_at=NOW - timedelta(hours=1))
        position(company, "Older", first_seen_at=NOW - timedelta(hours=3))
        position(company, "Baseline", first_seen_at=NOW - timedelta(hours=1), is_baseline=True)
        position(company, "Unsure", missing_since=NOW, last_seen_at=NOW - timedelta(days=3), is_baseline=True)
        before = position(company, "Before", is_baseline=True)
        position(company, "Again", repost_of_id=before.id, first_seen_at=NOW - timedelta(hours=1))
        mine = position(company, "Mine", is_baseline=True)
        db.session.add(
            UserJobApplication(
                user_id=alice.id,
                job_position_id=mine.id,
                status="applied",
                title="Mine",
                company_name="N",
                posting={},
                created_at=NOW,
                updated_at=NOW,
            )
        )
    client = browser(alice)
    text = client.get("/positions").text
    assert text.count(">new</span>") == 1
    assert text.count(">unconfirmed</span>") == 1
    assert "last confirmed <time" in text
    assert text.count(">reposted</span>") == 1
    assert text.count(">you applied</span>") == 1
    visit = client.get("/positions?since=visit").text
    assert ">Fresh</a>" in visit
    assert ">Older</a>" not in visit


def test_what_others_did_with_a_position_is_not_shown(
    app: Flask, browser: Open, alice: Person, bob: Person, world: dict[str, int]
) -> None:
    with app.app_context(), transaction():
        db.session.add(
            UserJobApplication(
                user_id=bob.id,
                job_position_id=world["backend"],
                status="applied",
                title="x",
                company_name="N",
                posting={},
                created_at=NOW,
                updated_at=NOW,
            )
        )
    assert "you applied" not in browser(alice).get("/positions").text
    assert "you applied" in browser(bob).get("/positions").text


def test_a_position_shows_facts_history_and_neighbours(app: Flask, browser: Open, alice: Person) -> None:
    with app.app_context(), transaction():
        company = a_company("Marrow & Co")
        row = position(
            company,
            "Data Engineer",
            locations=["Haifa, Israel", "Berlin, Germany"],
            salary_min=Decimal(38000),
            salary_max=Decimal(46000),
            salary_currency="ILS",
            salary_period="month",
            workplace_type="hybrid",
            employment_type="Full-time",
            description_html="<p>We build <b>things</b>.</p>",
            apply_url="https://jobs.example.org/apply?a=1&b=2",
        )
        other = position(company, "Site Engineer")
        position(company, "Expired Engineer", status="expired", expired_at=NOW)
        changed = {"location": "Haifa, Israel", "salary_max": "44000.00", "description_text": "old"}
        new = {"location": "Haifa or Berlin", "salary_max": "46000.00", "description_text": "new"}
        for kind, old, now in (
            ("opened", {}, {}),
            ("changed", changed, new),
            ("missing", {}, {}),
            ("returned", {}, {}),
        ):
            db.session.add(PositionEvent(job_position_id=row.id, kind=kind, at=NOW, old=old, new=now))
        ids = (row.id, other.id)
    text = browser(alice).get(f"/positions/{ids[0]}").text
    assert "₪ 38–46k / month" in text
    assert "Haifa, Israel<br>Berlin, Germany" in text
    assert "<p>We build <b>things</b>.</p>" in text
    assert "hx-ignore" in text
    assert 'href="https://jobs.example.org/apply?a=1&amp;b=2" rel="noopener noreferrer external"' in text
    assert "Place: <del>Haifa, Israel</del> → <ins>Haifa or Berlin</ins>" in text
    assert "Pay: <del>₪ 38–44k / month</del> → <ins>₪ 38–46k / month</ins>" in text
    assert "the description was rewritten" in text
    assert text.index("Back on the board") < text.index("Missing on the board") < text.index("Opened: seen")
    assert f'href="/positions/{ids[1]}"' in text
    assert "Expired Engineer" not in text


def test_an_expired_position_says_since_when_and_offers_no_application_link(
    browser: Open, alice: Person, world: dict[str, int]
) -> None:
    text = browser(alice).get(f"/positions/{world['gone']}").text
    assert "gone from the board since" in text
    assert "Apply at" not in text


@pytest.mark.parametrize(
    "url", ["javascript:xss()", " JaVaScRiPt:xss()", "data:text/html,x", "//evil.example", "vbscript:x"]
)
def test_only_web_addresses_become_links(app: Flask, browser: Open, alice: Person, url: str) -> None:
    with app.app_context(), transaction():
        row = position(a_company(homepage_url=url), "Engineer", url=url, apply_url=url)
        address, slug = f"/positions/{row.id}", row.company.slug
    client = browser(alice)
    for page in (address, f"/companies/{slug}"):
        assert url.strip().lower() not in client.get(page).text.lower().replace("&#58;", ":")


@pytest.mark.parametrize("number", ["0", "999999", "99999999999999999999"])
def test_a_position_that_is_not_there_is_404(browser: Open, alice: Person, number: str) -> None:
    assert browser(alice).get(f"/positions/{number}").status_code == 404
