"""Every recorded list of the five ATSs lives through the whole story on the true path.

careers URL ─▶ companies add ─▶ scrape run ─▶ positions ─▶ alert ─▶ notify deliver ─▶ a real SMTP server

The recordings lie beside the project; where they are absent, these tests are skipped.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.e2e.payload_boards import ERROR_PAGE, RecordedBoard, Row, boards
from tests.e2e.true_path import Told, TruePath, told_in
from tests.servers import Reply, ScriptedServer
from webapp.models import AlertNotification, Message
from webapp.services.alerts import AlertDraft

BOARDS = boards()
pytestmark = pytest.mark.skipif(not BOARDS, reason="no recorded payloads here")


def each(chosen: list[RecordedBoard]) -> Any:
    return pytest.mark.parametrize("recorded", chosen, ids=[board.name for board in chosen])


@pytest.fixture
def settings(settings: dict[str, Any], web: ScriptedServer, mail_port: int) -> dict[str, Any]:
    return {
        **settings,
        "OUTBOUND_ROUTES": web.routes,
        "OUTBOUND_RETRIES": 0,
        "MAIL_SERVER": "127.0.0.1",
        "MAIL_PORT": mail_port,
        "MAIL_USE_TLS": False,
    }


# --- what a keyword finds, decided independently of the matcher ------------------------------------------------------


def words_of(title: str) -> set[str]:
    """Plain words of a title; of titles without Latin letters, runs of theirs."""
    found = set(re.findall(r"(?<![\w-])[a-z]{4,}(?![\w'’:*-])", title.lower()))
    return found or set(re.findall(r"[^\W\d_]{3,}", title.lower()))


def says(title: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", title.lower()) is not None


def telling_word(titles: list[str]) -> str:
    """A word that stands in some of the titles but not in all, if there is one."""

    def worth(word: str) -> tuple[bool, bool, int, str]:
        count = sum(says(title, word) for title in titles)
        return count < len(titles), count > 1, -abs(2 * count - len(titles)), word

    return max(sorted(set().union(*map(words_of, titles))), key=worth)


# --- the story -------------------------------------------------------------------------------------------------------


@dataclass
class Story:
    """A watched board whose list a test changes. `rows`: all postings it lists, `word`: what the alert looks for."""

    path: TruePath
    web: ScriptedServer
    recorded: RecordedBoard
    rows: list[Row]
    word: str = ""
    slug: str = ""
    ids: set[str] = field(default_factory=set)

    @property
    def same_again(self) -> str:
        """The outcome of a read whose answer is that of the last one: one answer is the whole board, or it is not."""
        return "unchanged" if self.recorded.ats in {"greenhouse", "lever", "ashby"} else "ok"

    def reads(self, rows: list[Row], **span: float) -> dict[str, Any]:
        """The board lists `rows` and is read, by default seven hours after the last time."""
        self.path.later(**(span or {"hours": 7}))
        self.recorded.serve(self.web, rows)
        return self.path.scrape(self.slug)

    def fails_on(self, reply: Reply) -> dict[str, Any]:
        self.path.later(hours=7)
        self.recorded.answer_with(self.web, reply)
        return self.path.scrape(self.slug)

    def of(self, rows: list[Row]) -> set[str]:
        return {self.recorded.external_id(row) for row in rows}

    def matching(self, rows: list[Row]) -> list[Row]:
        return [row for row in rows if says(self.recorded.title(row), self.word)]

    def assert_stored(self, rows: list[Row]) -> None:
        """What is open is what the payload says: count, titles, places and addresses."""
        facts = self.recorded.facts(rows)
        assert len(facts) == len(rows), "the recording itself has an id twice"
        stored = {key: row for key, row in self.path.positions().items() if row.status == "active"}
        assert {key: (row.title, row.location, row.url) for key, row in stored.items()} == {
            key: fact[:3] for key, fact in facts.items()
        }
        for key, row in stored.items():
            assert row.locations
            assert not facts[key].places or set(row.locations) == facts[key].places

    def assert_all_is_well(self) -> None:
        """All postings are open, none is missing, nothing is held, and the board is healthy."""
        board = self.path.board()
        assert (self.path.open_ids(), self.path.missing_ids()) == (self.ids, set())
        assert (board.health, board.open_count, self.path.holds()) == ("ok", len(self.ids), [])
        self.path.assert_silence()


def looks_wrong(open_before: int, gone: int) -> bool:
    """The rule for a list that lost too much to be believed at once."""
    return (open_before >= 3 and gone == open_before) or (gone >= 5 and 2 * gone > open_before)


@each(BOARDS)
def test_a_recorded_board_lives_through_the_whole_story(
    path: TruePath, web: ScriptedServer, recorded: RecordedBoard
) -> None:
    rows = recorded.rows or [recorded.another(1, "Keeper of the empty board")]
    story = Story(path, web, recorded, rows)
    story.ids = story.of(rows)
    the_baseline_is_silent_and_news_is_told_once(story)
    nothing_new_is_nothing_at_all(story)
    a_few_that_leave_go_missing_expire_and_reopen(story)
    one_that_comes_back_in_time_was_only_missing(story)
    losing_most_is_held(story)
    an_error_or_half_an_answer_closes_nothing(story)
    growing_tells_only_what_was_added_and_matches(story)
    turning_empty_is_believed_after_a_day(story)


def the_baseline_is_silent_and_news_is_told_once(story: Story) -> None:
    path, recorded, rows = story.path, story.recorded, story.rows
    story.word = telling_word([recorded.title(row) for row in rows])
    matching = story.matching(rows)
    others = [row for row in rows if row not in matching]
    news = matching[len(matching) // 2 :]
    if len(others) > 1 or (others and len(matching) > 1):
        news = news + others[: max(1, len(others) // 3)]
    before = [row for row in rows if row not in news]
    assert story.matching(news)

    recorded.serve(story.web, before)
    story.slug = path.add(recorded.careers_url)
    anywhere = AlertDraft("Anywhere", keywords=(story.word,))
    here = AlertDraft("Here", keywords=(story.word.upper(),), company_ids=(path.company_id(),))
    path.watch_for("ada@example.com", anywhere, here)
    path.watch_for("bob@example.com", AlertDraft("Animals", keywords=("zookeeper",)))

    report = path.scrape(story.slug)
    assert (report["outcome"], report["new"], report["reason"]) == ("ok", len(before), "")
    assert path.new_events() == ({"opened": len(before)} if before else {})
    assert all(row.is_baseline for row in path.positions().values())
    story.assert_stored(before)
    path.assert_silence()
    assert not path.mailbox.received, "a baseline is nobody's news"

    report = story.reads(rows)
    assert (report["outcome"], report["new"], report["unchanged"]) == ("ok", len(news), len(before))
    assert path.new_events() == {"opened": len(news)}
    story.assert_stored(rows)
    assert len(path.all(Message)) == 1, "one message, however many alerts and positions"
    assert path.deliver() == 1
    ((to, content),) = path.mailbox.received
    assert to == "ada@example.com"
    assert Counter(told_in(content)) == Counter(_as_told(recorded, story.matching(news)))
    assert {row.state for row in path.all(AlertNotification)} == {"told"}
    assert len(path.all(AlertNotification)) == 2 * len(story.matching(news)), "two alerts, each with its own trail"
    story.assert_all_is_well()


def _as_told(recorded: RecordedBoard, rows: list[Row]) -> list[Told]:
    return [Told(fact.title, fact.url) for fact in recorded.facts(rows).values()]


def nothing_new_is_nothing_at_all(story: Story) -> None:
    story.path.later(hours=7)
    story.recorded.serve(story.web, story.rows, etag='"same"')
    outcomes = []
    for _ in range(2):
        report = story.path.scrape(story.slug)
        outcomes.append(report["outcome"])
        assert (report["unchanged"], report["new"], report["updated"]) == (len(story.rows), 0, 0)
        assert report["requests"] == 1, "what is known is not asked for again"
        story.path.later(hours=7)
    assert outcomes == [story.same_again] * 2, "by the same bytes at first, then by 304"
    assert story.path.new_events() == {}
    story.assert_all_is_well()


def a_few_that_leave_go_missing_expire_and_reopen(story: Story) -> None:
    path, rows = story.path, story.rows
    few = rows[-2:] if len(rows) > 4 else rows[-1:]
    rest = rows[: -len(few)]
    gone = story.of(few)
    assert not looks_wrong(len(rows), len(few))

    report = story.reads(rest)
    assert (report["outcome"], report["missing"], report["expired"]) == ("ok", len(few), 0)
    assert (path.open_ids(), path.missing_ids()) == (story.ids, gone)
    assert path.new_events() == {"missing": len(few)}
    path.assert_nothing_owed()

    for _ in range(2):
        assert story.reads(rest, minutes=1)["expired"] == 0, "a second look a minute later is no second miss"
    assert path.new_events() == {}

    report = story.reads(rest)
    assert (report["outcome"], report["missing"], report["expired"]) == (story.same_again, 0, len(few))
    assert path.new_events() == {"expired": len(few)}
    story.assert_stored(rest)
    path.assert_nothing_owed()

    before = {key: row.id for key, row in path.positions().items()}
    report = story.reads(rows)
    assert (report["outcome"], report["reopened"], report["new"]) == ("ok", len(few), 0)
    assert path.new_events() == {"reopened": len(few)}
    assert {key: row.id for key, row in path.positions().items()} == before, "the same rows, with their history"
    story.assert_stored(rows)
    story.assert_all_is_well()


def one_that_comes_back_in_time_was_only_missing(story: Story) -> None:
    assert story.reads(story.rows[1:])["missing"] == 1
    report = story.reads(story.rows)
    assert (report["outcome"], report["new"], report["reopened"]) == ("ok", 0, 0)
    assert story.path.new_events() == {"missing": 1, "returned": 1}
    story.assert_all_is_well()


def losing_most_is_held(story: Story) -> None:
    path, rows = story.path, story.rows
    kept = rows[: (len(rows) - 1) // 2]
    lost = len(rows) - len(kept)
    report = story.reads(kept)
    if looks_wrong(len(rows), lost):
        assert (report["outcome"], report["held"], report["missing"]) == ("held", lost, 0)
        assert (path.open_ids(), path.missing_ids(), path.board().health) == (story.ids, set(), "held")
        (hold,) = path.holds()
        assert (hold.kind, hold.open_before, hold.seen, hold.would_expire) == ("drop", len(rows), len(kept), lost)
        assert f"{lost} of {len(rows)} open positions" in hold.reason
        assert path.new_events() == {}
    else:
        # Of a small board a few are most: they go the normal way.
        assert (report["outcome"], report["missing"]) == ("ok", lost)
        assert path.missing_ids() == story.ids - story.of(kept)
        assert path.new_events() == {"missing": lost}
    path.assert_nothing_owed()
    report = story.reads(rows)
    assert (report["outcome"], report["new"]) == ("ok", 0)
    assert path.new_events() == ({} if looks_wrong(len(rows), lost) else {"returned": lost})
    assert [hold.state for hold in path.holds("superseded")] == ["superseded"] * looks_wrong(len(rows), lost)
    story.assert_all_is_well()


def an_error_or_half_an_answer_closes_nothing(story: Story) -> None:
    path, recorded = story.path, story.recorded
    body = recorded.body(story.rows)
    kind = {"Content-Type": "text/html" if recorded.ats == "comeet" else "application/json"}
    half = body[: len(body) // 2]
    troubles = {
        "unavailable": Reply.html(ERROR_PAGE, 503),
        "gone": Reply.html("<h1>Not found</h1>", 404),
        "malformed": Reply.html("<html><title>We will be right back</title><p>Maintenance</p></html>"),
        "malformed, cut on its way": Reply(
            200, half, {**kind, "Content-Length": str(len(body)), "Connection": "close"}
        ),
        "malformed, cut at its source": Reply(200, half, kind),
    }
    for number, (name, reply) in enumerate(troubles.items(), start=1):
        report = story.fails_on(reply)
        assert report["outcome"] == "failed", name
        assert re.fullmatch(r"\S.{20,}[.]", report["reason"]), report["reason"]
        run, board = path.last_run(), path.board()
        assert (run.failure_kind, board.health, board.failures_in_a_row) == (name.partition(",")[0], "failing", number)
        assert board.health_reason == run.reason == report["reason"]
        assert (path.open_ids(), path.missing_ids(), path.new_events()) == (story.ids, set(), {})
    path.assert_nothing_owed()
    report = story.reads(story.rows)
    assert (report["outcome"], report["unchanged"]) == (story.same_again, len(story.rows))
    assert (path.new_events(), path.board().failures_in_a_row) == ({}, 0)
    story.assert_all_is_well()


def growing_tells_only_what_was_added_and_matches(story: Story) -> None:
    path, recorded = story.path, story.recorded
    added = [
        recorded.another(901, f"Second {story.word} of the house"),
        recorded.another(902, "Somebody else altogether"),
    ]
    earlier = len(path.mailbox.received)
    report = story.reads([*story.rows, *added])
    assert (report["outcome"], report["new"]) == ("ok", 2)
    assert path.new_events() == {"opened": 2}
    story.assert_stored([*story.rows, *added])
    assert path.deliver() == 1
    ((to, content),) = path.mailbox.received[earlier:]
    assert to == "ada@example.com"
    assert told_in(content) == _as_told(recorded, added[:1])
    story.rows = [*story.rows, *added]
    story.ids = story.of(story.rows)
    story.assert_all_is_well()


def turning_empty_is_believed_after_a_day(story: Story) -> None:
    path, rows = story.path, story.rows
    assert len(rows) >= 3
    for turn in range(2):
        report = story.reads([], hours=12.5)
        assert (report["outcome"], report["held"], report["expired"]) == ("held", len(rows), 0)
        assert (path.open_ids(), path.missing_ids(), path.board().health) == (story.ids, set(), "held")
        (hold,) = path.holds()
        assert (hold.kind, hold.times_seen, hold.seen) == ("empty", turn + 1, 0)
        assert path.new_events() == {}
    report = story.reads([], hours=12.5)
    assert (report["outcome"], report["expired"]) == ("ok", len(rows))
    assert path.new_events() == {"expired": len(rows)}
    assert (path.open_ids(), len(path.holds("confirmed")), path.board().health) == (set(), 1, "ok")
    path.assert_nothing_owed()

    report = story.reads(rows)
    assert (report["outcome"], report["new"], report["reopened"]) == ("ok", 0, len(rows))
    assert path.new_events() == {"reopened": len(rows)}
    story.assert_all_is_well()


@each([board for board in BOARDS if not board.rows or len(board.rows) < 3])
def test_a_small_recorded_board_that_turns_empty_is_believed_at_once(
    path: TruePath, web: ScriptedServer, recorded: RecordedBoard
) -> None:
    rows = recorded.rows or [recorded.another(1, "Keeper of the empty board")]
    story = Story(path, web, recorded, rows, ids=set())
    recorded.serve(web, rows)
    story.slug = path.add(recorded.careers_url)
    assert path.scrape(story.slug)["new"] == len(rows)
    assert story.reads([])["missing"] == len(rows)
    assert story.reads([])["expired"] == len(rows)
    assert path.new_events() == {kind: len(rows) for kind in ("opened", "missing", "expired")}
    story.assert_all_is_well()


@each([board for board in BOARDS if board.is_trimmed])
def test_a_list_that_promises_more_than_it_gives_is_partial_and_lets_nothing_go(
    path: TruePath, web: ScriptedServer, recorded: RecordedBoard
) -> None:
    story = Story(path, web, recorded, recorded.rows)
    recorded.serve_as_recorded(web, recorded.rows)
    story.slug = path.add(recorded.careers_url)
    path.watch_for("ada@example.com", AlertDraft("All", keywords=(telling_word([recorded.title(recorded.rows[0])]),)))
    report = path.scrape(story.slug)
    assert (report["outcome"], report["new"]) == ("partial", len(recorded.rows))
    assert f" and gave {len(recorded.rows)}." in report["reason"]
    assert path.board().health == "partial"
    story.assert_stored(recorded.rows)

    for _ in range(3):
        path.later(hours=7)
        recorded.serve_as_recorded(web, recorded.rows[1:])
        report = path.scrape(story.slug)
        assert (report["outcome"], report["missing"], report["expired"]) == ("partial", 0, 0)
    assert (path.open_ids(), path.missing_ids()) == (story.of(recorded.rows), set())
    path.assert_silence()
    assert not path.mailbox.received


@each([next(board for board in BOARDS if board.ats == ats and board.rows) for ats in {b.ats: 1 for b in BOARDS}])
def test_a_board_that_grows_by_hundreds_at_once_is_held(
    path: TruePath, web: ScriptedServer, recorded: RecordedBoard
) -> None:
    story = Story(path, web, recorded, recorded.rows[:3])
    recorded.serve(web, story.rows)
    story.slug = path.add(recorded.careers_url)
    path.watch_for("ada@example.com", AlertDraft("Flood", keywords=("flood",)))
    assert path.scrape(story.slug)["outcome"] == "ok"
    flood = [recorded.another(number, f"Flood {number}") for number in range(1, 260)]
    report = story.reads([*story.rows, *flood])
    assert (report["outcome"], report["new"], report["held"]) == ("held", 0, 259)
    (hold,) = path.holds()
    assert (hold.kind, hold.would_open) == ("growth", 259)
    assert path.open_ids() == story.of(story.rows)
    path.assert_silence()
    assert not path.mailbox.received
