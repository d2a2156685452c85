"""RTF 1.9.1 as tokens, and the tables at its head: fonts with their code pages, colours, styles."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\(.)|([{}])|[\r\n]+|([^\\{}\r\n]+)", re.S)
_CHARSETS = {
    77: "mac_roman", 128: "cp932", 129: "cp949", 130: "cp1361", 134: "cp936", 136: "cp950", 161: "cp1253",
    162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874",
    238: "cp1250", 255: "cp437",
}  # fmt: skip
_PAGES = {65001: "utf-8", 10000: "mac_roman", 708: "cp720", 1361: "johab"}
_HEADING = re.compile(r"heading (\d)")
_WHITE = (255, 255, 255)


class Token(NamedTuple):
    """A control word with its number, a symbol, a brace, or bytes of text."""

    kind: str  # "word", "symbol", "open", "close", "hex" (one byte by its number) or "text"
    word: str = ""
    number: int | None = None
    data: bytes = b""


def tokens(data: bytes) -> Iterator[Token]:
    """The tokens of a file; what \\bin announces is stepped over."""
    at = 0
    while match := _TOKEN.match(data, at):
        at = match.end()
        word, number, byte, symbol, brace, text = match.groups()
        if word is not None:
            value = int(number) if number else None
            if word == b"bin":
                at += max(value or 0, 0)
            yield Token("word", word.decode("ascii"), value)
        elif byte is not None:
            yield Token("hex", data=bytes.fromhex(byte.decode("ascii")))
        elif symbol is not None:
            yield Token("symbol", symbol.decode("latin-1"))
        elif brace is not None:
            yield Token("open" if brace == b"{" else "close")
        elif text is not None:
            yield Token("text", data=text)


def page_of(number: int) -> str:
    """Python's name of a code page."""
    return _PAGES.get(number, f"cp{number}")


def decoded(data: bytes, page: str) -> str:
    """Bytes of text; what the code page does not have is left out."""
    try:
        return data.decode(page, "ignore")
    except LookupError:
        return data.decode("cp1252", "ignore")


class Tables:
    """What the tables at the head say, learned token by token."""

    def __init__(self) -> None:
        self.pages: dict[int, str] = {}
        """Fonts with a code page of their own."""
        self.levels: dict[int, int] = {}
        """Paragraph styles that are headings."""
        self.white: set[int] = set()
        """Colours by number."""
        self._colour = [0, 0, 0]
        self._colours = 0
        self._font = self._style = -1
        self._name = ""

    def learn(self, table: str, token: Token) -> None:
        """A token inside of "fonttbl", "colortbl" or "stylesheet"."""
        if table == "fonttbl" and token.kind == "word":
            if token.word == "f":
                self._font = token.number or 0
            elif token.word == "fcharset" and token.number in _CHARSETS:
                self.pages[self._font] = _CHARSETS[token.number]
            elif token.word == "cpg" and token.number:
                self.pages[self._font] = page_of(token.number)
        elif table == "colortbl":
            self._learn_colour(token)
        elif table == "stylesheet":
            self._learn_style(token)

    def _learn_colour(self, token: Token) -> None:
        if token.kind == "word" and token.word in ("red", "green", "blue"):
            self._colour[("red", "green", "blue").index(token.word)] = token.number or 0
        for _ in range(token.data.count(b";")):
            if tuple(self._colour) == _WHITE:
                self.white.add(self._colours)
            self._colours += 1
            self._colour = [0, 0, 0]

    def _learn_style(self, token: Token) -> None:
        if token.kind == "word" and token.word == "s":
            self._style, self._name = token.number or 0, ""
        elif token.kind == "open":
            self._style, self._name = -1, ""
        elif token.kind == "text":
            self._name = (self._name + token.data.decode("latin-1")).strip().lower()[:100]
            if self._name.endswith(";") and self._style >= 0:
                heading = _HEADING.fullmatch(self._name[:-1])
                if heading or self._name == "title;":
                    self.levels[self._style] = min(int(heading[1]), 6) or 1 if heading else 1
