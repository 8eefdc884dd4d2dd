"""Comeet: the hosted page first, the API with a token as the way round, and no belief in a doubtful empty list."""

from __future__ import annotations

from typing import Any

import pytest

from tests.scrapers.replay import FIXTURES, Replay, failure
from webapp.errors import Gone, Malformed, Refused, Unavailable
from webapp.scrapers import comeet
from webapp.values import Answer

PAGE = "https://www.comeet.com/jobs/example/4F.00B"
OLD, NEW = "0LD0123456789".replace("L", "1"), "4F0B123C4D5E6F708192A3B4C5D6E7F8"
CAREERS = "https://example.com/careers"
POSITIONS: list[Any] = [{"uid": "1.001", "name": "Engineer", "url_active_page": "https://example.com/careers/1"}]


def api(token: str) -> str:
    return f"https://www.comeet.co/careers-api/2.0/company/4F.00B/positions?token={token}&details=true"


def page(name: str = "page.html") -> bytes:
    return (FIXTURES / "comeet" / name).read_bytes()


def config(**more: str) -> dict[str, str]:
    return {"uid": "4F.00B", **more}


def test_the_hosted_page_needs_no_token_and_no_second_request() -> None:
    get = Replay({PAGE: page()})
    assert len(comeet.read(config(slug="example", token=OLD), get, {}).postings) == 2
    assert get.asked == [f"GET {PAGE}"]


def test_no_address_that_people_see_holds_the_token() -> None:
    for posting in comeet.read(config(slug="example"), Replay({PAGE: page()}), {}).postings:
        assert NEW not in repr(posting)


def test_a_redirect_to_the_home_page_means_the_board_is_gone() -> None:
    home = Answer(200, "https://www.comeet.com/", {"content-type": "text/html"}, b"<html>Welcome</html>")
    with pytest.raises(Gone):
        comeet.read(config(slug="example"), Replay({PAGE: home}), {})


def test_a_deactivated_account_is_gone() -> None:
    with pytest.raises(Gone):
        comeet.read(config(slug="example"), Replay({PAGE: b"<html>This account was deactivated.</html>"}), {})


def test_the_page_of_another_company_is_no_answer() -> None:
    other = page().replace(b'"company_uid": "4F.00B"', b'"company_uid": "99.001"')
    with pytest.raises(Malformed) as caught:
        comeet.read(config(slug="example"), Replay({PAGE: other}), {})
    assert caught.value.detail == "redirected"


def test_a_page_cut_off_anywhere_in_its_list_is_never_complete() -> None:
    whole = page()
    start, end = whole.index(b"COMPANY_POSITIONS_DATA"), whole.rindex(b"];")
    for cut in range(start + 26, end + 1, 37):
        with pytest.raises(Malformed):
            comeet.read(config(slug="example"), Replay({PAGE: whole[:cut]}), {})


def test_a_page_without_positions_leads_to_the_api_with_the_token_it_carries() -> None:
    bare = page("empty.html").replace(b"COMPANY_POSITIONS_DATA = [];", b"")
    get = Replay({PAGE: bare, api(NEW): (FIXTURES / "comeet" / "positions.json").read_bytes()})
    listing = comeet.read(config(slug="example", token=OLD), get, {})
    assert listing.complete
    assert [posting.external_id for posting in listing.postings] == ["3B.41A"]
    assert listing.postings[0].description_text == "Description\n\nOwn the data lake."


@pytest.mark.parametrize("error", [failure(Refused, 403), failure(Unavailable, 503)])
def test_a_page_that_cannot_be_read_leads_to_the_api_if_there_is_a_token(error: Refused | Unavailable) -> None:
    get = Replay({PAGE: error, api(OLD): POSITIONS})
    assert comeet.read(config(slug="example", token=OLD), get, {}).complete
    with pytest.raises(type(error)):
        comeet.read(config(slug="example"), Replay({PAGE: error}), {})


def test_a_refused_token_is_looked_up_anew_on_the_careers_page() -> None:
    careers = b'<script>window.comeetInit = function(){COMEET.init({"token": "' + NEW.encode() + b'"})}</script>'
    get = Replay({api(OLD): failure(Malformed, 400), CAREERS: careers, api(NEW): POSITIONS})
    assert comeet.read(config(token=OLD, careers_url=CAREERS), get, {}).complete


def test_a_refused_token_without_a_newer_one_is_a_failure_that_says_what_to_do() -> None:
    with pytest.raises(Malformed, match="careers page") as caught:
        comeet.read(config(token=OLD), Replay({api(OLD): failure(Malformed, 400)}), {})
    assert caught.value.detail == "token"


def test_an_empty_list_of_the_api_is_believed_only_with_a_fresh_token() -> None:
    doubtful = comeet.read(config(token=OLD), Replay({api(OLD): []}), {})
    assert not doubtful.complete
    assert "token" in doubtful.reason

    def careers(token: str) -> bytes:
        return f'<script>var comeetvar = {{"comeet_token":"{token}","comeet_uid":"4F.00B"}}</script>'.encode()

    same = Replay({api(OLD): [], CAREERS: careers(OLD)})
    assert comeet.read(config(token=OLD, careers_url=CAREERS), same, {}).complete
    rotated = Replay({api(OLD): [], CAREERS: careers(NEW), api(NEW): POSITIONS})
    listing = comeet.read(config(token=OLD, careers_url=CAREERS), rotated, {})
    assert listing.complete
    assert len(listing.postings) == 1


@pytest.mark.parametrize(
    "text",
    [
        f'COMEET.init({{"token": "{NEW}", "company-uid": "4F.00B"}})',
        f"COMEET.init({{token: '{NEW}', 'company-uid': '4F.00B'}})",
        f'self.__next_f.push([1,"COMEET.init({{\\"token\\":\\"{NEW}\\"}})"])',
        f'var comeetvar = {{"comeet_token":"{NEW}","comeet_uid":"4F.00B"}};',
        f'comToken = "{NEW}"; comUID = "4F.00B";',
        f"https://www.comeet.co/careers-api/2.0/company/4F.00B/positions?token={NEW}&amp;details=true",
        f"https:\\/\\/www.comeet.co\\/careers-api\\/2.0\\/company\\/4F.00B\\/positions?details=true\\u0026token={NEW}",
        f'<iframe src="https://www.comeet.co/jobs/4F.00B/social?token={NEW}&company-uid=4F.00B">',
        f'<div data-token="{NEW}" data-company-uid="4F.00B"></div>',
        f'<div data-page="{{&quot;token&quot;:&quot;{NEW}&quot;}}"></div>',
    ],
)
def test_a_token_is_found_wherever_career_pages_keep_it(text: str) -> None:
    assert comeet.find_token(f"<html>{text}</html>", "4F.00B") == NEW


@pytest.mark.parametrize(
    "text",
    [
        "",
        '{"csrf_token": "d0n0tuse"}',
        f"https://www.comeet.co/careers-api/2.0/company/99.001/positions?token={NEW}",
        '"token": ""',
    ],
)
def test_no_token_is_found_where_there_is_none_for_the_company(text: str) -> None:
    assert comeet.find_token(text, "4F.00B") == ""


def test_one_posting_per_place_keeps_its_own_id() -> None:
    rows = [
        {**POSITIONS[0], "uid": f"18.767-{place}", "location": {"name": name}}
        for place, name in (("9B.20A", "Haifa"), ("9B.20B", "Lod"))
    ]
    listing = comeet.read(config(token=OLD), Replay({api(OLD): rows}), {})
    assert [(found.external_id, found.location) for found in listing.postings] == [
        ("18.767-9B.20A", "Haifa"),
        ("18.767-9B.20B", "Lod"),
    ]


def test_the_deprecated_remote_flag_only_counts_where_nothing_better_is_said() -> None:
    def read(**row: Any) -> tuple[str, bool | None]:
        rows = [{**POSITIONS[0], **row}]
        found = comeet.read(config(token=OLD), Replay({api(OLD): rows}), {}).postings[0]
        return found.workplace_type, found.is_remote

    assert read(workplace_type="Hybrid", location={"is_remote": True}) == ("hybrid", False)
    assert read(location={"is_remote": True}) == ("remote", True)
    assert read(location={"is_remote": False}) == ("unknown", None)


def test_sections_come_in_their_order_whatever_the_order_is_made_of() -> None:
    details = [
        {"name": "B", "value": "<p>2</p>", "order": 2},
        {"name": "Z", "value": "<p>9</p>", "order": "x"},
        {"name": "A", "value": "<p>1</p>", "order": 1},
        None,
    ]
    found = comeet.read(config(token=OLD), Replay({api(OLD): [{**POSITIONS[0], "details": details}]}), {}).postings[0]
    assert found.description_text == "A\n\n1\n\nB\n\n2\n\nZ\n\n9"
