"""Answers requests for the sample hosts: which board is meant, how far it has come, and its list in the wire format."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, unquote

from webapp.sample import wire, wire_workday, world
from webapp.sample.companies import find
from webapp.sample.shapes import SampleCompany
from webapp.sample.state import WorldState, utcnow

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"
WORKDAY_DOMAIN = ".wd1.myworkdayjobs.sample.test"


@dataclass(frozen=True, slots=True)
class Request:
    """`path` begins with a slash and is still percent-encoded; `etag` is the If-None-Match that came."""

    method: str
    host: str
    path: str
    query: str = ""
    etag: str = ""
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def answer(request: Request, state: WorldState) -> Response:
    """What the ATS that owns `request.host` would answer. Never raises for anything a client sends."""
    segments = [unquote(part) for part in request.path.split("/") if part]
    if segments == ["robots.txt"]:
        return Response(200, b"User-agent: *\nAllow: /\n", {"Content-Type": "text/plain"})
    if request.host == "boards-api.greenhouse.sample.test":
        return _greenhouse(request, segments, state)
    if request.host == "www.comeet.sample.test":
        return _comeet(request, segments, state)
    if request.host == "api.lever.sample.test":
        return _lever(request, segments, state)
    if request.host == "api.ashbyhq.sample.test":
        return _ashby(request, segments, state)
    if request.host.endswith(WORKDAY_DOMAIN):
        return _workday(request, segments, state)
    return _json(404, {"error": "not found"})


def _greenhouse(request: Request, segments: list[str], state: WorldState) -> Response:
    unknown = _json(404, {"status": 404, "error": "Job not found"})
    company = find(segments[2], "greenhouse") if segments[:2] == ["v1", "boards"] and len(segments) > 2 else None
    if company is None or request.method != "GET":
        return unknown
    if segments[3:] == ["jobs"]:
        began = state.on_list_read(company.slug)
        if world.is_broken(company, len(began) - 1):
            return unknown
        openings = world.listed(company, len(began) - 1)
        value = wire.greenhouse_list(company, openings, began)
        if parse_qs(request.query).get("content") != ["true"]:
            for job in value["jobs"]:
                for name in ("content", "departments", "offices"):
                    del job[name]
        return _with_etag(request, value)
    began = state.peek(company.slug)
    if world.is_broken(company, len(began) - 1):
        return unknown
    if not segments[3:]:
        return _json(200, {"name": company.name, "content": f"<p>{company.about}</p>"})
    for opening in world.existing(company, len(began) - 1):
        if segments[3:] == ["jobs", str(wire.greenhouse_id(opening))]:
            return _json(200, wire.greenhouse_job(company, opening, began))
    return unknown


def _comeet(request: Request, segments: list[str], state: WorldState) -> Response:
    if segments[:1] == ["jobs"] and len(segments) == 3:
        # The name in the address is a label only; the uid decides. An unknown one leads to the home page.
        company = find(segments[2], "comeet")
        if company is None:
            return Response(302, b"", {"Location": f"https://{request.host}/"})
        began, openings = _read(company, state)
        return Response(200, wire.comeet_page(company, openings, began).encode(), {"Content-Type": HTML_TYPE})
    if segments[:3] == ["careers-api", "2.0", "company"] and segments[4:] == ["positions"]:
        company = find(segments[3], "comeet")
        if company is None or parse_qs(request.query).get("token") != [wire.comeet_token(company)]:
            return _json(400, {"status": 400, "message": "Account uid or token are not valid"})
        began, openings = _read(company, state)
        return _json(200, wire.comeet_list(company, openings, began))
    if not segments:
        home = b"<!DOCTYPE html><title>Comeet</title><p>Hiring, together."
        return Response(200, home, {"Content-Type": HTML_TYPE})
    return _json(404, {"status": 404, "message": "Not found"})


def _lever(request: Request, segments: list[str], state: WorldState) -> Response:
    company = find(segments[2], "lever") if segments[:2] == ["v0", "postings"] and len(segments) == 3 else None
    if company is None:
        return _json(404, {"ok": False, "error": "Document not found"})
    began, openings = _read(company, state)
    return _with_etag(request, wire.lever_list(company, openings, began))


def _ashby(request: Request, segments: list[str], state: WorldState) -> Response:
    board = segments[2] if segments[:2] == ["posting-api", "job-board"] and len(segments) == 3 else ""
    company = find(board, "ashby")
    if company is None:
        return _json(404, {"error": "Not found"})
    began, openings = _read(company, state)
    value = wire.ashby_list(company, openings, began)
    if parse_qs(request.query).get("includeCompensation") != ["true"]:
        for job in value["jobs"]:
            del job["compensation"]
    return _with_etag(request, value, {"Cache-Control": "public, max-age=60"})


def _workday(request: Request, segments: list[str], state: WorldState) -> Response:
    tenant = request.host.removesuffix(WORKDAY_DOMAIN)
    company = find("/".join(segments[2:4]), "workday")
    if segments[:2] != ["wday", "cxs"] or company is None or segments[2] != tenant:
        return _json(422, {"errorCode": "HTTP_422", "httpStatus": 422, "message": "Unprocessable"})
    if segments[4:] == ["jobs"] and request.method == "POST":
        return _workday_page(request, company, state)
    began = state.peek(company.slug)
    wanted = "/" + "/".join(segments[4:])
    for opening in world.existing(company, len(began) - 1):
        if wire_workday.path(opening) == wanted:
            return _json(200, wire_workday.detail(company, opening, began, utcnow()))
    return _json(404, {"errorCode": "S22", "httpStatus": 404, "message": "The requested job was not found"})


def _workday_page(request: Request, company: SampleCompany, state: WorldState) -> Response:
    try:
        asked = json.loads(request.body or b"{}")
        limit, offset = int(asked.get("limit", 20)), int(asked.get("offset", 0))
    except (ValueError, TypeError, AttributeError):
        return _json(400, {"errorCode": "HTTP_400", "httpStatus": 400})
    if not 0 < limit <= wire_workday.PAGE or offset < 0:
        return _json(400, {"errorCode": "HTTP_400", "httpStatus": 400})
    # Only the first page begins a generation: the others must belong to the same read.
    began = state.on_list_read(company.slug) if offset == 0 else state.peek(company.slug)
    openings = world.listed(company, len(began) - 1)
    return _json(200, wire_workday.page(openings, began, utcnow(), offset, limit))


def _read(company: SampleCompany, state: WorldState) -> tuple[list[Any], tuple[Any, ...]]:
    began = state.on_list_read(company.slug)
    return began, world.listed(company, len(began) - 1)


def _json(status: int, value: Any, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps(value, ensure_ascii=False).encode()
    return Response(status, body, {"Content-Type": JSON_TYPE, **(headers or {})})


def _with_etag(request: Request, value: Any, headers: dict[str, str] | None = None) -> Response:
    """200 with a weak ETag, or 304 where the client has this very answer."""
    response = _json(200, value, headers)
    etag = f'W/"{hashlib.blake2b(response.body, digest_size=16).hexdigest()}"'
    if etag in [tag.strip() for tag in request.etag.split(",")]:
        return Response(304, b"", {"ETag": etag})
    response.headers["ETag"] = etag
    return response
