"""The house stands: imports point down only, and only the outbound door opens sockets (contracts in pyproject.toml)."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_import_contracts_hold() -> None:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_only_entry_points_commit() -> None:
    below = [path for folder in ("services", "repositories", "models", "scrapers", "channels")
             for path in (ROOT / "webapp" / folder).rglob("*.py")]  # fmt: skip
    commits = re.compile(r"\.commit\(|with transaction\(")
    assert [str(path) for path in below if commits.search(path.read_text())] == []


def test_only_repositories_services_and_models_speak_sql_and_pages_never_do() -> None:
    pages = [path for folder in ("web",) for path in (ROOT / "webapp" / folder).rglob("*.py")]
    speaks = re.compile(r"\bselect\(|sqlalchemy|session\.(query|execute|scalars?)\(")
    assert [path.name for path in pages if speaks.search(path.read_text()) and path.name != "health.py"] == []


def test_the_environment_is_read_in_one_place() -> None:
    reads = [path for path in (ROOT / "webapp").rglob("*.py") if re.search(r"os\.(environ|getenv)", path.read_text())]
    assert reads == []
