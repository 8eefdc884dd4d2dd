"""SmartRecruiters: careers pages in groups, and the API where it is allowed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scrapers.replay import Replay, failure
from webapp.errors import Gone, Unavailable
from webapp.scrapers import smartrecruiters
from webapp.values import Answer

CAREERS = "https://careers.smartrecruiters.com/Acme"
AD_TEXT = {"content": {"sections": {"jobDescription": {"title": "Job", "text": "<p>Work.</p>"}}}}


def card(number: int) -> str:
    return (
        f'<li><a class="js-job-ad-link" href="https://jobs.smartrecruiters.com/Acme/74400000{number}-cook">'
        f'<h4 class="job-title">Cook {number}</h4></a></li>'
    )


def group(heading: str, *cards: str, due: int | None = None, more: str = "") -> bytes:
    link = f'<a class="js-more" data-type="{more}" data-value="x%2C%20y" href="?">Show more jobs</a>' if more else ""
    return (
        f'<section class="openings-section" data-qty="{len(cards) if due is None else due}"><h3>{heading}</h3>'
        f"<ul>{''.join(cards)}{link}</ul></section>"
    ).encode()


def read_groups(*pages: Any, company: str = "Acme", **others: Any) -> Any:
    replies: dict[str, Any] = {f"{CAREERS}/api/groups?page={number}": page for number, page in enumerate(pages)}
    for name, page in others.items():
        kind, _, number = name.partition("_")
        replies[f"{CAREERS}/api/more?type={kind}&value=x%2C%20y&page={number}" if number else CAREERS] = page
    ads = {f"https://jobs.smartrecruiters.com/Acme/74400000{number}-cook": AD_TEXT for number in range(100, 130)}
    return smartrecruiters.read({"company": company}, Replay({**replies, **ads}), {})


def test_groups_are_read_to_the_first_empty_page_and_an_ad_in_two_of_them_has_two_places() -> None:
    listing = read_groups(group("Ulm, DE", card(100), card(101)), group("Bonn, DE", card(101)), b"\n")
    assert listing.complete
    assert [posting.locations for posting in listing.postings] == [("Ulm, DE",), ("Ulm, DE", "Bonn, DE")]


def test_what_stands_behind_show_more_belongs_to_its_group() -> None:
    first = group("Ulm, DE", card(100), due=3, more="location")
    rest = (card(101) + card(102)).encode()
    assert len(read_groups(first, b"", location_1=rest, location_2=b"").postings) == 3
    short = read_groups(first, b"", location_1=b"")
    assert (short.complete, short.reason) == (False, "The group Ulm, DE has 3 jobs and showed 1.")
    failing = read_groups(first, b"", location_1=failure(Unavailable, 503))
    assert (failing.complete, "The rest of the group" in failing.reason) == (False, True)


def test_headings_that_are_departments_are_no_places() -> None:
    first = group("Kitchen, Bakery", card(100), due=2, more="department")
    found = read_groups(first, b"", department_1=card(101).encode(), department_2=b"").postings[0]
    assert (found.locations, found.department) == ((), "Kitchen, Bakery")
    assert read_groups(group("Kitchen", card(100)), b"").postings[0].locations == ()


@pytest.mark.parametrize(
    "pages",
    [
        (group("Ulm, DE", card(100)), failure(Unavailable, 503)),
        (group("Ulm, DE", card(100)), b"<html>Sorry</html>"),
        (group("Ulm, DE", card(100)), group("Bonn, DE", card(101))[:-12]),
        (group("Ulm, DE", card(100)), group("Ulm, DE", card(100))),
        (group("Ulm, DE", card(100)).replace(b"data-qty", b"data-x"), b""),
        (group("Ulm, DE", card(100), "<li><a class='js-job-ad-link' href='/x'>Cook</a></li>", due=2), b""),
    ],
    ids=["failing", "sorry", "cut off", "repeated", "uncounted", "no address"],
)
def test_pages_that_prove_nothing_are_incomplete(pages: tuple[Any, ...]) -> None:
    listing = read_groups(*pages)
    assert not listing.complete
    assert listing.postings[0].external_id == "74400000100"
    assert listing.reason.endswith(".")


def test_an_empty_smartrecruiters_list_is_believed_only_with_a_careers_page() -> None:
    assert read_groups(b"\n", careers=b"<html>Acme</html>").complete
    elsewhere = Answer(200, "https://careers.acme.example/", {}, b"<html>Acme</html>")
    assert read_groups(b"\n", careers=elsewhere).complete
    failing = read_groups(b"\n", careers=failure(Unavailable, 503))
    assert (failing.complete, "could not be read" in failing.reason) == (False, True)
    with pytest.raises(Gone):
        read_groups(b"\n", careers=Answer(200, "https://jobs.smartrecruiters.com/", {}, b"<html>Search</html>"))
    with pytest.raises(Gone):
        read_groups(failure(Gone, 404))


POSTINGS = "https://api.smartrecruiters.com/v1/companies/Acme/postings"


def read_api(pages: list[Any], **others: Any) -> Any:
    replies = {f"{POSTINGS}?limit=100&offset={number * 100}": page for number, page in enumerate(pages)}
    details = {f"{POSTINGS}/{name[1:]}": page for name, page in others.items() if name.startswith("p")}
    careers = {CAREERS: others["careers"]} if "careers" in others else {}
    return smartrecruiters.read({"company": "Acme", "use_api": True}, Replay({**replies, **details, **careers}), {})


def api_rows(*numbers: int, **fields: Any) -> list[dict[str, Any]]:
    sections = {"sections": {"jobDescription": {"title": "Job", "text": "<p>Work.</p>"}}}
    return [{"id": str(number), "name": "Cook", "jobAd": sections, **fields} for number in numbers]


def test_smartrecruiters_api_is_asked_only_by_setting_and_read_to_its_total() -> None:
    pages = [
        {"totalFound": 130, "content": api_rows(*range(100))},
        {"totalFound": 0, "content": api_rows(*range(100, 130))},
    ]
    listing = read_api(pages)
    assert (len(listing.postings), listing.complete, listing.reported_total) == (130, True, 130)
    repeated = read_api([pages[0], pages[0]])
    assert (len(repeated.postings), repeated.complete) == (100, False)
    broken = read_api([pages[0], failure(Unavailable, 503)])
    assert "Page 2 could not be read" in broken.reason


def test_smartrecruiters_api_texts_come_one_by_one() -> None:
    ad = {"jobAd": {"sections": {"jobDescription": {"title": "Job", "text": "<p>Work.</p>"}}}}
    urls = {"postingUrl": "https://jobs.smartrecruiters.com/Acme/1-cook", "applyUrl": "https://apply.example/1"}
    where = {"city": "Ulm", "country": "de", "remote": True, "hybrid": True}
    rows = api_rows(1, jobAd=None, location=where, department={"label": "Kitchen"})
    found = read_api([{"totalFound": 1, "content": rows}], p1={**ad, **urls}).postings[0]
    assert (found.url, found.apply_url, found.description_text) == (*urls.values(), "Job\n\nWork.")
    assert (found.location, found.country_codes, found.department) == ("Ulm, Germany", ("DE",), "Kitchen")
    assert (found.workplace_type, found.is_remote) == ("hybrid", False)


def test_an_empty_answer_of_the_api_needs_a_careers_page_too() -> None:
    empty = {"totalFound": 0, "content": []}
    assert read_api([empty], careers=b"<html>Acme</html>").complete
    with pytest.raises(Gone):
        read_api([empty], careers=Answer(200, "https://jobs.smartrecruiters.com/", {}, b"<html>Search</html>"))
