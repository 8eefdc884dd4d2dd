"""The real server on sample data: migrated and seeded once, then served from a copy that a test may change at will."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from flask import Flask

from webapp import create_app
from webapp.sample import world
from webapp.sample.companies import COMPANIES
from webapp.sample.state import STEADY

ROOT = Path(__file__).resolve().parents[2]
SECRET = "a secret that only the browser tests know"
START_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Seed:
    """A folder with a migrated database full of sample data, and the state of the sample boards."""

    folder: Path

    @classmethod
    def sow(cls, folder: Path) -> Seed:
        """Migrate and seed a new database in `folder`, with the commands that `make run` uses."""
        seed = cls(folder)
        for command in (["db", "upgrade"], ["seed"]):
            subprocess.run(
                [sys.executable, "-m", "flask", *command], cwd=ROOT, env=seed.environment(), check=True, timeout=300
            )
        return seed

    @property
    def database(self) -> Path:
        return self.folder / "rolewatch.sqlite3"

    @property
    def state(self) -> Path:
        return self.folder / "sample_world.json"

    def environment(self, **more: str) -> dict[str, str]:
        """The settings of every process on this database; nothing of the developer's own shines through."""
        own = {
            "ROLEWATCH_ENV": "development",
            "SECRET_KEY": SECRET,
            "DATABASE_URL": f"sqlite:///{self.database}",
            "SAMPLE_STATE": str(self.state),
            "OUTBOUND_ROUTES": "{}",
            "OUTBOUND_HOST_INTERVAL": "0",
            "TICK_SECONDS": "1",
            "MESSAGE_WINDOW_SECONDS": "1",
            "MAIL_SERVER": "",
            "MAIL_USE_TLS": "0",
            "MAIL_USERNAME": "",
            "RUN_SCHEDULER": "1",
            "SIGNUP_OPEN": "1",
            "TRUSTED_PROXIES": "0",
        }
        return {**os.environ, **own, **more}

    def copy_to(self, folder: Path) -> Seed:
        """The same in another folder."""
        folder.mkdir(parents=True, exist_ok=True)
        other = Seed(folder)
        with closing(sqlite3.connect(self.database)) as source, closing(sqlite3.connect(other.database)) as target:
            source.backup(target)
        shutil.copy(self.state, other.state)
        return other


@dataclass(frozen=True, slots=True)
class Site:
    """A running server."""

    url: str
    seed: Seed
    log: Path

    def ripen(self) -> None:
        """Let the next read of every sample board find something new, as if the last one were a while ago."""
        boards = json.loads(self.seed.state.read_text(encoding="utf-8"))
        for progress in boards.values():
            progress["noted_at"] = (datetime.fromisoformat(progress["noted_at"]) - 3 * STEADY).isoformat()
        aside = self.seed.state.with_suffix(".aside")
        aside.write_text(json.dumps(boards), encoding="utf-8")
        aside.replace(self.seed.state)

    def next_titles(self, slug: str) -> list[str]:
        """The titles that the next read of this sample board will find, and that it never listed before."""
        company = next(company for company in COMPANIES if company.slug == slug)
        generation = len(json.loads(self.seed.state.read_text(encoding="utf-8"))[slug]["began"]) - 1
        before = {opening.title for earlier in range(generation + 1) for opening in world.existing(company, earlier)}
        return [opening.title for opening in world.listed(company, generation + 1) if opening.title not in before]

    def app(self) -> Flask:
        """An application on the same database, to put rows into it."""
        return create_app(
            ROLEWATCH_ENV="testing",
            SECRET_KEY=SECRET,
            DATABASE_URL=f"sqlite:///{self.seed.database}",
            RUN_SCHEDULER=False,
        )


@contextmanager
def serving(seed: Seed, *, mail_port: int | None = None) -> Iterator[Site]:
    """The server as `Procfile` runs it, on a free port, ready; stopped at the end, and its log looked through.

    Raises:
        AssertionError: it did not become ready, or something failed in it while it ran.
    """
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    site = Site(f"http://127.0.0.1:{port}", seed, seed.folder / "server.log")
    mail = {"MAIL_SERVER": "127.0.0.1", "MAIL_PORT": str(mail_port)} if mail_port else {}
    command = [sys.executable, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "8"]
    with site.log.open("wb") as log:
        server = subprocess.Popen(
            [*command, "wsgi:app"],
            cwd=ROOT,
            env=seed.environment(BASE_URL=site.url, PORT=str(port), **mail),
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait_until_ready(site, server)
            yield site
        finally:
            server.terminate()
            try:
                server.wait(60)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait(10)
    written = site.log.read_text(encoding="utf-8", errors="replace")
    assert "Traceback" not in written, f"something failed in the server:\n{written[-6000:]}"


def _wait_until_ready(site: Site, server: subprocess.Popen[bytes]) -> None:
    answer = ""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{site.url}/readyz", timeout=20):
                return
        except urllib.error.HTTPError as error:
            answer = error.read().decode()
        except OSError as error:
            answer = str(error)
        time.sleep(0.1)
    raise AssertionError(f"the server is not ready: {answer}\n{site.log.read_text(errors='replace')[-6000:]}")
