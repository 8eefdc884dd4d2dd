"""How values look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from flask import Flask

from webapp.web import filters

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("age", "words"),
    [
        (timedelta(seconds=5), "just now"),
        (timedelta(seconds=-5), "in a moment"),
        (timedelta(seconds=59), "1 min ago"),
        (timedelta(minutes=44), "44 min ago"),
        (timedelta(minutes=50), "1 h ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(hours=25), "yesterday"),
        (timedelta(hours=-25), "tomorrow"),
        (timedelta(days=5), "5 days ago"),
        (timedelta(hours=-3), "in 3 h"),
    ],
)
def test_ages_are_said_in_a_word_or_two(age: timedelta, words: str) -> None:
    assert filters.ago(NOW - age, NOW) == words


def test_an_old_moment_is_a_date_with_its_year_where_it_is_another(app: Flask) -> None:
    with app.test_request_context():
        assert filters.ago(NOW - timedelta(days=40), NOW) == "21 Jan"
        assert filters.ago(NOW - timedelta(days=400), NOW) == "26 Jan 2025"
        assert filters.ago(None) == "never"


def test_a_time_element_carries_the_exact_moment(app: Flask) -> None:
    with app.test_request_context():
        html = filters.when(NOW - timedelta(days=400))
    assert 'datetime="2025-01-26T09:00:00Z"' in html
    assert 'title="Sun 26 Jan 2025, 09:00 UTC"' in html


@pytest.mark.parametrize(
    ("pay", "text"),
    [
        ((Decimal(38000), Decimal(46000), "ILS", "month"), "₪ 38–46k / month"),
        ((Decimal(75000), Decimal(95000), "EUR", "year"), "€ 75–95k / year"),
        ((Decimal("120500"), Decimal(150000), "USD", "year"), "$ 120.5–150k / year"),
        ((Decimal(60000), None, "EUR", "year"), "from € 60k / year"),
        ((None, Decimal(60000), "EUR", "year"), "up to € 60k / year"),
        ((Decimal(60000), Decimal(60000), "EUR", None), "€ 60k"),
        ((Decimal("17.50"), Decimal(21), "GBP", "hour"), "£ 17.50–21 / hour"),
        ((Decimal(50000), Decimal(60000), "CHF", "year"), "CHF 50–60k / year"),
        ((Decimal(50000), Decimal(60000), None, None), "50–60k"),
        ((None, None, "EUR", "year"), ""),
        ((Decimal(0), Decimal(60000), "EUR", "year"), "€ 0–60,000 / year"),
    ],
)
def test_pay_keeps_its_currency_and_period(pay: tuple[Decimal | None, Decimal | None, str, str], text: str) -> None:
    assert filters.money(*pay) == text


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://example.org/a?b=c", True),
        ("HTTP://example.org", True),
        ("javascript:alert(1)", False),
        ("java\nscript:alert(1)", False),
        ("https:\\\\example.org", False),
        ("//example.org", False),
        ("/logout", False),
        ("data:text/html,x", False),
        ("https://", False),
        ("http://[::1", False),
        ("", False),
        (None, False),
    ],
)
def test_only_addresses_of_the_web_become_links(url: str | None, kept: bool) -> None:
    assert filters.external(url) == (url if kept else "")


def test_numbers_nouns_and_marks() -> None:
    assert filters.number(1240) == "1,240"
    assert (filters.capped(1000), filters.capped(1001)) == ("1,000", "1,000+")
    assert (filters.plural(1, "company", "companies"), filters.plural(0, "board")) == ("1 company", "0 boards")
    assert [filters.initials(name) for name in ("Fjordline", "Marrow & Co", "", "– x", "מפתח")] == [
        "Fj",
        "MC",
        "·",
        "X",
        "מפ",
    ]
    assert [filters.span(seconds) for seconds in (41, 300, 20400, 259200)] == ["41 s", "5 min", "5 h 40 min", "3 days"]
    firefox = "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0"
    assert filters.browser_name(firefox) == "Firefox on Windows"
    assert filters.browser_name("") == "An unknown program"


def test_headings_of_a_description_stand_below_those_of_the_page() -> None:
    assert filters.sanitised("<h1>Us</h1><h2>You</h2><h4>Pay</h4>") == "<h3>Us</h3><h3>You</h3><h4>Pay</h4>"
    assert filters.sanitised("&lt;h1&gt;") == "&lt;h1&gt;"
    assert filters.sanitised(None) == ""
