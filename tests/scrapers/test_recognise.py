"""Which board a URL names, from the URL alone."""

from __future__ import annotations

import pytest

from webapp.scrapers import by_shorthand, recognise

WORKDAY = {"host": "acme.wd5.myworkdayjobs.com", "tenant": "acme", "site": "Acme_Careers"}

NAMED = [
    ("https://boards.greenhouse.io/acme", "greenhouse", "acme", {"token": "acme"}),
    ("boards.greenhouse.io/acme/", "greenhouse", "acme", {"token": "acme"}),
    ("HTTPS://Boards.Greenhouse.IO/acme?gh_src=x#app", "greenhouse", "acme", {"token": "acme"}),
    ("https://job-boards.greenhouse.io/acme/jobs/4512007", "greenhouse", "acme", {"token": "acme"}),
    ("https://job-boards.eu.greenhouse.io/acme", "greenhouse", "acme", {"token": "acme", "region": "eu"}),
    ("https://boards.greenhouse.io/embed/job_board?for=acme", "greenhouse", "acme", {"token": "acme"}),
    ("https://boards.greenhouse.io/embed/job_board/js?for=acme&b=x", "greenhouse", "acme", {"token": "acme"}),
    (
        "https://boards.eu.greenhouse.io/embed/job_app?for=acme&token=12",
        "greenhouse",
        "acme",
        {"token": "acme", "region": "eu"},
    ),
    ("https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true", "greenhouse", "acme", {"token": "acme"}),
    (
        "https://boards.greenhouse.sample.test/northcliff",
        "greenhouse",
        "northcliff@boards-api.greenhouse.sample.test",
        {"token": "northcliff", "api_host": "boards-api.greenhouse.sample.test"},
    ),
    ("https://www.comeet.com/jobs/acme/4F.00B", "comeet", "4F.00B", {"uid": "4F.00B", "slug": "acme"}),
    (
        "https://www.comeet.co/jobs/acme/4f.00b/data-engineer/3B.41A",
        "comeet",
        "4F.00B",
        {"uid": "4F.00B", "slug": "acme"},
    ),
    (
        "https://www.comeet.co/careers-api/2.0/company/4F.00B/positions?token=4F0B123C4D&details=true",
        "comeet",
        "4F.00B",
        {"uid": "4F.00B", "token": "4F0B123C4D"},
    ),
    (
        "https://www.comeet.co/jobs/4F.00B/social?token=4F0B123C4D&company-uid=4F.00B",
        "comeet",
        "4F.00B",
        {"uid": "4F.00B", "token": "4F0B123C4D"},
    ),
    (
        "https://www.comeet.sample.test/jobs/harbor/1A.00C",
        "comeet",
        "1A.00C@www.comeet.sample.test",
        {"uid": "1A.00C", "slug": "harbor", "api_host": "www.comeet.sample.test"},
    ),
    (
        "https://acme.wd5.myworkdayjobs.com/Acme_Careers",
        "workday",
        "acme.wd5.myworkdayjobs.com/acme/acme_careers",
        WORKDAY,
    ),
    (
        "https://acme.wd5.myworkdayjobs.com/en-US/Acme_Careers",
        "workday",
        "acme.wd5.myworkdayjobs.com/acme/acme_careers",
        WORKDAY,
    ),
    (
        "https://acme.wd5.myworkdayjobs.com/fr-CA/Acme_Careers/job/Haifa/Engineer_JR1?source=x",
        "workday",
        "acme.wd5.myworkdayjobs.com/acme/acme_careers",
        WORKDAY,
    ),
    (
        "https://acme.wd5.myworkdayjobs.com/wday/cxs/acme/Acme_Careers/jobs",
        "workday",
        "acme.wd5.myworkdayjobs.com/acme/acme_careers",
        WORKDAY,
    ),
    (
        "https://wd3.myworkdaysite.com/en-US/recruiting/acme/External/job/X/Y_R-1",
        "workday",
        "wd3.myworkdaysite.com/acme/external",
        {"host": "wd3.myworkdaysite.com", "tenant": "acme", "site": "External"},
    ),
    (
        "https://tidewater.wd1.myworkdayjobs.sample.test/Careers",
        "workday",
        "tidewater.wd1.myworkdayjobs.sample.test/tidewater/careers",
        {"host": "tidewater.wd1.myworkdayjobs.sample.test", "tenant": "tidewater", "site": "Careers"},
    ),
    ("https://jobs.lever.co/CYE", "lever", "cye", {"site": "CYE"}),
    (
        "https://jobs.lever.co/acme/7d0e3c1a-1111-4222-8333-444455556666/apply?lever-source=x",
        "lever",
        "acme",
        {"site": "acme"},
    ),
    ("https://jobs.eu.lever.co/acme", "lever", "acme@eu", {"site": "acme", "region": "eu"}),
    ("https://api.eu.lever.co/v0/postings/acme?mode=json", "lever", "acme@eu", {"site": "acme", "region": "eu"}),
    (
        "https://jobs.lever.sample.test/fjord",
        "lever",
        "fjord@api.lever.sample.test",
        {"site": "fjord", "api_host": "api.lever.sample.test"},
    ),
    ("https://jobs.ashbyhq.com/AlephLabs", "ashby", "alephlabs", {"org": "AlephLabs"}),
    (
        "https://jobs.ashbyhq.com/Aleph%20Labs/0b6f5a3e-0000-4000-8000-00000000abcd",
        "ashby",
        "aleph labs",
        {"org": "Aleph Labs"},
    ),
    ("https://jobs.ashbyhq.com/acme.ai/embed?version=2", "ashby", "acme.ai", {"org": "acme.ai"}),
    ("https://api.ashbyhq.com/posting-api/job-board/acme?includeCompensation=true", "ashby", "acme", {"org": "acme"}),
    (
        "https://jobs.ashbyhq.sample.test/meridian",
        "ashby",
        "meridian@api.ashbyhq.sample.test",
        {"org": "meridian", "api_host": "api.ashbyhq.sample.test"},
    ),
]

NOT_NAMED = [
    "",
    "   ",
    "not a url",
    "mailto:jobs@example.com",
    "javascript:alert(1)//boards.greenhouse.io/acme",
    "ftp://boards.greenhouse.io/acme",
    "https://example.com/careers?gh_jid=123",
    "https://boards.greenhouse.io/",
    "https://boards.greenhouse.io/embed/job_board",
    "https://www.greenhouse.io/acme",
    "https://boards.greenhouse.io.evil.example/acme",
    "https://notgreenhouse.io/acme",
    "https://boards.greenhouse.io@evil.example/acme",
    "https://boards.greenhouse.io\\@evil.example/acme",
    "https://boards.greenhouse.io/../acme/..",
    "https://boards.greenhouse.io/%2e%2e/",
    "https://boards.greenhouse.io/a%2Fb",
    "https://boards.greenhouse.io/acme-sandbox",
    "https://bоards.greenhouse.io/acme",
    "https://clever.co/acme",
    "https://jobs.clever.co/acme",
    "https://jobs.lever.co/",
    "https://www.lever.co/careers",
    "https://jobs.lever.co/v0",
    "https://www.comeet.com/jobs/acme",
    "https://www.comeet.com/jobs/acme/ZZ.999",
    "https://developers.comeet.com/jobs/acme/4F.00B",
    "https://acme.wd5.myworkdayjobs.com/",
    "https://acme.wd5.myworkdayjobs.com/en-US",
    "https://acme.wd5.myworkdayjobs.com/robots.txt",
    "https://acme.wd5-impl.myworkdayjobs.com/Careers",
    "https://myworkdayjobs.com/Careers",
    "https://wd5.myworkdaysite.com/recruiting/acme",
    "https://jobs.ashbyhq.com/",
    "https://app.ashbyhq.com/acme",
    "https://[::1/acme",
    "https://boards.greenhouse.io:99999/acme\x00",
    "https://boards.greenhouse.io/" + "a" * 5000,
]


@pytest.mark.parametrize(("url", "ats", "key", "config"), NAMED, ids=[case[0] for case in NAMED])
def test_a_board_is_recognised_from_its_addresses(url: str, ats: str, key: str, config: dict[str, str]) -> None:
    found = recognise(url)
    assert found is not None
    assert (found[0], found[1].key, found[1].config) == (ats, key, config)


@pytest.mark.parametrize(("url", "ats", "key", "config"), NAMED, ids=[case[0] for case in NAMED])
def test_the_careers_address_of_a_board_names_the_same_board(
    url: str, ats: str, key: str, config: dict[str, str]
) -> None:
    found = recognise(url)
    assert found is not None
    again = recognise(found[1].careers_url)
    assert again is not None
    assert (again[0], again[1].key) == (ats, key)


@pytest.mark.parametrize("url", NOT_NAMED)
def test_what_names_no_board_is_not_recognised(url: str) -> None:
    assert recognise(url) is None


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("greenhouse:acme", "acme"),
        (" Greenhouse : acme ", "acme"),
        ("greenhouse:northcliff@boards-api.greenhouse.sample.test", "northcliff@boards-api.greenhouse.sample.test"),
        ("lever:acme@eu", "acme@eu"),
        ("ashby:Aleph Labs", "aleph labs"),
        ("comeet:acme/4f.00b", "4F.00B"),
        ("workday:acme.wd5/Acme_Careers", "acme.wd5.myworkdayjobs.com/acme/acme_careers"),
        ("workday:acme.wd5.myworkdayjobs.com/acme/Acme_Careers", "acme.wd5.myworkdayjobs.com/acme/acme_careers"),
        ("workday:wd3.myworkdaysite.com/acme/External", "wd3.myworkdaysite.com/acme/external"),
    ],
)
def test_a_shorthand_names_a_board(text: str, key: str) -> None:
    assert by_shorthand(text)[1].key == key
