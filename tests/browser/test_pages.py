"""Every page that a link leads to holds to the rules: a title, one heading, as wide as the window, nothing refused."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from tests.browser.site import Site
from tests.browser.walk import DESKTOP, PHONE, Walk, sizes
from webapp.sample.logins import ADMIN_EMAIL, DEMO_EMAIL

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

FILES = re.compile(r"\.(json|csv)$")
# What tells pages of one kind apart.
NUMBER_OR_NAME = re.compile(r"(?<=/)\d+\b|(?<=^/companies/)[^/]+")


def kind_of(address: str) -> str:
    """What kind of page is at this address: its path without numbers and names, and the names of its parameters."""
    path, _, query = address.partition("?")
    names = sorted({part.partition("=")[0] for part in query.split("&") if part})
    return NUMBER_OR_NAME.sub("#", path) + "?" + "&".join(names)


def links(walk: Walk) -> list[str]:
    """Where this page leads on the same site, menus included."""
    found: list[str] = walk.page.eval_on_selector_all("a[href^='/']", "all => all.map(a => a.getAttribute('href'))")
    return [address.partition("#")[0] for address in found if not FILES.search(address.partition("?")[0])]


def follow_all(walk: Walk, start: str) -> set[str]:
    """Visit one page of each kind that can be reached from `start`."""
    waiting, seen = [start], {kind_of(start)}
    while waiting:
        walk.go(waiting.pop(0))
        for address in links(walk):
            if kind_of(address) not in seen:
                seen.add(kind_of(address))
                waiting.append(address)
    return seen


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_page_of_an_admin_is_in_order(width: int, enter: Callable[..., Walk]) -> None:
    seen = follow_all(enter(ADMIN_EMAIL, width), "/positions")
    assert {
        "/positions/#?",
        "/companies/#?",
        "/alerts/new?",
        "/account/delete?",
        "/admin?",
        "/admin/held/#/confirm?",
    } <= seen
    assert {"/admin/boards/#?", "/admin/runs/#?", "/admin/outbox/#?", "/admin/reports?", "/admin/users?"} <= seen


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_page_of_a_person_is_in_order(width: int, enter: Callable[..., Walk]) -> None:
    seen = follow_all(enter(DEMO_EMAIL, width), "/positions")
    assert {"/alerts/#?", "/alerts/#/edit?", "/alerts/#/delete?", "/applications/#?", "/applications/#/remove?"} <= seen
    assert "/applications?view" in seen
    assert not any(kind.startswith("/admin") for kind in seen)


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_page_of_a_visitor_is_in_order(width: int, browser: Browser, site: Site) -> None:
    context = browser.new_context(**sizes(width))
    walk = Walk(context, site.url)
    assert {"/?", "/login?", "/signup?"} <= follow_all(walk, "/")
    for path, status in (("/positions", 200), ("/nowhere", 404)):
        walk.page.goto(site.url + path)
        expected = [trouble for trouble in walk.troubles if status == 404 and "404" in trouble]
        walk.troubles = [trouble for trouble in walk.troubles if trouble not in expected]
        walk.check()
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_the_colours_that_the_reader_prefers(scheme: str, enter: Callable[..., Walk]) -> None:
    walk = enter(DEMO_EMAIL, DESKTOP, color_scheme=scheme)
    walk.go("/positions")
    lightness = re.match(r"oklch\(([\d.]+)", walk.page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert lightness is not None
    assert float(lightness[1]) > 0.95 if scheme == "light" else float(lightness[1]) < 0.25


def test_a_refused_form_keeps_what_was_written_and_leads_to_the_mistake(browser: Browser, site: Site) -> None:
    context = browser.new_context(**sizes(PHONE))
    walk = Walk(context, site.url)
    walk.go("/signup")
    walk.page.get_by_label("E-mail address").fill("noa@example")
    walk.page.get_by_label("Name").fill("Noa")
    walk.page.get_by_label("Password").fill("longenough123")
    walk.button("Create the account").click()
    walk.page.locator("[role=alert]").wait_for()
    walk.troubles = [trouble for trouble in walk.troubles if "422" not in trouble]
    walk.check()
    assert walk.page.get_by_label("E-mail address").input_value() == "noa@example"
    assert walk.page.get_by_label("Name").input_value() == "Noa"
    assert walk.page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    walk.page.get_by_role("alert").get_by_role("link").click()
    assert walk.page.evaluate("document.activeElement.id") == "email"
    context.close()
