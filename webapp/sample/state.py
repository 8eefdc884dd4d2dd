"""How far each sample board has come: a JSON file that several processes share under a lock.

The file maps a company's slug to the times (ISO 8601, UTC) at which its generations began; the last one is current.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

log = logging.getLogger("rolewatch.sample")

# The pages of one read, and its retries, must all see the same generation.
STEADY = timedelta(seconds=20)


def utcnow() -> datetime:
    return datetime.now(UTC)


class WorldState:
    """The file at `path`. Safe for threads and processes; a file that cannot be understood is started anew."""

    def __init__(self, path: str | Path, now: Callable[[], datetime] = utcnow) -> None:
        self.path = Path(path)
        self._now = now

    def on_list_read(self, slug: str) -> list[datetime]:
        """The times at which the board's generations began, after noting that its list is being read.

        The first read begins generation 0; every later one begins the next, if the current one is 20 seconds old.
        """
        with self._changing() as times:
            began = times.setdefault(slug, [])
            if not began or self._now() - began[-1] >= STEADY:
                began.append(self._now())
            return list(began)

    def peek(self, slug: str) -> list[datetime]:
        """The times at which the board's generations began, changing nothing; at least one."""
        return self._load().get(slug) or [self._now()]

    def advance(self) -> None:
        """Begin the next generation of every board that has been read before."""
        with self._changing() as times:
            for began in times.values():
                began.append(self._now())

    def reset(self) -> None:
        """Forget everything: the next read of each board begins generation 0."""
        with self._changing() as times:
            times.clear()

    @contextmanager
    def _changing(self) -> Iterator[dict[str, list[datetime]]]:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        # A file of its own, because replacing a locked file would leave two processes with a lock each.
        with open(self.path.with_name(self.path.name + ".lock"), "a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            times = self._load()
            yield times
            self._save(times)

    def _load(self) -> dict[str, list[datetime]]:
        try:
            raw = json.loads(self.path.read_text(encoding="utf-8"))
            return {
                str(slug): [datetime.fromisoformat(text).astimezone(UTC) for text in began]
                for slug, began in raw.items()
            }
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError):
            log.warning("the state of the sample boards cannot be read and begins anew", extra={"path": str(self.path)})
            return {}

    def _save(self, times: dict[str, list[datetime]]) -> None:
        text = json.dumps({slug: [time.isoformat() for time in began] for slug, began in times.items()}, indent=0)
        handle, name = tempfile.mkstemp(dir=self.path.parent, prefix=self.path.name + ".")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(text)
            os.replace(name, self.path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
