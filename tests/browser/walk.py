"""One person's tab in the browser. Every page they come to is held to the same rules."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Locator, Page, Request, Response, expect

# The machine may be busy; whoever waits, waits for a condition and not for this long.
PATIENCE = 60_000
expect.set_options(timeout=PATIENCE)

PHONE = 390
DESKTOP = 1280


def sizes(width: int) -> dict[str, Any]:
    """The window of a context that is `width` wide. A phone's, too, is not scaled to fit what is too wide."""
    return {"viewport": {"width": width, "height": 844 if width == PHONE else 800}, "has_touch": width == PHONE}


class Walk:
    """A tab on the site at `url`.

    `is_scripted`: whether its JavaScript is on. `troubles`: what went wrong, in sentences. `left_for`: addresses of
    other sites that were followed. `minds_the_console`: whether errors on the console are troubles.
    """

    def __init__(self, context: BrowserContext, url: str, *, is_scripted: bool = True) -> None:
        context.set_default_timeout(PATIENCE)
        self.url = url
        self.is_scripted = is_scripted
        self.page: Page = context.new_page()
        self.visited: list[str] = []
        self.troubles: list[str] = []
        self.left_for: list[str] = []
        self.minds_the_console = True
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.troubles.append(f"a script failed: {error}"))
        self.page.on("dialog", self._on_dialog)
        self.page.on("request", self._on_request)
        self.page.on("requestfailed", self._on_failed)
        self.page.on("response", self._on_response)

    def _on_console(self, message: ConsoleMessage) -> None:
        # A violated Content-Security-Policy is an error of the console, too.
        if message.type in ("error", "warning") and self.minds_the_console:
            self.troubles.append(f"the console says: {message.text}")

    def _on_dialog(self, dialog: Dialog) -> None:
        self.troubles.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith((self.url + "/", "data:")):
            # A link may lead elsewhere; a page may not ask elsewhere by itself.
            if request.is_navigation_request() and request.frame == self.page.main_frame:
                self.left_for.append(request.url)
            else:
                self.troubles.append(f"another host was asked: {request.url}")
        elif "/evil" in request.url:
            self.troubles.append(f"a canary was asked for: {request.url}")

    def _on_failed(self, request: Request) -> None:
        # What the policy refuses is announced and never sent; the console says that it was tried.
        if request.failure == "csp":
            self.troubles = [trouble for trouble in self.troubles if not trouble.endswith(f": {request.url}")]

    def _on_response(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"{response.request.method} {response.url} answered {response.status}")

    def go(self, path: str) -> None:
        """Type the address and arrive."""
        self.page.goto(self.url + path)
        self.check()

    def arrived(self, path: str) -> None:
        """Wait until the address is `path` (a regular expression for path and query), and look at the page."""
        self.page.wait_for_url(re.compile(re.escape(self.url) + path + "$"))
        self.check()

    def check(self) -> None:
        """What holds on every page: a title, one heading, nothing wider than the window, and no trouble."""
        self.page.wait_for_load_state("load")
        where = self.page.url.removeprefix(self.url)
        self.visited.append(where)
        expect(self.page).to_have_title(re.compile(r"^\S[\s\S]* · Rolewatch$"))
        expect(self.page.locator("h1")).to_have_count(1)
        expect(self.page.locator("h1")).to_have_text(re.compile(r"\S"))
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= self.width, f"{where} is {wide} px wide in a window of {self.width}"
        self.no_trouble()

    def no_trouble(self) -> None:
        """Nothing was said on the console, refused by the policy, or asked of anyone else."""
        assert not self.troubles, f"{self.page.url.removeprefix(self.url)}: " + "; ".join(self.troubles)

    @property
    def width(self) -> int:
        size = self.page.viewport_size
        assert size
        return size["width"]

    def section(self, name: str) -> None:
        """Open a section by the navigation: its link, or on a phone perhaps the menu with the rest."""
        link = self.page.get_by_role("navigation", name="Main").get_by_role("link", name=name)
        if not link.is_visible():
            self.menu()
            link = self.page.locator(".foot").get_by_role("link", name=name)
        link.click()
        self.page.wait_for_url(f"**/{name.lower()}")
        self.check()

    def menu(self) -> None:
        """Open the menu with the account and the log-out."""
        self.page.locator(".foot summary").click()

    def log_in(self, email: str, password: str) -> None:
        """By the form."""
        self.go("/login")
        self.page.get_by_label("E-mail address").fill(email)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Log in", exact=True).click()
        self.arrived("/positions")

    def log_out(self) -> None:
        self.menu()
        self.page.get_by_role("button", name="Log out").click()
        self.page.wait_for_url(re.compile(r"/(login)?$"))
        self.check()

    def button(self, name: str) -> Locator:
        """The first button of this name."""
        return self.page.get_by_role("button", name=name, exact=True).first
