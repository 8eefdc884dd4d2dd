"""What a board says is text. Whatever stands in it, no script runs, no dialog opens, and nobody is asked for anything.

Cleaning and policy are two layers, and each must hold alone: descriptions that were cleaned are looked at with the
Content-Security-Policy bypassed, and descriptions that were not, with the policy.
"""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.site import ROOT, Site
from tests.browser.walk import DESKTOP, Walk, sizes
from tests.rows import a_company, a_position
from webapp.clock import utcnow
from webapp.db import db, transaction
from webapp.sample.logins import DEMO_EMAIL, LOGINS
from webapp.scrapers._html import describe

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

CORPUS = ROOT.parent / "shared" / "corpora" / "xss_payloads.json"
# How many payloads one description holds.
TOGETHER = 6
ELSEWHERE = "https://boards.example.org/jobs"
CANARY = "window.fired = 0; window.xss = () => { window.fired += 1; };"

SCRIPTS = (
    "<script>xss()</script>",
    "<script src=/evil.js></script>",
    "<img src=x onerror=xss()>",
    "<svg/onload=xss()>",
    "<svg><animate onbegin=xss() attributeName=x dur=1s></svg>",
    "<details open ontoggle=xss()>more</details>",
    "<a href='javascript:xss()'>Apply here</a>",
    "<a href='java&#9;script:xss()'>Apply here</a>",
    "<iframe srcdoc='<script>parent.xss()</script>'></iframe>",
    "<input autofocus onfocus=xss()>",
    "<p hx-get='/evil' hx-trigger='load, mouseenter'>Read more</p><div hx-on:click='xss()'>Read more</div>",
    "<div data-hx-get='/evil' hx-nonce='x' hx-trigger='load'>Read more</div>",
    "<noscript><p title='</noscript><img src=x onerror=xss()>'>",
    "</title></textarea></style></script><img src=x onerror=xss()>",
    "\"><img src=x onerror=xss()>' onmouseover='xss()",
    "{{ 7 * 7 }}{% raw %}<script>xss()</script>${xss()}",
)
REQUESTS = (
    "<img src='/evil.png'>",
    "<a href='data:text/html,<script>parent.xss()</script>' target=_self>Apply here</a>",
    "<iframe src='/evil'></iframe>",
    "<object data='/evil'></object><embed src='/evil'>",
    "<form action='/evil'><button>Apply</button></form>",
    "<button formaction='/evil'>Apply</button>",
    "<link rel=stylesheet href='/evil.css'><style>@import '/evil.css';</style>",
    "<base href='/evil/'><meta http-equiv=refresh content='0;url=/evil'>",
    "<p style='background:url(/evil.png);position:fixed;inset:0'>All over the page</p>",
    "<math><mtext><table><mglyph><style><img src=x onerror=xss()>",
)


def put(site: Site, payloads: list[str], *, cleaned: bool) -> list[int]:
    """A position for each, with it in every text, at a company named the same; the ids of those to look at.

    A description holds several payloads. `cleaned`: each came in by the door that every scraper uses; else as if that
    door had let it through.
    """
    app = site.app()
    with app.app_context(), transaction():
        ids = []
        for index, payload in enumerate(payloads):
            company = a_company()
            company.name = payload[:200]
            position = a_position(company, payload[:500], first_seen_at=utcnow())
            together = payloads[index : index + TOGETHER] if cleaned else [payload]
            parts = [f"<p>Before it</p>{one}<p>After it</p>" for one in together]
            position.description_html = "".join(describe(part, ELSEWHERE)[0] if cleaned else part for part in parts)
            position.location = position.department = payload[:200]
            position.locations = [payload[:200]]
            # Whatever address a board gives, a link that is shown must lead to a web page.
            position.apply_url = "javascript:xss()"
            ids.append(position.id)
    with app.app_context():
        db.engine.dispose()
    return ids[::TOGETHER] if cleaned else ids


def enter_watched(browser: Browser, site: Site, *, bypass_csp: bool) -> Walk:
    """A tab in which a script that runs leaves a trace."""
    context = browser.new_context(**sizes(DESKTOP), bypass_csp=bypass_csp)
    context.add_init_script(CANARY)
    walk = Walk(context, site.url)
    walk.log_in(*next((email, password) for _, email, password in LOGINS if email == DEMO_EMAIL))
    return walk


def poke(page: Page) -> None:
    """Move over the description and click into it with a real mouse, on whatever there is to click."""
    box = page.locator(".prose").first.bounding_box()
    assert box is not None
    for fraction in (0.1, 0.5, 0.9):
        page.mouse.move(box["x"] + 20, box["y"] + box["height"] * fraction)
        page.mouse.click(box["x"] + 20, box["y"] + box["height"] * fraction)
    for link in page.locator(".prose a:visible, .prose button:visible, .prose input:visible").all():
        link.click(no_wait_after=True)


def look_at(walk: Walk, ids: list[int]) -> None:
    """The lists, and these positions."""
    # Links of a posting lead elsewhere, and may; nobody is there.
    walk.page.route(re.compile(f"^(?!{re.escape(walk.url)}/)"), lambda route: route.fulfill(status=204))
    lists = [f"/positions?since=1&page={number}" for number in range(1, 9)]
    for path in [*lists, "/companies?show=all", *(f"/positions/{number}" for number in ids)]:
        walk.page.goto(walk.url + path)
        where = walk.page.url
        assert not walk.left_for
        if path.startswith("/positions/"):
            assert walk.page.locator(".head a[href^='javascript:' i]").count() == 0
            poke(walk.page)
        walk.check()
        assert walk.page.url == where, f"{path} led to {walk.page.url}"
        assert walk.page.evaluate("window.fired") == 0, f"a script of {path} ran"
        walk.left_for.clear()


def test_hostile_positions_are_only_text_even_without_the_policy(browser: Browser, own_site: Site) -> None:
    walk = enter_watched(browser, own_site, bypass_csp=True)
    look_at(walk, put(own_site, [*SCRIPTS, *REQUESTS], cleaned=True))
    walk.page.context.close()


def test_the_policy_refuses_scripts_even_in_a_description_that_was_not_cleaned(
    browser: Browser, own_site: Site
) -> None:
    walk = enter_watched(browser, own_site, bypass_csp=False)
    walk.minds_the_console = False
    walk.page.route("**/x", lambda route: route.fulfill(status=204))
    look_at(walk, put(own_site, list(SCRIPTS), cleaned=False))
    walk.page.context.close()


@pytest.mark.skipif(not CORPUS.exists(), reason="the corpus is not beside the project")
def test_the_corpus_of_hostile_texts_is_only_text(browser: Browser, own_site: Site) -> None:
    payloads = [
        case["payload"].replace("\0", "")
        for case in json.loads(CORPUS.read_text(encoding="utf-8"))["payloads"]
        if case["context"] in ("html", "attr", "js", "tmpl")
    ]
    assert len(payloads) > 100
    walk = enter_watched(browser, own_site, bypass_csp=True)
    look_at(walk, put(own_site, payloads, cleaned=True))
    walk.page.context.close()


def test_the_canary_would_be_heard(browser: Browser, site: Site) -> None:
    walk = enter_watched(browser, site, bypass_csp=True)
    walk.go("/positions")
    walk.page.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=\"/evil.png\" onerror=\"xss()\">')")
    walk.page.wait_for_function("window.fired === 1")
    with pytest.raises(AssertionError, match="canary"):
        walk.no_trouble()
    walk.page.context.close()
