"""Files of companies: what we write can be read again, and what others write cannot hurt."""

from __future__ import annotations

import codecs
import csv
import io
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask

from webapp.db import transaction
from webapp.errors import Invalid
from webapp.repositories import companies
from webapp.services import company_catalogue, company_files
from webapp.services.company_files import COLUMNS, dump, import_companies, parse, rows_of

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[2]
CORPUS = ROOT.parent / "shared" / "corpora" / "csv_injection.json"

YAML = """
companies:
  - name: Acme
    careers_url: https://jobs.lever.co/acme
    country: NO
    enabled: false
  - careers_url: https://jobs.lever.co/beta
  - https://jobs.lever.co/gamma
"""
CSV = (
    "Name;URL;Country\r\nAcme;https://jobs.lever.co/acme;NO\r\n\r\n"
    ";https://jobs.lever.co/beta;\r\n;https://jobs.lever.co/gamma\r\n"
)


@pytest.mark.parametrize(("text", "format_"), [(YAML, "yaml"), (CSV, "csv")])
def test_a_file_is_read_and_a_second_time_changes_nothing(app: Flask, text: str, format_: company_files.Format) -> None:
    with app.app_context():
        with transaction():
            report = import_companies(text.encode(), format_, NOW)
        assert (report.added, report.existing, report.refused) == (["Acme", "Beta", "Gamma"], [], [])
        acme = companies.by_slug("acme")
        assert acme.country_code == "NO"
        assert acme.boards[0].is_enabled == (format_ == "csv")
        with transaction():
            again = import_companies(text.encode(), format_, NOW)
        assert (again.added, again.existing, again.refused) == ([], ["Acme", "Beta", "Gamma"], [])


def test_a_bad_entry_is_reported_with_its_line_and_the_others_are_added(app: Flask) -> None:
    text = (
        "name,careers_url,country,homepage,enabled\n"
        "Good,https://jobs.lever.co/good,,,\n"
        "Unknown,https://example.com/jobs,,,\n"
        "No address,,,,\n"
        "Country,https://jobs.lever.co/country,Israel,,\n"
        "Homepage,https://jobs.lever.co/homepage,,javascript:alert(1),\n"
        f"{'x' * 300},https://jobs.lever.co/name,,,\n"
        "Enabled,https://jobs.lever.co/enabled,,,perhaps\n"
        '"Two\nlines",https://jobs.lever.co/two,,,\n'
        "Twice,https://jobs.lever.co/good,,,\n"
        "Last,https://jobs.lever.co/last,IL,https://last.example,no\n"
    )
    with app.app_context():
        with transaction():
            report = import_companies(text.encode(), "csv", NOW)
        assert report.added == ["Good", "Two lines", "Last"]
        assert report.existing == ["Good"]
        assert [line for line, _ in report.refused] == [3, 4, 5, 6, 7, 8]
        assert all(sentence.endswith(".") for _, sentence in report.refused)
        assert {company.name for company in companies.all_with_boards()} == {"Good", "Two lines", "Last"}


def test_a_bad_entry_of_yaml_is_reported_with_its_line(app: Flask) -> None:
    text = "- careers_url: https://jobs.lever.co/good\n- [a, b]\n- name: x\n- careers_url: {a: b}\n"
    with app.app_context(), transaction():
        report = import_companies(text.encode(), "yaml", NOW)
    assert report.added == ["Good"]
    assert [line for line, _ in report.refused] == [2, 3, 4]


@pytest.mark.parametrize("format_", ["yaml", "csv"])
def test_what_is_written_is_read_again_as_it_was(app: Flask, format_: company_files.Format) -> None:
    with app.app_context():
        with transaction():
            add = company_catalogue.add
            add("https://jobs.lever.co/a", "=1+1", NOW, country_code="NO", sector="a, b; c", enabled=False)
            add("https://jobs.eu.lever.co/b", '@"quoted" – עברית 🌱', NOW, homepage_url="https://b.example/?x=1&y=2")
            add("https://acme.wd5.myworkdayjobs.com/Ext", "'apostrophe", NOW)
            add("https://jobs.ashbyhq.com/With%20Space", "yes", NOW)
            add("https://www.comeet.com/jobs/d/1A.00B", "yes", NOW)
        before = rows_of(companies.all_with_boards())
        with transaction():
            for company in companies.all_with_boards():
                company_catalogue.remove(company)
            report = import_companies(dump(before, format_).encode(), format_, NOW)
        assert report.refused == []
        assert len(report.added) == 5
        assert rows_of(companies.all_with_boards()) == before


def test_sample_companies_are_not_exported(app: Flask) -> None:
    with app.app_context():
        with transaction():
            company_catalogue.add("https://jobs.lever.sample.test/x", "Invented", NOW)
            company_catalogue.add("https://jobs.lever.co/x", "Real", NOW)
        assert [row["name"] for row in rows_of(companies.all_with_boards(samples=False))] == ["Real"]


def dangerous() -> list[str]:
    own = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "\u00a0=1", "＝1+1", "|cmd", "%0a=1"]
    shared = [case["value"] for case in json.loads(CORPUS.read_text())["cases"]] if CORPUS.exists() else []
    return own + shared


@pytest.mark.parametrize("value", dangerous())
def test_no_cell_of_an_export_starts_a_formula(value: str) -> None:
    row = {**dict.fromkeys(COLUMNS, ""), "name": value, "sector": value}
    text = dump([row], "csv")
    assert text.startswith("\ufeff")
    cells = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))[1]
    for cell in (cells[0], cells[3]):
        visible = next((c for c in cell if c.isprintable() and not c.isspace()), "")
        assert visible not in set("=+-@|%＝＋－＠")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_files_of_spreadsheets_are_understood(encoding: str) -> None:
    content = "name\tcareers_url\r\nCafé\thttps://jobs.lever.co/cafe\r\n".encode(encoding)
    assert encoding == "utf-8" or content.startswith((codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    assert [entry.values["name"] for entry in parse(content, "csv")] == ["Café"]


LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\ncompanies: [*c, *c]\n"


@pytest.mark.parametrize(
    ("content", "format_", "says"),
    [
        (b"", "yaml", "must be a list"),
        (b"", "csv", "no company"),
        (b"companies: []", "yaml", "no company"),
        (b"companies: 5", "yaml", "must be a list"),
        (b"a: b", "yaml", "must be a list"),
        (b"companies: [", "yaml", "not YAML, line"),
        (b"- a: b: c", "yaml", "not YAML, line 1"),
        (b"--- [a]\n--- [b]", "yaml", "not YAML"),
        (b"- \x07", "yaml", "not YAML"),
        (LAUGHS.encode(), "yaml", "Aliases"),
        (b"&a [*a]", "yaml", "Aliases"),
        (b"- " * 50_000, "yaml", "nested too deeply"),
        (b"[" * 50_000, "yaml", "nest"),
        (b"- !!python/object/apply:os.system ['true']\n" * 3, "yaml", ""),
        (b"\xff\xfa", "csv", "UTF-8"),
        (b"name,careers_url\x00", "csv", "zero bytes"),
        (b"who,where\na,b\n", "csv", "careers_url is needed"),
        (b"name,careers_url\n", "csv", "no company"),
        (b"x" * (company_files.MAX_BYTES + 1), "csv", "too large"),
        (b"url\n" + b"a\n" * (company_files.MAX_ENTRIES + 1), "csv", "more than 5,000"),
        (b"- a\n" * (company_files.MAX_ENTRIES + 1), "yaml", "more than 5,000"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_with_a_sentence_at_once(
    content: bytes, format_: company_files.Format, says: str
) -> None:
    started = time.monotonic()
    if says:
        with pytest.raises(Invalid, match=says):
            parse(content, format_)
    else:
        assert all(entry.problem for entry in parse(content, format_))
    assert time.monotonic() - started < 5


def test_an_endless_quote_and_a_huge_field_are_refused_alone() -> None:
    text = "careers_url\nhttps://jobs.lever.co/a\n" + "x" * 200_000 + "\nhttps://jobs.lever.co/b\n"
    entries = parse(text.encode(), "csv")
    assert [bool(entry.problem) for entry in entries] == [False, True, False]
    swallowed = parse(b'careers_url\n"https://jobs.lever.co/a\nhttps://jobs.lever.co/b\n', "csv")
    assert len(swallowed) == 1
