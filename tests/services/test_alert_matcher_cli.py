"""`flask alerts match`: files in, matching pairs out, and a sentence for every line that cannot be used."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from flask import Flask

from webapp import create_app

ALERTS = [
    {"id": 1, "keywords": ["backend engineer"], "excluded_keywords": ["manager"], "locations": ["berlin"]},
    {"id": "second", "company_ids": [12], "is_remote": True},
]
POSITIONS = [
    {"external_id": "p1", "title": "Senior Back-End / Backend Engineer", "location": "Berlin, DE", "company_id": 3},
    {
        "external_id": "p2",
        "title": "Backend Engineer Manager",
        "location": "Berlin",
        "company_id": 12,
        "is_remote": True,
    },
    {"external_id": "p3", "title": "Office Lead", "location": "", "locations": [], "company_id": 12, "is_remote": None},
]


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """The command needs no database: this address leads nowhere."""
    return create_app(
        ROLEWATCH_ENV="testing", SECRET_KEY="only for tests", DATABASE_URL=f"sqlite:///{tmp_path}/none/none.sqlite3"
    )


def write(path: Path, rows: list[Any]) -> str:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return str(path)


def run(app: Flask, *arguments: str, stdin: str | bytes | None = None) -> Result:
    return app.test_cli_runner().invoke(args=["alerts", "match", *arguments], input=stdin)


def matched(result: Result) -> list[dict[str, Any]]:
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.output.splitlines()]


def test_every_matching_pair_is_a_line_with_its_receipt(app: Flask, tmp_path: Path) -> None:
    alerts, positions = write(tmp_path / "a.jsonl", ALERTS), write(tmp_path / "p.jsonl", POSITIONS)
    assert matched(run(app, "--alerts", alerts, "--positions", positions)) == [
        {
            "alert_id": 1,
            "external_id": "p1",
            "receipt": [
                {"rule": "keywords", "result": "pass", "evidence": "Backend Engineer"},
                {"rule": "excluded_keywords", "result": "pass", "evidence": ""},
                {"rule": "locations", "result": "pass", "evidence": "Berlin"},
            ],
        },
        {
            "alert_id": "second",
            "external_id": "p2",
            "receipt": [
                {"rule": "company_ids", "result": "pass", "evidence": "12"},
                {"rule": "is_remote", "result": "pass", "evidence": "remote"},
            ],
        },
    ]


def test_either_file_can_be_stdin_but_not_both(app: Flask, tmp_path: Path) -> None:
    alerts = write(tmp_path / "a.jsonl", ALERTS)
    stdin = "".join(json.dumps(row) + "\n" for row in POSITIONS)
    result = run(app, "--alerts", alerts, "--positions", "-", stdin=stdin)
    assert [line["external_id"] for line in matched(result)] == ["p1", "p2"]
    both = run(app, "--alerts", "-", "--positions", "-", stdin=stdin)
    assert both.exit_code == 2
    assert "Only one of" in both.output


def test_blank_lines_a_byte_order_mark_and_the_closing_line_of_a_preview_are_skipped(
    app: Flask, tmp_path: Path
) -> None:
    closing = {"snapshot": "complete", "count": 1, "reported_total": 1, "requests": 1, "reason": ""}
    positions = tmp_path / "p.jsonl"
    positions.write_bytes(
        b"\xef\xbb\xbf" + json.dumps(POSITIONS[0]).encode() + b"\r\n\n" + json.dumps(closing).encode()
    )
    alerts = write(tmp_path / "a.jsonl", ALERTS)
    assert len(matched(run(app, "--alerts", alerts, "--positions", str(positions)))) == 1


def test_other_scripts_and_odd_characters_come_out_as_they_went_in(app: Flask, tmp_path: Path) -> None:
    alerts = write(tmp_path / "a.jsonl", [{"id": 1, "keywords": ["מהנדס תוכנה"]}])
    positions = tmp_path / "p.jsonl"
    positions.write_text('{"external_id": "\\ud800", "title": "מהנדס/ת תוכנה"}', encoding="utf-8")
    [line] = matched(run(app, "--alerts", alerts, "--positions", str(positions)))
    assert line["external_id"] == "\ud800"
    assert line["receipt"][0]["evidence"] == "מהנדס/ת תוכנה"


def test_no_match_is_no_output_and_no_failure(app: Flask, tmp_path: Path) -> None:
    alerts = write(tmp_path / "a.jsonl", [{"id": 1, "keywords": ["haskell"]}])
    assert matched(run(app, "--alerts", alerts, "--positions", write(tmp_path / "p.jsonl", POSITIONS))) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b'{"id": 2, "keywords": ["a"]', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[1]", "must be a JSON object"),
        (b'{"keywords": ["a"]}', "`id` is missing"),
        (b'{"id": 2}', "needs at least one rule"),
        (b'{"id": 2, "keywords": ["***"]}', "neither a letter nor a digit"),
        (b'{"id": 2, "keywords": "a"}', "list of texts"),
        (b'{"id": 2, "is_remote": 1}', "true, false or null"),
        (b'{"id": 2, "keywords": ["\xff"]}', "not UTF-8"),
        (json.dumps({"id": 2, "keywords": [f"w{n}" for n in range(500)]}).encode(), "500 keywords"),
    ],
)
def test_a_bad_alert_is_named_by_file_and_line_and_nothing_is_matched(
    app: Flask, tmp_path: Path, line: bytes, words: str
) -> None:
    alerts = tmp_path / "a.jsonl"
    alerts.write_bytes(json.dumps(ALERTS[0]).encode() + b"\n" + line + b"\n")
    result = run(app, "--alerts", str(alerts), "--positions", write(tmp_path / "p.jsonl", POSITIONS))
    assert result.exit_code == 2
    assert f"{alerts}, line 2: " in result.output
    assert words in result.output
    assert "alert_id" not in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ({"title": "No id"}, "`external_id` is missing"),
        ({"external_id": "x"}, "`title` is missing"),
        ({"external_id": "x", "title": "T", "locations": "Berlin"}, "list of texts"),
        ({"external_id": "x", "title": "T", "company_id": "acme"}, "a whole number"),
        ("text", "must be a JSON object"),
    ],
)
def test_a_bad_position_is_named_by_file_and_line(app: Flask, tmp_path: Path, row: Any, words: str) -> None:
    positions = write(tmp_path / "p.jsonl", [*POSITIONS, row])
    result = run(app, "--alerts", write(tmp_path / "a.jsonl", ALERTS), "--positions", positions)
    assert result.exit_code == 2
    assert f"{positions}, line 4: " in result.output
    assert words in result.output


def test_many_bad_lines_are_summed_up(app: Flask, tmp_path: Path) -> None:
    alerts = write(tmp_path / "a.jsonl", [{"id": 1}] * 50)
    result = run(app, "--alerts", alerts, "--positions", write(tmp_path / "p.jsonl", POSITIONS))
    assert result.exit_code == 2
    assert "line 20:" in result.output
    assert "line 21:" not in result.output
    assert "30 more lines" in result.output


def test_a_file_that_is_not_there_is_said_so(app: Flask, tmp_path: Path) -> None:
    alerts = write(tmp_path / "a.jsonl", ALERTS)
    for path in (str(tmp_path / "missing.jsonl"), str(tmp_path)):
        result = run(app, "--alerts", alerts, "--positions", path)
        assert result.exit_code == 2
        assert f"{path} cannot be read" in result.output
    assert run(app, "--alerts", alerts).exit_code == 2
