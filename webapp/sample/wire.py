"""Sample postings in the true wire formats of Greenhouse, Comeet, Lever and Ashby. Workday is in `wire_workday`.

Every function takes the company, its openings, and the times at which the board's generations began.
"""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from html import escape
from typing import Any
from urllib.parse import quote

from webapp.sample import html
from webapp.sample.postings import Opening
from webapp.sample.shapes import Place, SampleCompany

Json = Any
_NEW_YORK = timezone(timedelta(hours=-4))


def published_at(opening: Opening, began: Sequence[datetime]) -> datetime:
    """When the opening was first published, in UTC, at a full second."""
    start = began[min(opening.since, len(began) - 1)]
    if opening.since == 0:
        start -= timedelta(days=opening.age_days, minutes=opening.number * 37 % 600)
    return start.replace(microsecond=0)


def ident(opening: Opening) -> int:
    """A number of its own for every posting and every copy of it."""
    return opening.number * 16 + min(opening.copy, 15)


def _uuid(company: SampleCompany, opening: Opening) -> str:
    digest = hashlib.blake2b(f"{company.slug} {ident(opening)}".encode(), digest_size=16).digest()
    return str(uuid.UUID(bytes=digest, version=4))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "position"


# --- Greenhouse


def greenhouse_id(opening: Opening) -> int:
    return 4_510_003_000 + ident(opening) * 7


def greenhouse_list(company: SampleCompany, openings: Sequence[Opening], began: Sequence[datetime]) -> Json:
    """The answer of `/v1/boards/{token}/jobs?content=true`."""
    jobs = [greenhouse_job(company, opening, began) for opening in openings]
    return {"jobs": jobs, "meta": {"total": len(jobs)}}


def greenhouse_job(company: SampleCompany, opening: Opening, began: Sequence[datetime]) -> Json:
    words = {"remote": "Remote", "hybrid": "Hybrid", "onsite": "In-Office"}
    pay = opening.pay
    amounts = pay and {"unit": pay.currency, "min_value": f"{pay.low}.0", "max_value": f"{pay.high}.0"}
    label = f"Salary range (per {pay.period})" if pay else "Salary range"
    return {
        "id": greenhouse_id(opening),
        "internal_job_id": 3_300_100 + ident(opening),
        "requisition_id": f"{company.slug[:3].upper()}-{100 + opening.number}",
        "title": opening.title,
        "language": "en",
        "company_name": company.name + " ",
        "updated_at": began[-1].astimezone(_NEW_YORK).isoformat(timespec="seconds"),
        "first_published": published_at(opening, began).astimezone(_NEW_YORK).isoformat(timespec="seconds"),
        "application_deadline": None,
        "location": {"name": "; ".join(place.text for place in opening.places)},
        "absolute_url": f"{company.careers_url}/jobs/{greenhouse_id(opening)}",
        "metadata": [
            _metadata(901, "Workplace Type", words.get(opening.workplace), "single_select"),
            _metadata(902, "Employment Type", opening.employment, "single_select"),
            _metadata(903, label, amounts, "currency_range"),
        ],
        "departments": [
            {"id": _number(opening.department), "name": opening.department, "parent_id": None, "child_ids": []}
        ],
        "offices": [
            {"id": _number(place.text), "name": place.city, "location": place.text, "parent_id": None, "child_ids": []}
            for place in opening.places
        ],
        "data_compliance": [],
        # Greenhouse escapes the HTML once more on its way.
        "content": escape(
            f'<div class="content-intro"><p>{escape(company.name)} &middot; {escape(company.sector)}</p></div>'
            f"{html.whole(opening)}"
        ),
    }


def _metadata(identity: int, name: str, value: Json, value_type: str) -> Json:
    return {"id": identity, "name": name, "value": value, "value_type": value_type}


def _number(text: str) -> int:
    return 4_000_000 + int.from_bytes(hashlib.blake2b(text.encode(), digest_size=3).digest())


# --- Comeet


def comeet_token(company: SampleCompany) -> str:
    """The public token that the hosted page carries: 32 hexadecimal digits."""
    return hashlib.blake2b(company.board.encode(), digest_size=16).hexdigest().upper()


def comeet_page(company: SampleCompany, openings: Sequence[Opening], began: Sequence[datetime]) -> str:
    """The hosted board page with its two JavaScript assignments."""
    about = {
        "name": company.name,
        "slug": company.slug,
        "company_uid": company.board,
        "token": comeet_token(company),
        "url_comeet_hosted_page": company.careers_url,
        "description": f"<p>{escape(company.about)}</p>",
    }
    rows = []
    for row in comeet_list(company, openings, began):
        details = row.pop("details")
        rows.append({**row, "custom_fields": {"details": details, "categories": row.pop("categories")}})
    return (
        f'<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>{escape(company.name)} jobs</title></head>'
        f'<body><div id="app"></div><script>\nCOMPANY_DATA = {_script(about)};\n'
        f"COMPANY_POSITIONS_DATA = {_script(rows)};\n</script></body></html>"
    )


def _script(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/")


def comeet_list(company: SampleCompany, openings: Sequence[Opening], began: Sequence[datetime]) -> list[Json]:
    """The answer of the careers API with `details=true`: one row per posting and place."""
    return [
        _comeet_row(company, opening, place, index, began)
        for opening in openings
        for index, place in enumerate(opening.places)
    ]


def _comeet_row(company: SampleCompany, opening: Opening, place: Place, index: int, began: Sequence[datetime]) -> Json:
    words = {"remote": "Remote", "hybrid": "Hybrid", "onsite": "On-site"}
    number = 0x3B41A + ident(opening)
    place_uid = f"9B.{_number(place.text) % 4096:03X}"
    first_uid = f"{number >> 12:02X}.{number & 0xFFF:03X}"
    uid = first_uid if index == 0 else f"{first_uid}-{place_uid}"
    hosted = f"{company.careers_url}/{_slug(opening.first_title)}/{uid}"
    api = company.careers_url.split("/jobs/")[0] + f"/careers-api/2.0/company/{company.board}/positions/{uid}"
    described = html.opening_part(opening) + f"<ul>{html.items(opening.duties)}</ul>"
    return {
        "uid": uid,
        "name": opening.title,
        "department": opening.department,
        "company_name": company.name,
        "employment_type": opening.employment,
        "experience_level": "Senior" if "Senior" in opening.title or "Staff" in opening.title else "Intermediate",
        "workplace_type": words.get(opening.workplace),
        "location": {
            "name": place.text, "country": place.country_code, "city": place.city, "state": None, "postal_code": None,
            "street_name": None, "street_number": None, "arrival_instructions": None, "timezone": "Asia/Jerusalem",
            "is_remote": opening.workplace == "remote", "location_uid": place_uid,
        },
        "categories": [{"name": "Team", "value": opening.team, "order": 1}],
        "details": [
            {"name": "Description", "value": described, "order": 1},
            {"name": "Requirements", "value": f"<ul>{html.items(opening.skills)}</ul>", "order": 2},
            {"name": "What we offer", "value": html.closing_part(opening), "order": 3},
        ],
        "time_updated": began[-1].strftime("%Y-%m-%dT%H:%M:%SZ"),
        "is_internal": False,
        "internal_use_custom_id": None,
        "picture_url": None,
        "url_active_page": hosted,
        "url_comeet_hosted_page": hosted,
        "url_recruit_hosted_page": hosted,
        "url_detected_page": hosted,
        "position_url": f"{api}?token={comeet_token(company)}",
    }  # fmt: skip


# --- Lever


def lever_list(company: SampleCompany, openings: Sequence[Opening], began: Sequence[datetime]) -> list[Json]:
    """The answer of `/v0/postings/{site}?mode=json`."""
    return [_lever_row(company, opening, began) for opening in openings]


def _lever_row(company: SampleCompany, opening: Opening, began: Sequence[datetime]) -> Json:
    words = {"remote": "remote", "hybrid": "hybrid", "onsite": "on-site", "unknown": "unspecified"}
    hosted = f"{company.careers_url}/{_uuid(company, opening)}"
    intro, body, additional = html.intro_part(opening), html.paragraphs(opening.updates), html.closing_part(opening)
    row: dict[str, Json] = {
        "id": _uuid(company, opening),
        "text": opening.title,
        "country": opening.places[0].country_code or None,
        "workplaceType": words[opening.workplace],
        "createdAt": int(published_at(opening, began).timestamp() * 1000),
        "categories": {
            "location": opening.places[0].text,
            "allLocations": [place.text for place in opening.places],
            "department": opening.department,
            "team": opening.team,
            "commitment": opening.employment,
        },
        "opening": intro,
        "openingPlain": " ".join(opening.summary),
        "descriptionBody": body,
        "descriptionBodyPlain": " ".join(opening.updates),
        "description": intro + body,
        "descriptionPlain": " ".join((*opening.summary, *opening.updates)),
        "lists": [
            {"text": "What you will do", "content": html.items(opening.duties)},
            {"text": "What you bring", "content": html.items(opening.skills)},
        ],
        "additional": additional,
        "additionalPlain": opening.closing,
        "hostedUrl": hosted,
        "applyUrl": f"{hosted}/apply",
    }
    if opening.pay is not None:
        interval = {"hour": "per-hour-wage", "month": "per-month-salary", "year": "per-year-salary"}[opening.pay.period]
        row["salaryRange"] = {
            "currency": opening.pay.currency, "interval": interval, "min": opening.pay.low, "max": opening.pay.high,
        }  # fmt: skip
    return row


# --- Ashby


def ashby_list(company: SampleCompany, openings: Sequence[Opening], began: Sequence[datetime]) -> Json:
    """The answer of `/posting-api/job-board/{org}?includeCompensation=true`."""
    return {"apiVersion": "1", "jobs": [_ashby_row(company, opening, began) for opening in openings]}


def _ashby_row(company: SampleCompany, opening: Opening, began: Sequence[datetime]) -> Json:
    words = {"remote": "Remote", "hybrid": "Hybrid", "onsite": "OnSite"}
    types = {"Full-time": "FullTime", "Part-time": "PartTime", "Intern": "Intern", "Contract": "Contract"}
    page = f"https://jobs.ashbyhq.sample.test/{quote(company.board)}/{_uuid(company, opening)}"
    return {
        "id": _uuid(company, opening),
        "title": opening.title,
        "department": opening.department,
        "team": opening.team,
        "employmentType": types.get(opening.employment, "FullTime"),
        "location": opening.places[0].text,
        "secondaryLocations": [
            {"location": place.text, "address": _ashby_address(place)} for place in opening.places[1:]
        ],
        "publishedAt": published_at(opening, began).isoformat(timespec="milliseconds"),
        "isListed": True,
        "isRemote": {"remote": True, "unknown": None}.get(opening.workplace, False),
        "workplaceType": words.get(opening.workplace),
        "shouldDisplayCompensationOnJobPostings": opening.pay is not None,
        "address": {"postalAddress": _ashby_address(opening.places[0])},
        "jobUrl": page,
        "applyUrl": f"{page}/application",
        "descriptionHtml": html.whole(opening),
        "descriptionPlain": " ".join(opening.summary),
        "compensation": _ashby_compensation(opening),
    }


def _ashby_address(place: Place) -> Json:
    return {"addressLocality": place.city, "addressRegion": None, "addressCountry": place.country or None}


def _ashby_compensation(opening: Opening) -> Json:
    if opening.pay is None:
        return {"compensationTierSummary": None, "compensationTiers": [], "summaryComponents": []}
    pay = opening.pay
    interval = {"hour": "1 HOUR", "month": "1 MONTH", "year": "1 YEAR"}[pay.period]
    summary = f"{pay.currency} {pay.low:,} – {pay.high:,}"
    salary = {
        "id": f"c{ident(opening)}", "summary": summary, "compensationType": "Salary", "interval": interval,
        "currencyCode": pay.currency, "minValue": pay.low, "maxValue": pay.high,
    }  # fmt: skip
    equity = {
        "id": f"e{ident(opening)}", "summary": "Offers Equity", "compensationType": "EquityPercentage",
        "interval": "NONE", "currencyCode": None, "minValue": None, "maxValue": None,
    }  # fmt: skip
    tier = {
        "id": f"t{ident(opening)}", "title": None, "tierSummary": summary, "additionalInformation": None,
        "components": [salary, equity],
    }  # fmt: skip
    return {
        "compensationTierSummary": f"{summary} • Offers Equity",
        "scrapeableCompensationSalarySummary": summary,
        "compensationTiers": [tier],
        "summaryComponents": [salary],
    }
