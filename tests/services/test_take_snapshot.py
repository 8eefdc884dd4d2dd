"""The network step of a read: it ends before its lease does, and does the arithmetic that nobody should wait for."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from tests.services.reads import NOW, postings
from webapp.outbound_connections import stopped
from webapp.services import scraping
from webapp.values import Listing


class SlowDoor:
    """A door behind which nothing ever comes, until it is told to stop."""

    def visit(self, _validators: Any, *, should_stop: Callable[[], bool]) -> Any:
        def get(*_: Any, **__: Any) -> None:
            end = time.monotonic() + 20
            while not should_stop():
                assert time.monotonic() < end
                time.sleep(0.01)
            raise stopped("boards.example")

        visit: Any = SimpleNamespace(validators={}, requests=1, bytes_received=0, last_status=None, get=get)
        return visit


def a_claim(lease: float) -> scraping.Claim:
    return scraping.Claim(
        board_id=1, run_id=1, fence=1, ats="fake", config={}, validators={}, known={}, claimed_at=NOW,
        lease=timedelta(seconds=lease),
    )  # fmt: skip


def scraper(read: Callable[..., Any]) -> Any:
    return SimpleNamespace(label="Fake", kind="api", read=read, recognise=lambda _url: None)


def test_a_read_that_would_outlive_its_lease_is_a_failure_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(scraping.SCRAPERS, "fake", scraper(lambda _config, visit, _known: visit.get()))
    started = time.monotonic()
    reading = scraping.take_snapshot(a_claim(lease=1.0), SlowDoor())  # type: ignore[arg-type]
    assert time.monotonic() - started < 1.0
    assert reading.failure is not None
    assert (reading.failure.kind, reading.failure.detail) == ("unavailable", "timeout")
    assert "took longer than" in reading.failure.sentence


def test_a_read_that_is_stopped_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(scraping.SCRAPERS, "fake", scraper(lambda _config, visit, _known: visit.get()))
    reading = scraping.take_snapshot(a_claim(lease=900), SlowDoor(), lambda: True)  # type: ignore[arg-type]
    assert reading.failure is not None
    assert reading.failure.detail == "stopped"
    assert reading.was_cut_short


def test_digests_are_made_before_anything_is_locked(monkeypatch: pytest.MonkeyPatch) -> None:
    made = Listing(tuple(postings(range(3))), complete=True)
    monkeypatch.setitem(scraping.SCRAPERS, "fake", scraper(lambda *_: made))
    reading = scraping.take_snapshot(a_claim(lease=900), SlowDoor())  # type: ignore[arg-type]
    assert reading.snapshot is not None
    assert all({"_content_hash", "_fingerprint"} <= vars(posting).keys() for posting in reading.snapshot.postings)
