"""Structured logs: one line per event, as text for people or as JSON for collectors, with secrets blanked.

Everybody logs through the standard library: `logging.getLogger("rolewatch.…")`, with facts in `extra`.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_NAME = re.compile(r"pass(word)?|secret|token|authorization|cookie", re.IGNORECASE)
# What follows /unsubscribe/ acts without a log-in.
_SECRET_IN_TEXT = re.compile(
    r"((?:token|key|secret|password)=|/unsubscribe/)[^&\s\"'?]+|(?<=://)[^/\s@:]*:[^/\s@]+(?=@)", re.IGNORECASE
)
# Anything that a terminal, a pager or a collector may take for the end of a line or for a command.
_UNFIT = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def _blank_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        event[name] = "[blanked]" if name != "event" and _SECRET_NAME.search(name) else _clean(value)
    return event


def _clean(value: Any) -> Any:
    """`value` without secrets and control characters, whatever it is made of."""
    if isinstance(value, str):
        blanked = _SECRET_IN_TEXT.sub(lambda found: f"{found.group(1) or ''}[blanked]", value)
        return _UNFIT.sub(lambda found: f"\\u{ord(found.group()):04x}", blanked)
    if isinstance(value, dict):
        return {key: "[blanked]" if _SECRET_NAME.search(str(key)) else _clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(one) for one in value]
    return value


def configure(level: str, style: str) -> None:
    """Send every log line of the process to standard error. `style` is `text` or `json`.

    A line break inside a value is escaped, so that scraped text cannot forge a line.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # A traceback becomes text before secrets are blanked, and never with the variables of its frames: they hold
    # passwords as typed and the tokens of sessions.
    last: list[Any] = [structlog.processors.ExceptionRenderer(), _blank_secrets]
    if style == "json":
        last.append(structlog.processors.JSONRenderer(ensure_ascii=False, default=str))
    else:
        last.append(structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "logger", "event"]))
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    handler.set_name("rolewatch")
    root = logging.getLogger()
    root.handlers = [kept for kept in root.handlers if kept.get_name() != "rolewatch"] + [handler]
    root.setLevel(level)
    for chatty in ("urllib3", "alembic"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, logging.getLevelName(level)))
    # It warns at every tick that finds the one before still at work, which is what is meant to happen.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
