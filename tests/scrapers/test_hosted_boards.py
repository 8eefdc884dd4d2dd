"""What only one of the systems does that give each company a host or a site of its own."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scrapers.replay import Replay, failure
from webapp.errors import Gone, Malformed, OutboundError, Refused, Unavailable
from webapp.scrapers import personio, recruitee, teamtailor, workable
from webapp.values import Answer

OFFERS = "https://acme.recruitee.com/api/offers/"
OFFER = {"id": 1, "title": "Engineer", "careers_url": "https://acme.recruitee.com/o/engineer"}


def read_offer(**fields: Any) -> Any:
    return recruitee.read({"host": "acme.recruitee.com"}, Replay({OFFERS: {"offers": [{**OFFER, **fields}]}}), {})


def test_recruitee_asking_for_a_token_is_said_in_words() -> None:
    with pytest.raises(Refused, match="asks for a token") as caught:
        recruitee.read({"host": "acme.recruitee.com"}, Replay({OFFERS: failure(Refused, 401)}), {})
    assert (caught.value.detail, caught.value.status) == ("needs_token", 401)
    with pytest.raises(Refused, match="said no"):
        recruitee.read({"host": "acme.recruitee.com"}, Replay({OFFERS: failure(Refused, 403)}), {})


@pytest.mark.parametrize(
    ("asked", "reached", "accepted"),
    [
        ("acme.recruitee.com", "https://jobs.acme.example/api/offers/", True),
        ("jobs.acme.example", "https://acme.recruitee.com/api/offers", True),
        ("acme.recruitee.com", "https://other.recruitee.com/api/offers/", False),
        ("acme.recruitee.com", "https://acme.recruitee.com/login", False),
        ("acme.recruitee.com", "https://recruitee.com/", False),
    ],
)
def test_a_site_may_redirect_to_its_own_domain_and_nowhere_else(asked: str, reached: str, accepted: bool) -> None:
    get = Replay({f"https://{asked}/api/offers/": Answer(200, reached, {}, b'{"offers": []}')})
    if accepted:
        assert recruitee.read({"host": asked}, get, {}).complete
        return
    with pytest.raises(Malformed) as caught:
        recruitee.read({"host": asked}, get, {})
    assert caught.value.detail == "redirected"


@pytest.mark.parametrize(
    ("flags", "kind", "is_remote"),
    [
        ({"remote": True, "hybrid": False, "on_site": False}, "remote", True),
        ({"remote": False, "hybrid": False, "on_site": True}, "onsite", False),
        ({"remote": True, "hybrid": True, "on_site": True}, "hybrid", True),
        ({"remote": True, "hybrid": False, "on_site": True}, "remote", True),
        ({"remote": False}, "unknown", False),
        ({}, "unknown", None),
        ({"remote": "yes", "hybrid": 1}, "unknown", None),
    ],
)
def test_recruitee_flags_tell_where_one_works(flags: dict[str, Any], kind: str, is_remote: bool | None) -> None:
    found = read_offer(**flags).postings[0]
    assert (found.workplace_type, found.is_remote) == (kind, is_remote)


def test_recruitee_pay_without_currency_or_number_is_none() -> None:
    for pay in ({"min": "5"}, {"min": "a", "currency": "EUR"}, "lots", [1], {"min": -1, "max": 0, "currency": "EUR"}):
        assert read_offer(salary=pay).postings[0].salary_currency is None


PERSONIO = "https://acme.jobs.personio.{}/xml"


def feed(*positions: str) -> bytes:
    body = "".join(f"<position>{position}</position>" for position in positions)
    return f'<?xml version="1.0"?><workzag-jobs>{body}</workzag-jobs>'.encode()


COOK = "<id>7</id><name>Cook</name>"
TEXT = "<jobDescriptions><jobDescription><name>A</name><value>Cook.</value></jobDescription></jobDescriptions>"


def test_personio_is_asked_in_the_companys_language_only_where_a_text_is_missing() -> None:
    english = PERSONIO.format("de") + "?language=en"
    get = Replay({english: feed(COOK + TEXT)})
    assert personio.read({"company": "acme"}, get, {}).postings[0].description_text == "A\n\nCook."
    assert len(get.asked) == 1


def test_personio_without_the_second_feed_keeps_what_it_has_and_says_so() -> None:
    english = PERSONIO.format("de") + "?language=en"
    get = Replay({english: feed(COOK), PERSONIO.format("de"): failure(Unavailable, 503)})
    listing = personio.read({"company": "acme"}, get, {})
    assert [posting.title for posting in listing.postings] == ["Cook"]
    assert "could not be read in their own" in listing.warnings[0]


def test_personio_is_asked_on_both_of_its_domains() -> None:
    german, other = (PERSONIO.format(top) + "?language=en" for top in ("de", "com"))
    get = Replay({german: failure(Gone, 404), other: feed(COOK + TEXT)})
    assert personio.read({"company": "acme"}, get, {}).postings[0].url == "https://acme.jobs.personio.com/job/7"
    first = Replay({other: feed(COOK + TEXT)})
    assert personio.read({"company": "acme", "top": "com"}, first, {}).complete
    with pytest.raises(Gone, match="switched off its feed"):
        personio.read({"company": "acme"}, Replay({german: failure(Gone, 404), other: failure(Gone, 404)}), {})


def test_a_position_listed_twice_is_one() -> None:
    english = PERSONIO.format("de") + "?language=en"
    twice = feed(f"{COOK}{TEXT}<office>Ulm</office>", f"{COOK}{TEXT}<office>Bonn</office>")
    listing = personio.read({"company": "acme"}, Replay({english: twice}), {})
    assert [posting.locations for posting in listing.postings] == [("Ulm", "Bonn")]
    assert listing.complete


def test_an_id_that_could_leave_its_place_in_the_address_is_no_id() -> None:
    english = PERSONIO.format("de") + "?language=en"
    odd = feed(COOK + TEXT, COOK.replace("7", "../x") + TEXT)
    listing = personio.read({"company": "acme"}, Replay({english: odd}), {})
    assert [posting.external_id for posting in listing.postings] == ["7"]
    assert not listing.complete


@pytest.mark.parametrize("company", ["a.b", "a/b", "a b", "-", "a@b"])
def test_a_company_that_cannot_be_part_of_a_host_is_refused(company: str) -> None:
    with pytest.raises(Malformed, match="settings"):
        personio.read({"company": company}, Replay({}), {})


JOBS = "https://acme.teamtailor.com/jobs.rss?per_page=100&offset={}"


def rss(*numbers: int) -> bytes:
    items = "".join(
        f"<item><title>Job {number}</title><guid>g{number}</guid>"
        f"<link>https://acme.teamtailor.com/jobs/{number}-job</link></item>"
        for number in numbers
    )
    return f'<?xml version="1.0"?><rss><channel>{items}</channel></rss>'.encode()


def read_jobs(*pages: Any) -> Any:
    get = Replay({JOBS.format(number * 100): page for number, page in enumerate(pages)})
    return teamtailor.read({"host": "acme.teamtailor.com"}, get, {})


def test_teamtailor_is_read_to_the_first_empty_page() -> None:
    listing = read_jobs(rss(*range(100)), rss(*range(100, 130)), rss())
    assert (len(listing.postings), listing.complete) == (130, True)


def test_a_site_that_ignores_the_offset_is_whole_while_one_page_can_hold_it() -> None:
    assert read_jobs(rss(1, 2), rss(1, 2)).complete
    full = rss(*range(100))
    listing = read_jobs(full, full)
    assert (len(listing.postings), listing.complete) == (100, False)
    assert "repeats" in listing.reason


def test_a_later_page_that_fails_keeps_the_first_ones_and_is_said() -> None:
    listing = read_jobs(rss(*range(100)), failure(Unavailable, 503))
    assert (len(listing.postings), listing.complete) == (100, False)
    assert "Page 2 could not be read" in listing.reason
    with pytest.raises(Unavailable):
        read_jobs(failure(Unavailable, 503))


def test_pages_that_overlap_are_incomplete() -> None:
    listing = read_jobs(rss(*range(100)), rss(*range(99, 150)), rss())
    assert (len(listing.postings), listing.complete) == (150, False)


def test_reading_stops_after_so_many_pages() -> None:
    pages = [rss(*range(number * 100, number * 100 + 100)) for number in range(teamtailor.PAGES_PER_READ)]
    listing = read_jobs(*pages)
    assert not listing.complete
    assert "reading stopped there" in listing.reason


def json_feed(first: Any, **others: Any) -> Any:
    pages = {f"https://acme.teamtailor.com/{name}": page for name, page in others.items()}
    get = Replay({JOBS.format(0): failure(Gone, 404), "https://acme.teamtailor.com/jobs.json": first, **pages})
    return teamtailor.read({"host": "acme.teamtailor.com"}, get, {})


def item(number: int) -> dict[str, Any]:
    return {"id": f"g{number}", "title": "Job", "url": f"https://acme.teamtailor.com/jobs/{number}-job"}


def test_a_json_feed_is_followed_on_its_own_site_only() -> None:
    following = {"items": [item(2)]}
    first = {"items": [item(1)], "next_url": "https://acme.teamtailor.com/two"}
    assert len(json_feed(first, two=following).postings) == 2
    foreign = json_feed({**first, "next_url": "https://evil.example/two"})
    assert (len(foreign.postings), foreign.complete) == (1, False)
    circle = json_feed({**first, "next_url": "https://acme.teamtailor.com/jobs.json"})
    assert not circle.complete
    broken = json_feed(first, two=failure(Unavailable, 503))
    assert "Page 2 could not be read" in broken.reason


def test_a_site_without_either_feed_is_gone() -> None:
    with pytest.raises(Gone):
        json_feed(failure(Gone, 404))


@pytest.mark.parametrize("body", [b"<rss>", b"<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>&a;</rss>", b"<feed/>", b"\xff\xfe"])
def test_a_feed_that_is_none_is_a_named_failure(body: bytes) -> None:
    with pytest.raises(OutboundError):
        read_jobs(body)


WIDGET = "https://apply.workable.com/api/v1/widget/accounts/acme?details=true"
LIST = "https://apply.workable.com/api/v3/accounts/acme/jobs"


def workable_list(pages: dict[str, Any], known: dict[str, str] | None = None, **details: Any) -> Any:
    replies = {f"https://apply.workable.com/api/v2/accounts/acme/jobs/{code}": text for code, text in details.items()}
    get = Replay({WIDGET: failure(Gone, 404), LIST: lambda asked: pages[asked.get("token", "")], **replies})
    return workable.read({"account": "acme"}, get, known or {}), get


def job(code: str, **fields: Any) -> dict[str, Any]:
    return {"shortcode": code, "title": "Baker", "state": "published", **fields}


def test_workable_pages_are_followed_by_their_tokens_and_details_read_once() -> None:
    pages = {
        "": {"total": 2, "results": [job("A1")], "nextPage": "t"},
        "t": {"total": 0, "results": [job("B2")], "nextPage": None},
    }
    text = {"description": "<p>Bake.</p>"}
    listing, _ = workable_list(pages, A1=text, B2=text)
    assert (listing.complete, len(listing.postings)) == (True, 2)
    known = {posting.external_id: posting.list_hash for posting in listing.postings}
    again, get = workable_list(pages, known)
    assert [posting.is_detailed for posting in again.postings] == [False, False]
    assert len(get.asked) == 3


def test_workable_pages_in_a_circle_or_failing_are_incomplete() -> None:
    circle = {"": {"results": [job("A1")], "nextPage": "t"}, "t": {"results": [job("B2")], "nextPage": "t"}}
    listing, _ = workable_list(circle, A1={"description": ""}, B2={"description": ""})
    assert "repeats" in listing.reason
    broken = {"": {"results": [job("A1")], "nextPage": "t"}, "t": failure(Unavailable, 503)}
    listing, _ = workable_list(broken, A1=failure(Refused, 429))
    assert "Page 2 could not be read" in listing.reason
    assert "not read any further" in listing.warnings[0]


def test_workable_leaves_out_internal_jobs() -> None:
    rows = [job("A1", isInternal=True), job("B2", state="draft"), job("C3")]
    listing, _ = workable_list({"": {"results": rows}}, C3={"description": "x"})
    assert [posting.external_id for posting in listing.postings] == ["C3"]


def test_an_unknown_workable_account_is_gone_and_others_failures_are_not_asked_twice() -> None:
    with pytest.raises(Gone):
        workable.read({"account": "acme"}, Replay({WIDGET: failure(Gone, 404), LIST: failure(Gone, 404)}), {})
    get = Replay({WIDGET: failure(Refused, 429)})
    with pytest.raises(Refused):
        workable.read({"account": "acme"}, get, {})
    assert len(get.asked) == 1
