"""Which computers may be asked: public web sites only, unless the configuration names a network of one's own.

The guard judges twice. `check_site` judges the name and the port before anything is looked up; `check_addresses`
judges what the name resolved to, and the connection is then made to exactly these addresses, without a second look-up.
Every refused target gets the same sentence, so that nobody can learn from it what is there.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass

from webapp.errors import Refused

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

NOT_PUBLIC = "Only public web sites can be read, and this address does not lead to one."

_WEB_PORTS = frozenset({80, 443})

# Not `ipaddress.is_private` or `is_global`: their answers differ between Python versions, and both let some through.
_SPECIAL_IPV4 = tuple(
    map(
        ipaddress.IPv4Network,
        (
            "0.0.0.0/8",  # this network
            "10.0.0.0/8",  # private
            "100.64.0.0/10",  # shared by the customers of a provider (CGNAT)
            "127.0.0.0/8",  # this computer
            "168.63.129.16/32",  # the inside of Azure, though the registries call it public
            "169.254.0.0/16",  # link-local, where clouds answer questions about themselves
            "172.16.0.0/12",  # private
            "192.0.0.0/24",  # protocol assignments
            "192.0.2.0/24",  # documentation
            "192.88.99.0/24",  # relays to IPv6, given up
            "192.168.0.0/16",  # private
            "198.18.0.0/15",  # benchmarks
            "198.51.100.0/24",  # documentation
            "203.0.113.0/24",  # documentation
            "224.0.0.0/4",  # multicast
            "240.0.0.0/4",  # reserved, and broadcast
        ),
    )
)
# Everything public in IPv6 is in here. Outside of it are, among others, this computer, link-local, site-local and
# unique local addresses, multicast, and IPv4 in its forms `::a.b.c.d`, `::ffff:a.b.c.d` and `64:ff9b::a.b.c.d`.
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_SPECIAL_IPV6 = tuple(
    map(
        ipaddress.IPv6Network,
        (
            "2001::/23",  # protocol assignments: Teredo, benchmarks, ORCHID
            "2001:db8::/32",  # documentation
            "2002::/16",  # 6to4: IPv4 addresses in disguise
            "3fff::/20",  # documentation
        ),
    )
)
# Last parts of names that no public name has (RFC 2606, 6761, 6762 appendix G, 7686, 8375, 9476), or that only the
# inside of clouds and clusters knows.
_LOCAL_ENDINGS = frozenset(
    [
        *("alt", "arpa", "consul", "corp", "domain", "example", "home", "i2p", "internal", "intranet", "invalid"),
        *("lan", "local", "localdomain", "localhost", "mail", "onion", "private", "svc", "test", "workgroup"),
    ]
)


def is_public(address: str) -> bool:
    """Whether `address`, IPv4 or IPv6 in digits, belongs to the public internet. Nonsense does not."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(parsed, ipaddress.IPv4Address):
        return not any(parsed in network for network in _SPECIAL_IPV4)
    return parsed in _GLOBAL_UNICAST and not any(parsed in network for network in _SPECIAL_IPV6)


def is_address(host: str) -> bool:
    """Whether `host`, as it stands in a checked URL, is an address in digits and not a name."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Guard:
    """The rule for everything that is not routed. What is in `allowed` may be asked under any name, on any port."""

    allowed: tuple[Network, ...] = ()

    def check_site(self, host: str, port: int) -> None:
        """Accept host and port of a checked URL as far as can be told without looking the name up.

        Raises:
            Refused: this can be no public web site (detail `address`).
        """
        if is_address(host):
            self.check_addresses(host, port, [host.strip("[]")])
        elif not self.allowed:
            _check_port(port)
            if _is_local_name(host):
                raise refused()

    def check_addresses(self, host: str, port: int, addresses: Iterable[str]) -> None:
        """Accept what `host` resolved to. One bad address among good ones is an attempt to slip through.

        Raises:
            Refused: one of them is not public, or not in an allowed network where name or port ask for it.
        """
        strangers = [address for address in addresses if not self._is_allowed(address)]
        if not strangers:
            return
        _check_port(port)
        local = not is_address(host) and _is_local_name(host)
        if local or not all(map(is_public, strangers)):
            raise refused()

    def _is_allowed(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self.allowed)


def refused() -> Refused:
    """The one failure of every address that is not public."""
    return Refused(NOT_PUBLIC, detail="address")


def _check_port(port: int) -> None:
    if port not in _WEB_PORTS:
        raise Refused(f"Port {port} is not one that public web sites use.", detail="address")


def _is_local_name(host: str) -> bool:
    labels = host.split(".")
    return len(labels) < 2 or labels[-1] in _LOCAL_ENDINGS
