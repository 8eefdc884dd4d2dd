"""Which board a URL names, from the URL alone: Rippling, Pinpoint, Oracle and what follows them to iCIMS."""

from __future__ import annotations

from typing import Any

import pytest

from webapp.errors import Invalid
from webapp.scrapers import by_shorthand, recognise

NAMED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("https://ats.rippling.com/acme/jobs", "rippling", "acme", {"board": "acme"}),
    ("https://ats.rippling.com/en-GB/acme/jobs/5a0c-42?utm=1", "rippling", "acme", {"board": "acme"}),
    ("https://ats.us1.rippling.com/Acme_Careers/jobs", "rippling", "Acme_Careers", {"board": "Acme_Careers"}),
    ("https://ats.rippling.com/embed/acme/jobs", "rippling", "acme", {"board": "acme"}),
    ("https://ats.rippling.com/careers/jobs", "rippling", "careers", {"board": "careers"}),
    ("https://ats.rippling.com/embed/acme", "rippling", "acme", {"board": "acme"}),
    ("https://api.rippling.com/platform/api/ats/v2/board/acme/jobs?page=1", "rippling", "acme", {"board": "acme"}),
    ("https://acme.pinpointhq.com/", "pinpoint", "acme", {"name": "acme"}),
    ("https://Acme-Co.pinpointhq.com/en/postings/301", "pinpoint", "acme-co", {"name": "acme-co"}),
    ("acme.pinpointhq.com/postings.json", "pinpoint", "acme", {"name": "acme"}),
    (
        "https://abcd.fa.us2.oraclecloud.com/hcmUI/CandidateExperience/en/sites/CX_1/job/210045?keyword=x",
        "oracle",
        "abcd.fa.us2.oraclecloud.com/CX_1",
        {"host": "abcd.fa.us2.oraclecloud.com", "site": "CX_1"},
    ),
    (
        "https://fa-efgh-saasfaprod1.fa.ocs.oraclecloud.com/hcmUI/CandidateExperience/pt-BR/sites/CampusHiring/jobs",
        "oracle",
        "fa-efgh-saasfaprod1.fa.ocs.oraclecloud.com/CampusHiring",
        {"host": "fa-efgh-saasfaprod1.fa.ocs.oraclecloud.com", "site": "CampusHiring"},
    ),
    (
        "https://careers.acme.example/hcmUI/CandidateExperience/en/sites/careers/requisitions",
        "oracle",
        "careers.acme.example/careers",
        {"host": "careers.acme.example", "site": "careers"},
    ),
    (
        "https://talents.acme.example/en/sites/CX/jobs",
        "oracle",
        "talents.acme.example/CX",
        {"host": "talents.acme.example", "site": "CX"},
    ),
    (
        "https://careers.acme.example/careers/search?query=*&domain=acme.com",
        "eightfold",
        "careers.acme.example",
        {"host": "careers.acme.example", "domain": "acme.com"},
    ),
    (
        "https://abcd.fa.oraclecloud.eu/hcmRestApi/resources/latest/recruitingCEJobRequisitions?onlyData=true"
        "&finder=findReqs;siteNumber=CX_1001,limit=25,offset=0",
        "oracle",
        "abcd.fa.oraclecloud.eu/CX_1001",
        {"host": "abcd.fa.oraclecloud.eu", "site": "CX_1001"},
    ),
    (
        "https://jobs.acme.example/search/?createNewAlert=false&q=&locationsearch=",
        "successfactors",
        "jobs.acme.example",
        {"host": "jobs.acme.example"},
    ),
    (
        "https://careers.acme.example/services/rss/job/?locale=en_US&keywords=x",
        "successfactors",
        "careers.acme.example",
        {"host": "careers.acme.example"},
    ),
    (
        "https://acme.jobs.hr.cloud.sap/job/Torun-Chemist/755919802/",
        "successfactors",
        "acme.jobs.hr.cloud.sap",
        {"host": "acme.jobs.hr.cloud.sap"},
    ),
    ("https://acme.eightfold.ai/careers", "eightfold", "acme.eightfold.ai", {"host": "acme.eightfold.ai"}),
    (
        "https://acme.eightfold.ai/careers/job/562949953421?domain=Acme.com",
        "eightfold",
        "acme.eightfold.ai",
        {"host": "acme.eightfold.ai", "domain": "acme.com"},
    ),
    (
        "https://jobs.acme.example/careers?pid=562949953421&domain=acme.com&sort_by=relevance",
        "eightfold",
        "jobs.acme.example",
        {"host": "jobs.acme.example", "domain": "acme.com"},
    ),
    (
        "https://jobs.acme.example/api/apply/v2/jobs?domain=acme.com&start=0",
        "eightfold",
        "jobs.acme.example",
        {"host": "jobs.acme.example", "domain": "acme.com"},
    ),
    (
        "https://careers.acme.example/us/en/search-results?keywords=x&from=10",
        "phenom",
        "careers.acme.example/us/en",
        {"host": "careers.acme.example", "path": "us/en"},
    ),
    (
        "https://careers.acme.example/global/en/job/P-104461/Senior-Manager",
        "phenom",
        "careers.acme.example/global/en",
        {"host": "careers.acme.example", "path": "global/en"},
    ),
    ("https://jobs.jobvite.com/Acme", "jobvite", "acme", {"company": "acme"}),
    ("https://jobs.jobvite.com/acme-co/job/oAbCdfwX?nl=1", "jobvite", "acme-co", {"company": "acme-co"}),
    ("https://jobs.jobvite.com/careers/acme/jobs?jvi=", "jobvite", "acme", {"company": "acme"}),
    (
        "https://careers-acme.icims.com/jobs/8214/payroll-specialist/job?in_iframe=1",
        "icims",
        "careers-acme.icims.com",
        {"host": "careers-acme.icims.com"},
    ),
    (
        "https://Jobs-Acme.icims.com/jobs/search?ss=1&searchCategory=8730",
        "icims",
        "jobs-acme.icims.com",
        {"host": "jobs-acme.icims.com"},
    ),
    ("https://retail-acme.icims.com", "icims", "retail-acme.icims.com", {"host": "retail-acme.icims.com"}),
]

NOT_NAMED = [
    "https://www.icims.com/jobs/search",
    "https://api.icims.com/customers/1",
    "https://careers.icims.com/jobs",
    "https://careers-acme.icims.com/legal",
    "https://careers-acme.icims.com.evil.example/jobs/search",
    "https://a.b-c.icims.com/jobs/search",
    "https://jobs.jobvite.com/",
    "https://jobs.jobvite.com/careers",
    "https://jobs.jobvite.com/support",
    "https://www.jobvite.com/acme",
    "https://app.jobvite.com/CompanyJobs/Xml.aspx?c=qAbC1dEf",
    "https://careers.acme.example/search-results",
    "https://careers.acme.example/us/en",
    "https://careers.acme.example/us/en/job/manager/apply",
    "https://careers.acme.example/shop/en/search-results",
    "https://careers.acme.example/us/en/blog/P-1/x",
    "https://eightfold.ai/careers",
    "https://www.eightfold.ai/careers",
    "https://acme.eightfold.ai/privacy",
    "https://jobs.acme.example/careers",
    "https://jobs.acme.example/careers?domain=engineering",
    "https://jobs.acme.example/careers/teams?domain=acme.com",
    "https://jobs.acme.example/search/?q=engineer",
    "https://jobs.acme.example/search/results?startrow=0",
    "https://career5.successfactors.eu/career?company=acme",
    "https://career5.successfactors.eu/search/?startrow=0",
    "https://jobs.hr.cloud.sap/",
    "https://abcd.fa.us2.oraclecloud.com/",
    "https://intranet.acme.example/sites/CX/jobs",
    "https://intranet.acme.example/en/sites/CX/news",
    "https://abcd.fa.us2.oraclecloud.com/hcmUI/faces/FuseWelcome",
    "https://abcd.fa.us2.oraclecloud.com/hcmUI/CandidateExperience/en/sites/",
    "https://abcd-test.fa.us2.oraclecloud.com/hcmUI/CandidateExperience/en/sites/CX_1",
    "https://abcd.fa.us2.oraclecloud.com/hcmRestApi/resources/latest/recruitingCEJobRequisitions?finder=x;y=1",
    "https://www.rippling.com/careers",
    "https://ats.rippling.com/",
    "https://ats.rippling.com/jobs",
    "https://ats.rippling.com/acme/privacy",
    "https://ats.rippling.com.evil.example/acme/jobs",
    "https://api.rippling.com/platform/api/ats/v2/boards/acme",
    "https://notats.rippling.com/acme/jobs",
    "https://pinpointhq.com/pricing",
    "https://www.pinpointhq.com/",
    "https://a.b.pinpointhq.com/",
    "https://mypinpointhq.com/",
]

SHORTHANDS = [
    ("rippling:acme", "acme"),
    ("pinpoint:Acme", "acme"),
    ("oracle:a.fa.oraclecloud.com/CX", "a.fa.oraclecloud.com/CX"),
]

NO_SHORTHANDS = [
    "rippling:a/b",
    "rippling:embed",
    "pinpoint:a.b",
    "pinpoint:www",
    "oracle:CX_1",
    "oracle:a.b/c/d",
    "oracle:/CX",
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
