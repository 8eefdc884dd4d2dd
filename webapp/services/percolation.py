"""New and edited positions meet every alert; what matches is owed to its user.

Only `alert_matcher.match` decides, the same function that previews and receipts use.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from webapp.models import JobPosition, Message
from webapp.repositories import alerts as alert_questions
from webapp.repositories import known_positions
from webapp.services.alert_matcher import AlertMatcher, AlertRule, PositionFacts
from webapp.services.notification_service import Match, NotificationService
from webapp.services.position_lifecycle_manager import Edit, LifecycleResult


def announce(result: LifecycleResult, now: datetime) -> list[Message]:
    """Match what the lifecycle opened or edited against every running alert, and put what is owed into the outbox."""
    if not result.opened and not result.edited:
        return []
    alerts = alert_questions.running()
    if not alerts:
        return []
    by_id = {alert.id: alert for alert in alerts}
    matcher = AlertMatcher(AlertRule.of(alert) for alert in alerts)
    positions = known_positions.by_ids([*result.opened, *(edit.position_id for edit in result.edited)])
    matches = []
    for position_id in result.opened:
        position = positions[position_id]
        for rule, receipt in matcher.matches(PositionFacts.of(position)):
            matches.append(Match(by_id[rule.id], position, receipt.as_json()))
    for edit in result.edited:
        position = positions[edit.position_id]
        facts = PositionFacts.of(position)
        before = {rule.id for rule, _ in matcher.matches(_facts_before(facts, position, edit))}
        for rule, receipt in matcher.matches(facts):
            if rule.id not in before:
                matches.append(Match(by_id[rule.id], position, receipt.as_json()))
    return NotificationService().enqueue(matches, now) if matches else []


def _facts_before(facts: PositionFacts, position: JobPosition, edit: Edit) -> PositionFacts:
    """What the matcher would have been told before the edit."""
    old = edit.before
    department = old["department"]
    return replace(
        facts,
        title=old["title"],
        locations=tuple(dict.fromkeys(place for place in (old["location"], *old["locations"]) if place)),
        departments=(department,) if department else (),
        is_remote=old["is_remote"],
    )
