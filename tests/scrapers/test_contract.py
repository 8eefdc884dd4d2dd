"""What every scraper must do, whatever it reads: each runs against its own folder of fixtures."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.scrapers.replay import FIXTURES, Replay, as_dict, board, failure, replay
from webapp.errors import Invalid, Malformed, OutboundError, Refused, Unavailable
from webapp.scrapers import SCRAPERS, by_shorthand, recognise
from webapp.values import Answer

# These read any site and no ATS: an address alone does not name them, and settings are added by hand.
GENERIC = {"feed", "jsonld", "page", "sitemap"}
every_scraper = pytest.mark.parametrize("ats", sorted(SCRAPERS))


@every_scraper
def test_a_scraper_has_fixtures(ats: str) -> None:
    assert (FIXTURES / ats / "board.json").is_file(), f"tests/fixtures/scrapers/{ats}/board.json is missing"
    assert set(board(ats)) >= {"shorthand", "config", "requests", "empty"}


@every_scraper
def test_a_scraper_says_its_name_and_kind(ats: str) -> None:
    assert SCRAPERS[ats].label.strip()
    assert SCRAPERS[ats].kind in {"api", "page"}


@every_scraper
def test_the_postings_are_those_expected(ats: str) -> None:
    listing = SCRAPERS[ats].read(board(ats)["config"], replay(ats), {})
    expected = json.loads((FIXTURES / ats / "expected.json").read_text())
    assert [as_dict(posting) for posting in listing.postings] == expected
    assert listing.complete, listing.reason
    assert listing.reason == ""


@every_scraper
def test_ids_are_unique_and_addresses_absolute(ats: str) -> None:
    postings = SCRAPERS[ats].read(board(ats)["config"], replay(ats), {}).postings
    assert len({posting.external_id for posting in postings}) == len(postings) > 0
    for posting in postings:
        for url in (posting.url, posting.apply_url):
            assert urlsplit(url).scheme in {"http", "https"}
            assert urlsplit(url).hostname


@every_scraper
def test_two_reads_of_the_same_answers_are_equal(ats: str) -> None:
    config = board(ats)["config"]
    assert SCRAPERS[ats].read(config, replay(ats), {}) == SCRAPERS[ats].read(config, replay(ats), {})


@every_scraper
def test_an_empty_board_is_complete_with_no_postings(ats: str) -> None:
    listing = SCRAPERS[ats].read(board(ats)["config"], replay(ats, "empty"), {})
    assert listing.postings == ()
    assert listing.complete, listing.reason


@every_scraper
def test_a_web_page_in_place_of_the_answer_is_a_failure_and_no_empty_board(ats: str) -> None:
    page = b"<!doctype html><html><head><title>Oops</title></head><body>We are working on it.</body></html>"
    with pytest.raises(OutboundError):
        SCRAPERS[ats].read(board(ats)["config"], Replay(dict.fromkeys(board(ats)["requests"], page)), {})


@every_scraper
@pytest.mark.parametrize("body", [b"", b"null", b"[1, 2]", b"{}", b'{"error": "unknown"}', b"42", b'"text"', b"[[]]"])
def test_json_of_another_shape_is_a_failure_that_names_it(ats: str, body: bytes) -> None:
    with pytest.raises(Malformed) as caught:
        SCRAPERS[ats].read(board(ats)["config"], Replay(dict.fromkeys(board(ats)["requests"], body)), {})
    assert caught.value.sentence.endswith(".")
    assert caught.value.detail in {"empty", "shape", "layout", "not_json", "not_xml", "html"}


@every_scraper
def test_unknown_fields_change_nothing(ats: str) -> None:
    def with_news(value: Any) -> Any:
        if isinstance(value, dict):
            return {"_new": {"deep": [1]}, **{name: with_news(inner) for name, inner in value.items()}}
        return [with_news(inner) for inner in value] if isinstance(value, list) else value

    replies: dict[str, Any] = {}
    for key, name in board(ats)["requests"].items():
        raw = (FIXTURES / ats / name).read_bytes()
        if name.endswith(".json"):
            replies[key] = with_news(json.loads(raw))
        elif name.endswith(".xml"):
            replies[key] = re.sub(rb"<(item|position|entry)>", rb"<\1><new><deep>1</deep></new>", raw)
        else:
            replies[key] = raw.replace(b'{"uid":', b'{"_new": {"deep": [1]}, "uid":')
    config = board(ats)["config"]
    assert SCRAPERS[ats].read(config, Replay(replies), {}) == SCRAPERS[ats].read(config, replay(ats), {})


@every_scraper
@pytest.mark.parametrize(
    "error", [failure(Refused, 403), failure(Unavailable, 503), failure(Unavailable, detail="timeout")], ids=repr
)
def test_a_failure_of_the_first_request_reaches_the_caller(ats: str, error: OutboundError) -> None:
    with pytest.raises(type(error)):
        SCRAPERS[ats].read(board(ats)["config"], Replay(dict.fromkeys(board(ats)["requests"], error)), {})


@every_scraper
def test_settings_that_lack_everything_are_refused_with_a_sentence(ats: str) -> None:
    with pytest.raises(Malformed, match="settings"):
        SCRAPERS[ats].read({}, Replay({}), {})


@every_scraper
def test_an_answer_that_a_redirect_took_elsewhere_is_no_board(ats: str) -> None:
    replies = {
        key: Answer(
            200, "https://example.com/login", {"content-type": "text/html"}, (FIXTURES / ats / name).read_bytes()
        )
        for key, name in board(ats)["requests"].items()
    }
    with pytest.raises(OutboundError):
        SCRAPERS[ats].read(board(ats)["config"], Replay(replies), {})


@every_scraper
def test_a_request_without_fixture_fails_by_its_name(ats: str) -> None:
    with pytest.raises(AssertionError, match=r"No fixture answers (GET|POST) https://"):
        SCRAPERS[ats].read(board(ats)["config"], Replay({}), {})


@every_scraper
def test_a_key_and_the_careers_address_name_the_board_again(ats: str) -> None:
    config = board(ats)["config"]
    scraper = SCRAPERS[ats]
    name, reference = by_shorthand(f"{ats}:{board(ats)['shorthand']}")
    if ats in GENERIC:
        assert (name, reference.config) == (ats, {"url": config["url"]})
        assert by_shorthand(f"{ats}:{reference.key}") == (ats, reference)
        assert scraper.recognise(reference.careers_url) is None
        return
    assert (name, reference.config) == (ats, config)
    assert scraper.recognise(reference.careers_url) == reference
    assert recognise(reference.careers_url) == (ats, reference)


def test_what_is_no_shorthand_is_refused_with_a_sentence() -> None:
    for text in (
        "greenhouse",
        "greenhouse:",
        ":example",
        "nonsuch:example",
        "comeet:example",
        "workday:a/b/c/d",
        "lever:a/b",
    ):
        with pytest.raises(Invalid) as caught:
            by_shorthand(text)
        assert caught.value.sentence.endswith(".")
