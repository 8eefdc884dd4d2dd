"""The texts of a sample posting as HTML, whole and in the parts that some ATSs keep apart."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from webapp.sample.postings import Opening


def paragraphs(texts: Iterable[str]) -> str:
    return "".join(f"<p>{escape(text)}</p>" for text in texts)


def items(texts: Iterable[str]) -> str:
    """List items without the list around them."""
    return "".join(f"<li>{escape(text)}</li>" for text in texts)


def intro_part(opening: Opening) -> str:
    """Who we are and what the role is."""
    return f"<p><strong>{escape(opening.about)}</strong></p>{paragraphs(opening.summary)}"


def opening_part(opening: Opening) -> str:
    """Who we are, what the role is, and what changed since it was published."""
    return intro_part(opening) + paragraphs(opening.updates)


def closing_part(opening: Opening) -> str:
    benefits = f"<h3>What we offer</h3><ul>{items(opening.benefits)}</ul>" if opening.benefits else ""
    return f"{benefits}<p>{escape(opening.closing)}</p>"


def whole(opening: Opening) -> str:
    """The complete description."""
    return (
        f"{opening_part(opening)}<h3>What you will do</h3><ul>{items(opening.duties)}</ul>"
        f"<h3>What you bring</h3><ul>{items(opening.skills)}</ul>{closing_part(opening)}"
    )
