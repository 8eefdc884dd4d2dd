"""Every setting once: its environment variable, its default, and what it means.

`load()` turns the environment into the dictionary that `create_app` gives to Flask. Nothing else in the project
reads `os.environ`. `docs/configuration.md` lists the same table; a test keeps the two equal.
"""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent
INSTANCE = ROOT / "instance"


class ConfigError(Exception):
    """A setting that cannot be used; the message says which one and what to write instead."""


def _flag(text: str) -> bool:
    lowered = text.strip().lower()
    if lowered in {"1", "true", "yes", "on"}:
        return True
    if lowered in {"0", "false", "no", "off", ""}:
        return False
    raise ValueError("write 1 or 0")


def _routes(text: str) -> dict[str, str]:
    value = json.loads(text or "{}")
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise ValueError('write a JSON object of host pattern to base URL, such as {"*": "http://127.0.0.1:9000"}')
    return value


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part) for part in re.split(r"[\s,]+", text.strip()) if part)
    except ValueError as error:
        raise ValueError(f"write networks such as 10.1.0.0/16, with commas between them ({error})") from error


def _one_of(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            raise ValueError("write one of " + ", ".join(allowed))
        return text

    return parse


def _database_url(text: str) -> str:
    # Several hosting platforms still hand out the scheme that SQLAlchemy dropped.
    if text.startswith("postgres://"):
        text = "postgresql://" + text.removeprefix("postgres://")
    if text.startswith("postgresql://"):
        text = "postgresql+psycopg://" + text.removeprefix("postgresql://")
    return text


# What Python says about a text that is no number helps nobody.
_NUMBERS: Mapping[Any, str] = {int: "write a whole number", float: "write a number"}


@dataclass(frozen=True)
class Setting:
    """One setting: `name` is both the environment variable and the key in `app.config`."""

    name: str
    default: str
    parse: Callable[[str], Any]
    meaning: str


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "ROLEWATCH_ENV",
        "production",
        _one_of("production", "development", "testing"),
        "development seeds sample data and shows its log-ins; production shows neither",
    ),
    Setting("SECRET_KEY", "", str, "signs cookies and links; empty: a random one is kept in instance/secret_key"),
    Setting(
        "OLD_SECRET_KEYS",
        "",
        lambda text: tuple(text.split()),
        "keys that were SECRET_KEY before, blanks between: links in mail that was sent with them still work",
    ),
    Setting(
        "DATABASE_URL",
        f"sqlite:///{INSTANCE / 'rolewatch.sqlite3'}",
        _database_url,
        "where everything is stored: SQLite by default, postgresql+psycopg://… for PostgreSQL",
    ),
    Setting("BASE_URL", "http://localhost:8000", lambda s: s.rstrip("/"), "address of this site, used in e-mails"),
    Setting("PORT", "8000", int, "port that `make run` serves on"),
    Setting("LOG_LEVEL", "INFO", str.upper, "least severe log line that is written"),
    Setting("LOG_FORMAT", "text", _one_of("text", "json"), "text for people, json for log collectors"),
    Setting("SIGNUP_OPEN", "1", _flag, "whether visitors may create an account"),
    Setting("SESSION_DAYS", "30", int, "days after which a log-in ends"),
    Setting("TRUSTED_PROXIES", "0", int, "how many reverse proxies in front set X-Forwarded-For and -Proto"),
    Setting("RUN_SCHEDULER", "1", _flag, "whether the web process also scrapes and delivers"),
    Setting("TICK_SECONDS", "15", float, "how often due boards and messages are looked for"),
    Setting("SCRAPE_THREADS", "4", int, "boards read at the same time"),
    Setting("SCRAPE_API_INTERVAL", "21600", int, "seconds between two reads of a board on an API"),
    Setting("SCRAPE_PAGE_INTERVAL", "86400", int, "seconds between two reads of a career page"),
    Setting("SCRAPE_LEASE_SECONDS", "900", int, "seconds after which an abandoned scrape may be started again"),
    Setting("MISSING_GAP_SECONDS", "21600", int, "least seconds between two misses that expire a position"),
    Setting("HOLD_CONFIRM_SECONDS", "86400", int, "seconds a suspicious snapshot must repeat before it is believed"),
    Setting("USER_AGENT_NAME", "Rolewatch", str, "product name sent to career sites"),
    Setting("CONTACT_URL", "", str, "address a site owner can write to; empty: BASE_URL"),
    Setting(
        "OUTBOUND_ROUTES", "{}", _routes, "JSON, host pattern to base URL: send requests for these hosts elsewhere"
    ),
    Setting(
        "OUTBOUND_ALLOW_NETWORKS",
        "",
        _networks,
        "networks of your own, such as 10.1.0.0/16, that may be read, on any port; empty: public web sites only",
    ),
    Setting("OUTBOUND_HOST_INTERVAL", "1.0", float, "least seconds between two requests to one host"),
    Setting("OUTBOUND_CONNECT_TIMEOUT", "10", float, "seconds to wait for a connection"),
    Setting("OUTBOUND_READ_TIMEOUT", "30", float, "seconds to wait for the next bytes"),
    Setting("OUTBOUND_DEADLINE", "90", float, "seconds one request may take in all, redirects included"),
    Setting("OUTBOUND_MAX_BYTES", str(30 * 1024 * 1024), int, "largest answer that is read, in decoded bytes"),
    Setting("OUTBOUND_MAX_REDIRECTS", "5", int, "redirects followed before giving up"),
    Setting("OUTBOUND_RETRIES", "2", int, "further tries after a connection error or a 5xx"),
    Setting("MAIL_SERVER", "", str, "SMTP host; empty: mail is kept in the outbox on screen and not sent"),
    Setting("MAIL_PORT", "587", int, "SMTP port"),
    Setting("MAIL_USE_TLS", "1", _flag, "STARTTLS after connecting"),
    Setting("MAIL_USE_SSL", "0", _flag, "TLS from the first byte (port 465)"),
    Setting("MAIL_USERNAME", "", str, "SMTP user; empty: no log-in"),
    Setting("MAIL_PASSWORD", "", str, "SMTP password"),
    Setting("MAIL_FROM", "Rolewatch <rolewatch@localhost>", str, "sender of every e-mail"),
    Setting("MAIL_TIMEOUT", "20", float, "seconds to wait for the SMTP server"),
    Setting("MESSAGE_WINDOW_SECONDS", "15", float, "matches found within this many seconds share one e-mail"),
    Setting("DELIVERY_LEASE_SECONDS", "300", int, "seconds after which an abandoned delivery may be tried again"),
    Setting(
        "DELIVERY_GIVE_UP_SECONDS",
        str(48 * 3600),
        int,
        "seconds of growing waits until a refused message fails for good",
    ),
    Setting("DAILY_REPORT_HOUR", "6", int, "hour of the day, UTC, at which the daily report is written"),
    Setting("RETENTION_RUN_DAYS", "90", int, "days scrape runs, finished tasks and ended sessions are kept"),
    Setting(
        "SAMPLE_STATE", str(INSTANCE / "sample_world.json"), str, "file in which the sample boards keep their state"
    ),
)


# What stands in examples and tutorials protects nobody.
_PLACEHOLDER = re.compile(r"(change|replace)[-_ ]?(me|this)|your[-_ ]?(very[-_ ]?)?secret", re.IGNORECASE)


def _is_guessable(key: str) -> bool:
    return len(key) < 16 or _PLACEHOLDER.search(key) is not None


def _secret_key() -> str:
    """The key kept in `instance/secret_key`, made on first use.

    Raises:
        ConfigError: the folder cannot be written.
    """
    path = INSTANCE / "secret_key"
    try:
        INSTANCE.mkdir(mode=0o700, exist_ok=True)
        if not path.exists():
            # Written whole under another name first: a process that starts at the same time must not read half a key.
            draft = INSTANCE / f".secret_key.{secrets.token_hex(8)}"
            try:
                with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                    file.write(secrets.token_urlsafe(48))
                try:
                    os.link(draft, path)
                except FileExistsError:
                    pass
                except OSError:  # a file system without hard links
                    os.replace(draft, path)
            finally:
                draft.unlink(missing_ok=True)
        key = path.read_text().strip()
        if len(key) < 16:
            raise ConfigError(f"{path} holds no usable key: delete it, and a new one is made at the next start.")
        return key
    except OSError as error:
        raise ConfigError(
            f"Set SECRET_KEY to a long random text: none is set and {path} cannot be used ({error})."
        ) from error


def load(environ: Mapping[str, str] | None = None, **overrides: Any) -> dict[str, Any]:
    """Settings from `environ` (default: the process environment), then `overrides`, as a Flask config dictionary.

    Raises:
        ConfigError: a value that cannot be used, with a sentence that names the setting.
    """
    environ = os.environ if environ is None else environ
    config: dict[str, Any] = {}
    for setting in SETTINGS:
        if setting.name in overrides:
            continue
        text = environ.get(setting.name, "")
        try:
            config[setting.name] = setting.parse(text if text != "" else setting.default)
        except ValueError as error:
            what_to_do = _NUMBERS.get(setting.parse, str(error))
            raise ConfigError(
                f"{setting.name}={text!r} cannot be used: {what_to_do}. It means: {setting.meaning}."
            ) from error
    config.update(overrides)
    config["SECRET_KEY"] = config["SECRET_KEY"] or _secret_key()
    if config["ROLEWATCH_ENV"] == "production" and _is_guessable(config["SECRET_KEY"]):
        raise ConfigError(
            "SECRET_KEY is too short or too easy to guess to protect anyone: write at least 16 random characters, "
            "or leave it empty and one is made."
        )
    config["CONTACT_URL"] = config["CONTACT_URL"] or config["BASE_URL"]
    config["DEVELOPMENT"] = config["ROLEWATCH_ENV"] == "development"
    if config["DATABASE_URL"].startswith(f"sqlite:///{INSTANCE}"):
        INSTANCE.mkdir(mode=0o700, exist_ok=True)
    config.update(_library_settings(config))
    config.update({key: value for key, value in overrides.items() if key not in {s.name for s in SETTINGS}})
    return config


def _library_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """What Flask and its extensions call things; derived, never set by hand."""
    secure = config["BASE_URL"].startswith("https://")
    return {
        "SQLALCHEMY_DATABASE_URI": config["DATABASE_URL"],
        "SESSION_COOKIE_NAME": "__Host-rolewatch" if secure else "rolewatch",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": secure,
        "SESSION_COOKIE_PATH": "/",
        "MAX_CONTENT_LENGTH": 2 * 1024 * 1024,
        "MAX_FORM_MEMORY_SIZE": 500_000,
        "MAX_FORM_PARTS": 1000,
        # A form left open over lunch must still be accepted: the token lives as long as the session.
        "WTF_CSRF_TIME_LIMIT": None,
        "MAIL_DEFAULT_SENDER": config["MAIL_FROM"],
        "MAIL_SUPPRESS_SEND": False,
    }
