"""Workday: pages of a list that may move, repeat or end early, and details that are read once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scrapers.replay import Replay, failure
from webapp.errors import Gone, Malformed, OutboundError, Refused, Unavailable
from webapp.scrapers import workday
from webapp.scrapers._details import DETAILS_PER_READ
from webapp.values import Listing, Posting

CONFIG = {"host": "acme.wd5.myworkdayjobs.com", "tenant": "acme", "site": "Careers"}
API = "https://acme.wd5.myworkdayjobs.com/wday/cxs/acme/Careers"


def row(number: int, **more: Any) -> dict[str, Any]:
    return {
        "title": f"Engineer {number}",
        "externalPath": f"/job/Haifa/Engineer-{number}_JR{1000 + number}",
        "locationsText": "Haifa",
        "bulletFields": [f"JR{1000 + number}"],
        **more,
    }


def path(number: int) -> str:
    return f"{API}/job/Haifa/Engineer-{number}_JR{1000 + number}"


def detail(number: int, **more: Any) -> dict[str, Any]:
    info = {
        "title": f"Engineer {number}",
        "location": "Haifa",
        "startDate": "2026-11-20",
        "jobDescription": "<p>Do.</p>",
    }
    return {"jobPostingInfo": {**info, **more}}


class Site(Replay):
    """A career site with `rows`, that says `total` on its first page and has details of every row."""

    def __init__(self, rows: list[dict[str, Any]], total: int | None = None, **replies: Any) -> None:
        said = len(rows) if total is None else total
        pages = {
            f"{API}/jobs": lambda body: {
                "total": said if body["offset"] == 0 else 0,
                "jobPostings": rows[body["offset"] : body["offset"] + min(body["limit"], 20)],
            }
        }
        details = {API + (found["externalPath"] or "/"): detail(number) for number, found in enumerate(rows)}
        super().__init__({**details, **pages, **replies})

    @property
    def lists(self) -> int:
        return sum(key.startswith("POST") for key in self.asked)

    @property
    def details(self) -> int:
        return sum(key.startswith("GET") for key in self.asked)


def read(get: Replay, known: dict[str, str] | None = None) -> Listing:
    return workday.read(CONFIG, get, known or {})


def hashes(postings: tuple[Posting, ...]) -> dict[str, str]:
    return {posting.external_id: posting.list_hash for posting in postings}


def test_all_pages_are_read_though_later_ones_say_there_are_none() -> None:
    site = Site([row(number) for number in range(45)])
    listing = read(site)
    assert listing.complete, listing.reason
    assert (len(listing.postings), listing.reported_total, site.lists, site.details) == (45, 45, 3, 45)
    assert all(posting.is_detailed for posting in listing.postings)


def test_details_are_not_read_again_while_the_list_row_is_the_same() -> None:
    rows = [row(number) for number in range(5)]
    known = hashes(read(Site(rows)).postings)
    again = Site([*rows[:4], row(4, title="Principal Engineer 4"), row(5)])
    listing = read(again, known)
    assert listing.complete
    assert again.details == 2
    assert [posting.is_detailed for posting in listing.postings] == [False] * 4 + [True] * 2


def test_what_a_list_row_says_in_relative_time_does_not_count_as_a_change() -> None:
    known = hashes(read(Site([row(1, postedOn="Posted Today")])).postings)
    site = Site([row(1, postedOn="Posted Yesterday")])
    read(site, known)
    assert site.details == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", "Principal"),
        ("locationsText", "2 Locations"),
        ("remoteType", "Hybrid"),
        ("timeType", "Part time"),
        ("bulletFields", ["JR1001", "Night shift"]),
    ],
)
def test_every_fact_of_a_list_row_counts_as_a_change(name: str, value: Any) -> None:
    known = hashes(read(Site([row(1)])).postings)
    changed = Site([row(1, **{name: value})])
    read(changed, known)
    assert changed.details == 1


def test_a_read_has_only_so_many_details_and_says_how_many_wait() -> None:
    count = DETAILS_PER_READ + 10
    site = Site([row(number) for number in range(count)])
    first = read(site)
    assert first.complete
    assert site.details == DETAILS_PER_READ
    assert any("10 positions wait" in warning for warning in first.warnings)
    known = {posting.external_id: posting.list_hash for posting in first.postings if posting.is_detailed}
    second = Site([row(number) for number in range(count)])
    assert read(second, known).complete
    assert second.details == 10


def test_a_vanished_detail_page_keeps_the_list_row() -> None:
    site = Site([row(0), row(1)], **{path(0): failure(Gone, 404)})
    listing = read(site)
    assert listing.complete
    assert [(found.title, found.is_detailed) for found in listing.postings] == [
        ("Engineer 0", False),
        ("Engineer 1", True),
    ]
    assert any("JR1000" in warning for warning in listing.warnings)


@pytest.mark.parametrize("error", [failure(Refused, 429), failure(Unavailable, 503)])
def test_a_site_that_refuses_or_fails_is_not_asked_for_more_details(error: OutboundError) -> None:
    site = Site([row(number) for number in range(5)], **{path(1): error})
    listing = read(site)
    assert listing.complete
    assert site.details == 2
    assert [posting.is_detailed for posting in listing.postings] == [True, False, False, False, False]


def test_detail_pages_of_another_shape_end_the_asking_after_three() -> None:
    rows = [row(number) for number in range(9)]
    site = Site(rows, **{path(number): {"maintenance": True} for number in range(9)})
    listing = read(site)
    assert listing.complete
    assert site.details == 3


def test_fewer_rows_than_the_total_are_not_complete() -> None:
    listing = read(Site([row(number) for number in range(30)], total=50))
    assert not listing.complete
    assert len(listing.postings) == 30
    assert "says 50" in listing.reason


def test_a_failing_later_page_keeps_the_earlier_ones_and_is_not_complete() -> None:
    rows = [row(number) for number in range(60)]
    site = Site(rows)
    whole = site.replies[f"{API}/jobs"]
    site.replies[f"{API}/jobs"] = lambda body: failure(Unavailable, 503) if body["offset"] == 40 else whole(body)
    listing = read(site)
    assert not listing.complete
    assert "Page 3" in listing.reason
    assert len(listing.postings) == 40


def test_a_list_that_starts_again_is_stopped_and_not_complete() -> None:
    page = [row(number) for number in range(20)]
    site = Site(page)
    site.replies[f"{API}/jobs"] = {"total": 400, "jobPostings": page}
    listing = read(site)
    assert not listing.complete
    assert "repeats" in listing.reason
    assert site.lists == 2


def test_a_list_that_moves_while_it_is_read_is_not_complete() -> None:
    rows = [row(number) for number in range(40)]
    site = Site(rows)
    # Between the pages a new position came in at the top, and everything moved down by one.
    site.replies[f"{API}/jobs"] = lambda body: {
        "total": 40,
        "jobPostings": rows[:20] if body["offset"] == 0 else rows[body["offset"] - 1 : body["offset"] + 19],
    }
    listing = read(site)
    assert not listing.complete
    assert "came twice" in listing.reason


@pytest.mark.parametrize("wraps", [True, False])
def test_two_thousand_are_the_cap_and_never_complete(wraps: bool) -> None:
    rows = [row(number) for number in range(2000)]
    site = Site(rows)
    site.replies[f"{API}/jobs"] = lambda body: {
        "total": 2000,
        "jobPostings": rows[body["offset"] % 2000 :][:20] if wraps or body["offset"] < 2000 else [],
    }
    listing = read(site)
    assert len(listing.postings) == 2000
    assert not listing.complete
    assert "2,000" in listing.reason


def test_a_site_that_counts_beyond_two_thousand_is_read_to_its_end() -> None:
    rows = [row(number) for number in range(2105)]
    assert read(Site(rows)).complete


def test_an_endless_list_is_stopped() -> None:
    site = Site([row(0)])
    site.replies[f"{API}/jobs"] = lambda body: {
        "total": 9_999,
        "jobPostings": [row(body["offset"] + number) for number in range(20)],
    }
    for number in range(DETAILS_PER_READ):
        site.replies[path(number)] = detail(number)
    listing = read(site)
    assert not listing.complete
    assert site.lists == workday.PAGES_PER_READ


@pytest.mark.parametrize("status", [404, 410, 422])
def test_an_unknown_site_is_gone(status: int) -> None:
    kind = Malformed if status == 422 else Gone
    with pytest.raises(Gone):
        read(Replay({f"{API}/jobs": failure(kind, status)}))


def test_copies_of_one_requisition_are_told_apart_by_their_paths_in_any_order() -> None:
    rows = [
        row(1, externalPath="/job/Haifa/Engineer_JR1-1", bulletFields=["JR0001"]),
        row(2, externalPath="/job/Lod/Engineer_JR1", bulletFields=["JR0001"]),
        row(3, externalPath="/job/Eilat/Engineer_JR1", bulletFields=["JR0001"]),
    ]
    found = {
        frozenset((posting.url.rpartition("job/")[2], posting.external_id) for posting in read(Site(order)).postings)
        for order in (rows, rows[::-1], [rows[1], rows[0], rows[2]])
    }
    assert len(found) == 1
    ids = [external_id for _, external_id in next(iter(found))]
    assert len(set(ids)) == 3


@pytest.mark.parametrize(
    ("more", "location"),
    [
        ({"locationsText": "3 Locations"}, "US CA Santa Clara"),
        ({"locationsText": None}, "US CA Santa Clara"),
        ({"locationsText": "Haifa"}, "Haifa"),
    ],
)
def test_the_place_of_a_row_is_its_text_or_the_one_in_its_path(more: dict[str, Any], location: str) -> None:
    shown = row(1, externalPath="/job/US-CA-Santa-Clara/Engineer_JR1", **more)
    site = Site([shown], **{f"{API}/job/US-CA-Santa-Clara/Engineer_JR1": failure(Gone, 404)})
    assert read(site).postings[0].location == location


@pytest.mark.parametrize("odd", ["/job/../../secret", "/job/a/./b", "   ", None, 5, ["/job/x"]])
def test_a_path_that_leaves_the_site_is_no_posting(odd: Any) -> None:
    site = Site([row(1), row(2)], total=2)
    site.replies[f"{API}/jobs"] = {"total": 2, "jobPostings": [row(1), row(2, externalPath=odd)]}
    site.replies[path(1)] = detail(1)
    listing = read(site)
    assert [posting.external_id for posting in listing.postings] == ["JR1001"]
    assert not listing.complete


def test_a_site_on_the_shared_host_has_its_postings_below_recruiting() -> None:
    config = {"host": "wd3.myworkdaysite.com", "tenant": "acme", "site": "Careers"}
    base = "https://wd3.myworkdaysite.com/wday/cxs/acme/Careers"
    get = Replay({f"{base}/jobs": {"total": 1, "jobPostings": [row(1)]}, f"{base}{row(1)['externalPath']}": detail(1)})
    assert workday.read(config, get, {}).postings[0].url == (
        "https://wd3.myworkdaysite.com/recruiting/acme/Careers/job/Haifa/Engineer-1_JR1001"
    )
