"""Which board a URL names: systems that give each company a host or a site of its own."""

from __future__ import annotations

from typing import Any

import pytest

from webapp.errors import Invalid
from webapp.scrapers import by_shorthand, recognise

ACME = {"company": "Acme1"}

NAMED: list[tuple[str, str, str, dict[str, Any]]] = [
    ("https://acme.recruitee.com", "recruitee", "acme", {"host": "acme.recruitee.com"}),
    ("https://acme.recruitee.com/o/data-engineer?source=x", "recruitee", "acme", {"host": "acme.recruitee.com"}),
    ("https://ACME.recruitee.com/api/offers/", "recruitee", "acme", {"host": "acme.recruitee.com"}),
    ("acme-labs.recruitee.com/#section-1", "recruitee", "acme-labs", {"host": "acme-labs.recruitee.com"}),
    ("https://acme.teamtailor.com/jobs", "teamtailor", "acme", {"host": "acme.teamtailor.com"}),
    ("https://acme.teamtailor.com/jobs/123-pilot", "teamtailor", "acme", {"host": "acme.teamtailor.com"}),
    ("https://acme.na.teamtailor.com/jobs.rss", "teamtailor", "acme.na", {"host": "acme.na.teamtailor.com"}),
    ("https://career.teamtailor.com/", "teamtailor", "career", {"host": "career.teamtailor.com"}),
    ("https://acme.jobs.personio.de/job/17?language=de", "personio", "acme", {"company": "acme"}),
    ("https://acme.jobs.personio.com", "personio", "acme", {"company": "acme", "top": "com"}),
    ("https://acme.jobs.personio.de/xml", "personio", "acme", {"company": "acme"}),
    ("https://apply.workable.com/acme/", "workable", "acme", {"account": "acme"}),
    ("https://apply.workable.com/Acme/j/A1B2C3D4E5/apply/", "workable", "acme", {"account": "acme"}),
    ("https://apply.workable.com/-our-home", "workable", "-our-home", {"account": "-our-home"}),
    ("https://acme.workable.com/jobs/12", "workable", "acme", {"account": "acme"}),
    ("https://apply.workable.com/api/v1/widget/accounts/acme?details=true", "workable", "acme", {"account": "acme"}),
    ("https://apply.workable.com/api/v3/accounts/acme/jobs", "workable", "acme", {"account": "acme"}),
    ("https://www.workable.com/api/accounts/acme", "workable", "acme", {"account": "acme"}),
    ("https://acme.bamboohr.com/careers/42", "bamboohr", "acme", {"host": "acme.bamboohr.com"}),
    ("https://acme.bamboohr.com/jobs/embed2.php?version=1", "bamboohr", "acme", {"host": "acme.bamboohr.com"}),
    ("https://Acme.bamboohr.com/jobs/", "bamboohr", "acme", {"host": "acme.bamboohr.com"}),
    ("https://acme.breezy.hr/", "breezy", "acme", {"host": "acme.breezy.hr"}),
    ("https://acme-co.breezy.hr/p/a1b2c3-cook?source=x", "breezy", "acme-co", {"host": "acme-co.breezy.hr"}),
    ("https://acme.breezy.hr/json", "breezy", "acme", {"host": "acme.breezy.hr"}),
    ("https://acme.applytojob.com/apply/", "jazzhr", "acme", {"host": "acme.applytojob.com"}),
    ("https://acme.applytojob.com/apply/Ab12Cd34Ef/Cook?source=x", "jazzhr", "acme", {"host": "acme.applytojob.com"}),
    ("https://acme.theresumator.com/apply/jobs/", "jazzhr", "acme", {"host": "acme.applytojob.com"}),
    ("https://careers.smartrecruiters.com/Acme1", "smartrecruiters", "acme1", ACME),
    ("https://careers.smartrecruiters.com/Acme1/benefits?page=2", "smartrecruiters", "acme1", ACME),
    (
        "https://jobs.smartrecruiters.com/Acme1/744000091624446-cook?trid=x",
        "smartrecruiters",
        "acme1",
        {"company": "Acme1"},
    ),
    (
        "https://jobs.smartrecruiters.com/oneclick-ui/company/Acme1/publication/3-9",
        "smartrecruiters",
        "acme1",
        {"company": "Acme1"},
    ),
    ("https://jobs.smartrecruiters.com/ni/Acme1/3-9-cook", "smartrecruiters", "acme1", ACME),
    ("https://api.smartrecruiters.com/v1/companies/Acme1/postings", "smartrecruiters", "acme1", ACME),
]

NOT_NAMED = [
    "https://www.smartrecruiters.com/Acme1",
    "https://api.smartrecruiters.com/v1/jobs",
    "https://jobs.smartrecruiters.com/",
    "https://jobs.smartrecruiters.com/oneclick-ui",
    "https://www.applytojob.com/",
    "https://app.applytojob.com/notfound.html",
    "https://applytojob.com/apply",
    "https://app.jazz.co/widgets/basic/create/acme",
    "https://breezy.hr/pricing",
    "https://app.breezy.hr/signin",
    "https://assets-cdn.breezy.hr/breezy-portal/x.js",
    "https://attachments-cdn.breezy.hr/x",
    "https://www.bamboohr.com/",
    "https://documentation.bamboohr.com/docs",
    "https://a.b.bamboohr.com/careers",
    "https://apply.workable.com/j/A1B2C3D4E5",
    "https://apply.workable.com/api/v3/accounts",
    "https://www.workable.com/pricing",
    "https://jobs.workable.com/view/x",
    "https://workable.com/acme",
    "https://recruitee.com/pricing",
    "https://www.recruitee.com",
    "https://api.recruitee.com/c/1/offers",
    "https://a.b.recruitee.com",
    "https://acme.recruitee.com.example.com",
    "https://notrecruitee.com/o/x",
    "https://www.teamtailor.com/en/",
    "https://app.teamtailor.com/companies/x",
    "https://teamtailor.com",
    "https://acme.jobs.teamtailor.com.evil.example",
    "https://acme.personio.de/login",
    "https://www.personio.com",
    "https://jobs.personio.de",
    "https://a.b.jobs.personio.de",
]

TOKENS: list[tuple[str, str, dict[str, Any]]] = [
    ("recruitee:Acme", "acme", {"host": "acme.recruitee.com"}),
    ("recruitee:acme.recruitee.com", "acme", {"host": "acme.recruitee.com"}),
    ("recruitee:careers.acme.example", "careers.acme.example", {"host": "careers.acme.example"}),
    ("teamtailor:acme", "acme", {"host": "acme.teamtailor.com"}),
    ("teamtailor:acme.na", "acme.na", {"host": "acme.na.teamtailor.com"}),
    ("teamtailor:career.acme.example", "career.acme.example", {"host": "career.acme.example"}),
    ("personio:acme", "acme", {"company": "acme"}),
    ("personio:acme.jobs.personio.com", "acme", {"company": "acme", "top": "com"}),
    ("workable:Acme", "acme", {"account": "acme"}),
    ("workable:acme.workable.com", "acme", {"account": "acme"}),
    ("bamboohr:Acme", "acme", {"host": "acme.bamboohr.com"}),
    ("bamboohr:acme.bamboohr.com", "acme", {"host": "acme.bamboohr.com"}),
    ("breezy:Acme", "acme", {"host": "acme.breezy.hr"}),
    ("breezy:acme.breezy.hr", "acme", {"host": "acme.breezy.hr"}),
    ("jazzhr:Acme", "acme", {"host": "acme.applytojob.com"}),
    ("jazzhr:acme.applytojob.com", "acme", {"host": "acme.applytojob.com"}),
    ("smartrecruiters:Acme1", "acme1", ACME),
    ("smartrecruiters:Acme1@api", "acme1", {"company": "Acme1", "use_api": True}),
]

NO_TOKENS = [
    "smartrecruiters:a/b",
    "smartrecruiters:Acme1@other",
    "jazzhr:app",
    "jazzhr:acme.example",
    "breezy:app",
    "breezy:acme.example",
    "bamboohr:www",
    "bamboohr:acme.example",
    "workable:j",
    "workable:a/b",
    "workable:acme.example",
    "recruitee:a b",
    "recruitee:www",
    "recruitee:a/b",
    "teamtailor:www",
    "teamtailor:a b",
    "personio:acme.example",
    "personio:a@b",
]


@pytest.mark.parametrize(("url", "ats", "key", "config"), NAMED)
def test_a_url_names_its_board(url: str, ats: str, key: str, config: dict[str, Any]) -> None:
    found = recognise(url)
    assert found is not None
    assert (found[0], found[1].key, found[1].config) == (ats, key, config)


@pytest.mark.parametrize("url", NOT_NAMED)
def test_other_urls_name_none(url: str) -> None:
    assert recognise(url) is None


@pytest.mark.parametrize(("text", "key", "config"), TOKENS)
def test_a_token_names_its_board(text: str, key: str, config: dict[str, Any]) -> None:
    ats, reference = by_shorthand(text)
    assert (ats, reference.key, reference.config) == (text.partition(":")[0], key, config)
    assert by_shorthand(f"{ats}:{reference.key}")[1].key == key


@pytest.mark.parametrize("text", NO_TOKENS)
def test_what_is_no_token_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        by_shorthand(text)
    assert caught.value.sentence.endswith(".")
