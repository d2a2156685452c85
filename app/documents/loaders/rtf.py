"""RTF: paragraphs, headings, lists, tables by rows, notes and comments named as such; hidden and deleted text is out.

striprtf (BSD) was tried: it keeps hidden and deleted text and drops footnotes.
"""

from __future__ import annotations

from collections import Counter

import msgspec
from msgspec import Struct

from app.documents.loaders.builder import Builder
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import clean, squeeze
from app.documents.loaders.ooxml import left_out
from app.documents.loaders.rtf_tokens import Tables, Token, decoded, page_of, tokens
from app.errors import BadFile
from app.text.parsed import Parsed
from app.text.tables import write_row

_HEAD = frozenset(("fonttbl", "colortbl", "stylesheet"))
_SKIPPED = frozenset(
    (
        "info",
        "pict",
        "header",
        "headerl",
        "headerr",
        "headerf",
        "footer",
        "footerl",
        "footerr",
        "footerf",
        "xe",
        "tc",
        "tcn",
        "rxe",
        "nonesttables",
        "sp",
        "sn",
        "sv",
        "private",
        "revtbl",
        "listtable",
        "listoverridetable",
        "filetbl",
        "ftnsep",
        "ftnsepc",
        "aftnsep",
        "aftnsepc",
        "atnid",
        "bkmkstart",
        "bkmkend",
        "fldinst",
        "objdata",
    )
)
_STARRED = frozenset(("shpinst", "annotation", "atnauthor", "shptxt"))
"""Destinations that old programs skip and we read."""
_APART = {"footnote": "Note", "annotation": "Comment", "atnauthor": "", "listtext": "", "pntext": ""}
_CHARS = {
    "tab": " ", "line": "\n", "lbr": "\n", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ", "softline": "\n",
}  # fmt: skip
_SYMBOLS = {"\\": "\\", "{": "{", "}": "}", "~": " ", "_": "-", "\r": "\n", "\n": "\n", "\t": " "}
_BREAKS = frozenset(("par", "sect", "page", "column"))
_SHADES = frozenset(("highlight", "chcbpat", "cb", "cbpat"))
_TINY = 5  # half-points: smaller than any print
_MAX_GROUPS = 100_000
_MAX_NAME = 60  # characters of a column's name


class _State(Struct):
    """What a group inherits and gives back."""

    skipped: bool = False
    head: str = ""  # the table at the head that is being read
    page: str = ""  # code page of the font
    uc: int = 1  # characters that stand in for one of Unicode
    hidden: bool = False
    deleted: bool = False
    bold: bool = False
    white: bool = False
    shaded: bool = False
    size: int = 24
    sink: int = 0  # place of what is written to in `_sinks`


class _Sink(Struct):
    """Text under way: the document's own paragraph, or a note, a comment, a marker of a list."""

    name: str
    depth: int
    parts: list[str]


class _Paragraph(Struct):
    """Properties of the paragraph."""

    level: int = 0
    in_table: bool = False
    marker: str = ""


def load_rtf(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read an RTF file; `password` is unused.

    Raises:
        BadFile: `damaged`, without text (`empty`), or too large (`too_large`).
    """
    reader = _Reader(HiddenTexts(read_hidden))
    for token in tokens(data):
        reader.read(token)
    return reader.finish()


class _Reader:
    """Reads token by token."""

    def __init__(self, hidden: HiddenTexts) -> None:
        self._hidden = hidden
        self._builder, self._unseen, self._tables = Builder(), Counter[str](), Tables()
        self._state, self._stack = _State(), list[_State]()
        self._sinks = [_Sink("", 0, [])]
        self._page, self._raw, self._owed = "cp1252", bytearray(), 0
        self._starred = False
        self._paragraph = _Paragraph()
        self._cells: list[tuple[str, bool]] = []  # text, and whether all of it is bold
        self._merged: list[bool] = []  # of each cell that the row defines: whether it goes on from above
        self._above: list[str] = []
        self._row_heads = self._cell_merges = self._cell_shaded = False
        self._bold = True
        self._rows = 0
        self._notes: list[str] = []
        self._author = ""

    def read(self, token: Token) -> None:
        """Take the next token."""
        starred, self._starred = self._starred, False
        if token.kind not in ("hex", "text"):
            self._flush()
        if token.kind == "open":
            if len(self._stack) > _MAX_GROUPS:
                raise BadFile("The RTF file is damaged.", "Save it again and add that copy.", "Groups without an end")
            self._stack.append(msgspec.structs.replace(self._state))
        elif token.kind == "close":
            self._close()
        elif self._state.head:
            pass
        elif token.kind == "symbol":
            self._symbol(token.word)
        elif token.kind == "word":
            self._word(token.word, token.number, starred)
        elif not self._state.skipped:
            data = token.data
            owed = min(self._owed, len(data))
            self._owed -= owed
            self._raw += data[owed:]
        if self._state.head:
            self._tables.learn(self._state.head, token)

    def finish(self) -> Parsed:
        """The document, once all tokens are read."""
        self._flush()
        self._end_paragraph()
        self._end_row()
        for note in self._notes:
            self._builder.add("paragraph", note)
        return msgspec.structs.replace(self._builder.build("rtf", self._hidden.found()), note=left_out(self._unseen))

    # --- characters ---

    def _flush(self) -> None:
        if self._raw:
            data, self._raw = bytes(self._raw), bytearray()
            self._put(decoded(data, self._state.page or self._page))

    def _put(self, text: str) -> None:
        state = self._state
        if state.skipped or state.deleted or not text:
            return
        unseen = state.hidden or state.size <= _TINY or (state.white and not state.shaded and not self._cell_shaded)
        if unseen and not self._hidden.take("vanish", text):
            self._unseen["hidden text"] += bool(text.strip())
            return
        self._sinks[state.sink].parts.append(text)
        if state.sink == 0 and text.strip():
            self._bold = self._bold and state.bold

    def _symbol(self, symbol: str) -> None:
        if symbol == "*":
            self._starred = True
        elif symbol in _SYMBOLS:
            if symbol in "\r\n":
                self._end_paragraph()
            else:
                self._put(_SYMBOLS[symbol])

    def _word(self, word: str, number: int | None, starred: bool) -> None:
        state = self._state
        if word == "ud":
            return
        if word in _HEAD:
            state.head = word
        elif word in _SKIPPED or (starred and word not in _STARRED):
            state.skipped = True
        elif state.skipped:
            pass
        elif word in _APART:
            self._sinks.append(_Sink(word, len(self._stack), []))
            state.sink = len(self._sinks) - 1
        elif word == "u":
            self._owed = state.uc
            self._put(chr((number or 0) % 65536))
        elif word in _CHARS:
            self._put(_CHARS[word])
        elif word in _BREAKS:
            self._end_paragraph() if state.sink == 0 else self._put(" ")
        else:
            self._character(word, number)
            if state.sink == 0:
                self._layout(word, number)

    def _character(self, word: str, number: int | None) -> None:
        state, on = self._state, number != 0
        if word == "plain":
            state.hidden = state.deleted = state.bold = state.white = state.shaded = False
            state.size, state.page = 24, ""
        elif word == "f":
            state.page = self._tables.pages.get(number or 0, "")
        elif word == "v":
            state.hidden = on
        elif word == "deleted":
            state.deleted = on
        elif word == "b":
            state.bold = on
        elif word == "fs":
            state.size = 24 if number is None else number
        elif word == "cf":
            state.white = (number or 0) in self._tables.white
        elif word in _SHADES:
            state.shaded = bool(number) and number not in self._tables.white
        elif word == "uc":
            state.uc = max(number or 0, 0)
        elif word == "ansicpg" and number:
            self._page = page_of(number)
        elif word in ("mac", "pc", "pca"):
            self._page = {"mac": "mac_roman", "pc": "cp437", "pca": "cp850"}[word]

    def _layout(self, word: str, number: int | None) -> None:
        if word == "pard":
            self._paragraph = _Paragraph(marker=self._paragraph.marker)
        elif word == "s":
            self._paragraph.level = self._tables.levels.get(number or 0, 0)
        elif word == "outlinelevel" and number is not None and number < 9:
            self._paragraph.level = min(max(number, 0) + 1, 6)
        elif word == "intbl":
            self._paragraph.in_table = True
        elif word == "trowd":
            self._merged, self._row_heads, self._cell_merges, self._cell_shaded = [], False, False, False
        elif word == "trhdr":
            self._row_heads = True
        elif word == "clvmrg":
            self._cell_merges = True
        elif word == "clcbpat":
            self._cell_shaded = bool(number) and number not in self._tables.white
        elif word == "cellx":
            self._merged.append(self._cell_merges)
            self._cell_merges = False
        elif word == "cell":
            self._cells.append((squeeze(_text(self._sinks[0])), self._bold))
            self._bold = True
        elif word == "nestcell":
            self._put(" ")
        elif word == "row":
            self._end_row()

    # --- blocks ---

    def _close(self) -> None:
        depth = len(self._stack)
        while len(self._sinks) > 1 and self._sinks[-1].depth >= depth:
            self._end_sink(self._sinks.pop())
        self._owed = 0
        if self._stack:
            self._state = self._stack.pop()

    def _end_sink(self, sink: _Sink) -> None:
        text = squeeze(_text(sink))
        if sink.name == "atnauthor":
            self._author = text
        elif sink.name in ("listtext", "pntext"):
            self._paragraph.marker = "-" if text and not any(map(str.isalnum, text)) else text
        elif sink.name == "annotation" and text:
            self._notes.append(f"Comment{f' by {self._author}' if self._author else ''}: {text}")
        elif text:
            self._notes.append(f"Note: {text}")

    def _end_paragraph(self) -> None:
        if self._paragraph.in_table:
            self._sinks[0].parts.append(" ")
            return
        self._rows, self._above = 0, []
        text = clean(_text(self._sinks[0])).strip()
        paragraph, self._bold = self._paragraph, True
        if text and paragraph.level:
            marker = paragraph.marker if paragraph.marker != "-" else ""
            self._builder.add("heading", squeeze(f"{marker} {text}"), paragraph.level)
        elif text and paragraph.marker:
            self._builder.add("list", f"{paragraph.marker} {text}")
        else:
            self._builder.add("paragraph", text)
        paragraph.marker = ""

    def _end_row(self) -> None:
        cells, self._cells = self._cells, []
        if not cells:
            return
        texts = [text for text, _ in cells]
        for at, merged in enumerate(self._merged[: len(texts)]):
            if merged and not texts[at] and at < len(self._above):
                texts[at] = self._above[at]
        filled = [text for text in texts if text]
        names = len(filled) > 1 and all(len(text) <= _MAX_NAME and not text[0].isdigit() for text in filled)
        head = self._row_heads or (self._rows == 0 and names and all(bold for _, bold in cells))
        self._builder.add("header_row" if head else "row", write_row(texts))
        self._rows, self._above = self._rows + 1, texts
        self._paragraph.marker = ""


def _text(sink: _Sink) -> str:
    """What was written so far; two halves of a character of Unicode become one."""
    parts, sink.parts = sink.parts, []
    return "".join(parts).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "ignore")
