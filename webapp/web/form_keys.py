"""Keys that make a form posted twice harmless."""

from __future__ import annotations

import re
import secrets

_FORM_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


def new_form_key() -> str:
    """A key that names one showing of a form, so that posting it twice creates one thing."""
    return secrets.token_urlsafe(24)


def read_form_key(text: str | None) -> str:
    """The key that a form sent, or an empty text if it is none of ours."""
    return text if text and _FORM_KEY.fullmatch(text) else ""
