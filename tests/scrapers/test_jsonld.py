"""schema.org JobPosting in JSON-LD: what a person would read from it, or nothing, never an exception."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from webapp.scrapers._jsonld import job_postings, posting_fields
from webapp.values import Posting

SHARED = Path(__file__).parents[2] / ".." / "shared"
URL = "https://acme.example/jobs/1"
JOB = {"@type": "JobPosting", "title": "Cook", "description": "<p>Cook.</p>"}


def page(text: str, kind: str = 'type="application/ld+json"') -> str:
    return f"<html><head><script {kind}>{text}</script></head><body>x</body></html>"


def fields(**said: Any) -> dict[str, Any]:
    return posting_fields({**JOB, **said}, URL)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(JOB),
        json.dumps([{"@type": "WebSite"}, JOB]),
        json.dumps({"@graph": [{"@type": "Organization"}, JOB]}),
        json.dumps({"@type": "ItemList", "itemListElement": [{"@type": "ListItem", "item": JOB}]}),
        json.dumps({**JOB, "@type": ["Thing", "https://schema.org/JobPosting"]}),
        json.dumps({"@type": "schema:JobPosting", "Title": "Cook"}),
        json.dumps(JOB)[:-1] + ",}",
        json.dumps(JOB) + ";",
        json.dumps({"@type": "WebSite"}) + json.dumps(JOB),
        "<!--" + json.dumps(JOB) + "-->",
        "//<![CDATA[\n" + json.dumps(JOB) + "\n//]]>",
        "/*<![CDATA[*/" + json.dumps(JOB) + "/*]]>*/",
        json.dumps(JOB).replace('"', "&quot;"),
        json.dumps(JOB).replace("Cook.", "Cook\n\tand\x01 clean."),
        json.dumps(JOB).replace("Cook.", "Cook\\'s."),
        "// made by hand\n" + json.dumps(JOB),
        "\ufeff" + json.dumps(JOB),
    ],
)
def test_a_posting_is_found_in_each_of_its_wrappings(text: str) -> None:
    (found,) = job_postings(page(text))
    assert posting_fields(found, URL)["title"] == "Cook"


@pytest.mark.parametrize(
    "kind",
    [
        "type=application/ld+json",
        "nonce='x' type='application/ld+json; charset=utf-8'",
        'type="APPLICATION/LD+JSON" data-x="1"',
    ],
)
def test_the_script_is_known_by_its_type_however_written(kind: str) -> None:
    assert len(job_postings(page(json.dumps(JOB), kind))) == 1
    assert job_postings(page(json.dumps(JOB), 'type="application/json"')) == []


@pytest.mark.parametrize(
    "text", ["", "null", '"JobPosting"', "[[]]", "{", json.dumps({**JOB, "@type": "Product"}), "'x'"]
)
def test_what_is_no_posting_is_none(text: str) -> None:
    assert job_postings(page(text)) == []


def test_a_broken_block_costs_only_itself() -> None:
    assert len(job_postings(page('{"@type": "JobPosting", ') + page(json.dumps(JOB)) + page("{]"))) == 1


def test_references_within_a_block_are_followed() -> None:
    graph = [{"@id": "#hq", "@type": "Place", "address": "Ulm"}, {**JOB, "jobLocation": {"@id": "#hq"}}]
    (found,) = job_postings(page(json.dumps({"@graph": graph})))
    assert posting_fields(found, URL)["locations"] == ("Ulm",)


@pytest.mark.parametrize(
    ("location", "places", "countries"),
    [
        ({"address": {"addressLocality": "Ulm", "addressCountry": "DE"}}, ("Ulm, Germany",), ("DE",)),
        (
            [
                {"address": {"addressLocality": "Ulm", "addressCountry": {"@type": "Country", "name": "Germany"}}},
                "Bonn",
            ],
            ("Ulm, Germany", "Bonn"),
            ("DE",),
        ),
        ({"addressRegion": "TX", "addressCountry": "usa"}, ("TX, United States",), ("US",)),
        ({"address": [{"addressLocality": "Ulm"}]}, ("Ulm",), ()),
        ({"address": "12 Main St, Ulm"}, ("12 Main St, Ulm",), ()),
        ({"address": {"addressLocality": ["Ulm"], "addressCountry": 5}}, (), ()),
        (7, (), ()),
    ],
)
def test_places_come_in_many_shapes(location: Any, places: tuple[str, ...], countries: tuple[str, ...]) -> None:
    found = fields(jobLocation=location)
    assert (found["locations"], found["country_codes"]) == (places, countries)


def test_work_from_home_is_remote_and_says_from_where() -> None:
    scopes = [{"@type": "Country", "name": "Israel"}, "CY"]
    found = fields(jobLocationType="TELECOMMUTE", applicantLocationRequirements=scopes)
    assert (found["workplace_type"], found["is_remote"]) == ("remote", True)
    assert (found["locations"], found["country_codes"]) == (("Remote, Israel", "Remote, Cyprus"), ("IL", "CY"))
    assert fields(jobLocationType=["telecommute"])["locations"] == ("Remote",)


@pytest.mark.parametrize(
    ("pay", "wanted"),
    [
        (
            {"currency": "ILS", "value": {"minValue": "25,000", "maxValue": 32000, "unitText": "MONTH"}},
            "25000 32000 ILS month",
        ),
        ({"currency": "EUR", "minValue": 10, "maxValue": 12, "unitText": "HOUR"}, "10 12 EUR hour"),
        ({"currency": "EUR", "value": {"value": "50000", "unitText": "Annually"}}, "50000 50000 EUR year"),
        ([{"currency": "EUR", "value": 100, "unitText": "day"}], "100 100 EUR day"),
        ({"currency": "EUR", "value": {"minValue": 5}}, ""),
        ({"value": {"minValue": 5, "unitText": "HOUR"}}, ""),
        ({"currency": "EUR", "value": {"minValue": "a lot", "unitText": "HOUR"}}, ""),
        ({"currency": "EUR", "value": {"minValue": 0, "maxValue": 0, "unitText": "HOUR"}}, ""),
        (50000, ""),
        ("lots", ""),
    ],
)
def test_pay_needs_amount_currency_and_period(pay: Any, wanted: str) -> None:
    found = fields(baseSalary=pay)
    numbers = [f"{found[name]:f}".removesuffix(".00") for name in ("salary_min", "salary_max") if found[name]]
    assert " ".join([*numbers, found["salary_currency"] or "", found["salary_period"] or ""]).strip() == wanted


def test_kinds_of_employment_are_written_as_people_do() -> None:
    assert (
        fields(employmentType=["FULL_TIME", "part-time", "Vollzeit"])["employment_type"]
        == "Full-time, Part-time, Vollzeit"
    )
    assert fields(employmentType="FULL_TIME,INTERN")["employment_type"] == "Full-time, Internship"
    assert fields(employmentType="OTHER")["employment_type"] == ""
    assert fields(employmentType={"a": 1})["employment_type"] == ""


@pytest.mark.parametrize(
    "text",
    [
        page(" " * 1_000_000) * 2,
        '<script type="application/ld+json">' * 20_000,
        '<script type="application/ld+json">{"a":' + "[" * 1_000_000,
        page(", " * 1_000_000),
        page('{"@type": "JobPosting", "a": [' + "{}," * 300_000 + "{}]}"),
        page('{"@type": "JobPosting", "n": ' + "9" * 5000 + "}"),
        page("\n" * 1_000_000 + "//" * 1000),
        "<script " + "x " * 1_000_000,
    ],
    ids=["blank", "unclosed", "deep", "commas", "wide", "number", "lines", "attributes"],
)
def test_no_page_takes_long(text: str) -> None:
    begun = time.process_time()
    job_postings(text)
    assert time.process_time() - begun < 2


def corpus() -> list[Any]:
    path = SHARED / "corpora" / "malformed_jsonld.json"
    return json.loads(path.read_text())["cases"] if path.is_file() else []


@pytest.mark.skipif(not corpus(), reason="no corpus here")
def test_malformed_pages_give_what_a_person_would_read() -> None:
    for case in corpus():
        found = job_postings(case["body"])
        postings = [
            Posting(external_id="1", url=URL, **posting_fields(job, URL))
            for job in found
            if posting_fields(job, URL)["title"]
        ]
        for posting in postings:
            posting.content_hash()
            assert len(posting.title) <= 500
            assert "<script" not in posting.description_html
        if case["expect"] == "1 job" or case["expect"].startswith("1 job;"):
            assert len({(job.title, job.url) for job in postings}) <= 1 or "several" in case["note"], case["id"]
            assert len(found) >= 1, case["id"]
        if case["expect"].startswith("0 jobs"):
            assert postings == [], case["id"]


@pytest.mark.skipif(not (SHARED / "payloads").is_dir(), reason="no recorded payloads here")
def test_recorded_pages_are_read_as_they_say() -> None:
    read = 0
    for path in sorted((SHARED / "payloads" / "open" / "jsonld").glob("*.html")):
        text = path.read_text()
        blocks = re.findall(r"<script[^>]*application/ld\+json[^>]*>(.*?)</script>", text, re.DOTALL)
        raw = [job for job in map(loaded, blocks) if isinstance(job, dict) and job.get("@type") == "JobPosting"]
        found = job_postings(text)
        assert len(found) >= len(raw), path.name
        for job, said in zip(raw, (posting_fields(job, URL) for job in found), strict=False):
            read += 1
            assert said["title"].split() == str(job["title"]).replace("&amp;", "&").split()
            assert str(said["posted_at"])[:4] == str(job["datePosted"])[:4]
            if isinstance(job.get("baseSalary"), dict) and job["baseSalary"].get("currency"):
                assert said["salary_currency"] == job["baseSalary"]["currency"]
            places = job.get("jobLocation") or []
            assert len(said["locations"]) >= (1 if places else 0), path.name
    assert read >= 8


def loaded(block: str) -> Any:
    try:
        return json.loads(block)
    except ValueError:
        return None
