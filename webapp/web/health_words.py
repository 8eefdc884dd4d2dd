"""Boards and reads in words, for pages."""

from __future__ import annotations

from datetime import datetime

from webapp.models import Board, ScrapeRun
from webapp.models.board import BoardHealth
from webapp.models.scrape_run import RunOutcome
from webapp.scrapers import SCRAPERS

_FAILURES = {
    "gone": "not found",
    "refused": "refused",
    "unavailable": "not reachable",
    "too_large": "too large",
    "malformed": "unreadable",
}
_OUTCOMES = {
    RunOutcome.RUNNING: ("being read", "accent"),
    RunOutcome.OK: ("complete", "good"),
    RunOutcome.UNCHANGED: ("unchanged", "good"),
    RunOutcome.PARTIAL: ("partly read", "warn"),
    RunOutcome.HELD: ("held", "warn"),
    RunOutcome.FAILED: ("failed", "bad"),
    RunOutcome.INTERRUPTED: ("interrupted", "warn"),
    RunOutcome.SUPERSEDED: ("too late", ""),
}


def source(board: Board) -> tuple[str, str]:
    """Where a board is read from and how far to trust that: ("Greenhouse", "API"), ("Career page", "page")."""
    scraper = SCRAPERS.get(board.ats)
    if scraper is None:
        return board.ats, "unknown"
    return scraper.label, "API" if scraper.kind == "api" else "page"


def board_state(board: Board, now: datetime) -> tuple[str, str]:
    """The board's condition in words, and the tone of its badge."""
    if not board.is_enabled:
        return "switched off", ""
    if board.is_being_read(now):
        return "being read now", "accent"
    if board.health == BoardHealth.FAILING.value:
        why = _FAILURES.get(board.failure_kind or "", "")
        return f"failing · {why}" if why else "failing", "bad"
    return {
        BoardHealth.NEW.value: ("not read yet", ""),
        BoardHealth.OK.value: ("complete", "good"),
        BoardHealth.PARTIAL.value: ("partly read", "warn"),
        BoardHealth.HELD.value: ("held", "warn"),
    }[board.health]


def run_outcome(run: ScrapeRun) -> tuple[str, str]:
    """What a read came to in words, and the tone of its badge."""
    text, tone = _OUTCOMES[RunOutcome(run.outcome)]
    if run.outcome == RunOutcome.FAILED.value:
        why = str(run.http_status) if run.http_status else _FAILURES.get(run.failure_kind or "", "")
        return (f"{text} · {why}" if why else text), tone
    return text, tone


def run_counts(run: ScrapeRun) -> str:
    """What a read changed: "+2 −1 · 3 edited", or "no change"; empty where nothing could be concluded."""
    if run.outcome not in {RunOutcome.OK.value, RunOutcome.UNCHANGED.value, RunOutcome.PARTIAL.value}:
        return ""
    parts = []
    if run.new or run.reopened or run.expired:
        parts.append(f"+{run.new + run.reopened:,} −{run.expired:,}")
    parts += [f"{count:,} {word}" for count, word in ((run.updated, "edited"), (run.missing, "missing")) if count]
    return " · ".join(parts) or "no change"
