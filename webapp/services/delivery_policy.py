"""When a message is tried again, and when it is given up: pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

# After the first failures the next try comes after these; then hourly.
FIRST_WAITS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1))
LATER_WAIT = timedelta(hours=1)

# While our own side fails for good (log-in refused), hammering the server may get us locked out; while it is merely
# down, a look each minute brings the mail within a minute of recovery.
PROBE = timedelta(minutes=1)

# A refused address is asked again the next day; the third day on which it refuses ends the channel.
REFUSED_AGAIN = timedelta(hours=24)
REFUSED_DAYS = 3

# A message whose content was refused for good is tried once more, then it is a dead letter.
CONTENT_REFUSALS = 2
CONTENT_AGAIN = timedelta(minutes=5)

# What waited longer than this for a way that was down arrives as one message.
MERGE_AFTER = timedelta(hours=2)

# More than this many positions in one mail are not read; the rest follows.
BODY_LIMIT = 50
# So many messages of one flood go at once, the next ones an hour apart.
FOLLOW_UPS_AT_ONCE = 4
FOLLOW_UP_WAIT = timedelta(hours=1)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after the failure number `attempts` (from 1) of one message."""
    return FIRST_WAITS[attempts - 1] if attempts <= len(FIRST_WAITS) else LATER_WAIT


def attempts_until(give_up: timedelta) -> int:
    """The number of tries that fit into `give_up`.

    Tries are counted, not hours since the message was written: a message that waited out a long failure of our own
    side has its full patience left.
    """
    waited, attempts = timedelta(), 1
    while waited + wait_after(attempts) <= give_up:
        waited += wait_after(attempts)
        attempts += 1
    return attempts


def pause_after(failures: int, *, permanent: bool) -> timedelta:
    """How long a kind of channel rests after the failure number `failures` (from 1) of our own side."""
    return wait_after(failures) if permanent else PROBE


def is_refusing_for_good(refused_on: list[str]) -> bool:
    """Whether an address was refused on so many different days that it is not written to any more."""
    return len(set(refused_on)) >= REFUSED_DAYS


@dataclass(frozen=True, slots=True)
class Window:
    """The span in which matches share one message: it ends at `ends_at`; `name` is the same all through it."""

    name: str
    ends_at: datetime

    @classmethod
    def at(cls, now: datetime, seconds: float) -> Window:
        """The window that `now` falls into; with 0 seconds every moment is its own and ends at once."""
        micros = round(now.timestamp() * 1_000_000)
        length = round(seconds * 1_000_000)
        if length <= 0:
            return cls(str(micros), now)
        start = micros - micros % length
        return cls(str(start), now + timedelta(microseconds=start + length - micros))
