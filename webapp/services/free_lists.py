"""Lists that people type: separated by commas or new lines, with quotes around what belongs together."""

from __future__ import annotations

from collections.abc import Iterable


def parse_list(text: str) -> list[str]:
    """The items of `text`, as typed, without blanks around them, each once whatever its case.

    Commas and new lines separate, except between double quotes. A quote that is never closed on its line is an
    ordinary character, so that nothing typed is swallowed.
    """
    items: dict[str, str] = {}
    for line in text.replace("\x00", "").splitlines():
        for piece in _pieces(line):
            item = " ".join(piece.split())
            if item.strip('" '):
                items.setdefault(item.casefold(), item)
    return list(items.values())


def _pieces(line: str) -> Iterable[str]:
    start = 0
    position = 0
    while position < len(line):
        if line[position] == '"':
            closing = line.find('"', position + 1)
            if closing > 0:
                position = closing
        elif line[position] == ",":
            yield line[start:position]
            start = position + 1
        position += 1
    yield line[start:]


def format_list(items: Iterable[str]) -> str:
    """The text that `parse_list` reads back as `items`: separated by commas, or by lines where a quote stands alone."""
    shown = [item if parse_list(item) == [item] else '"' + item.replace('"', "") + '"' for item in items]
    return ("\n" if any(item.count('"') % 2 for item in shown) else ", ").join(shown)
