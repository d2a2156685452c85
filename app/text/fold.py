"""One spelling for what readers take for the same letters: case, accents and widths off, ligatures unified."""

from __future__ import annotations

import unicodedata

_LETTERS = {
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "æ": "ae",
    "œ": "oe",
    "ı": "i",
    "ħ": "h",
    "ё": "е",
    "أ": "ا",
    "إ": "ا",
    "آ": "ا",
    "ٱ": "ا",
    "ـ": "",
    "’": "'",
}
"""What decomposition does not bring together."""

_ACCENTED = ((0x00C0, 0x024F), (0x0300, 0x03FF), (0x1E00, 0x1FFF))
"""Latin and Greek. Elsewhere a mark makes another letter (Russian й, Japanese が, Hindi ्) or a vowel (Thai)."""

_POINTS = ((0x0591, 0x05BD), (0x0610, 0x061A), (0x064B, 0x065F), (0x0670, 0x0670))
"""Vowel signs of Hebrew and Arabic, which are mostly left out in writing."""


class _Folding(dict[int, str]):
    """A table for `str.translate` that grows with the characters it meets."""

    def __missing__(self, code: int) -> str:
        self[code] = folded = _folded(chr(code))
        return folded


def _folded(char: str) -> str:
    if char in _LETTERS:
        return _LETTERS[char]
    code = ord(char)
    if any(first <= code <= last for first, last in _POINTS):
        return ""
    if any(first <= code <= last for first, last in _ACCENTED):
        return "".join(c for c in unicodedata.normalize("NFD", char) if not unicodedata.combining(c))
    return char


_FOLDING = _Folding()


def fold(text: str) -> str:
    """Case and accents off, widths and ligatures unified: "Ｃafé" → "cafe"."""
    text = text.casefold()
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", text).casefold().translate(_FOLDING)
