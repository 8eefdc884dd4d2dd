"""What a person and an admin do, step by step; with JavaScript where the tab has it, and by plain forms where not."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Locator, expect

from tests.browser.walk import Walk

PASSWORD = "a quiet harbour at seven"
TITLES = "article.row a.title"


def words_of(walk: Walk) -> dict[str, str]:
    """What the address asks for."""
    return {name: values[0] for name, values in parse_qs(urlsplit(walk.page.url).query).items()}


def sign_up(walk: Walk, email: str) -> None:
    """From the front page to the list of positions."""
    page = walk.page
    walk.go("/")
    page.get_by_role("link", name="Create an account").click()
    walk.arrived("/signup")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Name").fill("Noa")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Create the account").click()
    walk.arrived("/positions")
    expect(page.locator("article.row")).to_have_count(25)


def see_who_is_watched(walk: Walk) -> None:
    """The companies, with the health of their boards."""
    walk.section("Companies")
    row = walk.page.get_by_role("row").filter(has_text="Northcliff")
    expect(row).to_contain_text("Greenhouse")
    expect(walk.page.get_by_role("row").filter(has_text="Brackenridge")).to_contain_text("failing")
    row.get_by_role("link").click()
    walk.arrived("/companies/northcliff")
    expect(walk.page.get_by_role("heading", name="Open positions")).to_be_visible()


def search_and_filter(walk: Walk) -> None:
    """By words and by company; Back, Forward and Reload show what the address says."""
    page = walk.page
    walk.section("Positions")
    page.get_by_role("searchbox", name="Search positions").fill("engineer")
    if not walk.is_scripted:
        walk.button("Search").click()
    page.wait_for_url(lambda url: "q=engineer" in url)
    expect(page.get_by_text(re.compile(r"\d+ positions found"))).to_be_visible()
    everywhere = _shown(walk)
    assert all("engineer" in title.lower() for title in everywhere)

    company = page.locator("#filter-company")
    if not company.is_visible():
        page.get_by_text("Filters", exact=True).click()
    company.select_option(label="Northcliff")
    if not walk.is_scripted:
        walk.button("Search").click()
    page.wait_for_url(lambda url: re.search(r"company=\d", url) is not None)
    expect(page.locator("article.row").filter(has_not_text="Northcliff")).to_have_count(0)
    walk.check()
    narrowed, asked = _shown(walk), words_of(walk)
    assert narrowed
    assert narrowed != everywhere

    page.go_back()
    page.wait_for_url(lambda url: "q=engineer" in url and re.search(r"company=\d", url) is None)
    expect(page.locator("#filter-company option:checked")).to_have_text("Any")
    expect(page.locator(TITLES)).to_have_text(everywhere)
    walk.check()
    page.go_forward()
    page.wait_for_url(lambda url: re.search(r"company=\d", url) is not None)
    expect(page.locator("#filter-company option:checked")).to_have_text("Northcliff")
    expect(page.locator(TITLES)).to_have_text(narrowed)
    walk.check()
    page.reload()
    walk.check()
    assert (_shown(walk), words_of(walk)) == (narrowed, asked)
    expect(page.get_by_role("searchbox", name="Search positions")).to_have_value("engineer")


def _shown(walk: Walk) -> list[str]:
    return walk.page.locator(TITLES).all_inner_texts()


def save_a_position(walk: Walk) -> str:
    """Open the first position and save it. Returns its title."""
    page = walk.page
    first = page.locator(TITLES).first
    title = first.inner_text()
    first.click()
    walk.arrived(r"/positions/\d+")
    expect(page.locator("h1")).to_have_text(title)
    expect(page.get_by_role("heading", name="History")).to_be_visible()
    page.locator("header.head").get_by_role("button", name="Save").click()
    if walk.is_scripted:
        expect(page.get_by_role("link", name="Saved")).to_be_visible()
        walk.no_trouble()
    else:
        walk.arrived(r"/applications/\d+")
    return title


def track_it(walk: Walk, title: str) -> None:
    """Move it on the board, write a note, and read its history."""
    page = walk.page
    walk.section("Applications")
    card = _column(walk, "Saved").get_by_role("article").filter(has_text=title)
    card.locator("summary").click()
    card.get_by_role("combobox").select_option(label="Applied")
    card.get_by_role("button", name="Move").click()
    moved = _column(walk, "Applied").get_by_role("article").filter(has_text=title)
    expect(moved).to_be_visible()
    walk.check()
    moved.get_by_role("link", name=title).click()
    walk.arrived(r"/applications/\d+")
    note = "Sent the short CV.\nSecond line <b>as typed</b>"
    page.get_by_label("New note").fill(note)
    page.get_by_role("button", name="Add note").click()
    history = page.locator("#notes ol.timeline")
    expect(history.get_by_text("Sent the short CV.")).to_contain_text("<b>as typed</b>")
    expect(history.get_by_text("Moved from")).to_contain_text("Saved to Applied")
    expect(page.get_by_label("New note")).to_have_value("")
    expect(page.get_by_role("combobox", name="Status").locator("option:checked")).to_have_text("Applied")
    walk.check()


def _column(walk: Walk, name: str) -> Locator:
    return walk.page.get_by_role("region", name=re.compile(f"^{name}"))


def make_an_alert(walk: Walk, title: str, company: str) -> None:
    """For a title that is nowhere yet, at one company; what matches now is counted while typing."""
    page = walk.page
    walk.section("Alerts")
    page.get_by_role("link", name="New alert").first.click()
    walk.arrived("/alerts/new")
    keywords = page.get_by_label("Title has any of")
    count = page.locator("#match-count")
    keywords.fill("engineer")
    _preview(walk)
    expect(count).to_have_text(re.compile(r"\d+ open positions match now"))
    many = int(re.sub(r"\D", "", count.inner_text()))
    keywords.fill("senior engineer")
    page.get_by_label("but none of").fill("manager, sales")
    _preview(walk)
    expect(count).not_to_have_text(re.compile(rf"^\s*{many}\b"))
    expect(count).to_have_text(re.compile(r"\d+ open positions? match(es)? now"))
    keywords.fill(f'"{title}"')
    page.get_by_text("All companies; choose some").click()
    page.get_by_role("checkbox", name=company).check()
    _preview(walk)
    expect(count).to_have_text(re.compile("0 open positions match now"))
    walk.button("Save alert").click()
    walk.arrived(r"/alerts(/\d+)?")
    expect(page.get_by_text("told you nothing yet").first).to_be_visible()


def _preview(walk: Walk) -> None:
    if walk.is_scripted:
        # Nothing is submitted: the page stays the one with the empty form's address.
        assert walk.page.url.endswith("/alerts/new")
        return
    walk.button("Preview without saving").click()
    walk.check()


def look_at_health(walk: Walk) -> None:
    """An admin's first page: what fails and what is held, in words."""
    page = walk.page
    walk.section("Admin")
    expect(page.get_by_role("row").filter(has_text="Brackenridge")).to_contain_text(re.compile(r"failing · \d+"))
    expect(page.get_by_role("row").filter(has_text="Tessellate")).to_contain_text("held")
    expect(page.locator("section.warn").filter(has_text="Tessellate")).to_contain_text("Would close")


def rescrape(walk: Walk, company: str | None) -> None:
    """Read one board now, or all of them: progress is shown, and ends by itself."""
    page = walk.page
    walk.go("/admin/boards")
    button = walk.button(f"Rescrape {company}" if company else "Rescrape all")
    progress = page.locator("#boards-progress")
    if walk.is_scripted:
        with page.expect_response(lambda answer: answer.request.method == "POST") as posted:
            button.click()
        assert "checking …" in posted.value.text()
        expect(progress).to_contain_text(re.compile(r"^Checked \d+ boards?: \d+ new, "))
        expect(page.locator("#boards-poll")).to_have_count(0)
        expect(page.get_by_role("status").filter(has_text="will be read now")).to_be_visible()
        walk.check()
        return
    button.click()
    walk.check()
    refresh = page.get_by_role("link", name="Refresh")
    while refresh.count():
        refresh.click()
        walk.check()
    expect(progress).to_contain_text("worst first")


def see_the_run(walk: Walk, company: str, title: str) -> None:
    """What the read of this board came to, and that it brought this position."""
    page = walk.page
    row = page.get_by_role("row").filter(has_text=company)
    expect(row).to_contain_text("complete")
    row.get_by_role("link", name=company).click()
    walk.arrived(r"/admin/boards/\d+")
    newest = page.locator("table tbody tr").first
    expect(newest).to_contain_text("complete")
    newest.get_by_role("link").first.click()
    walk.arrived(r"/admin/runs/\d+")
    find_new(walk, title)


def find_new(walk: Walk, title: str) -> None:
    """The position is in the list, as a new one."""
    walk.go("/positions?since=1")
    page = walk.page
    page.get_by_role("searchbox", name="Search positions").fill(f'"{title}"')
    page.get_by_role("searchbox", name="Search positions").press("Enter")
    page.wait_for_url(lambda url: "q=" in url)
    row = page.locator("article.row").filter(has_text=title)
    expect(page.locator("article.row")).to_have_count(1)
    expect(row.get_by_text("new", exact=True)).to_be_visible()
    walk.check()


def read_the_notification(walk: Walk, title: str) -> None:
    """What was sent, why, and what the mail server answered."""
    page = walk.page
    walk.section("Notifications")
    told = page.locator("section.delivery").filter(has_text=title)
    expect(told).to_have_count(1)
    expect(told).to_contain_text("The server said: 250 2.0.0 taken")
    expect(told.locator(".why")).to_contain_text("title")
    walk.page.goto(walk.url + "/alerts")
    walk.check()
    expect(page.get_by_text("1 open position matches now")).to_be_visible()


def decide_what_is_held(walk: Walk, *, believe: bool) -> None:
    """Look at the held read of Tessellate, then believe it or not."""
    page = walk.page
    walk.go("/admin/held")
    page.get_by_role("link", name="Look", exact=True).click()
    walk.arrived(r"/admin/held/\d+")
    expect(page.get_by_role("heading", name="Would close")).to_be_visible()
    closing = page.locator("section").filter(has=page.get_by_role("heading", name="Would close")).locator("tbody tr")
    number = closing.count()
    assert number > 40
    if not believe:
        page.get_by_role("button", name="Dismiss", exact=True).click()
        walk.arrived("/admin/held")
        expect(page.get_by_text("Dismissed. Nothing was changed")).to_be_visible()
        expect(page.get_by_text("Nothing is held")).to_be_visible()
        return
    title = closing.first.get_by_role("link").inner_text()
    page.get_by_role("link", name=re.compile("^Confirm")).click()
    walk.arrived(r"/admin/held/\d+/confirm")
    page.get_by_role("button", name=re.compile("^Confirm")).click()
    walk.arrived("/admin/held")
    expect(page.get_by_text(f"Believed. Tessellate: {number} positions closed")).to_be_visible()
    walk.go("/positions?status=expired")
    page.get_by_role("searchbox", name="Search positions").fill(f'"{title}"')
    page.get_by_role("searchbox", name="Search positions").press("Enter")
    expect(page.locator("article.row").filter(has_text=title).first).to_contain_text("expired")


def see_the_outbox(walk: Walk, email: str) -> None:
    """The message to this person, and the server's answer to it."""
    page = walk.page
    walk.go("/admin/outbox")
    row = page.get_by_role("row").filter(has_text=email)
    expect(row).to_contain_text("sent")
    row.get_by_role("link").first.click()
    walk.arrived(r"/admin/outbox/\d+")
    expect(page.get_by_text("250 2.0.0 taken").first).to_be_visible()


def remove_the_sample_data(walk: Walk) -> None:
    """One click, and it is gone, with the admin who was part of it."""
    page = walk.page
    walk.section("Admin")
    page.get_by_role("link", name="Sample data…").click()
    walk.arrived("/admin/sample-data")
    page.get_by_role("button", name="Remove all sample data").click()
    walk.arrived(r"/login.*")
