"""Answers of real boards that others recorded.

They are not part of the project; where they are absent, these tests are skipped.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.scrapers.replay import Replay
from webapp.errors import Malformed
from webapp.scrapers import ashby, comeet, greenhouse, lever, workday
from webapp.values import Listing

RECORDED = Path(__file__).parents[2] / ".." / "shared" / "payloads" / "open"
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="no recorded payloads here")


def files(ats: str, pattern: str) -> Any:
    paths = sorted((RECORDED / ats).glob(pattern)) if RECORDED.is_dir() else []
    return pytest.mark.parametrize("path", paths, ids=[path.name for path in paths])


def instant(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)


def squeezed(text: str | None) -> str:
    return " ".join((text or "").split())


def same_words(markup: str, text: str) -> bool:
    """Whether a plain text has the words of some markup."""
    import html

    raw = html.unescape(html.unescape(re.sub(r"<[^>]+>", " ", html.unescape(markup))))
    wanted = set(re.findall(r"[a-z]{4,}", re.sub(r"<[^>]+>", " ", raw).lower()))
    got = set(re.findall(r"[a-z]{4,}", text.lower()))
    return len(wanted & got) >= 0.97 * len(wanted)


def matched(listing: Listing, rows: list[dict[str, Any]], name: str = "id") -> list[tuple[Any, dict[str, Any]]]:
    """Each posting with its raw row; every row has exactly one."""
    assert len(listing.postings) == len(rows)
    by_id = {posting.external_id: posting for posting in listing.postings}
    return [(by_id[str(row[name])], row) for row in rows]


@files("greenhouse", "*.json")
def test_greenhouse_boards(path: Path) -> None:
    body = json.loads(path.read_bytes())
    url = "https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true"
    listing = greenhouse.read({"token": "acme"}, Replay({url: path.read_bytes()}), {})
    total = body.get("meta", {}).get("total")
    assert listing.reported_total == total
    assert listing.complete == (total is None or total <= len(body["jobs"]))
    for posting, row in matched(listing, body["jobs"]):
        assert posting.title == squeezed(row["title"])
        assert posting.url == row["absolute_url"]
        assert posting.location == squeezed(row["location"]["name"])
        assert posting.locations
        assert posting.department == ", ".join(squeezed(part["name"]) for part in row.get("departments") or [])
        if row.get("first_published"):
            assert posting.posted_at == instant(row["first_published"])
        assert same_words(row.get("content") or "", posting.description_text)


# Recordings of 2013 from an earlier API (/embed/jobs), as test tools store them; the lists have the shape of today's.
@files("greenhouse", "cassette_*_jobs*.yml")
def test_old_greenhouse_recordings_that_are_lists(path: Path) -> None:
    yaml = pytest.importorskip("yaml")
    body = yaml.safe_load(path.read_text())["http_interactions"][0]["response"]["body"]["string"]
    url = "https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true"
    listing = greenhouse.read({"token": "acme"}, Replay({url: body.encode()}), {})
    assert listing.complete
    for posting, row in matched(listing, json.loads(body)["jobs"]):
        assert (posting.title, posting.url) == (row["title"], row["absolute_url"])
        assert posting.location == row["location"]["name"]


@files("lever", "*.json")
def test_lever_sites(path: Path) -> None:
    rows = json.loads(path.read_bytes())
    url = "https://api.lever.co/v0/postings/acme?mode=json"
    listing = lever.read({"site": "acme"}, Replay({url: path.read_bytes()}), {})
    assert listing.complete
    for posting, row in matched(listing, rows):
        groups = row["categories"]
        assert posting.title == squeezed(row["text"])
        assert (posting.url, posting.apply_url) == (row["hostedUrl"], row["applyUrl"])
        assert posting.location == squeezed(groups["location"])
        assert posting.locations == tuple(groups["allLocations"])
        assert posting.department == squeezed(groups.get("department") or groups.get("team"))
        assert posting.employment_type == groups["commitment"]
        assert posting.country_codes == ((row["country"],) if row["country"] else ())
        assert posting.posted_at is not None
        assert round(posting.posted_at.timestamp() * 1000) == row["createdAt"]
        assert posting.workplace_type == row["workplaceType"].replace("-", "")
        for block in row.get("lists", []):
            assert same_words(block["content"], posting.description_text)
        assert same_words(row["description"], posting.description_text)


@files("ashby", "[!g]*.json")
def test_ashby_organisations(path: Path) -> None:
    rows = json.loads(path.read_bytes())["jobs"]
    url = "https://api.ashbyhq.com/posting-api/job-board/acme?includeCompensation=true"
    listing = ashby.read({"org": "acme"}, Replay({url: path.read_bytes()}), {})
    assert listing.complete
    for posting, row in matched(listing, rows):
        assert posting.title == squeezed(row["title"])
        assert posting.url == row["jobUrl"].replace(" ", "%20")
        assert posting.location == squeezed(row["location"])
        assert set(posting.locations) == {
            squeezed(row["location"]),
            *(squeezed(place["location"]) for place in row.get("secondaryLocations", [])),
        }
        assert posting.department == squeezed(row.get("department") or row.get("departmentName") or row.get("team"))
        assert posting.posted_at == instant(row.get("publishedAt") or row["publishedDate"])
        assert posting.employment_type.replace("-", "").lower() == row["employmentType"].lower()
        stated = ((row.get("address") or {}).get("postalAddress") or {}).get("addressCountry")
        assert bool(posting.country_codes) >= bool(stated)
        if row.get("workplaceType") is None:
            assert posting.is_remote == row["isRemote"] or row["isRemote"] is None
        paid = [
            part
            for tier in (row.get("compensation") or {}).get("compensationTiers", [])
            for part in tier["components"]
            if part["compensationType"] == "Salary"
        ]
        if paid:
            assert float(posting.salary_min or 0) == min(part["minValue"] for part in paid)
            assert float(posting.salary_max or 0) == max(part["maxValue"] for part in paid)
            assert (posting.salary_currency, posting.salary_period) == (paid[0]["currencyCode"], "year")
        else:
            assert posting.salary_currency is None
        assert same_words(row["descriptionHtml"], posting.description_text)


@files("ashby", "graphql_*.json")
def test_answers_of_ashbys_other_api_are_refused_and_no_empty_board(path: Path) -> None:
    url = "https://api.ashbyhq.com/posting-api/job-board/acme?includeCompensation=true"
    with pytest.raises(Malformed):
        ashby.read({"org": "acme"}, Replay({url: path.read_bytes()}), {})


@files("comeet", "*.html")
def test_comeet_pages(path: Path) -> None:
    text = path.read_text()
    uid = str(re.search(r'"company_uid": "([^"]+)"', text)[1])  # type: ignore[index]
    rows, _ = json.JSONDecoder().raw_decode(text, text.index("[", text.index("COMPANY_POSITIONS_DATA")))
    get = Replay({f"https://www.comeet.com/jobs/acme/{uid}": b"<html>" + path.read_bytes()})
    listing = comeet.read({"uid": uid, "slug": "acme"}, get, {})
    assert listing.complete
    for posting, row in matched(listing, rows, "uid"):
        assert posting.title == squeezed(row["name"])
        assert posting.url == row["url_active_page"]
        assert posting.location == squeezed(row["location"]["name"])
        assert posting.country_codes == (row["location"]["country"],)
        assert (posting.department, posting.employment_type) == (row["department"], row["employment_type"])
        assert posting.workplace_type == row["workplace_type"].lower().replace("-", "")
        for part in row["custom_fields"]["details"]:
            assert same_words(part["value"], posting.description_text)


@files("workday", "*_list*.json")
def test_workday_lists_with_their_missing_pages_left_out(path: Path) -> None:
    body = json.loads(path.read_bytes())
    rows = body["jobPostings"]
    api = "https://acme.wd5.myworkdayjobs.com/wday/cxs/acme/Careers"
    info = (RECORDED / "workday" / "compgraph_detail.json").read_bytes()
    paths = [
        row["externalPath"] if row["externalPath"].startswith("/") else "/job/" + row["externalPath"] for row in rows
    ]
    get = Replay(
        {
            f"{api}/jobs": lambda asked: {**body, "jobPostings": rows[asked["offset"] :][:20]},
            **{api + path: info for path in paths},
        }
    )
    config = {"host": "acme.wd5.myworkdayjobs.com", "tenant": "acme", "site": "Careers"}
    first = workday.read(config, get, {})
    assert not first.complete
    assert first.reported_total == body["total"]
    assert len(first.postings) == len(rows)
    known = {posting.external_id: posting.list_hash for posting in first.postings}
    for posting, row, path_of in zip(workday.read(config, get, known).postings, rows, paths, strict=True):
        assert posting.title == squeezed(row["title"])
        assert posting.url == "https://acme.wd5.myworkdayjobs.com/Careers" + path_of
        assert posting.external_id == (
            row["bulletFields"][0] if row["bulletFields"][0].startswith("JR") else path_of[-6:]
        )
        if not row["locationsText"].endswith("Locations"):
            assert posting.location == row["locationsText"]
        assert posting.location
    detailed = first.postings[0]
    assert detailed.locations == ("New York, NY", "Brooklyn, NY", "Jersey City, NJ")
    assert (detailed.country_codes, detailed.employment_type) == (("US",), "Full time")
    assert detailed.posted_at == datetime(2026, 2, 10, tzinfo=UTC)
