"""CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from webapp.services.csv_text import csv_text, guarded

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpora" / "csv_injection.json"


def read_back(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@SUM(1)", " =1", "\u200b=1", "\t=1", "\x00=1", "＝1+1", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_run_begins_with_a_quote(value: str) -> None:
    assert guarded(value).startswith("'")


@pytest.mark.parametrize("value", ["Engineer", "1E5", "00123", "2026-01-02", 'a"b', "a;b", "a\nb", "ä€😀", ""])
def test_an_ordinary_cell_is_left_as_it_is(value: str) -> None:
    assert read_back(csv_text(["x"], [[value]])) == [["x"], [value]]


def test_nothing_is_written_for_a_missing_value() -> None:
    assert read_back(csv_text(["a", "b"], [[None, 3]])) == [["a", "b"], ["", "3"]]


def test_no_cell_of_the_hostile_collection_starts_a_formula_and_each_can_be_read_back() -> None:
    if not CORPUS.exists():
        pytest.skip("the shared collection is not here")
    cases = json.loads(CORPUS.read_text())["cases"]
    assert len(cases) > 40
    for case in cases:
        value = case["value"]
        cell = read_back(csv_text(["x"], [[value]]))[1][0]
        assert cell.removeprefix("'") == value.replace("\x00", "").removeprefix("'"), case["id"]
        visible = "".join(c for c in cell if c.isprintable() and not c.isspace())
        assert visible[:1] not in set("=+-@＝＋－＠|%"), case["id"]
