"""Collects what a loader leaves out because no reader sees it, or has it read where a person decided so.

Every loader goes through here: `take` notes a piece, and says whether it is to be read all the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from app.documents.loaders.hygiene import squeeze
from app.text.hidden import HiddenKind, HiddenText

MAX_PIECES = 300
MAX_PIECE = 2_000
MAX_ALL = 100_000
"""Code points that are kept of all pieces together; what comes after is counted."""

_HEX = re.compile("[0-9A-Fa-f]{6}")
_TAGS = "\U000e0020-\U000e007e"
_SELECTORS = "\U000e0100-\U000e01ef"
_SHAPELESS = re.compile(f"(?<![\U0001f3f4{_TAGS}])[{_TAGS}]+|(?:[\ufe00-\ufe0f{_SELECTORS}]){{4,}}")
"""Tag characters (but in flags, which are spelled with them) and long runs of variation selectors."""


Colour = tuple[int, int, int]
_NEAR = 12
"""Difference of two colours in red, green and blue up to which an eye does not part them: #F3F3F3 on white."""


def alike(ink: Colour, ground: Colour) -> bool:
    """Whether nobody sees this ink on this ground."""
    return all(abs(a - b) <= _NEAR for a, b in zip(ink, ground, strict=True))


def rgb(text: str) -> Colour | None:
    """The colour of six hexadecimal digits, or None."""
    return (int(text[:2], 16), int(text[2:4], 16), int(text[4:], 16)) if _HEX.fullmatch(text) else None


@dataclass
class _Piece:
    kind: HiddenKind
    page: int | None
    parts: list[str]
    length: int
    count: int = 1


class HiddenTexts:
    """The hidden text of one document. `wanted`: a person decided that it is to be read like the rest."""

    def __init__(self, wanted: bool = False) -> None:
        self.wanted = wanted
        self._pieces: list[_Piece] = []
        self._room = MAX_ALL

    def take(self, kind: HiddenKind, text: str, page: int | None = None) -> bool:
        """Note a piece; → whether it is to be read."""
        text = squeeze(text)
        if not text:
            return self.wanted
        last = self._pieces[-1] if self._pieces else None
        if last is not None and (last.kind, last.page) == (kind, page) and last.length + len(text) < MAX_PIECE:
            last.parts.append(text)
            last.length += len(text) + 1
            last.count += 1
            self._room -= len(text) + 1
        elif len(self._pieces) < MAX_PIECES and self._room > 0:
            self._pieces.append(_Piece(kind, page, [text[:MAX_PIECE]], min(len(text), MAX_PIECE)))
            self._room -= len(text)
        else:
            self._pieces[-1].count += 1
        return self.wanted

    def shown(self, text: str, page: int | None = None) -> str:
        """The text with words that are written in characters without a shape spelled out, if they are to be read; else
        as it is: `clean` drops them."""
        if text.isascii() or not _SHAPELESS.search(text):
            return text

        def spell(match: re.Match[str]) -> str:
            said = _spelled(match[0])
            read = self.take("characters", said, page)
            return f" {said} " if read else ""

        return _SHAPELESS.sub(spell, text)

    def found(self) -> tuple[HiddenText, ...]:
        """What was noted, in the order of the file."""
        return tuple(HiddenText(each.kind, " ".join(each.parts), each.page, each.count) for each in self._pieces)


def _spelled(run: str) -> str:
    """Tags are ASCII moved up; 256 variation selectors stand for the bytes of UTF-8."""
    if "\U000e0020" <= run[0] <= "\U000e007e":
        return "".join(chr(ord(char) - 0xE0000) for char in run)
    octets = bytes(ord(char) - (0xFE00 if char < "\U000e0000" else 0xE0100 - 16) for char in run)
    return octets.decode("utf-8", errors="replace")
