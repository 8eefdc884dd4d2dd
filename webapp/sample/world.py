"""Which positions a sample company has open in a generation: a pure function of the company and the number.

    generation 0 ─▶ open 1–3, edit 1, close 1–2 ─▶ generation 1 ─▶ …

Now and then a closed position comes back under its old id, and one is posted again under a new id.
"""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field, replace

from webapp.sample.postings import FIRST_ARRIVAL, Opening, write
from webapp.sample.shapes import SampleCompany

# The generation that a freshly seeded world has reached; the hand-written arrivals open in it.
PRESENT = 6

# In these of every twelve generations a company with `drops_to` shows only that many positions.
DROP_CYCLE = 12
DROPPED = range(PRESENT, PRESENT + 2)

RETURN_EVERY = 4
REPOST_EVERY = 5


@dataclass(frozen=True, slots=True)
class Life:
    """One position: its `number` decides the text, `copy` counts reposts, `revision` counts edits.
    `since` is the generation in which this copy was published."""

    number: int
    copy: int = 0
    revision: int = 0
    since: int = 0


@dataclass(slots=True)
class _Board:
    """Everything a board remembers. `closed` holds (life, generation of closing), oldest first."""

    generation: int
    next_number: int
    open: list[Life]
    closed: list[tuple[Life, int]] = field(default_factory=list)

    def copied(self) -> _Board:
        return _Board(self.generation, self.next_number, list(self.open), list(self.closed))


def is_broken(company: SampleCompany, generation: int) -> bool:
    """Whether the board answers with an error instead of a list."""
    return company.broken_from is not None and generation >= company.broken_from


def listed(company: SampleCompany, generation: int) -> tuple[Opening, ...]:
    """What the board lists in `generation`, newest first."""
    openings = existing(company, generation)
    if company.drops_to is not None and generation % DROP_CYCLE in DROPPED:
        return openings[-company.drops_to :]
    return openings


def existing(company: SampleCompany, generation: int) -> tuple[Opening, ...]:
    """What has a page of its own in `generation`, listed or not; newest first."""
    lives = sorted(_board(company, generation).open, key=lambda life: (-life.since, -life.number))
    return tuple(write(company, life.number, life.copy, life.revision, life.since) for life in lives)


_latest: dict[str, _Board] = {}
_guard = threading.Lock()


def _board(company: SampleCompany, generation: int) -> _Board:
    # Only a memo: generations are asked for in order, and each follows from the one before.
    with _guard:
        known = _latest.get(company.slug)
    board = known.copied() if known is not None and known.generation <= generation else _first(company)
    while board.generation < generation:
        _advance(company, board)
    with _guard:
        _latest[company.slug] = board.copied()
    return board


def _first(company: SampleCompany) -> _Board:
    return _Board(0, company.baseline, [Life(number) for number in range(company.baseline)])


def _advance(company: SampleCompany, board: _Board) -> None:
    board.generation += 1
    generation = board.generation
    # Not for secrets: the same company and generation must give the same world everywhere.
    dice = random.Random(f"{company.slug} {generation}")  # noqa: S311
    crowding = len(board.open) / company.baseline
    closing = 2 if crowding > 1.2 else 1 if crowding < 0.85 else dice.randint(1, 2)
    opening = 1 if crowding > 1.2 else 3 if crowding < 0.85 else dice.randint(1, 3)

    for leaving in dice.sample(board.open, closing):
        board.open.remove(leaving)
        board.closed.append((leaving, generation))
    edited = dice.randrange(len(board.open))
    board.open[edited] = replace(board.open[edited], revision=board.open[edited].revision + 1)
    if generation % RETURN_EVERY == 0:
        _reopen(board, generation)
    if generation % REPOST_EVERY == 0:
        _repost(board, generation)
    if generation == PRESENT and company.arrivals:
        board.open += [Life(FIRST_ARRIVAL + index, since=generation) for index in range(len(company.arrivals))]
        return
    for _ in range(opening):
        board.open.append(Life(board.next_number, since=generation))
        board.next_number += 1


def _reopen(board: _Board, generation: int) -> None:
    """The position that was closed longest ago comes back, if that was at least three generations ago."""
    if board.closed and board.closed[0][1] <= generation - 3:
        life, _ = board.closed.pop(0)
        board.open.append(life)


def _repost(board: _Board, generation: int) -> None:
    """A position that was just closed is posted again, as a new copy."""
    if board.closed and board.closed[-1][1] == generation:
        life, _ = board.closed.pop()
        board.open.append(replace(life, copy=life.copy + 1, since=generation))
