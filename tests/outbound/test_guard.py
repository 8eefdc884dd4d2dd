"""Only public web sites are asked: judged by the address that is really connected to, on every hop."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest

import config
from tests.outbound.conftest import OpenDoor
from tests.outbound.servers import RawServer, sends
from tests.servers import Reply, ScriptedServer
from webapp.errors import OutboundError, Refused
from webapp.outbound_addresses import check_target, redirect_target
from webapp.outbound_guard import NOT_PUBLIC, is_public

CORPUS = Path(__file__).resolve().parents[2].parent / "shared" / "corpora" / "ssrf_urls.json"
CASES: dict[str, Any] = (
    json.loads(CORPUS.read_text("utf-8")) if CORPUS.exists() else {"urls": [], "redirect_chains": []}
)
PUBLIC = "93.184.216.34"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]"


class Network:
    """Answers look-ups as it is told, and notes every connection instead of making it.

    `names` are answers by name, one list for all look-ups or a list of lists, of which the last stays; every other
    name is public. `servers` are local ports that stand for addresses.
    """

    def __init__(self) -> None:
        self.names: dict[str, list[Any]] = {}
        self.servers: dict[str, int] = {}
        self.looked_up: list[str] = []
        self.connected: list[tuple[str, int]] = []

    def look_up(self, name: str, port: int, **_: Any) -> list[Any]:
        self.looked_up.append(name)
        if is_digits(name):
            answers: list[Any] = [name]
        else:
            answers = self.names.get(name, [PUBLIC])
        if answers and isinstance(answers[0], list):
            answers = answers[min(self.looked_up.count(name), len(answers)) - 1]
        return [
            (socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_STREAM, 6, "", (text, port))
            for text in answers
        ]


def is_digits(name: str) -> bool:
    try:
        socket.inet_pton(socket.AF_INET6 if ":" in name else socket.AF_INET, name)
    except OSError:
        return False
    return True


@pytest.fixture
def network(monkeypatch: pytest.MonkeyPatch) -> Network:
    network, really_connect = Network(), socket.socket.connect

    def connect(sock: socket.socket, address: Any) -> None:
        network.connected.append((address[0], address[1]))
        if (port := network.servers.get(address[0])) is None:
            raise ConnectionRefusedError(111, "nobody is there")
        really_connect(sock, ("127.0.0.1", port))

    monkeypatch.setattr(socket, "getaddrinfo", network.look_up)
    monkeypatch.setattr(socket.socket, "connect", connect)
    return network


def read(url: str, open_door: OpenDoor, **settings: Any) -> OutboundError | None:
    """What reading `url` without routes fails with."""
    try:
        open_door(**({"allow_networks": ()} | settings)).visit()(url)
    except OutboundError as error:
        return error
    return None


def told_names(case: dict[str, Any]) -> dict[str, list[Any]]:
    dns = case.get("dns")
    return {check_target(case["url"]).split("/")[2].partition(":")[0]: dns["answers"]} if dns else {}


# --- the corpus ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not CASES["urls"], reason="the corpus of addresses is not here")
@pytest.mark.parametrize("case", CASES["urls"], ids=lambda case: case["id"])
def test_every_address_of_the_corpus_is_judged_rightly(
    case: dict[str, Any], network: Network, open_door: OpenDoor
) -> None:
    network.names = told_names(case)
    error = read(case["url"], open_door)
    assert error is not None
    assert all(is_public(address) for address, _ in network.connected)
    if case["expect"] == "allow":
        assert network.connected, "what is public is connected to"
        assert (error.kind, error.detail) == ("unavailable", "connect")
        return
    if case.get("dns", {}).get("type") == "sequence":
        # The first look-up is public and is connected to, at exactly that address; the second one, for a further
        # connection, is judged anew.
        assert error.detail in {"connect", "address"}
        assert {address for address, _ in network.connected} == {PUBLIC}
        network.names = {name: answers[-1] for name, answers in network.names.items()}
        network.connected.clear()
        error = read(case["url"], open_door)
        assert error is not None
    assert (error.kind, error.detail) == ("refused", "address")
    assert network.connected == []
    if case["class"] in {"v4-special", "dns", "public-name-to-private", "name"} and "%" not in case["url"]:
        assert error.sentence == NOT_PUBLIC


@pytest.mark.skipif(not CASES["urls"], reason="the corpus of addresses is not here")
@pytest.mark.parametrize("case", CASES["redirect_chains"], ids=lambda case: case["id"] + "-" + case["name"])
def test_every_redirect_of_the_corpus_is_judged_rightly(
    case: dict[str, Any], network: Network, open_door: OpenDoor
) -> None:
    network.names = {"localtest.me": ["127.0.0.1"], "careers.other.example.com": ["93.184.216.35"]}
    start = "http://jobs.public.example.com/"
    if case["expect"] == "allow-or-flag":
        with pytest.raises(Refused) as caught:
            redirect_target(start.replace("http:", "https:"), case["hops"][0][1], None)
        assert caught.value.detail == "downgrade"
        return
    hops = iter(case["hops"])

    def answer(sock: socket.socket, _: RawServer) -> None:
        status, text = next(hops)
        location, body = (b"", text.encode()) if status == 200 else (b"Location: %s\r\n" % text.encode(), b"")
        head = b"HTTP/1.1 %d x\r\n%bContent-Type: text/html\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
        sock.sendall(head % (status, location, len(body)) + body)

    with RawServer(answer) as server:
        network.servers = {PUBLIC: server.port}
        error = read(start, open_door)
    asked = {address for address, _ in network.connected}
    if case["expect"] == "allow":
        assert "93.184.216.35" in asked
    elif case["hops"][0][0] == 200:
        assert error is None, "a page that only a browser would act on is just read"
        assert asked == {PUBLIC}
    else:
        assert error is not None
        assert asked == {PUBLIC}


# --- the rule itself -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address",
    [
        "1.1.1.1",
        "100.63.255.255",
        "100.128.0.0",
        "172.15.0.1",
        "192.0.1.1",
        "223.255.255.255",
        "2606:4700::1",
        "2a00::",
    ],
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        *("0.1.2.3", "10.0.0.1", "100.64.0.1", "127.9.9.9", "169.254.169.254", "172.31.0.1", "192.88.99.1"),
        *("192.168.0.1", "198.51.100.7", "203.0.113.9", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
        *("::", "::1", "::8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1", "2001::1", "fec0::1"),
        *("fe80::1", "fc00::1", "ff02::1", "2001:db8::1", "100::1", "4000::1", "fe80::1%eth0", "", "localhost"),
    ],
)
def test_everything_else_is_not(address: str) -> None:
    assert not is_public(address)


def test_names_of_the_inside_are_not_even_looked_up(network: Network, open_door: OpenDoor) -> None:
    for name in ("intranet", "db.local", "git.corp", "a.localhost", "x.cluster.local", "boards.example"):
        error = read(f"https://{name}/", open_door)
        assert error is not None
        assert error.sentence == NOT_PUBLIC
    assert network.looked_up == []


def test_what_is_judged_is_what_is_connected_to(network: Network, open_door: OpenDoor) -> None:
    network.names["jobs.acme.com"] = ["93.184.216.40", "93.184.216.41"]
    error = read("http://jobs.acme.com/", open_door)
    assert error is not None
    assert network.looked_up == ["jobs.acme.com"]
    assert network.connected == [("93.184.216.40", 80), ("93.184.216.41", 80)]


def test_private_targets_cannot_be_told_apart(network: Network, open_door: OpenDoor) -> None:
    urls = ["http://10.0.0.1/", "http://127.0.0.1/", "https://[::1]/x", "http://a.acme.com/", "http://b.acme.com/"]
    network.names = {"a.acme.com": ["10.0.0.1"], "b.acme.com": ["127.0.0.1", PUBLIC]}
    with RawServer(sends(OK)) as server:
        network.servers = {"127.0.0.1": server.port}
        errors = [read(url, open_door) for url in urls]
    assert {(type(e), e.sentence, e.detail, e.status, e.evidence) for e in errors if e} == {
        (Refused, NOT_PUBLIC, "address", None, "")
    }
    assert len(errors) == len(urls)
    assert network.connected == []


def test_networks_of_ones_own_may_be_read_under_any_name_on_any_port(network: Network, open_door: OpenDoor) -> None:
    network.names = {"careers.corp": ["10.1.2.3"], "other.corp": ["10.2.0.1"], "mixed.corp": ["10.1.2.3", PUBLIC]}
    own = {"allow_networks": (ip_network("10.1.0.0/16"),)}
    with RawServer(sends(OK)) as server:
        network.servers = {"10.1.2.3": server.port}
        assert read("http://careers.corp:8080/jobs", open_door, **own) is None
        assert read("http://10.1.2.3/jobs", open_door, **own) is None
        refused = ("http://other.corp/", "http://mixed.corp/", "http://careers.acme.com:8080/", "http://10.2.0.1/")
        for url in refused:
            error = read(url, open_door, **own)
            assert error is not None
            assert error.detail == "address", url
    assert {address for address, _ in network.connected} == {"10.1.2.3"}


def test_a_route_is_trusted_wherever_it_leads(open_door: OpenDoor) -> None:
    with ScriptedServer({("GET", "boards.example", "/jobs"): Reply.json([])}) as server:
        door = open_door(routes={"boards.example": server.base}, allow_networks=())
        assert door.visit()("https://boards.example/jobs").body == b"[]"


def test_a_route_for_everybody_is_none_for_bare_addresses(open_door: OpenDoor) -> None:
    script = {("GET", "169.254.169.254", "/"): Reply.json([]), ("GET", "10.0.0.1", "/"): Reply.json([])}
    with ScriptedServer(script) as server:
        door = open_door(routes={"*": server.base, "10.0.0.1": server.base}, allow_networks=())
        with pytest.raises(Refused) as caught:
            door.visit()("http://169.254.169.254/")
        assert caught.value.sentence == NOT_PUBLIC
        assert door.visit()("http://10.0.0.1/").body == b"[]", "a route that names it is meant"


def test_an_open_connection_of_a_route_serves_no_request_that_names_its_target(
    network: Network, open_door: OpenDoor
) -> None:
    network.names["gateway.acme.com"] = ["10.0.0.9"]
    keep_alive = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"

    def answer(sock: socket.socket, server: RawServer) -> None:
        sock.sendall(keep_alive)
        sock.settimeout(5)
        while sock.recv(65536):  # whatever else comes over this connection is answered too
            server.requests.append(b"again")
            sock.sendall(keep_alive)

    with RawServer(answer) as server:
        network.servers = {"10.0.0.9": server.port}
        door = open_door(routes={"boards.example": "http://gateway.acme.com"}, allow_networks=())
        assert door.visit()("https://boards.example/jobs").body == b"[]"
        before = len(server.requests)
        with pytest.raises(Refused):
            door.visit()("http://gateway.acme.com/admin")
        assert len(server.requests) == before


@pytest.mark.parametrize(
    "url",
    [
        "http://127.1/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://2130706433/",
        "http://１１.０.０.１/",
        "http://11.0.0.01/",
        "http://a.b.256/",
        "http://a..b.com/",
        "http://b.com../",
        "http://" + "a" * 64 + ".com/",
        "http://[fe80::1%25eth0]/",
        "http://[::1/",
        "http://[12345::]/",
    ],
)
def test_a_host_that_readers_may_read_differently_is_no_host(url: str) -> None:
    with pytest.raises(Refused) as caught:
        check_target(url)
    assert caught.value.detail == "address"


def test_an_ipv6_address_gets_one_spelling() -> None:
    assert check_target("http://[2606:4700:0000::0:1]/") == "http://[2606:4700::1]/"


@pytest.mark.parametrize("text", ["10.1.0.1/16", "10.1.0.0/16;10.2.0.0/16", "localhost", "10.1.0.0/33"])
def test_a_network_that_is_none_is_named_at_the_start(text: str, load: Callable[..., dict[str, Any]]) -> None:
    with pytest.raises(config.ConfigError, match=r"OUTBOUND_ALLOW_NETWORKS.*10.1.0.0/16"):
        load(OUTBOUND_ALLOW_NETWORKS=text)


@pytest.fixture
def load() -> Callable[..., dict[str, Any]]:
    return lambda **environ: config.load(environ, SECRET_KEY="a secret that only tests know", DATABASE_URL="sqlite://")
