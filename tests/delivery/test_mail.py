"""What goes over the wire: safe headers, one recipient, stable bytes, complete text and HTML."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parseaddr
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from tests import world
from tests.delivery.conftest import Mailbox, People, Post, html_of, parse, text_of
from webapp.channels import RenderedMail
from webapp.channels._smtp import Mail
from webapp.channels.email import clean_body, clean_header, is_plain_address, mailbox
from webapp.db import db, transaction
from webapp.models import Alert, Company, JobPosition, Message, User
from webapp.services import delivery_words
from webapp.services.notification_service import render

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpora" / "email_injection.json"
NAMES = ["From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type"]
# Every code point that some parser takes for the end of a line, or that hides or reverses text.
HOSTILE = [*map(chr, range(0x20)), *map(chr, range(0x7F, 0xA0)), "\u2028", "\u2029", "\u202e", "\u2066", "\ud800"]


def written(subject: str = "s", text: str = "t", html: str = "<p>t</p>", sender: str = "R <r@x.example>",
            to: str = "a@x.example", message_id: str = "1@x.example", **headers: str) -> bytes:  # fmt: skip
    at = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Mail(RenderedMail(subject, text, html, message_id, at, named), sender, to).as_bytes()


def names_on_the_wire(content: bytes) -> list[str]:
    """Header names as an independent reader sees them: whatever stands before a colon at the start of a line,
    with every kind of line break taken for one."""
    head = content.split(b"\r\n\r\n", 1)[0].decode("ascii")
    lines = re.split("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", head)
    return [line.split(":", 1)[0] for line in lines if not line.startswith((" ", "\t"))]


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda c: f"U+{ord(c):04X}")
def test_no_character_makes_a_second_header(hostile: str) -> None:
    value = f"Engineer{hostile}Bcc: victim@attacker.example"
    content = written(
        value,
        sender=f"{value} <r@x.example>",
        message_id=value,
        List_Unsubscribe=value,
        List_Id=value,
        X_Anything=value,
    )
    assert names_on_the_wire(content) == [*NAMES[:5], "List-Unsubscribe", "List-Id", "X-Anything", *NAMES[5:]]
    assert parse(content)["Bcc"] is None
    assert message_from_bytes(content, policy=policy.compat32)["Bcc"] is None


@given(st.text(max_size=400))
def test_any_subject_is_one_line_of_at_most_150_characters(text: str) -> None:
    content = written(text)
    assert names_on_the_wire(content) == NAMES
    subject = str(parse(content)["Subject"])
    assert 0 < len(subject) <= 150
    assert all(c.isprintable() or c == " " or not re.match(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]", c) for c in subject)
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


@given(st.text(max_size=600))
def test_any_body_arrives_as_it_was_but_for_control_characters(text: str) -> None:
    content = written(text=text, html=text)
    mail = parse(content)
    assert text_of(mail).replace("\r\n", "\n").rstrip("\n") == clean_body(text).rstrip("\n")
    assert [part.get_content_type() for part in mail.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert max(len(line) for line in content.split(b"\r\n")) <= 998


def corpus(*fields: str) -> list[Any]:
    if not CORPUS.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="the corpus is not here"))]
    cases = json.loads(CORPUS.read_text())["cases"]
    return [pytest.param(case, id=case["id"]) for case in cases if case["field"] in fields]


@pytest.mark.parametrize(
    "case",
    corpus("subject", "from_name", "reply_to", "list_unsubscribe", "list_id", "message_id", "in_reply_to", "x_header"),
)
def test_the_injection_corpus_adds_no_header(case: dict[str, str]) -> None:
    value, field = case["value"], case["field"]
    header = {"reply_to": "Reply_To", "list_unsubscribe": "List_Unsubscribe", "list_id": "List_Id",
              "in_reply_to": "In_Reply_To", "x_header": "X_Header"}.get(field)  # fmt: skip
    content = written(
        subject=value if field == "subject" else "s",
        sender=f"{value} <r@x.example>" if field == "from_name" else "R <r@x.example>",
        message_id=value if field == "message_id" else "1@x.example",
        **({header: value} if header else {}),
    )
    extra = [header.replace("_", "-")] if header else []
    assert names_on_the_wire(content) == [*NAMES[:5], *extra, *NAMES[5:]]
    mail = parse(content)
    assert [address.addr_spec for address in mail["From"].addresses] == ["r@x.example"]
    assert [address.addr_spec for address in mail["To"].addresses] == ["a@x.example"]
    assert len(mail.get_all("Subject")) == 1
    if field == "subject" and "literal" in case["expect"]:
        assert mail["Subject"] == value


@pytest.mark.parametrize("case", corpus("sender"))
def test_a_sender_with_a_line_break_is_refused_or_harmless(case: dict[str, str]) -> None:
    try:
        content = written(sender=case["value"])
    except ValueError:
        return
    assert names_on_the_wire(content) == NAMES


@pytest.mark.parametrize("case", corpus("to"))
def test_the_corpus_of_addresses_is_refused_or_allowed_as_it_says(case: dict[str, str]) -> None:
    assert is_plain_address(case["value"]) is (case["expect"] == "allowed")


@pytest.mark.parametrize("case", corpus("body"))
def test_the_corpus_of_bodies_arrives_as_one_message(case: dict[str, str], app: Flask, smtp: Mailbox) -> None:
    from webapp import channels

    mail = RenderedMail("s", case["value"], "<p>x</p>", "1@x.example", world.NOW)
    with app.app_context():
        channels.send("email", mail, "a@x.example", app.config)
    assert len(smtp.received) == 1
    assert text_of(smtp.mails[0]).replace("\r\n", "\n").rstrip("\n") == clean_body(case["value"]).rstrip("\n")


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Rolewatch <r@x.example>", "Rolewatch", "r@x.example"),
        ("r@x.example", "", "r@x.example"),
        ('"Acme, \\"X\\" Inc." <r@x.example>', 'Acme, "X" Inc.', "r@x.example"),
        ('Acme" <a@attacker.example>, " <r@x.example>', 'Acme" <a@attacker.example>, "', "r@x.example"),
        ("Ünïcode GmbH <r@x.example>", "Ünïcode GmbH", "r@x.example"),
    ],
)
def test_a_sender_is_one_mailbox_whatever_its_name(text: str, name: str, address: str) -> None:
    assert (mailbox(text).display_name, mailbox(text).addr_spec) == (name, address)
    mail = parse(written(sender=text))
    assert [(a.display_name, a.addr_spec) for a in mail["From"].addresses] == [(name, address)]


def test_a_sender_without_an_address_is_refused_with_a_sentence() -> None:
    with pytest.raises(ValueError, match="no usable e-mail address"):
        mailbox("Rolewatch")


def test_long_links_in_headers_are_neither_folded_nor_encoded() -> None:
    link = f"<https://jobs.example/unsubscribe/{'a' * 300}>"
    assert f"List-Unsubscribe: {link}\r\n".encode() in written(List_Unsubscribe=link)


def test_clean_header_keeps_what_people_write() -> None:
    assert clean_header("  C++ & C#, R&D\tLead – Zürich 株式会社 ") == "C++ & C#, R&D Lead – Zürich 株式会社"
    assert len(clean_header("x" * 1000)) == 150


# --- the message about matches --------------------------------------------------------------------------------------


def rendered(app: Flask) -> RenderedMail:
    with app.app_context():
        return render(db.session.query(Message).order_by(Message.id).first())  # type: ignore[arg-type]


def test_headers_let_mail_programs_unsubscribe_file_and_not_answer(
    app: Flask, post: Post, people: People, smtp: Mailbox
) -> None:
    post.owe((people.alert, people.positions[0]))
    (message,) = post.messages
    post.later(hours=5).deliver()
    (mail,) = smtp.mails
    assert re.fullmatch(r"<https://jobs\.example/unsubscribe/[\w.-]+>", mail["List-Unsubscribe"])
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "<matches.jobs.example>" in mail["List-Id"]
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Date"].datetime == message.created_at
    assert parseaddr(mail["From"]) == ("Rolewatch", "rolewatch@jobs.example")
    assert mail.get_content_type() == "multipart/alternative"
    assert mail["Message-ID"].endswith("@jobs.example>")


def test_positions_are_grouped_by_company_each_once_with_every_alert_that_asked(
    app: Flask, post: Post, people: People
) -> None:
    post.owe(*((alert, position) for alert in (people.alert, people.other_alert)
               for position in (*people.positions, people.harborlight)))  # fmt: skip
    mail = rendered(app)
    assert mail.subject == "4 new positions at Harborlight and Northcliff"
    for body in (mail.text, mail.html):
        assert body.count("Backend Dock Engineer") == 1
        assert body.count("https://boards.example/northcliff/0") == 1
        assert body.index("Harborlight") < body.index("Backend Dock Engineer") < body.index("Backend Lead")
    assert mail.text.count("Alert “Anything in Haifa”: title says “Backend”") == 4
    assert mail.text.count("Alert “Backend”: title says “Backend”") == 4


class Words(HTMLParser):
    """What a reader of the HTML part sees, and where its links go."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.text, self.links, self.tags = "", [], []  # type: ignore[var-annotated]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_both_bodies_say_place_pay_age_and_reasons(app: Flask, post: Post, people: People) -> None:
    post.change(
        people.positions[0],
        locations=["Haifa", "Tel Aviv", "Berlin", "Paris"],
        department="Platform",
        workplace_type="hybrid",
        salary_min=Decimal("60000"),
        salary_max=Decimal("75000"),
        salary_currency="EUR",
        salary_period="year",
        posted_at=world.NOW - timedelta(days=3),
    )
    post.owe((people.alert, people.positions[0]))
    mail = rendered(app)
    for text in (mail.text, Words(mail.html).text):
        assert "Haifa / Tel Aviv / Berlin and 1 more · Hybrid · Platform · EUR 60,000–75,000 per year" in text
        assert "posted 3 days ago (22 Nov 2026)" in text
        assert "title says “Backend”" in text
    assert mail.subject == "Backend Engineer at Northcliff"


def test_scraped_text_is_escaped_in_html_stays_text_in_text_and_is_never_a_template(
    app: Flask, post: Post, people: People
) -> None:
    nasty = '<script>alert(1)</script> {{7*7}} "x" \u202eevil'
    with app.app_context(), transaction():
        position = db.session.get_one(JobPosition, people.positions[0].id)
        position.title, position.url, position.department = nasty, "javascript:alert(1)", "a\n\n-- \nforged"
        db.session.get_one(Company, position.company_id).name = "<b>Acme</b>\r\nBcc: x@y.example"
        db.session.get_one(Alert, people.alert.id).name = "<img src=x onerror=alert(1)>"
    post.owe((people.alert, people.positions[0]))
    mail = rendered(app)
    words = Words(mail.html)
    assert not {"script", "img"} & set(words.tags)
    assert "<b>Acme</b> Bcc: x@y.example" in words.text
    assert "<script>alert(1)</script> {{7*7}}" in mail.text
    assert "<script>alert(1)</script> {{7*7}}" in words.text
    assert all(link.startswith("https://jobs.example/") for link in words.links)
    assert "javascript:" not in mail.text + mail.html
    assert "\u202e" not in mail.text + mail.html + mail.subject
    assert "\n-- \nforged" not in mail.text
    assert "\n" not in mail.subject


def test_html_links_go_to_the_posting_to_the_details_and_to_the_way_out(app: Flask, post: Post, people: People) -> None:
    post.change(people.positions[0], url="https://boards.example/x?a=1&b=2")
    post.owe((people.alert, people.positions[0]))
    mail = rendered(app)
    links = Words(mail.html).links
    assert links[0] == "https://boards.example/x?a=1&b=2"
    assert links[1] == f"https://jobs.example/positions/{people.positions[0].id}"
    assert "https://boards.example/x?a=1&b=2" in mail.text
    for link in links[2:]:
        assert link in mail.text


def test_html_fits_a_narrow_client_in_light_and_dark(app: Flask, post: Post, people: People) -> None:
    post.owe((people.alert, people.positions[0]))
    html = rendered(app).html
    assert '<meta name="viewport" content="width=device-width, initial-scale=1"' in html
    assert '<meta name="color-scheme" content="light dark"' in html
    assert "@media (prefers-color-scheme: dark)" in html
    assert 'style="' in html
    assert "<link" not in html


def test_a_second_rendering_says_the_same_to_the_letter(app: Flask, post: Post, people: People) -> None:
    post.owe((people.alert, people.positions[0]), (people.alert, people.harborlight))
    first = rendered(app)
    post.later(days=2)
    assert rendered(app) == first


def test_dates_are_told_in_the_readers_time_zone(app: Flask, post: Post, people: People) -> None:
    with app.app_context(), transaction():
        db.session.get_one(User, people.alice.id).time_zone = "Pacific/Auckland"
        db.session.get_one(JobPosition, people.positions[0].id).posted_at = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    post.owe((people.alert, people.positions[0]))
    assert "posted yesterday (25 Nov 2026)" in rendered(app).text


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], ""),
        (["A"], "A"),
        (["A", "B"], "A and B"),
        (["A", "B", "C"], "A, B and C"),
        (list("ABCDE"), "A, B and 3 more"),
    ],
)
def test_names_are_listed_as_people_do(names: list[str], words: str) -> None:
    assert delivery_words.listed(names) == words


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (None, None, ""),
        (Decimal("50000"), None, "ILS from 50,000 per month"),
        (None, Decimal("50000"), "ILS up to 50,000 per month"),
        (Decimal("18.50"), Decimal("18.50"), "ILS 18.50 per month"),
    ],
)
def test_pay_keeps_its_currency_and_period(low: Decimal | None, high: Decimal | None, words: str) -> None:
    position = JobPosition(salary_min=low, salary_max=high, salary_currency="ILS", salary_period="month")
    assert delivery_words.pay(position) == words


def test_parse_helper_sees_both_parts() -> None:
    mail: EmailMessage = parse(written(text="plain", html="<p>rich</p>"))
    assert text_of(mail).strip() == "plain"
    assert html_of(mail).strip() == "<p>rich</p>"


def test_a_message_that_carries_nothing_any_more_can_still_be_looked_at(app: Flask, post: Post, people: People) -> None:
    post.owe((people.alert, people.positions[0]))
    post.change(people.alert, is_paused=True)
    post.deliver()
    assert rendered(app).subject == "Nothing to tell"
