"""Answers of real boards of Gem to ClearCompany that others recorded; skipped where they are absent."""

from __future__ import annotations

import csv
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.scrapers.replay import Replay
from tests.scrapers.test_recorded_payloads import RECORDED, files, same_words, squeezed
from webapp.scrapers import manatal, recognise

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
