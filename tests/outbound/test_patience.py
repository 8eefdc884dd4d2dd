"""Manners: the pace per host, the pauses sites ask for, and when something is tried again."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.outbound.conftest import FakeClock, OpenDoor
from tests.outbound.servers import Behaviour, RawServer, in_turn, resets, sends
from tests.servers import Reply, ScriptedServer, Seen
from webapp.errors import OutboundError, Refused

URL = "https://boards.example/jobs"
KEY = ("GET", "boards.example", "/jobs")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


@pytest.mark.parametrize("json", [None, {"limit": 20}])
@pytest.mark.parametrize(
    "trouble", [resets(), sends(), sends(b"HTTP/1.1 503 x\r\n\r\n"), sends(b"HTTP/1.1 408 x\r\n\r\n")]
)
def test_passing_trouble_is_tried_again(trouble: Behaviour, json: Any, open_door: OpenDoor, clock: Any) -> None:
    with RawServer(in_turn(trouble, trouble, sends(OK))) as server:
        visit = open_door(clock, routes={"*": server.base}, retries=2).visit()
        assert visit(URL, json=json).body == b"[]"
    assert visit.requests == 3
    assert visit.last_status == 200
    assert 1.5 <= sum(clock.slept) <= 3.0


def test_it_is_given_up_after_the_allowed_retries(open_door: OpenDoor, clock: Any) -> None:
    with ScriptedServer({KEY: Reply(502)}) as server, pytest.raises(OutboundError):
        visit = open_door(clock, routes=server.routes, retries=2).visit()
        visit(URL)
    assert (visit.requests, visit.last_status, len(server.seen)) == (3, 502, 3)


@pytest.mark.parametrize(
    "reply",
    [
        Reply(400),
        Reply(403),
        Reply(404),
        Reply(422),
        Reply(425),
        Reply(429),
        Reply(503, b"", {"Retry-After": "5"}),
        Reply(503, b"", {"cf-mitigated": "challenge"}),
    ],
)
def test_what_will_not_pass_by_itself_is_not_tried_again(reply: Reply, open_door: OpenDoor, clock: Any) -> None:
    with ScriptedServer({KEY: reply}) as server, pytest.raises(OutboundError):
        open_door(clock, routes=server.routes, retries=2).visit()(URL)
    assert len(server.seen) == 1
    assert clock.slept == []


def test_no_retry_begins_that_would_pass_the_deadline(open_door: OpenDoor, clock: Any) -> None:
    with ScriptedServer({KEY: Reply(500)}) as server, pytest.raises(OutboundError):
        open_door(clock, routes=server.routes, retries=50, deadline=10.0).visit()(URL)
    assert sum(clock.slept) < 10.0
    assert 3 <= len(server.seen) <= 8


NOW = datetime(2026, 11, 25, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        (" 7 ", 7.0),
        ("315360000", 315360000.0),
        ("Wed, 25 Nov 2026 12:10:00 GMT", 600.0),
        ("Wednesday, 25-Nov-26 12:10:00 GMT", 600.0),
        ("Wed, 25 Nov 2026 13:10:00 +0100", 600.0),
        ("Wed, 25 Nov 2026 11:00:00 GMT", None),
        ("0", None),
        ("-5", None),
        ("1.5", None),
        ("soon", None),
        ("", None),
        ("9" * 400, None),
        ("Wed, 99 Nov 2026 99:00:00 GMT", None),
    ],
)
def test_retry_after_is_understood_in_both_forms(header: str, seconds: float | None, open_door: OpenDoor) -> None:
    script = {KEY: Reply(429, b"", {"Retry-After": header})}
    with ScriptedServer(script) as server, pytest.raises(OutboundError) as caught:
        open_door(now=lambda: NOW, routes=server.routes).visit()(URL)
    assert caught.value.detail == "rate_limited"
    assert caught.value.retry_after == seconds
    assert ("come back in" in caught.value.sentence) == (seconds is not None)


@pytest.mark.parametrize("status", [429, 503])
def test_a_host_that_asked_for_a_pause_is_left_alone_until_it_is_over(
    status: int, open_door: OpenDoor, clock: FakeClock
) -> None:
    script = {KEY: Reply(status, b"", {"Retry-After": "600"}), ("GET", "other.example", "/"): Reply.json([])}
    with ScriptedServer(script) as server:
        door = open_door(clock, routes=server.routes, retries=2)
        with pytest.raises(OutboundError):
            door.visit()(URL)
        clock.time += 60
        with pytest.raises(Refused) as caught:
            door.visit()("https://boards.example/other-company")
        assert (caught.value.detail, caught.value.retry_after) == ("waiting", 540.0)
        assert caught.value.sentence == "boards.example asked us to pause; it can be read again in 9 minutes."
        door.visit()("https://other.example/")
        clock.time += 541
        server.script[KEY] = Reply.json([])
        assert door.visit()(URL).body == b"[]"
        assert server.paths() == ["boards.example/jobs", "other.example/", "boards.example/jobs"]


def test_a_pause_of_ten_years_ends_after_a_day(open_door: OpenDoor, clock: FakeClock) -> None:
    with ScriptedServer({KEY: Reply(429, b"", {"Retry-After": "315360000"})}) as server:
        door = open_door(clock, routes=server.routes)
        with pytest.raises(OutboundError):
            door.visit()(URL)
        clock.time += 24 * 3600 + 1
        server.script[KEY] = Reply.json([])
        door.visit()(URL)


def test_an_error_that_names_a_time_but_no_overload_pauses_nobody(open_door: OpenDoor) -> None:
    with ScriptedServer({KEY: Reply(403, b"", {"Retry-After": "600"})}) as server:
        door = open_door(routes=server.routes)
        for _ in range(2):
            with pytest.raises(Refused) as caught:
                door.visit()(URL)
            assert caught.value.detail == "http_403"


def test_requests_to_one_host_keep_their_distance_and_other_hosts_do_not_wait(
    open_door: OpenDoor, clock: FakeClock
) -> None:
    times: dict[str, list[float]] = defaultdict(list)

    def note(request: Seen) -> Reply:
        times[request.host].append(clock.time)
        return Reply(404) if request.path == "/robots.txt" else Reply.json([])

    hosts = ("a.example", "b.example")
    with ScriptedServer({("GET", host, path): note for host in hosts for path in ("/", "/robots.txt")}) as server:
        door = open_door(clock, routes=server.routes, host_interval=2.0, deadline=1.0)
        for visit in (door.visit(), door.visit()):
            for host in hosts:
                visit(f"https://{host}/")
        door.visit()("https://a.example/")
    assert times["a.example"] == [1000.0, 1002.0, 1004.0, 1006.0], "robots.txt first, at the same pace"
    assert times["b.example"] == [1002.0, 1004.0, 1006.0]


def test_threads_share_the_pace_of_a_host(open_door: OpenDoor) -> None:
    times: list[float] = []

    def note(_: Seen) -> Reply:
        times.append(time.monotonic())
        return Reply.json([])

    with ScriptedServer({KEY: note}) as server:
        door = open_door(routes=server.routes, host_interval=0.1)
        threads = [threading.Thread(target=lambda: door.visit()(URL)) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(times) == 8
    assert times[-1] - times[0] >= 0.65
    # A single arrival may be noticed late by a busy machine, never early by much.
    assert all(arrival - times[0] >= 0.1 * n - 0.05 for n, arrival in enumerate(times))


def test_redirects_and_retries_keep_the_pace_too(open_door: OpenDoor, clock: FakeClock) -> None:
    script = {KEY: Reply.redirect("/list"), ("GET", "boards.example", "/list"): Reply.json([])}
    with ScriptedServer(script) as server:
        visit = open_door(clock, routes=server.routes, host_interval=3.0).visit()
        visit(URL)
    assert visit.requests == 2
    assert clock.time == 1006.0, "robots.txt, the redirect, and where it leads"


def test_waiting_for_a_turn_ends_when_the_process_stops(open_door: OpenDoor) -> None:
    stop = threading.Event()
    with ScriptedServer({KEY: Reply.json([])}) as server:
        visit = open_door(routes=server.routes, host_interval=60.0).visit(should_stop=stop.is_set)
        visit(URL)
        threading.Timer(0.2, stop.set).start()
        started = time.monotonic()
        with pytest.raises(OutboundError) as caught:
            visit(URL)
    assert caught.value.detail == "stopped"
    assert caught.value.sentence == "Reading boards.example was interrupted because Rolewatch is stopping."
    assert time.monotonic() - started < 1.5
    assert len(server.seen) == 1
