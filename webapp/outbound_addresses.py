"""Which addresses may be asked, where a route sends them, and what a redirect means.

Everything here is about text; nothing resolves or connects.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from urllib.parse import SplitResult, urljoin, urlsplit, urlunsplit

import idna

from webapp.errors import Gone, Refused

Routes = Mapping[str, str | Callable[[], str]]

REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# Whatever ends like this is an IPv4 address to browsers and resolvers, in decimal, octal or hexadecimal (WHATWG URL).
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_UNSAFE = re.compile(r"[\x00-\x1f\x7f\\]")
_LOGIN_WORD = re.compile(r"(log|sign)[-_]?(in|on)|auth|oauth2?|sso|saml2?|authenticate")
_LOGIN_HOST = re.compile(r"(log|sign)[-_]?(in|on)|auth|sso|idp")
_LANGUAGE_ROOT = re.compile(
    r"/(en|de|fr|es|it|nl|pt|pl|sv|da|no|nb|fi|cs|he|ja|ko|zh|ru|tr|uk|ar)([-_][a-z]{2,4})?", re.IGNORECASE
)
_SECOND_LEVEL = frozenset(["co", "com", "org", "net", "ac", "gov", "edu"])


def check_target(url: str) -> str:
    """`url` in one unambiguous spelling: lower-case ASCII host, no default port, no fragment.

    Which sites may be asked at all is another question, for `outbound_guard`: it needs to know what the name resolves
    to, and does not concern routed requests.

    Raises:
        Refused: it is not a plain web address (detail `address`); the sentence says what is wrong with it.
    """
    url = url.strip()
    if not url or len(url) > 8000:
        raise _refused("This web address is empty or far too long.")
    if _UNSAFE.search(url):
        raise _refused("This web address contains characters that no web address may contain.")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = _spelled_host(parts)
    except ValueError as error:
        raise _refused("This is not a web address that can be read. Write it like https://example.com/jobs.") from error
    if parts.scheme not in _DEFAULT_PORTS:
        raise _refused("Only addresses that begin with https:// or http:// can be read.")
    if not host:
        raise _refused("This web address names no valid site. Write it like https://example.com/jobs.")
    if parts.username is not None or parts.password is not None:
        raise _refused("This web address contains a user name or password. Remove the part before the @.")
    if port is not None and port not in _DEFAULT_PORTS.values() and not 1024 <= port <= 65535:
        raise _refused(f"Port {port} is not one that web sites use.")
    # Put together anew from the checked parts, so that no later parser can see another host in the same text.
    netloc = host if port is None or port == _DEFAULT_PORTS[parts.scheme] else f"{host}:{port}"
    path = parts.path.replace(" ", "%20") or "/"
    return urlunsplit((parts.scheme, netloc, path, parts.query.replace(" ", "%20"), ""))


def host_of(url: str) -> str:
    """The host of a checked address, without port."""
    return urlsplit(url).hostname or ""


def port_of(url: str) -> int:
    """The port of a checked address."""
    parts = urlsplit(url)
    return parts.port or _DEFAULT_PORTS[parts.scheme]


def names_exactly(host: str, routes: Routes) -> bool:
    """Whether a route is for this host and no other."""
    return any(pattern.lower() in {host, f"[{host}]"} for pattern in routes)


def base_for(url: str, routes: Routes) -> str | None:
    """The base URL that `routes` name for the host of `url`: exact names first, then the longest pattern; or None."""
    host = host_of(url)
    matches = [pattern for pattern in routes if fnmatchcase(host, pattern.lower())]
    if not matches:
        return None
    best = max(matches, key=lambda pattern: (pattern.lower() == host, len(pattern)))
    base = routes[best]
    return (base() if callable(base) else base).rstrip("/")


def routed(url: str, base: str) -> str:
    """The address to ask instead of `url`: `BASE/HOST/PATH?QUERY`."""
    parts = urlsplit(url)
    return f"{base}/{parts.netloc}{urlunsplit(('', '', parts.path, parts.query, ''))}"


def redirect_target(current: str, location: str, base: str | None, *, may_downgrade: bool = False) -> str:
    """Where `location`, answered to a request for `current`, leads: checked, and in terms of the original sites.

    Raises:
        Refused: the redirect leads to no acceptable address, or away from https without `may_downgrade`.
    """
    with suppress(UnicodeError):  # header values arrive as Latin-1; sites that put raw text there mean UTF-8
        location = location.encode("latin-1").decode("utf-8")
    if base:
        location = _unrouted(location, current, base)
    try:
        target = check_target(urljoin(current, location.strip()))
    except (Refused, ValueError) as error:
        raise Refused(
            f"{host_of(current)} redirects to an address that cannot be followed.", detail="redirect"
        ) from error
    if not may_downgrade and current.startswith("https:") and target.startswith("http:"):
        raise Refused(
            f"{host_of(current)} redirects from a secure to an insecure address, which is not followed.",
            detail="downgrade",
        )
    return target


def judge_redirect(asked: str, target: str) -> None:
    """Accept that a request for `asked` ends at `target`, or say what it means instead.

    Raises:
        Refused: it leads to a log-in page (detail `login`).
        Gone: it leads from a page to a home page (detail `home_page`), the usual answer for an unknown board.
    """
    start, end = urlsplit(asked), urlsplit(target)
    new_words = _words(end.path) - _words(start.path)
    new_host = "" if end.hostname == start.hostname else (end.hostname or "").split(".")[0]
    if any(map(_LOGIN_WORD.fullmatch, new_words)) or _LOGIN_HOST.fullmatch(new_host):
        raise Refused(f"{start.hostname} asks visitors to log in before they may see this page.", detail="login")
    if _is_root(start.path) or not _is_root(end.path):
        return
    # `example.com/careers` often leads to the root of `jobs.example.com` or `example.ats.com`: that is a board.
    if _bare(end.hostname) == _bare(start.hostname) or _is_registered_name(_bare(end.hostname)):
        raise Gone(
            f"{start.hostname} sends us to the home page of {end.hostname}: this page or board does not exist there.",
            detail="home_page",
        )


def _refused(sentence: str) -> Refused:
    return Refused(sentence, detail="address")


def _spelled_host(parts: SplitResult) -> str:
    """The host in its one spelling; empty where it is neither a name nor an address that everybody reads alike.

    Raises:
        ValueError: it cannot be a host.
    """
    host = (parts.hostname or "").removesuffix(".")
    if ":" in host:
        return f"[{ipaddress.IPv6Address(host).compressed}]" if "%" not in host else ""
    written = host
    if not host.isascii():
        host = idna.encode(host, uts46=True).decode("ascii")
    labels = host.split(".")
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        return ""
    if _NUMBER.fullmatch(labels[-1]):
        # 127.1, 0x7f.1, 2130706433 and ①②⑦.1 are all the same computer; only 127.0.0.1 says so.
        return host if written == host == str(ipaddress.IPv4Address(host)) else ""
    return host


def _unrouted(location: str, current: str, base: str) -> str:
    """A Location in terms of the route, put back in terms of the original site."""
    here = urlsplit(current)
    if location.startswith(base + "/"):
        return f"{here.scheme}://{location[len(base) + 1 :]}"
    own_path = f"{urlsplit(base).path}/{here.netloc}"
    if location == own_path or location.startswith((own_path + "/", own_path + "?")):
        return location[len(own_path) :] or "/"
    return location


def _words(path: str) -> set[str]:
    return {segment.rsplit(".", 1)[0] or segment for segment in path.lower().split("/") if segment}


def _is_root(path: str) -> bool:
    bare = path.rstrip("/")
    return bare in {"", "/index.html", "/home"} or bool(_LANGUAGE_ROOT.fullmatch(bare))


def _bare(host: str | None) -> str:
    return (host or "").removeprefix("www.")


def _is_registered_name(host: str) -> bool:
    labels = host.split(".")
    return len(labels) <= 2 or (len(labels) == 3 and labels[1] in _SECOND_LEVEL and len(labels[2]) == 2)
