"""What alerts match among the open positions now, decided by the same `match` that sends e-mails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.repositories import open_positions
from webapp.repositories.open_positions import PositionLine
from webapp.services.alert_matcher import AlertMatcher, AlertRule, PositionFacts, Receipt
from webapp.text import compile_keyword

# How many open positions are looked at, newest first. Beyond it counts are "at least".
LOOKED_AT = 20_000
SHOWN = 5


@dataclass(frozen=True, slots=True)
class KeywordCount:
    """How many of the open positions one keyword alone finds in the title."""

    keyword: str
    count: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule matches now. `capped`: there are more open positions than were looked at, so counts are minima."""

    count: int
    capped: bool
    looked_at: int
    positions: list[PositionLine]
    keywords: list[KeywordCount]


@dataclass(frozen=True, slots=True)
class Matched:
    """One open position that a rule matches, and why."""

    position_id: int
    receipt: Receipt


def preview(rule: AlertRule) -> Preview:
    """Count what `rule` matches among the open positions, with the newest few and the share of each keyword.

    The rule must be valid (`alert_matcher.validate`).
    """
    matcher = AlertMatcher([rule])
    keywords = [compile_keyword(word) for word in rule.keywords]
    alone = [0] * len(keywords)
    newest: list[int] = []
    count = looked_at = 0
    for position in open_positions.newest(LOOKED_AT + 1):
        looked_at += 1
        if looked_at > LOOKED_AT:
            break
        facts = PositionFacts.of(position)
        for index, keyword in enumerate(keywords):
            if keyword.found_in(facts.title_norm):
                alone[index] += 1
        if matcher.matching(facts):
            count += 1
            if len(newest) < SHOWN:
                newest.append(position.id)
    return Preview(
        count=count,
        capped=looked_at > LOOKED_AT,
        looked_at=min(looked_at, LOOKED_AT),
        positions=open_positions.lines(newest) if newest else [],
        keywords=[KeywordCount(*pair) for pair in zip(rule.keywords, alone, strict=True)],
    )


def counts_now(rules: Sequence[AlertRule]) -> tuple[dict[int, int], bool]:
    """How many open positions each rule matches, by rule id, and whether these are minima (see `Preview.capped`)."""
    counts = {rule.id: 0 for rule in rules}
    if not rules:
        return counts, False
    matcher = AlertMatcher(rules)
    for number, position in enumerate(open_positions.newest(LOOKED_AT + 1)):
        if number == LOOKED_AT:
            return counts, True
        for rule in matcher.matching(PositionFacts.of(position)):
            counts[rule.id] += 1
    return counts, False


def matches_now(rule: AlertRule) -> list[Matched]:
    """Every open position that `rule` matches among those looked at, newest first, with its receipt."""
    matcher = AlertMatcher([rule])
    return [
        Matched(position.id, receipt)
        for position in open_positions.newest(LOOKED_AT, rule.company_ids)
        for _, receipt in matcher.matches(PositionFacts.of(position))
    ]
