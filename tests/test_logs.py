"""Log lines: one per event, whatever is in it, and no secret in any of them."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from webapp import logs


@pytest.fixture(params=["text", "json"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """What the log says from now on."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    logs.configure("INFO", request.param)
    stream = io.StringIO()
    for handler in root.handlers:
        if handler.get_name() == "rolewatch" and isinstance(handler, logging.StreamHandler):
            handler.setStream(stream)
    yield stream
    root.handlers, root.level = before, level


def fail_with(password: str) -> None:
    """Raises with a secret among its variables."""
    token = f"token-{password}"
    raise RuntimeError(f"it broke, {len(token)}")


def test_a_traceback_never_holds_the_variables_of_its_frames(written: io.StringIO) -> None:
    try:
        fail_with(" ".join(["correct", "horse"]))
    except RuntimeError:
        logging.getLogger("rolewatch.web").exception("unexpected error", extra={"error_id": "1a2b"})
    text = written.getvalue()
    assert "it broke" in text
    assert "fail_with" in text
    assert "1a2b" in text
    assert "correct horse" not in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    "said",
    [
        "GET https://hooks.example/x?token=TOPSECRET&a=1",
        "postgresql+psycopg://rolewatch:TOPSECRET@db/rolewatch is down",
        "redis://:TOPSECRET@cache:6379/0 is down",
        "GET /unsubscribe/TOPSECRET.abc",
    ],
)
def test_secrets_are_blanked_in_events_facts_and_errors(written: io.StringIO, said: str) -> None:
    log = logging.getLogger("rolewatch.test")
    log.info("%s", said)
    log.info("facts", extra={"path": said, "nested": {"deep": [said]}})
    log.info("names", extra={"mail_password": "TOPSECRET", "cookie": "TOPSECRET", "n": {"api_token": "TOPSECRET"}})
    try:
        raise ValueError(said)
    except ValueError:
        log.exception("failed")
    assert "TOPSECRET" not in written.getvalue()
    assert written.getvalue().count("blanked") >= 4


@pytest.mark.parametrize(
    "forged",
    ["a\nlevel=error event=forged", "a\r\nb", "a\u2028b", "a\x1b[2Jb", "a\x0bb\x0cc\x85d", "a\ud800b", "\u202eabc"],
)
def test_foreign_text_makes_no_second_line_and_no_terminal_command(written: io.StringIO, forged: str) -> None:
    log = logging.getLogger("rolewatch.test")
    log.info("title %s", forged)
    log.info("title", extra={"title": forged, "deep": [forged]})
    text = written.getvalue()
    assert len(text.splitlines()) == 2
    assert not set("\x1b\r\x0b\x0c\x85\u2028\u202e\ud800") & set(text)


def test_json_lines_are_json(written: io.StringIO) -> None:
    logging.getLogger("rolewatch.test").info("board read", extra={"board_id": 7, "odd": {1, 2}})
    text = written.getvalue()
    if text.startswith("{"):
        assert json.loads(text)["board_id"] == 7
