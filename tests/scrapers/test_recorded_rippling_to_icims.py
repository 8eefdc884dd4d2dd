"""Answers of real boards of Rippling to iCIMS that others recorded; skipped where they are absent."""

from __future__ import annotations

import csv
import json
import re
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest

from tests.scrapers.replay import Replay, failure
from tests.scrapers.test_recorded_payloads import RECORDED, files, instant, matched, same_words, squeezed
from webapp.errors import Gone, Refused
from webapp.scrapers import eightfold, icims, jobvite, oracle, phenom, pinpoint, recognise, rippling, successfactors
from webapp.values import Answer

pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded payloads here")

LANGUAGES = {"en-au", "en-ca", "en-gb", "en-us", "pt-br"}


def test_rippling_boards_of_a_public_list_are_recognised() -> None:
    with (RECORDED / "companies" / "stapply_rippling.csv").open(newline="") as file:
        urls = [row["url"] for row in csv.DictReader(file)]
    missed = []
    for url in urls:
        found, token = recognise(url), urlsplit(url).path.split("/")[1]
        if found is None or (found[0], found[1].key) != ("rippling", token):
            missed.append(url)
    # The list holds languages as if they were boards, and test systems.
    assert {urlsplit(url).path.split("/")[1] for url in missed} <= {*LANGUAGES, "svce-test", "test-s"}, missed
    assert len(urls) > 1000


@files("rippling", "*.json")
def test_rippling_boards_of_the_first_version(path: Path) -> None:
    rows = json.loads(path.read_bytes())
    api = "https://api.rippling.com/platform/api/ats"
    detail = {"name": "x", "description": {"role": "<p>Sell.</p>"}, "createdOn": "2026-09-17T08:00:00-07:00"}
    get = Replay(
        {
            f"{api}/v2/board/acme/jobs?page=0&pageSize=1000": failure(Gone, 404),
            f"{api}/v1/board/acme/jobs": path.read_bytes(),
            **{f"{api}/v1/board/acme/jobs/{row['uuid']}": detail for row in rows},
        }
    )
    listing = rippling.read({"board": "acme"}, get, {})
    assert listing.complete
    assert {posting.external_id for posting in listing.postings} == {row["uuid"] for row in rows}
    for posting in listing.postings:
        copies = [row for row in rows if row["uuid"] == posting.external_id]
        assert posting.title == copies[0]["name"]
        assert posting.url == copies[0]["url"]
        assert posting.locations == tuple(row["workLocation"]["label"] for row in copies)
        assert posting.department == copies[0]["department"]["label"]
        assert posting.is_remote is any("Remote" in row["workLocation"]["label"] for row in copies)
        assert (posting.is_detailed, posting.description_text) == (True, "Sell.")


@files("pinpoint", "*.json")
def test_pinpoint_feeds(path: Path) -> None:
    rows = json.loads(path.read_bytes())["data"]
    get = Replay({"https://acme.pinpointhq.com/postings.json": path.read_bytes()})
    listing = pinpoint.read({"name": "acme"}, get, {})
    assert listing.complete
    assert [posting.external_id for posting in listing.postings] == [row["id"] for row in rows]
    for posting, row in zip(listing.postings, rows, strict=True):
        assert posting.title == squeezed(row["title"])
        assert posting.url == row.get("url", "https://acme.pinpointhq.com" + row["path"])
        assert posting.apply_url.startswith(posting.url)
        assert posting.location == row["location"]["name"]
        assert posting.locations == (row["location"]["name"],)
        assert posting.workplace_type == row["workplace_type"]
        assert posting.department == row.get("job", row)["department"]["name"]
        # The only date of the feed is the closing one.
        assert posting.posted_at is None
        assert row["compensation_visible"]
        assert posting.salary_min == Decimal(row["compensation_minimum"])
        assert posting.salary_max == Decimal(row["compensation_maximum"])
        assert posting.salary_currency == row["compensation_currency"]
        assert posting.salary_period == row["compensation_frequency"]
        for part in ("description", "key_responsibilities", "skills_knowledge_expertise", "benefits"):
            assert same_words(row[part], posting.description_text)


@files("oracle", "*list*.json")
def test_oracle_lists(path: Path) -> None:
    body = json.loads(path.read_bytes())["items"][0]
    rows = body["requisitionList"]
    site = "https://abcd.fa.us2.oraclecloud.com/"
    detail = json.loads((RECORDED / "oracle" / "careerkit_detail.json").read_bytes())

    workplaces = {row["Id"]: row["WorkplaceType"] for row in rows if "WorkplaceType" in row}

    class Recorded(Replay):
        def __call__(self, url: str, **options: Any) -> Answer:
            if "RequisitionDetails" in url:
                number = url.partition("Id=%22")[2].partition("%22")[0]
                said = workplaces.get(number, detail["WorkplaceType"])
                return Answer(200, url, {}, json.dumps(detail | {"Id": number, "WorkplaceType": said}).encode())
            first = "offset=0," in url
            return Answer(200, url, {}, path.read_bytes() if first else b'{"items": [{"requisitionList": []}]}')

    listing = oracle.read({"host": "abcd.fa.us2.oraclecloud.com", "site": "CX_1"}, Recorded({}), {})
    assert (listing.complete, listing.reported_total) == (True, body.get("TotalJobsCount"))
    for posting, row in matched(listing, rows, "Id"):
        assert posting.title == squeezed(row["Title"])
        assert posting.url == f"{site}hcmUI/CandidateExperience/en/sites/CX_1/job/{row['Id']}"
        others = row.get("secondaryLocations", [])
        assert posting.locations == (row["PrimaryLocation"], *(entry["Name"] for entry in others))
        if "PrimaryLocationCountry" in row:
            assert posting.country_codes == (row["PrimaryLocationCountry"],)
        elif others:
            assert posting.country_codes == ("US",)
        assert posting.posted_at == instant(row["PostedDate"])
        said = row.get("WorkplaceType", detail["WorkplaceType"]).lower().replace("-", "")
        assert posting.workplace_type == said
        assert posting.is_detailed
        for name in ("Description", "Responsibilities", "Qualifications"):
            assert same_words(detail[f"External{name}Str"], posting.description_text)


SF = "https://careers.acme.example"
SF_SEARCH = f"{SF}/search/?q=&sortColumn=referencedate&sortDirection=desc&startrow=0"


class Details(Replay):
    """Answers the pages of single positions with one page, and the rest as it is told."""

    page = b'<html><body><span itemprop="description"><p>Work with us.</p></span></body></html>'

    def __call__(self, url: str, **options: Any) -> Answer:
        if re.search(r"/jobs?/(?!search)[^/]+", urlsplit(url).path) and "/services/" not in url:
            return Answer(200, url, {}, self.page)
        return super().__call__(url, **options)


@files("successfactors", "*search*.html")
def test_successfactors_search_pages(path: Path) -> None:
    text = path.read_text()
    rows = [row.partition("</tr>")[0] for row in text.split('<tr class="data-row">')[1:]]
    listing = successfactors.read({"host": "careers.acme.example"}, Details({SF_SEARCH: path.read_bytes()}), {})
    stated = int(re.findall(r"<b>(\d+)</b></span>", text)[0])
    assert (listing.complete, listing.reported_total) == (True, stated)
    assert len(listing.postings) == len(rows) == stated
    for posting, row in zip(listing.postings, rows, strict=True):
        href, title = re.findall(r'href="([^"]+)">([^<]+)</a>', row)[0]
        assert (posting.title, posting.url) == (title, SF + href)
        assert posting.external_id == href.split("/")[-2]
        place = squeezed(re.findall(r'"jobLocation">([^<]+)<', row)[0])
        assert posting.locations == (place,)
        country = {"Cary, NC, US": ("US",), "Europe, remote, IT": ("IT",)}.get(place, ())
        assert posting.country_codes == country
        assert posting.is_remote is (True if "remote" in place else None)
        day = squeezed(re.findall(r'"jobDate">([^<]+)<', row)[0])
        assert posting.posted_at is not None
        assert posting.posted_at.strftime("%b %d, %Y") == day
        assert (posting.is_detailed, posting.description_text) == (True, "Work with us.")


@files("successfactors", "*.xml")
def test_successfactors_feeds(path: Path) -> None:
    items = ElementTree.fromstring(path.read_text()).findall("channel/item")
    get = Details(
        {
            SF_SEARCH: failure(Gone, 404),
            f"{SF}/services/rss/job/?rows=100000": path.read_bytes(),
            f"{SF}/sitemap.xml": failure(Gone, 404),
        }
    )
    listing = successfactors.read({"host": "careers.acme.example"}, get, {})
    assert not listing.complete
    assert "no map of the site" in listing.reason
    assert len(listing.postings) == len(items)
    for posting, node in zip(listing.postings, items, strict=True):
        link = str(node.findtext("link"))
        assert posting.url == link.partition("?")[0]
        assert posting.external_id == urlsplit(link).path.split("/")[-2]
        whole = squeezed(node.findtext("title"))
        assert whole.startswith(f"{posting.title} (")
        assert posting.location == whole.rpartition("(")[2].removesuffix(", 75080)")
        assert posting.country_codes == ("US",)
        assert posting.posted_at == parsedate_to_datetime(str(node.findtext("pubDate")))


@files("eightfold", "*.json")
def test_eightfold_lists(path: Path) -> None:
    body = json.loads(path.read_bytes())
    rows = body["positions"]
    api = "https://albemarle.eightfold.ai/api"
    older = f"{api}/apply/v2/jobs?num=10&domain=albemarle.com&start="
    get = Replay(
        {
            f"{api}/pcsx/search?query=&location=&domain=albemarle.com&start=0": failure(Refused, 403),
            f"{older}0": path.read_bytes(),
            f"{older}{len(rows)}": {"positions": []},
            **{
                f"{api}/apply/v2/jobs/{row['id']}?domain=albemarle.com": row | {"job_description": "<p>Mix.</p>"}
                for row in rows
            },
        }
    )
    listing = eightfold.read({"host": "albemarle.eightfold.ai", "domain": "albemarle.com"}, get, {})
    assert listing.reported_total == body.get("count")
    assert listing.complete == ("count" not in body)
    for posting, row in matched(listing, rows):
        assert posting.title == squeezed(row["name"])
        assert posting.url == row["canonicalPositionUrl"]
        assert posting.locations == tuple(row["locations"])
        assert posting.country_codes == ("US",)
        assert posting.department == row["department"]
        assert posting.posted_at is not None
        assert posting.posted_at.timestamp() == row["t_create"]
        assert (posting.is_detailed, posting.description_text) == (True, "Mix.")


@files("phenom", "*.html")
def test_phenom_search_pages(path: Path) -> None:
    text = path.read_text()
    data = json.JSONDecoder().raw_decode(text, text.index("{", text.index("phApp.ddo")))[0]["eagerLoadRefineSearch"]
    rows = data["data"]["jobs"]
    search = "https://careers.acme.example/global/en/search-results"
    end = {"eagerLoadRefineSearch": data | {"data": {"jobs": []}}}
    detail = {"jobDetail": {"data": {"job": {"description": "<p>Work with us.</p>"}}}}

    class Pages(Details):
        page = f"<html><script>phApp.ddo = {json.dumps(detail)};</script></html>".encode()

    get = Pages(
        {
            search: path.read_bytes(),
            "https://careers.acme.example/widgets": failure(Refused, 403),
            f"{search}?from={len(rows)}&s=1": f"<html><script>phApp.ddo = {json.dumps(end)};</script></html>".encode(),
        }
    )
    listing = phenom.read({"host": "careers.acme.example", "path": "global/en"}, get, {})
    assert listing.reported_total == data["totalHits"]
    # The recording has only the first of its positions.
    assert listing.complete == (len(rows) == data["totalHits"])
    for posting, row in matched(listing, rows, "jobId"):
        assert posting.title == squeezed(row["title"])
        assert posting.url == f"https://careers.acme.example/global/en/job/{row['jobId']}"
        assert posting.locations == (row["location"],)
        assert posting.country_codes == ({"Netherlands": "NL", "Australia": "AU"}[row["country"]],)
        assert posting.department == (row["department"] or row["category"])
        assert posting.employment_type == row["type"]
        assert posting.posted_at == instant(row["postedDate"].replace("+0000", "+00:00"))
        assert (posting.is_detailed, posting.description_text) == (True, "Work with us.")


JOBVITE_FEED = "https://app.jobvite.com/CompanyJobs/Xml.aspx?c=qAbC1dEf"
JOBVITE_KEY = b"<html><script>x = {companyEId: 'qAbC1dEf'}</script></html>"
JOBVITE_DETAIL = "jsonld/jobvite_barracuda_detail_short.html"


class JobviteDetails(Details):
    page = (RECORDED / JOBVITE_DETAIL).read_bytes() if RECORDED.is_dir() else b""


@files("jobvite", "*.xml")
def test_jobvite_feeds(path: Path) -> None:
    nodes = ElementTree.fromstring(path.read_text()).findall("job")
    titled = [node for node in nodes if node.findtext("title")]
    board = "https://jobs.jobvite.com/acme"
    get = JobviteDetails({f"{board}?fr=true&nl=1": JOBVITE_KEY, JOBVITE_FEED: path.read_bytes()})
    listing = jobvite.read({"company": "acme"}, get, {})
    # Its recorder put a row without a title among them.
    assert listing.complete == (len(titled) == len(nodes))
    assert len(listing.postings) == len(titled) > 0
    for posting, node in zip(listing.postings, titled, strict=True):
        assert posting.external_id == node.findtext("id")
        assert posting.title == squeezed(node.findtext("title"))
        assert posting.url == f"{board}/job/{posting.external_id}"
        assert posting.apply_url == str(node.findtext("apply-url") or f"{posting.url}/apply")
        assert posting.department == (node.findtext("category") or "")
        if where := node.findtext("location"):
            assert posting.locations == (where,)
        month, day, year = (node.findtext("date") or "8/17/2026").split("/")
        assert posting.posted_at == instant(f"{year}-{month:0>2}-{day:0>2}")
        assert "Come Join Our Passionate Team!" in posting.description_text
        # The pay of the recorded page is there, and empty.
        assert (posting.salary_min, posting.salary_currency) == (None, None)


@files("jobvite", "*.html")
def test_jobvite_search_pages(path: Path) -> None:
    text = path.read_text()
    rows = re.findall(r'href="/feedingamerica/job/(\w+)">([^<]+)</a></td><td[^>]*>([^<]+)<', text)
    board = "https://jobs.jobvite.com/feedingamerica"
    plain = b"<html><body>Careers</body></html>"
    get = JobviteDetails({f"{board}?fr=true&nl=1": plain, f"{board}/search?p=0&fr=true&nl=1": path.read_bytes()})
    listing = jobvite.read({"company": "feedingamerica"}, get, {})
    assert not listing.complete
    assert "does not say how many" in listing.reason
    assert len(listing.postings) == len(rows) == text.count("<tr>")
    for posting, (number, title, place) in zip(listing.postings, rows, strict=True):
        assert (posting.external_id, posting.title, posting.locations) == (number, title, (place,))
        assert posting.url == f"{board}/job/{number}"
        assert posting.workplace_type == "hybrid"
        assert posting.posted_at == instant("2026-08-17")
        assert posting.country_codes == ("IN",)


class IcimsDetails(Details):
    page = (RECORDED / "jsonld" / "icims_bds_meta_lab.html").read_bytes() if RECORDED.is_dir() else b""


@files("icims", "*.html")
def test_icims_search_pages(path: Path) -> None:
    text = path.read_text()
    host = next(iter(re.findall(r"https://([\w-]+\.icims\.com)/", text)), "careers-bdssolutions.icims.com")
    found = re.findall(
        r'href="(?:https://[\w.-]+)?(/jobs/(\d+)/[\w-]+/job)\?in_iframe=1"[^>]*>(.*?)</a>', text, re.DOTALL
    )
    search = f"https://{host}/jobs/search?ss=1&pr="
    empty = b'<html><div class="iCIMS_JobsTable"></div></html>'
    get = IcimsDetails({f"{search}0&in_iframe=1": path.read_bytes(), f"{search}1&in_iframe=1": empty})
    listing = icims.read({"host": host}, get, {})
    # All of them were cut down to their lists, without the number of pages.
    assert not listing.complete
    assert "does not say how many pages" in listing.reason
    assert len(listing.postings) == len(found)
    for posting, (address, number, title) in zip(listing.postings, found, strict=True):
        assert (posting.external_id, posting.url) == (number, f"https://{host}{address}")
        assert posting.title == re.sub(r"<span.*?</span>|<[^>]+>", "", title, flags=re.DOTALL).strip()
        shown = "iCIMS_JobCardItem" in text
        assert posting.locations == (("US",) if shown else ("Houston, Texas, United States",))
        assert posting.country_codes == ("US",)
        assert posting.employment_type == "Full-time"
        assert posting.posted_at == instant("2026-02-13T05:00:00+00:00")
        assert (posting.salary_min, posting.salary_max) == (Decimal(65000), Decimal(70000))
        assert (posting.salary_currency, posting.salary_period) == ("USD", "year")
        assert "Manage daily lab operations" in posting.description_text
