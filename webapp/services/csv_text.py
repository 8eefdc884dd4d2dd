"""CSV that a spreadsheet shows and never runs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

# With the full-width forms that spreadsheets fold to the plain ones.
_STARTERS = set("=+-@|%＝＋－＠")


def guarded(value: object) -> str:
    """The text of one cell; a quote goes before anything that a spreadsheet would take for a formula."""
    text = "" if value is None else str(value).replace("\x00", "")
    # Spreadsheets skip blanks and invisible characters before they decide what a cell is.
    visible = next((c for c in text if c.isprintable() and not c.isspace()), "")
    return "'" + text if visible in _STARTERS or text[:1] in {"\t", "\r", "\n"} else text


def csv_text(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A whole CSV file after RFC 4180, every cell quoted and guarded, beginning with a byte order mark for Excel."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([guarded(cell) for cell in row] for row in rows)
    return "\ufeff" + buffer.getvalue()
