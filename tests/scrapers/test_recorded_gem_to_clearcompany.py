"""Answers of real boards of Gem to ClearCompany that others recorded; skipped where they are absent."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.scrapers.replay import Replay, failure
from tests.scrapers.test_recorded_payloads import RECORDED, files, instant, matched, same_words, squeezed
from webapp.errors import Gone
from webapp.scrapers import clearcompany, manatal, paylocity, recognise

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded payloads here")

TEST_TENANTS = {"test", "sandbox", "demo", "uat"}


def test_gem_boards_of_a_public_list_are_recognised() -> None:
    with (RECORDED / "companies" / "stapply_gem.csv").open(newline="") as file:
        urls = [row["url"] for row in csv.DictReader(file)]
    missed = []
    for url in urls:
        found, token = recognise(url), urlsplit(url).path.strip("/")
        if TEST_TENANTS & set(token.split("-")):
            assert found is None
        elif found is None or (found[0], found[1].key) != ("gem", token):
            missed.append(url)
    # A board called "careers" cannot be told from a page of that name.
    assert missed == ["https://jobs.gem.com/careers"]
    assert len(urls) > 500


@files("manatal", "*.json")
def test_manatal_boards(path: Path) -> None:
    body = json.loads(path.read_bytes())
    first = "https://www.careers-page.com/api/v1.0/c/acme/jobs/"
    replies: dict[str, Any] = {first: path.read_bytes()}
    if body["next"]:
        replies[first + "?page=2"] = {"count": body["count"], "next": None, "previous": first, "results": []}
    listing = manatal.read({"name": "acme"}, Replay(replies), {})
    assert listing.reported_total == body["count"]
    assert listing.complete == (body["count"] == len(body["results"]))
    assert len(listing.postings) == len(body["results"])
    for posting, row in zip(listing.postings, body["results"], strict=True):
        assert posting.external_id == row["hash"]
        assert posting.title == squeezed(row["position_name"])
        assert posting.url == f"https://www.careers-page.com/acme/job/{row['hash']}"
        assert posting.location == row["location_display"]
        assert posting.locations == ((row["location_display"],) if row["location_display"] else ())
        assert posting.country_codes == (("US",) if row["country"] == "United States" else ())
        assert bool(row["country"]) == bool(posting.country_codes)
        if row["is_salary_visible"]:
            assert (posting.salary_min, posting.salary_max) == (Decimal(row["salary_min"]), Decimal(row["salary_max"]))
            assert (posting.salary_currency, posting.salary_period) == (row["currency_code"], None)
        else:
            assert posting.salary_currency is None
        assert posting.posted_at is None
        assert same_words(row["description"], posting.description_text)


def page_data(text: str) -> Any:
    return json.JSONDecoder().raw_decode(text, text.index("{", text.index("window.pageData")))[0]


@files("paylocity", "*.html")
def test_paylocity_boards(path: Path) -> None:
    data = page_data(path.read_text())
    guid = data["LeadJoinUrl"].rpartition("/")[2]
    detail = (RECORDED / "jsonld" / "paylocity_detail-fermi-4248451.html").read_bytes()
    site = "https://recruiting.paylocity.com/"
    get = Replay(
        {
            f"{site}recruiting/jobs/All/{guid}": path.read_bytes(),
            **{f"{site}Recruiting/Jobs/Details/{row['JobId']}": detail for row in data["Jobs"]},
        }
    )
    listing = paylocity.read({"guid": guid}, get, {})
    assert listing.complete
    for posting, row in matched(listing, data["Jobs"], "JobId"):
        place = row["JobLocation"]
        assert posting.title == squeezed(row["JobTitle"])
        assert posting.url == f"{site}Recruiting/Jobs/Details/{row['JobId']}"
        town = place["City"] or place["Metro"]
        assert posting.location == (", ".join(filter(None, [town, place["State"]])) if town else row["LocationName"])
        assert posting.locations == (posting.location,)
        assert posting.country_codes == ("US",)
        assert posting.department == (row["HiringDepartment"] or "")
        assert posting.posted_at == instant(row["PublishedDate"])
        hybrid = row["LocationName"] == "Hybrid"
        assert posting.workplace_type == ("hybrid" if hybrid else "remote" if row["IsRemote"] else "unknown")
        assert posting.is_remote is row["IsRemote"]
        assert posting.employment_type == "Full-time"
        text = detail.decode()
        shown = text[text.index('<div class="job-listing-header">Description') : text.index("preview-bottom-apply-btn")]
        assert same_words(re.sub(r"<[^>]+>", " ", shown), posting.description_text)


@files("hrmdirect", "*.html")
def test_a_page_of_clearcompany_openings_in_place_of_the_xml(path: Path) -> None:
    site = "https://acme.hrmdirect.com/employment/"
    text = path.read_text()
    rows = re.findall(r'data-req-id="(\d+)"(.*?)</tr>', text, re.DOTALL)
    get = Replay(
        {
            site + "xml.php": failure(Gone, 404),
            site + "job-openings.php?search=true": path.read_bytes(),
            **{f"{site}job-opening.php?req={req}": failure(Gone, 404) for req, _ in rows},
        }
    )
    listing = clearcompany.read({"name": "acme"}, get, {})
    # The recording lacks the form that says how many there are.
    assert not listing.complete
    assert len(rows) == len(listing.postings) > 0
    for posting, (req, cells) in zip(listing.postings, rows, strict=True):
        assert (posting.external_id, posting.url) == (req, f"{site}job-opening.php?req={req}")
        assert f">{posting.title}</td>" in cells
        assert f">{posting.department}</td>" in cells
        month, day, year = re.findall(r"(\d\d)/(\d\d)/(\d{4})", cells)[0]
        assert posting.posted_at == datetime(int(year), int(month), int(day), tzinfo=UTC)


HOSTS = {
    "jobs.gem.com": "gem",
    "jobs.polymer.co": "polymer",
    "homerun.co": "homerun",
    "careers-page.com": "manatal",
    "recruiting.paylocity.com": "paylocity",
    "tbe.taleo.net": "taleo_business",
    "taleo.net": "taleo",
    "avature.net": "avature",
    "hrmdirect.com": "clearcompany",
}


def test_boards_of_a_public_list_are_recognised_by_their_addresses_alone() -> None:
    with (RECORDED / "companies" / "jobseek_boards.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    asked, missed = 0, []
    for row in rows:
        url, host = row["board_url"], urlsplit(row["board_url"]).hostname or ""
        ats = next((name for domain, name in HOSTS.items() if host == domain or host.endswith("." + domain)), "")
        asked += bool(ats)
        found = recognise(url)
        if ats and (found is None or found[0] != ats):
            missed.append(url)
    # The widget's own address holds a key that leads to no board.
    assert missed == ["https://embed.homerun.co/bousgkbxmqwi4bpf5che/widget-en.html"]
    assert asked > 30
