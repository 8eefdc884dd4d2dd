"""The work can be done without a mouse."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.walk import DESKTOP, PHONE, Walk
from webapp.sample.logins import DEMO_EMAIL

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FOCUSED = """() => {
  const element = document.activeElement;
  return element.id || element.className || element.tagName.toLowerCase();
}"""


def tab_until(page: Page, wanted: str, most: int = 40) -> list[str]:
    """Press Tab until the focused element is `wanted` (its id or class); what had the focus on the way, in order."""
    passed: list[str] = []
    for _ in range(most):
        page.keyboard.press("Tab")
        passed.append(page.evaluate(FOCUSED))
        if passed[-1] == wanted:
            return passed
    raise AssertionError(f"Tab never reaches {wanted}: {passed}")


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_the_first_tab_skips_the_navigation_and_leads_on_to_search_filters_and_positions(
    width: int, enter: Callable[..., Walk]
) -> None:
    walk = enter(DEMO_EMAIL, width)
    page = walk.page
    walk.go("/positions")
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    expect(skip).to_be_focused()
    box = skip.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["y"] >= 0
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()

    tab_until(page, "q")
    page.keyboard.type("engineer")
    page.keyboard.press("Enter")
    page.wait_for_url("**/positions?q=engineer")
    expect(page.locator("#q")).to_be_focused()
    if not page.locator("#place").is_visible():
        while page.evaluate("document.activeElement.tagName") != "SUMMARY":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    tab_until(page, "place")
    tab_until(page, "filter-company")
    page.keyboard.type("North")
    page.wait_for_url(re.compile(r"company=\d"))
    expect(page.locator("#filter-company")).to_be_focused()
    expect(page.locator("article.row").filter(has_not_text="Northcliff")).to_have_count(0)
    assert "filter-status" in tab_until(page, "title")
    title = page.locator("article.row a.title").first
    expect(title).to_be_focused()
    assert title.evaluate("link => getComputedStyle(link).outlineStyle") != "none"
    page.keyboard.press("Enter")
    walk.arrived(r"/positions/\d+")


@pytest.mark.parametrize("path", ["/positions", "/companies"])
def test_searching_adds_one_step_to_the_history_and_leaving_the_field_none(
    path: str, enter: Callable[..., Walk]
) -> None:
    walk = enter(DEMO_EMAIL, DESKTOP)
    walk.go(path)
    before = walk.page.evaluate("history.length")
    walk.page.locator("#q").focus()
    walk.page.keyboard.insert_text("north")
    walk.page.wait_for_url(re.compile(r"\?q=north"))
    asked = walk.page.url
    with walk.page.expect_response(lambda answer: f"{path}?" in answer.url):
        walk.page.keyboard.press("Tab")
    walk.page.locator("#results .htmx-request, #results.htmx-request").wait_for(state="detached")
    assert walk.page.url == asked
    assert walk.page.evaluate("history.length") == before + 1
    walk.page.go_back()
    walk.arrived(path)
    walk.no_trouble()


def test_a_card_is_moved_on_the_board_by_keys_and_keeps_the_focus(enter: Callable[..., Walk]) -> None:
    walk = enter(DEMO_EMAIL, DESKTOP)
    page = walk.page
    walk.go("/applications")
    card = page.locator("[data-status=saved] [data-card]").first
    name = card.get_attribute("id")
    assert name is not None
    card.locator("summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(card.get_by_role("combobox")).to_be_focused()
    page.keyboard.type("Applied")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    moved = page.locator(f"[data-status=applied] #{name}")
    expect(moved).to_be_visible()
    expect(moved.locator("a.name")).to_be_focused()
    walk.check()


def test_a_card_is_dragged_to_another_column(enter: Callable[..., Walk]) -> None:
    walk = enter(DEMO_EMAIL, DESKTOP)
    walk.go("/applications")
    card = walk.page.locator("[data-status=applied] [data-card]").first
    name = card.get_attribute("id")
    card.drag_to(walk.page.locator("[data-status=interviewing]"))
    expect(walk.page.locator(f"[data-status=interviewing] #{name}")).to_be_visible()
    walk.page.reload()
    expect(walk.page.locator(f"[data-status=interviewing] #{name}")).to_be_visible()
    walk.check()


def test_escape_closes_the_menu_and_gives_the_focus_back(enter: Callable[..., Walk]) -> None:
    walk = enter(DEMO_EMAIL, PHONE)
    walk.go("/positions")
    walk.menu()
    log_out = walk.page.get_by_role("button", name="Log out")
    expect(log_out).to_be_visible()
    walk.page.keyboard.press("Escape")
    expect(log_out).not_to_be_visible()
    expect(walk.page.locator(".foot summary")).to_be_focused()
