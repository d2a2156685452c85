"""The binary side of PowerPoint 97 to 2003 ([MS-PPT], which Microsoft publishes): records, and which are current."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator

import msgspec
import olefile
from msgspec import Struct

from app.documents.loaders.docx_package import locked
from app.documents.loaders.ooxml import damaged
from app.documents.loaders.reading_order import Box

DOCUMENT, SLIDE_LIST, SLIDE_PERSIST = 0x03E8, 0x0FF0, 0x03F3
_EDIT, _DIRECTORY, _SLIDE, _SHOW, _NOTES = 0x0FF5, 0x1772, 0x03EE, 0x03F9, 0x03F1
_HEADER, _CHARS, _BYTES, _OUTLINE = 0x0F9F, 0x0FA0, 0x0FA8, 0x0F9E
_GROUP, _SHAPE, _ANCHOR, _CHILD_ANCHOR, _PLACEHOLDER = 0xF003, 0xF004, 0xF010, 0xF00F, 0x0BC3
_ENCRYPTED = 0xF3D1C4DF
_MAX_DEPTH = 30
_MAX_EDITS = 10_000


class Record(Struct, frozen=True):
    """A record: its kind, its instance, and where its body lies."""

    kind: int
    instance: int
    start: int
    end: int
    holds: bool  # whether its body is records


class Text(Struct, frozen=True):
    """Text with its type (2.13.33): 0 title, 1 body, 2 notes, 4 other, 5 and 6 of a title slide, 7 and 8 body."""

    kind: int
    text: str


class Shape(Struct, frozen=True):
    """A shape with text, or a group of them."""

    text: Text | None
    box: Box | None
    placeholder: int = 0
    inside: tuple[Shape, ...] = ()


class Presentation:
    """An opened presentation: its current records."""

    def __init__(self, data: bytes) -> None:
        """
        Raises:
            BadFile: locked (`unsupported`).
            OSError, struct.error, …: damaged; see `ooxml.BROKEN`.
        """
        with olefile.OleFileIO(io.BytesIO(data)) as file:
            user = file.openstream("Current User").read()
            self._data = bytes(file.openstream("PowerPoint Document").read())
        token, edit = struct.unpack_from("<II", user, 12)
        if token == _ENCRYPTED:
            raise locked()
        self._offsets: dict[int, int] = {}
        document = 0
        for _ in range(_MAX_EDITS):  # the newest edit first; what it does not name, an older one does
            last, directory, of = struct.unpack_from("<III", self._data, edit + 16)
            document = document or of
            self._learn(directory)
            if not last or last >= edit:
                break
            edit = last
        self.document = self.object(document)

    def object(self, number: int) -> Record:
        """The record of an object that may change with each edit."""
        return self.record(self._offsets[number])

    def record(self, at: int) -> Record:
        """The record that begins there."""
        head, kind, size = struct.unpack_from("<HHI", self._data, at)
        return Record(kind, head >> 4, at + 8, min(at + 8 + size, len(self._data)), head & 0xF == 0xF)

    def children(self, record: Record) -> Iterator[Record]:
        """The records in a record."""
        at = record.start
        while at + 8 <= record.end:
            child = self.record(at)
            at = max(child.end, at + 8)
            yield msgspec.structs.replace(child, end=min(child.end, record.end))

    def body(self, record: Record) -> bytes:
        """What an atom holds."""
        return self._data[record.start : record.end]

    def number(self, record: Record, at: int = 0) -> int:
        """A whole number in an atom."""
        return int.from_bytes(self._data[record.start + at : record.start + at + 4], "little")

    def texts(self, records: list[Record]) -> list[Text]:
        """The texts of atoms that follow each other, each with the type that stands before it."""
        found: list[Text] = []
        kind = 4
        for record in records:
            if record.kind == _HEADER:
                kind = self.number(record)
            elif record.kind == _CHARS:
                found.append(Text(kind, self.body(record).decode("utf-16-le", "replace")))
            elif record.kind == _BYTES:
                found.append(Text(kind, self.body(record).decode("latin-1")))
        return found

    def is_hidden(self, slide: Record) -> bool:
        """Whether a slide is left out of the show."""
        return any(child.kind == _SHOW and self.body(child)[10:11] > b"" and self.body(child)[10] & 4
                   for child in self.children(slide))  # fmt: skip

    def slide_of(self, notes: Record) -> int:
        """The id of the slide that notes belong to."""
        return next((self.number(child) for child in self.children(notes) if child.kind == _NOTES), 0)

    def shapes(self, parent: Record, outline: list[Text], depth: int = 0) -> Iterator[Shape]:
        """The shapes with text below a slide; groups stay together."""
        for child in self.children(parent) if depth < _MAX_DEPTH else ():
            if child.kind == _GROUP and depth > 2:
                inside = tuple(self.shapes(child, outline, depth + 1))
                boxes = [each.box for each in inside if each.box]
                yield Shape(None, boxes[0] if boxes else None, 0, inside)
            elif child.kind == _SHAPE:
                yield self._shape(child, outline)
            elif child.holds and child.kind != _SHAPE:
                yield from self.shapes(child, outline, depth + 1)

    def _shape(self, record: Record, outline: list[Text]) -> Shape:
        box, placeholder, atoms = None, 0, list[Record]()
        for part in self.children(record):
            if part.kind == _ANCHOR and part.end - part.start == 8:
                top, left, right, bottom = struct.unpack("<4h", self.body(part))
                box = Box(left, top, right, bottom)
            elif part.kind == _CHILD_ANCHOR:
                box = Box(*struct.unpack_from("<4i", self.body(part)))
            elif part.holds:
                atoms += self.children(part)
        texts = self.texts(atoms)
        for atom in atoms:
            if atom.kind == _PLACEHOLDER:
                placeholder = self._data[atom.start + 4]
            elif atom.kind == _OUTLINE and self.number(atom) < len(outline):
                texts.append(outline[self.number(atom)])
        return Shape(texts[0] if texts else None, box, placeholder)

    def _learn(self, directory: int) -> None:
        record = self.record(directory)
        body = self.body(record)
        at = 0
        while record.kind == _DIRECTORY and at + 4 <= len(body):
            head = int.from_bytes(body[at : at + 4], "little")
            first, count = head & 0xFFFFF, head >> 20
            for n, offset in enumerate(struct.unpack_from(f"<{count}I", body, at + 4)):
                self._offsets.setdefault(first + n, offset)
            at += 4 + 4 * count


def opened(data: bytes) -> Presentation:
    """
    Raises:
        BadFile: damaged, or locked (`unsupported`).
    """
    try:
        return Presentation(data)
    except (OSError, struct.error, ValueError, KeyError, IndexError, TypeError) as error:
        raise damaged("presentation", f"{type(error).__name__}: {error}") from error
