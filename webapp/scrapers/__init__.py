"""One module per ATS. The folder is the registry: a module without a leading underscore is a scraper."""

from __future__ import annotations

import importlib
import pkgutil
from typing import cast

from webapp.errors import Invalid
from webapp.values import BoardReference, Scraper


def _discover() -> dict[str, Scraper]:
    found: dict[str, Scraper] = {}
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        if name.startswith("_"):
            continue
        loaded = importlib.import_module(f"{__name__}.{name}")
        missing = [part for part in ("label", "kind", "recognise", "read") if not hasattr(loaded, part)]
        if missing:
            raise ImportError(f"webapp/scrapers/{name}.py is no scraper: it lacks {', '.join(missing)}.")
        found[name] = cast(Scraper, loaded)
    return found


SCRAPERS: dict[str, Scraper] = _discover()


def recognise(url: str) -> tuple[str, BoardReference] | None:
    """The ATS and board that `url` names, from the URL alone, or None. Never raises."""
    for name, scraper in SCRAPERS.items():
        reference = scraper.recognise(url)
        if reference is not None:
            return name, reference
    return None


def by_shorthand(text: str) -> tuple[str, BoardReference]:
    """The board that `ats:token` names, such as `greenhouse:example`. A `BoardReference.key` is a token too.

    Raises:
        Invalid: there is no such ATS, or its boards cannot be named like this.
    """
    name, colon, token = text.strip().partition(":")
    name, token = name.strip().lower(), token.strip()
    if not colon or not token:
        raise Invalid(f"Write the board as ats:token, such as greenhouse:example, instead of {text[:200]!r}.")
    scraper = SCRAPERS.get(name)
    if scraper is None:
        raise Invalid(f"There is no ATS called {name[:100]!r}. Known are {', '.join(SCRAPERS)}.")
    from_token = getattr(scraper, "from_token", None)
    if from_token is None:
        raise Invalid(f"Boards on {scraper.label} have no token; write the address of the board instead.")
    return name, cast(BoardReference, from_token(token))
