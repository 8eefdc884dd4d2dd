"""Static files: vendored ones are what they claim, own ones stay small, all may be kept by browsers."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from flask.testing import FlaskClient

STATIC = Path(__file__).resolve().parents[2] / "static"


def test_vendored_scripts_are_the_recorded_ones() -> None:
    recorded = dict(re.findall(r"\| `([^`]+\.js)` \| `([0-9a-f]{64})` \|", (STATIC / "vendor/README.md").read_text()))
    files = {str(path.relative_to(STATIC / "vendor")): path for path in (STATIC / "vendor").rglob("*.js")}
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == recorded


def test_own_styles_and_scripts_stay_small() -> None:
    assert sum(path.stat().st_size for path in (STATIC / "css").glob("*.css")) < 35_000
    assert sum(path.stat().st_size for path in (STATIC / "js").glob("*.js")) < 15_000


def test_every_linked_file_is_there_and_may_be_kept(client: FlaskClient) -> None:
    addresses = re.findall(r'(?:href|src)="(/static/[^"]+)"', client.get("/login").text)
    assert len(addresses) >= 8
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200, address
        assert "immutable" in answer.headers["Cache-Control"]
        assert "Set-Cookie" not in answer.headers
    assert "immutable" not in client.get("/static/css/base.css").headers["Cache-Control"]
