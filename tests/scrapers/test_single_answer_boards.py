"""Greenhouse, Lever and Ashby: boards that come in one answer, from one of two hosts."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scrapers.replay import Replay, board, failure, replay
from webapp.errors import Gone, Malformed, NotModified, OutboundError, Refused, Unavailable
from webapp.scrapers import SCRAPERS, ashby, greenhouse, lever
from webapp.values import Answer

GLOBAL = "https://boards-api.greenhouse.io/v1/boards/acme/jobs?content=true"
EU = "https://boards-api.eu.greenhouse.io/v1/boards/acme/jobs?content=true"
JOB = {"id": 1, "title": "Engineer", "absolute_url": "https://acme.example/1", "location": {"name": "Haifa"}}


@pytest.mark.parametrize("ats", ["ashby", "greenhouse", "lever"])
def test_the_whole_board_is_asked_for_with_validators(ats: str) -> None:
    get = replay(ats)
    SCRAPERS[ats].read(board(ats)["config"], get, {})
    assert [f"GET {url}" for url in get.conditional] == get.asked


@pytest.mark.parametrize("ats", ["ashby", "greenhouse", "lever"])
def test_a_board_that_did_not_change_says_so(ats: str) -> None:
    with pytest.raises(NotModified):
        SCRAPERS[ats].read(board(ats)["config"], Replay(dict.fromkeys(board(ats)["requests"], NotModified())), {})


def test_a_board_unknown_to_the_global_host_is_asked_of_the_eu_host() -> None:
    get = Replay({GLOBAL: failure(Gone, 404), EU: {"jobs": [JOB], "meta": {"total": 1}}})
    assert greenhouse.read({"token": "acme"}, get, {}).complete


@pytest.mark.parametrize(
    ("second", "raised"),
    [
        (failure(Gone, 404), Gone),
        (failure(Unavailable, detail="dns"), Gone),
        (failure(Unavailable, 503), Unavailable),
        (failure(Refused, 403), Refused),
    ],
    ids=["gone", "no such host", "down", "refused"],
)
def test_a_board_is_gone_only_where_the_second_host_agrees_or_does_not_exist(
    second: OutboundError, raised: type[OutboundError]
) -> None:
    with pytest.raises(raised):
        greenhouse.read({"token": "acme"}, Replay({GLOBAL: failure(Gone, 404), EU: second}), {})


def test_a_board_with_its_own_api_host_is_asked_nowhere_else() -> None:
    host = "boards-api.greenhouse.sample.test"
    get = Replay({f"https://{host}/v1/boards/acme/jobs?content=true": failure(Gone, 404)})
    with pytest.raises(Gone):
        greenhouse.read({"token": "acme", "api_host": host}, get, {})
    assert len(get.asked) == 1


@pytest.mark.parametrize("host", ["evil.example/x", "a b", "@", "http://x", 5, ["x"]])
def test_an_api_host_that_is_none_is_refused(host: Any) -> None:
    with pytest.raises(Malformed, match="settings"):
        greenhouse.read({"token": "acme", "api_host": host}, Replay({}), {})


def test_a_token_cannot_leave_its_place_in_the_address() -> None:
    get = Replay({"https://boards-api.greenhouse.io/v1/boards/..%2F..%2Fx%3Fy/jobs?content=true": {"jobs": []}})
    greenhouse.read({"token": "../../x?y"}, get, {})
    with pytest.raises(Malformed, match="settings"):
        greenhouse.read({"token": ".."}, get, {})
    assert len(get.asked) == 1


def test_a_redirect_to_another_board_is_no_answer() -> None:
    body = b'{"jobs": []}'
    get = Replay({GLOBAL: Answer(200, GLOBAL.replace("acme", "other"), {}, body)})
    with pytest.raises(Malformed) as caught:
        greenhouse.read({"token": "acme"}, get, {})
    assert caught.value.detail == "redirected"
    moved = Replay({GLOBAL: Answer(200, GLOBAL.replace("acme", "ACME"), {}, body)})
    assert greenhouse.read({"token": "acme"}, moved, {}).complete


def test_one_row_without_address_makes_a_small_board_incomplete_and_keeps_the_rest() -> None:
    rows = [JOB, {**JOB, "id": 2, "absolute_url": "javascript:alert(1)"}]
    listing = greenhouse.read({"token": "acme"}, Replay({GLOBAL: {"jobs": rows, "meta": {"total": 2}}}), {})
    assert [posting.external_id for posting in listing.postings] == ["1"]
    assert not listing.complete
    assert "1 of 2 rows" in listing.reason


@pytest.mark.parametrize(
    ("location", "places"),
    [
        ("Tel Aviv, Israel; Remote", ("Tel Aviv, Israel", "Remote")),
        ("Remote, United States or Austin, TX", ("Remote, United States", "Austin, TX")),
        ("Paris | Berlin / Rome", ("Paris", "Berlin", "Rome")),
        ("Portland, OR", ("Portland, OR",)),
        ("São Paulo/SP", ("São Paulo/SP",)),
        ("BLANK, Lyon, France", ("Lyon, France",)),
    ],
)
def test_a_greenhouse_location_is_taken_apart_where_it_lists_places(location: str, places: tuple[str, ...]) -> None:
    row = {**JOB, "location": {"name": location}, "offices": [{"name": "Everywhere"}]}
    listing = greenhouse.read({"token": "acme"}, Replay({GLOBAL: {"jobs": [row]}}), {})
    assert listing.postings[0].locations == places


@pytest.mark.parametrize(
    ("entry", "kind", "is_remote"),
    [
        ({"name": "Workplace Type", "value": "On-site"}, "onsite", False),
        ({"name": "Remote?", "value": True}, "remote", True),
        ({"name": "Remote eligible", "value": "Yes"}, "remote", True),
        ({"name": "Is Remote", "value": False}, "unknown", False),
        ({"name": "Work model", "value": ["Hybrid"]}, "hybrid", False),
        ({"name": "Career Page Posting Category", "value": ["Remote"]}, "unknown", None),
        ({"name": None, "value": {"a": 1}}, "unknown", None),
    ],
)
def test_greenhouse_metadata_tell_where_one_works(entry: dict[str, Any], kind: str, is_remote: bool | None) -> None:
    listing = greenhouse.read({"token": "acme"}, Replay({GLOBAL: {"jobs": [{**JOB, "metadata": [entry]}]}}), {})
    assert (listing.postings[0].workplace_type, listing.postings[0].is_remote) == (kind, is_remote)


def test_a_lever_site_of_unknown_region_is_asked_of_both() -> None:
    hosts = [f"https://{host}/v0/postings/acme?mode=json" for host in ("api.lever.co", "api.eu.lever.co")]
    get = Replay({hosts[0]: failure(Gone, 404), hosts[1]: []})
    assert lever.read({"site": "acme"}, get, {}).complete
    eu_only = Replay({hosts[1]: []})
    assert lever.read({"site": "acme", "region": "eu"}, eu_only, {}).complete
    with pytest.raises(Gone):
        lever.read({"site": "acme"}, Replay(dict.fromkeys(hosts, failure(Gone, 404))), {})


def test_an_ashby_organisation_is_asked_for_as_written_and_then_in_lower_case() -> None:
    base = "https://api.ashbyhq.com/posting-api/job-board/"
    query = "?includeCompensation=true"
    get = Replay({f"{base}AcmeLabs{query}": failure(Gone, 404), f"{base}acmelabs{query}": {"jobs": []}})
    assert ashby.read({"org": "AcmeLabs"}, get, {}).complete
    with pytest.raises(Gone):
        ashby.read({"org": "acme"}, Replay({f"{base}acme{query}": failure(Gone, 404)}), {})


def test_ashby_pay_is_the_salary_alone() -> None:
    parts = [
        {"compensationType": "Bonus", "interval": "1 YEAR", "currencyCode": "USD", "minValue": 1, "maxValue": 2},
        {
            "compensationType": "Salary",
            "interval": "1 HOUR",
            "currencyCode": "USD",
            "minValue": 24.04,
            "maxValue": None,
        },
    ]
    row = {"id": "a", "title": "Guide", "jobUrl": "https://x.example/a", "compensation": {"summaryComponents": parts}}
    url = "https://api.ashbyhq.com/posting-api/job-board/acme?includeCompensation=true"
    found = ashby.read({"org": "acme"}, Replay({url: {"jobs": [row]}}), {}).postings[0]
    assert (str(found.salary_min), found.salary_max, found.salary_currency, found.salary_period) == (
        "24.04",
        None,
        "USD",
        "hour",
    )
