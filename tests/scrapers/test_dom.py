"""Web pages as trees: what is found in them, and pages made to be slow."""

from __future__ import annotations

import re
import time

import pytest

from webapp.errors import Malformed
from webapp.scrapers._dates import written_date
from webapp.scrapers._dom import (
    DEEPEST,
    heading,
    inner,
    is_cut_off,
    next_element,
    page_text,
    tree_of,
    value_after,
    words,
)
from webapp.values import Answer


def answer(body: bytes, kind: str = "text/html") -> Answer:
    return Answer(200, "https://example.com/", {"content-type": kind}, body)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Café".encode(), "text/html"),
        ("Café".encode("latin-1"), "text/html; charset=iso-8859-1"),
        ('<meta charset="windows-1252">Café'.encode("cp1252"), "text/html"),
        ('<meta http-equiv=x content="text/html; charset=iso-8859-1">Café'.encode("latin-1"), "text/html"),
        ('<meta charset="iso-8859-1">Café'.encode(), "text/html; charset=utf-8"),
    ],
)
def test_a_page_is_read_in_the_encoding_of_its_header_else_in_its_own(body: bytes, kind: str) -> None:
    assert "Café" in page_text(answer(body, kind))


def test_a_page_without_anything_is_a_failure() -> None:
    with pytest.raises(Malformed):
        page_text(answer(b" \n"))


def test_markup_comes_out_as_it_was_whatever_the_tree_calls_it() -> None:
    tree = tree_of(
        '<div id=x><p>One <b>bold</b>, <EM class="y">two</EM><br><code>x</code> <big-news>z</big-news></p></div>'
    )
    assert inner(tree.css_first("#x")) == (
        '<p>One <b>bold</b>, <em class="y">two</em><br><code>x</code> <big-news>z</big-news></p>'
    )
    assert words(tree.css_first("#x")) == "One bold , two x z"
    assert (inner(None), words(None)) == ("", "")


def test_the_next_element_is_beside_and_not_behind_a_text() -> None:
    tree = tree_of("<h4>A</h4> <!-- c -->\n<div>1</div><h4>B</h4>text<div>2</div><h4>C</h4>")
    assert [words(next_element(node)) for node in tree.css("h4")] == ["1", "", ""]


def test_a_value_in_a_script_is_whole_or_a_failure() -> None:
    pattern = re.compile(r"data = (?=\{)")
    assert value_after('x; data = {"a": "};"}; y', pattern) == {"a": "};"}
    assert value_after("nothing", pattern) is None
    for text in ('data = {"a": ', "data = {" + '"a":[' * 100_000):
        with pytest.raises(Malformed):
            value_after(text, pattern)


def test_the_end_of_a_page_is_missed() -> None:
    assert not is_cut_off("<html>x</HTML >\n<!-- cached -->")
    assert is_cut_off("<html><body>x")


def test_a_heading_is_text_and_never_markup() -> None:
    assert heading("R&D <x>") == "<h3>R&amp;D &lt;x&gt;</h3>"
    assert heading("") == ""


BOLD = "".join(f"<b class={n}>" for n in range(900))


@pytest.mark.parametrize(
    "page",
    [
        "<div>" * 100_000,
        "<div></span>" * 100_000,
        "<span><div></span></div>" * 100_000,
        "<x-y><table></x-y></table>" * 100_000,
        "<i><div></i></div>" * 100_000,
    ],
    ids=["nested", "wrong ends", "ends that reach nothing", "walls", "formatting"],
)
def test_a_page_nested_without_end_is_refused_at_once(page: str) -> None:
    began = time.monotonic()
    with pytest.raises(Malformed):
        tree_of(page)
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "page",
    [
        f"<div>{BOLD}</div>" + "<p>x</p>" * 100_000,
        f"<div>{BOLD.replace('<b', '<a')}</div>" + "<p>x</p>" * 100_000,
        ("<div>" * (DEEPEST - 1) + "</div>" * (DEEPEST - 1)) * 50,
        "<table>" + "<tr><td><a href=x>One" * 20_000,
        "<ul>" + "<li><p>One" * 50_000,
    ],
    ids=["open formatting", "open links", "as deep as allowed, often", "cells and links without end", "items"],
)
def test_a_page_made_to_grow_stays_small_and_fast(page: str) -> None:
    began = time.monotonic()
    tree = tree_of(page)
    assert tree.body is not None
    assert len(inner(tree.body)) < 5 * len(page)
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("02-Nov-2026", "2026-11-02"),
        ("2 November 2026", "2026-11-02"),
        ("Nov 2, 2026", "2026-11-02"),
        ("Sept. 14, 2026", "2026-09-14"),
        ("31-Feb-2026", None),
        ("3/4/2026", None),
        ("Marchy 2, 2026", None),
        ("Nov 2, 1026", None),
        (None, None),
    ],
)
def test_a_date_in_words_names_its_day_or_nothing(text: str | None, day: str | None) -> None:
    found = written_date(text)
    assert (found and found.date().isoformat()) == day
