"""Recorded answers of systems that give each company a host or a site of its own, read and compared field by field.

The recordings are not part of the project; where they are absent, these tests are skipped.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.scrapers.replay import Replay, failure
from tests.scrapers.test_recorded_payloads import RECORDED, files, instant, matched, same_words, squeezed
from webapp.errors import Gone
from webapp.scrapers import bamboohr, breezy, jazzhr, personio, recruitee, smartrecruiters, teamtailor, workable
from webapp.values import Posting

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded payloads here")


def seen_whole(posting: Posting) -> None:
    """What every posting of every recording must have."""
    assert posting.title
    assert posting.external_id
    assert re.match(r"https://[a-z0-9.-]+/", posting.url)
    assert posting.apply_url.startswith("https://")


def amount(value: Any) -> Decimal | None:
    return Decimal(value).quantize(Decimal("0.01")) if value else None


@files("recruitee", "*.json")
def test_recruitee_offers(path: Path) -> None:
    rows = json.loads(path.read_bytes())["offers"]
    get = Replay({"https://acme.recruitee.com/api/offers/": path.read_bytes()})
    listing = recruitee.read({"host": "acme.recruitee.com"}, get, {})
    assert listing.complete
    for posting, row in matched(listing, rows):
        seen_whole(posting)
        assert posting.title == squeezed(row["title"])
        assert posting.url == row["careers_url"]
        assert posting.apply_url == row.get("careers_apply_url", row["careers_url"])
        assert posting.location == row["location"]
        assert len(posting.locations) == max(1, len(row.get("locations", [])))
        for entry in row.get("locations", []):
            assert any(entry["city"] in place and entry["country"] in place for place in posting.locations)
        stated = {entry["country_code"] for entry in row.get("locations", [])} or {row.get("country_code")}
        assert set(posting.country_codes) == stated or stated == {None}
        assert posting.department == (row["department"] or "")
        assert (posting.posted_at is None) == ("published_at" not in row)
        if posting.posted_at:
            assert posting.posted_at == instant(row["published_at"].replace(" UTC", "+00:00"))
        if "hybrid" in row:
            said = [name for name in ("remote", "hybrid", "on_site") if row[name]]
            assert [posting.workplace_type] == [name.replace("_", "") for name in said]
        assert posting.is_remote == row["remote"]
        pay = row.get("salary") or {}
        assert (posting.salary_min, posting.salary_max) == (amount(pay.get("min")), amount(pay.get("max")))
        if pay.get("min"):
            assert (posting.salary_currency, posting.salary_period) == (pay["currency"], pay["period"])
        for part in ("description", "requirements"):
            assert same_words(row.get(part) or "", posting.description_text)
        if row.get("employment_type_code"):
            hours = {"fulltime": "Full-time", "parttime": "Part-time"}[row["employment_type_code"].partition("_")[0]]
            assert posting.employment_type.startswith(hours)


@files("personio", "*.xml")
def test_personio_feeds(path: Path) -> None:
    feed = re.sub(r"<\?xml[^>]*\?>", "", path.read_text())
    positions = {str(node.findtext("id")): node for node in ElementTree.fromstring(feed)}
    host = "https://acme.jobs.personio.de"
    raw = path.read_bytes()
    listing = personio.read({"company": "acme"}, Replay({f"{host}/xml?language=en": raw, f"{host}/xml": raw}), {})
    assert listing.complete
    assert {posting.external_id for posting in listing.postings} == set(positions)
    for posting in listing.postings:
        seen_whole(posting)
        node = positions[posting.external_id]
        assert posting.title == squeezed(node.findtext("name"))
        assert posting.url == f"{host}/job/{posting.external_id}"
        offices = [node.findtext("office"), *(other.text for other in node.findall("additionalOffices/office"))]
        assert list(posting.locations) == offices
        assert posting.department == node.findtext("department")
        assert posting.posted_at == instant(str(node.findtext("createdAt")))
        assert posting.employment_type.lower().endswith(str(node.findtext("schedule")))
        for part in node.findall("jobDescriptions/jobDescription/value"):
            assert same_words(part.text or "", posting.description_text)


@files("teamtailor", "*.rss")
def test_teamtailor_feeds(path: Path) -> None:
    items = ElementTree.fromstring(path.read_text()).findall("channel/item")
    page = "https://acme.teamtailor.com/jobs.rss?per_page=100&offset="
    end = b'<?xml version="1.0"?><rss><channel><title>Acme</title></channel></rss>'
    listing = teamtailor.read(
        {"host": "acme.teamtailor.com"}, Replay({page + "0": path.read_bytes(), page + "100": end}), {}
    )
    assert listing.complete
    assert len(listing.postings) == len(items)
    for posting, node in zip(listing.postings, items, strict=True):
        seen_whole(posting)
        assert posting.external_id == node.findtext("guid")
        assert (posting.title, posting.url) == (node.findtext("title"), node.findtext("link"))
        assert posting.posted_at == parsedate_to_datetime(str(node.findtext("pubDate")))
        assert posting.workplace_type == {"hybrid": "hybrid", "fully": "remote"}[str(node.findtext("remoteStatus"))]
        space = "{https://teamtailor.com/locations}"
        assert posting.department == node.findtext(f"{space}department")
        places = node.findall(f"{space}locations/{space}location")
        assert posting.locations == tuple(
            f"{entry.findtext(f'{space}city')}, {entry.findtext(f'{space}country')}" for entry in places
        )
        assert posting.country_codes == ("FI",)
        assert same_words(node.findtext("description") or "", posting.description_text)


@files("teamtailor", "*.json")
def test_teamtailor_json_feeds(path: Path) -> None:
    rows = json.loads(path.read_bytes())["items"]
    host = "https://career.teamtailor.com"
    get = Replay({f"{host}/jobs.rss?per_page=100&offset=0": failure(Gone, 404), f"{host}/jobs.json": path.read_bytes()})
    listing = teamtailor.read({"host": "career.teamtailor.com"}, get, {})
    assert listing.complete
    for posting, row in matched(listing, rows):
        seen_whole(posting)
        assert (posting.title, posting.url) == (row["title"], row["url"])
        assert posting.posted_at == instant(row["date_published"])
        addresses = [entry["address"] for entry in row["_jobposting"]["jobLocation"]]
        assert posting.country_codes == tuple(entry["addressCountry"] for entry in addresses)
        for entry, text in zip(addresses, posting.locations, strict=True):
            assert text.startswith(entry["addressLocality"])


@files("workable", "*widget*.json")
def test_workable_widgets(path: Path) -> None:
    rows = json.loads(path.read_bytes())["jobs"]
    url = "https://apply.workable.com/api/v1/widget/accounts/acme?details=true"
    listing = workable.read({"account": "acme"}, Replay({url: path.read_bytes()}), {})
    assert (listing.complete, listing.warnings) == (True, ())
    assert {posting.external_id for posting in listing.postings} == {row["shortcode"] for row in rows}
    for posting in listing.postings:
        seen_whole(posting)
        copies = [row for row in rows if row["shortcode"] == posting.external_id]
        assert posting.title == copies[0]["title"]
        assert posting.url == f"https://apply.workable.com/acme/j/{posting.external_id}/"
        assert posting.locations == tuple(entry["country"] for row in copies for entry in row["locations"])
        assert posting.country_codes == tuple(entry["countryCode"] for row in copies for entry in row["locations"])
        assert posting.department == copies[0]["department"]
        assert posting.posted_at == instant(copies[0]["published_on"])
        assert posting.is_remote == copies[0]["telecommuting"]


@files("workable", "*v3*.json")
def test_workable_career_site_lists(path: Path) -> None:
    body = json.loads(path.read_bytes())
    api = "https://apply.workable.com/api"
    detail = {"description": "<p>Build it.</p>", "requirements": "<p>Python.</p>"}
    get = Replay(
        {
            f"{api}/v1/widget/accounts/acme?details=true": failure(Gone, 404),
            f"{api}/v3/accounts/acme/jobs": path.read_bytes(),
            **{f"{api}/v2/accounts/acme/jobs/{row['shortcode']}": detail for row in body["results"]},
        }
    )
    listing = workable.read({"account": "acme"}, get, {})
    assert (listing.reported_total, listing.complete) == (body["total"], body["total"] == len(body["results"]))
    for posting, row in matched(listing, body["results"], "shortcode"):
        seen_whole(posting)
        assert posting.title == squeezed(row["title"])
        for text, entry in zip(posting.locations, row["locations"], strict=True):
            assert text == ", ".join(filter(None, (entry["city"], entry["region"], entry["country"])))
        assert posting.country_codes == tuple(entry["countryCode"] for entry in row["locations"])
        assert (posting.workplace_type, posting.is_remote) == (row["workplace"].replace("_", ""), row["remote"])
        assert posting.department == ", ".join(row["department"])
        assert posting.employment_type == {"full": "Full-time", "part": "Part-time"}[row["type"]]
        assert posting.posted_at == instant(row["published"])
        assert posting.is_detailed
        assert posting.description_text == "Build it.\n\nRequirements\n\nPython."


@files("bamboohr", "*.json")
def test_bamboohr_lists(path: Path) -> None:
    body = json.loads(path.read_bytes())
    rows = body["result"] if isinstance(body, dict) else body
    total = body["meta"]["totalCount"] if isinstance(body, dict) else None
    host = "https://acme.bamboohr.com"
    gone = {f"{host}/careers/{row['id']}/detail": failure(Gone, 404) for row in rows}
    get = Replay({f"{host}/careers/list": {"result": rows, "meta": {"totalCount": total}}, **gone})
    listing = bamboohr.read({"host": "acme.bamboohr.com"}, get, {})
    assert (listing.reported_total, listing.complete) == (total, total in (None, len(rows)))
    for posting, row in matched(listing, rows):
        seen_whole(posting)
        assert posting.title == squeezed(row["jobOpeningName"])
        assert posting.url == f"{host}/careers/{row['id']}"
        assert posting.department == squeezed(row["departmentLabel"])
        assert posting.employment_type == squeezed(row["employmentStatusLabel"])
        block = row["location"] if row["location"]["city"] else row["atsLocation"]
        assert posting.location.startswith(f"{block['city']}, {block['state']}")
        assert bool(posting.country_codes) == bool(row["atsLocation"]["country"])
        assert posting.workplace_type == {"0": "onsite", "1": "remote", "2": "hybrid"}[row["locationType"]]
        assert not posting.is_detailed


@files("breezy", "*.json")
def test_breezy_portals(path: Path) -> None:
    rows = json.loads(path.read_bytes())
    listing = breezy.read({"host": "acme.breezy.hr"}, Replay({"https://acme.breezy.hr/json": path.read_bytes()}), {})
    assert (listing.complete, listing.warnings) == (True, ())
    for posting, row in matched(listing, rows):
        seen_whole(posting)
        assert (posting.title, posting.url) == (squeezed(row["name"]), row["url"])
        parts = (row["location"]["city"], row["location"]["state"]["name"], row["location"]["country"]["name"])
        assert posting.locations == (", ".join(dict.fromkeys(parts)),)
        assert posting.country_codes == (row["location"]["country"]["id"],)
        assert posting.is_remote == row["location"].get("is_remote")
        assert posting.department == row["department"]
        assert posting.posted_at == instant(row["published_date"].replace("Z", "+00:00"))
        assert same_words(row["description"], posting.description_text)


@files("jsonld", "jazzhr_*.html")
def test_jazzhr_openings(path: Path) -> None:
    text = path.read_text()
    raw = next(
        job
        for job in map(json.loads, re.findall(r"<script[^>]*ld\+json[^>]*>(.*?)</script>", text, re.DOTALL))
        if job["@type"] == "JobPosting"
    )
    key = raw["url"].split("/")[4]
    host = "https://acme.applytojob.com/apply"
    row = f'<tr id="row_job_1"><td><a class="job_title_link" href="/apply/jobs/details/{key}?&">{raw["title"]}</a></td>'
    page = f'<html><table id="jobs_table">{row}<td>Austin, TX</td></tr></table></html>'
    get = Replay({f"{host}/jobs": page.encode(), f"{host}/{key}": path.read_bytes()})
    listing = jazzhr.read({"host": "acme.applytojob.com"}, get, {})
    assert (listing.complete, listing.warnings) == (True, ())
    (posting,) = listing.postings
    seen_whole(posting)
    assert (posting.external_id, posting.url, posting.title) == (key, f"{host}/{key}", raw["title"])
    address = raw["jobLocation"]["address"]
    assert posting.location == f"{address['addressLocality']}, {address['addressRegion']}"
    assert posting.posted_at == instant(raw["datePosted"])
    assert posting.employment_type == {"FULL_TIME": "Full-time"}[raw["employmentType"]]
    assert same_words(raw["description"], posting.description_text)


@files("smartrecruiters", "*.json")
def test_smartrecruiters_lists_of_the_api(path: Path) -> None:
    body = json.loads(path.read_bytes())
    rows, total = body["content"], body["totalFound"]
    api = "https://api.smartrecruiters.com/v1/companies/Acme/postings"
    text = {"jobAd": {"sections": {"jobDescription": {"title": "Job", "text": "<p>Work.</p>"}}}}
    get = Replay(
        {
            f"{api}?limit=100&offset=0": path.read_bytes(),
            f"{api}?limit=100&offset=100": {**body, "content": []},
            **{f"{api}/{row['id']}": text for row in rows},
        }
    )
    listing = smartrecruiters.read({"company": "Acme", "use_api": True}, get, {})
    assert (listing.reported_total, listing.complete) == (total, total == len(rows))
    for posting, row in matched(listing, rows):
        seen_whole(posting)
        where = row["location"]
        assert posting.title == squeezed(row["name"])
        assert posting.url == f"https://jobs.smartrecruiters.com/{row['company']['identifier']}/{row['id']}"
        assert posting.location == where["fullLocation"].replace(", ,", ",")
        assert posting.country_codes == ((where["country"].upper(),) if where["country"] else ())
        assert posting.department == row["department"].get("label", "")
        assert posting.employment_type == row["typeOfEmployment"]["label"]
        assert posting.posted_at == instant(row["releasedDate"].replace("Z", "+00:00"))
        assert posting.is_remote == (where["remote"] and not where.get("hybrid")) or "remote" in posting.title.lower()
        own = (row.get("jobAd") or text["jobAd"])["sections"]["jobDescription"]["text"]
        assert (posting.is_detailed, same_words(own, posting.description_text)) == (True, True)
