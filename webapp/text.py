"""The one normaliser: titles, keywords and search queries become the same tokens everywhere.

A text becomes lower-case, accent-free tokens; a phrase matches when its tokens, joined and padded by blanks, are a
substring of the text's tokens, joined and padded the same way. So `java` is not in JavaScript, `c++` and `c#` and
`.net` stay whole, and front-end equals front end.
"""

from __future__ import annotations

import re
import unicodedata

_TOKEN = re.compile(r"\.net\b|[^\W_]+(?:\+{1,2}|#)?")


def tokens(text: str) -> list[str]:
    """The tokens of `text`, in order."""
    decomposed = unicodedata.normalize("NFKD", text.lower())
    folded = "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()
    return _TOKEN.findall(folded)
