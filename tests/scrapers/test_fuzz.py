"""Thousands of damaged answers: each read ends in a named failure or a listing that claims nothing it cannot know."""

from __future__ import annotations

import json
import random
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.scrapers.replay import FIXTURES, TYPES, Replay, board
from webapp.errors import OutboundError
from webapp.scrapers import SCRAPERS
from webapp.values import Answer, Listing

CASES_PER_SCRAPER = 600

EXTREMES: list[Any] = [
    "", " ", None, True, 0, -1, 1e308, 2**63, 2**64, 10**4000,
    float("nan"), float("inf"), "x" * 100_000, [], {}, [None] * 50,
    {"name": {"name": {"name": []}}}, "\x00\ud800\u202e", "javascript:alert(1)",
    "<script>alert(1)</script>", "=1+1", "9999-12-31",
    "0001-01-01T00:00:00+14:00", "https://[::1", "//x", "../..", "\r\nBcc: x@example.com",
    ["a", {"b": [1]}], "N/A", "&lt;p&gt;" * 500,
]  # fmt: skip


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = [value]
    return value


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) of a JSON value."""
    found: list[tuple[Any, Any]] = []
    stack = [value]
    while stack:
        inner = stack.pop()
        keys = list(inner) if isinstance(inner, dict) else range(len(inner)) if isinstance(inner, list) else ()
        for key in keys:
            found.append((inner, key))
            stack.append(inner[key])
    return found


def change_json(value: Any, chance: random.Random) -> Any:
    """`value` with one to four values replaced, dropped, renamed, emptied, repeated or shuffled."""
    holder = [json.loads(json.dumps(value))]
    for _ in range(chance.randint(1, 4)):
        container, key = chance.choice(places(holder))
        what = chance.choice(
            ["extreme", "extreme", "null", "drop", "rename", "empty", "repeat", "shuffle", "deep", "text"]
        )
        inner = container[key]
        if what == "extreme":
            container[key] = chance.choice(EXTREMES)
        elif what == "null":
            container[key] = None
        elif what == "drop" and isinstance(container, dict):
            del container[key]
        elif what == "rename" and isinstance(container, dict):
            container[chance.choice([str(key).upper(), f" {key}", f"{key}_"])] = container.pop(key)
        elif what == "empty" and isinstance(inner, list):
            container[key] = []
        elif what == "repeat" and isinstance(inner, list):
            container[key] = inner * chance.randint(2, 20)
        elif what == "shuffle" and isinstance(inner, list):
            chance.shuffle(inner)
        elif what == "deep":
            container[key] = nested(chance.choice([5, 200]))
        elif what == "text":
            container[key] = json.dumps(inner)[:500]
    return holder[0] if holder else None


def truncated(body: bytes, chance: random.Random) -> bytes:
    return body[: chance.randrange(len(body.rstrip()))]


def bits_flipped(body: bytes, chance: random.Random) -> bytes:
    changed = bytearray(body)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def bytes_inserted(body: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(body))
    return (
        body[:at]
        + chance.choice([b"\x00", b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\xc2\xa0"])
        + body[at:]
    )


def span_repeated(body: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.sample(range(len(body)), 2))
    return body[:end] + body[start:end] * chance.randint(1, 20) + body[end:]


def span_deleted(body: bytes, chance: random.Random) -> bytes:
    start, end = sorted(chance.sample(range(len(body)), 2))
    return body[:start] + body[end:]


def wrapped(body: bytes, chance: random.Random) -> bytes:
    before, after = chance.choice(
        [
            (b"<html><body>", b"</body></html>"),
            (b"callback(", b")"),
            (b")]}'\n", b""),
            (b"", b"<!-- cache -->"),
            (b"[" * 5000, b""),
        ]
    )
    return before + body + after


def encoded_anew(body: bytes, chance: random.Random) -> bytes:
    text = body.decode()
    return text.encode(chance.choice(["utf-16", "utf-16-le", "utf-32", "utf-8-sig"]))


BYTES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "truncated": truncated,
    "bits flipped": bits_flipped,
    "bytes inserted": bytes_inserted,
    "span repeated": span_repeated,
    "span deleted": span_deleted,
    "wrapped": wrapped,
    "encoded anew": encoded_anew,
}
CONTENT_TYPES = [
    "application/json; charset=utf-8",
    "text/html",
    "",
    "application/json; charset=utf-7",
    "x; charset=undefined",
]


def damaged(ats: str, seed: int) -> tuple[str, str, dict[str, Any], bool]:
    """(what was done, to which request, the replies, whether the list itself was cut off) of one case."""
    chance = random.Random(seed)
    files = board(ats)["requests"]
    keys = list(files)
    victim = keys[0] if chance.random() < 0.8 else chance.choice(keys)
    replies: dict[str, Any] = {}
    what = ""
    for key, name in files.items():
        raw = (FIXTURES / ats / name).read_bytes()
        kind = TYPES["." + name.rpartition(".")[2]]
        if key == victim:
            what, raw = damage(raw, name, chance)
            if chance.random() < 0.1:
                kind = chance.choice(CONTENT_TYPES)
        url = key.split(" ")[1]
        replies[key] = Answer(200, url, {"content-type": kind}, raw)
        # What a changed list asks for besides is answered too, by what is no posting.
        replies.setdefault(url, replies[key])
    return what, victim, replies, what == "truncated" and victim == keys[0]


def damage(raw: bytes, name: str, chance: random.Random) -> tuple[str, bytes]:
    if not raw.strip():
        return "nothing there to damage", raw
    if chance.random() < 0.6:
        return "values changed", values_changed(raw, name, chance)
    what = chance.choice(list(BYTES))
    return what, BYTES[what](raw, chance)


def values_changed(raw: bytes, name: str, chance: random.Random) -> bytes:
    """`raw` with some values changed: of JSON, of the JSON within a page, of tags and texts."""
    if name.endswith(".json"):
        return dumped(change_json(json.loads(raw), chance))
    text = raw.decode()
    starts = [match.end() - 1 for match in EMBEDDED.finditer(text)]
    if starts and (b"POSITIONS_DATA" in raw or chance.random() < 0.5):
        start = chance.choice(starts)
        value, end = json.JSONDecoder().raw_decode(text, start)
        return (text[:start] + dumped(change_json(value, chance)).decode() + text[end:]).encode()
    return change_markup(text, chance).encode()


EMBEDDED = re.compile(r"POSITIONS_DATA\s*=\s*\[|<script[^>]*json[^>]*>\s*[\[{]", re.IGNORECASE)


def change_markup(text: str, chance: random.Random) -> str:
    """`text` with one to four of its tags or texts dropped, repeated, swapped, renamed or made extreme."""
    parts = re.split(r"(<[^<>]*>)", text)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(parts))
        what = chance.choice(["drop", "repeat", "swap", "rename", "extreme", "extreme", "attribute", "span", "empty"])
        if what == "drop":
            parts[at] = ""
        elif what == "repeat":
            parts[at] *= chance.randint(2, 20)
        elif what == "swap":
            other = chance.randrange(len(parts))
            parts[at], parts[other] = parts[other], parts[at]
        elif what == "rename":
            parts[at] = re.sub(r"[A-Za-z]+", "other", parts[at], count=1)
        elif what == "extreme" and at % 2 == 0:
            extreme = chance.choice(EXTREMES)
            # A lone surrogate cannot be sent as UTF-8.
            parts[at] = extreme.replace("\ud800", "") if isinstance(extreme, str) else "9" * 400
        elif what == "attribute":
            parts[at] = re.sub(r'="[^"]*"', '="javascript:alert(1)"', parts[at])
        elif what == "span":
            other = min(len(parts), at + chance.randint(1, 40))
            parts[at:other] = parts[at:other] * chance.choice([0, 2, 3]) or [""]
        elif what == "empty" and at % 2 == 0:
            parts[at] = ""
    return "".join(parts)


def dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


class Forgiving(Replay):
    """Answers what no fixture answers with an empty object: damage may ask for addresses that never were."""

    def __call__(self, url: str, **options: Any) -> Answer:
        try:
            return super().__call__(url, **options)
        except AssertionError:
            return Answer(200, url, {"content-type": "application/json"}, b"{}")


def faults(listing: Listing) -> Iterator[str]:
    """What is wrong with a listing that was believed."""
    if listing.complete == bool(listing.reason):
        yield "complete and reason contradict each other"
    if any("could not be understood (" in warning for warning in listing.warnings):
        yield f"a row hit a bug: {listing.warnings}"
    ids = [posting.external_id for posting in listing.postings]
    if len(set(ids)) != len(ids):
        yield "an id is there twice"
    for posting in listing.postings:
        limits = {
            "title": 500,
            "location": 500,
            "department": 500,
            "employment_type": 120,
            "external_id": 300,
            "url": 2000,
        }
        for name, limit in limits.items():
            if len(getattr(posting, name)) > limit:
                yield f"{name} is too long"
        if not (posting.external_id and posting.title and posting.url):
            yield "a posting lacks what it must have"
        for url in (posting.url, posting.apply_url):
            if urlsplit(url).scheme not in {"http", "https"}:
                yield f"no address: {url!r}"
        texts = (
            posting.external_id,
            posting.title,
            posting.location,
            *posting.locations,
            posting.department,
            posting.url,
        )
        for text in (*texts, posting.employment_type, posting.description_html, posting.description_text):
            if any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\n\t" for c in text):
                yield f"control characters in {text[:40]!r}"
        if "<script" in posting.description_html:
            yield "a script"
        if posting.posted_at is not None and not (posting.posted_at.tzinfo and 1990 <= posting.posted_at.year <= 2101):
            yield f"an impossible date {posting.posted_at}"
        posting.content_hash()
        posting.fingerprint()


@pytest.mark.parametrize("ats", sorted(SCRAPERS))
def test_no_damage_gets_past_the_named_failures(ats: str) -> None:
    config = board(ats)["config"]
    outcomes = {"complete": 0, "incomplete": 0, "failed": 0}
    for seed in range(CASES_PER_SCRAPER):
        what, victim, replies, cut_off = damaged(ats, seed)
        case = f"{ats} seed {seed}: {what} in {victim}"
        try:
            listing = SCRAPERS[ats].read(config, Forgiving(replies), {})
        except OutboundError:
            outcomes["failed"] += 1
            continue
        except Exception as error:
            pytest.fail(f"{case}: {type(error).__name__} {error}")
        assert not list(faults(listing)), f"{case}: {list(faults(listing))}"
        outcomes["complete" if listing.complete else "incomplete"] += 1
        assert not (cut_off and listing.complete and not whole(ats, replies[victim].body)), f"{case} was believed"
    # Had the damage always, or never, been fatal, the cases would show nothing.
    assert min(outcomes["failed"], outcomes["complete"]) > CASES_PER_SCRAPER // 50, outcomes


def whole(ats: str, body: bytes) -> bool:
    """Whether a cut-off body still holds the end of its list: only a page that carries a list can."""
    if ats == "comeet":
        return b"];" in body.rpartition(b"3B.41C")[2]
    if ats == "paylocity":
        return b"};" in body.rpartition(b"ModuleTitle")[2]
    # The first page only names the search that is the list.
    if ats == "taleo":
        return True
    return b"</html>" in body
