"""Which alerts match which positions, and what the receipt says."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from webapp.errors import Invalid
from webapp.models import Alert
from webapp.services.alert_matcher import AlertMatcher, AlertRule, PositionFacts, match, validate

GOLDEN = [
    json.loads(line)
    for line in (Path(__file__).parents[1] / "fixtures/title_rules.jsonl").read_text(encoding="utf-8").splitlines()
]
FACTS = PositionFacts(
    company_id=7,
    title="Senior Back-End Engineer (C++), R&D",
    locations=("München, Germany", "Tel Aviv-Yafo, Israel"),
    departments=("Engineering > Core Platform",),
    is_remote=False,
    external_id="a-1",
)


def result(rule: AlertRule, facts: PositionFacts = FACTS) -> list[tuple[str, str, str]]:
    return [(r.rule, r.result, r.evidence) for r in match(rule, facts).results]


@pytest.mark.parametrize("case", GOLDEN, ids=lambda case: f"{case['keywords']} in {case['title']}")
def test_the_golden_title_rules_hold(case: dict[str, Any]) -> None:
    rule = AlertRule(1, tuple(case["keywords"]), tuple(case.get("excluded_keywords", ())))
    receipt = match(rule, PositionFacts(None, case["title"]))
    assert receipt.matched is case["match"], receipt
    keywords = receipt.results[0]
    if keywords.result == "pass" and len(case["keywords"]) == 1:
        assert keywords.evidence in case["title"]


def test_there_are_enough_golden_rules_of_both_kinds() -> None:
    assert len(GOLDEN) >= 120
    assert sum(not case["match"] for case in GOLDEN) >= 40


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (AlertRule(1, keywords=("java", "back end")), [("keywords", "pass", "Back-End")]),
        (AlertRule(1, keywords=("c++", "r & d")), [("keywords", "pass", "C++, R&D")]),
        (AlertRule(1, keywords=("engin*",)), [("keywords", "pass", "Engineer")]),
        (AlertRule(1, keywords=("java",)), [("keywords", "fail", "Senior Back-End Engineer (C++), R&D")]),
        (AlertRule(1, excluded_keywords=("junior",)), [("excluded_keywords", "pass", "")]),
        (AlertRule(1, excluded_keywords=("SENIOR",)), [("excluded_keywords", "fail", "Senior")]),
        (AlertRule(1, company_ids=(3, 7)), [("company_ids", "pass", "7")]),
        (AlertRule(1, company_ids=(3,)), [("company_ids", "fail", "7")]),
        (AlertRule(1, locations=("munchen", "israel")), [("locations", "pass", "München, Israel")]),
        (AlertRule(1, locations=("tel aviv",)), [("locations", "pass", "Tel Aviv")]),
        (AlertRule(1, locations=("Aviv Tel",)), [("locations", "fail", "München, Germany, Tel Aviv-Yafo, Israel")]),
        (AlertRule(1, locations=("Germany Tel",)), [("locations", "fail", "München, Germany, Tel Aviv-Yafo, Israel")]),
        (AlertRule(1, locations=("German",)), [("locations", "fail", "München, Germany, Tel Aviv-Yafo, Israel")]),
        (AlertRule(1, locations=("remote",)), [("locations", "fail", "München, Germany, Tel Aviv-Yafo, Israel")]),
        (AlertRule(1, departments=("core platform",)), [("departments", "pass", "Core Platform")]),
        (AlertRule(1, departments=("sales",)), [("departments", "fail", "Engineering > Core Platform")]),
        (AlertRule(1, is_remote=False), [("is_remote", "pass", "not remote")]),
        (AlertRule(1, is_remote=True), [("is_remote", "fail", "not remote")]),
    ],
)
def test_each_rule_alone_decides_and_shows_the_positions_own_words(
    rule: AlertRule, expected: list[tuple[str, str, str]]
) -> None:
    assert result(rule) == expected
    assert match(rule, FACTS).matched is (expected[0][1] == "pass")


def test_all_rules_must_hold_and_the_receipt_lists_them_in_order() -> None:
    rule = AlertRule(1, ("engineer",), ("manager",), (7,), ("Germany",), ("Engineering",), False)
    receipt = match(rule, FACTS)
    assert receipt.matched
    assert receipt.as_json() == [
        {"rule": "keywords", "result": "pass", "evidence": "Engineer"},
        {"rule": "excluded_keywords", "result": "pass", "evidence": ""},
        {"rule": "company_ids", "result": "pass", "evidence": "7"},
        {"rule": "locations", "result": "pass", "evidence": "Germany"},
        {"rule": "departments", "result": "pass", "evidence": "Engineering"},
        {"rule": "is_remote", "result": "pass", "evidence": "not remote"},
    ]
    for broken in (
        replace(rule, keywords=("java",)),
        replace(rule, excluded_keywords=("engineer",)),
        replace(rule, company_ids=(8,)),
        replace(rule, locations=("Paris",)),
        replace(rule, departments=("Sales",)),
        replace(rule, is_remote=True),
    ):
        assert not match(broken, FACTS).matched
        assert [r.result for r in match(broken, FACTS).results].count("fail") == 1


def test_what_the_position_does_not_say_is_unknown_and_does_not_match() -> None:
    facts = PositionFacts(None, "Engineer")
    rule = AlertRule(1, company_ids=(1,), locations=("Berlin", "remote"), departments=("Sales",), is_remote=True)
    assert {(name, verdict, evidence) for name, verdict, evidence in result(rule, facts)} == {
        ("company_ids", "unknown", ""),
        ("locations", "unknown", ""),
        ("departments", "unknown", ""),
        ("is_remote", "unknown", ""),
    }
    assert not match(rule, facts).matched
    assert not match(AlertRule(1, is_remote=False), facts).matched


def test_remote_as_a_location_means_a_remote_position_or_the_word_in_its_locations() -> None:
    rule = AlertRule(1, locations=("Remote",))
    assert result(rule, PositionFacts(1, "Engineer", ("Berlin",), is_remote=True)) == [("locations", "pass", "remote")]
    assert result(rule, PositionFacts(1, "Engineer", (), is_remote=True)) == [("locations", "pass", "remote")]
    assert result(rule, PositionFacts(1, "Engineer", ("US-REMOTE",))) == [("locations", "pass", "REMOTE")]
    assert not match(rule, PositionFacts(1, "Engineer", ("Berlin",), is_remote=None)).matched
    assert not match(AlertRule(1, locations=("remote us",)), PositionFacts(1, "E", ("Berlin",), is_remote=True)).matched


def test_a_star_or_a_quote_in_a_location_means_nothing() -> None:
    facts = PositionFacts(1, "Engineer", ("Berlin",))
    assert match(AlertRule(1, locations=('"Berlin"',)), facts).matched
    assert not match(AlertRule(1, locations=("Ber*",)), facts).matched


def test_an_alert_without_any_rule_is_refused_and_matches_nothing() -> None:
    empty = AlertRule(1)
    assert empty.is_empty
    with pytest.raises(Invalid, match="needs at least one rule"):
        validate(empty)
    assert not match(empty, FACTS).matched
    assert AlertMatcher([empty]).matches(FACTS) == []


@pytest.mark.parametrize(
    "rule",
    [
        AlertRule(1, keywords=("x",)),
        AlertRule(1, excluded_keywords=("x",)),
        AlertRule(1, company_ids=(1,)),
        AlertRule(1, locations=("x",)),
        AlertRule(1, departments=("x",)),
        AlertRule(1, is_remote=False),
    ],
)
def test_one_rule_of_any_kind_is_enough(rule: AlertRule) -> None:
    assert not rule.is_empty
    validate(rule)


@pytest.mark.parametrize(
    ("rule", "field_name", "words"),
    [
        (AlertRule(1, keywords=tuple(f"word{n}" for n in range(500))), "keywords", "500 keywords.*at most 100"),
        (AlertRule(1, excluded_keywords=("x",) * 101), "excluded_keywords", "101 excluded keywords"),
        (AlertRule(1, locations=("x",) * 101), "locations", "101 locations"),
        (AlertRule(1, departments=("x",) * 101), "departments", "101 departments"),
        (AlertRule(1, company_ids=tuple(range(1001))), "company_ids", "1001 companies"),
        (AlertRule(1, keywords=("a" * 101,)), "keywords", "has 101 characters; at most 100"),
        (AlertRule(1, keywords=("ok", "***")), "keywords", "neither a letter nor a digit"),
        (AlertRule(1, excluded_keywords=("*script",)), "excluded_keywords", "star"),
        (AlertRule(1, keywords=("ok", " ")), "keywords", "blank"),
        (AlertRule(1, excluded_keywords=("",)), "excluded_keywords", "blank"),
        (AlertRule(1, locations=("—",)), "locations", "neither"),
        (AlertRule(1, departments=("&",)), "departments", "neither"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_with_its_field(rule: AlertRule, field_name: str, words: str) -> None:
    with pytest.raises(Invalid, match=words) as caught:
        validate(rule)
    assert caught.value.field == field_name


def test_lists_at_the_limit_are_accepted() -> None:
    validate(AlertRule(1, keywords=("k" * 100,) * 100, company_ids=tuple(range(1000)), locations=("l" * 100,) * 100))


def test_a_blank_exclusion_never_hides_everything() -> None:
    matcher = AlertMatcher([AlertRule(1, keywords=("engineer",)), AlertRule(2, ("engineer",), ("***",))])
    assert [rule.id for rule, _ in matcher.matches(FACTS)] == [1]
    assert [(rule.id, problem.sentence[:5]) for rule, problem in matcher.refused] == [(2, "“***”")]


def test_the_matcher_returns_matching_rules_in_order_with_their_receipts() -> None:
    rules = [
        AlertRule(5, ("engineer",)),
        AlertRule(2, ("java",)),
        AlertRule(9, ("senior",)),
        AlertRule(1, is_remote=False),
    ]
    matcher = AlertMatcher(rule for rule in rules)
    assert [rule.id for rule in matcher.matching(FACTS)] == [5, 9, 1]
    assert matcher.matches(FACTS) == [(rule, match(rule, FACTS)) for rule in rules if rule.id != 2]


def test_a_stored_alert_becomes_its_rule() -> None:
    alert = Alert(
        id=3,
        keywords=["a"],
        excluded_keywords=["b"],
        company_ids=[4],
        locations=["c"],
        departments=["d"],
        is_remote=True,
    )
    assert AlertRule.of(alert) == AlertRule(3, ("a",), ("b",), (4,), ("c",), ("d",), True)


@dataclass
class Row:
    """A row with the columns that the matcher reads."""

    company_id: int = 1
    title: str = "Engineer"
    location: str = "Berlin"
    locations: list[str] = field(default_factory=lambda: ["Berlin", "Paris"])
    department: str = ""
    is_remote: bool | None = None
    external_id: str = "x"


def test_a_stored_position_becomes_its_facts() -> None:
    assert PositionFacts.of(Row()) == PositionFacts(1, "Engineer", ("Berlin", "Paris"), (), None, "x")


def test_a_json_alert_becomes_its_rule_and_other_fields_are_ignored() -> None:
    value = {"id": 4, "user_id": 9, "name": "Mine", "keywords": ["a"], "company_ids": [1], "locations": None}
    assert AlertRule.from_json(value) == AlertRule(4, ("a",), (), (1,), (), (), None)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": None}, "needs `id`"),
        ({"id": True}, "needs `id`"),
        ({"keywords": "java"}, "`keywords` must be a list of texts"),
        ({"keywords": [1]}, "`keywords` must be a list of texts"),
        ({"company_ids": ["x"]}, "`company_ids` must be a list of whole numbers"),
        ({"company_ids": [True]}, "`company_ids` must be a list of whole numbers"),
        ({"company_ids": 3}, "`company_ids` must be a list of whole numbers"),
        ({"is_remote": "yes"}, "`is_remote` must be true, false or null"),
        ({"keywords": []}, "at least one rule"),
    ],
)
def test_a_json_alert_of_another_shape_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(Invalid, match=words):
        AlertRule.from_json({"id": 1, "keywords": ["java"], **change})


@pytest.mark.parametrize("value", [None, [], "text", 3])
def test_json_that_is_no_object_is_refused(value: Any) -> None:
    with pytest.raises(Invalid, match="JSON object"):
        AlertRule.from_json(value)
    with pytest.raises(Invalid, match="JSON object"):
        PositionFacts.from_json(value)


def test_a_line_of_a_preview_becomes_facts() -> None:
    line = {"external_id": "a", "title": "T", "location": "X", "locations": ["X", "Y"], "department": None, "url": "u"}
    assert PositionFacts.from_json(line) == PositionFacts(None, "T", ("X", "Y"), (), None, "a")
    assert PositionFacts.from_json({**line, "department": "D", "company_id": 3}).departments == ("D",)


@pytest.mark.parametrize(
    "change", [{"title": None}, {"external_id": 3}, {"locations": "X"}, {"department": 1}, {"company_id": "a"}]
)
def test_a_position_of_another_shape_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        PositionFacts.from_json({"external_id": "a", "title": "T", **change})
