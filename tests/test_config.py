"""Settings: each once, each explained, and a bad value gets a sentence."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

import config

ROOT = Path(__file__).parents[1]
KEY = {"SECRET_KEY": "a key that is long enough"}


def test_the_documentation_lists_every_setting_with_its_meaning() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| .*? \| (.+) \|$", page, re.MULTILINE))
    assert rows == {setting.name: setting.meaning for setting in config.SETTINGS}


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PORT", "eighty", "PORT"),
        ("OUTBOUND_ROUTES", "[1]", "OUTBOUND_ROUTES"),
        ("OUTBOUND_ROUTES", "{not json", "OUTBOUND_ROUTES"),
        ("ROLEWATCH_ENV", "prod", "production, development, testing"),
        ("MAIL_USE_TLS", "maybe", "write 1 or 0"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_in_a_sentence(name: str, value: str, told: str) -> None:
    with pytest.raises(config.ConfigError, match=re.escape(told)):
        config.load({**KEY, name: value})


def test_production_refuses_a_short_key() -> None:
    with pytest.raises(config.ConfigError, match="too short"):
        config.load({"SECRET_KEY": "short"})


@pytest.mark.parametrize(
    "key", ["change-me-please-now", "your-secret-key-here", "CHANGEME CHANGEME CHANGEME", "please replace this key"]
)
def test_production_refuses_a_key_from_an_example(key: str) -> None:
    with pytest.raises(config.ConfigError, match="easy to guess"):
        config.load({"SECRET_KEY": key})
    assert config.load({"SECRET_KEY": key, "ROLEWATCH_ENV": "development"})["SECRET_KEY"] == key


def test_an_empty_key_file_is_told_and_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "INSTANCE", tmp_path)
    (tmp_path / "secret_key").touch()
    with pytest.raises(config.ConfigError, match="delete it"):
        config.load({"ROLEWATCH_ENV": "development"})


def test_processes_that_start_at_once_have_the_same_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        monkeypatch.setattr(config, "INSTANCE", tmp_path / str(number))
        with ThreadPoolExecutor(8) as pool:
            keys = set(pool.map(lambda _: config.load({})["SECRET_KEY"], range(8)))
        assert len(keys) == 1
        assert len(keys.pop()) >= 32
        assert [file.name for file in (tmp_path / str(number)).iterdir()] == ["secret_key"]


def test_without_a_key_a_random_one_is_made_once_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "INSTANCE", tmp_path / "instance")
    first = config.load({})["SECRET_KEY"]
    assert len(first) >= 32
    assert config.load({})["SECRET_KEY"] == first
    assert (tmp_path / "instance" / "secret_key").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_the_schemes_that_hosting_platforms_hand_out_all_work(scheme: str) -> None:
    loaded = config.load({**KEY, "DATABASE_URL": f"{scheme}://u:p@h/d"})
    assert loaded["SQLALCHEMY_DATABASE_URI"] == "postgresql+psycopg://u:p@h/d"


def test_an_empty_variable_means_the_default() -> None:
    assert config.load({**KEY, "PORT": ""})["PORT"] == 8000
