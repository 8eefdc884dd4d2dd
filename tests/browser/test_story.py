"""The whole story: a person looks for a job, an admin runs the site, boards change, and the e-mail arrives."""

from __future__ import annotations

import time
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, expect

from tests.browser import story
from tests.browser.site import Site
from tests.browser.walk import DESKTOP, PHONE, Walk, sizes
from tests.e2e.news import MailSink
from webapp.sample.logins import ADMIN_EMAIL, LOGINS

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PERSON = "noa@example.org"
COMPANY, SLUG = "Northcliff", "northcliff"


@dataclass(frozen=True, slots=True)
class Setting:
    """How the browser is; and, so that both are tried, what the admin thinks of the held read."""

    width: int
    is_scripted: bool
    believes: bool


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param(Setting(DESKTOP, True, True), id="desktop"),
        pytest.param(Setting(PHONE, True, False), id="phone"),
        pytest.param(Setting(DESKTOP, False, True), id="without JavaScript"),
    ],
)
def test_from_a_career_page_to_a_delivered_alert(
    setting: Setting, browser: Browser, own_site: Site, mail: tuple[MailSink, int]
) -> None:
    options = {**sizes(setting.width), "java_script_enabled": setting.is_scripted}
    awaited = own_site.next_titles(SLUG)[0]

    context = browser.new_context(**options)
    person = Walk(context, own_site.url, is_scripted=setting.is_scripted)
    story.sign_up(person, PERSON)
    story.see_who_is_watched(person)
    story.search_and_filter(person)
    saved = story.save_a_position(person)
    story.track_it(person, saved)
    story.make_an_alert(person, awaited, COMPANY)
    thief = browser.new_context(**options)
    thief.add_cookies(context.cookies())  # type: ignore[arg-type]
    copy = Walk(thief, own_site.url, is_scripted=setting.is_scripted)
    copy.go("/applications")
    person.log_out()
    copy.page.goto(own_site.url + "/applications")
    copy.arrived(r"/login\?next=.*")
    thief.close()

    admin_context = browser.new_context(**options)
    admin = Walk(admin_context, own_site.url, is_scripted=setting.is_scripted)
    admin.go("/login")
    label = next(label for label, email, _ in LOGINS if email == ADMIN_EMAIL)
    admin.page.get_by_role("button", name=f"Log in as {label}").click()
    admin.arrived("/positions")
    story.look_at_health(admin)
    own_site.ripen()
    story.rescrape(admin, COMPANY)
    story.see_the_run(admin, COMPANY, awaited)
    message = _awaited_mail(mail[0], own_site.url)
    assert awaited in message.get_body(("plain",)).get_content()
    assert message["List-Unsubscribe-Post"]

    person.log_in(PERSON, story.PASSWORD)
    story.find_new(person, awaited)
    story.read_the_notification(person, awaited)

    story.see_the_outbox(admin, PERSON)
    own_site.ripen()
    story.rescrape(admin, None)
    story.decide_what_is_held(admin, believe=setting.believes)
    story.remove_the_sample_data(admin)
    person.go("/positions")
    expect(person.page.get_by_role("heading", name="No company is watched yet")).to_be_visible()
    person.section("Applications")
    expect(person.page.get_by_role("article").filter(has_text=saved)).to_be_visible()
    assert len(_mails(mail[0], own_site.url)) == 1
    context.close()
    admin_context.close()


def _mails(sink: MailSink, url: str) -> list[object]:
    """What came for the person from the site at this address."""
    return [
        message
        for recipient, message in list(sink.taken)
        if recipient == PERSON and url in message.get_body(("plain",)).get_content()
    ]


def _awaited_mail(sink: MailSink, url: str) -> object:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found = _mails(sink, url)
        if found:
            return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no e-mail came within a minute; there were {[to for to, _ in sink.taken]}")
