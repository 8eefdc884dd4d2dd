"""Column shapes that several tables share."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import mapped_column

from webapp.db import Document, UTCDateTime

Identity = Annotated[int, mapped_column(primary_key=True)]
Moment = Annotated[datetime, mapped_column(UTCDateTime)]
Strings = Annotated[list[str], mapped_column(Document, default=list)]
Integers = Annotated[list[int], mapped_column(Document, default=list)]
Object = Annotated[dict[str, Any], mapped_column(Document, default=dict)]
Word = Annotated[str, mapped_column(String(32))]
Line = Annotated[str, mapped_column(String(500))]
Address = Annotated[str, mapped_column(String(2000))]


def one_of(column: str, allowed: type[StrEnum], *, name: str | None = None) -> CheckConstraint:
    """A named check that `column` holds one of the words of `allowed`."""
    words = ", ".join(f"'{word.value}'" for word in allowed)
    return CheckConstraint(f"{column} IN ({words})", name=name or f"{column}_known")
