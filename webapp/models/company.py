"""Employers that someone watches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webapp.db import Base
from webapp.models._columns import Address, Identity, Moment

if TYPE_CHECKING:
    from webapp.models.board import Board


class Company(Base):
    """An employer. `slug` is its name in addresses and on the command line."""

    __tablename__ = "companies"
    # Alerts name companies by id: the id of a removed one must never come back as another's.
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012

    id: Mapped[Identity]
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    homepage_url: Mapped[Address] = mapped_column(default="")
    country_code: Mapped[str | None] = mapped_column(String(2))
    sector: Mapped[str] = mapped_column(String(120), default="")
    is_sample: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Moment]

    boards: Mapped[list[Board]] = relationship(
        back_populates="company", cascade="all, delete-orphan", passive_deletes=True
    )
