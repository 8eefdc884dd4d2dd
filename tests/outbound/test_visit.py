"""What a visit remembers and tells: validators, counts, log lines; and that settings come from the configuration."""

from __future__ import annotations

import gzip
import logging
import tomllib
from hashlib import blake2b
from ipaddress import ip_network
from pathlib import Path

import pytest

import config
from tests.outbound.conftest import OpenDoor
from tests.servers import Reply, ScriptedServer, Seen
from webapp.errors import Malformed, NotModified, OutboundError
from webapp.outbound import VERSION, OutboundDoor, OutboundSettings

URL = "https://boards.example/jobs"
KEY = ("GET", "boards.example", "/jobs")
DATE = "Mon, 23 Nov 2026 10:00:00 GMT"


def digest(body: bytes) -> str:
    return blake2b(body, digest_size=16).hexdigest()


def unchanged_if_known(seen: Seen) -> Reply:
    if seen.headers.get("if-none-match") == '"v1"' or seen.headers.get("if-modified-since") == DATE:
        return Reply(304)
    return Reply(200, b"[]", {"ETag": '"v1"', "Last-Modified": DATE})


def test_validators_kept_from_one_visit_make_the_next_one_say_unchanged(open_door: OpenDoor) -> None:
    with ScriptedServer({KEY: unchanged_if_known}) as server:
        door = open_door(routes=server.routes)
        first = door.visit()
        first(URL, conditional=True)
        assert first.validators == {URL: {"etag": '"v1"', "last_modified": DATE, "body": digest(b"[]")}}
        second = door.visit(first.validators)
        with pytest.raises(NotModified):
            second(URL, conditional=True)
        assert second.validators == first.validators
        assert (second.requests, second.bytes_received, second.last_status) == (1, 0, 304)
        assert server.seen[1].headers["if-none-match"] == '"v1"'
        assert server.seen[1].headers["if-modified-since"] == DATE


def test_validators_are_sent_and_kept_only_where_asked_for(open_door: OpenDoor) -> None:
    with ScriptedServer({KEY: unchanged_if_known, ("POST", *KEY[1:]): unchanged_if_known}) as server:
        visit = open_door(routes=server.routes).visit({URL: {"etag": '"v1"'}})
        assert visit(URL).body == b"[]"
        assert visit(URL, json={}, conditional=True).body == b"[]"
        assert visit.validators == {}
        assert not any("if-none-match" in seen.headers for seen in server.seen)


def test_validators_that_cannot_be_sent_back_are_not_kept(open_door: OpenDoor) -> None:
    replies = [Reply(200, b"[]"), Reply(200, b"[]", {"ETag": '"\xe4"'}), Reply(200, b"[]", {"ETag": '"' + "x" * 600})]
    with ScriptedServer({KEY: lambda _: replies.pop(0)}) as server:
        for _ in range(3):
            visit = open_door(routes=server.routes).visit()
            visit(URL, conditional=True)
            assert visit.validators == {URL: {"body": digest(b"[]")}}


def test_the_same_bytes_are_unchanged_whatever_the_site_says_of_them(open_door: OpenDoor) -> None:
    replies = [
        Reply(200, b"[1]", {"ETag": '"v1"'}),
        Reply(200, b"[1]", {"ETag": '"v2"'}),
        Reply(200, gzip.compress(b"[1]"), {"Content-Encoding": "gzip"}),
    ]
    with ScriptedServer({KEY: lambda _: replies.pop(0)}) as server:
        door = open_door(routes=server.routes)
        first = door.visit()
        assert first(URL, conditional=True).body == b"[1]"
        second = door.visit(first.validators)
        with pytest.raises(NotModified):
            second(URL, conditional=True)
        assert second.validators == {URL: {"etag": '"v2"', "body": digest(b"[1]")}}
        assert (second.requests, second.bytes_received, second.last_status) == (1, 3, 200)
        third = door.visit(second.validators)
        with pytest.raises(NotModified):
            third(URL, conditional=True)
        assert server.seen[2].headers["if-none-match"] == '"v2"'


def test_other_bytes_under_the_same_validators_are_news(open_door: OpenDoor) -> None:
    replies = [Reply(200, body, {"ETag": '"same"', "Last-Modified": DATE}) for body in (b"[1]", b"[2]")]
    with ScriptedServer({KEY: lambda _: replies.pop(0)}) as server:
        door = open_door(routes=server.routes)
        first = door.visit()
        first(URL, conditional=True)
        second = door.visit(first.validators)
        assert second(URL, conditional=True).body == b"[2]"
        assert second.validators[URL]["body"] == digest(b"[2]")


def test_a_body_is_compared_only_where_it_decides(open_door: OpenDoor) -> None:
    with ScriptedServer({KEY: Reply(200, b"[1]"), ("POST", *KEY[1:]): Reply(200, b"[1]")}) as server:
        visit = open_door(routes=server.routes).visit({URL: {"body": digest(b"[1]")}})
        assert visit(URL).body == b"[1]"
        assert visit(URL, json={}, conditional=True).body == b"[1]"


def test_unchanged_without_having_asked_is_malformed(open_door: OpenDoor) -> None:
    with ScriptedServer({KEY: Reply(304)}) as server:
        for known, conditional in (({}, False), ({}, True), ({URL: {"body": digest(b"[]")}}, True)):
            with pytest.raises(Malformed) as caught:
                open_door(routes=server.routes).visit(known)(URL, conditional=conditional)
            assert (caught.value.detail, caught.value.status) == ("unexpected_304", 304)


def test_validators_travel_along_a_redirect_and_belong_to_the_address_that_was_asked(open_door: OpenDoor) -> None:
    script = {KEY: Reply.redirect("/list"), ("GET", "boards.example", "/list"): unchanged_if_known}
    with ScriptedServer(script) as server:
        door = open_door(routes=server.routes)
        visit = door.visit()
        visit(URL, conditional=True)
        assert list(visit.validators) == [URL]
        with pytest.raises(NotModified):
            door.visit(visit.validators)(URL, conditional=True)


def test_a_visit_counts_requests_and_decoded_bytes_over_all_its_calls(open_door: OpenDoor) -> None:
    script = {KEY: Reply(200, b"x" * 1000), ("GET", "boards.example", "/2"): Reply(200, b"y" * 500)}
    with ScriptedServer(script) as server:
        visit = open_door(routes=server.routes).visit()
        assert visit.last_status is None
        visit(URL)
        visit("https://boards.example/2")
        with pytest.raises(OutboundError):
            visit("https://boards.example/missing")
    assert (visit.requests, visit.bytes_received, visit.last_status) == (3, 1500 + len(b"not scripted"), 404)


def test_each_request_is_one_log_line_without_path_or_query(
    open_door: OpenDoor, caplog: pytest.LogCaptureFixture
) -> None:
    with ScriptedServer({KEY: Reply.json([1, 2])}) as server, caplog.at_level(logging.INFO, "rolewatch.outbound"):
        visit = open_door(routes=server.routes).visit()
        visit(URL + "?token=secret")
        with pytest.raises(OutboundError):
            visit("https://boards.example/private")
    told = [record for record in caplog.records if record.name == "rolewatch.outbound"]
    robots, first, second = told
    assert (robots.getMessage(), robots.host, robots.status) == ("robots.txt", "boards.example", 404)
    assert {first.getMessage(), second.getMessage()} == {"request"}
    described = (first.host, first.method, first.status, first.outcome)
    assert described == ("boards.example", "GET", 200, "ok")
    assert first.bytes > 6
    assert second.outcome == "not_found"
    assert "secret" not in caplog.text
    assert "private" not in caplog.text


def test_settings_come_from_the_configuration(tmp_path: Path) -> None:
    values = config.load(
        {
            "OUTBOUND_ROUTES": '{"*": "http://127.0.0.1:9"}',
            "OUTBOUND_HOST_INTERVAL": "0.5",
            "OUTBOUND_MAX_BYTES": "1000",
            "OUTBOUND_ALLOW_NETWORKS": "10.1.0.0/16, fd00:1::/64",
            "CONTACT_URL": "https://watch.example/about",
        },
        SECRET_KEY="a secret that only tests know",
        DATABASE_URL="sqlite://",
    )
    settings = OutboundSettings.from_config(values)
    assert settings.user_agent == f"Rolewatch/{VERSION} (+https://watch.example/about)"
    assert (settings.host_interval, settings.max_bytes) == (0.5, 1000)
    assert (settings.connect_timeout, settings.read_timeout, settings.deadline) == (10.0, 30.0, 90.0)
    assert (settings.max_redirects, settings.retries, settings.routes) == (5, 2, {"*": "http://127.0.0.1:9"})
    assert settings.allow_networks == (ip_network("10.1.0.0/16"), ip_network("fd00:1::/64"))
    assert OutboundDoor(settings).settings is settings


def test_the_version_sent_to_sites_is_the_projects() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION
