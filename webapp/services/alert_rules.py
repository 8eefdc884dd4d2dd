"""What an alert asks for and what the matcher knows of a position: values, their JSON shape, and their limits."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from webapp.errors import Invalid
from webapp.models import Alert
from webapp.text import compile_keyword, padded, phrase

MAX_ITEMS = 100
MAX_LENGTH = 100
MAX_COMPANIES = 1000
LIST_NAMES = {
    "keywords": "keyword",
    "excluded_keywords": "excluded keyword",
    "locations": "location",
    "departments": "department",
}


class PositionLike(Protocol):
    """What the matcher looks at: a stored position, or a row with these columns."""

    @property
    def company_id(self) -> int: ...
    @property
    def title(self) -> str: ...
    @property
    def location(self) -> str: ...
    @property
    def locations(self) -> list[str]: ...
    @property
    def department(self) -> str: ...
    @property
    def is_remote(self) -> bool | None: ...
    @property
    def external_id(self) -> str: ...


@dataclass(frozen=True, slots=True)
class AlertRule:
    """What an alert asks for. An empty list, or `is_remote` None, leaves that rule out."""

    id: int
    keywords: tuple[str, ...] = ()
    excluded_keywords: tuple[str, ...] = ()
    company_ids: tuple[int, ...] = ()
    locations: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    is_remote: bool | None = None

    @classmethod
    def of(cls, alert: Alert) -> AlertRule:
        """The rule that a stored alert holds."""
        return cls(
            id=alert.id,
            keywords=tuple(alert.keywords),
            excluded_keywords=tuple(alert.excluded_keywords),
            company_ids=tuple(alert.company_ids),
            locations=tuple(alert.locations),
            departments=tuple(alert.departments),
            is_remote=alert.is_remote,
        )

    @classmethod
    def from_json(cls, value: Any) -> AlertRule:
        """The rule in a JSON object with the fields of this class; other fields are ignored.

        Raises:
            Invalid: it has another shape, or `validate` refuses it.
        """
        fields = _object(value, "An alert")
        rule = cls(
            id=_number(fields, "id", "An alert"),
            keywords=_texts(fields, "keywords"),
            excluded_keywords=_texts(fields, "excluded_keywords"),
            company_ids=_numbers(fields, "company_ids"),
            locations=_texts(fields, "locations"),
            departments=_texts(fields, "departments"),
            is_remote=_flag(fields, "is_remote"),
        )
        validate(rule)
        return rule

    @property
    def is_empty(self) -> bool:
        """Whether no rule is set at all; such an alert is refused and matches nothing."""
        lists = (self.keywords, self.excluded_keywords, self.company_ids, self.locations, self.departments)
        return self.is_remote is None and not any(lists)


# No slots: the padded forms below are kept once made.
@dataclass(frozen=True)
class PositionFacts:
    """What the rules look at. `is_remote` is None where the source does not say."""

    company_id: int | None
    title: str
    locations: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()
    is_remote: bool | None = None
    external_id: str = ""

    @classmethod
    def of(cls, position: PositionLike) -> PositionFacts:
        """The facts of a stored position."""
        return cls(
            company_id=position.company_id,
            title=position.title,
            locations=_distinct((position.location, *position.locations)),
            departments=_distinct((position.department,)),
            is_remote=position.is_remote,
            external_id=position.external_id,
        )

    @classmethod
    def from_json(cls, value: Any) -> PositionFacts:
        """The facts in a JSON object shaped like a line of `flask scrape preview --jsonl`, with `company_id` if known.

        Raises:
            Invalid: it has another shape.
        """
        fields = _object(value, "A position")
        return cls(
            company_id=_number(fields, "company_id", "A position") if fields.get("company_id") is not None else None,
            title=_text(fields, "title", required=True),
            locations=_distinct((_text(fields, "location"), *_texts(fields, "locations"))),
            departments=_distinct((_text(fields, "department"), *_texts(fields, "departments"))),
            is_remote=_flag(fields, "is_remote"),
            external_id=_text(fields, "external_id", required=True),
        )

    @cached_property
    def title_norm(self) -> str:
        """The padded tokens of the title."""
        return padded(self.title)

    @cached_property
    def locations_norm(self) -> str:
        """The padded tokens of every location, one on each line, so that no phrase reaches from one into the next."""
        return "\n".join(map(padded, self.locations))

    @cached_property
    def departments_norm(self) -> str:
        """The padded tokens of every department, one on each line."""
        return "\n".join(map(padded, self.departments))


def validate(rule: AlertRule) -> None:
    """Refuse a rule that cannot be meant.

    Raises:
        Invalid: nothing is set, a list is too long, or an item is too long, blank or without a letter or digit. The
            error's `field` names the list.
    """
    require_some_rule(rule)
    for name, word in LIST_NAMES.items():
        _validate_list(getattr(rule, name), name, word)
    if len(rule.company_ids) > MAX_COMPANIES:
        raise Invalid(
            f"These are {len(rule.company_ids)} companies; an alert takes at most {MAX_COMPANIES}. "
            "Take some away, or choose none to watch them all.",
            "company_ids",
        )


def require_some_rule(rule: AlertRule) -> None:
    """Refuse a rule in which nothing is set.

    Raises:
        Invalid: always when `rule.is_empty`.
    """
    if rule.is_empty:
        raise Invalid(
            "An alert needs at least one rule: words that the title has or has not, a place, a department, a company, "
            "or remote yes or no."
        )


def _validate_list(items: Sequence[str], name: str, word: str) -> None:
    if len(items) > MAX_ITEMS:
        raise Invalid(
            f"These are {len(items)} {word}s; an alert takes at most {MAX_ITEMS}. "
            "Take some away, or spread them over several alerts.",
            name,
        )
    for item in items:
        if not item.strip():
            raise Invalid(f"One {word} is blank. Take it away or write a word.", name)
        if len(item.strip()) > MAX_LENGTH:
            raise Invalid(
                f"The {word} “{item.strip()[:40]}…” has {len(item.strip())} characters; at most {MAX_LENGTH} fit.", name
            )
        try:
            check = compile_keyword if name in ("keywords", "excluded_keywords") else phrase
            check(item)
        except Invalid as problem:
            raise Invalid(problem.sentence, name) from problem


def _distinct(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))


def _object(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise Invalid(f"{what} must be a JSON object, like {{…}}.")
    return value


def _text(fields: Mapping[str, Any], name: str, *, required: bool = False) -> str:
    value = fields.get(name)
    if value is None and not required:
        return ""
    if not isinstance(value, str):
        raise Invalid(f"`{name}` is missing or not a text.", name)
    return value


def _texts(fields: Mapping[str, Any], name: str) -> tuple[str, ...]:
    value = fields.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Invalid(f'`{name}` must be a list of texts, like ["a", "b"].', name)
    return tuple(value)


def _number(fields: Mapping[str, Any], name: str, what: str) -> int:
    value = fields.get(name)
    # JSON true is an int for Python.
    if not isinstance(value, int) or isinstance(value, bool):
        raise Invalid(f"{what} needs `{name}`, a whole number.", name)
    return value


def _numbers(fields: Mapping[str, Any], name: str) -> tuple[int, ...]:
    value = fields.get(name)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(item, int) and not isinstance(item, bool) for item in value):
        raise Invalid(f"`{name}` must be a list of whole numbers, like [1, 2].", name)
    return tuple(value)


def _flag(fields: Mapping[str, Any], name: str) -> bool | None:
    value = fields.get(name)
    if value is not None and not isinstance(value, bool):
        raise Invalid(f"`{name}` must be true, false or null.", name)
    return value
