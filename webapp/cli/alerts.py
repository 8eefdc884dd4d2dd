"""`flask alerts`: match saved rules against positions from files, without a database."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import click
from flask.cli import AppGroup

from webapp.errors import Invalid
from webapp.services.alert_matcher import AlertMatcher, AlertRule, PositionFacts

T = TypeVar("T")
BAD_INPUT = 2
SHOWN_PROBLEMS = 20

group = AppGroup("alerts", help="Try alerts out.")


class BadInput(click.ClickException):
    """A file that cannot be used as it is."""

    exit_code = BAD_INPUT


@group.command("match", with_appcontext=False)
@click.option("--alerts", "alerts_path", required=True, metavar="FILE", help="A JSON line per alert; - reads stdin.")
@click.option("--positions", "positions_path", required=True, metavar="FILE", help="A JSON line per position; - too.")
def match_command(alerts_path: str, positions_path: str) -> None:
    """Print a JSON line for every position that matches an alert, with the reasons.

    Alerts have an id and any of keywords, excluded_keywords, company_ids, locations, departments, is_remote.
    Positions are lines of "scrape preview --jsonl", with a company_id where alerts name companies.
    """
    if alerts_path == positions_path == "-":
        raise click.UsageError("Only one of --alerts and --positions can be read from stdin.")
    problems: list[str] = []
    # Ids may be of any kind here; the matcher knows alerts by their place in the file.
    alerts = list(_read(alerts_path, _alert, problems))
    positions = list(_read(positions_path, _position, problems))
    if problems:
        more = len(problems) - SHOWN_PROBLEMS
        shown = problems[:SHOWN_PROBLEMS] + ([f"… and {more} more lines like these."] if more > 0 else [])
        raise BadInput("Nothing was matched, because some lines cannot be used.\n" + "\n".join(shown))
    ids = [alert_id for alert_id, _ in alerts]
    matcher = AlertMatcher(AlertRule.from_json({**fields, "id": place}) for place, (_, fields) in enumerate(alerts))
    for external_id, facts in filter(None, positions):
        for rule, receipt in matcher.matches(facts):
            line = {"alert_id": ids[rule.id], "external_id": external_id, "receipt": receipt.as_json()}
            click.echo(json.dumps(line))


def _alert(value: Any) -> tuple[int | str, dict[str, Any]]:
    """The id and the fields of an alert, after a look at whether they make a rule."""
    if isinstance(value, dict):
        AlertRule.from_json({**value, "id": 0})
        return _identity(value, "id"), value
    raise Invalid("An alert must be a JSON object, like {…}.")


def _position(value: Any) -> tuple[int | str, PositionFacts] | None:
    """The id and the facts of a position; None for the closing line of a preview."""
    if isinstance(value, dict):
        if "snapshot" in value and "external_id" not in value:
            return None
        external_id = _identity(value, "external_id")
        return external_id, PositionFacts.from_json({**value, "external_id": str(external_id)})
    raise Invalid("A position must be a JSON object, like {…}.")


def _identity(fields: dict[str, Any], name: str) -> int | str:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int | str) or value == "":
        raise Invalid(f"`{name}` is missing; write a text or a whole number.")
    return value


def _read(path: str, parse: Callable[[Any], T], problems: list[str]) -> Iterator[T]:
    """What `parse` makes of every line that is not blank. What it cannot use goes to `problems`, with file and line.

    Raises:
        BadInput: the file cannot be read at all.
    """
    shown = "stdin" if path == "-" else path
    try:
        with click.open_file(path, "rb") as file:
            for number, line in enumerate(file, start=1):
                if not line.strip():
                    continue
                try:
                    yield parse(_decode(line))
                except Invalid as problem:
                    problems.append(f"{shown}, line {number}: {problem.sentence}")
    except OSError as error:
        raise BadInput(f"{shown} cannot be read: {error.strerror or error}.") from error


def _decode(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise Invalid("This line is not UTF-8 text. Save the file as UTF-8.") from error
    except (ValueError, RecursionError) as error:
        raise Invalid("This line is not JSON. Write one JSON object per line.") from error
