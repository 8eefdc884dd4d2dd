"""Career pages that no ATS made: their JobPostings, on the list and on the pages to which it links."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.scrapers.replay import Replay, failure, replay
from tests.scrapers.test_fuzz import faults
from tests.scrapers.test_recorded_payloads import RECORDED, files, instant, same_words, squeezed
from webapp.errors import Gone, Malformed, OutboundError, Refused, Unavailable
from webapp.scrapers import jsonld
from webapp.scrapers._dom import tree_of
from webapp.scrapers._jobpages import job_id, job_url, may_be_position, page_id
from webapp.scrapers._microdata import microdata_postings
from webapp.values import Answer, Listing

URL = "https://careers.example.org/jobs"
CORPUS = RECORDED.parents[1] / "corpora" / "malformed_jsonld.json"


def page(*jobs: Any, body: str = "") -> bytes:
    blocks = "".join(f'<script type="application/ld+json">{json.dumps(job)}</script>' for job in jobs)
    return f"<!doctype html><html><head>{blocks}</head><body>{body}</body></html>".encode()


def job(title: str, **more: Any) -> dict[str, Any]:
    return {"@type": "JobPosting", "title": title, **more}


def read(replies: dict[str, Any], known: dict[str, str] | None = None) -> tuple[Listing, Replay]:
    get = Replay(replies)
    return jsonld.read({"url": URL}, get, known or {}), get


LINKS = page(body='<a href="/jobs/1-cook">Cook</a><a href="/jobs/2-baker">Baker</a><a href="/careers/benefits">Why</a>')
COOK, BAKER = f"{URL}/1-cook", f"{URL}/2-baker"


def test_linked_pages_are_read_once_and_again_only_when_their_link_changes() -> None:
    first, get = read({URL: LINKS, COOK: page(job("Cook")), BAKER: page(job("Baker"))})
    assert [posting.title for posting in first.postings] == ["Cook", "Baker"]
    assert first.complete
    assert len(get.asked) == 3
    known = {posting.external_id: posting.list_hash for posting in first.postings}
    second, get = read({URL: LINKS}, known)
    assert get.asked == [f"GET {URL}"]
    assert second.complete
    assert [(posting.external_id, posting.is_detailed) for posting in second.postings] == [(x, False) for x in known]
    third, get = read({URL: LINKS.replace(b">Cook", b">Head cook"), COOK: page(job("Head cook"))}, known)
    assert get.asked == [f"GET {URL}", f"GET {COOK}"]
    assert third.postings[0].title == "Head cook"


def test_a_date_that_runs_along_in_a_link_changes_nothing() -> None:
    with_date = LINKS.replace(b"Cook<", b"Cook <i>3 days ago</i><")
    first, _ = read({URL: with_date, COOK: page(job("Cook")), BAKER: page(job("Baker"))})
    known = {posting.external_id: posting.list_hash for posting in first.postings}
    _, get = read({URL: with_date.replace(b"3 days", b"4 days")}, known)
    assert len(get.asked) == 1


def test_a_linked_page_that_is_gone_or_about_something_else_is_no_position() -> None:
    listing, _ = read({URL: LINKS, COOK: page(job("Cook")), BAKER: failure(Gone, 404)})
    assert [posting.title for posting in listing.postings] == ["Cook"]
    assert listing.complete
    listing, _ = read({URL: LINKS, COOK: page(job("Cook")), BAKER: page()})
    assert listing.complete
    assert len(listing.postings) == 1


@pytest.mark.parametrize("error", [failure(Refused, 403), failure(Unavailable, 503)])
def test_linked_pages_that_could_not_be_read_leave_the_listing_partial(error: OutboundError) -> None:
    listing, _ = read({URL: LINKS, COOK: page(job("Cook")), BAKER: error})
    assert not listing.complete
    assert "not read yet" in listing.reason


def test_a_known_position_stays_while_its_page_fails() -> None:
    known = {page_id(COOK): "old", page_id(BAKER): "old"}
    listing, _ = read({URL: LINKS, COOK: page(job("Cook")), BAKER: failure(Unavailable, 503)}, known)
    assert [(posting.external_id, posting.is_detailed) for posting in listing.postings] == [
        (page_id(COOK), True),
        (page_id(BAKER), False),
    ]


def test_more_linked_pages_than_a_read_may_open_wait_for_the_next_one() -> None:
    addresses = [f"{URL}/{number}" for number in range(170)]
    links = page(body="".join(f'<a href="{url}">{url}</a>' for url in addresses))
    replies: dict[str, Any] = {url: page(job(f"Cook {url[-3:]}")) for url in addresses}
    listing, get = read({URL: links, **replies})
    assert (len(get.asked), len(listing.postings), listing.complete) == (151, 150, False)
    known = {posting.external_id: posting.list_hash for posting in listing.postings}
    listing, get = read({URL: links, **replies}, known)
    assert (len(get.asked), len(listing.postings), listing.complete) == (21, 170, True)


def test_a_position_that_redirects_to_the_list_of_others_is_none() -> None:
    moved = Answer(200, URL, {"content-type": "text/html"}, page(job("Cook"), job("Baker")))
    listing, _ = read({URL: LINKS, COOK: page(job("Cook")), BAKER: moved})
    assert [posting.title for posting in listing.postings] == ["Cook"]


def test_similar_jobs_on_the_page_of_a_position_are_not_taken_for_it() -> None:
    both = page(job("Butcher", url=f"{URL}/3"), job("Baker", url=BAKER))
    listing, _ = read({URL: LINKS, COOK: page(job("Cook")), BAKER: both})
    assert listing.postings[1].title == "Baker"
    headed = page(job("Butcher"), job("Baker"), body="<h1>Baker</h1>")
    listing, _ = read({URL: LINKS, COOK: page(job("Cook")), BAKER: headed})
    assert listing.postings[1].title == "Baker"


def test_positions_of_the_same_form_of_address_beside_the_described_ones_are_read_too() -> None:
    listed = page(job("Cook", url=COOK), body='<a href="/jobs/1-cook">Cook</a><a href="/jobs/2-baker">Baker</a>')
    listing, get = read({URL: listed, BAKER: page(job("Baker"))})
    assert [posting.title for posting in listing.postings] == ["Cook", "Baker"]
    assert len(get.asked) == 2


def test_an_item_list_names_the_positions_and_their_number() -> None:
    entries = [{"@type": "ListItem", "url": COOK, "name": "Cook"}, {"@type": "ListItem", "item": BAKER}]
    listed = {"@type": "ItemList", "numberOfItems": 3, "itemListElement": entries}
    listing, _ = read({URL: page(listed), COOK: page(job("Cook")), BAKER: page(job("Baker"))})
    assert (len(listing.postings), listing.reported_total) == (2, 3)
    assert "says 3 positions and shows 2" in listing.reason


def test_a_list_goes_on_over_its_pages_and_a_failing_one_ends_it() -> None:
    more = '<a rel="next" href="?page=2">More</a>'
    listing, _ = read({URL: page(job("Cook"), body=more), f"{URL}?page=2": failure(Unavailable, 503)})
    assert len(listing.postings) == 1
    assert "could not be read" in listing.reason
    listing, get = read({URL: page(job("Cook"), body=more), f"{URL}?page=2": page(job("Baker"), body=more)})
    assert (len(listing.postings), listing.complete, len(get.asked)) == (2, True, 2)


def test_what_is_garbled_beside_what_is_not_leaves_the_listing_partial() -> None:
    body = page(job("Cook")).replace(b"<body>", b'<script type="application/ld+json">{"@type":"JobPosting",</script>')
    listing, _ = read({URL: body})
    assert len(listing.postings) == 1
    assert "garbled" in listing.reason
    with pytest.raises(Malformed, match="garbled"):
        read({URL: page().replace(b"<body>", b'<script type="application/ld+json">{"@type":"JobPosting",</script>')})


def test_a_redirect_within_the_site_is_followed_and_one_to_the_vendor_is_not() -> None:
    body = page(job("Cook"))
    for reached in (
        "https://www.careers.example.org/en/jobs",
        "https://apply.careers.example.org/",
    ):
        assert len(read({URL: Answer(200, reached, {"content-type": "text/html"}, body)})[0].postings) == 1
    for reached in ("https://example.org/", "https://careers.example.org.example.com/", "https://example.com/"):
        with pytest.raises(Malformed, match="redirected"):
            read({URL: Answer(200, reached, {"content-type": "text/html"}, body)})


def test_an_identifier_that_two_positions_share_names_neither() -> None:
    same = {"@type": "PropertyValue", "name": "Example", "value": "77"}
    listing, _ = read({URL: page(job("Cook", identifier=same, url=COOK), job("Baker", identifier=same, url=BAKER))})
    assert [posting.external_id for posting in listing.postings] == [page_id(COOK), page_id(BAKER)]
    alone, _ = read({URL: page(job("Cook", identifier=same, url=COOK))})
    assert alone.postings[0].external_id == "77"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("A-1", "A-1"), (7, "7"), ({"value": "x1"}, "x1"), ([{"value": 3}, "b"], "3"), ({"value": "Example"}, ""),
        (None, ""), ([], ""), ({}, ""), ("Example", ""), (True, ""), ({"@id": "urn:4"}, "urn:4"),
        ({"name": "Sub", "value": "Sub"}, ""),
    ],
)  # fmt: skip
def test_identifiers(given: object, expected: str) -> None:
    assert job_id({"identifier": given, "hiringOrganization": {"name": "Example"}}) == expected


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1/", "http://[::1]/", "javascript:alert(1)", "http://localhost/x", "//intranet/x", "#job", None],
)
def test_an_address_that_nobody_could_open_is_none(url: str | None) -> None:
    assert job_url({"url": url}, URL) == ""


@pytest.mark.parametrize(
    "path",
    [
        "/jobs/4711", "/jobs/cook", "/en/jobs/cook", "/careers/4711-cook", "/careers/senior-cook", "/job?id=4711",
        "/stellenangebote/koch", "/company/open-positions/cook", "/o/cook-2", "/vacature/kok", "/careers/jobs/cook",
        "/careers?gh_jid=4711",
    ],
)  # fmt: skip
def test_addresses_that_may_be_positions(path: str) -> None:
    assert may_be_position(f"https://example.org{path}")


@pytest.mark.parametrize(
    "path",
    [
        "/", "/about", "/jobs", "/jobs/", "/careers/benefits", "/careers/culture", "/jobs/search", "/jobs/4711/apply",
        "/jobs/list.pdf", "/blog/how-to-cook", "/jobs/department/kitchen", "/jobs?page=2", "/careers/our-culture",
    ],
)  # fmt: skip
def test_addresses_that_are_none(path: str) -> None:
    assert not may_be_position(f"https://example.org{path}")


def test_microdata_keeps_items_apart_and_repeats_as_lists() -> None:
    (found,) = microdata_postings(
        tree_of(
            '<div itemscope itemtype="https://schema.org/Thing https://schema.org/JobPosting">'
            '<b itemprop="title name">Cook</b><i itemprop="industry">Food</i><i itemprop="industry">Hotels</i>'
            '<div itemprop="hiringOrganization" itemscope><b itemprop="name">Example</b></div>'
            '<div itemscope><b itemprop="title">Other</b></div>'
            '<time itemprop="datePosted" datetime="2026-11-01">1 November</time></div>'
        )
    )
    assert found == {
        "title": "Cook",
        "name": "Cook",
        "industry": ["Food", "Hotels"],
        "hiringOrganization": {"name": "Example"},
        "datePosted": "2026-11-01",
    }


def test_huge_pages_take_no_time() -> None:
    bodies = (
        b"<html>" + b"<div itemscope itemtype=http://schema.org/JobPosting itemprop=a>" * 900 + b"x" * 10**6,
        b"<html>" + b"<span itemscope itemtype=http://schema.org/JobPosting><i itemprop=title>t</i></span>" * 20_000,
        b"<html>" + b"<a href=/jobs/1>x</a>" * 100_000,
        b'<script type="application/ld+json">' * 50_000,
        b'<script type="application/ld+json">{"@type":"JobPosting","title":' + b"[" * 100_000,
    )
    for body in bodies:
        started = time.process_time()
        with suppress(OutboundError):
            read({URL: body, f"{URL}/1": failure(Gone, 404)})
        assert time.process_time() - started < 3, body[:50]


def test_the_fixture_asks_for_nothing_twice() -> None:
    get = replay("jsonld")
    jsonld.read({"url": URL}, get, {})
    assert len(set(get.asked)) == len(get.asked) == 3


def corpus() -> Iterator[Any]:
    for case in json.loads(CORPUS.read_text())["cases"] if CORPUS.is_file() else []:
        yield pytest.param(case["body"], case["expect"], case["note"], id=case["id"])


@pytest.mark.skipif(not CORPUS.is_file(), reason="no corpus here")
@pytest.mark.parametrize(("body", "expect", "note"), list(corpus()))
def test_malformed_pages_yield_what_a_person_would_read_or_nothing(body: str, expect: str, note: str) -> None:
    started = time.process_time()
    listing, why = None, ""
    try:
        listing = read({URL: Answer(200, URL, {"content-type": "text/html"}, body.encode("utf-8", "surrogatepass"))})[0]
    except OutboundError as error:
        why = error.sentence
    assert time.process_time() - started < 1
    if listing is None:
        assert why.endswith(".")
        assert not expect.startswith("1 job") or "or skipped" in expect
        if "JobPosting" in body and expect.startswith("no crash; 0 or 1") and note != "string":
            assert "garbled" in why or note == "ends the script element"
        return
    assert not expect.startswith(("0 jobs", "skipped"))
    assert not list(faults(listing))
    (posting,) = listing.postings
    assert "<" not in posting.title
    if note.startswith("url"):
        assert posting.url == posting.apply_url == URL
    if "salary unknown" in expect:
        assert posting.salary_currency is None
    elif '"minValue": 60000' in body:
        assert (posting.salary_min, posting.salary_period) == (60000, "year")
    if note.startswith("datePosted") and posting.posted_at:
        assert posting.posted_at.date().isoformat() in body


def raw_job(text: str) -> dict[str, Any]:
    blocks = re.findall(r"<script[^>]*ld\+json[^>]*>(.*?)</script>", text, re.DOTALL)
    found: list[dict[str, Any]] = [
        value for value in map(json.loads, blocks) if "JobPosting" in str(value.get("@type"))
    ]
    return found[0]


@files("jsonld", "*.html")
def test_recorded_pages_of_one_position(path: Path) -> None:
    text = path.read_text()
    url = "https://careers.example.org/x"
    get = Replay({url: path.read_bytes()})
    if re.search(r'"JobPosting"', text) is None:
        listed_nowhere(url, path)
        return
    raw = raw_job(text)
    (posting,) = jsonld.read({"url": url}, get, {}).postings
    assert posting.title == squeezed(html.unescape(raw["title"]))
    assert posting.posted_at == instant(re.sub(r"T24.*", "", raw["datePosted"]))
    assert same_words(raw["description"], posting.description_text)
    places = raw["jobLocation"] if isinstance(raw["jobLocation"], list) else [raw["jobLocation"]]
    for entry in places:
        parts = entry.get("address", entry)
        city = (parts.get("addressLocality") or "").strip(" ,") if isinstance(parts, dict) else ""
        assert city in posting.location
    pay = (raw.get("baseSalary") or {}).get("value") or {}
    if pay.get("minValue"):
        assert posting.salary_min == int(float(pay["minValue"]))
        assert posting.salary_currency == raw["baseSalary"]["currency"]


ODD = {
    "L103": "Sanitation Team Member", "L360": "Business Analyst", "L38": "R&D Engineer", "L385": "Apprentice",
    "L430": "Housekeeper", "L66": "Engineer", "L773": "Pharmacy Technician - Full Time", "L788": "", "L839": "Dev",
    "L852": "GraphJob",
}  # fmt: skip


@files("jsonld_odd", "*.html")
def test_recorded_oddities(path: Path) -> None:
    get = Replay({URL: path.read_bytes()})
    wanted = ODD[path.stem.rpartition("_")[2]]
    if not wanted:
        with pytest.raises(Malformed):
            jsonld.read({"url": URL}, get, {})
        return
    (posting,) = jsonld.read({"url": URL}, get, {}).postings
    assert posting.title == wanted


@files("custom_html", "*.html")
def test_recorded_pages_without_job_data_are_failures_and_no_empty_boards(path: Path) -> None:
    listed_nowhere(URL, path)


def listed_nowhere(address: str, path: Path) -> None:
    def get(url: str, **_: Any) -> Answer:
        if url == address:
            return Answer(200, url, {"content-type": "text/html"}, path.read_bytes())
        raise failure(Gone, 404)

    with pytest.raises(Malformed):
        jsonld.read({"url": address}, get, {})
