"""Every way a site can fail has a name, and a sentence that a person understands."""

from __future__ import annotations

import socket
import threading
from typing import Any

import pytest

from tests.outbound.conftest import OpenDoor
from tests.outbound.servers import Behaviour, RawServer, resets, sends
from tests.servers import Reply, ScriptedServer
from webapp.errors import OutboundError

URL = "https://boards.example/jobs"
KEY = ("GET", "boards.example", "/jobs")
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


def failure_of(reply: Reply, open_door: OpenDoor) -> OutboundError:
    with ScriptedServer({KEY: reply}) as server, pytest.raises(OutboundError) as caught:
        open_door(routes=server.routes).visit()(URL)
    return caught.value


STATUSES = {
    "gone": {404: "not_found", 410: "gone"},
    "refused": {401: "http_401", 403: "http_403", 429: "rate_limited", 451: "http_451", 999: "http_999"},
    "malformed": {code: f"http_{code}" for code in (400, 405, 406, 409, 415, 422)},
    "unavailable": {
        code: f"http_{code}" for code in (402, 408, 425, 500, 501, 502, 503, 504, 520, 521, 522, 523, 524, 525, 530)
    },
}


@pytest.mark.parametrize(
    ("kind", "status", "detail"), [(kind, s, d) for kind, codes in STATUSES.items() for s, d in codes.items()]
)
def test_each_status_has_its_kind(kind: str, status: int, detail: str, open_door: OpenDoor) -> None:
    error = failure_of(Reply(status, b"<p>what the site said\0</p>"), open_door)
    assert (error.kind, error.detail, error.status) == (kind, detail, status)
    assert error.sentence.startswith(f"boards.example answered {status}")
    assert error.sentence.endswith(".")
    assert error.evidence == "<p>what the site said </p>"


@pytest.mark.parametrize("status", [300, 305, 600])
def test_an_odd_status_is_unavailable(status: int, open_door: OpenDoor) -> None:
    assert failure_of(Reply(status), open_door).kind == "unavailable"


def test_evidence_is_the_beginning_of_a_long_error_page_only(open_door: OpenDoor) -> None:
    error = failure_of(Reply(404, b"x" * 5_000_000), open_door)
    assert error.evidence == "x" * 2000


def test_a_packed_error_page_is_readable_evidence_and_a_damaged_one_hides_nothing(open_door: OpenDoor) -> None:
    error = failure_of(Reply(404, b"not gzip", {"Content-Encoding": "gzip"}), open_door)
    assert (error.kind, error.evidence) == ("gone", "")


PAGES = {
    "cloudflare": Reply.html("<!DOCTYPE html><html><head><title>Just a moment...</title>"),
    "cloudflare by header": Reply(200, b"[]", {"cf-mitigated": "challenge"}),
    "cloudflare block": Reply.html("<title>Attention Required! | Cloudflare</title>"),
    "vercel": Reply.html("<html><title>Vercel Security Checkpoint</title>"),
    "akamai": Reply.html(
        "<HTML><HEAD>\n<TITLE>Access Denied</TITLE></HEAD><BODY>Reference&#32;&#35;18&#46;1a2b</BODY>"
    ),
    "aws by header": Reply(200, b"", {"x-amzn-waf-action": "captcha"}),
    "aws": Reply.html('<html><script>window.awsWafCookieDomainList = [];</script><script src="x">'),
}


@pytest.mark.parametrize("status", [200, 202, 403, 405, 429, 503])
@pytest.mark.parametrize("page", PAGES)
def test_a_check_for_robots_is_recognised_on_any_status(page: str, status: int, open_door: OpenDoor) -> None:
    error = failure_of(Reply(status, PAGES[page].body, PAGES[page].headers), open_door)
    assert (error.kind, error.detail, error.status) == ("refused", "challenge", status)


@pytest.mark.parametrize(
    "reply",
    [
        Reply.json({"title": "Just a moment... <title>Just a moment...</title>", "team": "Vercel Security Checkpoint"}),
        Reply.html("<title>Jobs</title><h1>Just a moment of your time: Access Denied is our book club</h1>"),
    ],
)
def test_a_page_that_merely_uses_such_words_is_read(reply: Reply, open_door: OpenDoor) -> None:
    with ScriptedServer({KEY: reply}) as server:
        assert open_door(routes=server.routes).visit()(URL).body == reply.body


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return listener.getsockname()[1]


def test_a_refused_connection_is_named_with_the_site_that_was_asked(open_door: OpenDoor) -> None:
    with pytest.raises(OutboundError) as caught:
        open_door(routes={"*": f"http://127.0.0.1:{closed_port()}"}).visit()(URL)
    assert (caught.value.kind, caught.value.detail) == ("unavailable", "connect")
    assert caught.value.sentence == "boards.example refused the connection: no web server is running there."


@pytest.mark.parametrize("behaviour", [resets(), sends()])
def test_a_connection_broken_off_before_the_answer_is_named(behaviour: Behaviour, open_door: OpenDoor) -> None:
    with RawServer(behaviour) as server, pytest.raises(OutboundError) as caught:
        open_door(routes={"*": server.base}).visit()(URL)
    assert (caught.value.kind, caught.value.detail) == ("unavailable", "connect")
    assert "Error" not in caught.value.sentence


def test_a_site_that_does_not_take_calls_is_named(open_door: OpenDoor) -> None:
    with socket.socket() as listener:  # its queue of callers is full, so that nobody gets through
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        callers = []
        for _ in range(4):
            caller = socket.socket()
            caller.setblocking(False)
            caller.connect_ex(listener.getsockname())
            callers.append(caller)
        with pytest.raises(OutboundError) as caught:
            base = f"http://127.0.0.1:{listener.getsockname()[1]}"
            open_door(routes={"*": base}, connect_timeout=0.5).visit()(URL)
        for caller in callers:
            caller.close()
    assert (caught.value.kind, caught.value.detail) == ("unavailable", "timeout")


@pytest.mark.parametrize(
    ("failure", "detail", "sentence"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), "dns_name", "There is no site with the name boards.example."),
        (socket.gaierror(socket.EAI_NODATA, "x"), "dns_name", "There is no site with the name boards.example."),
        (UnicodeError("label too long"), "dns_name", "There is no site with the name boards.example."),
        (
            socket.gaierror(socket.EAI_AGAIN, "x"),
            "dns",
            "The name boards.example could not be looked up: the name service is in trouble.",
        ),
    ],
)
def test_an_unknown_name_is_told_from_a_name_service_in_trouble(
    failure: Exception, detail: str, sentence: str, open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look_up(*_: Any, **__: Any) -> Any:
        raise failure

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    with pytest.raises(OutboundError) as caught:
        open_door().visit()(URL)
    assert (caught.value.kind, caught.value.detail, caught.value.sentence) == ("unavailable", detail, sentence)


def test_a_name_service_that_hangs_is_given_up_in_time(open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch) -> None:
    hang = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: hang.wait(10))
    with pytest.raises(OutboundError) as caught:
        open_door(connect_timeout=0.3).visit()(URL)
    hang.set()
    assert (caught.value.kind, caught.value.detail) == ("unavailable", "dns")


def test_the_next_address_of_a_name_is_tried_when_one_is_dead(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawServer(sends(OK)) as server:
        dead = closed_port()
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda *_, **__: [
                (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port)) for port in (dead, server.port)
            ],
        )
        assert open_door().visit()("http://boards.example/jobs").body == b"[]"
