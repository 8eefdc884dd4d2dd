"""ClearCompany: the XML first, the page of openings where that is broken, and bytes of two encodings side by side."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.scrapers.replay import FIXTURES, Replay, failure
from webapp.errors import Gone, Malformed, OutboundError, Refused, Unavailable
from webapp.scrapers import clearcompany

SITE = "https://example.hrmdirect.com/employment/"
XML, PAGE = SITE + "xml.php", SITE + "job-openings.php?search=true"
CONFIG = {"name": "example"}


def openings(text: str) -> bytes:
    return f'<?xml version="1.0" encoding="utf-8"?><source>{text}</source>'.encode("latin-1")


def opening(req: int, title: str, date: str = "") -> str:
    return f"<job><title>{title}</title><referencenumber>{req}</referencenumber><date>{date}</date></job>"


def page() -> bytes:
    return (FIXTURES / "clearcompany" / "openings.html").read_bytes()


def test_bytes_of_windows_and_of_utf_8_side_by_side_become_the_characters_they_mean() -> None:
    body = openings(opening(1, "Today\x92s Caf\xc3\xa9 \xc2\x96 Lead"))
    listing = clearcompany.read(CONFIG, Replay({XML: body, SITE + "job-opening.php?req=1": failure(Refused, 403)}), {})
    assert listing.complete
    assert listing.postings[0].title == "Today’s Café – Lead"
    assert not listing.postings[0].is_detailed
    assert len(listing.warnings) == 1


@pytest.mark.parametrize("error", [failure(Malformed), failure(Gone, 404), failure(Unavailable, 500)], ids=repr)
def test_the_page_is_read_where_the_xml_cannot_be(error: OutboundError) -> None:
    replies = {XML: error, PAGE: page()}
    listing = clearcompany.read(CONFIG, Replay({**replies, **texts()}), {})
    assert listing.complete, listing.reason
    assert listing.reported_total == 3
    assert [(posting.external_id, posting.title, posting.locations) for posting in listing.postings] == [
        ("3762934", "Product Owner", ("Plymouth, MI", "Toronto, ON")),
        ("3779928", "Senior Accountant", ("Remote",)),
    ]
    assert listing.postings[0].posted_at == datetime(2026, 7, 15, tzinfo=UTC)


def texts() -> dict[str, bytes]:
    folder = FIXTURES / "clearcompany"
    return {
        SITE + "job-opening.php?req=3762934": (folder / "opening.html").read_bytes(),
        SITE + "job-opening.php?req=3779928": (folder / "opening_remote.html").read_bytes(),
    }


@pytest.mark.parametrize("error", [failure(Refused, 403), failure(Unavailable, detail="timeout")], ids=repr)
def test_a_site_that_refuses_or_is_not_there_is_not_asked_again(error: OutboundError) -> None:
    get = Replay({XML: error})
    with pytest.raises(type(error)):
        clearcompany.read(CONFIG, get, {})
    assert get.asked == [f"GET {XML}"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"Finance - 1 Job<", b"Finance - 2 Jobs<"),
        (b'<select name="dept">', b'<select name="other">'),
        (b"</table>", b'</table><a href="job-openings.php?search=true&amp;page=2">Next</a>'),
    ],
)
def test_a_page_that_does_not_prove_itself_whole_is_partial(before: bytes, after: bytes) -> None:
    body = page().replace(before, after)
    assert body != page()
    listing = clearcompany.read(CONFIG, Replay({XML: failure(Malformed), PAGE: body, **texts()}), {})
    assert not listing.complete
    assert listing.reason.endswith(".")
    assert len(listing.postings) == 2


def test_a_page_that_says_there_is_nothing_is_an_empty_board_and_a_bare_one_is_a_failure() -> None:
    nothing = b'<html><body><div id="noOpeningsMsg">There are no current openings.</div></body></html>'
    assert clearcompany.read(CONFIG, Replay({XML: failure(Malformed), PAGE: nothing}), {}).complete
    with pytest.raises(Malformed):
        clearcompany.read(CONFIG, Replay({XML: failure(Malformed), PAGE: b"<html><form></form></html>"}), {})


def test_a_closed_opening_keeps_what_the_list_says() -> None:
    gone = b"<html><body><h2></h2><table class='viewFields'></table></body></html>"
    body = openings(opening(1, "Lead", "Thu, 19 Nov 2026 05:00:00 +0100"))
    listing = clearcompany.read(CONFIG, Replay({XML: body, SITE + "job-opening.php?req=1": gone}), {})
    assert listing.complete
    assert (listing.postings[0].title, listing.postings[0].is_detailed) == ("Lead", False)
    assert listing.postings[0].posted_at == datetime(2026, 11, 19, tzinfo=UTC)


def test_texts_that_are_here_already_are_not_read_again() -> None:
    body = openings(opening(1, "Lead"))
    first = clearcompany.read(CONFIG, Replay({XML: body, SITE + "job-opening.php?req=1": failure(Gone, 404)}), {})
    get = Replay({XML: body})
    again = clearcompany.read(CONFIG, get, {"1": first.postings[0].list_hash})
    assert get.asked == [f"GET {XML}"]
    assert again.complete
