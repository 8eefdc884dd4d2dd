"""Addresses that name a board, taken apart; and addresses of an ATS's API, put together."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urljoin, urlsplit

from webapp.errors import Invalid, Malformed
from webapp.scrapers._fields import address, ascii_host
from webapp.values import Answer

# Path segments and host labels where other boards have their name.
NO_BOARD = {
    *("embed", "v0", "v1", "v2", "v3", "api", "posting-api", "job-board", "wday", "search"),
    *("boards", "jobs", "job", "careers", "career", "app", "www", "help", "support", "status", "docs", "login"),
    *("js", "css", "assets", "static", "cdn", "robots.txt", "sitemap.xml", "favicon.ico"),
}
# Host labels of the ATS itself, where customers have theirs.
NO_TENANT = {
    *(
        "www",
        "app",
        "apps",
        "api",
        "static",
        "assets",
        "assets-cdn",
        "cdn",
        "img",
        "images",
        "media",
        "attachments-cdn",
    ),
    *("help", "support", "status", "docs", "developer", "developers", "login", "auth", "sso", "accounts", "id"),
    *("blog", "marketing", "go", "info", "mail", "email", "partners", "gallery-cdn", "staging"),
}
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_TEST_TENANT = {"sandbox", "uat", "demo", "test", "impl"}
_LOCALE = re.compile(r"[a-z]{2}([-_][A-Za-z]{2,4})?")


@dataclass(frozen=True, slots=True)
class BoardUrl:
    """A URL that may name a board.

    `host` is in lower case and IDNA, `segments` are decoded parts of the path, `query` has the last value per name.
    """

    host: str
    segments: tuple[str, ...]
    query: Mapping[str, str]

    def under(self, *domains: str) -> tuple[str, str] | None:
        """(labels before the domain, domain) for the first of `domains` that the host is or is part of."""
        for domain in domains:
            if self.host == domain:
                return "", domain
            if self.host.endswith("." + domain):
                return self.host[: -len(domain) - 1], domain
        return None

    def segment(self, index: int) -> str:
        """The segment at `index`, "" if there is none."""
        return self.segments[index] if index < len(self.segments) else ""

    def without_locale(self) -> tuple[str, ...]:
        """The segments without a leading `en-US`."""
        return self.segments[1:] if self.segments and _LOCALE.fullmatch(self.segments[0]) else self.segments


def board_url(text: str) -> BoardUrl | None:
    """`text` taken apart, with or without its scheme; None if it is no http(s) URL. Never raises."""
    text = text.strip()
    if len(text) > 4000 or re.search(r"[\x00-\x20\x7f\\]", text):
        return None
    if text.startswith("//"):
        text = "https:" + text
    if not re.match(r"[A-Za-z][A-Za-z0-9+.-]*://", text):
        text = "https://" + text
    try:
        parts = urlsplit(text)
        host = ascii_host(parts.hostname or "")
        query = dict(parse_qsl(parts.query, max_num_fields=200))
        segments = tuple(unquote(part, errors="strict") for part in parts.path.split("/") if part)
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc:
        return None
    return BoardUrl(host, segments, query)


def is_tenant(name: str, pattern: str = r"[\w.-]{1,100}", reserved: Set[str] = NO_BOARD) -> bool:
    """Whether `name` can be a board's name: of the right characters, no reserved word, no test system."""
    lowered = name.lower()
    return (
        re.fullmatch(pattern, name) is not None
        and name.strip(".") != ""
        and lowered not in reserved
        and not _TEST_TENANT & set(re.split(r"[-_.]", lowered))
    )


def host_tenant(parts: BoardUrl, *domains: str, reserved: Set[str] = NO_TENANT) -> str:
    """The name of a board that is the one label before one of `domains`; "" if there is none."""
    place = parts.under(*domains)
    return place[0] if place and is_tenant(place[0], _LABEL, reserved) else ""


def is_label(name: str, reserved: Set[str] = NO_TENANT) -> bool:
    """Whether `name` can be a board's name where that is one label of a host."""
    return is_tenant(name.lower(), _LABEL, reserved)


def company_in(token: str, domain: str, label: str, reserved: Set[str] = NO_TENANT) -> str:
    """The company, lower case, that a shorthand names by its one word before `domain`, or by its whole host.

    Raises:
        Invalid: it cannot be a company of the ATS `label`.
    """
    host = ascii_host(token)
    company = host.removesuffix(f".{domain}") if is_within(host, domain) else token
    if not is_label(company, reserved):
        raise Invalid(f"{token[:100]!r} is no {label} company: it is the word before .{domain}.")
    return company.lower()


def split_token(token: str) -> tuple[str, str]:
    """`name@where` as (name, where): the region or API host that a key carries, "" if none."""
    name, _, where = token.rpartition("@")
    return (name, where) if name else (where, "")


def setting(config: Mapping[str, Any], name: str, label: str) -> str:
    """The text `name` of a board's configuration, safe as one path segment once quoted.

    Raises:
        Malformed: it is missing, so the board must be corrected.
    """
    value = config.get(name)
    text = value.strip() if isinstance(value, str) else ""
    if not text or not text.strip("."):
        raise Malformed(f'This {label} board has no "{name}" in its settings; add it there.', detail="config")
    return text


def api_host(config: Mapping[str, Any], name: str = "api_host") -> str:
    """The host that the board's configuration names, "" if none.

    Raises:
        Malformed: it is no host name.
    """
    value = config.get(name)
    if value is None or value == "":
        return ""
    host = ascii_host(value) if isinstance(value, str) else ""
    if not host:
        raise Malformed(
            f'The "{name}" in this board\'s settings is not a host name; correct it there.', detail="config"
        )
    return host


def board_host(config: Mapping[str, Any], label: str) -> str:
    """The host on which a board of its own lives, `config["host"]`.

    Raises:
        Malformed: it is missing or no host name, so the board must be corrected.
    """
    host = api_host(config, "host")
    if not host:
        raise Malformed(f'This {label} board has no "host" in its settings; add it there.', detail="config")
    return host


def segment(text: str) -> str:
    """`text` percent-encoded as one segment of a path."""
    return quote(text, safe="~-._")


def joined(base: str, link: object) -> str:
    """The absolute address of a link found at `base`; "" if it is none."""
    text = link.strip() if isinstance(link, str) else ""
    try:
        return address(urljoin(base, text)) if text else ""
    except ValueError:
        return ""


def require_same_board(answer: Answer, name: str, label: str) -> None:
    """Refuse an answer that a redirect took to another board, to a log-in form or to the ATS's home page.

    Raises:
        Malformed: the final path does not hold the segment `name` any more.
    """
    reached = [unquote(part).lower() for part in urlsplit(answer.url).path.split("/")]
    if name.lower() not in reached:
        host = urlsplit(answer.url).hostname or "another page"
        raise Malformed(
            f"{label} redirected us from the board of {name} to a page of {host}; check the board's address.",
            detail="redirected",
            status=answer.status,
        )


def require_same_tenant(answer: Answer, url: str, label: str, vendor: str = "") -> None:
    """Refuse an answer to `url` that a redirect took to another page, or to another host.

    `vendor` is the domain of an ATS whose customers may have domains of their own, to which theirs redirects.

    Raises:
        Malformed: the answer is not what was asked for.
    """
    asked, reached = urlsplit(url), urlsplit(answer.url)
    host = reached.hostname or ""
    known = asked.hostname or ""
    moved = host != known and (not vendor or (is_within(host, vendor) and is_within(known, vendor)))
    if moved or asked.path.rstrip("/").lower() != reached.path.rstrip("/").lower():
        raise Malformed(
            f"{label} redirected us from {known} to another page, of {host or 'no host'}; check the board's address.",
            detail="redirected",
            status=answer.status,
        )


def is_within(host: str, domain: str) -> bool:
    """Whether `host` is `domain` or below it."""
    return host == domain or host.endswith("." + domain)
