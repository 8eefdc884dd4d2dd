"""Dates that pages write in English words."""

from __future__ import annotations

import re
from datetime import datetime

from webapp.scrapers._fields import WORD, iso_time, line

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAY_FIRST = re.compile(r"(\d{1,2})[ -]([A-Za-z]{3,9})\.?,?[ -](\d{4})", re.ASCII)
_MONTH_FIRST = re.compile(r"([A-Za-z]{3,9})\.? (\d{1,2}), ?(\d{4})", re.ASCII)
_FULL = re.compile(
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    "|nov(?:ember)?|dec(?:ember)?"
)


def written_date(value: object) -> datetime | None:
    """The day that "2-Nov-2026", "2 November 2026" or "Nov 2, 2026" names, as aware UTC; None of anything else.

    Numbers alone, as in 3/4/2026, name no day: whether a month or a day comes first is not said.
    """
    text = line(value, WORD)
    if match := _DAY_FIRST.fullmatch(text):
        day, month, year = match.groups()
    elif match := _MONTH_FIRST.fullmatch(text):
        month, day, year = match.groups()
    else:
        return None
    if not _FULL.fullmatch(month.lower()):
        return None
    return iso_time(f"{year}-{_MONTHS.index(month.lower()[:3]) + 1:02}-{int(day):02}")
