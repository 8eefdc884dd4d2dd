"""Bad input on the true path: a clear sentence, exit code 1 or 2, and nothing that was known is lost."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask

from tests.e2e.acted_board import HOST, PATH, job
from tests.e2e.true_path import TruePath
from tests.outbound.servers import Behaviour, RawServer, drips, sends
from tests.scrapers.replay import FIXTURES, board
from tests.servers import Reply, ScriptedServer
from webapp.models import Board, Company, ScrapeRun
from webapp.services.alerts import AlertDraft

ACME = "https://boards.greenhouse.io/acme"
CAREERS = {
    "ashby": "https://jobs.ashbyhq.com/Example%20Labs",
    "comeet": "https://www.comeet.com/jobs/example/4F.00B",
    "greenhouse": "https://boards.greenhouse.io/example",
    "lever": "https://jobs.lever.co/example",
    "workday": "https://example.wd3.myworkdayjobs.com/Careers",
}
MAINTENANCE = Reply.html("<html><title>We will be right back</title><p>Maintenance</p></html>")
NO_SUCH_PAGE = Reply.html("<h1>Not found</h1>", 404)
WRONG_SHAPE = Reply.json({"message": "Hello", "version": 3})
DEADLINE = 2.0


@pytest.fixture
def settings(settings: dict[str, Any], web: ScriptedServer, mail_port: int) -> dict[str, Any]:
    return {
        **settings,
        "OUTBOUND_ROUTES": web.routes,
        "OUTBOUND_RETRIES": 0,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": mail_port,
        "MAIL_USE_TLS": False,
    }


def lists(web: ScriptedServer, rows: list[dict[str, Any]]) -> None:
    """Acme's board on Greenhouse lists these rows."""
    web.script[("GET", HOST, PATH)] = Reply.json({"jobs": rows, "meta": {"total": len(rows)}})


def serve_fixture(web: ScriptedServer, ats: str) -> tuple[str, str, str]:
    """Serve the project's own small board of an ATS; where its list is asked for."""
    addresses = []
    for key, name in board(ats)["requests"].items():
        method, url = key.split(" ")[:2]
        parts = urlsplit(url)
        addresses.append((method, parts.netloc, parts.path))
        kind = "text/html" if name.endswith(".html") else "application/json"
        web.script[addresses[-1]] = Reply(200, (FIXTURES / ats / name).read_bytes(), {"Content-Type": kind})
    return addresses[0]


@contextlib.contextmanager
def acting(app: Flask, behaviour: Behaviour) -> Iterator[RawServer]:
    """Meanwhile Acme's host is a server that breaks the rules."""
    routes = app.config["OUTBOUND_ROUTES"]
    with RawServer(behaviour) as server:
        app.config["OUTBOUND_ROUTES"] = {**routes, HOST: server.base}
        app.extensions.pop("rolewatch_outbound", None)
        yield server
    app.config["OUTBOUND_ROUTES"] = routes
    app.extensions.pop("rolewatch_outbound", None)


def assert_fails(path: TruePath, slug: str, kind: str, words: str) -> dict[str, Any]:
    """The read fails with a sentence, everywhere the same, and changes no position."""
    before = {key: (row.status, row.missing_since, row.title) for key, row in path.positions().items()}
    path.new_events()
    report = path.scrape(slug)
    run, of = path.last_run(), path.board()
    assert (report["outcome"], run.outcome, run.failure_kind) == ("failed", "failed", kind), report
    assert words in run.reason
    assert run.reason.endswith(".")
    assert "Traceback" not in run.reason
    assert "<" not in run.reason
    assert report["reason"] == run.reason == of.health_reason
    assert of.health == "failing"
    assert of.next_scrape_at > run.finished_at, "it is tried again by itself"
    assert path.new_events() == {}
    assert {key: (row.status, row.missing_since, row.title) for key, row in path.positions().items()} == before
    return report


# --- addresses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "exit_code", "words"),
    [
        (["companies", "add", "https://example.com/careers"], 1, "We do not recognise this address yet."),
        (["companies", "add", "not an address"], 1, "We do not recognise this address yet."),
        (["companies", "add", ""], 1, "Give the address of the company's career page."),
        (["companies", "add", "https://boards.greenhouse.io/"], 1, "We do not recognise this address yet."),
        (["companies", "add", "file:///etc/passwd"], 1, "We do not recognise this address yet."),
        (["companies", "add", "https://jobs.lever.co/" + "x" * 3000], 1, "This address is too long"),
        (["companies", "add"], 2, "Missing argument 'URL'"),
        (["scrape", "detect", "not an address"], 1, "This is not the address of a web page."),
        (["scrape", "preview", "greenhouse:"], 1, "Write the board as ats:token"),
        (["scrape", "run", "--company", "nobody"], 1, "There is no company 'nobody'."),
        (["scrape", "run", "--company", "nobody", "--all"], 2, "Give --company or --all, not both."),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_sentence(
    path: TruePath, web: ScriptedServer, arguments: list[str], exit_code: int, words: str
) -> None:
    result = path.flask(*arguments)
    assert (result.exit_code, result.stdout) == (exit_code, "")
    assert words in result.stderr
    assert not path.all(Company)
    assert not path.all(Board)
    assert not web.seen


def test_a_company_added_twice_is_one(path: TruePath) -> None:
    path.add(ACME)
    result = path.flask("companies", "add", "https://job-boards.greenhouse.io/Acme/jobs/12?utm_source=x")
    assert (result.exit_code, result.stderr) == (1, "This board is here already: it belongs to Acme.\n")
    assert len(path.all(Board)) == 1


# --- answers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ats", sorted(CAREERS))
def test_answers_that_are_no_list_fail_with_a_sentence_and_lose_nothing(
    path: TruePath, web: ScriptedServer, ats: str
) -> None:
    page = ats == "comeet"
    odd_page = Reply.html('<html><script>COMPANY_POSITIONS_DATA = {"rows": 3};</script></html>')
    no_list = "carries no positions any more"
    troubles = [
        (NO_SUCH_PAGE, "gone", "answered 404: this page or board does not exist there (any more)."),
        (MAINTENANCE, "malformed", no_list if page else "where a list of positions was due"),
        (odd_page if page else WRONG_SHAPE, "malformed", "something else than a list" if page else "another shape"),
        (Reply(200, b""), "malformed", no_list if page else "answered with nothing at all"),
    ]
    slug = path.add(CAREERS[ats])
    path.watch_for("ada@example.com", AlertDraft("All", keywords=("engineer", "clerk", "designer")))
    for reply, kind, words in troubles:
        address = serve_fixture(web, ats)
        web.script[address] = reply
        assert_fails(path, slug, kind, words)
    assert path.positions() == {}
    assert path.board().baseline_at is None

    serve_fixture(web, ats)
    assert path.scrape(slug)["outcome"] == "ok"
    stored = path.open_ids()
    assert stored
    for reply, kind, words in troubles:
        path.later(hours=7)
        web.script[address] = reply
        assert_fails(path, slug, kind, words)
    path.later(hours=7)
    serve_fixture(web, ats)
    report = path.scrape(slug)
    # The same bytes as at the last believed read are not read again where one answer is the whole board.
    assert report["outcome"] in {"ok", "unchanged"}
    assert (report["unchanged"], report["missing"]) == (len(stored), 0)
    assert path.new_events() == {}
    path.assert_silence()
    assert not path.mailbox.received


def test_duplicate_ids_are_one_position_each(path: TruePath, web: ScriptedServer) -> None:
    slug = path.add(ACME)
    lists(web, [job(1), job(2), job(2, title="Engineer 2, again"), job(3), job(3)])
    report = path.scrape(slug)
    assert (report["outcome"], report["new"]) == ("ok", 3)
    assert report["reason"] == "2 rows repeat the id of another one."
    assert {key: row.title for key, row in path.positions().items()} == {n: f"Engineer {n}" for n in ("1", "2", "3")}
    path.new_events()
    path.later(hours=7)
    assert path.scrape(slug)["unchanged"] == 3
    assert path.new_events() == {}


@pytest.mark.parametrize("lacks", ["title", "absolute_url", "id"])
def test_a_posting_without_title_address_or_id_costs_only_itself(
    path: TruePath, web: ScriptedServer, lacks: str
) -> None:
    slug = path.add(ACME)
    good = [job(number) for number in range(1, 60)]
    lists(web, good)
    path.scrape(slug)
    path.new_events()

    # One in sixty is noise: the rest is believed, and the run says what was left out.
    path.later(hours=7)
    broken = {name: value for name, value in job(60).items() if name != lacks}
    lists(web, [*good, broken])
    report = path.scrape(slug)
    assert (report["outcome"], report["unchanged"]) == ("ok", 59)
    assert report["reason"] == "1 of 60 rows could not be understood and were left out."

    # One in twelve may be anything, so what is absent proves nothing.
    lists(web, [*good[:11], broken])
    for _ in range(3):
        path.later(hours=7)
        report = path.scrape(slug)
        assert (report["outcome"], report["missing"]) == ("partial", 0)
        assert report["reason"] == "1 of 12 rows could not be understood."
    assert path.board().health == "partial"
    assert len(path.open_ids()) == 59
    assert path.new_events() == {}

    # All of them: the layout has changed.
    path.later(hours=7)
    lists(web, [{name: value for name, value in row.items() if name != lacks} for row in good])
    assert_fails(path, slug, "malformed", "None of the 59 rows that came has a title, an id and an address")


def test_dates_that_are_none_leave_the_date_out(path: TruePath, web: ScriptedServer) -> None:
    slug = path.add(ACME)
    odd = ["yesterday", "0000-00-00", "2026-02-30T10:00:00Z", "30+ days ago", 12345678901234567890, -1, {}, "", None]
    odd += ["9999-12-31T23:59:59-23:59", "1.10.2026", "2087-01-01T00:00:00Z", "9" * 5000]
    lists(web, [job(n, first_published=date) for n, date in enumerate(odd)] + [job(99)])
    report = path.scrape(slug)
    assert (report["outcome"], report["new"]) == ("ok", len(odd) + 1)
    stored = path.positions()
    assert stored["99"].posted_at is not None
    assert {key: row.posted_at for key, row in stored.items() if key != "99"} == dict.fromkeys(
        map(str, range(len(odd)))
    )
    assert all(row.first_seen_at for row in stored.values())


@pytest.mark.parametrize("announced", [True, False], ids=["announced", "not announced"])
def test_a_body_of_40_mb_is_not_read_to_its_end(
    app: Flask, path: TruePath, web: ScriptedServer, announced: bool
) -> None:
    size, chunk = 40 * 1024 * 1024, b" " * (1024 * 1024)
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
    head += b"Content-Length: %d\r\n" % size if announced else b""
    slug = path.add(ACME)
    lists(web, [job(1), job(2), job(3)])
    path.scrape(slug)
    path.later(hours=7)
    with acting(app, sends(head + b"\r\n", b'{"jobs": [', *[chunk] * 40)):
        report = assert_fails(path, slug, "too_large", "30 MB")
    assert report["bytes"] <= (0 if announced else 31 * 1024 * 1024)
    path.later(hours=7)
    assert path.scrape(slug)["unchanged"] == 3


def test_a_server_that_trickles_is_left_and_holds_up_nobody(app: Flask, path: TruePath, web: ScriptedServer) -> None:
    serve_fixture(web, "lever")
    other = path.add(CAREERS["lever"])
    slug = path.add(ACME)
    lists(web, [job(1), job(2), job(3)])
    path.scrape(slug)
    path.later(hours=7)
    start = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n{"jobs": ['
    app.config["OUTBOUND_DEADLINE"] = DEADLINE
    with acting(app, drips(start, b" ", every=0.05)):
        began = time.monotonic()
        result = path.flask("scrape", "run", "--all", "--json")
        took = time.monotonic() - began
    assert result.exit_code == 1
    reports = {report["company"]: report for report in map(json.loads, result.stdout.splitlines())}
    assert DEADLINE <= took < DEADLINE + 15
    assert (reports[slug]["outcome"], reports[other]["outcome"]) == ("failed", "ok")
    assert "is too slow: its answer was not complete after 2 seconds." in reports[slug]["reason"]
    run = next(run for run in path.all(ScrapeRun) if run.outcome == "failed")
    assert (run.failure_kind, run.failure_detail, run.reason) == ("unavailable", "deadline", reports[slug]["reason"])
    assert {"1", "2", "3"} < path.open_ids()
    assert path.missing_ids() == set()
