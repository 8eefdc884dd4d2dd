"""Single values, descriptions and listings: what foreign data becomes."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from webapp.errors import Malformed
from webapp.scrapers import _fields as fields
from webapp.scrapers._countries import country_code, country_codes, country_name
from webapp.scrapers._html import DEEPEST, LONGEST, describe
from webapp.scrapers._listing import Skipped, Unparsed, assemble
from webapp.values import Posting

ODD_VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    -1,
    2**64,
    10**4000,
    1e308,
    float("nan"),
    float("inf"),
    "",
    " ",
    [],
    {},
    [[]],
    {"a": []},
]


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  Senior\u00a0 Engineer \n", "Senior Engineer"),
        ("A\x00B\x1bC\x85D", "A B C D"),
        ("in\u202evoice\u2066x\u2069\u200f", "invoicex"),
        ("bad \ud800 half", "bad half"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("R&amp;D", "R&D"),
        ("AT&T &copyright", "AT&T &copyright"),
        ("x" * 600, "x" * 499 + "…"),
        ("👩‍🔬 Scientist", "👩‍🔬 Scientist"),
    ],
)
def test_a_line_is_clean_and_fits(raw: str, clean: str) -> None:
    assert fields.line(raw) == clean


@pytest.mark.parametrize("value", ODD_VALUES, ids=lambda value: type(value).__name__)
def test_odd_values_become_nothing_and_raise_nothing(value: Any) -> None:
    assert fields.line(value) == ""
    assert fields.address(value) == ""
    assert fields.iso_time(value) is None
    assert fields.workplace(value) == "unknown"
    assert fields.period(value) is None
    assert country_code(value) == ""
    fields.epoch_milliseconds(value)
    fields.amount(value)
    fields.identifier(value)
    describe(value, "https://example.com/")


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("https://Example.com/a?gh_jid=1&gh_src=2&utm_source=x&UTM_Medium=y#app", "https://example.com/a?gh_jid=1#app"),
        ("https://x.example/?lever-source=a&source=b&ref=c&fbclid=d&gclid=e", "https://x.example/"),
        ("https://x.example/j?jobId=7&cid=8&referral=9", "https://x.example/j?jobId=7&cid=8&referral=9"),
        ("https://x.example/Example Labs/é?q=ü", "https://x.example/Example%20Labs/%C3%A9?q=%C3%BC"),
        ("https://x.example/a%20b", "https://x.example/a%20b"),
        ("https://münchen.example/jobs", "https://xn--mnchen-3ya.example/jobs"),
        ("  https://x.example/a\n", "https://x.example/a"),
        ("javascript:alert(1)", ""),
        ("java\nscript:alert(1)", ""),
        ("data:text/html,x", ""),
        ("//x.example/a", ""),
        ("/relative", ""),
        ("https://user:pass@x.example/", ""),
        ("https://x.example\\@evil.example/", ""),
        ("https:///nohost", ""),
        ("https://[::1", ""),
        ("https://x.example:99999/", ""),
        ("https://x.example/" + "a" * 3000, ""),
    ],
)
def test_an_address_is_absolute_ascii_and_free_of_tracking(raw: str, clean: str) -> None:
    assert fields.address(raw) == clean


@pytest.mark.parametrize(
    ("raw", "moment"),
    [
        ("2026-10-30T09:00:00-04:00", datetime(2026, 10, 30, 13, tzinfo=UTC)),
        ("2026-11-10T09:30:00.000+00:00", datetime(2026, 11, 10, 9, 30, tzinfo=UTC)),
        ("2026-11-10T09:30:00Z", datetime(2026, 11, 10, 9, 30, tzinfo=UTC)),
        ("2026-11-10 09:30:00 UTC", datetime(2026, 11, 10, 9, 30, tzinfo=UTC)),
        ("2026-11-10", datetime(2026, 11, 10, tzinfo=UTC)),
        ("1.10.2026", None),
        ("10/01/2026", None),
        ("20261110", None),
        ("2026-13-01", None),
        ("2026-02-30", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:59:59-14:00", None),
        ("1970-01-01", None),
        ("Posted 30+ Days Ago", None),
        ("2026-W01-1", None),
        ("２０２６-11-10", None),
    ],
)
def test_only_explicit_dates_are_read(raw: str, moment: datetime | None) -> None:
    assert fields.iso_time(raw) == moment


def test_milliseconds_are_read_within_reason() -> None:
    assert fields.epoch_milliseconds(1762412400000) == datetime(2025, 11, 6, 7, tzinfo=UTC)
    assert [fields.epoch_milliseconds(value) for value in (0, -5, 1, 10**15, float("nan"), True, "1762412400000")] == [
        None
    ] * 7


@pytest.mark.parametrize(
    ("raw", "amount"),
    [
        (120000, Decimal("120000.00")),
        (24.04, Decimal("24.04")),
        ("120,000.50", Decimal("120000.50")),
        ("300000.0", Decimal("300000.00")),
        (0, None),
        (-5, None),
        (0.001, None),
        ("12,00", None),
        ("1e5", None),
        (10**12, None),
        (999_999_999_999.999, None),
        (True, None),
    ],
)
def test_an_amount_is_positive_and_fits_its_column(raw: Any, amount: Decimal | None) -> None:
    assert fields.amount(raw) == amount


def test_pay_keeps_its_currency_or_is_dropped() -> None:
    assert fields.salary(2, 1, "usd", "hour") == (Decimal(1), Decimal(2), "USD", "hour")
    assert fields.salary(1, 2, None, "year") == fields.Salary()
    assert fields.salary(1, 2, "$", "year") == fields.Salary()
    assert fields.salary(0, None, "USD", "year") == fields.Salary()


def test_a_range_is_widened_only_over_one_currency_and_period() -> None:
    pays = [fields.salary(a, b, c, "year") for a, b, c in ((5, 9, "EUR"), (3, 7, "EUR"), (1, 99, "USD"))]
    assert fields.widest(pays) == (Decimal(3), Decimal(9), "EUR", "year")
    up_to = fields.salary(0, 9, "EUR", "year")
    assert fields.widest([up_to, up_to]) == (None, Decimal(9), "EUR", "year")
    assert fields.widest([]) == fields.Salary()


@pytest.mark.parametrize(
    ("raw", "period"),
    [("per-year-salary", "year"), ("per-hour-wage", "hour"), ("1 MONTH", "month"), ("Annual base", "year"),
     ("daily", "day"), ("2 WEEK", None), ("bi-weekly-salary", None), ("semi-month-salary", None),
     ("one-time", None), ("NONE", None)],
)  # fmt: skip
def test_a_pay_period_is_read_from_its_word(raw: str, period: str | None) -> None:
    assert fields.period(raw) == period


@pytest.mark.parametrize(
    ("raw", "kind"),
    [("Remote", "remote"), ("Fully Remote", "remote"), ("remote - US", "remote"), ("On-site", "onsite"),
     ("OnSite", "onsite"), ("In Office", "onsite"),
     ("Hybrid Remote", "hybrid"), ("unspecified", "unknown"), ("Not Remote", "onsite")],
)  # fmt: skip
def test_a_workplace_type_is_read_from_its_field(raw: str, kind: str) -> None:
    assert fields.workplace(raw) == kind


@pytest.mark.parametrize(
    ("location", "title", "kind"),
    [
        ("Tel Aviv; Remote", "Engineer", "remote"),
        ("Remote-friendly hybrid", "Engineer", "hybrid"),
        ("Berlin (no remote)", "Engineer", "unknown"),
        ("Berlin", "Remote Sensing Engineer", "unknown"),
        ("Berlin", "Engineer (Remote)", "remote"),
        ("Berlin", "Engineer - 100% remote", "remote"),
        ("Berlin", "Engineer [m/w/d, hybrid]", "hybrid"),
        ("In-Office", "Engineer", "onsite"),
        ("Distributed", "Engineer", "remote"),
    ],
)
def test_a_workplace_type_is_read_from_words_with_care(location: str, title: str, kind: str) -> None:
    assert fields.workplace_in_words(location, title) == kind


def test_the_field_outranks_the_flag_and_the_flag_the_words() -> None:
    assert fields.presence("hybrid", True, "Remote", "x") == ("hybrid", False)
    assert fields.presence("unknown", False, "Remote", "x") == ("unknown", False)
    assert fields.presence("unknown", None, "Remote", "x") == ("remote", True)
    assert fields.presence("unknown", None, "Berlin", "x") == ("unknown", None)


def test_countries_are_told_by_code_or_name() -> None:
    names = (
        "us",
        "USA",
        "United States of America",
        "UK",
        "Deutschland",
        "Côte d’Ivoire",
        "Türkiye",
        "Israel",
        "Atlantis",
    )
    assert country_codes(*names) == ("US", "GB", "DE", "CI", "TR", "IL")


def test_long_ids_become_a_digest_of_themselves() -> None:
    one, other = fields.identifier("a" * 400), fields.identifier("a" * 399 + "b")
    assert one != other
    assert max(len(one), len(other)) <= fields.IDENTIFIER
    assert fields.identifier(4512007) == "4512007"
    assert fields.identifier(" 3B.41A\x00") == "3B.41A"


BASE = "https://boards.example/acme/jobs/1"


def test_a_description_keeps_its_structure_and_nothing_dangerous() -> None:
    found = describe(
        '<h2 style="x">About</h2><p onclick="a()">We&nbsp;build.</p>'
        "<ul><li><p>One</p></li><li>Two<ul><li>Deep</li></ul></li></ul>"
        "<script>alert(1)</script><style>p{}</style><img src=x onerror=y><svg><a xlink:href='javascript:1'>z</a></svg>"
        '<a href="/apply" target="_blank">Apply</a> '
        '<a href="javascript:x()">no</a> <a href="mailto:j@x.example">mail</a>'
        "<table><tr><td>A</td><td>B</td></tr></table>",
        BASE,
    )
    assert found.description_html == (
        "<h2>About</h2><p>We&nbsp;build.</p><ul><li><p>One</p></li><li>Two<ul><li>Deep</li></ul></li></ul>"
        '<a href="https://boards.example/apply" rel="nofollow noopener">Apply</a> <a rel="nofollow noopener">no</a> '
        '<a href="mailto:j@x.example" rel="nofollow noopener">mail</a>'
        "<table><tbody><tr><td>A</td><td>B</td></tr></tbody></table>"
    )
    assert found.description_text == "About\n\nWe build.\n- One\n- Two\n- Deep\n\nApply no mail\n\nA B"


@pytest.mark.parametrize(
    ("markup", "escaped", "text"),
    [
        ("&lt;p&gt;A &amp;amp; B&lt;/p&gt;", True, "A & B"),
        ("&amp;lt;p&amp;gt;twice&amp;lt;/p&amp;gt;", True, "twice"),
        ("&lt;p&gt;once too often&lt;/p&gt;", False, "once too often"),
        ("<p>Use the &lt;p&gt; tag</p>", False, "Use the <p> tag"),
        ("Plain text\nin two lines & more", False, "Plain text\nin two lines & more"),
        ("<p>\x00a\ud800b\u202ec&#8238;d&#0;</p>", False, "abcd�"),
        ("", False, ""),
        ("<p> </p><br>", False, ""),
        ("<p>cut off <stro", False, "cut off"),
    ],
)
def test_escaping_and_stray_characters_are_undone(markup: str, escaped: bool, text: str) -> None:
    assert describe(markup, BASE, escaped=escaped).description_text == text


def test_a_plain_description_stands_in_for_a_missing_one() -> None:
    found = describe(None, BASE, plain="One <b>\n\n\n\nTwo & three\nfour")
    assert found.description_html == "<p>One &lt;b&gt;</p><p>Two &amp; three<br>four</p>"
    assert found.description_text == "One <b>\n\nTwo & three\nfour"


@pytest.mark.parametrize(
    "bomb",
    ["<div>" * 100_000, "<b>" * 100_000, "<ul><li>" * 100_000, "<a href=x>" * 50_000, "<" * 300_000, "<a " * 100_000,
     "&lt;p" * 100_000, "<table>" * 50_000, '<p title="' * 50_000, "<!--" * 100_000, "<p>x" * 100_000, "&" * 300_000],
)  # fmt: skip
def test_a_hostile_description_costs_little_time(bomb: str) -> None:
    started = time.monotonic()
    found = describe(bomb + "end", BASE)
    assert time.monotonic() - started < 3
    assert len(found.description_text) <= LONGEST


def test_text_survives_a_tree_that_is_too_deep() -> None:
    found = describe("<div>" * (DEEPEST + 1) + "Still <b>here</b> &amp; safe<script>", BASE)
    assert "Still" in found.description_text
    assert "<div" not in found.description_html
    assert "<script" not in found.description_html


def posting(row: dict[str, Any]) -> Posting:
    if row.get("skip"):
        raise Skipped("rows of another kind")
    if "id" not in row:
        raise Unparsed
    return Posting(row["id"], "Title", BASE, locations=tuple(row.get("in", ())))


def rows(count: int) -> list[Any]:
    return [{"id": str(number)} for number in range(count)]


def test_a_listing_of_all_rows_is_complete() -> None:
    listing = assemble(rows(200), posting, reported_total=200)
    assert (len(listing.postings), listing.complete, listing.reported_total, listing.warnings) == (200, True, 200, ())


def test_fewer_rows_than_the_source_says_are_not_complete() -> None:
    listing = assemble(rows(160), posting, reported_total=200)
    assert not listing.complete
    assert "says 200" in listing.reason
    assert "gave 160" in listing.reason


def test_more_rows_than_the_source_says_are_complete_with_a_warning() -> None:
    listing = assemble(rows(3), posting, reported_total=2)
    assert listing.complete
    assert listing.warnings == ("The source says 2 positions but gave 3.",)


@pytest.mark.parametrize(("broken", "complete"), [(2, True), (3, False)])
def test_more_than_two_in_a_hundred_unparsed_rows_are_not_complete(broken: int, complete: bool) -> None:
    listing = assemble([*rows(100 - broken), *[{}] * broken], posting)
    assert listing.complete is complete
    assert str(broken) in (listing.reason or listing.warnings[0])


def test_rows_of_which_none_is_understood_are_a_failure() -> None:
    with pytest.raises(Malformed) as caught:
        assemble([{}, None, 3, "x", []], posting)
    assert caught.value.detail == "layout"


def test_skipped_rows_count_as_understood() -> None:
    listing = assemble([{"skip": True}] * 3, posting, reported_total=3)
    assert listing.complete
    assert listing.postings == ()
    assert listing.warnings == ("Left out: 3 rows of another kind.",)


def test_copies_become_one_posting_with_all_places() -> None:
    listing = assemble([{"id": "1", "in": ["Haifa"]}, {"id": "1", "in": ["Lod", "Haifa"]}], posting, reported_total=2)
    assert listing.complete
    assert [found.locations for found in listing.postings] == [("Haifa", "Lod")]


def test_copies_under_paging_are_not_complete() -> None:
    listing = assemble([*rows(3), {"id": "0"}], posting, reported_total=4, paged=True)
    assert not listing.complete
    assert "came twice" in listing.reason
    assert "gave 3" in listing.reason


@pytest.mark.parametrize("total", [True, "5", -1, None, 10**30, 2.5])
def test_a_total_that_is_no_number_is_none(total: Any) -> None:
    listing = assemble(rows(1), posting, reported_total=total)
    assert listing.complete
    assert listing.reported_total is None


@pytest.mark.parametrize(
    ("value", "moment"),
    [
        ("Mon, 09 Nov 2026 10:15:00 +0100", "2026-11-09T09:15:00+00:00"),
        ("Mon, 09 Nov 2026 10:15:00 GMT", "2026-11-09T10:15:00+00:00"),
        ("9 Nov 2026 10:15:00", "2026-11-09T10:15:00+00:00"),
        ("Mon, 09 Nov 1912 10:15:00 GMT", None),
        ("Mon, 39 Nov 2026 10:15:00 GMT", None),
        ("Mon, 09 Nov 2026 10:15:00 +9999", None),
        ("9" * 5000, None),
        ("", None),
        (None, None),
        (["Mon"], None),
    ],
)
def test_dates_of_feeds(value: Any, moment: str | None) -> None:
    found = fields.rfc822_time(value)
    assert (found.isoformat() if found else None) == moment


def test_a_place_says_each_of_its_parts_once() -> None:
    assert fields.place("Utrecht", "Utrecht", None, " ", "Netherlands") == "Utrecht, Netherlands"
    assert fields.place("Luxembourg", "LUXEMBOURG") == "Luxembourg"
    assert fields.place(None, 5, []) == ""


def test_countries_have_their_usual_names() -> None:
    assert [country_name(value) for value in ("gb", "USA", "Deutschland", "TT", "Narnia", None)] == [
        "United Kingdom",
        "United States",
        "Germany",
        "Trinidad and Tobago",
        "Narnia",
        "",
    ]
