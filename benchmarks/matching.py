"""1,000 alerts against 2,000 positions, beside a regular expression per keyword."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Iterator

from webapp.services.alert_matcher import AlertMatcher, AlertRule, PositionFacts

ALERTS, POSITIONS = 1_000, 2_000
# The baseline is slow: it meets one position in so many.
SAMPLE = 5
ROLES = ("engineer", "developer", "designer", "analyst", "manager", "scientist", "writer", "recruiter", "counsel")
FIELDS = ("backend", "frontend", "data", "machine-learning", "c++", "java", "python", "security", "sales", "product")
LEVELS = ("Junior", "Senior", "Staff", "Lead", "Principal", "")
PLACES = ("Haifa, Israel", "Tel Aviv", "Berlin, Germany", "London", "Remote", "Paris, France", "New York")


def measure() -> Iterator[str]:
    """A line for the whole table of alerts and positions."""
    chance = random.Random(11)
    rules = [
        AlertRule(
            id=number,
            keywords=tuple(f"{chance.choice(FIELDS)} {chance.choice(ROLES)}" for _ in range(chance.randint(1, 5))),
            excluded_keywords=("intern", "junior") if number % 3 == 0 else (),
            locations=(chance.choice(PLACES),) if number % 2 else (),
        )
        for number in range(ALERTS)
    ]
    facts = [
        (
            f"{chance.choice(LEVELS)} {chance.choice(FIELDS)} {chance.choice(ROLES)}".strip(),
            chance.choice(PLACES),
        )
        for _ in range(POSITIONS)
    ]
    started = time.perf_counter()
    matcher = AlertMatcher(rules)
    ours = sum(
        len(matcher.matches(PositionFacts(company_id=1, title=title, locations=(place,)))) for title, place in facts
    )
    seconds = time.perf_counter() - started
    started = time.perf_counter()
    theirs = sum(_plain(rule, title, place) for title, place in facts[::SAMPLE] for rule in rules)
    baseline = (time.perf_counter() - started) * SAMPLE
    assert theirs == sum(
        len(matcher.matching(PositionFacts(company_id=1, title=title, locations=(place,))))
        for title, place in facts[::SAMPLE]
    )
    what = f"{ALERTS:,} alerts, {POSITIONS:,} positions, with receipts"
    yield f"{what:46}{ours:>8,}{seconds:>8.2f} s{baseline:>10.2f} s{baseline / seconds:>7.1f}"
    yield f"(re.search on one position in {SAMPLE}, times {SAMPLE}; both found the same matches there)"


def _plain(rule: AlertRule, title: str, place: str) -> bool:
    def said(words: str, text: str) -> bool:
        return re.search(rf"(?<!\w){re.escape(words)}(?!\w)", text, re.IGNORECASE) is not None

    return (
        any(said(words, title) for words in rule.keywords)
        and not any(said(words, title) for words in rule.excluded_keywords)
        and (not rule.locations or any(said(words, place) for words in rule.locations))
    )
