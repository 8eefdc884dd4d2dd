"""How far each sample board has come: a JSON file that several processes share under a lock.

The file maps a company's slug to the times (ISO 8601, UTC) at which its generations began, the last of which is
current, and to the time by this machine's clock at which that one was noted.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

log = logging.getLogger("rolewatch.sample")

# The pages of one read, and its retries, must all see the same generation.
STEADY = timedelta(seconds=20)


def utcnow() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Progress:
    """`began`: when each generation began, oldest first. `noted_at`: when the current one was entered here."""

    began: list[datetime] = field(default_factory=list)
    noted_at: datetime | None = None

    def begin(self, at: datetime, noted_at: datetime) -> None:
        self.began.append(at)
        self.noted_at = noted_at


class WorldState:
    """The file at `path`. Safe for threads and processes; a file that cannot be understood is started anew."""

    def __init__(self, path: str | Path, now: Callable[[], datetime] = utcnow) -> None:
        self.path = Path(path)
        self._now = now

    def on_list_read(self, slug: str) -> list[datetime]:
        """The times at which the board's generations began, after noting that its list is being read.

        The first read begins generation 0; every later one begins the next, if the current one was entered at least
        20 seconds ago.
        """
        with self._changing() as boards:
            progress = boards.setdefault(slug, Progress())
            now = self._now()
            if progress.noted_at is None or not timedelta() <= now - progress.noted_at < STEADY:
                progress.begin(now, now)
            return list(progress.began)

    def peek(self, slug: str) -> list[datetime]:
        """The times at which the board's generations began, changing nothing; at least one."""
        progress = self._load().get(slug)
        return progress.began if progress else [self._now()]

    def begin(self, slug: str, at: datetime) -> None:
        """Begin the board's next generation, as if at the time `at`."""
        with self._changing() as boards:
            boards.setdefault(slug, Progress()).begin(at, self._now())

    def reset(self) -> None:
        """Forget everything: the next read of each board begins generation 0."""
        with self._changing() as boards:
            boards.clear()

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Progress]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A file of its own, because replacing a locked file would leave two processes with a lock each.
        with open(self.path.with_name(self.path.name + ".lock"), "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            boards = self._load()
            yield boards
            self._save(boards)

    def _load(self) -> dict[str, Progress]:
        try:
            raw = json.loads(self.path.read_text(encoding="utf-8"))
            return {
                str(slug): Progress([_time(text) for text in entry["began"]], _time(entry["noted_at"]))
                for slug, entry in raw.items()
                if entry["began"]
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            log.warning("the state of the sample boards cannot be read and begins anew", extra={"path": str(self.path)})
            return {}

    def _save(self, boards: dict[str, Progress]) -> None:
        raw = {
            slug: {
                "began": [time.isoformat() for time in progress.began],
                "noted_at": progress.noted_at.isoformat() if progress.noted_at else "",
            }
            for slug, progress in boards.items()
        }
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name + ".")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(raw, file, indent=0)
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)
