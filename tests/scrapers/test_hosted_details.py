"""What only BambooHR, Breezy and JazzHR do, where each opening has a page of its own."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.scrapers.replay import Replay, failure
from webapp.errors import Gone, Malformed, Unavailable
from webapp.scrapers import bamboohr, breezy, jazzhr
from webapp.values import Answer

OPENINGS = "https://acme.bamboohr.com/careers/list"
OPENING = {"id": "1", "jobOpeningName": "Clerk"}


def test_an_unknown_bamboohr_company_is_no_empty_board() -> None:
    home = Answer(200, "https://www.bamboohr.com/", {"content-type": "text/html"}, b"<html></html>")
    with pytest.raises(Malformed) as caught:
        bamboohr.read({"host": "acme.bamboohr.com"}, Replay({OPENINGS: home}), {})
    assert caught.value.detail == "redirected"


def test_bamboohr_counting_more_than_it_lists_is_incomplete() -> None:
    get = Replay({OPENINGS: {"meta": {"totalCount": 2}, "result": [OPENING]}, **clerk(failure(Gone, 404))})
    listing = bamboohr.read({"host": "acme.bamboohr.com"}, get, {})
    assert (listing.complete, listing.reason) == (False, "The source says 2 positions and gave 1.")
    assert "Details of 1 could not be read" in listing.warnings[0]


def clerk(reply: Any) -> dict[str, Any]:
    return {"https://acme.bamboohr.com/careers/1/detail": reply}


def test_bamboohr_details_are_read_again_where_the_list_says_something_else() -> None:
    detail = {"result": {"jobOpening": {"description": "<p>Write.</p>", "datePosted": "2026-11-01"}}}
    get = Replay({OPENINGS: {"result": [OPENING]}, **clerk(detail)})
    first = bamboohr.read({"host": "acme.bamboohr.com"}, get, {}).postings[0]
    assert (first.is_detailed, first.description_text) == (True, "Write.")
    quiet = Replay({OPENINGS: {"result": [OPENING]}})
    again = bamboohr.read({"host": "acme.bamboohr.com"}, quiet, {"1": first.list_hash}).postings[0]
    assert (again.is_detailed, again.list_hash) == (False, first.list_hash)
    other = Replay({OPENINGS: {"result": [{**OPENING, "locationType": "1"}]}, **clerk(detail)})
    changed = bamboohr.read({"host": "acme.bamboohr.com"}, other, {"1": first.list_hash}).postings[0]
    assert (changed.is_detailed, changed.is_remote) == (True, True)


PORTAL = "https://acme.breezy.hr/"
COOK_ROW = {"id": "a1", "name": "Cook", "url": f"{PORTAL}p/a1-cook"}


def read_portal(rows: Any, **pages: Any) -> Any:
    replies = {f"{PORTAL}{name}".replace("home", ""): page for name, page in pages.items()}
    return breezy.read({"host": "acme.breezy.hr"}, Replay({f"{PORTAL}json": rows, **replies}), {})


def test_an_empty_breezy_list_is_believed_only_with_a_portal_around_it() -> None:
    assert read_portal([], home=b"<html><body class='breezy-portal'></body></html>").complete
    other = read_portal([], home=b"<html><body>Parked</body></html>")
    assert (other.complete, "nothing at that address" in other.reason) == (False, True)
    failing = read_portal([], home=failure(Unavailable, 503))
    assert (failing.complete, "could not be read" in failing.reason) == (False, True)
    with pytest.raises(Gone):
        read_portal([], home=failure(Gone, 404))
    with pytest.raises(Gone, match="knows no portal"):
        read_portal([], home=Answer(200, "https://breezy.hr/", {}, b"<html>breezy-portal</html>"))


def test_a_breezy_page_without_text_costs_only_the_text() -> None:
    row = {**COOK_ROW, "url": "https://evil.example/p/a1"}
    foreign = read_portal([row])
    assert (foreign.complete, foreign.postings[0].is_detailed) == (True, False)
    assert "another site" in foreign.warnings[0]
    get = Replay({f"{PORTAL}json": [COOK_ROW], f"{PORTAL}p/a1-cook": b"<html><div id='app'></div></html>"})
    shell = breezy.read({"host": "acme.breezy.hr"}, get, {})
    assert (shell.complete, shell.postings[0].is_detailed) == (True, False)
    assert "the description is missing" in shell.warnings[0]


@pytest.mark.parametrize(
    ("location", "kind", "is_remote"),
    [
        ({"is_remote": True}, "remote", True),
        ({"is_remote": False, "city": "Ulm"}, "unknown", False),
        ({"is_remote": True, "remote_details": {"label": "Hybrid"}}, "hybrid", False),
        ({"is_remote": "yes"}, "unknown", None),
        ("Remote", "remote", True),
        (["x"], "unknown", None),
    ],
)
def test_breezy_flags_tell_where_one_works(location: Any, kind: str, is_remote: bool | None) -> None:
    found = read_portal([{**COOK_ROW, "location": location, "description": "<p>Cook.</p>"}]).postings[0]
    assert (found.workplace_type, found.is_remote) == (kind, is_remote)


TABLE = "https://acme.applytojob.com/apply/jobs"


def read_table(page: Any, **details: Any) -> Any:
    replies = {f"https://acme.applytojob.com/apply/{key}": reply for key, reply in details.items()}
    return jazzhr.read({"host": "acme.applytojob.com"}, Replay({TABLE: page, **replies}), {})


def opening(key: str, place: str = "Ulm") -> str:
    link = f'<a class="job_title_link" href="/apply/jobs/details/{key}">Cook</a>'
    return f'<tr id="row_job_{key}"><td>{link}</td><td>{place}</td></tr>'


def table(*rows: str, after: str = "") -> bytes:
    return f'<html><body><table id="jobs_table">{"".join(rows)}</table>{after}</body></html>'.encode()


def test_a_company_that_left_jazzhr_or_never_was_there_is_gone() -> None:
    left = b"<html><title>JazzHR - Inactive Career Page</title><body>No longer active.</body></html>"
    with pytest.raises(Gone, match="does not use JazzHR any more"):
        read_table(left)
    with pytest.raises(Gone, match="knows no company"):
        read_table(Answer(200, "https://info.jazzhr.com/job-seekers.html", {}, b"<html></html>"))


def test_a_jazzhr_page_that_is_cut_off_or_has_no_table_is_no_empty_board() -> None:
    for page in (table(opening("abcd1"))[:-40], b"<html><body>Welcome</body></html>"):
        with pytest.raises(Malformed):
            read_table(page)


def test_openings_only_in_the_list_for_small_screens_make_the_table_incomplete() -> None:
    other = '<div class="jobs_row"><a href="/apply/jobs/details/efgh2">Baker</a></div>'
    listing = read_table(table(opening("abcd1"), after=other), abcd1=failure(Gone, 410))
    assert (listing.complete, listing.reason) == (False, "1 openings of the page are not in its table.")


def test_a_jazzhr_row_without_link_is_not_understood() -> None:
    rows = table(opening("abcd1"), '<tr id="row_job_2"><td>Baker</td></tr>', "<tr><td>Heading</td></tr>")
    listing = read_table(rows, abcd1=failure(Gone, 410))
    assert (listing.complete, "1 of 2 rows" in listing.reason) == (False, True)


def test_jazzhr_remote_work_is_in_the_list_or_on_the_page() -> None:
    job = {"@type": "JobPosting", "jobLocationType": "TELECOMMUTE", "description": "<p>Cook at home.</p>"}
    page = f'<html><script type="application/ld+json">{json.dumps(job)}</script></html>'.encode()
    found = read_table(table(opening("abcd1"), opening("efgh2", "Remote")), abcd1=page, efgh2=page).postings
    assert [(posting.workplace_type, posting.is_remote) for posting in found] == [("remote", True)] * 2
    assert found[0].description_text == "Cook at home."
    empty = read_table(table(opening("abcd1")), abcd1=b"<html><body>Apply here</body></html>")
    assert "the description is missing" in empty.warnings[0]
