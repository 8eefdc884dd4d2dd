"""The sample world is a pure function of company and generation, and changes the way boards do."""

from __future__ import annotations

import itertools
import subprocess
import sys
from pathlib import Path

import pytest

from webapp.sample import postings, world
from webapp.sample.companies import COMPANIES
from webapp.sample.shapes import SampleCompany
from webapp.sample.wire import ident

ROOT = Path(__file__).parents[2]
EVERY = pytest.mark.parametrize("company", COMPANIES, ids=lambda company: company.slug)


def ids(company: SampleCompany, generation: int) -> set[int]:
    return {ident(opening) for opening in world.existing(company, generation)}


def test_every_ats_has_a_company() -> None:
    assert {company.ats for company in COMPANIES} == {"greenhouse", "comeet", "workday", "lever", "ashby"}
    assert 8 <= len(COMPANIES) <= 10


@EVERY
def test_a_generation_is_the_same_whatever_was_asked_before(company: SampleCompany) -> None:
    forwards = [world.listed(company, generation) for generation in range(15)]
    backwards = [world.listed(company, generation) for generation in reversed(range(15))]
    assert forwards == backwards[::-1]


def test_another_process_sees_the_same_world() -> None:
    program = (
        "from webapp.sample import world; from webapp.sample.companies import COMPANIES; import hashlib;"
        "print(hashlib.sha256(repr([world.listed(c, 9) for c in COMPANIES]).encode()).hexdigest())"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", program], cwd=ROOT, env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        )
        for seed in ("1", "2")
    ]
    assert len({run.stdout for run in runs}) == 1


@EVERY
def test_every_generation_opens_closes_and_edits_a_few(company: SampleCompany) -> None:
    for generation in range(1, 60):
        before, after = ids(company, generation - 1), ids(company, generation)
        returning = generation % world.RETURN_EVERY == 0
        reposted = generation % world.REPOST_EVERY == 0
        assert 1 <= len(after - before) <= 3 + returning + reposted
        assert 1 <= len(before - after) <= 2
        old = {ident(opening): opening for opening in world.existing(company, generation - 1)}
        changed = [
            opening
            for opening in world.existing(company, generation)
            if ident(opening) in old and opening != old[ident(opening)]
        ]
        assert len(changed) == 1


@EVERY
def test_a_board_stays_about_as_large_as_it_was(company: SampleCompany) -> None:
    sizes = [len(world.existing(company, generation)) for generation in range(200)]
    assert sizes[0] == company.baseline
    assert company.baseline * 0.6 < min(sizes)
    assert max(sizes) < company.baseline * 1.8


@EVERY
def test_ids_are_unique_and_never_given_to_another_position(company: SampleCompany) -> None:
    first_titles: dict[int, str] = {}
    for generation in range(60):
        openings = world.existing(company, generation)
        assert len({ident(opening) for opening in openings}) == len(openings)
        for opening in openings:
            assert first_titles.setdefault(ident(opening), opening.first_title) == opening.first_title


def test_some_closed_positions_come_back_and_some_are_posted_again_under_a_new_id() -> None:
    company = COMPANIES[0]
    seen: set[int] = set()
    back, copies = set(), set()
    for generation in range(30):
        now = ids(company, generation)
        if generation:
            back |= (now - ids(company, generation - 1)) & seen
        seen |= now
        copies |= {opening.copy for opening in world.existing(company, generation)}
    assert back
    assert {0, 1} <= copies


def test_one_company_drops_to_four_positions_and_recovers() -> None:
    company = next(company for company in COMPANIES if company.drops_to)
    sizes = [len(world.listed(company, generation)) for generation in range(world.PRESENT + 4)]
    assert sizes[0] == 58
    assert [size == 4 for size in sizes] == [generation in world.DROPPED for generation in range(len(sizes))]
    assert {ident(o) for o in world.listed(company, world.PRESENT)} < ids(company, world.PRESENT)


def test_one_company_is_broken_from_its_fifth_generation_on() -> None:
    broken = [company for company in COMPANIES if world.is_broken(company, 5)]
    assert [company.name for company in broken] == ["Brackenridge"]
    assert not world.is_broken(broken[0], 4)


def test_the_hand_written_arrivals_open_in_the_generation_a_seed_ends_with() -> None:
    for company in COMPANIES:
        new = ids(company, world.PRESENT) - ids(company, world.PRESENT - 1)
        titles = {o.title for o in world.existing(company, world.PRESENT) if ident(o) in new}
        assert {special.title for special in company.arrivals} <= titles
        assert len(company.arrivals) <= 3


def test_the_world_has_what_real_boards_surprise_with() -> None:
    everything = [opening for company in COMPANIES for opening in world.existing(company, 0)]
    titles = [opening.title for opening in everything]
    assert any(any("\u05d0" <= c <= "\u05ea" for c in title) for title in titles), "Hebrew"
    assert any(any(ord(c) > 0xFFFF for c in title) for title in titles), "emoji"
    assert any("\u0600" <= c <= "\u06ff" for title in titles for c in title), "Arabic"
    assert max(map(len, titles)) > 120
    assert {opening.workplace for opening in everything} == {"remote", "hybrid", "onsite", "unknown"}
    assert {opening.pay.currency for opening in everything if opening.pay} == {"ILS", "EUR", "USD", "GBP"}
    assert any(len(opening.places) > 1 for opening in everything)
    assert all(opening.duties and opening.skills and opening.summary for opening in everything)


@EVERY
def test_an_edit_is_seen_by_a_reader(company: SampleCompany) -> None:
    for number in range(8):
        versions = [postings.write(company, number, 0, revision, 0) for revision in range(6)]
        assert all(older != newer for older, newer in itertools.pairwise(versions))
