"""Lists in pages, read to their end: the rows of all pages, and in a sentence why they are not all if that is known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from webapp.errors import OutboundError

PAGES_PER_READ = 200


@dataclass(frozen=True, slots=True)
class Page:
    """One page: its rows, how many the source says there are on all pages, and whether it says this is the last.

    `whole` is False where the page came without its end, so that rows of it may be missing.
    """

    rows: list[Any]
    total: int | None = None
    last: bool = False
    whole: bool = True


@dataclass(slots=True)
class Pages:
    """The rows of all pages, the largest total that one of them gave, and why the rows are not all of them."""

    rows: list[Any] = field(default_factory=list)
    total: int | None = None
    reason: str = ""


def read_pages(
    ask: Callable[[int, int], Page], name: Callable[[Any], str], *, most: int = PAGES_PER_READ, limit: int | None = None
) -> Pages:
    """Ask for page after page until the source says it is the last, its total is reached, or an empty one comes.

    `ask` gets the number of the page, from 0, and that of the rows before it. `name` tells rows apart; a page without
    a new one ends the reading. `limit` is how many rows the source shows at most, whatever its total.

    Raises:
        OutboundError: the first page could not be read. A later one that fails only ends the reading.
    """
    pages = Pages()
    seen: set[str] = set()
    for number in range(most):
        try:
            page = ask(number, len(pages.rows))
        except OutboundError as error:
            if number == 0:
                raise
            pages.reason = f"Page {number + 1} could not be read: {error.sentence}"
            return pages
        if page.total is not None:
            # Later pages of some sources say 0.
            pages.total = max(page.total, pages.total or 0)
        if not page.whole:
            pages.rows.extend(page.rows)
            pages.reason = f"Page {number + 1} came without its end."
            return pages
        names = {name(row) for row in page.rows}
        if not page.rows:
            return pages
        if number and names <= seen:
            pages.reason = f"Page {number + 1} repeats earlier ones."
            return pages
        pages.rows.extend(page.rows)
        seen |= names
        if limit is not None and len(pages.rows) >= limit:
            if not (page.last or (pages.total is not None and len(seen) >= pages.total < limit)):
                pages.reason = f"The source shows no more than {limit:,} positions; there may be more."
            return pages
        if page.last or (pages.total is not None and len(seen) >= pages.total):
            return pages
    pages.reason = f"There are more than {most} pages; reading stopped there."
    return pages


def count(value: object) -> int | None:
    """A number of rows that a source gives; None of anything else."""
    return value if type(value) is int and 0 <= value < 10**9 else None
