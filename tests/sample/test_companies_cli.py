"""`flask companies` says what it did, and exits with 1 or 2 where it could not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask

LEVER = "https://jobs.lever.co/acme"


def run(app: Flask, *args: str, text: str | bytes | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["companies", *args], input=text)


def test_a_company_is_added_listed_switched_and_removed(app: Flask) -> None:
    added = run(app, "add", LEVER, "--name", "Acme")
    assert (added.exit_code, added.output.startswith("Added Acme (lever) as acme.")) == (0, True)
    listed = json.loads(run(app, "list", "--json").output)
    assert [(line["slug"], line["boards"][0]["enabled"], line["boards"][0]["open_positions"]) for line in listed] == [
        ("acme", True, 0)
    ]
    assert run(app, "disable", "acme").output == "Acme is now switched off.\n"
    assert run(app, "disable", "ACME").output == "Acme is already switched off.\n"
    assert "lever off" in run(app, "list").output
    assert run(app, "enable", "acme").output == "Acme is now switched on.\n"
    assert run(app, "remove", "acme", text="n\n").exit_code == 1
    assert run(app, "remove", "acme", "--yes").exit_code == 0
    assert json.loads(run(app, "list", "--json").output) == []


def test_adding_prints_json_on_demand(app: Flask) -> None:
    line = json.loads(run(app, "add", LEVER, "--json").output)
    assert (line["slug"], line["name"], line["boards"][0]["careers_url"]) == ("acme", "Acme", LEVER)


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (["add", "https://example.com"], 1, "do not recognise this address"),
        (["add"], 2, "Usage"),
        (["enable", "nobody"], 1, "no company 'nobody'"),
        (["remove", "nobody", "--yes"], 1, "no company"),
        (["import", "/does/not/exist.csv"], 2, "Usage"),
        (["export", "--format", "xml"], 2, "Usage"),
    ],
)
def test_what_cannot_be_done_is_a_sentence_and_an_exit_code(app: Flask, args: list[str], code: int, says: str) -> None:
    result = run(app, *args)
    assert result.exit_code == code
    assert says in result.output
    assert "Traceback" not in result.output


def test_adding_twice_fails_and_names_the_company(app: Flask) -> None:
    run(app, "add", LEVER, "--name", "Acme Inc")
    again = run(app, "add", LEVER)
    assert again.exit_code == 1
    assert "belongs to Acme Inc" in again.output


@pytest.mark.parametrize("format_", ["yaml", "csv"])
def test_an_export_can_be_imported(app: Flask, format_: str, tmp_path: Path) -> None:
    run(app, "add", LEVER, "--name", "Çafé")
    exported = run(app, "export", "--format", format_)
    file = tmp_path / f"companies.{format_}"
    file.write_bytes(exported.stdout_bytes)
    run(app, "remove", "cafe", "--yes")
    imported = run(app, "import", str(file))
    assert (imported.exit_code, imported.output) == (0, "Added 1, already here 0, refused 0.\n")
    assert json.loads(run(app, "list", "--json").output)[0]["name"] == "Çafé"


def test_refused_lines_are_named_and_the_exit_code_is_1(app: Flask) -> None:
    text = f"name,careers_url\nA,{LEVER}\nB,https://example.com\n"
    result = run(app, "import", "-", text=text)
    assert result.exit_code == 1
    assert "Added 1, already here 0, refused 1." in result.stdout
    assert "line 3: We do not recognise" in result.stderr
    report = json.loads(run(app, "import", "-", "--json", text=text).stdout)
    assert report["existing"] == ["A"]
    assert report["refused"][0]["line"] == 3


def test_an_import_can_be_switched_off_as_a_whole(app: Flask) -> None:
    run(app, "import", "-", "--off", text=f"companies:\n- careers_url: {LEVER}\n")
    assert json.loads(run(app, "list", "--json").output)[0]["boards"][0]["enabled"] is False


def test_a_file_that_is_none_is_refused(app: Flask) -> None:
    result = run(app, "import", "-", text=b"\xff\xff\xff")
    assert result.exit_code == 1
    assert "UTF-8" in result.output
