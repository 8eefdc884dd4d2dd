"""Feeds of every kind: what their entries say, and when they may be taken for all positions there are."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.scrapers.replay import Replay, failure, replay
from tests.scrapers.test_recorded_payloads import files, same_words, squeezed
from webapp.errors import Malformed, NotModified, OutboundError, Unavailable
from webapp.scrapers import feed
from webapp.values import Answer, Listing

URL = "https://careers.example.org/jobs.rss"
MAY_BE_CUT = "may show only its newest"


def read(body: Any, known: dict[str, str] | None = None, whole: bool = False, **more: Any) -> Listing:
    config: dict[str, Any] = {"url": URL, "whole": True} if whole else {"url": URL}
    return feed.read(config, Replay({URL: body, **more.get("replies", {})}), known or {})


def rss(*items: str, head: str = "") -> bytes:
    spaces = 'xmlns:a="http://www.w3.org/2005/Atom" xmlns:os="http://a9.com/-/spec/opensearch/1.1/"'
    return f"<rss version='2.0' {spaces}><channel>{head}{''.join(items)}</channel></rss>".encode()


def item(number: int) -> str:
    return f"<item><title>Job {number}</title><link>https://careers.example.org/{number}</link></item>"


def test_a_feed_that_does_not_say_that_it_is_whole_closes_nothing() -> None:
    listing = read(rss(item(1), item(2)))
    assert len(listing.postings) == 2
    assert MAY_BE_CUT in listing.reason
    assert read(rss(item(1), item(2)), whole=True).complete


def test_a_feed_with_a_total_is_whole_when_it_is_reached() -> None:
    listing = read(rss(item(1), item(2), head="<os:totalResults>2</os:totalResults>"))
    assert (listing.complete, listing.reported_total) == (True, 2)
    listing = read(rss(item(1), item(2), head="<os:totalResults>9</os:totalResults>"))
    assert "says 9 positions and gave 2" in listing.reason


def test_a_feed_in_pages_is_read_to_its_last() -> None:
    following = '<a:link rel="next" href="?page=2"/>'
    replies = {f"{URL}?page=2": rss(item(3))}
    listing = read(rss(item(1), item(2), head=following), replies=replies)
    assert (len(listing.postings), listing.complete) == (3, True)
    listing = read(rss(item(1), head=following), replies={f"{URL}?page=2": failure(Unavailable, 503)})
    assert "Page 2 could not be read" in listing.reason
    listing = read(rss(item(1), head=following), replies={f"{URL}?page=2": rss(item(3), head=following)})
    assert "circles" in listing.reason
    listing = read(rss(item(1), head='<a:link rel="next" href="https://example.com/2"/>'))
    assert "another site" in listing.reason


def test_only_a_feed_in_one_document_is_asked_whether_it_changed() -> None:
    get = replay("feed")
    listing = feed.read({"url": URL}, get, {})
    assert get.conditional == [URL]
    assert {posting.list_hash for posting in listing.postings} == {""}
    with pytest.raises(NotModified):
        read(NotModified())
    following = '<a:link rel="next" href="?page=2"/>'
    paged = Replay({URL: rss(item(1), head=following), f"{URL}?page=2": rss(item(2))})
    listing = feed.read({"url": URL}, paged, {})
    known = {posting.external_id: posting.list_hash for posting in listing.postings}
    assert all(known.values())
    paged.conditional.clear()
    feed.read({"url": URL}, paged, known)
    assert paged.conditional == []


def test_atom_entries_have_their_own_link_date_and_xhtml() -> None:
    body = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:fh="http://purl.org/syndication/history/1.0">
      <title>Example</title><fh:complete/>
      <entry><id>urn:1</id><title type="html">Cook &amp;amp; Baker</title>
        <link rel="enclosure" href="/file.pdf"/><link href="/jobs/1"/>
        <updated>2026-11-20T00:00:00Z</updated><published>2026-11-02T10:00:00+02:00</published>
        <content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Bake <b>bread</b>.</p></div></content>
      </entry>
      <entry><id>urn:2</id><title>Driver</title><link rel="alternate" href="https://example.org/2"/>
        <updated>2026-11-20T00:00:00Z</updated><summary>Drive.</summary>
        <source><title>Other</title><id>urn:9</id></source></entry></feed>"""
    first, second = read(body).postings
    assert (first.external_id, first.title, first.url) == (
        "urn:1",
        "Cook & Baker",
        "https://careers.example.org/jobs/1",
    )
    assert first.posted_at == datetime(2026, 11, 2, 8, tzinfo=UTC)
    assert first.description_html == "<div><p>Bake <b>bread</b>.</p></div>"
    assert (second.title, second.posted_at, second.description_text) == ("Driver", None, "Drive.")


def test_rdf_names_an_entry_by_its_about() -> None:
    body = b"""<r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
      xmlns:d="http://purl.org/dc/elements/1.1/"><channel><title>x</title></channel>
      <item r:about="https://example.org/1#x"><title>Cook</title><link>https://example.org/1</link>
      <d:date>2026-11-02</d:date></item></r:RDF>"""
    (posting,) = read(body).postings
    assert (posting.external_id, posting.posted_at) == ("https://example.org/1#x", datetime(2026, 11, 2, tzinfo=UTC))


def test_the_xml_for_job_search_engines_is_whole() -> None:
    body = b"""<source><publisher>Example</publisher><job><title><![CDATA[Cook]]></title>
      <date><![CDATA[Mon, 02 Nov 2026 22:49:39 GMT]]></date><referencenumber>r1</referencenumber>
      <url><![CDATA[https://example.org/1?gh_jid=5&source=feed]]></url><city>Haifa</city><state>North</state>
      <country>IL</country><jobtype>fulltime</jobtype><remotetype>Hybrid remote</remotetype>
      <salary>up to 20,000</salary><description><![CDATA[<p>Cook.</p>]]></description></job></source>"""
    listing = read(body)
    (posting,) = listing.postings
    assert listing.complete
    assert (posting.external_id, posting.url) == ("r1", "https://example.org/1?gh_jid=5")
    assert (posting.location, posting.country_codes) == ("Haifa, North, Israel", ("IL",))
    assert (posting.workplace_type, posting.employment_type) == ("hybrid", "fulltime")
    assert posting.salary_currency is None
    assert posting.posted_at == datetime(2026, 11, 2, 22, 49, 39, tzinfo=UTC)
    assert read(b"<jobs></jobs>").complete


def test_json_feeds() -> None:
    place = {"@type": "Place", "address": {"addressLocality": "Haifa", "addressCountry": "IL"}}
    items = [
        {"id": 7, "url": "/jobs/7", "title": "Cook", "content_html": "<p>Cook.</p>", "date_published": "2026-11-02",
         "_jobposting": {"jobLocation": place, "employmentType": "FULL_TIME"}},
        {"id": "8", "external_url": "https://example.org/8", "title": "Baker (Remote)", "content_text": "Bake\n\nit."},
    ]  # fmt: skip
    body = {"version": "https://jsonfeed.org/version/1.1", "items": items}
    listing = read(body)
    first, second = listing.postings
    assert MAY_BE_CUT in listing.reason
    assert (first.external_id, first.url) == ("7", "https://careers.example.org/jobs/7")
    assert (first.location, first.employment_type) == ("Haifa, Israel", "Full-time")
    assert first.posted_at == datetime(2026, 11, 2, tzinfo=UTC)
    assert (second.description_text, second.workplace_type) == ("Bake\n\nit.", "remote")
    more = {**body, "items": items[:1], "next_url": f"{URL}?p=2"}
    assert read(more, replies={f"{URL}?p=2": {**body, "items": items[1:]}}).complete
    for version in (None, 1, "https://jsonfeed.org/version/1234", "1.1"):
        with pytest.raises(Malformed):
            read({"version": version, "items": items})


def test_a_disabled_feed_that_answers_with_a_page_is_a_failure() -> None:
    for body in (b"<!doctype html><html></html>", b"<html><p>off</html>", b"<rss><channel>", b"<urlset/>"):
        with pytest.raises(Malformed):
            read(body)
    with pytest.raises(Malformed, match="redirected"):
        read(Answer(200, "https://example.com/feed", {}, rss(item(1))))


def test_huge_feeds_take_no_time() -> None:
    deep = (
        b"<rss><channel><item>"
        + b"<description>" * 140
        + b"x" * 10**6
        + b"</description>" * 140
        + b"</item></channel></rss>"
    )
    for body in (rss(*map(item, range(10_000))), deep, b"<rss>" + b"<item>" * 100_000):
        started = time.process_time()
        with suppress(OutboundError):
            read(body)
        assert time.process_time() - started < 4, body[:50]


ATOM = "{http://www.w3.org/2005/Atom}"


@files("feeds", "*.rss.xml")
def test_recorded_rss_feeds(path: Path) -> None:
    items = ElementTree.fromstring(path.read_bytes()).findall("channel/item")
    listing = read(path.read_bytes())
    assert len(listing.postings) == len({node.findtext("guid") for node in items})
    by_id = {posting.external_id: posting for posting in listing.postings}
    for node in items:
        posting = by_id[str(node.findtext("guid"))]
        assert posting.title == squeezed(node.findtext("title"))
        assert posting.url.startswith(str(node.findtext("link")).partition("?")[0])
        assert posting.posted_at == parsedate_to_datetime(str(node.findtext("pubDate")))
        assert same_words(node.findtext("description") or "", posting.description_text)
        space = "{http://www.neogov.com/namespaces/JobListing}"
        assert posting.location == (node.findtext(f"{space}location") or "")
        assert posting.department == (node.findtext(f"{space}department") or "")
        least = node.findtext(f"{space}minimumSalary")
        assert posting.salary_min == (Decimal(least) if least else None)
        if least:
            assert posting.salary_period == str(node.findtext(f"{space}salaryInterval")).lower()
        assert same_words(node.findtext(f"{space}qualifications") or "", posting.description_text)


@files("feeds", "*.atom.xml")
def test_recorded_atom_feeds(path: Path) -> None:
    entries = ElementTree.fromstring(path.read_bytes()).findall(f"{ATOM}entry")
    good = [node for node in entries if node.findtext(f"{ATOM}title") and node.find(f"{ATOM}link") is not None]
    listing = read(path.read_bytes())
    assert [posting.external_id for posting in listing.postings] == [node.findtext(f"{ATOM}id") for node in good]
    assert f"{len(entries) - len(good)} of {len(entries)} rows" in listing.reason
    assert {posting.posted_at for posting in listing.postings} == {None}


@files("feeds", "dfe_*.xml")
def test_recorded_feeds_of_vendors(path: Path) -> None:
    if "ventrus" in path.name:
        with pytest.raises(Malformed, match="not well-formed"):
            read(path.read_bytes())
        return
    (posting,) = read(path.read_bytes()).postings
    assert (posting.external_id, posting.title) == ("TEST002", "Test Post")
    assert posting.url.startswith("https://www.company.com/jobs/12345")
    assert posting.description_text.startswith("What is the job role?")


WANTED = {
    "miniflux_encoding_ISO-8859-1.xml": 40, "miniflux_rdf_UTF8.xml": None, "miniflux_small_atom.xml": 20,
    "reader_empty.atom": -1, "reader_empty.rss": -1, "reader_full.atom": 1, "reader_full.json": 1,
    "reader_full.rss": 1, "reader_unknown.json": -1,
}  # fmt: skip


@files("feeds_generic", "*")
def test_recorded_feeds_of_other_things(path: Path) -> None:
    wanted = WANTED[path.name]
    if wanted == -1:
        with pytest.raises(Malformed):
            read(path.read_bytes())
        return
    # Without a charset in the header the one in the document counts.
    listing = read(Answer(200, URL, {"content-type": "text/xml"}, path.read_bytes()))
    assert not listing.complete
    assert len(listing.postings) == (path.read_bytes().count(b"<item>") if wanted is None else wanted)
    assert not any("\ufffd" in posting.title for posting in listing.postings)
    if path.suffix == ".json":
        assert listing.postings[0].external_id == str(json.loads(path.read_bytes())["items"][0]["id"])
