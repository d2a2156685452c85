"""DOC of Word 97 to 2003: paragraphs, headings, tables row by row, notes and comments; hidden and deleted text is out.

No kept library under a permissive licence reads it; what stands in the text is in [MS-DOC], 2.4.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import msgspec

from app.documents.loaders.builder import Builder
from app.documents.loaders.doc_binary import Paragraph, Piece, WordDocument, damaged
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.hygiene import clean, squeeze
from app.documents.loaders.ooxml import left_out
from app.text.parsed import Parsed
from app.text.tables import write_row

_ENDS = re.compile("[\r\x07\x0c]")
_FIELDS = re.compile("[\x13\x14\x15]")
_SHOWN = str.maketrans({"\x0b": "\n", "\x1e": "-", "\t": " ", **dict.fromkeys(map(chr, (1, 2, 3, 4, 5, 8, 0x1F)))})
_TINY = 5  # half-points: smaller than any print
_MAX_FIELDS = 1000  # fields in fields
_MAX_NAME = 60  # characters of a column's name
_MAX_FAKE_HEADING = 90


def load_doc(data: bytes, password: str = "", read_hidden: bool = False) -> Parsed:
    """Read a document of Word 97 to 2003; `password` is unused.

    Raises:
        BadFile: damaged, locked or older (`unsupported`), without text (`empty`), or too large (`too_large`).
    """
    document = WordDocument(data)
    text, notes, headers, macros, comments, ends, boxes, _ = (max(count, 0) for count in document.counts)
    reader = _Reader(document, HiddenTexts(read_hidden))
    at = text
    reader.read_body(0, text)
    parts = ((notes, "Note: "), (headers, None), (macros, None), (comments, "Comment: "), (ends, "Note: "), (boxes, ""))
    for size, name in parts:
        if name is not None:
            reader.read_notes(at, at + size, name)
        at += size
    return msgspec.structs.replace(reader.builder.build("doc", reader.hidden.found()), note=left_out(reader.unseen))


class _Reader:
    """Reads paragraph by paragraph."""

    def __init__(self, document: WordDocument, hidden: HiddenTexts) -> None:
        self._document, self.hidden = document, hidden
        self.builder, self.unseen = Builder(), Counter[str]()
        self._fields: list[bool] = []  # of each field that is open: whether its result has begun
        self._cells: list[tuple[str, bool]] = []  # text, and whether all of it is bold
        self._cell: list[str] = []
        self._rows = 0

    def read_body(self, start: int, end: int) -> None:
        """
        Raises:
            BadFile: damaged.
        """
        for text, bold, paragraph, mark in self._paragraphs(start, end):
            if paragraph.row_end:
                self._end_row()
            elif paragraph.in_table:
                self._cell.append(squeeze(text))
                if mark == "\x07":
                    self._cells.append((squeeze(" ".join(self._cell)), bold))
                    self._cell = []
            else:
                self._end_row()
                self._rows = 0
                self._write(clean(text).strip(), paragraph)
        self._end_row()

    def read_notes(self, start: int, end: int, name: str) -> None:
        """Footnotes, comments or text boxes, which stand behind the document's own text."""
        for text, _, _, _ in self._paragraphs(start, end):
            said = squeeze(text)
            self.builder.add("paragraph", f"{name}{said}" if said else "")

    def _write(self, text: str, paragraph: Paragraph) -> None:
        if text and paragraph.level:
            self.builder.add("heading", squeeze(text), paragraph.level)
        elif text and paragraph.listed:
            self.builder.add("list", f"- {text}")
        else:
            self.builder.add("paragraph", text)

    def _end_row(self) -> None:
        cells, self._cells, self._cell = self._cells, [], []
        if not any(text for text, _ in cells):
            return
        filled = [text for text, _ in cells if text]
        names = len(filled) > 1 and all(len(text) <= _MAX_NAME and not text[0].isdigit() for text in filled)
        head = self._rows == 0 and names and all(bold for text, bold in cells if text)
        self.builder.add("header_row" if head else "row", write_row([text for text, _ in cells]))
        self._rows += 1

    def _paragraphs(self, start: int, end: int) -> Iterator[tuple[str, bool, Paragraph, str]]:
        """Visible text, whether all of it is bold, properties, and the mark that ends it."""
        parts: list[tuple[str, Piece]] = []
        for piece in self._document.pieces(start, end):
            at = 0
            for match in _ENDS.finditer(piece.text):
                parts.append((piece.text[at : match.start()], piece))
                paragraph = self._document.paragraph(piece.fc + match.start() * piece.width)
                yield (*self._visible(parts, paragraph), paragraph, match[0])
                parts, at = [], match.end()
            parts.append((piece.text[at:], piece))
        if parts:
            yield (*self._visible(parts, Paragraph()), Paragraph(), "")

    def _visible(self, parts: list[tuple[str, Piece]], paragraph: Paragraph) -> tuple[str, bool]:
        texts: list[str] = []
        bold = True
        for text, piece in parts:
            run = piece.character
            text = self._without_fields(text).translate(_SHOWN)
            if run.deleted or not text:
                continue
            shaded = run.shaded or paragraph.shaded or paragraph.in_table
            unseen = run.hidden or run.size <= _TINY or (run.white and not shaded)
            if unseen and not self.hidden.take("vanish", text):
                self.unseen["hidden text"] += bool(text.strip())
                continue
            texts.append(text)
            bold = bold and (run.bold or not text.strip())
        return "".join(texts), bold

    def _without_fields(self, text: str) -> str:
        """The results of fields without what asks for them: 0x13 question 0x14 result 0x15."""
        if not self._fields and not _FIELDS.search(text):
            return text
        kept: list[str] = []
        at = 0
        for match in _FIELDS.finditer(text):
            kept.append(text[at : match.start()] if all(self._fields) else "")
            at = match.end()
            if match[0] == "\x13":
                self._fields.append(False)
            elif self._fields and match[0] == "\x14":
                self._fields[-1] = True
            elif self._fields:
                self._fields.pop()
            if len(self._fields) > _MAX_FIELDS:
                raise damaged("Fields without an end")
        kept.append(text[at:] if all(self._fields) else "")
        return "".join(kept)
