"""robots.txt is asked for before anything else, once a day, and obeyed on every hop."""

from __future__ import annotations

import gzip
import json
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.outbound.conftest import FakeClock, OpenDoor
from tests.outbound.servers import RawServer, falls_silent, sends
from tests.servers import Reply, ScriptedServer, Seen
from webapp.errors import NotModified, OutboundError, Refused, Unavailable
from webapp.outbound import OutboundDoor
from webapp.outbound_robots_copies import MAX_SITES, RobotsCopies

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpora" / "robots_cases.json"
HOST = "boards.example"
URL = f"https://{HOST}/jobs"
PAGE = ("GET", HOST, "/jobs")
ROBOTS = ("GET", HOST, "/robots.txt")
CLOSED = Reply(200, b"User-agent: *\nDisallow: /\n")
OPEN = Reply(200, b"User-agent: *\nDisallow: /private\n")
DAY = 24 * 3600.0


def failure(door: OutboundDoor, url: str = URL, **how: Any) -> OutboundError:
    with pytest.raises(OutboundError) as caught:
        door.visit()(url, **how)
    return caught.value


def reads(door: OutboundDoor, url: str = URL) -> bool:
    return door.visit()(url).body == b"[]"


@pytest.fixture
def server() -> Any:
    with ScriptedServer({PAGE: Reply.json([])}) as server:
        yield server


@pytest.fixture
def door(open_door: OpenDoor, server: ScriptedServer, clock: FakeClock) -> OutboundDoor:
    return open_door(clock, routes=server.routes, now=None)


def test_what_is_forbidden_is_not_asked_for_and_the_sentence_says_why(
    door: OutboundDoor, server: ScriptedServer
) -> None:
    server.script[ROBOTS] = CLOSED
    for how in ({}, {"json": {"limit": 20}}):
        error = failure(door, **how)
        assert isinstance(error, Refused)
        assert (error.detail, error.sentence) == ("robots", "Not allowed by robots.txt of boards.example.")
    assert server.seen == []
    assert len(server.robots_seen) == 1
    assert server.robots_seen[0].headers["user-agent"] == "Rolewatch/0 (+http://localhost)"
    assert server.robots_seen[0].headers["x-forwarded-proto"] == "https"


def test_rules_for_our_own_name_come_before_those_for_everybody(door: OutboundDoor, server: ScriptedServer) -> None:
    server.script[ROBOTS] = Reply(200, b"User-agent: *\nDisallow: /\n\nUser-agent: ROLEWATCH\nDisallow: /private\n")
    assert reads(door)
    assert failure(door, f"https://{HOST}/private").detail == "robots"


def test_fetching_robots_counts_for_no_visit(door: OutboundDoor, server: ScriptedServer) -> None:
    server.script[ROBOTS] = OPEN
    visit = door.visit()
    visit(URL)
    assert (visit.requests, visit.bytes_received, visit.last_status) == (1, 2, 200)
    server.script[ROBOTS] = CLOSED
    other = door.visit()
    server.script[("GET", "other.example", "/robots.txt")] = CLOSED
    with pytest.raises(Refused):
        other("https://other.example/")
    assert (other.requests, other.bytes_received, other.last_status) == (0, 0, None)


def test_every_hop_of_a_redirect_is_asked_about(door: OutboundDoor, server: ScriptedServer) -> None:
    server.script |= {
        PAGE: Reply.redirect("https://ats.example/acme"),
        ("GET", "ats.example", "/robots.txt"): CLOSED,
        ("GET", "ats.example", "/acme"): Reply.json([]),
    }
    error = failure(door)
    assert (error.detail, error.sentence) == ("robots", "Not allowed by robots.txt of ats.example.")
    assert server.paths() == ["boards.example/jobs"]


def test_rules_belong_to_scheme_host_and_port(door: OutboundDoor, server: ScriptedServer) -> None:
    server.script |= {
        ("GET", f"{HOST}:8443", "/robots.txt"): CLOSED,
        ("GET", f"{HOST}:8443", "/jobs"): Reply.json([]),
    }
    assert failure(door, f"https://{HOST}:8443/jobs").detail == "robots"
    assert reads(door)
    assert reads(door, f"http://{HOST}/jobs")
    assert [seen.headers["x-forwarded-proto"] for seen in server.robots_seen] == ["https", "https", "http"]


# --- what an answer means --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451])
def test_a_site_without_rules_has_none(status: int, door: OutboundDoor, server: ScriptedServer) -> None:
    server.script[ROBOTS] = Reply(status, CLOSED.body)
    assert reads(door)


@pytest.mark.parametrize("status", [429, 500, 503, 599, 304, 300])
def test_where_the_rules_cannot_be_read_nothing_is(status: int, door: OutboundDoor, server: ScriptedServer) -> None:
    server.script[ROBOTS] = Reply(status, OPEN.body)
    error = failure(door)
    assert isinstance(error, Unavailable)
    assert (error.detail, error.status) == ("robots_unreachable", status)
    assert error.sentence.startswith(
        f"The robots.txt of boards.example cannot be read, and without it nothing else is read there. {HOST} answered"
    )
    assert server.seen == []
    server.script[ROBOTS] = OPEN
    assert reads(door), "and it is asked for again the next time"


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_is_asked_for_is_kept(
    status: int, door: OutboundDoor, server: ScriptedServer, clock: FakeClock
) -> None:
    server.script[ROBOTS] = Reply(status, b"", {"Retry-After": "3600"})
    error = failure(door)
    assert (error.detail, error.retry_after) == ("robots_unreachable", 3600.0)
    assert failure(door).detail == "waiting"
    assert len(server.robots_seen) == 1
    clock.time += 3601
    server.script[ROBOTS] = OPEN
    assert reads(door)


def test_passing_trouble_is_tried_again(open_door: OpenDoor, server: ScriptedServer, clock: FakeClock) -> None:
    replies = [Reply(502), Reply(500), OPEN]
    server.script[ROBOTS] = lambda _: replies.pop(0)
    assert reads(open_door(clock, routes=server.routes, retries=2))


def test_a_site_that_cannot_be_reached_is_named_as_such(open_door: OpenDoor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    refused = failure(open_door(routes={"*": f"http://127.0.0.1:{port}"}))
    assert refused.detail == "connect"
    unknown = failure(open_door(routes={"*": "http://no-such-name.invalid"}))
    assert unknown.detail.startswith("dns")
    with RawServer(sends(b"no TLS"), has_robots=True) as raw:  # waits for a request that never comes
        silent = failure(open_door(routes={"*": raw.base.replace("http:", "https:")}, connect_timeout=0.3))
    assert silent.detail == "timeout"


def test_a_site_whose_certificate_is_not_trusted_is_named_as_such(open_door: OpenDoor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            sock, _ = listener.accept()
            with sock:
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                sock.recv(4096)

        threading.Thread(target=greet, daemon=True).start()
        assert failure(open_door(routes={"*": f"https://127.0.0.1:{listener.getsockname()[1]}"})).detail == "tls"


@pytest.mark.parametrize(
    "behaviour",
    [
        falls_silent(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nUser-agent: *\n"),
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nUser-agent: *\n"),
        sends(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n" + gzip.compress(OPEN.body)[:-9]),
        sends(b"not HTTP at all\r\n\r\n"),
    ],
)
def test_half_a_file_is_no_file(behaviour: Callable[..., None], open_door: OpenDoor) -> None:
    with RawServer(behaviour, has_robots=True) as raw:
        error = failure(open_door(routes={"*": raw.base}, read_timeout=0.3))
    assert (error.kind, error.detail) == ("unavailable", "robots_unreachable")
    assert all(b"/robots.txt" in head for head in raw.requests)


def test_redirects_are_followed_also_to_other_hosts(door: OutboundDoor, server: ScriptedServer) -> None:
    steps = ["http://boards.example/1", "https://www.other.example/2", "/3", "/4", "/robots/5"]
    hosts = [HOST, HOST, "www.other.example", "www.other.example", "www.other.example", "www.other.example"]
    paths = ["/robots.txt", "/1", "/2", "/3", "/4", "/robots/5"]
    for host, path, to in zip(hosts, paths, steps, strict=False):
        server.script[("GET", host, path)] = Reply.redirect(to)
    server.script[("GET", "www.other.example", "/robots/5")] = CLOSED
    error = failure(door)
    assert error.sentence == "Not allowed by robots.txt of boards.example.", "the rules are those of the first host"
    server.script[("GET", "www.other.example", "/jobs")] = Reply.json([])
    assert reads(door, "https://www.other.example/jobs"), "and of no other"


def test_a_sixth_redirect_is_not_followed(door: OutboundDoor, server: ScriptedServer) -> None:
    for path in ["/robots.txt", *(f"/{n}" for n in range(1, 7))]:
        onward = f"/{int(path[1:]) + 1}" if path[1:].isdigit() else "/1"
        server.script[("GET", HOST, path)] = Reply.redirect(onward)
    error = failure(door)
    assert (error.kind, error.detail) == ("unavailable", "robots_unreachable")
    assert len(server.robots_seen + server.seen) == 6


def test_a_redirect_into_the_inside_is_not_followed(open_door: OpenDoor, server: ScriptedServer) -> None:
    server.script[ROBOTS] = Reply.redirect("http://169.254.169.254/")
    error = failure(open_door(routes={HOST: server.base}, allow_networks=()))
    assert (error.kind, error.detail) == ("unavailable", "robots_unreachable")


def test_a_page_instead_of_rules_forbids_nothing(door: OutboundDoor, server: ScriptedServer) -> None:
    server.script[ROBOTS] = Reply.html("<html><title>Log in</title></html>")
    assert reads(door)


def test_a_file_without_end_is_read_up_to_the_limit(open_door: OpenDoor) -> None:
    sent_pieces = 0

    def endless(sock: socket.socket, raw: RawServer) -> None:
        nonlocal sent_pieces
        if b"/robots.txt" not in raw.requests[-1]:
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]")
            return
        sock.sendall(b"HTTP/1.1 200 OK\r\n\r\nUser-agent: *\nDisallow: /private\n")
        while sent_pieces < 5000:
            sock.sendall(b"# nothing to see here\n" * 1000)
            sent_pieces += 1

    with RawServer(endless, has_robots=True) as raw:
        door = open_door(routes={"*": raw.base}, max_bytes=1000)
        assert reads(door)
        assert failure(door, f"https://{HOST}/private").detail == "robots"
    assert sent_pieces < 1000, "22 MB of 110"


# --- how long it is kept ---------------------------------------------------------------------------------------------


def test_a_copy_serves_for_a_day_and_is_then_asked_for_again(
    door: OutboundDoor, server: ScriptedServer, clock: FakeClock
) -> None:
    server.script[ROBOTS] = OPEN
    for hours in (0, 12, 23):
        clock.time = 1000 + hours * 3600
        assert reads(door)
    assert len(server.robots_seen) == 1
    clock.time = 1001 + DAY
    server.script[ROBOTS] = CLOSED
    assert failure(door).detail == "robots"
    assert len(server.robots_seen) == 2


@pytest.mark.parametrize("trouble", [Reply(500), Reply(429), Reply(503, b"", {"Retry-After": "1"})])
def test_an_older_copy_serves_while_a_new_one_cannot_be_had(
    trouble: Reply, door: OutboundDoor, server: ScriptedServer, clock: FakeClock
) -> None:
    server.script[ROBOTS] = OPEN
    reads(door)
    clock.time += DAY + 1
    server.script[ROBOTS] = trouble
    with pytest.raises(OutboundError) as caught:
        door.visit()(f"https://{HOST}/private")
    assert caught.value.detail == "robots", "the old rules hold"
    clock.time += 2
    assert reads(door)
    assert len(server.robots_seen) == 2, "not asked for with every request"
    clock.time += 3601
    server.script[ROBOTS] = CLOSED
    assert failure(door).detail == "robots"
    assert len(server.robots_seen) == 3


def test_an_unchanged_copy_is_not_sent_again(door: OutboundDoor, server: ScriptedServer, clock: FakeClock) -> None:
    def answer(seen: Seen) -> Reply:
        known = seen.headers.get("if-none-match") == '"v1"'
        return Reply(304) if known else Reply(200, CLOSED.body, {"ETag": '"v1"'})

    server.script[ROBOTS] = answer
    failure(door)
    clock.time += DAY + 1
    assert failure(door).detail == "robots"
    assert server.robots_seen[1].headers["if-none-match"] == '"v1"'
    assert failure(door).detail == "robots"
    assert len(server.robots_seen) == 2


def test_one_thread_fetches_and_the_others_wait_for_it(open_door: OpenDoor, server: ScriptedServer) -> None:
    go_on = threading.Event()

    def slowly(_: Seen) -> Reply:
        go_on.wait(5)
        return OPEN

    server.script[ROBOTS] = slowly
    door = open_door(routes=server.routes)
    threads = [threading.Thread(target=lambda: door.visit()(URL)) for _ in range(8)]
    for thread in threads:
        thread.start()
    threading.Timer(0.3, go_on.set).start()
    for thread in threads:
        thread.join()
    assert (len(server.robots_seen), len(server.seen)) == (1, 8)


def test_waiting_for_another_threads_fetch_ends_when_the_process_stops(
    open_door: OpenDoor, server: ScriptedServer
) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def slowly(_: Seen) -> Reply:
        arrived.set()
        go_on.wait(5)
        return OPEN

    server.script[ROBOTS] = slowly
    door = open_door(routes=server.routes)
    first = threading.Thread(target=lambda: door.visit()(URL))
    first.start()
    assert arrived.wait(5)
    with pytest.raises(Unavailable) as caught:
        door.visit(should_stop=lambda: True)(URL)
    assert caught.value.detail == "stopped"
    go_on.set()
    first.join()


def test_the_copies_are_bounded_and_the_least_used_is_forgotten(
    open_door: OpenDoor, server: ScriptedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.outbound_robots_copies.MAX_SITES", 3)
    door = open_door(routes=server.routes)
    copies = RobotsCopies(door)
    for name in ("a", "b", "c", "a", "d", "a", "b"):
        copies.rules_for(f"https://{name}.example/", lambda: False)
    assert [seen.host[0] for seen in server.robots_seen] == ["a", "b", "c", "d", "b"]
    assert MAX_SITES == 1000


# --- manners ---------------------------------------------------------------------------------------------------------


def test_a_crawl_delay_is_the_pace_of_the_host_up_to_ten_seconds(
    door: OutboundDoor, server: ScriptedServer, clock: FakeClock
) -> None:
    times = []

    def note(_: Seen) -> Reply:
        times.append(clock.time)
        return Reply.json([])

    server.script |= {PAGE: note, ROBOTS: Reply(200, b"User-agent: *\nCrawl-delay: 4\n")}
    for _ in range(3):
        door.visit()(URL)
    assert times == [1000.0, 1004.0, 1008.0]
    clock.time += DAY
    server.script[ROBOTS] = Reply(200, b"User-agent: *\nCrawl-delay: 600\n")
    times.clear()
    for _ in range(3):
        door.visit()(URL)
    assert [later - times[0] for later in times] == [0.0, 10.0, 20.0]


def test_the_time_robots_takes_is_not_taken_from_the_page(
    open_door: OpenDoor, server: ScriptedServer, clock: FakeClock
) -> None:
    door = open_door(clock, routes=server.routes, host_interval=7.0, deadline=5.0)
    assert reads(door), "robots.txt and the wait after it took longer than a page may"


def test_an_unchanged_answer_of_the_page_is_none_of_robots(door: OutboundDoor, server: ScriptedServer) -> None:
    server.script[PAGE] = lambda seen: Reply(304) if "if-none-match" in seen.headers else Reply.json([])
    with pytest.raises(NotModified):
        door.visit({URL: {"etag": '"v1"'}})(URL, conditional=True)
    assert "if-none-match" not in server.robots_seen[0].headers


# --- the corpus ------------------------------------------------------------------------------------------------------

# By id: the test above, or the table in this one, that plays the case.
PLAYED = {
    "rfetch-03": "test_redirects_are_followed_also_to_other_hosts",
    "rfetch-04": "test_a_sixth_redirect_is_not_followed",
    "rfetch-12": "test_a_pause_that_is_asked_for_is_kept",
    "rfetch-14": "test_a_site_that_cannot_be_reached_is_named_as_such",
    "rfetch-15": "test_half_a_file_is_no_file",
    "rfetch-16": "test_a_site_whose_certificate_is_not_trusted_is_named_as_such",
    "rfetch-17": "test_an_older_copy_serves_while_a_new_one_cannot_be_had",
    "rfetch-18": "test_a_file_without_end_is_read_up_to_the_limit",
    "rfetch-19": "test_a_file_without_end_is_read_up_to_the_limit",
    "rfetch-20": "test_a_copy_serves_for_a_day_and_is_then_asked_for_again",
    "rfetch-21": "test_a_copy_serves_for_a_day_and_is_then_asked_for_again",
    "rfetch-22": "test_an_older_copy_serves_while_a_new_one_cannot_be_had",
    "rfetch-24": "test_an_unchanged_copy_is_not_sent_again",
    "rfetch-25": "test_rules_belong_to_scheme_host_and_port",
}


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus of robots.txt cases is not here")
def test_every_fetch_case_of_the_corpus_agrees(open_door: OpenDoor) -> None:
    for case in json.loads(CORPUS.read_text("utf-8"))["fetch_cases"]:
        if case["id"] in PLAYED:
            assert callable(globals()[PLAYED[case["id"]]])
            continue
        body = CLOSED.body if case["id"] == "rfetch-01" else case.get("body", "").encode()
        script = {PAGE: Reply.json([]), ROBOTS: Reply(case["status"], body)}
        with ScriptedServer(script) as server:
            door = open_door(routes=server.routes)
            expect = case["expect"]
            if "obey" in expect and case["status"] == 200:
                assert failure(door).detail == "robots", case
            elif "disallow" in expect or "not allowed" in expect:
                assert failure(door).detail == "robots_unreachable", case
                assert server.seen == []
            else:
                assert "may access" in expect or "allowed" in expect, case
                assert reads(door), case
