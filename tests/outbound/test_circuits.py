"""A host that keeps failing is left alone, then asked once; who answers is believed at once."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress

import pytest

from tests.outbound.conftest import FakeClock, OpenDoor
from tests.outbound.servers import Behaviour, RawServer, falls_silent, resets
from tests.servers import Reply, ScriptedServer, Seen
from webapp.errors import OutboundError, Unavailable
from webapp.outbound import OutboundDoor

URL = "https://boards.example/jobs"
KEY = ("GET", "boards.example", "/jobs")


def failure(door: OutboundDoor, url: str = URL) -> OutboundError:
    with pytest.raises(OutboundError) as caught:
        door.visit()(url)
    return caught.value


def failures(door: OutboundDoor, count: int) -> list[str]:
    return [failure(door).detail for _ in range(count)]


def test_after_five_failures_in_a_row_a_host_is_left_alone_for_five_minutes(
    open_door: OpenDoor, clock: FakeClock
) -> None:
    with ScriptedServer({KEY: Reply(502), ("GET", "other.example", "/"): Reply.json([])}) as server:
        door = open_door(clock, routes=server.routes)
        assert failures(door, 6) == ["http_502"] * 5 + ["circuit"]
        clock.time += 60
        error = failure(door, "https://boards.example/another-company")
        assert isinstance(error, Unavailable)
        assert (error.detail, error.retry_after, error.status) == ("circuit", 240.0, None)
        assert error.sentence == "boards.example failed 5 times in a row, so it is left alone for another 4 minutes."
        assert len(server.seen) == 5
        assert door.visit()("https://other.example/").body == b"[]", "other hosts are read as ever"


@pytest.mark.parametrize("trouble", [resets(), falls_silent()])
def test_broken_and_silent_connections_count(trouble: Behaviour, open_door: OpenDoor) -> None:
    with RawServer(trouble) as server:
        door = open_door(routes={"*": server.base}, read_timeout=0.1)
        assert failures(door, 6)[-1] == "circuit"


@pytest.mark.parametrize("reply", [Reply(404), Reply(403), Reply(429), Reply(200, b"<html>"), Reply(304)])
def test_any_answer_that_is_no_trouble_begins_the_count_anew(reply: Reply, open_door: OpenDoor) -> None:
    with ScriptedServer({KEY: Reply(500)}) as server:
        door = open_door(routes=server.routes)
        failures(door, 4)
        server.script[KEY] = reply
        with suppress(OutboundError):
            door.visit()(URL)
        assert len(server.seen) == 5
        server.script[KEY] = Reply(500)
        assert failures(door, 6) == ["http_500"] * 5 + ["circuit"]


def test_names_and_certificates_are_no_trouble_of_the_host(open_door: OpenDoor) -> None:
    door = open_door(routes={"*": "http://no-such-name.invalid"})
    assert "circuit" not in failures(door, 7)


def test_one_probe_decides_and_the_wait_doubles_up_to_an_hour(open_door: OpenDoor, clock: FakeClock) -> None:
    with ScriptedServer({KEY: Reply(500)}) as server:
        door = open_door(clock, routes=server.routes)
        failures(door, 5)
        waits = []
        for _ in range(6):
            error = failure(door)
            assert error.detail == "circuit"
            assert error.retry_after
            waits.append(error.retry_after)
            clock.time += error.retry_after + 1
            assert failure(door).detail == "http_500", "the probe"
        assert waits == [300, 600, 1200, 2400, 3600, 3600]
        assert len(server.seen) == 5 + 6
        clock.time += 3601
        server.script[KEY] = Reply.json([])
        assert door.visit()(URL).body == b"[]"
        assert door.visit()(URL).body == b"[]"
        server.script[KEY] = Reply(500)
        assert failures(door, 6) == ["http_500"] * 5 + ["circuit"], "closed means forgotten"


def test_only_one_request_is_the_probe(open_door: OpenDoor, clock: FakeClock) -> None:
    arrived, go_on = threading.Event(), threading.Event()

    def slowly(_: Seen) -> Reply:
        arrived.set()
        go_on.wait(5)
        return Reply.json([])

    with ScriptedServer({KEY: Reply(500)}) as server:
        door = open_door(clock, routes=server.routes)
        failures(door, 5)
        clock.time += 301
        server.script[KEY] = slowly
        probe = threading.Thread(target=lambda: door.visit()(URL))
        probe.start()
        assert arrived.wait(5)
        assert failure(door).detail == "circuit"
        go_on.set()
        probe.join()
        assert door.visit()(URL).body == b"[]"
        assert len(server.seen) == 5 + 2


def test_a_probe_that_comes_to_nothing_leaves_the_next_one_free(open_door: OpenDoor, clock: FakeClock) -> None:
    with ScriptedServer({KEY: Reply(500)}) as server:
        routes = dict(server.routes)
        door = open_door(clock, routes=routes)
        failures(door, 5)
        clock.time += 301
        routes["*"] = "http://no-such-name.invalid"
        assert failure(door).detail.startswith("dns")
        routes["*"] = server.base
        server.script[KEY] = Reply.json([])
        assert door.visit()(URL).body == b"[]"


def test_retries_end_when_the_circuit_opens_and_the_failure_keeps_its_name(
    open_door: OpenDoor, clock: FakeClock
) -> None:
    with ScriptedServer({KEY: Reply(500)}) as server:
        assert failure(open_door(clock, routes=server.routes, retries=20, deadline=600)).detail == "http_500"
        assert len(server.seen) == 5


def test_opening_and_closing_are_in_the_log(
    open_door: OpenDoor, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedServer({KEY: Reply(500)}) as server, caplog.at_level(logging.INFO, "rolewatch.outbound"):
        door = open_door(clock, routes=server.routes)
        failures(door, 5)
        clock.time += 301
        server.script[KEY] = Reply.json([])
        door.visit()(URL)
    told = [record for record in caplog.records if record.getMessage().startswith("circuit")]
    assert [(record.getMessage(), record.levelname, record.host) for record in told] == [
        ("circuit opened", "WARNING", "boards.example"),
        ("circuit closed", "INFO", "boards.example"),
    ]
    assert told[0].seconds == 300.0
