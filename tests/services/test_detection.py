"""Which board is behind an address: real requests through the outbound door to a scripted server."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.servers import Reply, ScriptedServer
from webapp.errors import Gone, Invalid
from webapp.outbound import OutboundDoor, OutboundSettings
from webapp.scrapers import recognise
from webapp.services import detection
from webapp.services.board_names import resembles
from webapp.services.detection import Candidate, Detection

CAREERS = "https://www.acme.example/careers"
TOKEN = "4F0B123C4D5E6F708090"


@pytest.fixture
def web() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def door(web: ScriptedServer) -> OutboundDoor:
    return OutboundDoor(OutboundSettings(user_agent="tests", host_interval=0.0, retries=0, routes=web.routes))


def serve(web: ScriptedServer, url: str, source: str) -> None:
    host, _, path = url.removeprefix("https://").partition("/")
    web.script[("GET", host, "/" + path)] = Reply.html(source)


def look(door: OutboundDoor, url: str = CAREERS) -> Detection:
    return detection.detect(url, door.visit())


def names(found: Detection) -> list[str]:
    return [f"{candidate.ats}:{candidate.reference.key}" for candidate in found.candidates]


@pytest.mark.parametrize(
    ("url", "board"),
    [
        ("https://jobs.lever.co/acme/7d0e3c1a-1111-4222-8333-444455556666/apply", "lever:acme"),
        ("job-boards.greenhouse.io/acme/jobs/4512007", "greenhouse:acme"),
        ("//apply.workable.com/acme/j/A1B2C3D4E5/", "workable:acme"),
        ("https://jobs.lever.co/1840%26company", "lever:1840&company"),
        ("https://jobs.lever.co/loop%20ai/", "lever:loop ai"),
        ("https://www.google.com/url?q=https%3A%2F%2Fjobs.ashbyhq.com%2Facme&sa=D", "ashby:acme"),
    ],
)
def test_an_address_that_names_a_board_costs_no_request(
    web: ScriptedServer, door: OutboundDoor, url: str, board: str
) -> None:
    found = look(door, url)
    assert names(found) == [board]
    assert found.candidates[0].found_by == "the address itself"
    assert web.seen == web.robots_seen == []


@pytest.mark.parametrize(
    "url",
    ["", "   ", "nonsense", "javascript:alert(1)", "https://[broken", "file:///etc/passwd", "https://a@b.example"],
)
def test_what_is_no_web_address_is_refused_without_a_request(web: ScriptedServer, door: OutboundDoor, url: str) -> None:
    with pytest.raises(Invalid) as caught:
        look(door, url)
    assert caught.value.field == "careers_url"
    assert web.seen == web.robots_seen == []


def test_a_redirect_to_a_board_is_that_board(web: ScriptedServer, door: OutboundDoor) -> None:
    web.script[("GET", "www.acme.example", "/careers")] = Reply.redirect("https://jobs.ashbyhq.com/acme")
    serve(web, "https://jobs.ashbyhq.com/acme", "<a href='https://jobs.lever.co/other'>x</a>")
    found = look(door)
    assert names(found) == ["ashby:acme"]
    assert found.candidates[0].found_by == "where the address leads"


def test_a_frame_in_the_page_names_the_board(web: ScriptedServer, door: OutboundDoor) -> None:
    serve(web, CAREERS, '<iframe src="https://boards.greenhouse.io/embed/job_board?for=acme"></iframe>')
    found = look(door)
    assert names(found) == ["greenhouse:acme"]
    assert found.candidates[0].found_by == "a frame in www.acme.example/careers"
    assert found.candidates[0].page == CAREERS
    assert web.paths() == ["www.acme.example/careers"]


def test_comeets_embedded_settings_make_a_board_that_can_be_read(web: ScriptedServer, door: OutboundDoor) -> None:
    serve(web, CAREERS, f'<script>COMEET.init({{"token":"{TOKEN}","company-uid":"4F.00B"}})</script>')
    row = {"uid": "3B.41A", "name": "Data Engineer", "company_name": "Acme", "url_active_page": CAREERS + "/3B.41A"}
    web.script[("GET", "www.comeet.co", "/careers-api/2.0/company/4F.00B/positions")] = Reply.json([row])
    (candidate,) = look(door).candidates
    assert candidate.reference.config == {"uid": "4F.00B", "token": TOKEN, "careers_url": CAREERS}
    assert candidate.reference.careers_url == CAREERS
    verified = detection.verify(candidate, door)
    assert (verified.count, verified.board_name, verified.warning) == (1, "Acme", "")
    assert web.seen[-1].query["token"] == TOKEN


def test_settings_and_link_of_one_comeet_board_are_one_candidate(web: ScriptedServer, door: OutboundDoor) -> None:
    source = f"""<script>var comeetvar = {{"comeet_token":"{TOKEN}","comeet_uid":"4F.00B"}}</script>
        <a href="https://www.comeet.com/jobs/acme/4F.00B/data-engineer/3B.41A">Data Engineer</a>"""
    serve(web, CAREERS, source)
    (candidate,) = look(door).candidates
    assert candidate.reference.config == {
        "uid": "4F.00B",
        "slug": "acme",
        "token": TOKEN,
        "careers_url": CAREERS,
    }
    assert candidate.reference.careers_url == "https://www.comeet.com/jobs/acme/4F.00B"


def test_several_boards_are_offered_and_not_guessed_between(web: ScriptedServer, door: OutboundDoor) -> None:
    source = """<a href="https://jobs.lever.co/acme">US</a> <a href="https://jobs.eu.lever.co/acme">EU</a>
        <a href="https://jobs.eu.lever.co/acme/1">A job</a> <script src="https://jobs.ashbyhq.com/acme/embed"></script>"""
    serve(web, CAREERS, source)
    assert names(look(door)) == ["ashby:acme", "lever:acme@eu", "lever:acme"]


def test_of_a_page_that_links_to_everybody_only_the_likeliest_are_offered(
    web: ScriptedServer, door: OutboundDoor
) -> None:
    serve(web, CAREERS, "".join(f'<a href="https://jobs.lever.co/co-{n}">{n}</a>' for n in range(50)))
    found = look(door)
    assert len(found.candidates) == detection.MOST_CANDIDATES
    assert "50 boards were named" in " ".join(found.tried)


def test_pages_one_click_away_are_read_three_at_most(web: ScriptedServer, door: OutboundDoor) -> None:
    links = "".join(f'<a href="/jobs/{n}">Open positions {n}</a>' for n in range(9))
    serve(web, CAREERS, links + '<a href="https://elsewhere.example/jobs">Jobs</a>')
    for number in range(9):
        serve(web, f"https://www.acme.example/jobs/{number}", "<p>No list here.</p>")
    found = look(door)
    assert not found.candidates
    assert web.paths() == ["www.acme.example/careers", *(f"www.acme.example/jobs/{n}" for n in range(3))]
    assert "www.acme.example/jobs/2" in found.sentence


def test_a_homepage_leads_to_the_board_behind_its_careers_link(web: ScriptedServer, door: OutboundDoor) -> None:
    serve(web, "https://acme.example/", '<a href="/about">About</a><a href="https://jobs.acme.example/all">Jobs</a>')
    serve(web, "https://jobs.acme.example/all", '<a href="https://jobs.gem.com/acme/123">Pilot</a>')
    found = look(door, "acme.example")
    assert names(found) == ["gem:acme"]
    assert found.candidates[0].found_by == "a link in jobs.acme.example/all"
    assert "acme.example/about" not in web.paths()


def test_a_posting_on_the_companys_own_page_leads_to_its_board(web: ScriptedServer, door: OutboundDoor) -> None:
    posting = "https://www.acme.example/careers/engineer"
    serve(web, posting, '<script src="https://boards.greenhouse.io/embed/job_board/js?for=acme"></script>')
    assert names(look(door, posting + "?gh_jid=4512007")) == ["greenhouse:acme"]


def test_a_workday_host_without_a_site_is_asked_for_its_sites(web: ScriptedServer, door: OutboundDoor) -> None:
    host = "acme.wd5.myworkdayjobs.com"
    text = (
        f"User-agent: *\nSitemap: https://{host}/Acme_Careers/siteMap.xml\nsitemap:https://{host}/Interns/siteMap.xml"
    )
    web.script[("GET", host, "/robots.txt")] = Reply(200, text.encode(), {"Content-Type": "text/plain"})
    found = look(door, f"https://{host}/en-US")
    assert [c.reference.config["site"] for c in found.candidates] == ["Acme_Careers", "Interns"]
    assert found.candidates[0].found_by == f"the robots.txt of {host}"
    assert web.seen == []


def test_a_dead_end_names_what_was_tried(web: ScriptedServer, door: OutboundDoor) -> None:
    serve(web, CAREERS, '<a href="/careers/engineer?gh_jid=4512007">Engineer</a><a href="/jobs">Jobs</a>')
    found = look(door)
    assert found.candidates == ()
    for words in (
        "The address alone names no board",
        "data of www.acme.example/careers name no board, though it shows signs of Greenhouse.",
        "www.acme.example/jobs could not be read: www.acme.example answered 404",
        "There is no robots.txt of www.acme.example",
        "Open a job at the company",
    ):
        assert words in found.sentence


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(503, b"down"), "answered 503"),
        (Reply(200, b""), "answered with nothing at all"),
        (Reply(200, b"<a href='//[x'>\xfa\xfb\x80", {"Content-Type": "text/html; charset=utf-8"}), "name no board"),
        (Reply.html("<div>" * 100_000), "name no board"),
        (Reply(403, b"no"), "www.acme.example"),
    ],
)
def test_a_page_that_cannot_be_used_is_a_sentence_and_no_exception(
    web: ScriptedServer, door: OutboundDoor, reply: Reply, words: str
) -> None:
    web.script[("GET", "www.acme.example", "/careers")] = reply
    found = look(door)
    assert found.candidates == ()
    assert words in found.sentence
    assert "Traceback" not in found.sentence


@pytest.mark.parametrize("url", ["http://127.0.0.1/careers", "http://169.254.169.254/latest", "https://[::1].example/"])
def test_addresses_that_are_not_public_are_not_asked(url: str) -> None:
    door = OutboundDoor(OutboundSettings(user_agent="tests", host_interval=0.0, retries=0))
    try:
        found = detection.detect(url, door.visit())
    except Invalid:
        return
    assert found.candidates == ()
    assert "could not be read" in found.sentence


def test_a_page_with_postings_as_data_is_a_source_only_where_no_board_is_named(
    web: ScriptedServer, door: OutboundDoor
) -> None:
    data = '<script type="application/ld+json">{"@type":"JobPosting","title":"Cook"}</script>'
    serve(web, CAREERS, data)
    (found,) = look(door).candidates
    assert (found.ats, found.reference.careers_url) == ("jsonld", CAREERS)
    assert found.found_by == "the postings that the page carries as data"
    serve(web, CAREERS, data + '<a href="https://jobs.lever.co/acme">x</a>')
    assert names(look(door)) == ["lever:acme"]


def test_a_sitemap_of_jobs_is_offered_last_of_all(web: ScriptedServer, door: OutboundDoor) -> None:
    serve(web, CAREERS, "<p>Nothing.</p>")
    robots = b"Sitemap: https://www.acme.example/sitemap-pages.xml\nSitemap: https://www.acme.example/sitemap-jobs.xml"
    web.script[("GET", "www.acme.example", "/robots.txt")] = Reply(200, robots, {"Content-Type": "text/plain"})
    (found,) = look(door).candidates
    assert (found.ats, found.reference.careers_url) == ("sitemap", "https://www.acme.example/sitemap-jobs.xml")
    assert found.found_by == "the robots.txt of www.acme.example"


# --- looking at a candidate -------------------------------------------------------------------------------------------


def candidate(url: str, page: str = "") -> Candidate:
    found = recognise(url)
    assert found is not None
    return Candidate(*found, "a link", page)


def greenhouse(company: str, rows: int) -> dict[str, Any]:
    job = {"title": "Cook", "location": {"name": "Haifa"}, "company_name": company}
    return {
        "jobs": [{**job, "id": n, "absolute_url": f"https://acme.example/jobs/{n}"} for n in range(rows)],
        "meta": {"total": rows},
    }


GREENHOUSE = ("GET", "boards-api.greenhouse.io", "/v1/boards/acme/jobs")


def test_a_candidate_is_read_with_five_samples_and_the_boards_own_name(web: ScriptedServer, door: OutboundDoor) -> None:
    web.script[GREENHOUSE] = Reply.json(greenhouse("Acme Ltd ", 7))
    verified = detection.verify(candidate("https://boards.greenhouse.io/acme", CAREERS), door)
    assert (verified.count, len(verified.samples), verified.board_name) == (7, 5, "Acme Ltd")
    assert verified.warning == ""
    assert verified.listing.complete


@pytest.mark.parametrize(
    ("name", "page"), [("Northwind", ""), ("", "https://northwind.example/careers"), ("  Northwind ", CAREERS)]
)
def test_a_board_of_another_company_is_warned_of(web: ScriptedServer, door: OutboundDoor, name: str, page: str) -> None:
    web.script[GREENHOUSE] = Reply.json(greenhouse("Acme", 1))
    verified = detection.verify(candidate("https://boards.greenhouse.io/acme", page), door, name)
    assert "Acme's" in verified.warning
    assert "orthwind" in verified.warning


def test_a_board_that_says_no_name_is_compared_by_its_own(web: ScriptedServer, door: OutboundDoor) -> None:
    web.script[("GET", "api.lever.co", "/v0/postings/acme")] = Reply.json([])
    board = candidate("https://jobs.lever.co/acme", CAREERS)
    assert detection.verify(board, door).warning == ""
    assert "does not say whose it is" in detection.verify(board, door, "Northwind").warning


def test_a_candidate_that_is_not_there_is_the_failure_of_its_read(web: ScriptedServer, door: OutboundDoor) -> None:
    with pytest.raises(Gone):
        detection.verify(candidate("https://boards.greenhouse.io/acme"), door)


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Acme Ltd.", "acme", True),
        ("boxinc", "Box", True),
        ("Société Générale", "societe-generale", True),
        ("International Business Machines", "IBM", True),
        ("Harbor Light Labs", "Harbor Insurance", True),
        ("Check Point", "checkpoint", True),
        ("Acme", "Northwind", False),
        ("Global Systems", "Global Solutions", False),
        ("tripactions", "Navan", False),
        ("אקמי", "אקמי בע״מ", True),
        ("", "Acme", False),
    ],
)
def test_names_resemble_each_other(one: str, other: str, alike: bool) -> None:
    assert resembles(one, other) is alike
    assert resembles(other, one) is alike
