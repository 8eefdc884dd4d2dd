"""One read of one board: redirects followed by hand, retries, validators, and what it all cost.

A visit asks `outbound_addresses` where to go, sends through `outbound_sending`, and has the answer judged by
`outbound_answers`. What all visits share is the door's (`outbound`).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from webapp import outbound_answers as answers
from webapp.errors import Malformed, NotModified, OutboundError, Unavailable
from webapp.outbound_addresses import REDIRECTS, check_target, host_of, judge_redirect, redirect_target
from webapp.outbound_connections import too_large
from webapp.outbound_failures import named_failures
from webapp.outbound_robots_copies import not_allowed
from webapp.outbound_sending import Incoming, Outgoing, check_site, sent
from webapp.values import Answer

if TYPE_CHECKING:
    from webapp.outbound import OutboundDoor

_RETRIED_DETAILS = frozenset({"connect", "timeout", "dns"})
_ERROR_BODY_BYTES = 64 * 1024
_ERROR_BODY_SECONDS = 5.0

_random = random.SystemRandom()


@dataclass(slots=True)
class _Call:
    """One call of a visit: what is asked, and the time it may take. `deadline` moves with the polite waits."""

    method: str
    headers: dict[str, str]
    json: Any
    was_asked_for_changes: bool
    deadline: float


class Visit:
    """One read of one board. Callable as `webapp.values.Get`; for one thread.

    Attributes:
        requests: requests sent, with redirects and retries; what the door asks a robots.txt for is its own affair.
        bytes_received: bytes of bodies, decoded.
        validators: by URL, what a later visit may ask with (`etag`, `last_modified`) and recognise an unchanged answer
            by (`body`, its digest); of conditional calls only.
        last_status: HTTP status of the last answer, None before the first.
    """

    def __init__(
        self, door: OutboundDoor, validators: Mapping[str, Mapping[str, str]], should_stop: Callable[[], bool]
    ) -> None:
        self.requests = 0
        self.bytes_received = 0
        self.validators: dict[str, dict[str, str]] = {}
        self.last_status: int | None = None
        self._door = door
        self._known = validators
        self._should_stop = should_stop

    def __call__(
        self,
        url: str,
        *,
        accept: str = "application/json",
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        conditional: bool = False,
    ) -> Answer:
        """The answer to one GET, or to one POST of `json`. See `webapp.values.Get`.

        Raises:
            OutboundError: any failure, as its kind.
            NotModified: 304 to validators that were sent, or the very body that `validators` know.
        """
        target = check_target(url)
        conditional = conditional and json is None
        known = self._known.get(url, {}) if conditional else {}
        call = _Call(
            method="GET" if json is None else "POST",
            headers=self._headers(accept, known, headers or {}),
            json=json,
            was_asked_for_changes=bool(known.get("etag") or known.get("last_modified")),
            deadline=self._door.monotonic() + self._door.settings.deadline,
        )
        try:
            answer = self._follow(target, call)
        except NotModified:
            self.validators[url] = dict(known)
            raise
        if conditional:
            # Sites that send no validators, or new ones for the same list, are unchanged all the same.
            digest = blake2b(answer.body, digest_size=16).hexdigest()
            self.validators[url] = {**_validators_in(answer.headers), "body": digest}
            if digest == known.get("body"):
                raise NotModified
        return answer

    def _headers(self, accept: str, known: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
        headers = {
            "User-Agent": self._door.settings.user_agent,
            "Accept": accept,
            "Accept-Language": "en-US,en;q=0.8",
            "Accept-Encoding": "gzip, deflate",
        }
        if known.get("etag"):
            headers["If-None-Match"] = known["etag"]
        if known.get("last_modified"):
            headers["If-Modified-Since"] = known["last_modified"]
        return headers | dict(more)

    def _follow(self, asked: str, call: _Call) -> Answer:
        """The answer at the end of the redirects. Each hop is checked, paced and retried like a first request."""
        url, seen = asked, {asked}
        for _ in range(self._door.settings.max_redirects + 1):
            result = self._with_retries(url, call)
            if isinstance(result, Answer):
                return result
            judge_redirect(asked, result)
            if call.method != "GET":
                raise Unavailable(
                    f"{host_of(asked)} redirects our search elsewhere instead of answering it.", detail="redirect"
                )
            if result in seen:
                raise Unavailable(f"{host_of(asked)} redirects in circles.", detail="redirect_loop")
            seen.add(result)
            url = result
        raise Unavailable(
            f"{host_of(asked)} redirects more than {self._door.settings.max_redirects} times in a row.",
            detail="too_many_redirects",
        )

    def _with_retries(self, url: str, call: _Call) -> Answer | str:
        attempt = 0
        while True:
            try:
                return self._hop(url, call)
            except OutboundError as error:
                attempt += 1
                pause = min(0.5 * 2**attempt, 10.0) * _random.uniform(0.5, 1.0)
                if (
                    attempt > self._door.settings.retries
                    or not _is_worth_retrying(error)
                    or self._door.circuits.is_open(host_of(url))
                    or self._door.monotonic() + pause >= call.deadline
                ):
                    raise
            self._door.sleep(pause, host_of(url), self._should_stop)

    def _hop(self, url: str, call: _Call) -> Answer | str:
        """One request: its answer, or the address it redirects to."""
        door, began = self._door, self._door.monotonic()
        check_site(door, url)
        rules = door.robots.rules_for(url, self._should_stop)
        if not rules.allows(url):
            raise not_allowed(url)
        door.wait_for_turn(host_of(url), self._should_stop, rules.crawl_delay)
        call.deadline += door.monotonic() - began
        outgoing = Outgoing(
            url, call.headers, call.deadline, door.settings.deadline, method=call.method, json=call.json
        )
        self.requests += 1
        with sent(door, outgoing, self._should_stop) as incoming:
            self.last_status = incoming.status
            return self._judge(url, incoming, call)

    def _judge(self, url: str, incoming: Incoming, call: _Call) -> Answer | str:
        host, status, headers = incoming.exchange.host, incoming.status, incoming.headers
        if status in REDIRECTS and "location" in headers:
            return redirect_target(url, headers["location"], incoming.base)
        if status == 304:
            if call.was_asked_for_changes:
                raise NotModified()
            raise Malformed(
                f"{host} answered 304 (unchanged) although nothing was known of it before.",
                detail="unexpected_304",
                status=304,
            )
        if not 200 <= status < 300:
            body = self._beginning_of_body(incoming)
            raise answers.failure_for(host, status, body=body, headers=headers, now=self._door.now())
        if status == 206:
            raise answers.truncated(host)
        body = self._body(incoming)
        if answers.is_challenge(headers, body):
            raise answers.challenge(host, status, body)
        return Answer(status=status, url=url, headers=headers, body=body)

    def _body(self, incoming: Incoming) -> bytes:
        exchange, headers = incoming.exchange, incoming.headers
        length = headers.get("content-length", "")
        if length.isdecimal() and "transfer-encoding" not in headers and int(length[:20]) > exchange.max_bytes:
            raise too_large(exchange.host, exchange.max_bytes)
        pieces = []
        for piece in incoming.pieces():
            self.bytes_received += len(piece)
            pieces.append(piece)
        return b"".join(pieces)

    def _beginning_of_body(self, incoming: Incoming) -> bytes:
        """As much of an error page as helps to name the error; failing to read it is no failure of its own."""
        exchange = incoming.exchange
        exchange.deadline = min(exchange.deadline, self._door.monotonic() + _ERROR_BODY_SECONDS)
        body = b""
        try:
            with named_failures(exchange.host):
                for piece in incoming.pieces():
                    self.bytes_received += len(piece)
                    body += piece
                    if len(body) >= _ERROR_BODY_BYTES:
                        break
        except OutboundError as error:
            if error.detail == "stopped":
                raise
        return body


def _is_worth_retrying(error: OutboundError) -> bool:
    """Passing trouble, and no pause was asked for."""
    if not isinstance(error, Unavailable) or error.retry_after is not None:
        return False
    return error.detail in _RETRIED_DETAILS or (
        error.status is not None and (error.status == 408 or error.status >= 500)
    )


def _validators_in(headers: Mapping[str, str]) -> dict[str, str]:
    found = {"etag": headers.get("etag", ""), "last_modified": headers.get("last-modified", "")}
    return {name: value for name, value in found.items() if value and len(value) <= 500 and _is_plain(value)}


def _is_plain(value: str) -> bool:
    return value.isascii() and value.isprintable()
