"""Rows of a source become a `Listing` that says whether it is provably whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from webapp.errors import Malformed
from webapp.values import Answer, Listing, Posting

# At least 98 in 100 rows must be understood before anything may be concluded from what is absent.
TOLERATED_UNPARSED = 0.02


class Unparsed(Exception):
    """A row without title, id or address: it cannot become a posting."""


class Skipped(Exception):
    """A row that is deliberately no posting (not listed, internal, an open application). The message says why."""


def require_list(body: object, answer: Answer, expected: str, name: str = "") -> list[Any]:
    """The list that `body` is, or holds under `name`.

    Raises:
        Malformed: there is none; `expected` names what was due, such as 'an object with a list "jobs"'.
    """
    inner = body.get(name) if name and isinstance(body, dict) else None if name else body
    if isinstance(inner, list):
        return inner
    raise wrong_shape(body, answer, expected)


def wrong_shape(value: object, answer: Answer, expected: str) -> Malformed:
    """The failure of an answer that is JSON but not what its source promises."""
    kinds = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    came = kinds.get(type(value), "a number")
    if isinstance(value, dict):
        names = ", ".join(str(name)[:40] for name in list(value)[:5])
        came += f" with {names}" if names else " without content"
    try:
        evidence = json.dumps(value)[:2000]
    except (ValueError, RecursionError):
        evidence = ""
    return Malformed(
        f"The answer has another shape than before: {expected} was due, {came} came. The source may have changed.",
        detail="shape",
        status=answer.status,
        evidence=evidence,
    )


def assemble(
    rows: Iterable[object],
    parse: Callable[[dict[str, Any]], Posting],
    *,
    reported_total: object = None,
    paged: bool = False,
    reason: str = "",
    warnings: Iterable[str] = (),
) -> Listing:
    """The listing of all `rows`, each made a posting by `parse`, which may raise `Unparsed` or `Skipped`.

    Rows with one id are one posting; the places of the copies are joined. Under offset paging (`paged`) a copy
    means that the list moved while it was read. `reason` is why the reading itself is already known not to be whole.

    Raises:
        Malformed: there are rows and none of them could be understood.
    """
    postings: dict[str, Posting] = {}
    seen = unparsed = copies = 0
    skipped: dict[str, int] = {}
    oddities = list(warnings)
    for row in rows:
        seen += 1
        try:
            posting = parse(row) if isinstance(row, dict) else _unparsed()
        except Skipped as why:
            skipped[str(why)] = skipped.get(str(why), 0) + 1
            continue
        except Unparsed:
            unparsed += 1
            continue
        # One absurd row must not cost the others; the type shows in the run, where it is a bug to be mended.
        except (TypeError, ValueError, KeyError, AttributeError, ArithmeticError, RecursionError) as error:
            unparsed += 1
            oddities.append(f"A row could not be understood ({type(error).__name__}).")
            continue
        earlier = postings.get(posting.external_id)
        if earlier is None:
            postings[posting.external_id] = posting
        else:
            copies += 1
            postings[posting.external_id] = _joined(earlier, posting)
    if seen and unparsed == seen:
        raise Malformed(
            f"None of the {seen} rows that came has a title, an id and an address: the layout has changed.",
            detail="layout",
        )
    total = reported_total if isinstance(reported_total, int) and not isinstance(reported_total, bool) else None
    total = total if total is not None and 0 <= total < 10**9 else None
    counted = seen - copies if paged else seen
    reasons = [reason] if reason else []
    if unparsed > seen * TOLERATED_UNPARSED:
        reasons.append(f"{unparsed} of {seen} rows could not be understood.")
    if total is not None and total > counted:
        reasons.append(f"The source says {total} positions and gave {counted}.")
    if copies and paged:
        reasons.append(f"{copies} positions came twice: the list moved while it was read.")
    if copies and not paged:
        oddities.append(f"{copies} rows repeat the id of another one.")
    if total is not None and total < counted:
        oddities.append(f"The source says {total} positions but gave {counted}.")
    if unparsed and unparsed <= seen * TOLERATED_UNPARSED:
        oddities.append(f"{unparsed} of {seen} rows could not be understood and were left out.")
    oddities.extend(f"Left out: {count} {why}." for why, count in skipped.items())
    return Listing(
        postings=tuple(postings.values()),
        complete=not reasons,
        reason=" ".join(reasons),
        reported_total=total,
        warnings=tuple(oddities[:20]),
    )


def _unparsed() -> Posting:
    raise Unparsed


def _joined(first: Posting, other: Posting) -> Posting:
    places = tuple(dict.fromkeys((*first.locations, *other.locations)))[:100]
    countries = tuple(dict.fromkeys((*first.country_codes, *other.country_codes)))
    if places == first.locations and countries == first.country_codes:
        return first
    return replace(first, locations=places, country_codes=countries)
