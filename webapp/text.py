"""The one normaliser: titles, keywords and search queries become the same tokens everywhere.

A text becomes lower-case, accent-free tokens; a phrase matches when its tokens, joined and padded by blanks, are a
substring of the text's tokens, joined and padded the same way. So `java` is not in JavaScript, `c++` and `c#` and
`.net` stay whole, and front-end equals front end.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from webapp.errors import Invalid

# Longest text whose tokens are worth remembering: titles, places and keywords are shorter, descriptions are not.
_CACHED_LENGTH = 200


def _ranges(codes: list[int]) -> str:
    """`codes`, ascending, as the inside of a character class."""
    spans: list[list[int]] = []
    for code in codes:
        if spans and code == spans[-1][1] + 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in spans)


def _is_accent(code: int) -> bool:
    """Accents, Hebrew points and Arabic vowel signs: marks that people leave out when they type.

    Marks that carry the word (Indic vowel signs, voiced kana, Thai vowels and tones) have other classes and stay.
    """
    return unicodedata.combining(chr(code)) in _ACCENT_CLASSES or code in _INVISIBLE_MARKS


_ACCENT_CLASSES = frozenset({1, *range(10, 37), *range(200, 241)})
_INVISIBLE_MARKS = frozenset({0x034F, *range(0xFE00, 0xFE10), *range(0x20DD, 0x20E5)})
_MARKS = [code for code in range(0x10000) if unicodedata.category(chr(code)).startswith("M")]
_KEPT_MARKS = [code for code in _MARKS if not _is_accent(code)]

# Scripts written without blanks: every character, with the marks on it, is a token, so a phrase is found anywhere.
_HAN_AND_KANA = (
    "\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u31a0-\u31bf"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_UNSPACED_ASIAN = "\u0e01-\u0e30\u0e32-\u0e33\u0e40-\u0e46\u0e50-\u0e59\u0e80-\u0edf\u1000-\u109f\u1780-\u17df"
_MARK = f"[{_ranges(_KEPT_MARKS)}]"
# Scripts that are written right against Latin words ("AI개발자", "לQA"): a change of script ends the token.
_HEBREW = "\u05d0-\u05ea\u05ef-\u05f2"
_ARABIC = "\u0620-\u063f\u0641-\u064a\u066e-\u06d3\u06d5\u06ee-\u06ff\u0750-\u077f"
_HANGUL = "\u1100-\u11ff\uac00-\ud7ff"
_APART = _HAN_AND_KANA + _UNSPACED_ASIAN + _HEBREW + _ARABIC + _HANGUL
_LETTER = rf"(?:[^\W_{_APART}]|{_MARK})"

# What is written for both genders or both numbers must not split a phrase: Entwickler:in, Engenheiro(a), מהנדס/ת.
_LATIN_ENDING = (
    r"(?<=[^\W\d_]{4})(?:"
    r"\((?:a|e|o|s|as|es|os|in|innen|ne|se|ra|ere|euse|rice|trice)\)"
    r"|[:*/]-?(?:a|e|o|s|as|es|os|in|innen|ne|se|ra|ere|euse|rice|trice)(?![^\W_])"
    r"|\.(?:e|ne|se|ere|euse|rice|trice)(?![^\W_])"
    r")"
)
_HEBREW_ENDING = rf"(?:(?:\s?[./](?:ת|ה|ית|ות|ים|צת|נית)(?![{_HEBREW}]))+|\((?:ת|ה|ית|ות|ים)\))"

_SPECIAL = (
    r"\.net(?=core(?![^\W_])|(?![^\W\d_]))"  # .NET, ASP.NET, .NET8, .NetCore; not .network
    r"|[a-z]{1,2}\+\+|c\s\+\+"  # C++, VC++, C ++; but Staff+ is staff
    r"|[a-z]\#|c\s\#(?![^\W_])"  # C#, F#
    r"|[a-z]\+(?![^\W_+])"  # CompTIA A+
    r"|[a-z](?:\s?&\s?[a-z](?![^\W_]|[+\#]))+"  # R&D, R & D; so that the keyword R does not find them
    r"|[a-z](?:\.[a-z])+(?![^\W_])"  # U.S., A.I.
)
_TOKEN_ASCII = re.compile(rf"({_SPECIAL}|[a-z0-9]+)(?:['`]s(?![^\W_])|{_LATIN_ENDING})?")
_TOKEN = re.compile(
    rf"({_SPECIAL}"
    rf"|(?:[{_HAN_AND_KANA}{_UNSPACED_ASIAN}]{_MARK}*)"
    rf"|[{_HEBREW}]+(?:[\"']{{1,2}}[{_HEBREW}]+)*"
    rf"|[{_ARABIC}]+|[{_HANGUL}]+"
    rf"|{_LETTER}+)"
    rf"(?:['`]s(?![^\W_])|{_LATIN_ENDING}|(?<=[{_HEBREW}]){_HEBREW_ENDING})?"
)

# Before decomposition: NFKD would turn a trade mark into the letters TM, and an acute accent into a blank. Dashes and
# dots become ASCII so that most European titles take the fast pattern.
_BEFORE = {
    **dict.fromkeys("™℠®©…", " "),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("·•", ":"),
    **dict.fromkeys("’‘‛′ʼʹ´＇׳", "'"),
    **dict.fromkeys("“”„‟″״", '"'),
    "♯": "#",
    "ŉ": "'n",
    "\u0640": "",  # Arabic tatweel stretches a word and means nothing
    # Invisible: soft hyphen, zero-width blanks and joiners, direction marks, byte order mark.
    **{chr(code): "" for code in (0x00AD, 0x061C, 0x180E, 0xFEFF)},
    **{chr(code): "" for code in (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2070))},
}
_BEFORE_CHAR = re.compile("[" + "".join(map(re.escape, _BEFORE)) + "]")
# й, ў and ї are letters of their own, not accented ones.
_ACCENT = re.compile(rf"[{_ranges([code for code in _MARKS if _is_accent(code)])}](?<![ИиУу]\u0306)(?<![Іі]\u0308)")
# Letters that people type without their stroke or as two, but that do not decompose.
_AFTER = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ı": "i", "ŧ": "t", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe"}
_AFTER_CHAR = re.compile("[" + "".join(_AFTER) + "]")


@dataclass(frozen=True, slots=True)
class Keyword:
    """What a person looks for in a title: `words` in this order, next to each other, the last one perhaps only begun.

    `text` is as typed. `needle` is what must be a substring of `padded(title)`.
    """

    text: str
    words: tuple[str, ...]
    is_prefix: bool
    needle: str

    def found_in(self, padded_text: str) -> bool:
        """Whether a text holds this keyword; give `padded(text)`."""
        return self.needle in padded_text


class Token(NamedTuple):
    """A token and where it stands: `source[start:end]` are the characters it was made of."""

    text: str
    start: int
    end: int


def tokens(text: str) -> list[str]:
    """The tokens of `text`, in order. Calling it on its own result, joined by blanks, changes nothing."""
    folded = _fold(text)
    found = (_TOKEN_ASCII if folded.isascii() else _TOKEN).findall(folded)
    return [token if token.isalnum() else _tidy(token) for token in found]


def padded(text: str) -> str:
    """The tokens of `text` joined by blanks, with one blank before and after; one blank if there are none."""
    return _padded_short(text) if len(text) <= _CACHED_LENGTH else _padded(text)


def _padded(text: str) -> str:
    joined = " ".join(tokens(text))
    return f" {joined} " if joined else " "


_padded_short = lru_cache(maxsize=4096)(_padded)


def phrase(text: str) -> str:
    """What must be a substring of `padded(other)` for `other` to contain the words of `text`.

    Raises:
        Invalid: `text` has neither a letter nor a digit, and would be found everywhere.
    """
    return _needle(text, text)


def _needle(text: str, typed: str) -> str:
    needle = padded(text)
    if needle == " ":
        raise Invalid(f"“{_shown(typed)}” has neither a letter nor a digit. Write at least one word.")
    return needle


@lru_cache(maxsize=8192)
def compile_keyword(keyword: str) -> Keyword:
    """`keyword` ready to be looked for: words are a phrase, `engineer*` is the beginning of a word, and in double
    quotes everything is taken as it stands, so that a star is no wild card.

    Raises:
        Invalid: it holds no letter and no digit, or a star stands where it means nothing.
    """
    text = _BEFORE_CHAR.sub(lambda match: _BEFORE[match[0]], keyword).strip()
    is_quoted = len(text) > 1 and text[0] == text[-1] == '"'
    is_prefix = not is_quoted and text.endswith("*")
    needle = _needle(text[1:-1] if is_quoted else text.rstrip("*") if is_prefix else text, keyword)
    if not is_quoted and _STRAY_STAR.search(_GENDER_STAR.sub("", text)):
        raise Invalid(
            f"In “{_shown(keyword)}” the star means nothing there. It can only end a keyword, as in engineer*."
        )
    words = tuple(needle.split())
    return Keyword(keyword, words, is_prefix, needle.rstrip(" ") if is_prefix else needle)


# Entwickler*in is a word with an ending for all genders; it is no wild card.
_GENDER_STAR = re.compile(r"(?<=\w)\*(?=in(?:nen)?\b)", re.IGNORECASE)
_STRAY_STAR = re.compile(r"^\*|\*[^*]|\s\*")


def _shown(text: str) -> str:
    return text if len(text) <= 40 else text[:40] + "…"


def words_found(text: str, keywords: Iterable[Keyword]) -> list[str]:
    """The words of `text` that the keywords find, written as they stand there, in their order, each once.

    Empty exactly when no keyword is `found_in(padded(text))`.
    """
    stand = located(text)
    spans = []
    for keyword in keywords:
        length = len(keyword.words)
        for first in range(len(stand) - length + 1):
            *whole, last = (token.text for token in stand[first : first + length])
            is_last = last.startswith(keyword.words[-1]) if keyword.is_prefix else last == keyword.words[-1]
            if is_last and tuple(whole) == keyword.words[:-1]:
                spans.append((stand[first].start, stand[first + length - 1].end))
    return list(dict.fromkeys(text[start:end].strip() for start, end in _merged(spans)))


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """`spans` in order, those that overlap made one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def located(text: str) -> list[Token]:
    """The tokens of `text` with the places where they stand in it. Slower than `tokens`: for explanations only."""
    folded, origin = _fold_with_origin(text)
    pattern = _TOKEN_ASCII if folded.isascii() else _TOKEN
    return [
        Token(_tidy(match[1]), origin[match.start()][0], origin[match.end() - 1][1])
        for match in pattern.finditer(folded)
    ]


def _fold(text: str) -> str:
    """`text` in lower case, compatible forms made equal, accents and invisible characters gone."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", _BEFORE_CHAR.sub(lambda match: _BEFORE[match[0]], text))
    folded = _ACCENT.sub("", decomposed).casefold()
    if folded.isascii():
        return folded
    # Voiced kana, Hangul and й were taken apart above and become one letter again.
    return unicodedata.normalize("NFC", _AFTER_CHAR.sub(lambda match: _AFTER[match[0]], folded))


def _fold_with_origin(text: str) -> tuple[str, list[tuple[int, int]]]:
    """The folded text, and for each of its characters the span of `text` it came from."""
    if text.isascii():
        return text.lower(), [(index, index + 1) for index in range(len(text))]
    folded: list[str] = []
    origin: list[tuple[int, int]] = []
    start = 0
    for end in range(1, len(text) + 1):
        if end < len(text) and _continues(text[end]):
            continue
        piece = _fold(text[start:end])
        folded.append(piece)
        origin.extend([(start, end)] * len(piece))
        start = end
    return "".join(folded), origin


def _continues(char: str) -> bool:
    """Whether `char` is folded together with the one before it: marks, jamo, half-width voicing."""
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff" or char in "\uff9e\uff9f"


def _tidy(token: str) -> str:
    """A token as it is compared: R & D is r&d, u.s is us, חל"ד is חלד."""
    if token.isalnum() or token[0] == ".":
        return token
    return re.sub(r"[\s.\"']", "", token)
