"""Recorded answers of real boards, served at their true addresses, and what they say, read without the scrapers.

They lie beside the project and are no part of it. Left out are recordings of other formats: VCR cassettes (an API of
2013) and `graphql_*` (what Ashby's own page asks, not its public API); `workday/*_detail.json` are details, no lists.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from tests.servers import Reply, ScriptedServer, Seen

RECORDED = Path(__file__).parents[2] / ".." / "shared" / "payloads" / "open"
PATTERNS = {
    "greenhouse": "*.json",
    "comeet": "*.html",
    "workday": "*_list*.json",
    "lever": "*.json",
    "ashby": "[!g]*.json",
}
ERROR_PAGE = "<html><title>503</title><h1>Service unavailable</h1></html>"
# Workday sites are not named inside their answers.
WORKDAY_SITES = {
    "nvidia": "https://nvidia.wd5.myworkdayjobs.com/NVIDIAExternalCareerSite",
    "compgraph": "https://compgraph.wd1.myworkdayjobs.com/External_Careers",
}

Row = dict[str, Any]


class Fact(NamedTuple):
    """What a payload says about one posting. `places`: all its places, where the source lists them one by one."""

    title: str
    location: str
    url: str
    places: frozenset[str] = frozenset()


@dataclass(frozen=True)
class RecordedBoard:
    """One recorded list: `rows` are its postings as recorded, `whole` is the answer around them."""

    path: Path
    ats: str
    whole: Any
    rows: list[Row]
    careers_url: str
    address: tuple[str, str, str]

    @property
    def name(self) -> str:
        return f"{self.ats}/{self.path.stem}"

    @property
    def is_trimmed(self) -> bool:
        """Whether the recording says that the board has more postings than it holds."""
        total = self._total()
        return total is not None and total > len(self.rows)

    def _total(self) -> int | None:
        if self.ats == "greenhouse":
            return (self.whole.get("meta") or {}).get("total")
        return self.whole["total"] if self.ats == "workday" else None

    # --- what it says -----------------------------------------------------------------------------------------------

    def external_id(self, row: Row) -> str:
        if self.ats == "workday":
            first = row["bulletFields"][0]
            return first if first.startswith("JR") else row["externalPath"].rpartition("/")[2]
        return str(row["uid"] if self.ats == "comeet" else row["id"])

    def title(self, row: Row) -> str:
        return squeezed(row[{"lever": "text", "comeet": "name"}.get(self.ats, "title")])

    def facts(self, rows: Sequence[Row]) -> dict[str, Fact]:
        """By id: title, place and address of every posting in `rows`."""
        return {self.external_id(row): Fact(self.title(row), *self._where(row), self._places(row)) for row in rows}

    def _places(self, row: Row) -> frozenset[str]:
        if self.ats == "lever":
            return frozenset(map(squeezed, row["categories"]["allLocations"]))
        if self.ats == "ashby":
            others = [place["location"] for place in row.get("secondaryLocations", [])]
            return frozenset(map(squeezed, [row["location"], *others]))
        return frozenset()

    def _where(self, row: Row) -> tuple[str, str]:
        match self.ats:
            case "greenhouse":
                return squeezed(row["location"]["name"]), row["absolute_url"]
            case "lever":
                return squeezed(row["categories"]["location"]), row["hostedUrl"]
            case "ashby":
                return squeezed(row["location"]), row["jobUrl"].replace(" ", "%20")
            case "comeet":
                return squeezed(row["location"]["name"]), row["url_active_page"]
            case _:
                return self._place_of_detail(row), self.careers_url + self._detail_path(row)

    # --- serving it -------------------------------------------------------------------------------------------------

    def serve(self, server: ScriptedServer, rows: Sequence[Row], *, etag: str = "") -> None:
        """Answer with these rows and a total that agrees with them; the recorded bytes where they say just that."""
        if self.ats == "workday":
            self._serve_details(server, rows)
            server.script[self.address] = lambda asked: self._page(rows, asked)
            return
        body = self.body(rows)
        kind = "text/html; charset=utf-8" if self.ats == "comeet" else "application/json; charset=utf-8"
        reply = Reply(200, body, {"Content-Type": kind, **({"ETag": etag} if etag else {})})

        def answer(asked: Seen) -> Reply:
            return Reply(304) if etag and asked.headers.get("if-none-match") == etag else reply

        server.script[self.address] = answer

    def serve_as_recorded(self, server: ScriptedServer, rows: Sequence[Row]) -> None:
        """Answer with the recorded total, which may promise more than these rows."""
        if self.ats == "workday":
            self._serve_details(server, rows)
            server.script[self.address] = lambda asked: self._page(rows, asked, total=self._total())
            return
        body = self.path.read_bytes() if rows == self.rows else json.dumps({**self.whole, "jobs": rows}).encode()
        server.script[self.address] = Reply(200, body, {"Content-Type": "application/json"})

    def answer_with(self, server: ScriptedServer, reply: Reply | Callable[[Seen], Reply]) -> None:
        """Answer with anything else."""
        server.script[self.address] = reply

    def body(self, rows: Sequence[Row]) -> bytes:
        """The answer that lists `rows`, or the first page of it."""
        if self.ats == "workday":
            return json.dumps({**self.whole, "total": len(rows), "jobPostings": list(rows)[:20]}).encode()
        if list(rows) == self.rows and not self.is_trimmed:
            return self.path.read_bytes()
        if self.ats == "comeet":
            before, _, after = comeet_parts(self.whole)
            return (before + json.dumps(list(rows)) + after).encode()
        if self.ats == "lever":
            return json.dumps(list(rows)).encode()
        meta = {"meta": {"total": len(rows)}} if self._total() is not None else {}
        return json.dumps({**self.whole, "jobs": list(rows), **meta}).encode()

    def _page(self, rows: Sequence[Row], asked: Seen, total: int | None = None) -> Reply:
        wanted = asked.json()
        part = list(rows)[wanted["offset"] : wanted["offset"] + wanted["limit"]]
        return Reply.json({**self.whole, "total": len(rows) if total is None else total, "jobPostings": part})

    # Of the postings' own pages one was recorded; the others are made up from what the list says.
    def _serve_details(self, server: ScriptedServer, rows: Sequence[Row]) -> None:
        method_host_path = self.address
        base = method_host_path[2].removesuffix("/jobs")
        for row in rows:
            reply = Reply.json({"jobPostingInfo": self._detail(row)})
            server.script[("GET", method_host_path[1], base + self._detail_path(row))] = reply

    def _detail(self, row: Row) -> Row:
        return {
            "title": row["title"],
            "location": self._place_of_detail(row),
            "externalUrl": self.careers_url + self._detail_path(row),
            "jobDescription": f"<p>{self.title(row)}</p>",
            "startDate": "2026-10-30",
        }

    def _detail_path(self, row: Row) -> str:
        path = row["externalPath"]
        return path if path.startswith("/") else "/job/" + path

    def _place_of_detail(self, row: Row) -> str:
        said = row["locationsText"]
        return row["externalPath"].split("/")[2].replace("-", " ") if said.endswith("Locations") else said

    # --- growing ----------------------------------------------------------------------------------------------------

    def another(self, number: int, title: str) -> Row:
        """A posting like those of this board, that is none of them."""
        row = self.rows[0] if self.rows else next(board.rows[0] for board in boards() if board.ats == self.ats)
        key = str(uuid.UUID(int=number))
        match self.ats:
            case "greenhouse":
                changes = {
                    "id": 90_000_000_000 + number,
                    "title": title,
                    "absolute_url": f"{self.careers_url}/{number}",
                }
            case "lever":
                changes = {"id": key, "text": title, "hostedUrl": f"{self.careers_url}/{key}"}
            case "ashby":
                changes = {"id": key, "title": title, "jobUrl": f"{self.careers_url}/{key}"}
            case "comeet":
                changes = {
                    "uid": f"E{number % 16:X}.{number:03X}",
                    "name": title,
                    "url_active_page": f"{self.careers_url}/{number}",
                }
            case _:
                changes = {
                    "title": title,
                    "externalPath": f"/job/Haifa/Another_JR99{number:05}",
                    "bulletFields": [f"JR99{number:05}"],
                    "locationsText": "Haifa",
                }
        return {**row, **changes}


def squeezed(text: str) -> str:
    """`text` with single blanks."""
    return " ".join(text.split())


def comeet_parts(page: str) -> tuple[str, str, str]:
    """What is before, in and after the list of positions on a hosted page."""
    start = page.index("[", page.index("COMPANY_POSITIONS_DATA"))
    _, end = json.JSONDecoder().raw_decode(page, start)
    return page[:start], page[start:end], page[end:]


def boards() -> list[RecordedBoard]:
    """Every recorded list of the five ATSs, or none where there are no recordings."""
    paths = [(ats, path) for ats, pattern in PATTERNS.items() for path in sorted((RECORDED / ats).glob(pattern))]
    return [_board(ats, path) for ats, path in paths]


def _board(ats: str, path: Path) -> RecordedBoard:
    text = path.read_text(encoding="utf-8")
    name = re.sub(r"^(hybrid|stapply)_", "", path.stem).partition("_list")[0]
    if ats == "comeet":
        url = re.sub(r"/[^/]+/[^/]+$", "", re.search(r'"url_comeet_hosted_page": "([^"]+/[\d.A-F]+/[^"]+)"', text)[1])  # type: ignore[index]
        address = ("GET", "www.comeet.com", url.partition("www.comeet.com")[2])
        return RecordedBoard(path, ats, text, json.loads(comeet_parts(text)[1]), url, address)
    whole = json.loads(text)
    if ats == "lever":
        site = whole[0]["hostedUrl"].split("/")[3]
        address = ("GET", "api.lever.co", f"/v0/postings/{site}")
        return RecordedBoard(path, ats, whole, whole, f"https://jobs.lever.co/{site}", address)
    if ats == "ashby":
        org = whole["jobs"][0]["jobUrl"].split("/")[3] if whole["jobs"] else name
        address = ("GET", "api.ashbyhq.com", f"/posting-api/job-board/{org}")
        return RecordedBoard(path, ats, whole, whole["jobs"], f"https://jobs.ashbyhq.com/{org}", address)
    if ats == "greenhouse":
        address = ("GET", "boards-api.greenhouse.io", f"/v1/boards/{name}/jobs")
        return RecordedBoard(path, ats, whole, whole["jobs"], f"https://job-boards.greenhouse.io/{name}", address)
    url = WORKDAY_SITES[name.partition("_")[0]]
    host, site = url.removeprefix("https://").split("/")
    address = ("POST", host, f"/wday/cxs/{host.partition('.')[0]}/{site}/jobs")
    return RecordedBoard(path, ats, whole, whole["jobPostings"], url, address)
