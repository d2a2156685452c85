"""The binary side of Word 97 to 2003 ([MS-DOC], which Microsoft publishes): pieces of text, and properties by place."""

from __future__ import annotations

import bisect
import io
import struct
from collections.abc import Callable, Iterator

import msgspec
import olefile
from msgspec import Struct

from app.documents.loaders.builder import check_length
from app.documents.loaders.docx_package import locked
from app.errors import BadFile

_STYLES, _CHPX, _PAPX, _CLX = 1, 12, 13, 33  # places in FibRgFcLcb97 (2.5.6)
_PAIRS = 154
_PAGE = 512
_TITLE = 0x3E  # the built-in style of a document's title, by its number in every language (sti)
_FIRST_97 = 0x00C1
_COMPRESSED = 1 << 30
_SIZES = {0: 1, 1: 1, 2: 2, 3: 4, 4: 2, 5: 2, 7: 3}
_TABLE_DEFINITION = 0xD608  # the one whose length takes two bytes
_COUNTS = 76  # ccpText in FibRgLw97 (2.5.4), the others behind it
_WHITE = b"\xff\xff\xff"
_Reader = Callable[[bytes], Iterator[tuple[int, int, bytes]]]


class Piece(Struct, frozen=True):
    """A stretch of text with the same properties; `fc` is its place in the stream, `width` bytes a character."""

    text: str
    fc: int
    width: int
    character: Character


class Character(Struct, frozen=True):
    """Properties of a run of characters."""

    hidden: bool = False
    deleted: bool = False
    bold: bool = False
    white: bool = False
    shaded: bool = False
    size: int = 20  # half-points


class Paragraph(Struct, frozen=True):
    """Properties of a paragraph."""

    style: int = 0
    level: int = 0
    listed: bool = False
    in_table: bool = False
    row_end: bool = False
    shaded: bool = False


class WordDocument:
    """An opened document."""

    def __init__(self, data: bytes) -> None:
        """
        Raises:
            BadFile: damaged, locked or older than Word 97 (`unsupported`), or too large (`too_large`).
        """
        try:
            with olefile.OleFileIO(io.BytesIO(data)) as file:
                self._main = file.openstream("WordDocument").read()
                number, flags = struct.unpack_from("<H6xH", self._main, 2)
                if flags & 0x0100:
                    raise locked()
                if number < _FIRST_97:
                    raise BadFile(
                        "This is a document of Word 95 or older.",
                        "Open it in Word or LibreOffice, save it as DOCX and add that.",
                        code="unsupported",
                    )
                self._table = file.openstream("1Table" if flags & 0x0200 else "0Table").read()
            self.counts = struct.unpack_from("<8i", self._main, _COUNTS)
            self._characters = _Runs(self._pages(_CHPX), self._main, _character_runs)
            self._paragraphs = _Runs(self._pages(_PAPX), self._main, _paragraph_runs)
            self._spans = list(self._pieces())
            self._titles = set(self._title_styles())
        except (OSError, struct.error, ValueError, IndexError, TypeError, KeyError) as error:
            raise damaged(f"{type(error).__name__}: {error}") from error

    def pieces(self, start: int, end: int) -> Iterator[Piece]:
        """The text between two places of the document, cut where properties change."""
        for first, last, fc, width in self._spans:
            begin, finish = max(first, start), min(last, end)
            if begin >= finish:
                continue
            at, stop = fc + (begin - first) * width, fc + (finish - first) * width
            while at < stop:
                character, until = self._characters.at(at)
                upto = min(stop, max(until, at + width))
                upto = at + -(-(upto - at) // width) * width
                raw = self._main[at:upto]
                text = raw.decode("cp1252", "replace") if width == 1 else raw.decode("utf-16-le", "replace")
                yield Piece(text, at, width, _character(character))
                at = upto

    def paragraph(self, fc: int) -> Paragraph:
        """The properties of the paragraph whose mark stands there."""
        found = _paragraph(self._paragraphs.at(fc)[0])
        return msgspec.structs.replace(found, level=1) if found.style in self._titles else found

    def _pair(self, place: int) -> bytes:
        offset, size = struct.unpack_from("<II", self._main, _PAIRS + 8 * place)
        return bytes(self._table[offset : offset + size])

    def _title_styles(self) -> Iterator[int]:
        """Numbers of the styles that are the built-in "Title" (STSH, 2.9.271)."""
        sheet = self._pair(_STYLES)
        at = 2 + int.from_bytes(sheet[:2], "little")
        number = 0
        while at + 4 <= len(sheet):
            size = int.from_bytes(sheet[at : at + 2], "little")
            if size and int.from_bytes(sheet[at + 2 : at + 4], "little") & 0x0FFF == _TITLE:
                yield number
            at += 2 + size + size % 2
            number += 1

    def _pages(self, place: int) -> list[int]:
        plc = self._pair(place)
        count = max(0, (len(plc) - 4) // 8)
        return [number & 0x3FFFFF for number in struct.unpack_from(f"<{count}I", plc, 4 * (count + 1))]

    def _pieces(self) -> Iterator[tuple[int, int, int, int]]:
        """First and last place of each piece, where it begins in the stream, and bytes a character (2.4.1)."""
        clx, at = self._pair(_CLX), 0
        while at < len(clx) and clx[at] == 1:
            at += 3 + struct.unpack_from("<H", clx, at + 1)[0]
        plc = clx[at + 5 : at + 5 + struct.unpack_from("<I", clx, at + 1)[0]]
        count = max(0, (len(plc) - 4) // 12)
        places = struct.unpack_from(f"<{count + 1}I", plc)
        check_length(places[-1])
        for n in range(count):
            fc = struct.unpack_from("<I", plc, 4 * (count + 1) + 8 * n + 2)[0]
            if fc & _COMPRESSED:
                yield places[n], places[n + 1], (fc & ~_COMPRESSED) // 2, 1
            else:
                yield places[n], places[n + 1], fc, 2


class _Runs:
    """Properties by place in the stream."""

    def __init__(self, pages: list[int], main: bytes, read: _Reader) -> None:
        runs = sorted(run for page in pages for run in read(main[page * _PAGE : (page + 1) * _PAGE]))
        self._starts = [start for start, _, _ in runs]
        self._runs = runs

    def at(self, fc: int) -> tuple[bytes, int]:
        """The properties there, and where they end."""
        found = bisect.bisect_right(self._starts, fc) - 1
        if found >= 0 and fc < self._runs[found][1]:
            return self._runs[found][2], self._runs[found][1]
        after = self._starts[found + 1] if found + 1 < len(self._starts) else 1 << 40
        return b"", after


def _character_runs(page: bytes) -> Iterator[tuple[int, int, bytes]]:
    """ChpxFkp (2.9.33)."""
    count = page[-1] if len(page) == _PAGE else 0
    places = struct.unpack_from(f"<{count + 1}I", page) if count else ()
    for n in range(count):
        at = page[4 * (count + 1) + n] * 2
        yield places[n], places[n + 1], page[at + 1 : at + 1 + page[at]] if at else b""


def _paragraph_runs(page: bytes) -> Iterator[tuple[int, int, bytes]]:
    """PapxFkp (2.9.181): the style's number, then properties."""
    count = page[-1] if len(page) == _PAGE else 0
    places = struct.unpack_from(f"<{count + 1}I", page) if count else ()
    for n in range(count):
        at = page[4 * (count + 1) + 13 * n] * 2
        size = page[at] * 2 - 1
        if page[at] == 0:
            at += 1
            size = page[at] * 2
        yield places[n], places[n + 1], page[at + 1 : at + 1 + size]


def _properties(grpprl: bytes) -> Iterator[tuple[int, bytes]]:
    """Opcode and operand of each property (2.6.1)."""
    at = 0
    while at + 2 <= len(grpprl):
        code = int.from_bytes(grpprl[at : at + 2], "little")
        at += 2
        size = _SIZES.get(code >> 13)
        if size is None and code == _TABLE_DEFINITION:
            size = 1 + int.from_bytes(grpprl[at : at + 2], "little")
        elif size is None:
            size = 1 + (grpprl[at] if at < len(grpprl) else 0)
        yield code, grpprl[at : at + size]
        at += size


def _character(grpprl: bytes) -> Character:
    found = {code: operand for code, operand in _properties(grpprl) if operand}

    def on(code: int) -> bool:
        return found.get(code, b"\0")[0] & 0x7F == 1

    return Character(
        hidden=on(0x083C),
        deleted=on(0x0800),
        bold=on(0x0835),
        white=found.get(0x6870, b"").startswith(_WHITE) or found.get(0x2A42, b"\0")[0] == 8,
        shaded=0x2A0C in found or 0xCA71 in found or 0x4866 in found,
        size=int.from_bytes(found.get(0x4A43, b"\x14"), "little"),
    )


def _paragraph(papx: bytes) -> Paragraph:
    found = {code: operand for code, operand in _properties(papx[2:]) if operand}
    style = int.from_bytes(papx[:2], "little")
    outline = found.get(0x2640, b"\x09")[0]
    level = style if 1 <= style <= 9 else outline + 1 if outline < 9 else 0
    return Paragraph(
        style=style,
        level=min(level, 6),
        listed=int.from_bytes(found.get(0x460B, b"\0"), "little") > 0,
        in_table=found.get(0x2416, b"\0")[0] == 1,
        row_end=found.get(0x2417, b"\0")[0] == 1,
        shaded=0xC64D in found or 0x442D in found,
    )


def damaged(detail: str) -> BadFile:
    """The error for a document that Word would repair or refuse."""
    return BadFile(
        "The Word document is damaged and cannot be opened.",
        "Open it in Word or LibreOffice, save it as DOCX and add that.",
        detail,
    )
