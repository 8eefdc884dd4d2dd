"""Time and bytes stay bounded, whatever a server does; an answer that was cut off is never taken for a whole one."""

from __future__ import annotations

import gzip
import socket
import threading
import time
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest

from tests.outbound.conftest import OpenDoor
from tests.outbound.servers import Behaviour, RawServer, drips, falls_silent, resets, sends
from tests.servers import Reply, ScriptedServer
from webapp import outbound_visit
from webapp.errors import Malformed, OutboundError, TooLarge, Unavailable

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
URL = "https://boards.example/jobs"
MB = 1024 * 1024
JOBS = b'{"jobs": [' + b", ".join(b'{"id": %d, "title": "Engineer"}' % n for n in range(2000)) + b"]}"


def failure_of(behaviour: Behaviour, open_door: OpenDoor, **settings: object) -> OutboundError:
    with RawServer(behaviour) as server, pytest.raises(OutboundError) as caught:
        open_door(routes={"*": server.base}, **settings).visit()(URL)
    return caught.value


DRIPPING = {
    "status line": drips(b"", b"H", 0.05),
    "headers": drips(HEAD, b"X-A: b\r\n", 0.05),
    "one endless header": drips(HEAD + b"X-A: ", b"b", 0.05),
    "interim answers": drips(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.05),
    "body with a length": drips(HEAD + b"Content-Length: 100000\r\n\r\n", b"x", 0.05),
    "body without a length": drips(HEAD + b"\r\n", b"x", 0.05),
    "chunk": drips(CHUNKED + b"ffff\r\n", b"x", 0.05),
    "chunk size": drips(CHUNKED, b"0", 0.05),
    "trailers": drips(CHUNKED + b"1\r\nx\r\n0\r\n", b"X-A: b\r\n", 0.05),
}


@pytest.mark.parametrize("where", DRIPPING)
def test_a_server_that_drips_is_given_up_at_the_deadline(where: str, open_door: OpenDoor) -> None:
    started = time.monotonic()
    error = failure_of(DRIPPING[where], open_door, deadline=1.0, retries=2)
    took = time.monotonic() - started
    assert 0.9 < took < 1.5
    assert (error.kind, error.detail) == ("unavailable", "deadline")
    assert error.sentence == "boards.example is too slow: its answer was not complete after 1 seconds."


def test_a_server_that_drips_an_error_page_is_named_by_its_status_within_the_deadline(open_door: OpenDoor) -> None:
    started = time.monotonic()
    error = failure_of(drips(b"HTTP/1.1 404 Not Found\r\n\r\n", b"x", 0.05), open_door, deadline=1.0)
    assert (error.kind, error.status) == ("gone", 404)
    assert time.monotonic() - started < 1.5


def test_an_error_page_that_drips_does_not_use_up_a_long_deadline(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbound_visit, "_ERROR_BODY_SECONDS", 0.5)
    started = time.monotonic()
    error = failure_of(drips(b"HTTP/1.1 500 Oops\r\n\r\nsorry", b"x", 0.05), open_door)
    assert (error.kind, error.detail) == ("unavailable", "http_500")
    assert 0.4 < time.monotonic() - started < 1.5


@pytest.mark.parametrize("start", [b"", HEAD, HEAD + b"Content-Length: 5\r\n\r\nab"])
def test_a_server_that_falls_silent_is_given_up_after_the_read_timeout(start: bytes, open_door: OpenDoor) -> None:
    started = time.monotonic()
    error = failure_of(falls_silent(start), open_door, read_timeout=0.6)
    assert 0.5 < time.monotonic() - started < 1.2
    assert (error.kind, error.detail) == ("unavailable", "read_timeout")


def test_a_blocked_read_notices_that_the_process_is_stopping(open_door: OpenDoor) -> None:
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    started = time.monotonic()
    with RawServer(falls_silent(HEAD)) as server, pytest.raises(Unavailable) as caught:
        open_door(routes={"*": server.base}).visit(should_stop=stop.is_set)(URL)
    assert caught.value.detail == "stopped"
    assert time.monotonic() - started < 1.0


def chunks(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts)


PACKED = gzip.compress(JOBS)
GZIP = HEAD + b"Content-Encoding: gzip\r\n"
CUT_OFF = {
    "short of its length": sends(HEAD + b"Content-Length: 100\r\n\r\n" + b"x" * 50),
    "nothing of its length": sends(HEAD + b"Content-Length: 100\r\n\r\n"),
    "reset in the body": resets(HEAD + b"Content-Length: 100\r\n\r\nabc"),
    "chunks without the last": sends(CHUNKED + chunks(b"abc", b"def")),
    "in the middle of a chunk": sends(CHUNKED + b"64\r\nabc"),
    "in a chunk size": sends(CHUNKED + b"64"),
    "half a gzip without a length": sends(GZIP + b"\r\n" + PACKED[: len(PACKED) // 2]),
    "a gzip short of its checksum": sends(GZIP + b"\r\n" + PACKED[:-8]),
    "half a gzip, properly framed": sends(GZIP + b"Content-Length: 60\r\n\r\n" + PACKED[:60]),
    "half a gzip in proper chunks": sends(
        GZIP + b"Transfer-Encoding: chunked\r\n\r\n" + chunks(PACKED[:30], PACKED[30:60], b"")
    ),
    "a second gzip member cut off": sends(GZIP + b"\r\n" + PACKED + PACKED[:40]),
    "half a deflate": sends(HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(JOBS)[:200]),
    "a partial content nobody asked for": sends(b"HTTP/1.1 206 Partial\r\nContent-Length: 2\r\n\r\n[]"),
}


@pytest.mark.parametrize("how", CUT_OFF)
def test_an_answer_that_was_cut_off_is_malformed(how: str, open_door: OpenDoor) -> None:
    error = failure_of(CUT_OFF[how], open_door)
    assert (error.kind, error.detail) in {("malformed", "truncated"), ("unavailable", "connect")}
    if how != "reset in the body":
        assert error.detail == "truncated"
        assert error.sentence == "The answer of boards.example was cut off before its end."


@pytest.mark.parametrize("cut", range(20))
def test_a_gzip_cut_anywhere_is_never_taken_for_a_whole_one(cut: int, open_door: OpenDoor) -> None:
    at = 1 + (len(PACKED) - 2) * cut // 19
    error = failure_of(sends(GZIP + b"\r\n" + PACKED[:at]), open_door)
    assert (error.kind, error.detail) == ("malformed", "truncated")


DAMAGED = {
    "a bad chunk size": (sends(CHUNKED + b"zz\r\nabc\r\n0\r\n\r\n"), "truncated"),
    "a negative chunk size": (sends(CHUNKED + b"-5\r\nabc\r\n0\r\n\r\n"), None),
    "gzip that is none": (sends(GZIP + b"\r\n{}" + b"x" * 50), "damaged"),
    "gzip with a wrong checksum": (sends(GZIP + b"\r\n" + PACKED[:-8] + b"\0" * 8), "damaged"),
    "an encoding nobody asked for": (sends(HEAD + b"Content-Encoding: br\r\n\r\nabc"), "encoding"),
    "a double encoding": (sends(HEAD + b"Content-Encoding: gzip, gzip\r\n\r\nabc"), "encoding"),
    "two lengths": (sends(HEAD + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabc"), "not_http"),
    "no HTTP at all": (sends(b"SSH-2.0-OpenSSH_9.6\r\n"), "not_http"),
    "a header that never ends": (sends(HEAD + b"X-A: " + b"b" * 70_000 + b"\r\n\r\n"), "not_http"),
    "a thousand headers": (sends(HEAD + b"X-A: b\r\n" * 1000 + b"\r\n"), "not_http"),
}


@pytest.mark.parametrize("how", DAMAGED)
def test_a_damaged_answer_is_malformed_in_plain_words(how: str, open_door: OpenDoor) -> None:
    behaviour, detail = DAMAGED[how]
    error = failure_of(behaviour, open_door)
    assert error.kind == "malformed"
    if detail:
        assert error.detail == detail
    assert "boards.example" in error.sentence
    assert "Error" not in error.sentence


def test_every_way_to_send_a_whole_body_is_understood(open_door: OpenDoor) -> None:
    raw_deflate = zlib.compressobj(wbits=-15)
    ways = {
        "length": HEAD + b"Content-Length: %d\r\n\r\n" % len(JOBS) + JOBS,
        "close": HEAD + b"Connection: close\r\n\r\n" + JOBS,
        "chunks": CHUNKED + chunks(JOBS[:1000], JOBS[1000:], b""),
        "gzip": GZIP + b"Content-Length: %d\r\n\r\n" % len(PACKED) + PACKED,
        "gzip without a length": GZIP + b"\r\n" + PACKED,
        "gzip in one-byte chunks": GZIP
        + b"Transfer-Encoding: chunked\r\n\r\n"
        + chunks(*(PACKED[i : i + 1] for i in range(len(PACKED))), b""),
        "two gzip members": GZIP + b"\r\n" + gzip.compress(JOBS[:700]) + gzip.compress(JOBS[700:]),
        "gzip and padding": GZIP + b"\r\n" + PACKED + b"\0" * 100,
        "deflate": HEAD + b"Content-Encoding: deflate\r\n\r\n" + zlib.compress(JOBS),
        "deflate without its header": HEAD
        + b"Content-Encoding: deflate\r\n\r\n"
        + raw_deflate.compress(JOBS)
        + raw_deflate.flush(),
        "identity": HEAD + b"Content-Encoding: identity\r\n\r\n" + JOBS,
    }
    for way, data in ways.items():
        with RawServer(sends(data)) as server:
            visit = open_door(routes={"*": server.base}).visit()
            assert visit(URL).body == JOBS, way
            assert visit.bytes_received == len(JOBS), way


def test_an_answer_without_a_body_is_fine(open_door: OpenDoor) -> None:
    for head in (
        b"HTTP/1.1 204 No Content\r\n\r\n",
        HEAD + b"Content-Length: 0\r\n\r\n",
        GZIP + b"Content-Length: 0\r\n\r\n",
    ):
        with RawServer(sends(head)) as server:
            assert open_door(routes={"*": server.base}).visit()(URL).body == b""


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """200 MB of zeros in about 200 kB."""
    packer = zlib.compressobj(9, wbits=31)
    return b"".join(packer.compress(b"\0" * MB) for _ in range(200)) + packer.flush()


@pytest.fixture
def memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@pytest.mark.usefixtures("memory")
def test_a_decompression_bomb_is_refused_with_bounded_memory(bomb: bytes, open_door: OpenDoor) -> None:
    before, _ = tracemalloc.get_traced_memory()
    error = failure_of(sends(GZIP + b"Content-Length: %d\r\n\r\n" % len(bomb) + bomb), open_door, max_bytes=8 * MB)
    _, peak = tracemalloc.get_traced_memory()
    assert isinstance(error, TooLarge)
    assert error.sentence == "The answer of boards.example is larger than the 8 MB that are read at most."
    assert peak - before < 12 * MB


def test_forty_megabytes_are_refused_at_once_when_announced(open_door: OpenDoor) -> None:
    error = failure_of(falls_silent(HEAD + b"Content-Length: 41943040\r\n\r\n"), open_door, max_bytes=30 * MB)
    assert isinstance(error, TooLarge)


@pytest.mark.parametrize("framing", ["close", "chunks", "one chunk"])
def test_forty_megabytes_are_refused_when_they_come_unannounced(framing: str, open_door: OpenDoor) -> None:
    piece = b"x" * MB
    bodies = {
        "close": (HEAD + b"\r\n", *[piece] * 40),
        "chunks": (CHUNKED, *[chunks(piece)] * 40, chunks(b"")),
        "one chunk": (CHUNKED + b"2800000\r\n", *[piece] * 40, b"\r\n0\r\n\r\n"),
    }
    with RawServer(sends(*bodies[framing])) as server, pytest.raises(TooLarge):
        visit = open_door(routes={"*": server.base}, max_bytes=30 * MB).visit()
        visit(URL)
    assert visit.bytes_received <= 30 * MB


def test_framing_that_weighs_more_than_its_contents_is_refused(open_door: OpenDoor) -> None:
    tiny = b"000000000000000000000001\r\nx\r\n" * 100_000
    error = failure_of(sends(CHUNKED, tiny, b"0\r\n\r\n"), open_door, max_bytes=MB)
    assert isinstance(error, TooLarge)


def test_padding_after_the_end_of_a_gzip_counts_against_the_limit(open_door: OpenDoor) -> None:
    error = failure_of(sends(GZIP + b"\r\n" + PACKED, b"\0" * (MB + MB // 2)), open_door, max_bytes=MB)
    assert isinstance(error, TooLarge)


def test_a_body_of_exactly_the_limit_is_read(open_door: OpenDoor) -> None:
    script = {("GET", "boards.example", "/jobs"): Reply(200, b"x" * MB)}
    with ScriptedServer(script) as server:
        assert len(open_door(routes=server.routes, max_bytes=MB).visit()(URL).body) == MB
        with pytest.raises(TooLarge):
            open_door(routes=server.routes, max_bytes=MB - 1).visit()(URL)


def test_connections_are_used_again_after_a_whole_answer_only(open_door: OpenDoor) -> None:
    whole = HEAD + b"Content-Length: 2\r\n\r\n[]"

    def twice(sock: socket.socket, server: RawServer) -> None:
        sock.sendall(whole)
        sock.recv(65536)
        sock.sendall(whole)

    with RawServer(twice) as server:
        visit = open_door(routes={"*": server.base}).visit()
        visit(URL)
        visit(URL)
        assert server.connections == 1

    with RawServer(sends(HEAD + b"Content-Length: 100\r\n\r\nabc")) as server:
        visit = open_door(routes={"*": server.base}).visit()
        for _ in range(2):
            with pytest.raises(Malformed):
                visit(URL)
        assert server.connections == 2
