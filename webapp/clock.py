"""The one place that asks what time it is. Edges call it; everything below them is told `now`."""

from datetime import UTC, datetime


def utcnow() -> datetime:
    """The current time, aware, in UTC."""
    return datetime.now(UTC)
