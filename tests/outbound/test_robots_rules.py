"""What a robots.txt says: RFC 9309, measured on recorded verdicts of other parsers and on thousands of real files."""

from __future__ import annotations

import json
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest

from webapp.outbound_robots import LONGEST_DELAY, MAX_BYTES, agent_token, rules_in

SHARED = Path(__file__).resolve().parents[2].parent / "shared"
CORPUS = SHARED / "corpora" / "robots_cases.json"
RECORDED = SHARED / "payloads" / "open" / "robots"
CASES = json.loads(CORPUS.read_text("utf-8"))["cases"] if CORPUS.exists() else []


def recorded(name: str) -> list[dict[str, Any]]:
    path = RECORDED / name
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


GOOGLE = recorded("google_robotstxt_cases_a.jsonl")
PROTEGO = recorded("protego_cases.jsonl")

# Verdicts that differ on purpose, by test and address or agent.
DEVIATIONS = {
    ("GoogleOnly_AcceptUserAgentUpToFirstSpace", "Foo Bar"): "an agent's own token has no space (RFC 9309 2.2.1)",
    ("ID_Encoding", "http://foo.bar/foo/bar/ツ"): "addresses are escaped before they are compared (RFC 9309 2.2.2)",
    ("ID_Encoding", "http://foo.bar/foo/bar/baz"): "%62 is b (RFC 9309 2.2.2)",
    ("test_unicode_url_and_useragent", "jävla-fanbot"): "tokens are ASCII (RFC 9309 2.2.1)",
    ("test_unicode_url_and_useragent", "Mozilla/5.0 (compatible; Львів-bot/1.1)"): "tokens are ASCII",
    ("test_grouping_unknown_keys", "agent"): "an unknown line does not end a group (RFC 9309 2.2.4)",
    ("test_generosity", "harry potter"): "a token has no space",
    ("test_generosity", "foobot"): "a token has no wildcard (RFC 9309 2.2.1)",
}


@pytest.mark.skipif(not CASES, reason="the corpus of robots.txt cases is not here")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_every_case_of_the_corpus_agrees(case: dict[str, Any]) -> None:
    rules = rules_in(case["robots"].encode("latin-1"), case["ua"])
    assert rules.allows(case["url"]) is case["allowed"], case["rule"]


@pytest.mark.skipif(not (GOOGLE and PROTEGO), reason="no recorded verdicts here")
def test_recorded_verdicts_of_other_parsers_agree_except_where_the_standard_says_otherwise() -> None:
    used, judged = set(), 0
    for case in [*GOOGLE, *PROTEGO]:
        if "allowed" not in case:
            continue
        judged += 1
        rules = rules_in(case["robots"].encode(), agent_token(case["user_agent"]))
        if rules.allows(case["url"]) is case["allowed"]:
            continue
        keys = {(case["test"], case["url"]), (case["test"], case["user_agent"])} & DEVIATIONS.keys()
        assert keys, case
        used |= keys
    assert used == DEVIATIONS.keys()
    assert judged > 350


@pytest.mark.skipif(not PROTEGO, reason="no recorded verdicts here")
def test_recorded_crawl_delays_agree() -> None:
    for case in PROTEGO:
        if "crawl_delay" in case:
            found = rules_in(case["robots"].encode(), agent_token(case["user_agent"]) or "*").crawl_delay
            assert found == min(case["crawl_delay"] or 0.0, LONGEST_DELAY), case


@pytest.mark.skipif(not RECORDED.exists(), reason="no recorded files here")
def test_thousands_of_real_files_are_read_quickly_and_without_a_fault() -> None:
    count = forbidden = 0
    with tarfile.open(RECORDED / "protego_real_robots.tar.gz") as archive:
        for member in archive:
            if not member.isfile():
                continue
            body = archive.extractfile(member).read()  # type: ignore[union-attr]
            began = time.thread_time()
            rules = rules_in(body, "Rolewatch")
            forbidden += not rules.allows("https://jobs.acme.example/careers/42?lang=en")
            assert 0 <= rules.crawl_delay <= LONGEST_DELAY
            assert time.thread_time() - began < 2, member.name
            count += 1
    assert count > 4000
    assert 0 < forbidden < count / 4


@pytest.mark.parametrize(
    ("agent", "token"),
    [("Rolewatch/0.1.0 (+https://x)", "rolewatch"), ("Job_Bot-2", "job_bot-2"), ("", ""), ("(none)", "")],
)
def test_the_token_is_the_beginning_of_the_user_agent(agent: str, token: str) -> None:
    assert agent_token(agent) == token


def test_a_crawl_delay_is_for_those_it_is_said_to_and_has_a_limit() -> None:
    body = b"User-agent: Slow\nCrawl-delay: 7\nUser-agent: *\nDisallow: /x\n"
    assert (rules_in(body, "slow").crawl_delay, rules_in(body, "rolewatch").crawl_delay) == (7.0, 0.0)
    for said, kept in ((b"2.5", 2.5), (b"86400", 10.0), (b"-1", 0.0), (b"inf", 0.0), (b"nan", 0.0), (b"soon", 0.0)):
        assert rules_in(b"User-agent: *\nCrawl-delay: %b" % said, "rolewatch").crawl_delay == kept


def test_sitemaps_belong_to_nobody_and_end_nothing() -> None:
    body = b"User-agent: a\nSitemap: https://x.example/jobs.xml\nUser-agent: rolewatch\nDisallow: /x\n"
    rules = rules_in(body, "rolewatch")
    assert rules.sitemaps == ("https://x.example/jobs.xml",)
    assert not rules.allows("https://x.example/x")
    assert len(rules_in(b"Sitemap: /a\n" * 10_000, "rolewatch").sitemaps) == 100


def test_what_comes_after_the_limit_is_ignored_with_the_line_that_it_cuts() -> None:
    start = b"User-agent: *\nDisallow: /early\n"
    line = b"Disallow: /late\n"
    padding = b"#" * (MAX_BYTES - len(start) - len(b"\nDisallow: /")) + b"\n"
    rules = rules_in(start + padding + line * 100, "rolewatch")
    assert not rules.allows("https://x.example/early")
    assert rules.allows("https://x.example/late")
    assert rules.allows("https://x.example/other"), "half a line, `Disallow: /`, is no rule"


@pytest.mark.parametrize(
    "body",
    [
        b"\n" * 600_000,
        b"x" * 2_000_000,
        b"User-agent: x\n" * 30_000 + b"Disallow: /a\n" * 10_000,
        b"User-agent: *\n" + b"".join(b"Disallow: /%d*a*b$\n" % n for n in range(30_000)),
        bytes(range(256)) * 2500,
        b"<html><title>Log in</title><body>User-agent: you</body></html>",
        "User-agent: *\nDisallow: /".encode("utf-16"),
    ],
)
def test_whatever_a_site_sends_costs_little_and_breaks_nothing(body: bytes) -> None:
    began = time.thread_time()
    rules = rules_in(body, "rolewatch")
    assert rules.allows("https://x.example/careers")
    assert time.thread_time() - began < 2
