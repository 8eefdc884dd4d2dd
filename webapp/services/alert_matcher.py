"""Which alerts a position matches, and why: the reference implementation.

A position matches an alert when every rule that the alert sets holds. One function, `_verdicts`, decides; previews,
live matching and receipts all go through it and cannot disagree. Pure: no database, no clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from webapp.errors import Invalid
from webapp.services.alert_rules import AlertRule, PositionFacts, require_some_rule, validate
from webapp.text import Keyword, compile_keyword, phrase, words_found

__all__ = ["AlertMatcher", "AlertRule", "PositionFacts", "Receipt", "Result", "RuleResult", "match", "validate"]

Result = Literal["pass", "fail", "unknown"]

REMOTE = " remote "


@dataclass(frozen=True, slots=True)
class RuleResult:
    """What became of one rule, and the position's own words that decided it, as they are written there."""

    rule: str
    result: Result
    evidence: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """Why an alert did or did not match a position: a result for every rule that the alert sets."""

    results: tuple[RuleResult, ...]

    @property
    def matched(self) -> bool:
        """Whether every rule that is set passed; unknown is not passed, and nothing set is no match."""
        return bool(self.results) and all(result.result == "pass" for result in self.results)

    def as_json(self) -> list[dict[str, str]]:
        """A list of `{"rule", "result", "evidence"}`, in the order of `AlertRule`'s fields."""
        return [{"rule": r.rule, "result": r.result, "evidence": r.evidence} for r in self.results]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A rule with its keywords and places turned into what is looked for."""

    rule: AlertRule
    keywords: tuple[Keyword, ...]
    excluded_keywords: tuple[Keyword, ...]
    company_ids: frozenset[int]
    locations: tuple[Keyword, ...]
    departments: tuple[Keyword, ...]

    @classmethod
    def of(cls, rule: AlertRule) -> _Compiled:
        return cls(
            rule,
            tuple(map(compile_keyword, rule.keywords)),
            tuple(map(compile_keyword, rule.excluded_keywords)),
            frozenset(rule.company_ids),
            tuple(map(_place, rule.locations)),
            tuple(map(_place, rule.departments)),
        )


def _place(text: str) -> Keyword:
    """A location or department: always a plain phrase, a star or a quote in it means nothing."""
    needle = phrase(text)
    return Keyword(text, tuple(needle.split()), False, needle)


def match(rule: AlertRule, facts: PositionFacts) -> Receipt:
    """Whether and why `facts` satisfy `rule`.

    Raises:
        Invalid: a keyword, location or department of the rule can mean nothing (see `validate`).
    """
    return _receipt(_Compiled.of(rule), facts)


def _receipt(compiled: _Compiled, facts: PositionFacts) -> Receipt:
    verdicts = _verdicts(compiled, facts)
    return Receipt(tuple(RuleResult(name, result, _evidence(name, compiled, facts)) for name, result in verdicts))


def _verdicts(compiled: _Compiled, facts: PositionFacts) -> Iterator[tuple[str, Result]]:
    """The name and result of every rule that is set. Lazy: whoever only wants yes or no stops at the first no."""
    rule = compiled.rule
    if compiled.keywords:
        yield "keywords", _passed(_any_in(compiled.keywords, facts.title_norm))
    if compiled.excluded_keywords:
        yield "excluded_keywords", _passed(not _any_in(compiled.excluded_keywords, facts.title_norm))
    if compiled.company_ids:
        yield (
            "company_ids",
            "unknown" if facts.company_id is None else _passed(facts.company_id in compiled.company_ids),
        )
    if compiled.locations:
        if _any_in(compiled.locations, facts.locations_norm) or _remote_place(compiled, facts):
            yield "locations", "pass"
        else:
            yield "locations", "fail" if facts.locations_norm.strip() else "unknown"
    if compiled.departments:
        if _any_in(compiled.departments, facts.departments_norm):
            yield "departments", "pass"
        else:
            yield "departments", "fail" if facts.departments_norm.strip() else "unknown"
    if rule.is_remote is not None:
        yield "is_remote", "unknown" if facts.is_remote is None else _passed(facts.is_remote == rule.is_remote)


def _holds(compiled: _Compiled, facts: PositionFacts) -> bool:
    return all(result == "pass" for _, result in _verdicts(compiled, facts))


def _passed(holds: bool) -> Result:
    return "pass" if holds else "fail"


def _any_in(wanted: Collection[Keyword], norm: str) -> bool:
    # A plain loop: this runs for every alert and every position, and `any` of a generator takes three times as long.
    for keyword in wanted:  # noqa: SIM110
        if keyword.needle in norm:
            return True
    return False


def _remote_place(compiled: _Compiled, facts: PositionFacts) -> bool:
    """Whether the alert names “remote” as a place and the position is remote, wherever that is written."""
    return facts.is_remote is True and any(place.needle == REMOTE for place in compiled.locations)


def _evidence(name: str, compiled: _Compiled, facts: PositionFacts) -> str:
    """The words of the position that rule `name` looked at: those it found, or else all that stood there.

    Empty where there is nothing to show, as for an excluded keyword that is not in the title.
    """
    if name == "company_ids":
        return "" if facts.company_id is None else str(facts.company_id)
    if name == "is_remote":
        return {True: "remote", False: "not remote", None: ""}[facts.is_remote]
    if name == "keywords":
        return _listed(words_found(facts.title, compiled.keywords)) or facts.title
    if name == "excluded_keywords":
        return _listed(words_found(facts.title, compiled.excluded_keywords))
    if name == "departments":
        return _words_in(facts.departments, compiled.departments) or _listed(facts.departments)
    found = _words_in(facts.locations, compiled.locations)
    if not found and _remote_place(compiled, facts):
        return "remote"
    return found or _listed(facts.locations)


def _words_in(texts: Iterable[str], wanted: Collection[Keyword]) -> str:
    return _listed(dict.fromkeys(word for text in texts for word in words_found(text, wanted)))


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)


@dataclass(frozen=True)
class AlertMatcher:
    """Many rules against one position after another; keywords are prepared once.

    A rule that cannot mean anything stands in `refused` with the reason and matches nothing, so that one broken row
    does not keep everybody else from being told.
    """

    rules: Iterable[AlertRule]
    refused: list[tuple[AlertRule, Invalid]] = field(default_factory=list, init=False)
    _compiled: list[_Compiled] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        for rule in self.rules:
            try:
                require_some_rule(rule)
                self._compiled.append(_Compiled.of(rule))
            except Invalid as problem:
                self.refused.append((rule, problem))

    def matching(self, facts: PositionFacts) -> list[AlertRule]:
        """The rules that `facts` satisfy, in the order given: the quick answer for counts and previews."""
        return [compiled.rule for compiled in self._holding(facts)]

    def matches(self, facts: PositionFacts) -> list[tuple[AlertRule, Receipt]]:
        """The rules that `facts` satisfy, in the order given, each with the reasons."""
        return [(compiled.rule, _receipt(compiled, facts)) for compiled in self._holding(facts)]

    def _holding(self, facts: PositionFacts) -> list[_Compiled]:
        return [compiled for compiled in self._compiled if _holds(compiled, facts)]
