"""The visual lines of a PDF page, each with its cells, box and type size, and the character behind every code point.

Both the loader and the renderer go through here, so that an offset in the text means the same character to both.
"""

from __future__ import annotations

import ctypes
import itertools
import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from ctypes import byref
from dataclasses import dataclass, field

import pypdfium2.raw as raw

from app.documents.loaders import pdfium
from app.documents.loaders.boxes import union
from app.documents.loaders.hygiene import clean
from app.documents.loaders.pdf_hidden import Hidden
from app.documents.loaders.pdfium import Page
from app.text.hidden import HiddenKind
from app.types import Box

_MAX_NOTE = 1500  # characters of a piece of hidden text
_HYPHEN = 2  # pdfium's mark for a hyphen that only the end of the line put there
_ENDS = frozenset((10, 13))
_BOLD = re.compile(r"bold|black|heavy|demi|-medi$|[-,]bd\b", re.I)
_PLAIN = re.compile(r"[ -~]*")
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}
_ALEFS = frozenset("اأإآٱ")
_CELL_GAP = 1.8
"""Widths of an em that part two cells of a row; a space in a justified line stays below one."""

LEADER = " … "
"""What stands for the dots of a table of contents."""

_DOTS = re.compile(r"(?:\.\s?){5,}")
_CLEAR = 0.2  # share of the height below which two runs are not on one line; raised marks overlap by a half
_STAMP = 40  # characters that may stand on a picture of a page: a number, a date of receipt
_JUDGED = 20  # characters from which a page's text can be judged
_GARBLED = 0.3  # share of characters that are none: a page of formulas has fewer
_STRANGE = frozenset(("Cc", "Co", "Cn", "Cs", "So"))
_WORD_GAP = 0.15  # em between two pieces set without a space in between


@dataclass(slots=True)
class Cell:
    """Text of one run or one table cell on a line; `index` is pdfium's character for each code point, -1 for none."""

    text: str
    index: Sequence[int]
    box: Box
    size: float
    bold: bool
    hyphen: bool = False  # ends with a hyphen that the line break put there


@dataclass(slots=True)
class TextLine:
    """What stands on one line, left to right as it is read."""

    cells: list[Cell]
    box: Box
    size: float
    bold: bool
    angle: int = 0  # quarter turns against the page as shown

    @property
    def text(self) -> str:
        return " ".join(cell.text for cell in self.cells)

    @property
    def hyphen(self) -> bool:
        return self.cells[-1].hyphen


@dataclass(slots=True)
class PageLines:
    """A page's lines in reading order, and what was left out."""

    lines: list[TextLine]
    width: float
    height: float
    hidden: list[tuple[HiddenKind, str]] = field(default_factory=list)  # what no reader sees
    pictures: bool = False  # its text, if any, is in pictures of it: to be recognised


@dataclass(slots=True)
class _Look:
    """How the characters of one text object look."""

    size: float
    bold: bool
    angle: int
    hidden: HiddenKind | None


@dataclass(slots=True)
class _Reading:
    page: Page
    hidden: Hidden
    read_hidden: bool
    looks: dict[int, _Look] = field(default_factory=dict)
    fonts: dict[int, bool] = field(default_factory=dict)
    unseen: list[tuple[HiddenKind, str]] = field(default_factory=list)

    def judge(self, objects: Sequence[int | None], drawn: bool) -> None:
        """Find out how every text object looks, and which of them nobody sees."""
        boxes: dict[int, Box] = {}
        start = 0
        for handle, group in itertools.groupby(objects):
            stop = start + sum(1 for _ in group)
            if handle is not None:
                box = self.page.char_boxes(start, stop - 1)
                boxes[handle] = union([boxes[handle], box]) if handle in boxes else box
                self.look(handle, start)
            start = stop
        kinds = {handle: look.hidden for handle, look in self.looks.items() if look.hidden is not None}
        for handle in self.hidden.seen_after_all(kinds, boxes, drawn):
            self.looks[handle].hidden = None

    def note(self, kind: HiddenKind, text: str) -> None:
        """Keep a piece of hidden text; what follows the one before is joined to it."""
        if self.unseen and self.unseen[-1][0] == kind and len(self.unseen[-1][1]) < _MAX_NOTE:
            self.unseen[-1] = kind, f"{self.unseen[-1][1]} {text}"
        else:
            self.unseen.append((kind, text))

    def look(self, handle: int, index: int) -> _Look:
        """Size, weight and visibility of a text object; `index` is its first character."""
        look = self.looks.get(handle)
        if look is None:
            matrix = raw.FS_MATRIX()
            pdfium.char_matrix(self.page.text, index, byref(matrix))
            scale = math.hypot(matrix.c, matrix.d) or 1.0
            nominal = abs(pdfium.char_size(self.page.text, index))
            size = nominal * scale
            width = nominal * math.hypot(matrix.a, matrix.b)
            turn = round(math.degrees(math.atan2(matrix.b, matrix.a)) / 90)
            angle = (self.page.frame.rotation - turn) % 4
            hidden = self.hidden.doubt(handle, index, size, width, self.page.char_boxes(index, index))
            look = _Look(size, self._is_bold(handle), angle, hidden)
            self.looks[handle] = look
        return look

    def _is_bold(self, handle: int) -> bool:
        font = pdfium.text_font(handle)
        if not font:
            return False
        bold = self.fonts.get(font)
        if bold is None:
            name = ctypes.create_string_buffer(128)
            pdfium.font_name(font, name, 128)
            bold = bool(_BOLD.search(name.value.decode("latin-1"))) or pdfium.font_flags(font) & (1 << 18) != 0
            self.fonts[font] = bold
        return bold


def read_lines(page: Page, read_hidden: bool = False, drawn: bool = True) -> PageLines:
    """All visible lines of a page, in the order of its content; with `read_hidden` those that nobody sees too.

    `drawn`: whether the page may be drawn to find out.
    """
    text = page.text
    count = pdfium.count_chars(text)
    char_code, char_object = pdfium.char_code, pdfium.char_object
    codes: list[int] = [char_code(text, i) for i in range(count)]
    objects: list[int | None] = [char_object(text, i) for i in range(count)]
    reading = _Reading(page, Hidden(page), read_hidden)
    reading.judge(objects, drawn)
    lines: list[TextLine] = []
    start = 0
    while start < count:
        end = start
        while end < count and codes[end] not in _ENDS and codes[end] != _HYPHEN:
            end += 1
        hyphen = end < count and codes[end] == _HYPHEN
        if end > start:
            for runs in _by_height(_line(reading, codes, objects, start, end, hyphen)):
                _add_line(lines, runs)
        start = end + 1
    replaced: list[tuple[HiddenKind, str]] = [("replaced", said) for said in page.replaced]
    scan = _is_scan(reading.hidden, lines)
    return PageLines(lines, page.frame.width, page.frame.height, reading.unseen + replaced, scan)


def _is_scan(hidden: Hidden, lines: list[TextLine]) -> bool:
    """Whether what a person reads on the page is not in these lines, or hardly: a scan may bear a stamp or a number."""
    if not lines:
        return hidden.has_pictures()
    text = "".join(line.text for line in lines)
    return is_garbled(text) or (len(text) < _STAMP and hidden.is_pictured())


def is_garbled(text: str) -> bool:
    """Whether it is no text that a person could read: codes of a font that says nothing of letters."""
    letters = [char for char in text if not char.isspace()]
    strange = sum(unicodedata.category(char) in _STRANGE for char in letters)
    return len(letters) >= _JUDGED and strange > _GARBLED * len(letters)


def _line(
    reading: _Reading, codes: list[int], objects: list[int | None], start: int, end: int, hyphen: bool
) -> list[tuple[Cell, int]]:
    """The runs between two line breaks of pdfium's, each with its angle."""
    runs: list[tuple[Cell, int]] = []
    while start < end:
        handle = objects[start]
        stop = start + 1
        while stop < end and (objects[stop] == handle or objects[stop] is None):
            stop += 1
        if handle is not None:
            look = reading.look(handle, start)
            if look.hidden is not None:
                reading.note(look.hidden, _characters(reading.page, codes, start, stop)[0])
            run = _run(reading.page, codes, start, stop, look) if look.hidden is None or reading.read_hidden else None
            if run is not None:
                runs.append((run, look.angle))
        start = stop
    if runs and hyphen:
        runs[-1][0].hyphen = True
    return runs


def _by_height(runs: list[tuple[Cell, int]]) -> Iterator[list[tuple[Cell, int]]]:
    """pdfium misses some line breaks: a run that stands clear below or above the one before begins a line."""
    start = 0
    for at in range(1, len(runs)):
        (before, angle), (after, other_angle) = runs[at - 1], runs[at]
        upright = angle % 2 == 0
        if angle != other_angle or (upright and _overlap(before.box, after.box) < _CLEAR):
            yield runs[start:at]
            start = at
    yield runs[start:]


def _overlap(first: Box, other: Box) -> float:
    """Shared height as a share of the lower box's."""
    shared = min(first.bottom, other.bottom) - max(first.top, other.top)
    return shared / max(min(first.bottom - first.top, other.bottom - other.top), 0.01)


def _run(page: Page, codes: list[int], start: int, stop: int, look: _Look) -> Cell | None:
    """The characters of one text object on one line; white space at its ends stays in the text, not in the box."""
    first, last = start, stop - 1
    while first < stop and codes[first] <= 32:
        first += 1
    if first == stop:
        return None
    while codes[last] <= 32:
        last -= 1
    text, index = _characters(page, codes, start, stop)
    if not text.strip():
        return None
    return Cell(text, index, page.char_boxes(first, last), look.size, look.bold)


def _char(code: int) -> str:
    """A damaged font may name a code that is no character."""
    return chr(code) if code < 0x110000 else "\ufffd"


def _characters(page: Page, codes: list[int], start: int, stop: int) -> tuple[str, Sequence[int]]:
    """Clean text and the character behind each of its code points."""
    text = "".join(map(_char, codes[start:stop]))
    if _PLAIN.fullmatch(text):
        return text, range(start, stop)
    out: list[str] = []
    index: list[int] = []
    position = start
    while position < stop:
        code = codes[position]
        after = position + 1
        if 0xD800 <= code < 0xDC00 and after < stop and 0xDC00 <= codes[after] < 0xE000:
            code = 0x10000 + ((code - 0xD800) << 10) + codes[after] - 0xDC00  # Windows: two halves
            after += 1
        cluster = _LIGATURES.get(code) or _char(code)
        while after < stop and unicodedata.combining(chr(min(codes[after], 0x10FFFF))):
            cluster += chr(codes[after])
            after += 1
        cluster = " " if cluster == "\t" else clean(cluster)
        out.append(cluster)
        index.extend([position] * len(cluster))
        position = after
    text = "".join(out)
    return (_lam_alef(page, text, index) if not _ALEFS.isdisjoint(text) else text), index


def _lam_alef(page: Page, text: str, index: list[int]) -> str:
    """Put lam before alef where both come from one ligature glyph: pdfium spells those backwards."""
    letters = list(text)
    for at in range(len(letters) - 1):
        if (
            letters[at] in _ALEFS
            and letters[at + 1] == "ل"
            and page.char_boxes(index[at], index[at]) == page.char_boxes(index[at + 1], index[at + 1])
        ):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
    return "".join(letters)


def _add_line(lines: list[TextLine], runs: list[tuple[Cell, int]]) -> None:
    """Append what stands between two of pdfium's line breaks, or join it to the line before: it also breaks at
    raised footnote marks."""
    if not runs:
        return
    angle = runs[0][1]
    line = gather([run for run, _ in runs], angle)
    if lines and angle == 0 and lines[-1].angle == 0 and _same_line(lines[-1], line):
        before = lines.pop()
        lines.append(gather([*before.cells, *line.cells], 0))
    else:
        lines.append(line)


def _same_line(before: TextLine, line: TextLine) -> bool:
    """Whether a piece goes on where the line ended: overlapping in height, beginning at or after its end."""
    if before.hyphen:
        return False
    last, first = before.cells[-1].box, line.cells[0].box
    if _overlap(last, first) < 0.5:
        return False
    big = max(before.size, line.size)
    return -0.6 * big < first.left - last.right < 3 * big


def gather(runs: list[Cell], angle: int) -> TextLine:
    """A line of runs joined to cells: a wide gap parts cells, a narrow one words."""
    cells: list[Cell] = []
    for run in runs:
        gap = _gap(cells[-1].box, run.box) if cells else 0.0
        em = max(cells[-1].size, run.size) if cells else run.size
        if cells and (angle != 0 or gap < _CELL_GAP * em) and not cells[-1].hyphen:
            cells[-1] = _joined(cells[-1], run, gap > _WORD_GAP * em)
        else:
            cells.append(run)
    cells = [_stripped(cell) for cell in cells]
    weight = sum(len(cell.text) for cell in cells if cell.bold)
    total = sum(len(cell.text) for cell in cells)
    size = max(cells, key=lambda cell: len(cell.text)).size
    return TextLine(cells, union([cell.box for cell in cells]), size, weight > 0.8 * total, angle)


def _gap(before: Box, after: Box) -> float:
    """Free width between two boxes, on whichever side the second one is: Arabic runs to the left."""
    return max(after.left - before.right, before.left - after.right)


def _joined(before: Cell, after: Cell, space: bool) -> Cell:
    longer = before if len(before.text) >= len(after.text) else after
    text, index = before.text, [*before.index]
    if space and not text[-1].isspace() and not after.text[0].isspace():
        text += " "
        index.append(-1)
    return Cell(
        text + after.text,
        [*index, *after.index],
        union([before.box, after.box]),
        longer.size,
        before.bold and after.bold if longer.bold else longer.bold,
        after.hyphen,
    )


def _stripped(cell: Cell) -> Cell:
    """Without white space at the ends, and with single spaces inside and with dot leaders shortened."""
    text = cell.text
    leader = _DOTS.search(text)
    if leader:
        start, end = leader.span()
        text = text[:start] + LEADER + text[end:]
        index = [*cell.index[:start], *[-1] * len(LEADER), *cell.index[end:]]
        cell = Cell(text, index, cell.box, cell.size, cell.bold, cell.hyphen)
    if text == text.strip() and "  " not in text:
        return cell
    keep = [
        at for at, char in enumerate(text) if not char.isspace() or (at + 1 < len(text) and not text[at + 1].isspace())
    ]
    while keep and text[keep[0]].isspace():
        keep.pop(0)
    out = "".join(" " if text[at].isspace() else text[at] for at in keep)
    return Cell(out, [cell.index[at] for at in keep], cell.box, cell.size, cell.bold, cell.hyphen)
