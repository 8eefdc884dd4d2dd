"""What a company's own page tells about its board: from the page's source alone, without any request."""

from __future__ import annotations

import time

import pytest

from webapp.scrapers import recognise
from webapp.scrapers._pages import career_pages, mentions, same_site, site_of, sources, traces

URL = "https://www.acme.example/careers"


def named(source: str) -> dict[str, str]:
    """The boards that the addresses in a page name, by ATS, with where they stood."""
    found: dict[str, str] = {}
    for mention in mentions(source, URL):
        board = recognise(mention.text)
        if board:
            found.setdefault(f"{board[0]}:{board[1].key}", mention.how)
    return found


PLACES = [
    ('<iframe src="https://boards.greenhouse.io/embed/job_board?for=acme">', "greenhouse:acme", "a frame"),
    ('<iframe data-src="//apply.workable.com/acme/">', "workable:acme", "a frame"),
    ('<script src="https://boards.greenhouse.io/embed/job_board/js?for=acme"></script>', "greenhouse:acme", "a script"),
    ('<script src="//jobs.ashbyhq.com/acme/embed?version=2"></script>', "ashby:acme", "a script"),
    ('<a href="https://jobs.lever.co/acme?team=R%26D">Jobs</a>', "lever:acme", "a link"),
    (
        '<a href="https://acme.wd5.myworkdayjobs.com/en-US/Ext">',
        "workday:acme.wd5.myworkdayjobs.com/acme/ext",
        "a link",
    ),
    ('<form action="https://acme.bamboohr.com/careers">', "bamboohr:acme", "a form"),
    (
        '<meta http-equiv="refresh" content="0; url=https://acme.recruitee.com/">',
        "recruitee:acme",
        "the head of the page",
    ),
    ('<div data-feed="https://acme.jobs.personio.de/xml"></div>', "personio:acme", "the data"),
    ('<div id="BambooHR" data-domain="acme.bamboohr.com"></div>', "bamboohr:acme", "the data"),
    ('<div data-settings="{&quot;url&quot;:&quot;https://jobs.lever.co/acme&quot;}">', "lever:acme", "the data"),
    (r'<script>{"board":"https:\/\/jobs.ashbyhq.com\/acme"}</script>', "ashby:acme", "the data"),
    (
        r'<script>x="https:\u002F\u002Fboards.greenhouse.io\u002Fembed\u002Fjob_board?a=1\u0026for=acme"</script>',
        "greenhouse:acme",
        "the data",
    ),
    (
        '<script>self.__next_f.push([1,"{\\"href\\":\\"https://jobs.gem.com/acme\\"}"])</script>',
        "gem:acme",
        "the data",
    ),
    ('<script>fetch("https://ats.rippling.com/acme/jobs")</script>', "rippling:acme", "the data"),
    ('<base href="https://jobs.lever.co/"><a href="acme">Jobs</a>', "lever:acme", "a link"),
]


@pytest.mark.parametrize(("source", "board", "how"), PLACES)
def test_an_address_is_found_wherever_a_page_keeps_it(source: str, board: str, how: str) -> None:
    assert named(f"<html><body>{source}</body></html>") == {board: how}


@pytest.mark.parametrize(
    ("source", "written"),
    [
        ("<div id=grnhse_app></div><script>Grnhse.Settings={boardToken: 'acme'}</script>", "greenhouse:acme"),
        ('<script>{"greenhouse": {"urlToken":"acme"}}</script>', "greenhouse:acme"),
        (
            "<div id=lever-jobs-container></div><script>window.leverJobsOptions = {accountName: 'acme', a: 1}</script>",
            "lever:acme",
        ),
        ('<div data-job-board-id="acme"></div><script src="//rippling.com/embed.js"></script>', "rippling:acme"),
        ('<script>smartrecruiters_widget({"company_code": "Acme1"})</script>', "smartrecruiters:Acme1"),
        ('<div data-domain="acme.bamboohr.com">', "bamboohr:acme"),
        ('<link rel="stylesheet" href="https://d1.recruiteecdn.com/a.css">', "recruitee:www.acme.example"),
        ('<script src="https://assets.teamtailor-cdn.com/a.js"></script>', "teamtailor:www.acme.example"),
        ('<link href="https://rmkcdn.successfactors.com/a.css">', "successfactors:www.acme.example"),
        ("<script>window._EF_GROUP_ID = 'acme.com';</script>", "eightfold:acme.com@www.acme.example"),
    ],
)
def test_a_board_that_is_embedded_by_its_name_is_found(source: str, written: str) -> None:
    assert written in [mention.text for mention in mentions(source, URL)]


def test_a_phenom_site_is_told_with_its_region_and_language() -> None:
    source = "<script>phApp.ddo = {}</script>"
    found = mentions(source, "https://careers.acme.example/us/en/c/engineering")
    assert [mention.text for mention in found] == ["phenom:careers.acme.example/us/en"]
    assert mentions(source, "https://careers.acme.example/") == []


COMEET = "https://www.comeet.co/careers-api/2.0/company/4F.00B/positions?token=4F0B123C4D5E6F708090"


@pytest.mark.parametrize(
    "source",
    [
        '<script>window.comeetInit=function(){COMEET.init({"token":"4F0B123C4D5E6F708090","company-uid":"4F.00B"})}</script>',
        "<script>COMEET.init({ token: '4F0B123C4D5E6F708090', 'company-uid': '4F.00B' })</script>",
        '<script>var comeetvar = {"comeet_token":"4F0B123C4D5E6F708090","comeet_uid":"4F.00B"};</script>',
        '<script>var x = {comToken: "4F0B123C4D5E6F708090", comUID: "4F.00B"};</script>',
        '<div data-token="4F0B123C4D5E6F708090" data-company-uid="4f.00b"></div>',
        r'<script>f.push("COMEET.init({\"token\":\"4F0B123C4D5E6F708090\",\"company-uid\":\"4F.00B\"})")</script>',
    ],
)
def test_comeets_company_and_token_are_found_in_every_known_form(source: str) -> None:
    assert COMEET in [mention.text for mention in mentions(source, URL)]


def test_a_comeet_company_without_a_token_names_no_board() -> None:
    assert mentions('<script>COMEET.init({"company-uid":"4F.00B"})</script>', URL) == []


def test_what_is_embedded_comes_before_what_is_linked() -> None:
    source = '<a href="https://jobs.lever.co/other"></a><iframe src="https://jobs.ashbyhq.com/acme"></iframe>'
    assert list(named(source)) == ["ashby:acme", "lever:other"]


def test_what_is_commented_out_is_not_there() -> None:
    assert named('<!-- <script src="https://jobs.ashbyhq.com/old/embed"> --><a href="https://jobs.lever.co/acme">') == {
        "lever:acme": "a link"
    }
    assert named('<a href="https://jobs.lever.co/acme"></a><!-- <a href="https://jobs.lever.co/old">') == {
        "lever:acme": "a link"
    }


@pytest.mark.parametrize(
    "source",
    [
        '<a href="https://www.greenhouse.io/customers">Powered by Greenhouse</a>',
        '<a href="https://breezy.hr?utm_source=x">Powered by Breezy</a>',
        '<a href="https://www.bamboohr.com/pricing">HR by BambooHR</a><img src="https://resources.bamboohr.com/x.svg">',
        '<script src="https://careers-analytics.recruitee.com/track.js"></script>',
        '<script>go("https://jobs.lever.co/" + site); u = `https://jobs.ashbyhq.com/${org}/embed`</script>',
        '<a href="https://jobs.lever.co.evil.example/acme">x</a><a href="https://clever.co/acme">y</a>',
        '<a href="javascript:location=\'//\'">x</a><a href="http://[::1">y</a><a href="mailto:a@acme.example">z</a>',
        "<style>.comeet-g-r { color: red }</style>",
        "",
    ],
)
def test_what_only_speaks_of_an_ats_names_no_board(source: str) -> None:
    assert named(source) == {}


def test_traces_tell_the_system_even_where_the_board_is_not_named() -> None:
    assert traces('<a href="/careers/engineer?gh_jid=4512007">Engineer</a>') == ["Greenhouse"]
    assert traces("<p>We hire.</p>") == []


def test_further_pages_are_of_the_same_site_and_lists_come_first() -> None:
    source = """
      <a href="/blog/careers-in-tech">Careers in tech</a> <a href="/about">About</a>
      <a href="/careers/life">Careers: life at Acme</a> <a href="/careers#top">Careers</a>
      <a href="https://jobs.acme.example/all">See all openings</a> <a href="/careers/open-positions/">Open positions</a>
      <a href="/careers/open-positions">Open positions</a> <a href="/jobs.pdf">Jobs as PDF</a>
      <a href="https://elsewhere.example/jobs">Jobs elsewhere</a> <a href="/x">קריירה</a>
    """
    assert career_pages(source, URL, 3) == [
        "https://www.acme.example/careers/open-positions/",
        "https://jobs.acme.example/all",
        "https://www.acme.example/careers/life",
    ]
    assert "https://www.acme.example/x" in career_pages(source, URL, 9)


def test_a_site_is_what_was_registered() -> None:
    assert site_of("https://jobs.acme.co.il/x") == "acme.co.il"
    assert same_site("https://careers.acme.com/", "https://acme.com")
    assert not same_site("https://acme.co.uk", "https://other.co.uk")
    assert not same_site("nonsense", "")


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ('<script type="application/ld+json">{"@type":"JobPosting","title":"x"}</script>', [f"jsonld:{URL}"]),
        ('<div itemscope itemtype="https://schema.org/JobPosting">', [f"jsonld:{URL}"]),
        ('<?xml version="1.0"?><rss version="2.0"><channel></channel></rss>', [f"feed:{URL}"]),
        (
            '<link rel="alternate" type="application/rss+xml" title="Jobs" href="/rss">',
            ["feed:https://www.acme.example/rss"],
        ),
        ('<link rel="alternate" type="application/rss+xml" title="Our blog" href="/rss">', []),
        ("<p>JobPosting is a word of schema.org.</p>", []),
    ],
)
def test_a_page_that_is_a_source_itself_is_told(source: str, texts: list[str]) -> None:
    assert [mention.text for mention in sources(source, URL)] == texts


@pytest.mark.parametrize(
    "piece",
    ["<!--", '"a.', '"a.a.a.', "//a.", "<div>", "https://a.co/", 'company_code:"', "comeet_uid=", "\\u0026", "&"],
)
def test_two_megabytes_of_anything_take_a_bounded_time(piece: str) -> None:
    source = piece * (2_000_000 // len(piece))
    began = time.perf_counter()
    mentions(source, URL)
    sources(source, URL)
    career_pages(source, URL, 3)
    assert time.perf_counter() - began < 10
