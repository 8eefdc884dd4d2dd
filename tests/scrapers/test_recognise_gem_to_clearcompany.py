"""Which board a URL names, from the URL alone: Gem, Polymer, Homerun, Manatal and what follows them."""

from __future__ import annotations

from typing import Any

import pytest

from webapp.errors import Invalid
from webapp.scrapers import by_shorthand, recognise

GUID = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9"

BUSINESS = {"host": "phh.tbe.taleo.net", "partition": "phh01", "org": "ACME", "cws": "66"}


def taleo(customer: str, section: str) -> dict[str, Any]:
    return {"host": f"{customer}.taleo.net", "section": section}


def avature(portal: str, host: str = "acme.avature.net") -> dict[str, Any]:
    return {"host": host, "portal": portal}


NAMED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("https://jobs.gem.com/lumalabs-ai", "gem", "lumalabs-ai", {"token": "lumalabs-ai"}),
    (
        "https://jobs.gem.com/instrumental-inc-/am9icG9zdDox?x=1",
        "gem",
        "instrumental-inc-",
        {"token": "instrumental-inc-"},
    ),
    ("jobs.gem.com/Acme", "gem", "Acme", {"token": "Acme"}),
    ("https://api.gem.com/job_board/v0/acme/job_posts/", "gem", "acme", {"token": "acme"}),
    ("https://jobs.polymer.co/Hackclub", "polymer", "hackclub", {"org": "hackclub"}),
    ("https://jobs.polymer.co/acme/40863/apply", "polymer", "acme", {"org": "acme"}),
    ("https://api.polymer.co/v1/hire/organizations/acme/jobs?page=2", "polymer", "acme", {"org": "acme"}),
    ("https://gradium.homerun.co/", "homerun", "gradium", {"name": "gradium"}),
    ("https://Next-Sense.homerun.co/designer/en", "homerun", "next-sense", {"name": "next-sense"}),
    ("https://feed.homerun.co/ustwo-games", "homerun", "ustwo-games", {"name": "ustwo-games"}),
    ("https://www.careers-page.com/acme-corp", "manatal", "acme-corp", {"name": "acme-corp"}),
    ("https://www.careers-page.com/Acme_Corp/job/RY6X46WX", "manatal", "acme_corp", {"name": "acme_corp"}),
    ("https://acme.careers-page.com/job/QW12V3", "manatal", "acme", {"name": "acme"}),
    ("https://www.careers-page.com/api/v1.0/c/acme/jobs/?page=2", "manatal", "acme", {"name": "acme"}),
    (f"https://recruiting.paylocity.com/recruiting/jobs/All/{GUID}/Acme-Inc", "paylocity", GUID, {"guid": GUID}),
    (f"https://recruiting.paylocity.com/Recruiting/Jobs/all/{GUID.upper()}", "paylocity", GUID, {"guid": GUID}),
    (f"https://recruiting.paylocity.com/Recruiting/PublicLeads/New/{GUID}", "paylocity", GUID, {"guid": GUID}),
    (f"https://recruiting.paylocity.com/recruiting/v2/api/feed/jobs/{GUID}", "paylocity", GUID, {"guid": GUID}),
    ("https://acme.hrmdirect.com/employment/job-openings.php?search=true&", "clearcompany", "acme", {"name": "acme"}),
    ("http://Acme.hrmdirect.com/employment/job-opening.php?req=1&req_loc=2", "clearcompany", "acme", {"name": "acme"}),
    ("https://acme.clearcompany.com/careers/jobs/0a1b/apply", "clearcompany", "acme", {"name": "acme"}),
    ("https://careers-page.clearcompany.com/jobs/acme", "clearcompany", "acme", {"name": "acme"}),
    ("https://easyjet.taleo.net/careersection/2/jobsearch.ftl", "taleo", "easyjet.taleo.net/2", taleo("easyjet", "2")),
    (
        "https://acme.taleo.net/careersection/wp_2_fel/jobsearch.ftl?lang=en&portal=50305027338",
        "taleo",
        "acme.taleo.net/wp_2_fel",
        {**taleo("acme", "wp_2_fel"), "portal": "50305027338"},
    ),
    ("https://Acme.taleo.net/careersection/Ex/jobdetail.ftl?job=88", "taleo", "acme.taleo.net/ex", taleo("acme", "Ex")),
    (
        "https://acme.taleo.net/careersection/careers/joblist.ftl",
        "taleo",
        "acme.taleo.net/careers",
        taleo("acme", "careers"),
    ),
    (
        "https://phh.tbe.taleo.net/phh01/ats/careers/v2/searchResults?org=ACME&cws=66",
        "taleo_business",
        "acme/66",
        BUSINESS,
    ),
    (
        "https://phh.tbe.taleo.net/phh01/ats/careers/v2/jobSearch?act=redirectCwsV2&cws=66&org=acme",
        "taleo_business",
        "acme/66",
        BUSINESS,
    ),
    (
        "https://phh.tbe.taleo.net/phh01/ats/careers/v2/viewRequisition?org=ACME&cws=66&rid=3224",
        "taleo_business",
        "acme/66",
        BUSINESS,
    ),
    ("https://acme.avature.net/careers/SearchJobs", "avature", "acme.avature.net/careers", avature("careers")),
    ("https://acme.avature.net/careers", "avature", "acme.avature.net/careers", avature("careers")),
    (
        "https://acme.avature.net/en_US/Careers/JobDetail/Analyst/4510?x=1",
        "avature",
        "acme.avature.net/en_us/careers",
        avature("en_US/Careers"),
    ),
    (
        "https://jobs.example.com/en_US/careers/SearchJobs/engineer?jobOffset=6",
        "avature",
        "jobs.example.com/en_us/careers",
        avature("en_US/careers", "jobs.example.com"),
    ),
]

NOT_NAMED = [
    "https://jobs.gem.com/",
    "https://www.gem.com/acme",
    "https://jobs.gem.com/acme-sandbox",
    "https://api.gem.com/v0/acme",
    "https://jobs.gem.com.evil.example/acme",
    "https://stratagem.com/acme",
    "https://polymer.co/acme",
    "https://api.polymer.co/v1/hire/jobs/1",
    "https://jobs.polymer.co/",
    "https://homerun.co/",
    "https://www.homerun.co/pricing",
    "https://cdn.homerun.co/acme",
    "https://app.homerun.co/acme",
    "https://embed.homerun.co/bousgkbxmqwi4bpf5che/widget-en.html",
    "https://feed.homerun.co/",
    "https://a.b.homerun.co/",
    "https://www.careers-page.com/",
    "https://www.careers-page.com/api/v1.0/",
    "https://mycareers-page.com/acme",
    "https://recruiting.paylocity.com/Recruiting/Jobs/Details/4248451",
    "https://recruiting.paylocity.com/recruiting/jobs/All/not-a-guid",
    f"https://www.paylocity.com/recruiting/jobs/All/{GUID}",
    "https://www.hrmdirect.com/",
    "https://hrmdirect.com/employment/job-openings.php",
    "https://blog.clearcompany.com/hr-data",
    "https://careers-api.clearcompany.com/careers/x",
    "https://www.clearcompany.com/careers",
    "https://acme.clearcompany.com/login",
    "https://acme.taleo.net/careersection/rest/jobboard/searchjobs?portal=1",
    "https://acme.taleo.net/careersection/jobsearch.ftl",
    "https://www.taleo.net/careersection/2/jobsearch.ftl",
    "https://acme.taleo.net/",
    "https://phh.tbe.taleo.net/phh01/ats/careers/v2/searchResults?org=ACME",
    "https://phh.tbe.taleo.net/dispatcher/servlet/DispatcherServlet?org=ACME&cws=66",
    "https://www.avature.net/careers",
    "https://acme.avature.net/",
    "https://acme.avature.net/Login",
    "https://acme.avature.net/a/b",
    "https://acme.avature.net/a/b/c/SearchJobs",
    "https://jobs.example.com/careers",
    "https://jobs.example.com/SearchJobs",
    "https://jobs.example.com/careers/JobDetail/x/12",
    "https://jobs.example.com/careers/searchjobs",
]

SHORTHANDS = [
    ("gem:Acme", "Acme"),
    ("polymer:Acme", "acme"),
    ("homerun:acme", "acme"),
    ("manatal:acme-corp", "acme-corp"),
    (f"paylocity:{GUID.upper()}", GUID),
    ("clearcompany:Acme", "acme"),
    ("taleo:acme/ex", "acme.taleo.net/ex"),
    ("taleo:acme.taleo.net/ex", "acme.taleo.net/ex"),
    ("taleo_business:phh01/acme/66", "acme/66"),
    ("avature:acme/careers", "acme.avature.net/careers"),
    ("avature:jobs.example.com/en_US/careers", "jobs.example.com/en_us/careers"),
]

NO_SHORTHANDS = [
    "gem:a/b",
    "polymer:jobs",
    "homerun:feed",
    "homerun:a.b",
    "manatal:a/b",
    "paylocity:acme",
    "clearcompany:www",
    "taleo:acme",
    "taleo:acme/ex/1",
    "taleo_business:phh01/acme",
    "avature:acme",
]


@pytest.mark.parametrize(("url", "ats", "key", "config"), NAMED, ids=[case[0] for case in NAMED])
def test_a_board_is_recognised_from_its_addresses(url: str, ats: str, key: str, config: dict[str, Any]) -> None:
    found = recognise(url)
    assert found is not None
    assert (found[0], found[1].key, found[1].config) == (ats, key, config)
    assert recognise(found[1].careers_url) == found


@pytest.mark.parametrize("url", NOT_NAMED)
def test_what_names_no_board_is_not_recognised(url: str) -> None:
    assert recognise(url) is None


@pytest.mark.parametrize(("text", "key"), SHORTHANDS)
def test_a_shorthand_names_a_board(text: str, key: str) -> None:
    assert by_shorthand(text)[1].key == key


@pytest.mark.parametrize("text", NO_SHORTHANDS)
def test_what_is_no_shorthand_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        by_shorthand(text)
    assert caught.value.sentence.endswith(".")
