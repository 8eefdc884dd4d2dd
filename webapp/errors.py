"""Failures with names. Every one carries a sentence that a person can act on.

`OutboundError` and its kinds say why another site could not be read; `DomainError` and its kinds say why
something a person asked for was refused. Neither ever carries HTML or a traceback.
"""

from __future__ import annotations


class RolewatchError(Exception):
    """Base of all named failures. `sentence` is what people see."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class OutboundError(RolewatchError):
    """Another site could not be read.

    Attributes:
        kind: the class of failure, lower case: `gone`, `refused`, `unavailable`, `too_large`, `malformed`.
        detail: a finer machine word, such as `dns`, `timeout`, `tls`, `not_found`, `truncated`, `not_json`.
        status: HTTP status of the answer, if there was one.
        retry_after: seconds the site asked us to wait, already parsed from either form, unclamped; or None.
        evidence: at most 2,000 characters of the answer, for admins only; untrusted text.
    """

    kind = "unavailable"

    def __init__(
        self,
        sentence: str,
        *,
        detail: str = "",
        status: int | None = None,
        retry_after: float | None = None,
        evidence: str = "",
    ) -> None:
        super().__init__(sentence)
        self.detail = detail or self.kind
        self.status = status
        self.retry_after = retry_after
        self.evidence = evidence[:2000]


class Gone(OutboundError):
    """The page or board does not exist there (404, 410, or the ATS's own "unknown board")."""

    kind = "gone"


class Refused(OutboundError):
    """The site does not want us (401, 403, 429, 451, challenge page, robots.txt, blocked address)."""

    kind = "refused"


class Unavailable(OutboundError):
    """The site could not be reached or failed (DNS, connection, TLS, time-out, 5xx)."""

    kind = "unavailable"


class TooLarge(OutboundError):
    """The answer exceeded a limit of bytes, or decompressed to more than allowed."""

    kind = "too_large"


class Malformed(OutboundError):
    """An answer came but is not what this source promises (truncated, not JSON, other shape)."""

    kind = "malformed"


class NotModified(Exception):
    """Nothing changed since the last complete read: the site said so (304), or sent the very same bytes."""


class DomainError(RolewatchError):
    """Something a person asked for cannot be done."""


class NotFound(DomainError):
    """There is no such thing, or it is not theirs."""


class Invalid(DomainError):
    """Input that cannot be used. `field` names the form field, empty where it concerns the whole."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


class Conflict(DomainError):
    """The thing changed meanwhile, or already exists."""


class LeaseLost(RolewatchError):
    """The work took longer than its lease and another worker holds it now: the late result is dropped."""
