"""What an answer's bytes, headers and status mean: the body decoded within limits, the failure named.

Bodies are decompressed here and not by the HTTP library: it decompresses without a limit, and takes half a gzip file
for a whole one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Generator, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from webapp.errors import Gone, Malformed, OutboundError, Refused, Unavailable
from webapp.outbound_connections import too_large

_PIECE = 256 * 1024
_GZIP_MAGIC = b"\x1f\x8b"
_NOT_UNDERSTOOD = frozenset({400, 405, 406, 409, 411, 413, 414, 415, 422})
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

# Headers and page marks of the checks that ask for a browser or a person, on whatever status they arrive.
_CHALLENGE_HEADERS = {
    "cf-mitigated": ("challenge",),
    "x-vercel-mitigated": ("challenge", "deny"),
    "x-amzn-waf-action": ("captcha", "challenge"),
}
_CHALLENGE_PAGE = re.compile(
    rb"<title>\s*just a moment\.\.\.|<title>\s*attention required! \| cloudflare|vercel security checkpoint"
    rb"|awswafcookiedomainlist|\.awswaf\.com/"
    rb"|<title>\s*access denied\s*</title>.{0,4000}reference\s*(?:&#32;|\s)*(?:#|&#35;)",
    re.IGNORECASE | re.DOTALL,
)


def decoded(chunks: Iterable[bytes], content_encoding: str, *, host: str, max_bytes: int) -> Iterator[bytes]:
    """The decompressed pieces of a body whose raw `chunks` come from the wire.

    Raises:
        Malformed: another encoding than gzip or deflate, or several; damaged or cut off data.
        TooLarge: more than `max_bytes`, compressed or not.
    """
    encodings = [e for e in (part.strip().lower() for part in content_encoding.split(",")) if e not in {"", "identity"}]
    if len(encodings) > 1 or not {"gzip", "x-gzip", "deflate"}.issuperset(encodings):
        raise Malformed(
            f"The answer of {host} is packed in a way that was not asked for ({content_encoding[:60]}).",
            detail="encoding",
        )
    inflater = _Inflater(encodings[0]) if encodings else None
    wire = out = 0
    try:
        for chunk in chunks:
            wire += len(chunk)
            if wire > max_bytes:
                raise too_large(host, max_bytes)
            for piece in inflater.feed(chunk) if inflater else (chunk,):
                out += len(piece)
                if out > max_bytes:
                    raise too_large(host, max_bytes)
                yield piece
    except zlib.error as error:
        raise Malformed(f"The compressed answer of {host} is damaged.", detail="damaged") from error
    if inflater and wire and not inflater.finished:
        raise truncated(host)


def truncated(host: str) -> Malformed:
    """The failure of an answer that ended before its end."""
    return Malformed(f"The answer of {host} was cut off before its end.", detail="truncated")


class _Inflater:
    """Decompresses gzip (of any number of members) or deflate, in bounded pieces."""

    def __init__(self, encoding: str) -> None:
        self._gzip = encoding != "deflate"
        self._stream: Any = None
        self._held = b""
        self._ignore_rest = False
        self.finished = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        data = self._held + data
        self._held = b""
        while data and not self._ignore_rest:
            if self._stream is None:
                if len(data) < 2:
                    self._held = data
                    return
                if self.finished and not data.startswith(_GZIP_MAGIC):
                    self._ignore_rest = True  # padding or garbage after the end, as every browser ignores it
                    return
                self._stream = zlib.decompressobj(31 if self._gzip else _deflate_bits(data))
                self.finished = False
            data = yield from self._inflate(data)

    def _inflate(self, data: bytes) -> Generator[bytes, None, bytes]:
        """The pieces of one member; returns what follows it."""
        while True:
            piece = self._stream.decompress(data, _PIECE)
            if piece:
                yield piece
            if self._stream.eof:
                rest: bytes = self._stream.unused_data
                self._stream = None
                self.finished = True
                self._ignore_rest = not self._gzip
                return rest
            data = self._stream.unconsumed_tail
            if not data and len(piece) < _PIECE:
                return b""


def _deflate_bits(data: bytes) -> int:
    """Some servers send deflate with the zlib header the standard demands, some without."""
    has_header = data[0] & 0x0F == 8 and (data[0] << 8 | data[1]) % 31 == 0
    return 15 if has_header else -15


def is_challenge(headers: Mapping[str, str], body: bytes) -> bool:
    """Whether this answer is a bot check instead of the page."""
    for name, values in _CHALLENGE_HEADERS.items():
        if headers.get(name, "").strip().lower() in values:
            return True
    start = body[:65536].lstrip()
    return start.startswith(b"<") and bool(_CHALLENGE_PAGE.search(start))


def challenge(host: str, status: int, body: bytes) -> Refused:
    """The failure of a bot check."""
    return Refused(
        f"{host} shows a check for robots instead of the page. Rolewatch does not try to get around it.",
        detail="challenge",
        status=status,
        evidence=evidence_of(body),
    )


def failure_for(
    host: str, status: int, *, body: bytes = b"", headers: Mapping[str, str] | None = None, now: datetime
) -> OutboundError:
    """What an answer with a status other than 2xx means. `now` is for a Retry-After that is a date."""
    headers = headers or {}
    if is_challenge(headers, body):
        return challenge(host, status, body)
    retry_after = parse_retry_after(headers.get("retry-after", ""), now)
    kind, detail, sentence = _meaning(host, status)
    if retry_after is not None and kind is not Gone:
        sentence += f" It asks us to come back in {spoken(retry_after)}."
    return kind(sentence, detail=detail, status=status, retry_after=retry_after, evidence=evidence_of(body))


def _meaning(host: str, status: int) -> tuple[type[OutboundError], str, str]:
    said = f"{host} answered {status}"
    if status == 404:
        return Gone, "not_found", f"{said}: this page or board does not exist there (any more)."
    if status == 410:
        return Gone, "gone", f"{said}: this page or board was removed for good."
    if status == 401:
        return Refused, "http_401", f"{said}: it wants a log-in before it shows this page."
    if status == 429:
        return Refused, "rate_limited", f"{said}: it has been asked too often and wants a pause."
    if status == 451:
        return Refused, "http_451", f"{said}: it may not show this page for legal reasons."
    if status in {403, 999}:
        return Refused, f"http_{status}", f"{said}: it does not let us read this page."
    if status in _NOT_UNDERSTOOD:
        return Malformed, f"http_{status}", f"{said}: it does not understand our request, so its layout has changed."
    if status in {408, 425}:
        return Unavailable, f"http_{status}", f"{said}: it was not ready for our request. This usually passes."
    if status >= 500:
        return Unavailable, f"http_{status}", f"{said}: it has a problem of its own. This usually passes."
    return Unavailable, f"http_{status}", f"{said}, which is not an answer that can be used."


def parse_retry_after(value: str, now: datetime) -> float | None:
    """Seconds to wait, from a number of seconds or an HTTP date; None for nothing, nonsense, or a time gone by."""
    value = value.strip()
    if re.fullmatch(r"[0-9]{1,10}", value):
        return float(value) or None
    try:
        when = parsedate_to_datetime(value)
        if when.tzinfo is None:  # "-0000" and missing zones mean UTC
            when = when.replace(tzinfo=UTC)
        seconds = (when - now).total_seconds()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return seconds if seconds > 0 else None


def spoken(seconds: float) -> str:
    """A duration as people say it: `40 seconds`, `12 minutes`, `5 hours`, `3 days`."""
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size:
            return f"{round(seconds / size)} {unit}s"
    return f"{max(round(seconds), 1)} second" + ("s" if round(seconds) > 1 else "")


def evidence_of(body: bytes) -> str:
    """The beginning of a body as text that every database can store."""
    return _CONTROLS.sub(" ", body[:2000].decode("utf-8", "replace"))
