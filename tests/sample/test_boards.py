"""The sample boards speak the wire formats: the real scrapers read from them what the world says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import config
from webapp.errors import Gone, Malformed, NotModified
from webapp.outbound import OutboundDoor, OutboundSettings
from webapp.sample import boards, server, wire, world
from webapp.sample.boards import Request
from webapp.sample.companies import COMPANIES
from webapp.sample.shapes import SampleCompany
from webapp.sample.state import STEADY, WorldState
from webapp.scrapers import SCRAPERS, recognise
from webapp.values import Answer, Listing

START = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
BY_SLUG = {company.slug: company for company in COMPANIES}
EVERY = pytest.mark.parametrize("company", COMPANIES, ids=lambda company: company.slug)


class Clock:
    now = START

    def __call__(self) -> datetime:
        return self.now


class FakeGet:
    """The outbound door without a network: asks the boards directly."""

    def __init__(self, state: WorldState) -> None:
        self.state = state
        self.urls: list[str] = []

    def __call__(
        self,
        url: str,
        *,
        accept: str = "application/json",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        conditional: bool = False,
    ) -> Answer:
        self.urls.append(url)
        response = fetch(url, self.state, json)
        if response.status == 404:
            raise Gone("404", status=404)
        if response.status != 200:
            raise Malformed(str(response.status), status=response.status)
        return Answer(200, url, {name.lower(): text for name, text in response.headers.items()}, response.body)


def fetch(url: str, state: WorldState, value: Any = None, **extra: Any) -> boards.Response:
    parts = urlsplit(url)
    method, body = ("GET", b"") if value is None else ("POST", json.dumps(value).encode())
    return boards.answer(Request(method, parts.hostname or "", parts.path, parts.query, body=body, **extra), state)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(tmp_path: Path, clock: Clock) -> WorldState:
    return WorldState(tmp_path / "world.json", clock)


def read(company: SampleCompany, get: Any, known: Mapping[str, str] | None = None) -> Listing:
    found = recognise(company.careers_url)
    assert found is not None
    ats, reference = found
    assert ats == company.ats
    return SCRAPERS[ats].read(reference.config, get, known or {})


@EVERY
def test_a_scraper_reads_exactly_what_the_world_says(company: SampleCompany, state: WorldState) -> None:
    listing = read(company, FakeGet(state))
    assert listing.complete, listing.reason
    openings = world.listed(company, 0)
    # Comeet lists a position once for each of its places.
    rows = [(o, place) for o in openings for place in (o.places if company.ats == "comeet" else o.places[:1])]
    assert len(listing.postings) == len(rows)
    assert len({posting.external_id for posting in listing.postings}) == len(rows)
    for posting, (opening, place) in zip(listing.postings, rows, strict=True):
        assert posting.title == opening.title
        assert posting.workplace_type == opening.workplace
        assert place.text in (posting.locations or (posting.location,))
        assert posting.employment_type
        assert opening.duties[0] in posting.description_text
        assert opening.closing in posting.description_text
        assert "&amp;amp;" not in posting.description_html
        assert urlsplit(posting.url).hostname == urlsplit(company.careers_url).hostname
        if company.ats != "workday":
            assert posting.department == opening.department
        if company.ats in {"greenhouse", "lever", "ashby"}:
            pay = (posting.salary_min, posting.salary_max, posting.salary_currency, posting.salary_period)
            assert pay == ((opening.pay.low, opening.pay.high, opening.pay.currency, opening.pay.period)
                           if opening.pay else (None, None, None, None))  # fmt: skip
        if company.ats != "comeet":
            assert posting.posted_at is not None
            published = wire.published_at(opening, [START])
            assert posting.posted_at.date() == published.date()
            assert START - timedelta(days=170) < published < START


@EVERY
def test_the_next_generation_shows_as_a_few_new_gone_and_changed_postings(
    company: SampleCompany, state: WorldState, clock: Clock
) -> None:
    first = {posting.external_id: posting for posting in read(company, FakeGet(state)).postings}
    clock.now += STEADY
    second = {posting.external_id: posting for posting in read(company, FakeGet(state)).postings}
    places = max(len(o.places) for o in world.existing(company, 1)) if company.ats == "comeet" else 1
    assert 1 <= len(second.keys() - first.keys()) <= 3 * places
    assert 1 <= len(first.keys() - second.keys()) <= 2 * places
    changed = [i for i in first.keys() & second.keys() if first[i].content_hash() != second[i].content_hash()]
    assert 1 <= len(changed) <= places


def test_a_workday_read_is_steady_over_its_pages_and_asks_again_only_for_what_is_new(
    state: WorldState, clock: Clock
) -> None:
    company = BY_SLUG["tessellate"]
    get = FakeGet(state)
    first = read(company, get)
    assert len([url for url in get.urls if url.endswith("/jobs")]) >= 3
    assert first.reported_total == 58
    known = {posting.external_id: posting.list_hash for posting in first.postings}
    clock.now += STEADY
    get = FakeGet(state)
    second = read(company, get, known)
    assert second.complete
    assert 1 <= len([url for url in get.urls if "/job/" in url]) <= 6


def test_a_workday_list_is_paged_by_twenty_and_tells_its_total_once(state: WorldState) -> None:
    url = "https://tessellate.wd1.myworkdayjobs.sample.test/wday/cxs/tessellate/Tessellate_External/jobs"
    pages = [json.loads(fetch(url, state, {"limit": 20, "offset": offset}).body) for offset in (0, 20, 40, 60)]
    assert [len(page["jobPostings"]) for page in pages] == [20, 20, 18, 0]
    assert [page["total"] for page in pages] == [58, 0, 0, 0]
    assert fetch(url, state, {"limit": 50, "offset": 0}).status == 400
    assert fetch(url, state, ["not", "an", "object"]).status == 400
    assert fetch(url.replace("Tessellate_External", "Other"), state, {}).status == 422


def test_the_dropped_board_is_small_and_consistent_with_itself(state: WorldState) -> None:
    company = BY_SLUG["tessellate"]
    for _ in range(world.PRESENT + 1):
        state.begin(company.slug, START)
    listing = read(company, FakeGet(state))
    assert listing.complete
    assert (len(listing.postings), listing.reported_total) == (4, 4)


def test_the_broken_board_answers_404_after_its_fifth_generation(state: WorldState) -> None:
    company = BY_SLUG["brackenridge"]
    assert read(company, FakeGet(state)).postings
    for _ in range(5):
        state.begin(company.slug, START)
    with pytest.raises(Gone):
        read(company, FakeGet(state))


def test_comeet_can_be_read_through_its_api_with_the_token_of_its_page(state: WorldState) -> None:
    company = BY_SLUG["harborlight"]
    config = {"uid": company.board, "api_host": "www.comeet.sample.test", "token": wire.comeet_token(company)}
    by_api = SCRAPERS["comeet"].read(config, FakeGet(state), {})
    assert by_api.complete
    assert by_api.postings == read(company, FakeGet(state)).postings
    wrong = f"https://www.comeet.sample.test/careers-api/2.0/company/{company.board}/positions?token=0"
    assert fetch(wrong, state).status == 400


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://boards-api.greenhouse.sample.test/v1/boards/nobody/jobs?content=true", 404),
        ("https://boards-api.greenhouse.sample.test/v1/boards/northcliff", 200),
        ("https://boards-api.greenhouse.sample.test/v1/boards/northcliff/jobs", 200),
        ("https://boards-api.greenhouse.sample.test/v1/boards/northcliff/jobs/1", 404),
        ("https://boards-api.greenhouse.sample.test/", 404),
        ("https://api.lever.sample.test/v0/postings/nobody?mode=json", 404),
        ("https://api.ashbyhq.sample.test/posting-api/job-board/nobody", 404),
        ("https://api.ashbyhq.sample.test/posting-api/job-board/quillmark%20ltd.", 200),
        ("https://www.comeet.sample.test/jobs/nobody/00.000", 302),
        ("https://www.comeet.sample.test/jobs/any-label/7A.00C", 200),
        ("https://www.comeet.sample.test/", 200),
        ("https://nobody.wd1.myworkdayjobs.sample.test/wday/cxs/tessellate/Tessellate_External/job/x", 422),
        ("https://elsewhere.sample.test/", 404),
        ("https://api.lever.sample.test/robots.txt", 200),
    ],
)
def test_addresses_answer_as_the_real_ones_do(state: WorldState, url: str, status: int) -> None:
    assert fetch(url, state).status == status


def test_one_posting_can_be_asked_for_at_greenhouse(state: WorldState) -> None:
    url = "https://boards-api.greenhouse.sample.test/v1/boards/northcliff/jobs"
    job = json.loads(fetch(f"{url}?content=true", state).body)["jobs"][0]
    assert json.loads(fetch(f"{url}/{job['id']}", state).body) == job


@pytest.fixture
def door(tmp_path: Path) -> OutboundDoor:
    base_url = server.ensure_running(tmp_path / "served.json")
    assert server.ensure_running(tmp_path / "served.json") == base_url
    settings = OutboundSettings.from_config(config.load({}, SECRET_KEY="only for tests, long enough"))
    return OutboundDoor(replace(settings, host_interval=0, retries=0, routes={server.HOSTS: base_url}))


@EVERY
def test_the_real_server_is_read_through_the_real_door(company: SampleCompany, door: OutboundDoor) -> None:
    listing = read(company, door.visit())
    assert listing.complete, listing.reason
    assert len(listing.postings) >= company.baseline


@pytest.mark.parametrize("slug", ["northcliff", "olivetree-health", "fjordline"])
def test_an_unchanged_board_says_so_with_304(slug: str, door: OutboundDoor) -> None:
    company = BY_SLUG[slug]
    visit = door.visit()
    read(company, visit)
    assert visit.validators
    with pytest.raises(NotModified):
        read(company, door.visit(visit.validators))


def test_the_broken_board_is_gone_through_the_real_door(door: OutboundDoor, tmp_path: Path) -> None:
    for _ in range(6):
        WorldState(tmp_path / "served.json").begin("brackenridge", START)
    with pytest.raises(Gone):
        read(BY_SLUG["brackenridge"], door.visit())


def test_an_unknown_comeet_board_is_gone_through_the_real_door(door: OutboundDoor) -> None:
    with pytest.raises(Gone):
        SCRAPERS["comeet"].read(
            {"uid": "00.000", "slug": "nobody", "api_host": "www.comeet.sample.test"}, door.visit(), {}
        )
