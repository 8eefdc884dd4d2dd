"""Detection measured on published lists of boards: each address whose list names its ATS, by the address alone.

Run with `-s` for the table. The lists are not part of the project; without them the tests are skipped.
"""

from __future__ import annotations

import csv
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import pytest

from webapp.errors import Gone
from webapp.scrapers import SCRAPERS, recognise
from webapp.services import detection
from webapp.values import Answer

OPEN = Path(__file__).parents[2].parent / "shared" / "payloads" / "open"
COMPANIES, PAGES = OPEN / "companies", OPEN / "custom_html"
FLOOR = 0.99

# Where the boards of each system live, or the only part of an address that can name one.
PATTERNS = {
    "ashby": r"jobs\.ashbyhq\.com/.", "avature": r"avature\.net/|/SearchJobs", "bamboohr": r"\.bamboohr\.com",
    "breezy": r"\.breezy\.hr", "comeet": r"comeet\.com?/jobs/.", "gem": r"jobs\.gem\.com/.",
    "eightfold": r"\.eightfold\.ai/", "icims": r"\.icims\.com/", "jobvite": r"jobs\.jobvite\.com/.",
    "greenhouse": r"boards(\.eu)?\.greenhouse\.io/.", "jazzhr": r"\.applytojob\.com",
    "lever": r"jobs(\.eu)?\.lever\.co/.",
    "oracle": r"oraclecloud\.com/hcmUI/", "paylocity": r"paylocity\.com/recruiting/", "personio": r"\.jobs\.personio\.",
    "pinpoint": r"\.pinpointhq\.com", "recruitee": r"\.recruitee\.com", "rippling": r"ats\.rippling\.com/.",
    "smartrecruiters": r"(jobs|careers)\.smartrecruiters\.com/.", "taleo_business": r"\.tbe\.taleo\.net/",
    "workable": r"apply\.workable\.com/.", "workday": r"\.myworkday(jobs|site)\.com/.",
}  # fmt: skip
# Lists call some systems differently.
NAMES = {"oracle_hcm": "oracle", "taleo": "taleo_business"}
# Rows that are no board: a path that is only a language, a word of the system itself, a test system.
LANGUAGE = re.compile(r"[a-z]{2}([-_][A-Za-z]{2,4})?(/jobs)?")
NO_BOARD = {"gem": {"careers"}, "greenhouse": {"embed"}, "workable": {"careers", "j", "search"}, "workday": {"wday"}}
TEST_SYSTEM = re.compile(r"(^|[-_.])(test|demo|sandbox|uat)([-_.]|$)")
# Settings that hold the token of a list, first that is there.
SETTINGS = ("token", "site", "org", "board", "company", "account", "name", "host", "uid", "tenant")


class Row(NamedTuple):
    """One address of a list, and what the list says of it; `token` is empty where it names none."""

    ats: str
    url: str
    token: str


def listed() -> Iterator[Row]:
    """Every row whose list names an ATS that can be read here."""
    for path in sorted(COMPANIES.glob("stapply_*.csv")):
        ats = path.stem.removeprefix("stapply_")
        for row in csv.DictReader(path.open(encoding="utf-8")):
            yield Row(ats, row["url"], _token_in(ats, row["url"]))
    for row in csv.DictReader((COMPANIES / "jobseek_boards.csv").open(encoding="utf-8")):
        ats = NAMES.get(row["ats_type"], row["ats_type"])
        key = json.loads(row["ats_key"] or "{}")
        yield Row(ats, row["board_url"], str(key.get("site") or key.get("token") or key.get("slug") or ""))
    for row in csv.DictReader((COMPANIES / "techmap_israel_companies.csv").open(encoding="utf-8")):
        for ats, column, address in (
            ("comeet", "comeetId", "https://www.comeet.com/jobs/{}"),
            ("greenhouse", "greenhouseId", "https://boards.greenhouse.io/{}"),
            ("lever", "leverId", "https://jobs.lever.co/{}"),
            ("breezy", "breezyId", "https://{}.breezy.hr"),
        ):
            if row[column]:
                yield Row(ats, address.format(row[column]), row[column].rpartition("/")[2])


def _token_in(ats: str, url: str) -> str:
    parts = [part for part in unquote(urlsplit(url).path).split("/") if part]
    if ats == "workday":
        return "" if not parts or LANGUAGE.fullmatch(parts[-1]) else parts[-1]
    if parts[:2] == ["oneclick-ui", "company"]:
        return parts[2]
    parts = parts[1:] if parts[:1] == ["ni"] else parts
    return parts[0] if parts else ""


def _is_board(row: Row) -> bool:
    path = unquote(urlsplit(row.url).path).strip("/ ")
    if row.ats in {"workday", "rippling"} and LANGUAGE.fullmatch(path):
        return False
    return path.lower() not in NO_BOARD.get(row.ats, ()) and not TEST_SYSTEM.search(row.token.lower())


def _names_token(config: dict[str, Any], token: str) -> bool:
    values = [str(config[name]).lower() for name in SETTINGS if name in config]
    # A host stands for its first label.
    return any(token.lower().strip() in {value, value.partition(".")[0]} for value in values)


@pytest.mark.skipif(not COMPANIES.is_dir(), reason="the published lists are not here")
def test_addresses_are_recognised_as_their_lists_say() -> None:
    asked: Counter[str] = Counter()
    right: Counter[str] = Counter()
    elsewhere: Counter[str] = Counter()
    unnamed: Counter[str] = Counter()
    wrong: defaultdict[str, list[str]] = defaultdict(list)
    for row in listed():
        pattern = PATTERNS.get(row.ats)
        if row.ats not in SCRAPERS or pattern is None:
            continue
        if not re.search(pattern, row.url, re.IGNORECASE):
            elsewhere[row.ats] += 1
        elif not _is_board(row):
            unnamed[row.ats] += 1
        else:
            asked[row.ats] += 1
            found = recognise(row.url)
            if found and found[0] == row.ats and (not row.token or _names_token(found[1].config, row.token)):
                right[row.ats] += 1
            else:
                wrong[row.ats].append(row.url)
    print(f"\n{'ATS':<18}{'addresses':>10}{'right':>8}{'rate':>9}{'no board':>10}{'own domain':>12}  missed")
    for ats in sorted(asked):
        rate = right[ats] / asked[ats]
        print(
            f"{ats:<18}{asked[ats]:>10}{right[ats]:>8}{rate:>9.2%}{unnamed[ats]:>10}{elsewhere[ats]:>12}"
            f"  {' '.join(wrong[ats][:4])}"
        )
    assert sum(asked.values()) > 14_000
    assert {ats: wrong[ats] for ats in asked if right[ats] < FLOOR * asked[ats]} == {}


@pytest.mark.skipif(not PAGES.is_dir(), reason="the recorded pages are not here")
def test_pages_of_companies_without_a_known_ats_name_none() -> None:
    paths = sorted(PAGES.glob("*.html"))
    assert paths
    for path in paths:

        def get(url: str, path: Path = path, **_: Any) -> Answer:
            if url != "https://company.example/careers":
                raise Gone("That page is not here.")
            return Answer(200, url, {"content-type": "text/html"}, path.read_bytes())

        found = detection.detect("https://company.example/careers", get)
        generic = {"jsonld", "feed", "sitemap"}
        assert [c for c in found.candidates if c.ats not in generic] == [], path.name
        assert found.candidates or "company.example/careers name no board" in found.sentence


@pytest.mark.skipif(not PAGES.is_dir(), reason="the recorded pages are not here")
@pytest.mark.parametrize(
    ("ats", "url"),
    [
        ("ashby", "https://jobs.ashbyhq.com/{}"),
        ("greenhouse", "https://boards.greenhouse.io/embed/job_board/js?for={}"),
        ("lever", "https://jobs.lever.co/{}"),
        ("workable", "https://apply.workable.com/{}/"),
        ("recruitee", "https://{}.recruitee.com/"),
        ("personio", "https://{}.jobs.personio.de"),
        ("bamboohr", "https://{}.bamboohr.com/careers"),
        ("smartrecruiters", "https://careers.smartrecruiters.com/{}"),
    ],
)
def test_a_board_is_found_in_real_pages_that_embed_it(ats: str, url: str) -> None:
    """The recorded pages, each with the script or frame of a board put where its body ends."""
    embed = f'<iframe src="{url.format("acme")}"></iframe></body>'
    whole = [path for path in sorted(PAGES.glob("*.html")) if b"</body>" in path.read_bytes()]
    assert len(whole) > 8
    for path in whole:
        body = path.read_bytes().replace(b"</body>", embed.encode(), 1)

        def get(url: str, body: bytes = body, **_: Any) -> Answer:
            return Answer(200, url, {"content-type": "text/html"}, body)

        candidates = detection.detect("https://company.example/careers", get).candidates
        assert [candidate.ats for candidate in candidates] == [ats], path.name
