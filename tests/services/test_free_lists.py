"""Lists that people type."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.services.free_lists import format_list, parse_list


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        (" , \n ,, ", []),
        ("backend", ["backend"]),
        ("backend, python\ngolang", ["backend", "python", "golang"]),
        ('"software engineer, backend", python', ['"software engineer, backend"', "python"]),
        ("Backend, backend,  BACKEND ", ["Backend"]),
        ("software   engineer", ["software engineer"]),
        ('5" disk, red', ['5" disk', "red"]),
        ('""', []),
        ("c++, c#, .net, R&D", ["c++", "c#", ".net", "R&D"]),
        ("מפתח, разработчик\r\n开发", ["מפתח", "разработчик", "开发"]),
    ],
)
def test_commas_and_lines_separate_except_between_quotes(text: str, items: list[str]) -> None:
    assert parse_list(text) == items


@given(st.lists(st.text(alphabet='abc ",\n', max_size=8)))
def test_what_was_parsed_survives_being_shown_in_the_form_again(pieces: list[str]) -> None:
    items = parse_list("\n".join(pieces))
    assert parse_list(format_list(items)) == items


def test_a_place_with_a_comma_stays_one_place_when_prefilled() -> None:
    assert format_list(["Tel Aviv, Israel", "Berlin"]) == '"Tel Aviv, Israel", Berlin'
