"""Structured logs: one line per event, as text for people or as JSON for collectors, with secrets blanked."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

_SECRET_NAME = re.compile(r"pass(word)?|secret|token|authorization|cookie", re.IGNORECASE)
_SECRET_IN_URL = re.compile(
    r"((?:token|key|secret|password)=)[^&\s\"']+|(?<=://)[^/\s@:]+:[^/\s@]+(?=@)", re.IGNORECASE
)


def _blank_secrets(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in event.items():
        if name != "event" and _SECRET_NAME.search(name):
            event[name] = "[blanked]"
        elif isinstance(value, str):
            event[name] = _SECRET_IN_URL.sub(lambda found: f"{found.group(1) or ''}[blanked]", value)
    return event


def configure(level: str, style: str) -> None:
    """Send every log line of the process to standard error. `style` is `text` or `json`.

    A line break inside a value is escaped, so that scraped text cannot forge a line.
    """
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _blank_secrets,
    ]
    last: list[Any]
    if style == "json":
        last = [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(ensure_ascii=False)]
    else:
        last = [
            structlog.processors.ExceptionRenderer(),
            structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "logger", "event"]),
        ]
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
