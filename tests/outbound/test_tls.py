"""Secure connections: a bad certificate stops the request, and the sentence says what is bad about it."""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import subprocess
import threading
from pathlib import Path

import pytest

from tests.outbound.conftest import OpenDoor
from tests.outbound.servers import RawServer, sends
from webapp.errors import OutboundError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate authority of our own, what it signed (good, expired, future, other name), and a self-signed one."""
    if not shutil.which("openssl"):
        give_up = pytest.fail if os.environ.get("CI") else pytest.skip
        give_up("openssl is not installed: the certificates for this test cannot be made")
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    def request(name: str) -> None:
        openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", "/CN=x"
        )

    authority = ("-subj", "/CN=Test authority", "-days", "30", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem", *authority)
    (folder / "index.txt").touch()
    (folder / "serial").write_text("01")
    (folder / "ca.cnf").write_text(
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\ncertificate=ca.pem\n"
        "private_key=ca.key\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n"
    )
    for name, host, start, end in (
        ("good", "boards.example", "20260101000000Z", "20991231000000Z"),
        ("expired", "boards.example", "20200101000000Z", "20200201000000Z"),
        ("future", "boards.example", "20980101000000Z", "20991231000000Z"),
        ("other", "elsewhere.example", "20260101000000Z", "20991231000000Z"),
    ):
        request(name)
        (folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{host}\n")
        dates = ("-startdate", start, "-enddate", end, "-extfile", f"{name}.ext")
        openssl("ca", "-batch", "-config", "ca.cnf", "-in", f"{name}.csr", "-out", f"{name}.pem", "-notext", *dates)
    self_signed = ("-subj", "/CN=boards.example", "-addext", "subjectAltName=DNS:boards.example", "-days", "30")
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "self.key", "-out", "self.pem", *self_signed)
    return folder


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every name resolves to this computer."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, port, **kinds: real("127.0.0.1", port, **kinds))


def tls_context(folder: Path, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


@pytest.mark.usefixtures("here")
def test_a_good_certificate_is_accepted_and_the_body_arrives_whole(certificates: Path, open_door: OpenDoor) -> None:
    body = b"x" * 1_000_000
    reply = sends(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body), body)
    with RawServer(reply, context=tls_context(certificates, "good")) as server:
        visit = open_door(ca_bundle=str(certificates / "ca.pem")).visit()
        answer = visit(f"https://boards.example:{server.port}/jobs")
    assert answer.body == body


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("expired", "The security certificate of boards.example has expired."),
        ("other", "The security certificate of boards.example belongs to another site."),
        ("self", "The security certificate of boards.example was not issued by anyone this computer trusts."),
        (
            "future",
            "The security certificate of boards.example is not valid yet (or the clock of this computer is wrong).",
        ),
    ],
)
def test_a_bad_certificate_is_named(name: str, sentence: str, certificates: Path, open_door: OpenDoor) -> None:
    with (
        RawServer(sends(OK), context=tls_context(certificates, name)) as server,
        pytest.raises(OutboundError) as caught,
    ):
        open_door(ca_bundle=str(certificates / "ca.pem"), retries=2).visit()(f"https://boards.example:{server.port}/")
    assert (caught.value.kind, caught.value.detail, caught.value.sentence) == ("unavailable", "tls", sentence)
    assert server.connections == 1


@pytest.mark.usefixtures("here")
def test_the_usual_authorities_are_trusted_and_no_others(certificates: Path, open_door: OpenDoor) -> None:
    with (
        RawServer(sends(OK), context=tls_context(certificates, "good")) as server,
        pytest.raises(OutboundError) as caught,
    ):
        open_door().visit()(f"https://boards.example:{server.port}/")
    assert caught.value.detail == "tls"


@pytest.mark.usefixtures("here")
def test_a_server_that_speaks_no_tls_is_named(open_door: OpenDoor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

        def greet() -> None:
            sock, _ = listener.accept()
            with sock:
                sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                sock.recv(4096)

        threading.Thread(target=greet, daemon=True).start()
        with pytest.raises(OutboundError) as caught:
            open_door().visit()(f"https://boards.example:{port}/")
    assert (caught.value.kind, caught.value.detail) == ("unavailable", "tls")
    assert caught.value.sentence == "No secure connection to boards.example could be made: the TLS handshake failed."


@pytest.mark.usefixtures("here")
def test_a_handshake_that_never_ends_is_given_up(open_door: OpenDoor) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(OutboundError) as caught:
        open_door(connect_timeout=0.5).visit()(f"https://boards.example:{listener.getsockname()[1]}/")
    assert (caught.value.kind, caught.value.detail) == ("unavailable", "timeout")
