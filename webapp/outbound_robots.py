"""What a robots.txt says to us, by RFC 9309. Pure: bytes in, rules out.

Protego matches paths. The lines are sorted into groups here, because it ends a group at lines it does not know, takes
`Hire` for `HireBot`, and loses the first group after half a byte order mark (measured against Google's own parser).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from protego import Protego

MAX_BYTES = 500 * 1024
LONGEST_DELAY = 10.0

_LONGEST_LINE = 16_663  # eight of the longest addresses that browsers take; Google cuts there too
_MOST_SITEMAPS = 100
_BOM = b"\xef\xbb\xbf"
_AGENT = frozenset({"user-agent", "useragent", "user agent"})
_DISALLOW = frozenset({"disallow", "dissallow", "dissalow", "disalow", "diasllow", "disallaw"})
_DELAY = frozenset({"crawl-delay", "crawl delay"})
_SITEMAP = frozenset({"sitemap", "site-map"})
_TOKEN = re.compile(r"[a-zA-Z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Rules:
    """What one robots.txt says to one agent.

    `crawl_delay` is in seconds, at most `LONGEST_DELAY`, 0 where nothing is said. `sitemaps` are untrusted text.
    """

    crawl_delay: float = 0.0
    sitemaps: tuple[str, ...] = ()
    _paths: Protego | None = None

    def allows(self, url: str) -> bool:
        """Whether `url`, of the site that these rules belong to, may be read. robots.txt itself always may."""
        return self._paths is None or self._paths.can_fetch(url, "*")


def agent_token(user_agent: str) -> str:
    """The name by which a robots.txt addresses us: what a User-Agent begins with, in lower case.

    RFC 9309 knows letters, `_` and `-` only. Digits are taken too, so that `Bot2` is not `Bot`.
    """
    found = _TOKEN.match(user_agent)
    return found.group().lower() if found else ""


def rules_in(body: bytes, token: str) -> Rules:
    """The rules in `body` for the agent `token`; of more than `MAX_BYTES`, those in whole lines before the limit.

    Text that is no robots.txt, such as a web page, has no rules: everything is allowed.
    """
    if len(body) > MAX_BYTES:
        body = body[:MAX_BYTES]
        body = body[: max(body.rfind(b"\n"), body.rfind(b"\r"), 0)]
    listened_to = {"*", token.lower()} - {""}
    rules: dict[str, list[str]] = {}
    delays: dict[str, float] = {}
    sitemaps: list[str] = []
    agents: set[str] = set()
    has_rules = False
    for field, value in _lines(body):
        if field in _AGENT:
            if has_rules:  # nothing else ends a list of agents, whatever stands between them
                agents, has_rules = set(), False
            if (agent := _addressee(value)) in listened_to:
                agents.add(agent)
                rules.setdefault(agent, [])
        elif field == "allow" or field in _DISALLOW:
            has_rules = True
            for agent in agents if value else ():
                rules[agent].append(f"{'Allow' if field == 'allow' else 'Disallow'}: {value}")
        elif field in _DELAY:
            delays |= dict.fromkeys(agents, _delay(value))
        elif field in _SITEMAP and len(sitemaps) < _MOST_SITEMAPS:
            sitemaps.append(value)
    ours = token.lower() if token.lower() in rules else "*"
    lines = rules.get(ours)
    paths = Protego.parse("\n".join(["User-agent: *", *lines])) if lines else None
    return Rules(crawl_delay=delays.get(ours, 0.0), sitemaps=tuple(sitemaps), _paths=paths)


def _lines(body: bytes) -> Iterator[tuple[str, str]]:
    """Field and value of each line that has both names: the field in lower case, the value in printable ASCII."""
    for expected in _BOM:  # some files begin with only a part of the mark
        if body[:1] != bytes([expected]):
            break
        body = body[1:]
    for raw in re.split(rb"\r\n|\r|\n", body):
        line = raw[:_LONGEST_LINE].partition(b"#")[0].strip()
        field, colon, value = line.partition(b":")
        if not colon:
            words = line.split()
            if len(words) != 2:  # prose
                continue
            field, value = words
        yield field.strip().lower().decode("ascii", "replace"), _quoted(value.strip())


def _quoted(value: bytes) -> str:
    """`value` with everything that no address may contain written as an escape."""
    return "".join(chr(byte) if 0x20 < byte < 0x7F else f"%{byte:02X}" for byte in value)


def _addressee(value: str) -> str:
    """The token that a User-agent line names; `*` for everybody; empty for nobody."""
    if value == "*" or value.startswith(("*%20", "*%09")):
        return "*"
    return agent_token(value)


def _delay(value: str) -> float:
    try:
        seconds = float(value)
    except ValueError:
        return 0.0
    return min(max(seconds, 0.0), LONGEST_DELAY) if math.isfinite(seconds) else 0.0
