"""Makes text safe for mail: headers, addresses and bodies."""

from __future__ import annotations

import re
from email.headerregistry import Address

HEADER_LIMIT = 150

# Everything that any parser, on any Python, takes for a line break, and what reverses or hides text: C0 and C1
# controls, U+2028/2029, the bidirectional controls, and halves of surrogate pairs.
_UNFIT = r"\x00-\x1f\x7f-\x9f\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_UNFIT_IN_LINE = re.compile(f"[{_UNFIT}]+")
_UNFIT_IN_BODY = re.compile(f"[{_UNFIT}]")
_BLANKS = re.compile(r"\s+")

_LOCAL = re.compile(r"[A-Za-z0-9!#$&'*+/=?^_`|~-]+(?:\.[A-Za-z0-9!#$&'*+/=?^_`|~-]+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?")


def clean_header(text: str, limit: int = HEADER_LIMIT) -> str:
    """`text` as one line of at most `limit` characters, without control and bidirectional characters."""
    line = _BLANKS.sub(" ", _UNFIT_IN_LINE.sub(" ", text)).strip()
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def clean_body(text: str) -> str:
    """`text` with its lines, as LF, and without any other control or bidirectional character."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNFIT_IN_BODY.sub(lambda found: found.group() if found.group() in "\n\t" else " ", lines)


def is_plain_address(address: str) -> bool:
    """Whether `address` is one ordinary e-mail address, in ASCII, fit for an envelope.

    Quoted local parts, address literals and `%` routes are legal somewhere but wanted nowhere.
    """
    local, at, domain = address.rpartition("@")
    labels = domain.split(".")
    return (
        bool(at)
        and len(local) <= 64
        and len(address) <= 254
        and _LOCAL.fullmatch(local) is not None
        and all(_LABEL.fullmatch(label) for label in labels)
    )


def mailbox(text: str) -> Address:
    """The one mailbox that `text` (`Name <address>` or an address) names, its name cleaned.

    The last angle brackets hold the address; whatever stands before is the name, however odd it looks.

    Raises:
        ValueError: there is no usable address in it.
    """
    line = clean_header(text, max(1, len(text)))
    named = re.fullmatch(r"(.*)<([^<>]*)>", line)
    name, address = (named[1].strip(), named[2].strip()) if named else ("", line)
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    if not is_plain_address(address):
        raise ValueError(f"“{clean_header(text)}” holds no usable e-mail address")
    return Address(display_name=clean_header(name), addr_spec=address)
