"""Receipts as people read them: what of the position decided, without numbers that mean nothing to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

RULE_WORDS = {"keywords": "title", "locations": "place", "departments": "department", "is_remote": "workplace"}


def shown(receipt: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """The lines of a stored receipt worth showing, as `rule` (in words), `result` and `evidence`.

    A rule that passed because something is absent says nothing, and a company is known by its name beside it.
    """
    lines = []
    for line in receipt:
        rule, result, evidence = str(line["rule"]), str(line["result"]), str(line["evidence"])
        if rule == "company_ids":
            lines.append({"rule": "a company you chose", "result": result, "evidence": ""})
        elif rule != "excluded_keywords":
            lines.append({"rule": RULE_WORDS.get(rule, rule.replace("_", " ")), "result": result, "evidence": evidence})
        elif result != "pass":
            lines.append({"rule": "excluded word", "result": result, "evidence": evidence})
    return lines
