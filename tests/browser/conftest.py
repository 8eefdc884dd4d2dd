"""A real Chromium, and the real server on sample data with a real mail server behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.browser.site import Seed, Site, serving
from tests.browser.walk import Walk, sizes
from tests.e2e.news import MailSink, mail_sink
from webapp.sample.logins import LOGINS


# Of the package and not of the session: while it lives, no other test of this process could run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """A Chromium without a window. Each context of it is a fresh profile."""
    path = chromium.install()
    if path is None:
        pytest.fail(chromium.ADVICE, pytrace=False)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(chromium.FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="session")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Seed:
    """Sample data that no test changes: they take copies."""
    return Seed.sow(tmp_path_factory.mktemp("seed"))


@pytest.fixture(scope="package")
def mail() -> Iterator[tuple[MailSink, int]]:
    """A mail server and its port."""
    with mail_sink() as running:
        yield running


@pytest.fixture(scope="package")
def site(seed: Seed, mail: tuple[MailSink, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One server for all tests that leave the sample data as it is."""
    with serving(seed.copy_to(tmp_path_factory.mktemp("site")), mail_port=mail[1]) as running:
        yield running


@pytest.fixture
def own_site(seed: Seed, mail: tuple[MailSink, int], tmp_path: Path) -> Iterator[Site]:
    """A server of this test alone."""
    with serving(seed.copy_to(tmp_path / "site"), mail_port=mail[1]) as running:
        yield running


@pytest.fixture(scope="package")
def _cookies(browser: Browser, site: Site) -> dict[str, object]:
    kept: dict[str, object] = {}
    for _label, email, password in LOGINS:
        context = browser.new_context()
        Walk(context, site.url).log_in(email, password)
        kept[email] = context.storage_state()
        context.close()
    return kept


@pytest.fixture
def enter(browser: Browser, site: Site, _cookies: dict[str, object]) -> Iterator[Callable[..., Walk]]:
    """Call it with a sample person's address, and a width: their tab on the shared site, logged in."""
    opened = []

    def open_tab(email: str, width: int, **options: object) -> Walk:
        context = browser.new_context(storage_state=_cookies[email], **sizes(width), **options)  # type: ignore[arg-type]
        opened.append(context)
        return Walk(context, site.url)

    yield open_tab
    for context in opened:
        context.close()
