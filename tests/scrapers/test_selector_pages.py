"""Pages read by CSS selectors: what these catch, and what happens when they catch nothing any more."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.scrapers.replay import Replay, board, failure, replay
from tests.scrapers.test_recorded_payloads import RECORDED
from webapp.errors import Malformed, Unavailable
from webapp.scrapers import page
from webapp.values import Answer, Listing

URL = "https://www.example.org/careers"


def html(body: str) -> bytes:
    return f"<!doctype html><html><body>{body}</body></html>".encode()


def read(body: Any, replies: dict[str, Any] | None = None, **config: Any) -> Listing:
    return page.read({"url": URL, "item": "li", **config}, Replay({URL: body, **(replies or {})}), {})


def test_title_and_link_need_no_selector() -> None:
    listing = read(html('<li><a href="/1"></a><a href="/1">Cook</a><a href="/2">Apply</a></li><li>Baker</li>'))
    assert [(posting.title, posting.url) for posting in listing.postings] == [
        ("Cook", "https://www.example.org/1"),
        ("Baker", URL),
    ]
    assert listing.complete


def test_an_item_may_be_the_link_itself() -> None:
    (posting,) = read(
        html('<a class=job href="/1"><h3>Cook</h3><i>Haifa</i></a>'), item="a.job", title="h3", location="i"
    ).postings
    assert (posting.title, posting.url, posting.location) == ("Cook", "https://www.example.org/1", "Haifa")


def test_attributes_count_where_they_are_named() -> None:
    body = html('<li data-url="/1" data-title="Cook"><b title="b">x</b><time datetime="2026-11-02">new</time></li>')
    (posting,) = read(body, title="@data-title", link="@data-url", location='b[title="b"]@title', date="time").postings
    assert (posting.title, posting.url, posting.location) == ("Cook", "https://www.example.org/1", "b")
    assert posting.posted_at is not None


@pytest.mark.parametrize("selector", ["strong", "li > strong.t", "p, strong", ":not(p):not(i)", "STRONG"])
def test_elements_of_formatting_can_be_selected(selector: str) -> None:
    (posting,) = read(html("<li><strong class=t>Cook</strong></li>"), title=selector).postings
    assert posting.title == "Cook"


def test_an_item_without_the_link_it_needs_is_not_understood() -> None:
    listing = read(html('<li><a class=x href="/1">Cook</a></li><li>Baker</li>'), link="a.x")
    assert [posting.title for posting in listing.postings] == ["Cook"]
    assert "1 of 2 rows" in listing.reason


def test_a_page_on_which_nothing_is_caught_is_a_failure_unless_it_says_so_itself() -> None:
    with pytest.raises(Malformed, match='"item" catches'):
        read(html("<p class=none>Nothing</p>"))
    assert read(html("<p class=none>Nothing</p>"), empty=".none").complete
    assert len(read(html("<p class=none>Nothing</p><li>Cook</li>"), empty=".none").postings) == 1


@pytest.mark.parametrize("name", page.SELECTORS)
@pytest.mark.parametrize("value", ["li[", "::", "li >", ":nope(", 7, "x" * 301, ["li"]])
def test_a_selector_that_cannot_be_read_is_named(name: str, value: object) -> None:
    with pytest.raises(Malformed, match=f'"{name}" in this board') as caught:
        # Nothing is asked for before that.
        page.read({"url": URL, "item": "li", name: value}, Replay({}), {})
    assert caught.value.detail == "config"


def test_pages_follow_until_the_last_and_a_failing_one_is_told() -> None:
    more = '<a class=n href="?p=2">next</a>'
    second = {f"{URL}?p=2": html("<li>Baker</li>")}
    assert len(read(html("<li>Cook</li>" + more), second, next="a.n").postings) == 2
    assert len(read(html("<li>Cook</li>" + more), second).postings) == 1
    listing = read(html("<li>Cook</li>" + more), {f"{URL}?p=2": failure(Unavailable, 503)}, next="a.n")
    assert "Page 2 could not be read" in listing.reason
    assert "shows no positions" in read(html("<li>Cook</li>" + more), {f"{URL}?p=2": html("")}, next="a.n").reason
    assert "without its end" in read(b"<html><li>Cook</li>").reason


def test_descriptions_are_read_once() -> None:
    config = board("page")["config"]
    first = page.read(config, replay("page"), {})
    known = {posting.external_id: posting.list_hash for posting in first.postings if posting.list_hash}
    get = replay("page")
    second = page.read(config, get, known)
    assert len(known) == 1
    assert len(get.asked) == 2
    assert [posting.is_detailed for posting in second.postings] == [False, True, True, True]


def test_a_description_that_is_not_where_it_was_is_told_and_costs_only_itself() -> None:
    body = html('<li><a href="/1">Cook</a></li>')
    listing = read(body, {"https://www.example.org/1": html("<p>x</p>")}, description=".text")
    assert not listing.postings[0].is_detailed
    assert any('"description" catches' in warning for warning in listing.warnings)


def test_what_each_selector_catches_can_be_shown() -> None:
    fixture = board("page")["config"]
    answer = replay("page")(fixture["url"])
    found = page.caught(fixture, answer)
    assert found["title"] == ["Event & Fair Coordinator", "Cook (Remote)"]
    assert found["location"] == ["Tel Aviv"]
    assert found["link"] == ["/company/event-coordinator?utm_source=site", "https://apply.example.com/form"]
    assert found["department"] == ["Events"]
    assert found["next"] == ["More"]
    assert found["empty"] == found["description"] == []


def test_items_within_items_without_end_take_no_time() -> None:
    started = time.process_time()
    with pytest.raises(Malformed, match="side by side"):
        read(html("<div>" * 900 + "<p>x</p>" * 50_000), item="div")
    read(html("<li><a href=/1>x</a></li>" * 20_000))
    assert time.process_time() - started < 4


RECORDED_PAGES: dict[str, tuple[dict[str, str], list[str]]] = {
    "flymotionus_careers.html": ({"item": "a[href^='/jobs/']", "title": "@href"}, ["/jobs/event-coordinator"]),
    "iperionx_careers.html": (
        {"item": "a[href*='indeed.com/job/']", "title": "@href"},
        ["manufacturing-engineer", "quality-coordinator", "production-supervisor", "metal-additive", "lab-technician",
         "maintenance-manager"],
    ),
    "reelementtech_careers.html": (
        {"item": "a[href^='/jobs/']"},
        ["Human Resources (HR) Manager", "Environmental, Health & Safety (EHS) Manager"],
    ),
    "gusto_material-board.html": (
        {"item": "a[href^='/postings/']"},
        ["General Application", "Additive Manufacturing Engineer", "Staff Battery Applications Engineer"],
    ),
    "framework_co_framework_co-hiring.html": (
        {"item": "a[href^='./jobs/']"},
        ["Senior Mechanical Engineer", "Senior Software Engineer"],
    ),
}  # fmt: skip


@pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded payloads here")
@pytest.mark.parametrize("name", RECORDED_PAGES)
def test_recorded_pages_of_small_companies(name: str) -> None:
    config, titles = RECORDED_PAGES[name]
    path: Path = RECORDED / "custom_html" / name
    answer = Answer(200, URL, {"content-type": "text/html"}, path.read_bytes())
    listing = read(answer, **config)
    assert len(listing.postings) == len(titles)
    for posting, title in zip(listing.postings, titles, strict=True):
        assert title in posting.title
        assert posting.external_id
        assert posting.url.startswith("https://")
    assert listing.complete
