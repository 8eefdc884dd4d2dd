"""What single ones of Rippling, Pinpoint, Oracle and those up to iCIMS do beyond what every scraper must."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.scrapers.replay import FIXTURES, Replay, board, failure, request_key
from webapp.errors import Gone, Malformed, Refused, Unavailable
from webapp.scrapers import eightfold, icims, jobvite, oracle, phenom, pinpoint, rippling, successfactors
from webapp.scrapers._paging import Page, read_pages
from webapp.values import Answer

RIPPLING = "https://api.rippling.com/platform/api/ats"


def test_pages_are_read_until_an_empty_one_a_total_or_the_last() -> None:
    kept = [["a", "b"], ["c"], []]
    assert read_pages(lambda number, _: Page(kept[number]), str).rows == ["a", "b", "c"]
    assert read_pages(lambda number, _: Page(kept[number], total=3), str).rows == ["a", "b", "c"]
    assert read_pages(lambda number, _: Page(kept[number], last=True), str).rows == ["a", "b"]


def test_pages_that_repeat_fail_or_never_end_are_not_all() -> None:
    def failing(number: int, _: int) -> Page:
        if number:
            raise failure(Unavailable, 503)
        return Page(["a"])

    assert "repeats" in read_pages(lambda *_: Page(["a"]), str).reason
    assert "Page 2 could not be read" in read_pages(failing, str).reason
    assert "more than 3 pages" in read_pages(lambda number, _: Page([number]), str, most=3).reason
    assert "no more than 2" in read_pages(lambda number, _: Page([number]), str, limit=2).reason
    assert read_pages(lambda number, _: Page([number], last=number == 1), str, limit=2).reason == ""


def job(number: int) -> dict[str, Any]:
    return {"id": f"id-{number}", "name": f"Job {number}", "locations": [{"name": "Haifa"}]}


def rippling_pages(*pages: dict[str, Any], **others: Any) -> Replay:
    base = f"{RIPPLING}/v2/board/acme/jobs"
    replies: dict[str, Any] = {f"{base}?page={number}&pageSize=1000": page for number, page in enumerate(pages)}
    detail = {"name": "Job", "description": {"role": "<p>Work.</p>"}}
    return Replay({**{f"{base}/id-{number}": detail for number in range(200)}, **replies, **others})


def test_rippling_rows_that_are_missing_make_the_board_partial() -> None:
    page = {"items": [job(1)], "totalItems": 2, "totalPages": 1}
    listing = rippling.read({"board": "acme"}, rippling_pages(page), {})
    assert (listing.complete, listing.reported_total) == (False, 2)
    assert "says 2 rows and gave 1" in listing.reason


def test_rippling_details_stay_below_what_the_api_allows_in_ten_minutes() -> None:
    page = {"items": [job(number) for number in range(150)], "totalItems": 150, "totalPages": 1}
    get = rippling_pages(page)
    listing = rippling.read({"board": "acme"}, get, {})
    assert listing.complete
    assert len(get.asked) <= 100
    assert "60 positions wait" in listing.warnings[0]
    known = {posting.external_id: posting.list_hash for posting in listing.postings}
    get = rippling_pages(page)
    assert not any(posting.is_detailed for posting in rippling.read({"board": "acme"}, get, known).postings)
    assert len(get.asked) == 1


def test_a_rippling_board_that_neither_version_knows_is_gone() -> None:
    gone = failure(Gone, 404)
    get = Replay({f"{RIPPLING}/v2/board/acme/jobs?page=0&pageSize=1000": gone, f"{RIPPLING}/v1/board/acme/jobs": gone})
    with pytest.raises(Gone):
        rippling.read({"board": "acme"}, get, {})
    assert len(get.asked) == 2


def test_rippling_is_not_asked_for_more_once_it_refuses() -> None:
    page = {"items": [job(1), job(2)], "totalItems": 2, "totalPages": 1}
    get = rippling_pages(page, **{f"{RIPPLING}/v2/board/acme/jobs/id-1": failure(Refused, 429)})
    listing = rippling.read({"board": "acme"}, get, {})
    assert (listing.complete, len(get.asked)) == (True, 2)
    assert [posting.is_detailed for posting in listing.postings] == [False, False]


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, True),
        ({"compensation_visible": False}, False),
        ({"compensation_visible": None}, False),
        ({"compensation_frequency": "two_weeks"}, False),
        ({"compensation_frequency": None}, False),
        ({"compensation_currency": ""}, False),
    ],
)
def test_pinpoint_pay_is_read_only_where_it_is_shown_and_whole(fields: dict[str, Any], shown: bool) -> None:
    pay = {"minimum": 10, "maximum": 12, "currency": "EUR", "frequency": "hour", "visible": True}
    row = {"id": "1", "title": "Cook", "path": "/en/postings/1"}
    row |= {f"compensation_{name}": value for name, value in pay.items()} | fields
    get = Replay({"https://acme.pinpointhq.com/postings.json": {"data": [row]}})
    posting = pinpoint.read({"name": "acme"}, get, {}).postings[0]
    assert (posting.salary_period == "hour") is shown
    assert (posting.salary_min is not None) is shown


EIGHTFOLD = "https://jobs.acme.example/api"
EIGHTFOLD_SITE = {"host": "jobs.acme.example", "domain": "acme.com"}
CAREERS = "https://jobs.acme.example/careers"


def newer(offset: int) -> str:
    return f"{EIGHTFOLD}/pcsx/search?query=&location=&domain=acme.com&start={offset}"


def older(offset: int) -> str:
    return f"{EIGHTFOLD}/apply/v2/jobs?num=10&domain=acme.com&start={offset}"


def positions(*numbers: int, count: int | None = None, **fields: Any) -> dict[str, Any]:
    rows = [{"id": number, "name": f"Job {number}", "job_description": "<p>Work.</p>"} for number in numbers]
    return {"positions": rows, "count": len(numbers) if count is None else count, **fields}


def test_an_eightfold_site_without_the_newer_api_is_read_by_the_older_one() -> None:
    refused = failure(Refused, 403)
    get = Replay({newer(0): refused, older(0): positions(1, 2)})
    listing = eightfold.read(EIGHTFOLD_SITE, get, {})
    assert (listing.complete, len(listing.postings), len(get.asked)) == (True, 2, 2)
    with pytest.raises(Refused):
        eightfold.read(EIGHTFOLD_SITE, Replay({newer(0): refused, older(0): refused}), {})
    with pytest.raises(Refused):
        eightfold.read(EIGHTFOLD_SITE, Replay({newer(0): failure(Refused, 429)}), {})


def test_eightfold_positions_that_move_between_pages_count_once_and_those_that_got_lost_are_missed() -> None:
    listing = eightfold.read(
        EIGHTFOLD_SITE,
        Replay({newer(0): {"data": positions(1, 2, count=3)}, newer(2): {"data": positions(2, 3, count=3)}}),
        {},
    )
    assert (listing.complete, len(listing.postings), listing.reported_total) == (True, 3, 3)
    pages = {newer(0): positions(1, 2, count=4), newer(2): positions(2, 3, count=4), newer(4): positions(count=4)}
    listing = eightfold.read(EIGHTFOLD_SITE, Replay({url: {"data": page} for url, page in pages.items()}), {})
    assert not listing.complete
    assert "says 4 positions and gave 3" in listing.reason


def test_eightfold_shows_no_more_than_two_thousand() -> None:
    pages = {newer(at): {"data": positions(*range(at, at + 10), count=2600)} for at in range(0, 2000, 10)}
    listing = eightfold.read(EIGHTFOLD_SITE, Replay(pages), {})
    assert (listing.complete, len(listing.postings)) == (False, 2000)
    assert "no more than 2,000" in listing.reason


def test_the_vendors_own_eightfold_positions_are_no_customers() -> None:
    own = b'<html><script>window._EF_GROUP_ID = "volkscience.com"</script></html>'
    with pytest.raises(Gone):
        eightfold.read({"host": "jobs.acme.example"}, Replay({CAREERS: own}), {})
    with pytest.raises(Gone):
        eightfold.read(EIGHTFOLD_SITE, Replay({newer(0): {"data": positions(1, domain="eightfold.ai")}}), {})


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b'<html><script>var _EF_GROUP_ID = "acme.com";</script></html>', ""),
        (b'<html><script>var _EF_GROUP_ID = "other.com";</script></html>', "the site is that of other.com"),
        (failure(Unavailable, 503), "could not be asked"),
    ],
    ids=["same", "another", "unavailable"],
)
def test_an_empty_eightfold_list_is_believed_of_the_sites_own_company(page: Any, reason: str) -> None:
    listing = eightfold.read(EIGHTFOLD_SITE, Replay({newer(0): {"data": positions()}, CAREERS: page}), {})
    assert listing.complete is (reason == "")
    assert reason in listing.reason


PHENOM = "https://careers.example.com"
PHENOM_SITE = {"host": "careers.example.com", "path": "us/en"}
PHENOM_SEARCH = f"{PHENOM}/us/en/search-results"


def phenom_data(*numbers: int, total: int) -> dict[str, Any]:
    rows = [{"jobId": f"R-{number}", "title": f"Job {number}", "description": "<p>Work.</p>"} for number in numbers]
    return {"status": 200, "hits": len(rows), "totalHits": total, "data": {"jobs": rows}}


def phenom_page(*numbers: int, total: int) -> bytes:
    data = json.dumps({"eagerLoadRefineSearch": phenom_data(*numbers, total=total)})
    return f"<html><script>var phApp = {{}}; phApp.ddo = {data}; phApp.x = 1;</script></html>".encode()


def read_phenom(replies: dict[str, Any]) -> tuple[Any, Replay]:
    get = Replay(replies)
    return phenom.read(PHENOM_SITE, get, {}), get


def test_a_short_phenom_list_needs_no_more_than_its_page() -> None:
    listing, get = read_phenom({PHENOM_SEARCH: phenom_page(1, 2, total=2)})
    assert (listing.complete, len(listing.postings), len(get.asked)) == (True, 2, 1)


@pytest.mark.parametrize(
    "refusal",
    [failure(Refused, 403), failure(Gone, 404), {"refineSearch": {"tokenAvailable": False}}, b"<html>No</html>"],
    ids=["refused", "gone", "no session", "page"],
)
def test_a_phenom_site_without_api_is_read_by_its_pages(refusal: Any) -> None:
    replies = {
        PHENOM_SEARCH: phenom_page(1, 2, total=3),
        f"{PHENOM}/widgets": refusal,
        f"{PHENOM_SEARCH}?from=2&s=1": phenom_page(3, total=3),
    }
    listing, get = read_phenom(replies)
    assert (listing.complete, len(listing.postings), len(get.asked)) == (True, 3, 3)
    listing, _ = read_phenom({**replies, f"{PHENOM_SEARCH}?from=2&s=1": phenom_page(1, 2, total=3)})
    assert not listing.complete
    assert "repeats earlier ones" in listing.reason


def test_a_phenom_page_without_data_needs_the_api() -> None:
    page = b'<html><script>phApp.ddo = {"siteConfig": {}};</script></html>'
    widgets = {"refineSearch": phenom_data(1, total=1)}
    listing, _ = read_phenom({PHENOM_SEARCH: page, f"{PHENOM}/widgets": widgets})
    assert (listing.complete, len(listing.postings)) == (True, 1)
    with pytest.raises(Refused):
        read_phenom({PHENOM_SEARCH: page, f"{PHENOM}/widgets": failure(Refused, 403)})


def test_a_phenom_position_whose_page_leads_elsewhere_keeps_what_the_list_says() -> None:
    files = {key: (FIXTURES / "phenom" / name).read_bytes() for key, name in board("phenom")["requests"].items()}
    url = f"{PHENOM}/us/en/job/R-1002"
    files[f"GET {url}"] = Answer(200, PHENOM_SEARCH, {}, b"<html></html>")
    listing, _ = read_phenom(files)
    assert [posting.is_detailed for posting in listing.postings] == [False, True, True]
    assert "may be closed" in listing.warnings[0]


JOBVITE = "https://jobs.jobvite.com/acme"
JOBVITE_FEED = "https://app.jobvite.com/CompanyJobs/Xml.aspx?c=qAbC1dEf"
KEYED = b"<html><script>x = {companyEId: 'qAbC1dEf'}</script></html>"
JOBVITE_JOB = b'<html><div class="jv-job-detail-description"><p>Work.</p></div></html>'


def read_jobvite(replies: dict[str, Any]) -> Any:
    details = {f"{JOBVITE}/job/oAbC{number}?fr=true&nl=1": JOBVITE_JOB for number in range(100)}
    return jobvite.read({"company": "acme"}, Replay({f"{JOBVITE}?fr=true&nl=1": KEYED, **details, **replies}), {})


def jobvite_page(rows: str, counted: str = "") -> bytes:
    return f'<html><body>{rows}<div class="jv-pagination-text">{counted}</div></body></html>'.encode()


@pytest.mark.parametrize(
    "row",
    [
        '<table><tr><td class="jv-job-list-name"><a href="/acme/job/oAbC1">Cook <span class="jv-tag-new">New</span></a>'
        '</td><td>Kitchen</td><td class="jv-job-list-location">Ulm, Germany</td></tr></table>',
        '<a href="/acme/job/oAbC1" class="jv-job-item"><div class="jv-job-list-name x">Cook</div>'
        '<div class="jv-job-list-location x">Ulm, Germany</div><div>posted today</div></a>',
        '<div class="jv-job"><a class="jv-job-name" href="/acme/job/oAbC1">Cook <span>Ulm, Germany</span></a></div>',
        '<div class="tr"><div class="jv-job-list-name"><a href="/acme/job/oAbC1">Cook</a></div>'
        '<div class="jv-job-list-location">Ulm, Germany</div></div>',
        '<table><tr><td class="jv-job-list-name"><a href="https://jobs.jobvite.com/acme/job/oAbC1/">'
        '<div class="title">Cook</div><div class="jv-job-list-location">Ulm, Germany</div></a></td></tr></table>',
    ],
    ids=["table", "links", "categories", "blocks", "cells"],
)
def test_jobvite_lists_of_every_layout(row: str) -> None:
    other = row.replace("oAbC1", "oAbC2").replace("Cook", "Waiter").replace("Ulm, Germany", "")
    page = jobvite_page(row + other, "1 - 2 of 2")
    listing = read_jobvite({JOBVITE_FEED: failure(Gone, 404), f"{JOBVITE}/search?p=0&fr=true&nl=1": page})
    assert (listing.complete, listing.reported_total) == (True, 2)
    assert [(posting.title, posting.location) for posting in listing.postings] == [
        ("Cook", "Ulm, Germany"),
        ("Waiter", ""),
    ]
    assert listing.postings[0].description_text == "Work."


def test_jobvite_pages_are_read_to_their_total_or_prove_nothing() -> None:
    rows = ["".join(f'<a href="/acme/job/oAbC{number}">Job</a>' for number in numbers) for numbers in ((1, 2), (3,))]
    pages = {
        JOBVITE_FEED: failure(Gone, 404),
        f"{JOBVITE}/search?p=0&fr=true&nl=1": jobvite_page(rows[0], "1-2 of 3"),
        f"{JOBVITE}/search?p=1&fr=true&nl=1": jobvite_page(rows[1], "3-3 of 3"),
    }
    listing = read_jobvite(pages)
    assert (listing.complete, len(listing.postings)) == (True, 3)
    listing = read_jobvite({**pages, f"{JOBVITE}/search?p=0&fr=true&nl=1": jobvite_page(rows[0])})
    assert not listing.complete
    assert "does not say how many" in listing.reason
    none = jobvite_page("<p>There are currently no open jobs.</p>")
    assert read_jobvite({**pages, f"{JOBVITE}/search?p=0&fr=true&nl=1": none}).complete


def test_a_jobvite_company_without_positions_is_sent_to_a_page_that_says_so() -> None:
    nothing = Answer(200, "https://app.jobvite.com/CompanyJobs/NoJobs.htm", {}, b"<html></html>")
    listing = read_jobvite({JOBVITE_FEED: nothing})
    assert (listing.complete, listing.postings) == (True, ())


@pytest.mark.parametrize(
    "error", [failure(Refused, 429), failure(Unavailable, 503), b"<result><job>"], ids=["busy", "down", "cut off"]
)
def test_a_jobvite_feed_that_will_be_back_is_not_read_around(error: Any) -> None:
    with pytest.raises((Refused, Unavailable, Malformed)):
        read_jobvite({JOBVITE_FEED: error})


def test_an_unknown_jobvite_company_is_gone() -> None:
    elsewhere = Answer(200, "https://search.jobvite.com/?invalid=1", {}, b"<html></html>")
    with pytest.raises(Gone, match="knows no company acme"):
        read_jobvite({f"{JOBVITE}?fr=true&nl=1": elsewhere})


ICIMS = "https://careers-acme.icims.com/jobs/"


def icims_page(*numbers: int, said: str = "", after: str = "</html>") -> bytes:
    cards = "".join(
        f'<li class="iCIMS_JobCardItem"><a href="/jobs/{number}/job"><h3>Job {number}</h3></a></li>'
        for number in numbers
    )
    heading = f'<h2 class="iCIMS_SubHeader_Jobs">{said}</h2>'
    return f'<html><body><div class="iCIMS_MainWrapper">{heading}<ul>{cards}</ul></div></body>{after}'.encode()


def read_icims(*pages: bytes, known: dict[str, str] | None = None) -> Any:
    replies: dict[str, Any] = {f"{ICIMS}search?ss=1&pr={at}&in_iframe=1": page for at, page in enumerate(pages)}
    job = b'<html><div class="iCIMS_JobContent"><p>Work.</p></div></html>'
    details = {f"{ICIMS}{number}/job?in_iframe=1": job for number in range(1, 10)}
    return icims.read({"host": "careers-acme.icims.com"}, Replay({**details, **replies}), known or {})


def test_icims_pages_are_read_to_the_last_that_they_name() -> None:
    listing = read_icims(icims_page(1, 2, said="Page 1 of 2"), icims_page(3, said="Page 2 of 2"))
    assert (listing.complete, len(listing.postings)) == (True, 3)
    assert all(posting.is_detailed for posting in listing.postings)


@pytest.mark.parametrize(
    ("pages", "reason"),
    [
        ([icims_page(1)], "does not say how many pages"),
        ([icims_page(1, said="Page 1 of 2"), icims_page(1, said="Page 1 of 2")], "Page 1 came where page 2"),
        ([icims_page(1, said="Page 1 of 3"), icims_page(1, said="Page 2 of 3")], "repeats earlier ones"),
        ([icims_page(1, said="Page 1 of 2"), icims_page(2, 1, said="Page 2 of 2")], "came twice"),
        ([icims_page(1, said="Page 1 of 1", after="")], "without its end"),
        ([icims_page()], "does not say how many pages"),
    ],
    ids=["uncounted", "same page", "repeated", "moved", "cut off", "unsaid"],
)
def test_icims_lists_that_prove_nothing_are_partial(pages: list[bytes], reason: str) -> None:
    listing = read_icims(*pages)
    assert not listing.complete
    assert reason in listing.reason


def test_an_icims_portal_that_moved_says_where_to() -> None:
    page = b"<html><script>window.top.location.href='https://careers.acme.example/jobs';</script></html>"
    with pytest.raises(Gone, match=r"moved to https://careers\.acme\.example/jobs;"):
        read_icims(page)


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2026-11-06", "2026-11-06"),
        ("2026-11-06T05:00:00.000Z", "2026-11-06"),
        ("2024-11-25T03:12:44.123Z", None),
        ("2024-11-25T03:15:44Z", None),
    ],
)
def test_icims_dates_made_up_at_the_time_of_the_request_are_none(said: str, day: str | None) -> None:
    job = {"@type": "JobPosting", "title": "Job", "description": "<p>Work.</p>", "datePosted": said}
    page = f'<html><script type="application/ld+json">{json.dumps(job)}</script></html>'.encode()
    replies = {
        f"{ICIMS}search?ss=1&pr=0&in_iframe=1": icims_page(1, said="Page 1 of 1"),
        f"{ICIMS}1/job?in_iframe=1": page,
    }
    posting = icims.read({"host": "careers-acme.icims.com"}, Replay(replies), {}).postings[0]
    assert (posting.posted_at.date().isoformat() if posting.posted_at else None) == day


ORACLE = "https://abcd.fa.us2.oraclecloud.com/hcmRestApi/resources/latest/"
ORACLE_SITE = {"host": "abcd.fa.us2.oraclecloud.com", "site": "CX_1"}


def oracle_list(offset: int) -> str:
    return ORACLE + (
        "recruitingCEJobRequisitions?onlyData=true"
        "&expand=requisitionList.workLocation,requisitionList.secondaryLocations"
        f"&finder=findReqs;siteNumber=CX_1,limit=200,offset={offset},sortBy=POSTING_DATES_DESC"
    )


def requisitions(first: int, end: int, total: int | None = None) -> dict[str, Any]:
    rows = [{"Id": str(number), "Title": f"Job {number}"} for number in range(first, end)]
    return {"items": [{"requisitionList": rows, **({} if total is None else {"TotalJobsCount": total})}]}


def read_oracle(replies: dict[str, Any]) -> tuple[Any, Replay]:
    get = Replay(replies)
    known = {str(number): oracle_hash(number) for number in range(11_000)}
    return oracle.read(ORACLE_SITE, get, known), get


def oracle_hash(number: int) -> str:
    return oracle._posting({"Id": str(number), "Title": f"Job {number}"}, oracle._Site("a.example", "CX_1")).list_hash


def test_oracle_pages_go_on_to_the_total_or_to_an_empty_page() -> None:
    listing, get = read_oracle({oracle_list(0): requisitions(0, 200, 250), oracle_list(200): requisitions(200, 250, 0)})
    assert (listing.complete, len(listing.postings), len(get.asked)) == (True, 250, 2)
    listing, get = read_oracle({oracle_list(0): requisitions(0, 2), oracle_list(2): requisitions(0, 0)})
    assert (listing.complete, len(listing.postings), listing.reported_total) == (True, 2, None)


def test_oracle_that_ignores_the_offset_or_falls_short_is_partial() -> None:
    listing, _ = read_oracle({oracle_list(0): requisitions(0, 200, 300), oracle_list(200): requisitions(0, 200, 300)})
    assert not listing.complete
    assert "repeats earlier ones" in listing.reason
    listing, _ = read_oracle({oracle_list(0): requisitions(0, 200, 300), oracle_list(200): requisitions(0, 0, 300)})
    assert not listing.complete
    assert "says 300 positions and gave 200" in listing.reason


def test_oracle_shows_no_more_than_ten_thousand() -> None:
    pages = {oracle_list(at): requisitions(at, at + 200, 12_000) for at in range(0, 10_000, 200)}
    listing, get = read_oracle(pages)
    assert (listing.complete, len(listing.postings), len(get.asked)) == (False, 10_000, 50)
    assert "no more than 10,000" in listing.reason


@pytest.mark.parametrize("site", [{}, {"SiteName": None}, [], failure(Unavailable, 503)], ids=repr)
def test_an_empty_oracle_list_is_believed_only_of_a_site_that_exists(site: Any) -> None:
    replies = {oracle_list(0): requisitions(0, 0, 0), ORACLE + "recruitingCESites/CX_1?onlyData=true": site}
    listing, _ = read_oracle(replies)
    assert not listing.complete
    assert listing.reason.startswith("The list is empty, and ")


def test_an_oracle_site_that_does_not_exist_is_gone() -> None:
    site = failure(Gone, 404)
    with pytest.raises(Gone, match="knows no site CX_1"):
        read_oracle({oracle_list(0): requisitions(0, 0, 0), ORACLE + "recruitingCESites/CX_1?onlyData=true": site})


SITE = "https://jobs.acme.example"
SEARCH = f"{SITE}/search/?q=&sortColumn=referencedate&sortDirection=desc&startrow="
TILES = f"{SITE}/tile-search-results/?q=&sortColumn=referencedate&sortDirection=desc&startrow="
FEED = f"{SITE}/services/rss/job/?rows=100000"
SHELL = b'<html><body><script src="/js/searchResultsUnify.js"></script>%s</body></html>'
JOB_PAGE = b'<html><body><span itemprop="description"><p>Work.</p></span></body></html>'


def read_sf(replies: dict[str, Any]) -> tuple[Any, Replay]:
    class Site(Replay):
        def __call__(self, url: str, **options: Any) -> Any:
            return super().__call__(url if "/job/" not in url.partition("rss")[0] else JOBS, **options)

    get = Site({JOBS: Answer(200, f"{SITE}/job/x/1234567890", {}, JOB_PAGE), **replies})
    return successfactors.read({"host": "jobs.acme.example"}, get, {}), get


JOBS = f"{SITE}/job/"


def tile(number: int) -> bytes:
    link = f"/job/Ulm-Cook/{number}/"
    return (
        f'<li class="job-tile job-id-{number}" data-url="{link}"><a class="jobTitle-link" href="{link}">Cook</a>'
        f'<div id="job-{number}-section-city-value">Ulm</div></li>'
    ).encode()


def test_successfactors_tiles_are_read_until_no_more_come() -> None:
    page = b'<html><body><div data-url="/tile-search-results/"></div></body></html>'
    listing, get = read_sf({SEARCH + "0": page, TILES + "0": tile(1) + tile(2), TILES + "2": b"<!DOCTYPE html>"})
    assert (listing.complete, [posting.external_id for posting in listing.postings]) == (True, ["1", "2"])
    assert listing.postings[0].location == "Ulm"
    assert get.asked[:3] == [f"GET {url}" for url in (SEARCH + "0", TILES + "0", TILES + "2")]


def unified(locale: str, *numbers: int, total: int | None = None, page: int = 0) -> tuple[str, Any]:
    body = {"keywords": "", "locale": locale, "location": "", "pageNumber": page, "sortBy": "recent"}
    rows = [
        {
            "response": {
                "id": number,
                "unifiedStandardTitle": f"Job {number}",
                "unifiedUrlTitle": "Job-&amp;-more",
                "jobLocationShort": ["Ulm, BW, DE, 89073<br/>", "Graz, AT<br/>"],
                "unifiedStandardStart": "6/18/26" if locale == "en_US" else "18.06.26",
            }
        }
        for number in numbers
    ]
    key = request_key(f"{SITE}/services/recruiting/v1/jobs", body)
    return key, {"totalJobs": len(numbers) if total is None else total, "jobSearchResult": rows}


def test_successfactors_sites_of_scripts_are_read_in_each_of_their_languages() -> None:
    page = SHELL % b'<a href="/search/?locale=de_DE">Deutsch</a><a href="/search/?locale=en_US">English</a>'
    replies = dict([unified("en_US", 1, 2), unified("de_DE", 2, 3)])
    listing, _ = read_sf({SEARCH + "0": page, **replies})
    assert listing.complete, listing.reason
    assert [posting.external_id for posting in listing.postings] == ["1", "2", "3"]
    first, last = listing.postings[0], listing.postings[2]
    assert (first.url, last.url) == (f"{SITE}/job/Job-more/1-en_US", f"{SITE}/job/Job-more/3-de_DE")
    assert (first.posted_at, first.posted_at) == (last.posted_at, datetime(2026, 6, 18, tzinfo=UTC))
    assert first.locations == ("Ulm, BW, DE, 89073", "Graz, AT")


def test_successfactors_sites_of_scripts_say_where_they_fall_short() -> None:
    page = SHELL % b""
    listing, _ = read_sf({SEARCH + "0": page, **dict([unified("en_US", 1, total=2), unified("en_US", page=1)])})
    assert not listing.complete
    assert "says 2 positions in en_US and gave 1" in listing.reason


def feed(*numbers: int) -> bytes:
    items = "".join(
        f"<item><title>Cook (m/f) (Ulm, BW, DE, 89073)</title><link>{SITE}/job/Ulm-Cook/{number}/?feedId=1</link>"
        f"<pubDate>Fri, 02 Oct 2026 7:00:00 GMT</pubDate></item>"
        for number in numbers
    )
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}</channel></rss>'.encode()


def sitemap(*numbers: int) -> bytes:
    links = "".join(f"<url><loc>{SITE}/job/Ulm-Cook/{number}/</loc></url>" for number in numbers)
    space = "http://www.sitemaps.org/schemas/sitemap/0.9"
    return f'<?xml version="1.0"?><urlset xmlns="{space}"><url><loc>{SITE}/</loc></url>{links}</urlset>'.encode()


@pytest.mark.parametrize(
    ("mapped", "reason"),
    [
        (sitemap(11, 12), ""),
        (sitemap(11, 12, 13), "names 1 positions that the feed lacks"),
        (sitemap(), "names no positions"),
        (failure(Gone, 404), "there is no map"),
    ],
    ids=["all", "more", "none", "no map"],
)
def test_a_successfactors_feed_is_whole_only_if_the_map_of_the_site_says_so(mapped: Any, reason: str) -> None:
    listing, _ = read_sf({SEARCH + "0": failure(Gone, 404), FEED: feed(11, 12), f"{SITE}/sitemap.xml": mapped})
    assert listing.complete is (reason == "")
    assert reason in listing.reason
    posting = listing.postings[0]
    assert (posting.title, posting.location, posting.country_codes) == ("Cook (m/f)", "Ulm, BW, DE", ("DE",))
    assert (posting.url, posting.external_id) == (f"{SITE}/job/Ulm-Cook/11/", "11")


def test_a_site_without_search_and_feed_fails_as_its_search_did() -> None:
    other = b"<html><body>Our careers</body></html>"
    with pytest.raises(Malformed, match="layout"):
        read_sf({SEARCH + "0": other, FEED: failure(Gone, 404)})
