"""Finds a Chromium for the browser tests: an installed one, else Playwright's own, else Debian's package.

Run as a module it makes sure there is one, and says in a sentence what to do where there cannot be.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ADVICE = (
    "No Chromium was found and none could be installed, so the browser tests fail. "
    "Install Chromium or Google Chrome, or set CHROMIUM to its path, and run this again."
)
# Nothing of the browser's own goes over the network, and it runs as root in a container.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")


def find() -> Path | None:
    """The executable of a Chromium on this machine, or None. `CHROMIUM` names one explicitly."""
    explicit = os.environ.get("CHROMIUM")
    if explicit:
        return Path(explicit) if Path(explicit).exists() else None
    for name in NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    mac = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    return mac if mac.exists() else _playwrights_own()


def _playwrights_own() -> Path | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = Path(playwright.chromium.executable_path)
        return path if path.exists() else None


def _try(*command: str) -> bool:
    try:
        return (
            subprocess.run(
                command, check=False, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=600
            ).returncode
            == 0
        )
    except (OSError, subprocess.TimeoutExpired):
        return False


def install() -> Path | None:
    """Find a Chromium, or install one; None where neither works."""
    found = find()
    if found:
        return found
    _try(sys.executable, "-m", "playwright", "install", "chromium")
    found = find()
    if found or not hasattr(os, "geteuid") or os.geteuid() != 0 or not shutil.which("apt-get"):
        return found
    _try("apt-get", "update", "-qq")
    _try("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    return find()


if __name__ == "__main__":
    chromium = install()
    if chromium is None:
        print(ADVICE, file=sys.stderr)
    else:
        print(f"Browser tests will use {chromium}")
