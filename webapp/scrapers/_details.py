"""Sources with one page per posting: read only those whose list row is new or changed, and not too many at once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping

from webapp.errors import Gone, OutboundError, Refused, Unavailable
from webapp.values import Posting

DETAILS_PER_READ = 150
_FAILURES_IN_A_ROW = 3


def list_hash(seen: Iterable[object]) -> str:
    """A digest of what a list row says; changes when one of the values `seen` there, plain JSON, does."""
    return hashlib.blake2b(json.dumps(list(seen), sort_keys=True).encode(), digest_size=16).hexdigest()


def with_details(
    postings: tuple[Posting, ...],
    known: Mapping[str, str],
    detailed: Callable[[Posting], Posting],
    limit: int = DETAILS_PER_READ,
) -> tuple[tuple[Posting, ...], list[str]]:
    """The postings with the details that were read now, and what went wrong with them.

    `detailed` reads the page of one posting and returns it with `is_detailed=True`; it is asked at most `limit`
    times, for new postings before changed ones. A failing page costs its posting only the details of this read; a
    site that refuses or fails is not asked for more of them. Postings that have their details already are left alone.
    """
    wanted = [
        posting
        for posting in postings
        if not posting.is_detailed and known.get(posting.external_id) != posting.list_hash
    ]
    # New ones first: what changed in the list has details already, if old ones.
    wanted.sort(key=lambda posting: posting.external_id in known)
    read: dict[str, Posting] = {}
    failures = 0
    warnings: list[str] = []
    for posting in wanted[:limit]:
        try:
            read[posting.external_id] = detailed(posting)
            failures = 0
        except (Refused, Unavailable) as error:
            warnings.append(f"Details were not read any further: {error.sentence}")
            break
        except OutboundError as error:
            failures += 1
            if failures == 1:
                warnings.append(f"Details of {posting.external_id} could not be read: {error.sentence}")
            if failures == _FAILURES_IN_A_ROW and not isinstance(error, Gone):
                break
    if len(wanted) > limit:
        warnings.append(f"{len(wanted) - limit} positions wait for their details until the next read.")
    return tuple(read.get(posting.external_id, posting) for posting in postings), warnings
