"""Sitemaps: which pages are opened, when again, and what may be concluded from those that are not there."""

from __future__ import annotations

import gzip
import time
from typing import Any

import pytest

from tests.scrapers.replay import Replay, failure
from webapp.errors import Gone, Malformed, OutboundError, Refused, Unavailable
from webapp.scrapers import sitemap
from webapp.values import Answer, Listing

HOST = "https://careers.example.org"
URL = f"{HOST}/sitemap.xml"
COOK, BAKER, CLERK = (f"{HOST}/jobs/{name}" for name in ("1-cook", "2-baker", "3-clerk"))


def urls(*rows: tuple[str, str]) -> bytes:
    entries = "".join(f"<url><loc>{loc}</loc><lastmod>{changed}</lastmod></url>" for loc, changed in rows)
    return f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</urlset>'.encode()


def index(*locs: str) -> bytes:
    entries = "".join(f"<sitemap><loc>{loc}</loc></sitemap>" for loc in locs)
    return f'<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{entries}</sitemapindex>'.encode()


def job(title: str) -> bytes:
    data = f'{{"@type": "JobPosting", "title": "{title}"}}'
    return f'<html><script type="application/ld+json">{data}</script></html>'.encode()


PAGES: dict[str, Any] = {COOK: job("Cook"), BAKER: job("Baker"), CLERK: job("Clerk")}
THREE = urls((COOK, "2026-11-01"), (BAKER, "2026-11-02"), (CLERK, "2026-11-03"))


def read(replies: dict[str, Any], known: dict[str, str] | None = None, **config: Any) -> tuple[Listing, list[str]]:
    get = Replay(replies)
    return sitemap.read({"url": URL, **config}, get, known or {}), [key.removeprefix("GET ") for key in get.asked]


def hashes(listing: Listing) -> dict[str, str]:
    return {posting.external_id: posting.list_hash for posting in listing.postings}


def test_only_new_and_changed_pages_are_opened() -> None:
    first, asked = read({URL: THREE, **PAGES})
    assert asked == [URL, CLERK, BAKER, COOK]
    assert first.complete
    second, asked = read({URL: THREE}, hashes(first))
    assert asked == [URL]
    assert second.complete
    assert hashes(second) == hashes(first)
    changed = urls((COOK, "2026-11-01"), (BAKER, "2026-11-20"), (f"{HOST}/jobs/4-nurse", "2026-11-20"))
    third, asked = read({URL: changed, BAKER: job("Head baker"), f"{HOST}/jobs/4-nurse": job("Nurse")}, hashes(first))
    assert asked == [URL, f"{HOST}/jobs/4-nurse", BAKER]
    assert [posting.title for posting in third.postings if posting.is_detailed] == ["Head baker", "Nurse"]
    assert third.complete


def test_one_date_for_all_pages_says_nothing_about_any() -> None:
    addresses = [f"{HOST}/jobs/{number}" for number in range(6)]
    pages = {url: job("Cook") for url in addresses}
    first, _ = read({URL: urls(*((url, "2026-11-01") for url in addresses)), **pages})
    _, asked = read({URL: urls(*((url, "2026-11-02") for url in addresses))}, hashes(first))
    assert asked == [URL]


def test_a_changed_page_without_its_position_is_no_position_any_more() -> None:
    known = {f"careers.example.org/jobs/{name}": "old" for name in ("1-cook", "2-baker", "3-clerk")}
    listing, _ = read({URL: THREE, **PAGES, COOK: failure(Gone, 404), BAKER: b"<html>Filled.</html>"}, known)
    assert [posting.title for posting in listing.postings] == ["Clerk"]
    assert listing.complete
    assert "2 pages that the sitemap names hold no position." in listing.warnings


@pytest.mark.parametrize("error", [failure(Refused, 403), failure(Unavailable, 503)])
def test_a_page_that_could_not_be_read_is_not_gone(error: OutboundError) -> None:
    known = {"careers.example.org/jobs/1-cook": "old"}
    listing, _ = read({URL: THREE, **PAGES, COOK: error}, known)
    assert "careers.example.org/jobs/1-cook" in hashes(listing)
    listing, _ = read({URL: THREE, **PAGES, COOK: error})
    assert "not read yet" in listing.reason


def test_of_many_sitemaps_those_of_positions_are_read() -> None:
    jobs, posts = f"{HOST}/job_listing-sitemap1.xml", f"{HOST}/post-sitemap.xml"
    _, asked = read({URL: index(posts, jobs), jobs: urls((COOK, "")), COOK: job("Cook")})
    assert asked == [URL, jobs, COOK]
    one, two = f"{HOST}/a.xml", f"{HOST}/b.xml"
    listing, asked = read(
        {URL: index(one, two), one: urls((COOK, "")), two: failure(Unavailable, 503), COOK: job("Cook")}
    )
    assert asked == [URL, one, two, COOK]
    assert "b.xml could not be read" in listing.reason


def test_sitemaps_that_lead_to_themselves_or_on_and_on_end() -> None:
    listing, asked = read({URL: index(URL, f"{HOST}/jobs.xml"), f"{HOST}/jobs.xml": index(URL)})
    assert len(asked) == 2
    deep = {f"{HOST}/jobs{n}.xml": index(f"{HOST}/jobs{n + 1}.xml") for n in range(9)}
    listing, asked = read({URL: index(f"{HOST}/jobs0.xml"), **deep})
    assert len(asked) == 4
    assert "without end" in listing.reason
    wide = [f"{HOST}/jobs{n}.xml" for n in range(80)]
    listing, asked = read({URL: index(*wide), **dict.fromkeys(wide, urls((COOK, ""))), COOK: job("Cook")})
    assert len(asked) == 51
    assert "more than 50" in listing.reason


def test_a_sitemap_of_other_pages_proves_nothing() -> None:
    listing, _ = read({URL: urls((f"{HOST}/about", ""), ("https://example.com/jobs/1", ""))})
    assert listing.postings == ()
    assert "None of the 2 addresses" in listing.reason
    with pytest.raises(Malformed, match="None of the 3 pages"):
        read({URL: THREE, **dict.fromkeys(PAGES, b"<html>Enable JavaScript.</html>")})


def test_a_path_of_the_settings_decides_what_a_position_is() -> None:
    body = urls((f"{HOST}/team/we-want/cook", ""), (f"{HOST}/team/we-want/", ""), (COOK, ""))
    listing, asked = read({URL: body, f"{HOST}/team/we-want/cook": job("Cook")}, path="/team/we-want/")
    assert asked == [URL, f"{HOST}/team/we-want/cook"]
    assert listing.complete


def test_compressed_sitemaps_are_unpacked_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(THREE)
    assert len(read({URL: packed, **PAGES})[0].postings) == 3
    for broken in (packed[:-20], packed[:12], packed[:20] + b"xxxx" + packed[24:]):
        with pytest.raises(Malformed, match="compressed"):
            read({URL: broken})
    monkeypatch.setattr(sitemap, "LARGEST", 100)
    with pytest.raises(Malformed, match="too large"):
        read({URL: packed})


def test_a_huge_sitemap_takes_no_time_and_is_cut_at_a_bound() -> None:
    body = urls(*((f"{HOST}/jobs/{number}", "2026-11-01") for number in range(50_000)))
    started = time.process_time()

    def get(url: str, **_: Any) -> Answer:
        return Answer(200, url, {}, body if url == URL else job("Cook"))

    listing = sitemap.read({"url": URL}, get, {})
    assert time.process_time() - started < 15
    assert len(listing.postings) == 150
    assert "more than 10,000" in listing.reason
