"""Sample postings in the wire format of Workday: a list in pages of twenty, and a page per posting."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from webapp.sample import html
from webapp.sample.postings import Opening
from webapp.sample.shapes import SampleCompany
from webapp.sample.wire import ident, published_at

PAGE = 20

Json = Any


def _words(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-") or "Position"


def requisition(opening: Opening) -> str:
    return f"JR{20_000 + ident(opening)}"


def path(opening: Opening) -> str:
    """The external path. It is made once and does not follow later edits."""
    return f"/job/{_words(opening.places[0].city)}/{_words(opening.first_title)}_{requisition(opening)}"


def page(openings: Sequence[Opening], began: Sequence[datetime], now: datetime, offset: int, limit: int = PAGE) -> Json:
    """Up to `limit` rows from `offset`. As on many real tenants, only the first page tells the total."""
    departments = Counter(opening.department for opening in openings)
    facet = {
        "facetParameter": "jobFamilyGroup",
        "descriptor": "Job Category",
        "values": [
            {"descriptor": name, "id": f"{number:032x}", "count": count}
            for number, (name, count) in enumerate(sorted(departments.items()), 1)
        ],
    }
    rows = [_row(opening, began, now) for opening in openings[offset : offset + limit]]
    return {
        "total": len(openings) if offset == 0 else 0,
        "jobPostings": rows,
        "facets": [facet] if offset == 0 else [],
        "userAuthenticated": False,
    }


def _row(opening: Opening, began: Sequence[datetime], now: datetime) -> Json:
    places = opening.places
    row: dict[str, Json] = {
        "title": opening.title,
        "externalPath": path(opening),
        "locationsText": places[0].text if len(places) == 1 else f"{len(places)} Locations",
        "postedOn": _posted_on((now.date() - published_at(opening, began).date()).days),
        "bulletFields": [requisition(opening)],
        "timeType": _time_type(opening),
    }
    if opening.workplace != "unknown":
        row["remoteType"] = _remote_type(opening)
    return row


def _posted_on(days: int) -> str:
    if days <= 0:
        return "Posted Today"
    if days == 1:
        return "Posted Yesterday"
    return f"Posted {days} Days Ago" if days <= 30 else "Posted 30+ Days Ago"


def _time_type(opening: Opening) -> str:
    return "Part time" if opening.employment == "Part-time" else "Full time"


def _remote_type(opening: Opening) -> str | None:
    return {"remote": "Remote", "hybrid": "Hybrid", "onsite": "On-site"}.get(opening.workplace)


def detail(company: SampleCompany, opening: Opening, began: Sequence[datetime], now: datetime) -> Json:
    """The answer for one posting."""
    published = published_at(opening, began)
    place = opening.places[0]
    info = {
        "id": f"{ident(opening):032x}",
        "title": opening.title,
        "jobDescription": html.whole(opening),
        "location": place.text,
        "additionalLocations": [other.text for other in opening.places[1:]],
        "postedOn": _posted_on((now.date() - published.date()).days),
        "startDate": published.date().isoformat(),
        "timeType": _time_type(opening),
        "remoteType": _remote_type(opening),
        "jobReqId": requisition(opening),
        "jobPostingId": path(opening).rsplit("/", 1)[-1],
        "jobPostingSiteId": company.board.split("/")[1],
        "country": {"descriptor": place.country, "id": f"{len(place.country):032x}"},
        "canApply": True,
        "posted": True,
        "externalUrl": company.careers_url + path(opening),
    }
    return {
        "jobPostingInfo": info,
        "hiringOrganization": {"name": company.name, "url": ""},
        "similarJobs": [],
        "userAuthenticated": False,
    }
