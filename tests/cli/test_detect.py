"""`flask scrape detect`: any careers address, as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask

from tests.servers import Reply, ScriptedServer

CAREERS = "https://www.acme.example/careers"


@pytest.fixture
def web() -> Iterator[ScriptedServer]:
    with ScriptedServer() as server:
        yield server


@pytest.fixture
def settings(settings: dict[str, Any], web: ScriptedServer) -> dict[str, Any]:
    return {**settings, "OUTBOUND_ROUTES": web.routes, "OUTBOUND_RETRIES": 0}


def careers_page(web: ScriptedServer, source: str) -> None:
    web.script[("GET", "www.acme.example", "/careers")] = Reply.html(source)


def test_an_address_that_names_its_board_is_told_without_a_request(app: Flask, web: ScriptedServer) -> None:
    result = app.test_cli_runner().invoke(args=["scrape", "detect", "https://boards.greenhouse.io/acme"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout) == {
        "ats": "greenhouse",
        "config": {"token": "acme"},
        "careers_url": "https://job-boards.greenhouse.io/acme",
        "company": "acme",
        "found_by": "the address itself",
    }
    assert web.seen == web.robots_seen == []


def test_a_careers_page_is_followed_to_its_board(app: Flask, web: ScriptedServer) -> None:
    careers_page(web, '<script src="https://jobs.ashbyhq.com/acme/embed"></script>')
    result = app.test_cli_runner().invoke(args=["scrape", "detect", "www.acme.example/careers"])
    assert (result.exit_code, result.stderr) == (0, "")
    found = json.loads(result.stdout)
    assert (found["ats"], found["config"]) == ("ashby", {"org": "acme"})
    assert found["found_by"] == "a script in www.acme.example/careers"
    assert "candidates" not in found


def test_several_boards_are_all_told(app: Flask, web: ScriptedServer) -> None:
    careers_page(web, '<a href="https://jobs.lever.co/acme"></a><iframe src="https://jobs.gem.com/acme"></iframe>')
    result = app.test_cli_runner().invoke(args=["scrape", "detect", CAREERS])
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert [(one["ats"], one["careers_url"]) for one in found["candidates"]] == [
        ("gem", "https://jobs.gem.com/acme"),
        ("lever", "https://jobs.lever.co/acme"),
    ]
    assert found["ats"] == "gem"
    assert result.stderr.startswith("2 boards were found")


def test_a_dead_end_is_a_sentence_that_names_what_was_tried(app: Flask, web: ScriptedServer) -> None:
    careers_page(web, "<p>Write to us.</p>")
    result = app.test_cli_runner().invoke(args=["scrape", "detect", CAREERS])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith("No job board was found. The address alone names no board")
    assert "www.acme.example/careers name no board" in result.stderr
