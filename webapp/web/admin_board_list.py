"""The list of boards with its live progress: the same region on the overview and on the boards page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import url_for

from webapp.repositories import admin_boards, operations
from webapp.repositories.admin_boards import BatchResult, BoardCounts, BoardRow, Progress, Show
from webapp.web.admin_frame import Window, window

PAGE = 100
COMPACT = 10
# Ticks are seconds apart; a scheduler that was silent this long is not coming for the queue.
SILENT_AFTER = timedelta(seconds=90)
# A page that was left open over night does not ask what happened since yesterday.
OLDEST_BATCH = timedelta(hours=6)


@dataclass(frozen=True, slots=True)
class BoardList:
    """What the region shows. `compact` is the short form on the overview, which only shows the worst.

    `is_live`: the region asks for itself again every second. That ends by itself when nothing is queued or being
    read, and also where no scheduler is there to work on the queue; then `is_stuck` says so.
    """

    rows: list[BoardRow]
    counts: BoardCounts
    show: Show
    name: str
    window: Window
    compact: bool
    progress: Progress
    result: BatchResult | None
    is_stuck: bool
    now: datetime

    @property
    def is_live(self) -> bool:
        return self.progress.is_running and not self.is_stuck

    @property
    def url(self) -> str:
        """The address of this very list."""
        if self.compact:
            return url_for("admin.overview")
        return self.url_of(page=self.window.number if self.window.number > 1 else None)

    @property
    def poll_url(self) -> str:
        """The address that the region asks for while it is live: it remembers when the batch began."""
        since = self.progress.since
        stamp = since.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ") if since else None
        if self.compact:
            return url_for("admin.overview", since=stamp)
        return self.url_of(page=self.window.number if self.window.number > 1 else None, since=stamp)

    def url_of(self, show: str | None = None, **values: Any) -> str:
        """The address of the same list of boards with something else shown."""
        chosen = show or self.show.value
        return url_for(
            "admin_boards.index", show=None if chosen == Show.ON.value else chosen, name=self.name or None, **values
        )


def board_list(values: Mapping[str, str], now: datetime, *, compact: bool) -> BoardList:
    """The list that these values of an address or a form ask for; what cannot be read is ignored."""
    show = Show(values["show"]) if values.get("show") in set(Show) and not compact else Show.ON
    name = "" if compact else values.get("name", "").replace("\x00", "").strip()[:100]
    since = _moment(values.get("since", ""), now)
    page = window(admin_boards.count(show, name), COMPACT if compact else PAGE, values.get("page", ""))
    progress = admin_boards.progress(now, since)
    # Reading needs no scheduler any more; only a queue waits for one.
    is_stuck = progress.queued > 0 and not progress.reading and scheduler_is_silent(now)
    return BoardList(
        rows=admin_boards.worst_first(show, name, limit=page.size, offset=page.offset),
        counts=admin_boards.counts(),
        show=show,
        name=name,
        window=page,
        compact=compact,
        progress=progress,
        result=admin_boards.result_since(since) if since and not progress.is_running else None,
        is_stuck=is_stuck,
        now=now,
    )


def scheduler_is_silent(now: datetime) -> bool:
    """Whether no process has ticked lately, so that nobody would work on a queue."""
    lease = operations.scheduler_lease()
    return lease is None or lease.renewed_at < now - SILENT_AFTER


def _moment(text: str, now: datetime) -> datetime | None:
    try:
        moment = datetime.strptime(text, "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC)
    except ValueError:
        return None
    return moment if now - OLDEST_BATCH <= moment <= now else None
