"""Which addresses are asked, where routes send them, and what redirects mean."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from tests.outbound.conftest import OpenDoor
from tests.servers import Reply, ScriptedServer, Seen
from webapp.errors import OutboundError, Refused
from webapp.outbound_addresses import base_for, check_target, judge_redirect, redirect_target, routed

URL = "https://boards.example/jobs"


@pytest.mark.parametrize(
    ("url", "checked"),
    [
        ("https://Boards.Example", "https://boards.example/"),
        ("  https://boards.example:443/a?b=c#d ", "https://boards.example/a?b=c"),
        ("http://boards.example.:80/a b?c=d e", "http://boards.example/a%20b?c=d%20e"),
        ("https://boards.example:8443/a", "https://boards.example:8443/a"),
        ("https://bücher.example/ä", "https://xn--bcher-kva.example/ä"),
        ("HTTPS://[2001:db8::1]/", "https://[2001:db8::1]/"),
    ],
)
def test_an_address_gets_one_spelling(url: str, checked: str) -> None:
    assert check_target(url) == checked
    assert check_target(checked) == checked


@pytest.mark.parametrize(
    "url",
    [
        "",
        "boards.example/jobs",
        "//boards.example/jobs",
        "ftp://boards.example/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://",
        "https:///jobs",
        "https://user@boards.example/",
        "https://user:password@boards.example/",
        "https://@boards.example/",
        "https://boards.example\\@other.example/",
        "https://boards.example/\r\nHost: other.example",
        "https://boards.example/\x00",
        "https://boards.exa mple/",
        "https://boards%2eexample/",
        "https://boards.example:22/",
        "https://boards.example:0/",
        "https://boards.example:99999/",
        "https://boards.example:port/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://-/",
        "https://./",
        "https://boards.example/" + "x" * 9000,
        "https://" + "é" * 70 + ".example/",
    ],
)
def test_what_is_no_plain_web_address_is_refused_before_anything_is_sent(url: str, open_door: OpenDoor) -> None:
    with ScriptedServer() as server, pytest.raises(Refused) as caught:
        open_door(routes=server.routes).visit()(url)
    assert caught.value.detail == "address"
    assert caught.value.sentence.endswith(".")
    assert server.seen == []


def test_the_longest_route_wins_and_an_exact_name_beats_all() -> None:
    routes = {
        "*": "http://all",
        "*.sample.test": "http://sample/",
        "api.*.sample.test": lambda: "http://called/deep/",
        "a.sample.test": "http://exact",
    }
    assert base_for("https://other.example/", routes) == "http://all"
    assert base_for("https://b.sample.test/", routes) == "http://sample"
    assert base_for("https://api.eu.sample.test/", routes) == "http://called/deep"
    assert base_for("https://a.sample.test/", routes) == "http://exact"
    assert base_for("https://sample.test/", {"*.sample.test": "http://x"}) is None


def test_a_routed_request_carries_host_path_query_and_where_it_was_meant_to_go(open_door: OpenDoor) -> None:
    with ScriptedServer({("GET", "boards.example", "/jobs/a%20b"): Reply.json([1])}) as server:
        answer = open_door(routes={"boards.*": lambda: server.base}).visit()(
            "https://boards.example/jobs/a b?x=1&y=%2F", accept="text/html", headers={"X-Own": "yes"}
        )
        request = server.seen[0]
    assert answer.url == "https://boards.example/jobs/a%20b?x=1&y=%2F"
    assert (answer.status, answer.json(), answer.headers["content-type"]) == (200, [1], "application/json")
    assert request.query == {"x": "1", "y": "/"}
    assert request.headers["x-forwarded-proto"] == "https"
    assert request.headers["x-forwarded-host"] == "boards.example"
    assert request.headers["accept"] == "text/html"
    assert request.headers["accept-encoding"] == "gzip, deflate"
    assert request.headers["accept-language"] == "en-US,en;q=0.8"
    assert request.headers["user-agent"] == "Rolewatch/0 (+http://localhost)"
    assert request.headers["x-own"] == "yes"


def test_a_post_sends_json_and_says_so(open_door: OpenDoor) -> None:
    with ScriptedServer({("POST", "boards.example", "/search"): lambda seen: Reply.json(seen.json())}) as server:
        answer = open_door(routes=server.routes).visit()("https://boards.example/search", json={"limit": 20})
        assert answer.json() == {"limit": 20}
        assert server.seen[0].headers["content-type"] == "application/json"


def test_an_empty_object_is_posted_too(open_door: OpenDoor) -> None:
    with ScriptedServer({("POST", "boards.example", "/search"): lambda seen: Reply.json(seen.json())}) as server:
        assert open_door(routes=server.routes).visit()("https://boards.example/search", json={}).json() == {}


def test_proxies_and_passwords_of_the_environment_are_not_used(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with ScriptedServer({("GET", "boards.example", "/jobs"): Reply.json([])}) as server:
        open_door(routes=server.routes).visit()(URL)
        assert "authorization" not in server.seen[0].headers


def test_cookies_are_never_sent_back(open_door: OpenDoor) -> None:
    with ScriptedServer({("GET", "boards.example", "/jobs"): Reply(200, b"[]", {"Set-Cookie": "id=1"})}) as server:
        visit = open_door(routes=server.routes).visit()
        visit(URL)
        visit(URL)
        assert "cookie" not in server.seen[1].headers


# --- redirects -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed_by_the_original_addresses(status: int, open_door: OpenDoor) -> None:
    script = {
        ("GET", "example.com", "/careers"): Reply.redirect("https://www.example.com/careers", status),
        ("GET", "www.example.com", "/careers"): Reply.redirect("../jobs/list?all=1", status),
        ("GET", "www.example.com", "/jobs/list"): Reply.redirect("//jobs.ats.example/acme#open", status),
        ("GET", "jobs.ats.example", "/acme"): Reply.json([]),
    }
    with ScriptedServer(script) as server:
        visit = open_door(routes=server.routes).visit()
        answer = visit("http://example.com/careers")
    assert answer.url == "https://jobs.ats.example/acme"
    hops = ["example.com/careers", "www.example.com/careers", "www.example.com/jobs/list", "jobs.ats.example/acme"]
    assert server.paths() == hops
    assert server.seen[-1].headers["x-forwarded-host"] == "jobs.ats.example"
    assert visit.requests == 4


@pytest.mark.parametrize(
    "location", ["{base}/boards.example/list?a=1", "/boards.example/list?a=1", "/list?a=1", "list?a=1"]
)
@pytest.mark.parametrize("prefix", ["", "/gateway/v1"])
def test_a_redirect_in_terms_of_the_route_is_put_back(location: str, prefix: str) -> None:
    base = "http://127.0.0.1:9000" + prefix
    if location.startswith("/boards"):
        location = prefix + location
    target = redirect_target(URL, location.format(base=base), base)
    assert target == "https://boards.example/list?a=1"
    assert routed(target, base) == f"{base}/boards.example/list?a=1"


def test_a_redirect_to_a_host_without_route_leaves_the_route(
    open_door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = socket.getaddrinfo

    def look_up(host: str, *arguments: Any, **kinds: Any) -> Any:
        if host == "nowhere.example":
            raise socket.gaierror(socket.EAI_NONAME, "unknown")
        return real(host, *arguments, **kinds)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    script = {("GET", "boards.example", "/jobs"): Reply.redirect("https://nowhere.example/x")}
    with ScriptedServer(script) as server, pytest.raises(OutboundError) as caught:
        open_door(routes={"boards.example": server.base}).visit()(URL)
    assert caught.value.sentence == "There is no site with the name nowhere.example."


@pytest.mark.parametrize(
    ("location", "kind", "detail"),
    [
        ("https://boards.example/login?next=/jobs", "refused", "login"),
        ("https://boards.example/users/sign_in", "refused", "login"),
        ("https://boards.example/account/Login.aspx", "refused", "login"),
        ("https://login.sso.example/realms/x", "refused", "login"),
        ("https://id.example/oauth2/authorize", "refused", "login"),
        ("/", "gone", "home_page"),
        ("https://boards.example", "gone", "home_page"),
        ("https://www.boards.example/?ref=jobs", "gone", "home_page"),
        ("/en-us/", "gone", "home_page"),
        ("https://www.vendor.example/", "gone", "home_page"),
        ("https://vendor.co.uk/", "gone", "home_page"),
        ("http://boards.example/jobs2", "refused", "downgrade"),
        ("https://user@boards.example/x", "refused", "redirect"),
        ("https://boards.example:22/x", "refused", "redirect"),
        ("file:///etc/passwd", "refused", "redirect"),
        ("\\\\other.example\\x", "refused", "redirect"),
        ("https://[::1/", "refused", "redirect"),
        ("/jobs", "unavailable", "redirect_loop"),
    ],
)
def test_a_redirect_that_leads_to_no_board_says_so(location: str, kind: str, detail: str, open_door: OpenDoor) -> None:
    script = {("GET", "boards.example", "/jobs"): Reply.redirect(location)}
    with ScriptedServer(script) as server, pytest.raises(OutboundError) as caught:
        open_door(routes=server.routes, retries=2).visit()(URL)
    assert (caught.value.kind, caught.value.detail) == (kind, detail)
    assert "boards.example" in caught.value.sentence
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("https://example.com/careers", "https://jobs.example.com/"),
        ("https://example.com/careers", "https://example.teamtailor.com/"),
        ("https://example.com/", "https://www.example.com/"),
        ("https://example.com/", "https://example.io/"),
        ("https://example.com/en", "https://example.com/"),
        ("https://example.com/careers", "https://example.com/careers/author-relations"),
        ("https://jobs.example/sso", "https://jobs.example/sso/openings"),
        ("https://login.example/careers", "https://login.example/careers/"),
    ],
)
def test_a_redirect_that_may_lead_to_a_board_is_followed(asked: str, target: str) -> None:
    judge_redirect(asked, target)


def test_a_longer_circle_and_a_long_chain_end(open_door: OpenDoor) -> None:
    def onward(seen: Seen) -> Reply:
        return Reply.redirect(f"/{seen.path.strip('/')}x")

    script = {("GET", "boards.example", "/" + "x" * n): onward for n in range(1, 20)}
    script[("GET", "boards.example", "/a")] = Reply.redirect("/b")
    script[("GET", "boards.example", "/b")] = Reply.redirect("/a")
    with ScriptedServer(script) as server:
        visit = open_door(routes=server.routes, max_redirects=5).visit
        with pytest.raises(OutboundError) as caught:
            visit()("https://boards.example/a")
        assert caught.value.detail == "redirect_loop"
        assert len(server.seen) == 2
        with pytest.raises(OutboundError) as caught:
            visit()("https://boards.example/x")
        assert caught.value.detail == "too_many_redirects"
        assert len(server.seen) == 2 + 6
        server.script[("GET", "boards.example", "/xxxxxx")] = Reply.json([])
        assert visit()("https://boards.example/x").url == "https://boards.example/xxxxxx"


@pytest.mark.parametrize("status", [301, 303, 307])
def test_a_search_that_is_redirected_is_not_followed(status: int, open_door: OpenDoor) -> None:
    script = {
        ("POST", "boards.example", "/jobs"): Reply.redirect("https://status.example/maintenance", status),
        ("GET", "status.example", "/maintenance"): Reply.json([]),
    }
    with ScriptedServer(script) as server, pytest.raises(OutboundError) as caught:
        open_door(routes=server.routes, retries=2).visit()(URL, json={})
    assert (caught.value.kind, caught.value.detail) == ("unavailable", "redirect")
    assert len(server.seen) == 1
