"""A `Get` that answers from fixture files, and other hand-written ones for single tests."""

from __future__ import annotations

import dataclasses
import json as json_module
from collections.abc import Callable, Mapping
from dataclasses import fields as dataclass_fields
from pathlib import Path
from typing import Any

from webapp.errors import OutboundError
from webapp.values import Answer, Posting

FIXTURES = Path(__file__).parents[1] / "fixtures" / "scrapers"
TYPES = {
    ".json": "application/json; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".xml": "application/xml; charset=utf-8",
}

NAMES = [field.name for field in dataclass_fields(Posting)]

Reply = Answer | Exception | bytes | Callable[[Any], Any]


def request_key(url: str, body: Any) -> str:
    """How fixtures and `Replay` name one request."""
    return f"GET {url}" if body is None else f"POST {url} {json_module.dumps(body, sort_keys=True)}"


class Replay:
    """Answers each request by its key; one that is not there fails the test by its name.

    Keys may also be the bare URL, for any body. A reply is an answer, a failure to raise, the bytes of a JSON answer,
    or a function of the posted body that gives one of these. `asked` records the keys, `conditional` the URLs that
    were asked with validators.
    """

    def __init__(self, replies: Mapping[str, Any]) -> None:
        self.replies = dict(replies)
        self.asked: list[str] = []
        self.conditional: list[str] = []

    def __call__(
        self,
        url: str,
        *,
        accept: str = "application/json",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        conditional: bool = False,
    ) -> Answer:
        key = request_key(url, json)
        self.asked.append(key)
        if conditional:
            self.conditional.append(url)
        if key not in self.replies and url not in self.replies:
            raise AssertionError(f"No fixture answers {key}")
        reply = self.replies.get(key, self.replies.get(url))
        if callable(reply):
            reply = reply(json)
        if isinstance(reply, Exception):
            raise reply
        if isinstance(reply, Answer):
            return reply
        if not isinstance(reply, bytes):
            reply = json_module.dumps(reply).encode()
        kind = "text/html; charset=utf-8" if reply.lstrip()[:1] == b"<" else "application/json; charset=utf-8"
        return Answer(200, url, {"content-type": kind}, reply)


def board(ats: str) -> dict[str, Any]:
    """The fixture of an ATS: its `config`, and the files that answer `requests` and, for an `empty` board, those."""
    loaded: dict[str, Any] = json_module.loads((FIXTURES / ats / "board.json").read_text())
    return loaded


def replay(ats: str, which: str = "requests") -> Replay:
    """A `Get` over the fixture files of `ats`."""
    files = board(ats)[which]
    return Replay({key: (FIXTURES / ats / name).read_bytes() for key, name in files.items()})


def as_dict(posting: Posting) -> dict[str, Any]:
    """What a posting says, as JSON would hold it, without what is empty."""
    names = (field.name for field in dataclasses.fields(posting))
    fields = {name: getattr(posting, name) for name in names if name != "list_hash"}
    plain: dict[str, Any] = {}
    for name, value in fields.items():
        if value in ("", (), None) and value is not False:
            continue
        plain[name] = (
            list(value) if isinstance(value, tuple) else value if isinstance(value, str | bool) else str(value)
        )
    return plain


def failure(kind: type[OutboundError], status: int | None = None, detail: str = "") -> OutboundError:
    """A failure as the outbound door raises it."""
    return kind("The other site said no.", status=status, detail=detail)
