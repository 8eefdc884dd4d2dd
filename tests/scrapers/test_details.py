"""Pages of single postings: how many are read, which first, and what their failures cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.scrapers.replay import failure
from webapp.errors import Gone, Malformed, OutboundError, Refused, Unavailable
from webapp.scrapers._details import list_hash, with_details
from webapp.values import Posting


def postings(count: int, **fields: bool) -> tuple[Posting, ...]:
    rows = [
        Posting(external_id=str(number), title="Cook", url=f"https://acme.example/{number}") for number in range(count)
    ]
    return tuple(replace(row, list_hash=f"h{row.external_id}", is_detailed=fields.get("done", False)) for row in rows)


class Reader:
    """Gives details of postings, but for those that fail; `asked` has the ids."""

    def __init__(self, failures: dict[str, OutboundError] | None = None) -> None:
        self.asked: list[str] = []
        self.failures = failures or {}

    def __call__(self, posting: Posting) -> Posting:
        self.asked.append(posting.external_id)
        if posting.external_id in self.failures:
            raise self.failures[posting.external_id]
        return replace(posting, is_detailed=True)


def test_new_ones_come_before_changed_ones_and_known_ones_not_at_all() -> None:
    reader = Reader()
    known = {"0": "other", "1": "h1"}
    found, warnings = with_details(postings(4), known, reader)
    assert reader.asked == ["2", "3", "0"]
    assert [posting.is_detailed for posting in found] == [True, False, True, True]
    assert warnings == []


def test_the_budget_holds_and_what_waits_is_said() -> None:
    reader = Reader()
    found, warnings = with_details(postings(5), {}, reader, limit=2)
    assert (len(reader.asked), len(found)) == (2, 5)
    assert warnings == ["3 positions wait for their details until the next read."]


def test_what_came_with_the_list_is_not_asked_for() -> None:
    reader = Reader()
    assert with_details(postings(3, done=True), {}, reader)[0] == postings(3, done=True)
    assert reader.asked == []


@pytest.mark.parametrize("error", [failure(Refused, 429), failure(Unavailable, 503)], ids=["refused", "down"])
def test_a_site_that_refuses_is_asked_no_more(error: OutboundError) -> None:
    reader = Reader({"1": error})
    _, warnings = with_details(postings(5), {}, reader)
    assert reader.asked == ["0", "1"]
    assert "not read any further" in warnings[0]


def test_single_broken_pages_cost_only_themselves_and_three_in_a_row_end_it() -> None:
    broken = failure(Malformed, detail="layout")
    reader = Reader({"1": broken, "2": broken})
    assert len(with_details(postings(6), {}, reader)[0]) == len(reader.asked) == 6
    ended = Reader(dict.fromkeys("123", broken))
    with_details(postings(6), {}, ended)
    assert ended.asked == ["0", "1", "2", "3"]
    closed = Reader(dict.fromkeys("123", failure(Gone, 404)))
    with_details(postings(6), {}, closed)
    assert len(closed.asked) == 6, "postings that closed meanwhile say nothing about the site"


def test_a_list_hash_changes_with_what_was_seen() -> None:
    assert list_hash(("a", ("b",), None)) == list_hash(["a", ["b"], None])
    assert list_hash(("a", "b")) != list_hash(("a", "c"))
    assert len(list_hash(())) == 32
