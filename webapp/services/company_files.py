"""Companies as files: YAML and CSV, read without trust and written so that they can be read again.

A YAML file is a list, or has one under `companies`; a CSV file names its columns in the first line. Each entry has a
`careers_url`, and perhaps `name`, `country` (two letters), `sector`, `homepage` and `enabled` (yes or no).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import yaml

from webapp.errors import Conflict, DomainError, Invalid
from webapp.models import Company
from webapp.repositories import companies
from webapp.services import company_catalogue
from webapp.services.csv_text import csv_text, guarded

Format = Literal["yaml", "csv"]
COLUMNS = ("name", "careers_url", "country", "sector", "homepage", "enabled")

MAX_BYTES = 1_000_000
MAX_ENTRIES = 5_000
MAX_DEPTH = 6

_ALIASES = {
    "url": "careers_url", "address": "careers_url", "board": "careers_url", "careers": "careers_url",
    "company": "name", "country_code": "country", "homepage_url": "homepage", "website": "homepage",
    "is_enabled": "enabled",
}  # fmt: skip
_YES = frozenset({"", "yes", "y", "true", "1", "on"})
_NO = frozenset({"no", "n", "false", "0", "off"})


@dataclass(slots=True)
class ImportReport:
    """What became of a file: names of companies added and of those that were here already, and
    (line, sentence) of each entry that was refused."""

    added: list[str] = field(default_factory=list)
    existing: list[str] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a file: texts by column, or the sentence that says why it cannot be read."""

    line: int
    values: dict[str, str] = field(default_factory=dict)
    problem: str = ""


def import_companies(content: bytes, format: Format, now: datetime, *, enabled: bool | None = None) -> ImportReport:
    """Add every company of the file that is not here yet. A bad entry is reported and never stops the others.

    `enabled` switches all of them on or off; None leaves it to the file, where on is the default.

    Raises:
        Invalid: the file as a whole cannot be read.
    """
    report = ImportReport()
    for entry in parse(content, format):
        try:
            _take(entry, now, report, enabled)
        except DomainError as error:
            report.refused.append((entry.line, error.sentence))
    return report


def _take(entry: Entry, now: datetime, report: ImportReport, enabled: bool | None) -> None:
    if entry.problem:
        raise Invalid(entry.problem)
    values = entry.values
    ats, reference = company_catalogue.recognised(values.get("careers_url", ""))
    board = companies.find_board(ats, reference.key)
    if board is None:
        try:
            board = company_catalogue.add(
                values["careers_url"],
                values.get("name"),
                now,
                enabled=_is_on(values.get("enabled", "")) if enabled is None else enabled,
                homepage_url=values.get("homepage", ""),
                country_code=values.get("country"),
                sector=values.get("sector", ""),
            )
        except Conflict:  # added by somebody else since we looked
            report.existing.append(values.get("name") or company_catalogue.name_of(reference))
        else:
            report.added.append(board.company.name)
    else:
        report.existing.append(board.company.name)


def _is_on(text: str) -> bool:
    word = text.strip().lower()
    if word in _YES or word in _NO:
        return word in _YES
    raise Invalid('Write "yes" or "no" under enabled.', "enabled")


def parse(content: bytes, format: Format) -> list[Entry]:
    """The entries of a file, in order.

    Raises:
        Invalid: it is too large, is no text, or is not in this format at all.
    """
    if len(content) > MAX_BYTES:
        raise Invalid(f"This file is too large: at most {MAX_BYTES // 1_000_000} MB can be read at once. Split it.")
    text = _decoded(content)
    entries = list(_yaml_entries(text) if format == "yaml" else _csv_entries(text))
    if not entries:
        raise Invalid("There is no company in this file.")
    return entries


def _decoded(content: bytes) -> str:
    encoding = "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise Invalid("This file is not in UTF-8. Save it as UTF-8 and try again.") from error
    if "\x00" in text:
        raise Invalid("This is not a text file: it contains zero bytes.")
    return text


def _column(name: str) -> str:
    word = "_".join(name.strip().lower().replace("-", " ").replace("_", " ").split())
    return _ALIASES.get(word, word)


# --- CSV


def _csv_entries(text: str) -> Iterator[Entry]:
    lines = io.StringIO(text, newline="")
    first = text.lstrip("\r\n").splitlines()[:1]
    delimiter = max(",;\t", key=first[0].count) if first else ","
    reader = csv.reader(lines, delimiter=delimiter, strict=False)
    header: list[str] | None = None
    count = 0
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield Entry(line, problem="This line cannot be read as CSV: a field is too long, or a quote is not closed.")
            continue
        if not any(cell.strip() for cell in row):
            continue
        if header is None:
            header = [_column(cell) for cell in row]
            if "careers_url" not in header:
                raise Invalid(f"The first line must name the columns: {', '.join(COLUMNS)}. careers_url is needed.")
            continue
        count += 1
        _check_count(count)
        values = {name: _unguarded(cell.strip()) for name, cell in zip(header, row, strict=False) if name in COLUMNS}
        yield Entry(line, values)


def _unguarded(cell: str) -> str:
    """The text without the quote that our own export puts before what looks like a formula."""
    return cell[1:] if cell.startswith("'") and guarded(cell[1:]) == cell else cell


def _check_count(count: int) -> None:
    if count > MAX_ENTRIES:
        raise Invalid(f"There are more than {MAX_ENTRIES:,} companies in this file. Split it.")


# --- YAML


def _yaml_entries(text: str) -> Iterator[Entry]:
    root = _yaml_root(text)
    if isinstance(root, yaml.MappingNode):
        root = next((value for key, value in root.value if key.value == "companies"), None)
    if not isinstance(root, yaml.SequenceNode):
        raise Invalid('The file must be a list of companies, or have one under "companies:".')
    for count, node in enumerate(root.value, 1):
        _check_count(count)
        line = node.start_mark.line + 1
        if isinstance(node, yaml.ScalarNode):
            yield Entry(line, {"careers_url": node.value})
        elif isinstance(node, yaml.MappingNode):
            # The raw texts: YAML itself would make a boolean of the country code NO.
            pairs = [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]
            values = {
                _column(key.value): "" if value.tag == "tag:yaml.org,2002:null" else value.value.strip()
                for key, value in pairs
                if isinstance(value, yaml.ScalarNode)
            }
            yield Entry(line, {name: value for name, value in values.items() if name in COLUMNS})
        else:
            yield Entry(line, problem="This entry is neither an address nor a company with a careers_url.")


def _yaml_root(text: str) -> Any:
    """The tree of the file, of plain nodes; nothing is constructed from it.

    Raises:
        Invalid: it is not YAML, refers to itself, or is nested too deeply.
    """
    try:
        depth = 0
        for event in yaml.parse(text, Loader=_Loader):
            if isinstance(event, yaml.AliasEvent):
                raise Invalid("Aliases (*name) are not read here: write each company out.")
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
                if depth > MAX_DEPTH:
                    raise Invalid("This file is nested too deeply for a list of companies.")
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
        return yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        where = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise Invalid(f"This is not YAML{where}: {error.problem or 'it cannot be read'}.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Invalid("This is not YAML: it contains characters that may not be there.") from error


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


# --- Writing


def dump(rows: list[dict[str, str]], format: Format) -> str:
    """The text of a file with these rows (see `rows_of`), as `parse` reads it."""
    if format == "csv":
        return csv_text(COLUMNS, [[row[name] for name in COLUMNS] for row in rows])
    listed = [{name: value for name, value in row.items() if value} for row in rows]
    for row in listed:
        if row.get("enabled") == "yes":
            del row["enabled"]
    return yaml.safe_dump({"companies": listed}, allow_unicode=True, sort_keys=False, width=120)


def rows_of(all_companies: Iterable[Company]) -> list[dict[str, str]]:
    """One row per board, texts by column."""
    return [
        {
            "name": company.name,
            "careers_url": board.careers_url,
            "country": company.country_code or "",
            "sector": company.sector,
            "homepage": company.homepage_url,
            "enabled": "yes" if board.is_enabled else "no",
        }
        for company in all_companies
        for board in company.boards
    ]
