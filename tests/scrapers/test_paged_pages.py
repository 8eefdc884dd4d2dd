"""Polymer, Manatal, Taleo and Avature: when a list in pages is whole, and when it is not."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from tests.scrapers.replay import FIXTURES, Replay, failure
from webapp.errors import Gone, Malformed, OutboundError, Refused, Unavailable
from webapp.scrapers import avature, manatal, paylocity, polymer, taleo, taleo_business
from webapp.values import Listing

NO_TEXTS = failure(Refused, 403)


def texts(get: Any, wanted: str) -> Any:
    """`get`, but addresses that hold `wanted` are refused: here only the list matters."""

    def ask(url: str, **options: Any) -> Any:
        if wanted in url:
            raise NO_TEXTS
        return get(url, **options)

    return ask


# Polymer

POLYMER = "https://api.polymer.co/v1/hire/organizations/acme/jobs"


def polymer_page(first: int, last: int, **meta: Any) -> dict[str, Any]:
    items = [
        {"id": n, "title": f"Job {n}", "job_post_url": f"https://jobs.polymer.co/acme/{n}"} for n in range(first, last)
    ]
    return {"items": items, "meta": {"organization_name": "Acme", **meta}}


def read_polymer(*pages: Any) -> tuple[Listing, int]:
    get = Replay({f"{POLYMER}?page={n}&per_page=50": page for n, page in enumerate(pages, 1)})
    return polymer.read({"org": "acme"}, texts(get, "/jobs/"), {}), len(get.asked)


@pytest.mark.parametrize("meta", [{"count": 60, "total": 2}, {"count": 50, "total": 60}], ids=["pages", "postings"])
def test_polymer_pages_are_read_whichever_of_its_two_numbers_counts_the_postings(meta: dict[str, int]) -> None:
    listing, asked = read_polymer(
        polymer_page(0, 50, **meta, is_last=False), polymer_page(50, 60, **meta, is_last=False)
    )
    assert listing.complete, listing.reason
    assert (len(listing.postings), listing.reported_total, asked) == (60, 60, 2)


def test_polymer_without_numbers_is_read_until_a_page_is_empty() -> None:
    listing, asked = read_polymer(polymer_page(0, 50), polymer_page(50, 60), polymer_page(0, 0))
    assert listing.complete
    assert (len(listing.postings), asked) == (60, 3)


@pytest.mark.parametrize(
    "second",
    [failure(Unavailable, 503), polymer_page(0, 50, count=60, total=2), polymer_page(50, 55, count=60, is_last=True)],
    ids=["fails", "repeats", "is short"],
)
def test_polymer_is_partial_when_a_page(second: Any) -> None:
    listing, _ = read_polymer(polymer_page(0, 50, count=60, total=2), second)
    assert not listing.complete
    assert listing.reason.endswith(".")
    assert len(listing.postings) >= 50


def test_an_empty_polymer_list_is_believed_only_with_the_name_of_the_organisation() -> None:
    assert read_polymer(polymer_page(0, 0, count=0))[0].complete
    assert not read_polymer({"items": [], "meta": {"count": 0, "total": 0}})[0].complete


@pytest.mark.parametrize(
    ("text", "pay"),
    [
        ("100K - 120K USD a year", (100_000, 120_000, "USD", "year")),
        ("1,200-1,400 USD a month", (1200, 1400, "USD", "month")),
        ("13.50 EUR an hour", (Decimal("13.50"), Decimal("13.50"), "EUR", "hour")),
        ("90K USD a year", (90_000, 90_000, "USD", "year")),
        ("90K USD", (None, None, None, None)),
        ("up to 100K USD a year", (None, None, None, None)),
        ("$100K a year", (None, None, None, None)),
        (None, (None, None, None, None)),
    ],
)
def test_polymer_pay_is_read_only_in_the_form_that_polymer_itself_writes(text: Any, pay: tuple[Any, ...]) -> None:
    page = polymer_page(0, 1, count=1)
    page["items"][0]["salary_pretty"] = text
    found = read_polymer(page)[0].postings[0]
    assert (found.salary_min, found.salary_max, found.salary_currency, found.salary_period) == pay


# Manatal

MANATAL = "https://www.careers-page.com/api/v1.0/c/acme/jobs/"


def manatal_page(names: str, count: Any, more: bool) -> dict[str, Any]:
    rows = [{"hash": name, "position_name": f"Job {name}"} for name in names]
    return {"count": count, "next": "https://elsewhere.example/?page=9" if more else None, "results": rows}


def read_manatal(*pages: Any) -> Listing:
    keys = [MANATAL, *(f"{MANATAL}?page={n}" for n in range(2, 9))]
    return manatal.read({"name": "acme"}, Replay(dict(zip(keys, pages, strict=False))), {})


def test_manatal_pages_are_counted_here_and_never_followed_elsewhere() -> None:
    listing = read_manatal(manatal_page("AB", 3, True), manatal_page("C", 3, False))
    assert listing.complete
    assert [posting.external_id for posting in listing.postings] == ["A", "B", "C"]


def test_a_manatal_board_whose_order_changes_between_pages_is_partial_but_read_to_its_end() -> None:
    listing = read_manatal(manatal_page("AB", 6, True), manatal_page("AB", 6, True), manatal_page("CD", 6, False))
    assert [posting.external_id for posting in listing.postings] == ["A", "B", "C", "D"]
    assert not listing.complete


@pytest.mark.parametrize(
    "pages",
    [
        (manatal_page("AB", 3, True), failure(Gone, 404)),
        (manatal_page("AB", 3, True), failure(Unavailable, 503)),
        (manatal_page("AB", 3, False),),
        (manatal_page("AB", None, False),),
        (manatal_page("AB", 9, True), manatal_page("AB", 9, True), manatal_page("AB", 9, True)),
    ],
    ids=["ends early", "fails", "is short", "has no number", "repeats"],
)
def test_a_manatal_list_is_partial_when_it(pages: tuple[Any, ...]) -> None:
    listing = read_manatal(*pages)
    assert not listing.complete
    assert len(listing.postings) == 2


def test_an_empty_manatal_list_of_a_board_without_page_is_gone() -> None:
    get = Replay({MANATAL: manatal_page("", 0, False), "https://www.careers-page.com/acme": failure(Gone, 404)})
    with pytest.raises(Gone):
        manatal.read({"name": "acme"}, get, {})


# Paylocity


def test_a_paylocity_page_of_another_board_is_no_answer() -> None:
    guid = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
    body = (FIXTURES / "paylocity" / "board.html").read_bytes()
    other = body.replace(b"PublicLeads/New/0a1b2c3d", b"PublicLeads/New/99999999")
    assert other != body
    url = f"https://recruiting.paylocity.com/recruiting/jobs/All/{guid}"
    with pytest.raises(Malformed) as caught:
        paylocity.read({"guid": guid}, Replay({url: other}), {})
    assert caught.value.detail == "redirected"


def test_a_paylocity_page_cut_off_within_its_data_is_a_failure() -> None:
    guid = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"
    body = (FIXTURES / "paylocity" / "board.html").read_bytes()
    url = f"https://recruiting.paylocity.com/recruiting/jobs/All/{guid}"
    for cut in range(body.index(b"pageData"), body.index(b"};\n</script>"), 53):
        with pytest.raises(Malformed):
            paylocity.read({"guid": guid}, Replay({url: body[:cut]}), {})


# Taleo

TALEO = "https://acme.taleo.net/careersection/"
SEARCH = TALEO + "rest/jobboard/searchjobs?lang=en&portal=7001"
SHELL = b"<html><script>portalNo: '7001',</script></html>"


def taleo_rows(first: int, last: int) -> list[dict[str, Any]]:
    return [
        {"jobId": str(n), "contestNo": f"R{n}", "linkedColumn": 0, "column": [f"Job {n}"]} for n in range(first, last)
    ]


def read_taleo(total: Any, pages: list[Any], shell: bytes = SHELL, **config: str) -> Listing:
    def answer(asked: dict[str, Any]) -> Any:
        page = pages[min(asked["pageNo"], len(pages)) - 1]
        if isinstance(page, Exception):
            return page
        paging = {"currentPageNo": asked["pageNo"], "pageSize": 25, "totalCount": total}
        return {"careerSectionUnAvailable": False, "pagingData": paging, "requisitionList": page}

    get = Replay({TALEO + "ex/jobsearch.ftl?lang=en": shell, SEARCH: answer})
    return taleo.read({"host": "acme.taleo.net", "section": "ex", **config}, texts(get, "jobdetail.ftl"), {})


def test_taleo_pages_are_read_to_the_total() -> None:
    listing = read_taleo(30, [taleo_rows(0, 25), taleo_rows(25, 30)])
    assert listing.complete, listing.reason
    assert len(listing.postings) == 30


def test_a_taleo_total_that_is_too_high_ends_where_the_last_page_comes_again() -> None:
    listing = read_taleo(90, [taleo_rows(0, 25), taleo_rows(25, 30)])
    assert len(listing.postings) == 30
    assert not listing.complete


@pytest.mark.parametrize(
    ("total", "pages"),
    [(30, [taleo_rows(0, 25), failure(Unavailable, 503)]), (None, [taleo_rows(0, 3), []])],
    ids=["a page fails", "no total is given"],
)
def test_a_taleo_list_is_partial_when(total: Any, pages: list[Any]) -> None:
    assert not read_taleo(total, pages).complete


def test_a_taleo_section_that_is_closed_is_gone() -> None:
    closed = {"careerSectionUnAvailable": True, "requisitionList": []}
    get = Replay({TALEO + "ex/jobsearch.ftl?lang=en": SHELL, SEARCH: closed})
    with pytest.raises(Gone):
        taleo.read({"host": "acme.taleo.net", "section": "ex"}, get, {})


def test_taleo_uses_the_portal_of_the_address_where_the_page_names_none() -> None:
    bare = b"<html><body>Search</body></html>"
    assert read_taleo(1, [taleo_rows(0, 1)], bare, portal="7001").complete
    with pytest.raises(Malformed):
        read_taleo(1, [taleo_rows(0, 1)], bare)


@pytest.mark.parametrize(
    ("headings", "cells", "posted"),
    [
        ((), ["Job", "Oct 7, 2026"], "2026-10-07"),
        ((), ["Job", "Oct 7, 2026", "Nov 7, 2026"], None),
        (("Title", "Closing Date"), ["Job", "Oct 7, 2026"], None),
        (("Title", "Posting Date"), ["Job", "2026-10-07"], "2026-10-07"),
        (("Title", "Posting Date"), ["Job", "10/7/2026"], None),
    ],
)
def test_a_taleo_date_is_taken_only_where_it_says_posted(headings: Any, cells: list[str], posted: str | None) -> None:
    table = "<table id='jobs'>" + "".join(f"<th>{name}</th>" for name in headings) + "</table>"
    rows = [{"contestNo": "R1", "linkedColumn": 0, "column": cells}]
    found = read_taleo(1, [rows], SHELL + table.encode()).postings[0].posted_at
    assert (found and found.date().isoformat()) == posted


# Taleo Business Edition

BUSINESS = "https://abc.tbe.taleo.net/abc01/ats/careers/v2/searchResults?org=ACME&cws=37"


def business_page(first: int, last: int, total: int | None = None, more: bool = False) -> bytes:
    number = "" if total is None else f'<span class="oracletaleocwsv2-panel-number">{total}</span>'
    links = "".join(
        f'<h4><a href="viewRequisition?org=ACME&amp;cws=37&amp;rid={n}">Job {n}</a></h4>' for n in range(first, last)
    )
    link = '<a class="jscroll-next" href="searchResults?next&amp;rowFrom=10">Next</a>' if more else ""
    return f'<html><div class="oracletaleocwsv2-list">{number}{links}{link}</div></html>'.encode()


def read_business(*pages: Any) -> Listing:
    config = {"host": "abc.tbe.taleo.net", "partition": "abc01", "org": "ACME", "cws": "37"}
    get = Replay({BUSINESS + (f"&rowFrom={n * 10}" if n else ""): page for n, page in enumerate(pages)})
    return taleo_business.read(config, texts(get, "viewRequisition"), {})


def test_business_pages_are_read_to_the_total_or_to_the_page_without_a_next_one() -> None:
    for pages in (
        (business_page(1, 11, 12), business_page(11, 13, 12)),
        (business_page(1, 11, more=True), business_page(11, 13)),
    ):
        listing = read_business(*pages)
        assert listing.complete, listing.reason
        assert len(listing.postings) == 12


def test_a_business_page_without_rows_and_number_may_be_the_search_form() -> None:
    assert read_business(business_page(1, 1, 0)).complete
    listing = read_business(business_page(1, 1))
    assert (listing.postings, listing.complete) == ((), False)


@pytest.mark.parametrize(
    "pages",
    [
        (business_page(1, 11, 12), failure(Unavailable, 503)),
        (business_page(1, 11, 12), business_page(1, 11, 12)),
        (business_page(1, 9, 9),),
        (business_page(1, 3, 2).replace(b"</html>", b""),),
    ],
    ids=["a page fails", "a page repeats", "it is short", "it came without its end"],
)
def test_a_business_list_is_partial_when(pages: tuple[Any, ...]) -> None:
    assert not read_business(*pages).complete


# Avature

AVATURE = "https://acme.avature.net/en_US/careers/SearchJobs"


def avature_page(first: int, last: int, legend: str, following: str = "") -> bytes:
    links = (f'<a href="/en_US/careers/JobDetail/A-Job/{n}">Job {n}</a>' for n in range(first, last))
    rows = "".join(f'<article class="article article--result"><h3>{link}</h3></article>' for link in links)
    more = f'<a class="paginationNextLink" href="{following}">Next</a>' if following else ""
    return f'<html><div class="list-controls__text__legend">{legend}</div>{rows}{more}</html>'.encode()


def read_avature(pages: dict[str, Any]) -> Listing:
    get = Replay({AVATURE + query: page for query, page in pages.items()})
    config = {"host": "acme.avature.net", "portal": "en_US/careers"}
    return avature.read(config, texts(get, "JobDetail"), {})


def test_avature_pages_are_followed_by_their_own_links_or_by_what_they_show() -> None:
    for query, link in (("/?folderOffset=6", AVATURE + "/?folderOffset=6"), ("?jobOffset=6", "")):
        listing = read_avature(
            {"": avature_page(1, 7, "1-6 of 8 results", link), query: avature_page(7, 9, "7-8 of 8 results")}
        )
        assert listing.complete, listing.reason
        assert len(listing.postings) == 8


@pytest.mark.parametrize(
    "pages",
    [
        {
            "": avature_page(1, 7, "1-6 of 999+ results", AVATURE + "?jobOffset=6"),
            "?jobOffset=6": avature_page(1, 7, "1-6 of 999+ results"),
        },
        {
            "": avature_page(1, 7, "1-6 of 8 results", AVATURE + "?jobOffset=6"),
            "?jobOffset=6": avature_page(1, 7, "1-6 of 8 results"),
        },
        {"": avature_page(1, 7, "1-6 of 8 results"), "?jobOffset=6": failure(Unavailable, 503)},
        {"": avature_page(1, 7, "")},
        {"": avature_page(1, 7, "7 results")},
        {"": avature_page(1, 7, "1-6 of 6 results").replace(b"</html>", b"")},
    ],
    ids=[
        "the number is open",
        "a page repeats",
        "a page fails",
        "no number is given",
        "it is short",
        "its end is missing",
    ],
)
def test_an_avature_list_is_partial_when(pages: dict[str, Any]) -> None:
    listing = read_avature(pages)
    assert not listing.complete
    assert listing.reason.endswith(".")
    assert len(listing.postings) == 6


def test_a_link_to_another_host_is_neither_a_posting_nor_a_page() -> None:
    page = avature_page(1, 3, "1-2 of 2 results", "https://evil.example/en_US/careers/SearchJobs?jobOffset=6")
    strange = b'<article class="article--result"><h3><a href="https://evil.example/careers/JobDetail/x/9">X</a></h3></article></html>'
    listing = read_avature({"": page.replace(b"</html>", strange)})
    assert listing.complete
    assert [posting.external_id for posting in listing.postings] == ["1", "2"]


@pytest.mark.parametrize("error", [failure(Refused, 403), failure(Unavailable, 503)], ids=repr)
def test_a_failing_first_page_is_a_failure(error: OutboundError) -> None:
    with pytest.raises(type(error)):
        read_avature({"": error})
