"""Takes the pictures of the documentation: `python -m tests.browser.screenshots` writes docs/img/ from sample data."""

from __future__ import annotations

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, sync_playwright

from tests.browser import chromium
from tests.browser.site import ROOT, Seed, Site, serving
from tests.browser.walk import DESKTOP, PHONE, Walk, sizes
from webapp.sample.logins import ADMIN_EMAIL, DEMO_EMAIL, LOGINS

FOLDER = ROOT / "docs" / "img"


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture: whose page it shows, and how wide and in which colours."""

    name: str
    path: str
    email: str = DEMO_EMAIL
    width: int = DESKTOP
    scheme: Literal["light", "dark"] = "light"


PICTURES = (
    Picture("positions-light", "/positions"),
    Picture("positions-dark", "/positions", scheme="dark"),
    Picture("positions-phone", "/positions", width=PHONE),
    Picture("alerts-light", "/alerts"),
    Picture("applications-light", "/applications"),
    Picture("admin-dark", "/admin", email=ADMIN_EMAIL, scheme="dark"),
)


def take(browser: Browser, site: Site, picture: Picture) -> Path:
    """Write one picture and return its file."""
    context = browser.new_context(**sizes(picture.width), color_scheme=picture.scheme)
    walk = Walk(context, site.url)
    walk.log_in(*next((email, password) for _, email, password in LOGINS if email == picture.email))
    walk.go(picture.path)
    file = FOLDER / f"{picture.name}.png"
    walk.page.screenshot(path=file)
    context.close()
    return file


def main() -> int:
    """Take them all."""
    executable = chromium.install()
    if executable is None:
        print(chromium.ADVICE, file=sys.stderr)
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serving(Seed.sow(Path(folder))) as site, sync_playwright() as pw:
        browser = pw.chromium.launch(executable_path=executable, args=list(chromium.FLAGS))
        for picture in PICTURES:
            file = take(browser, site, picture)
            print(f"{file.relative_to(ROOT)}  {file.stat().st_size // 1000} kB")
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
