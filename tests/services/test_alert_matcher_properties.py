"""What holds for every alert and every position, and agreement with an oracle that shares no code."""

from __future__ import annotations

import random
import re
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webapp.errors import Invalid
from webapp.services.alert_matcher import AlertMatcher, AlertRule, PositionFacts, match, validate

# A busy machine must not fail a test that is about words.
unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

WORDS = ("java", "JavaScript", "Engineer", "engineering", "Senior", "data", "C", "intern", "internal", "front", "end")
PLACES = ("Berlin", "New York", "York", "Remote", "Remote, US", "Tel Aviv", "US")
DEPARTMENTS = ("Sales", "Data Platform", "Platform", "R and D")
SEPARATORS = (" ", "-", ", ", " / ", " (")

word = st.sampled_from(WORDS)
title = st.lists(st.tuples(word, st.sampled_from(SEPARATORS)), min_size=1, max_size=6).map(
    lambda parts: "".join(text + separator for text, separator in parts)
)
keyword = (
    st.lists(word, min_size=1, max_size=2)
    .flatmap(
        lambda words: st.sampled_from(
            [" ".join(words), "-".join(words), f'"{" ".join(words)}"', " ".join(words)[:-1] + "*"]
        )
    )
    .filter(lambda text: not text.endswith((" *", "-*")) and text != "*")
)


def few(items: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(items, max_size=3).map(tuple)


rules = st.builds(
    AlertRule,
    id=st.integers(1, 9),
    keywords=few(keyword),
    excluded_keywords=few(keyword),
    company_ids=st.lists(st.integers(1, 4), max_size=3).map(tuple),
    locations=few(st.sampled_from(PLACES)),
    departments=few(st.sampled_from(DEPARTMENTS)),
    is_remote=st.sampled_from([None, None, True, False]),
)
facts = st.builds(
    PositionFacts,
    company_id=st.one_of(st.none(), st.integers(1, 4)),
    title=title,
    locations=few(st.sampled_from(PLACES)),
    departments=few(st.sampled_from(DEPARTMENTS)),
    is_remote=st.sampled_from([None, True, False]),
)


def split(text: str) -> list[str]:
    return [piece for piece in re.split("[^a-z]+", text.lower()) if piece]


def contains(text: str, phrase: str, begins: bool = False) -> bool:
    have, want = split(text), split(phrase)
    for at in range(len(have) - len(want) + 1):
        here = have[at : at + len(want)]
        if here == want or (begins and here[:-1] == want[:-1] and here[-1][: len(want[-1])] == want[-1]):
            return True
    return False


def oracle(rule: AlertRule, facts: PositionFacts) -> bool:
    """The rules once more, naively, for texts of plain letters."""

    def in_title(keyword: str) -> bool:
        return contains(facts.title, keyword, begins=keyword[-1] == "*")

    set_rules = []
    if rule.keywords:
        set_rules.append(any(in_title(keyword) for keyword in rule.keywords))
    if rule.excluded_keywords:
        set_rules.append(not any(in_title(keyword) for keyword in rule.excluded_keywords))
    if rule.company_ids:
        set_rules.append(facts.company_id in rule.company_ids)
    if rule.locations:
        near = any(contains(place, wanted) for place in facts.locations for wanted in rule.locations)
        set_rules.append(near or ("Remote" in rule.locations and facts.is_remote is True))
    if rule.departments:
        set_rules.append(any(contains(have, wanted) for have in facts.departments for wanted in rule.departments))
    if rule.is_remote is not None:
        set_rules.append(facts.is_remote is rule.is_remote)
    return bool(set_rules) and all(set_rules)


@unhurried
@given(rules, facts)
def test_the_matcher_agrees_with_a_naive_oracle(rule: AlertRule, facts: PositionFacts) -> None:
    assert match(rule, facts).matched is oracle(rule, facts)


def test_the_oracle_sees_matches_of_every_rule_often_enough_to_mean_something() -> None:
    chance = random.Random(4)

    def some(items: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(chance.sample(items, chance.choice([0, 0, 1, 2])))

    matched = 0
    for _ in range(4000):
        rule = AlertRule(
            1,
            some((*WORDS, "engin*", "intern*", '"front end"', "data engineer")),
            some(("junior", "c", "engin*")),
            tuple(chance.sample(range(1, 5), chance.choice([0, 0, 3]))),
            some(PLACES),
            some(DEPARTMENTS),
            chance.choice([None, None, True, False]),
        )
        position = PositionFacts(
            chance.choice([None, 1, 2, 3, 4]),
            chance.choice(SEPARATORS).join(chance.choices(WORDS, k=5)),
            some(PLACES),
            some(DEPARTMENTS),
            chance.choice([None, True, False]),
        )
        assert match(rule, position).matched is oracle(rule, position)
        matched += match(rule, position).matched
    assert 400 < matched < 3600


@unhurried
@given(st.lists(rules, max_size=6), facts)
def test_the_matcher_of_many_finds_exactly_what_match_finds(many: list[AlertRule], facts: PositionFacts) -> None:
    expected = [(rule, match(rule, facts)) for rule in many if match(rule, facts).matched]
    assert AlertMatcher(many).matches(facts) == expected
    assert AlertMatcher(many).matching(facts) == [rule for rule, _ in expected]


@unhurried
@given(rules, facts)
def test_an_alert_never_matches_when_any_single_rule_fails(rule: AlertRule, facts: PositionFacts) -> None:
    for name in ("keywords", "excluded_keywords", "company_ids", "locations", "departments", "is_remote"):
        alone = replace(AlertRule(rule.id), **{name: getattr(rule, name)})
        if not alone.is_empty and not match(alone, facts).matched:
            assert not match(rule, facts).matched
            return
    assert match(rule, facts).matched is not rule.is_empty


@unhurried
@given(rules, facts, keyword)
def test_adding_an_exclusion_never_adds_a_match(rule: AlertRule, facts: PositionFacts, added: str) -> None:
    stricter = replace(rule, excluded_keywords=(*rule.excluded_keywords, added))
    if not rule.is_empty and match(stricter, facts).matched:
        assert match(rule, facts).matched


@unhurried
@given(rules, facts, keyword)
def test_adding_a_keyword_to_some_never_loses_a_match(rule: AlertRule, facts: PositionFacts, added: str) -> None:
    if rule.keywords and match(rule, facts).matched:
        assert match(replace(rule, keywords=(*rule.keywords, added)), facts).matched


@unhurried
@given(rules, facts, st.randoms(use_true_random=False))
def test_the_order_of_lists_changes_nothing(rule: AlertRule, facts: PositionFacts, chance: random.Random) -> None:
    def shuffled(items: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(chance.sample(items, len(items)))

    lists = ("keywords", "excluded_keywords", "company_ids", "locations", "departments")
    other = replace(rule, **{name: shuffled(getattr(rule, name)) for name in lists})
    assert match(other, facts) == match(rule, facts)


@unhurried
@given(rules, facts)
def test_the_receipt_names_exactly_the_rules_that_are_set(rule: AlertRule, facts: PositionFacts) -> None:
    named = {result.rule for result in match(rule, facts).results}
    lists = ("keywords", "excluded_keywords", "company_ids", "locations", "departments")
    assert named == {name for name in lists if getattr(rule, name)} | (
        {"is_remote"} if rule.is_remote is not None else set()
    )


@unhurried
@given(rules, facts)
def test_evidence_is_written_in_the_position(rule: AlertRule, facts: PositionFacts) -> None:
    for result in match(rule, facts).results:
        if result.rule in {"keywords", "excluded_keywords"} and result.evidence:
            assert result.evidence == facts.title or all(part in facts.title for part in result.evidence.split(", "))
        if result.rule == "keywords" or (result.rule == "excluded_keywords" and result.result == "fail"):
            assert result.evidence


@unhurried
@given(st.text(alphabet="*&—.,:;!?()/#+-_ \t\"'…🚀\u200b", max_size=20))
def test_a_keyword_of_only_punctuation_is_refused(text: str) -> None:
    with pytest.raises(Invalid):
        validate(AlertRule(1, keywords=(text,)))
    with pytest.raises(Invalid):
        match(AlertRule(1, excluded_keywords=(text,)), PositionFacts(1, "Engineer"))


@unhurried
@given(st.text(max_size=30), st.text(max_size=30))
def test_any_text_at_all_is_either_matched_or_refused(wanted: str, have: str) -> None:
    rule = AlertRule(1, keywords=(wanted,), locations=(have,))
    try:
        validate(rule)
    except Invalid:
        return
    facts = PositionFacts(1, f"{have} {wanted}", (have,))
    locations = match(rule, facts).results[1]
    assert locations.result == "pass"
    assert locations.evidence
