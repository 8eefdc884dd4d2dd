"""Positions of which a list shows only the address: stored once opened, and kept as they are until opened again."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Flask

from tests.scrapers.replay import Replay
from tests.services.reads import Reader, reading_of
from webapp import tasks
from webapp.db import db, transaction
from webapp.models import JobPosition, ScrapeRun
from webapp.scrapers import sitemap
from webapp.services import scraping

HOST = "https://careers.example.org"
CONFIG = {"url": f"{HOST}/sitemap.xml"}


def site(pages: dict[int, str]) -> Replay:
    """A site with a sitemap of positions by number, each changed on a day of its own."""
    rows = "".join(
        f"<url><loc>{HOST}/jobs/{number}</loc><lastmod>2026-{1 + number % 12:02}-01-{title}</lastmod></url>"
        for number, title in pages.items()
    )
    replies: dict[str, Any] = {CONFIG["url"]: f"<urlset>{rows}</urlset>".encode()}
    for number, title in pages.items():
        data = f'{{"@type": "JobPosting", "title": "{title}", "description": "<p>{title}!</p>"}}'
        replies[f"{HOST}/jobs/{number}"] = f'<html><script type="application/ld+json">{data}</script></html>'.encode()
    return Replay(replies)


def read(reader: Reader, get: Replay) -> ScrapeRun:
    claim = reader.later(days=1).claim()
    assert claim is not None
    listing = sitemap.read(CONFIG, get, claim.known)
    with reader.app.app_context(), transaction():
        how = {"complete": listing.complete, "reason": listing.reason}
        run = scraping.record(claim, reading_of(listing.postings, **how), reader.now, tasks.settings())
        db.session.flush()
        db.session.expunge(run)
        return run


def stored(app: Flask) -> dict[str, tuple[str, str]]:
    with app.app_context():
        rows = db.session.execute(sa.select(JobPosition.external_id, JobPosition.title, JobPosition.description_text))
        return {row.external_id.rpartition("/")[2]: (row.title, row.description_text) for row in rows}


def test_what_was_not_opened_again_keeps_its_title_and_text(app: Flask) -> None:
    reader = Reader(app, ats="sitemap", scraping_config=CONFIG)
    read(reader, site({1: "Cook", 2: "Baker"}))
    get = site({1: "Cook", 2: "Head baker"})
    assert read(reader, get).updated == 1
    assert len(get.asked) == 2
    assert stored(app) == {"1": ("Cook", "Cook!"), "2": ("Head baker", "Head baker!")}


def test_what_waited_for_a_later_read_of_a_new_board_is_no_news(app: Flask) -> None:
    reader = Reader(app, ats="sitemap", scraping_config=CONFIG)
    many = {number: f"Cook {number}" for number in range(1, 171)}
    first = read(reader, site(many))
    assert (first.outcome, len(stored(app))) == ("partial", 150)
    second = read(reader, site(many))
    assert (second.outcome, len(stored(app))) == ("ok", 170)
    assert all(position.is_baseline for position in reader.all(JobPosition))
    assert read(reader, site({**many, 200: "Nurse"})).new == 1
    assert [position.title for position in reader.all(JobPosition) if not position.is_baseline] == ["Nurse"]


def test_what_the_sitemap_does_not_name_any_more_is_missing_and_then_expired(app: Flask) -> None:
    reader = Reader(app, ats="sitemap", scraping_config=CONFIG)
    read(reader, site({1: "Cook", 2: "Baker"}))
    assert read(reader, site({1: "Cook"})).missing == 1
    assert [read(reader, site({1: "Cook"})).expired for _ in range(2)] == [0, 1]
