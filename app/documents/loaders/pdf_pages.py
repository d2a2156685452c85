"""Text, blocks and line boxes of single PDF pages, running headers and footers left out.

What is left out of a page depends on the pages near it alone, so that the renderer, which opens those few, gets the
very text that the loader got.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from app.documents.loaders.boxes import union
from app.documents.loaders.builder import separator
from app.documents.loaders.hidden import HiddenTexts
from app.documents.loaders.pdf_blocks import group_lines
from app.documents.loaders.pdf_lines import Cell, PageLines, TextLine, read_lines
from app.documents.loaders.pdf_spoken import opened
from app.documents.loaders.pdfium import Document
from app.documents.loaders.scan import Scan, Scans
from app.documents.loaders.scan_lines import page_lines, word_lines
from app.text.parsed import BlockKind, Line
from app.types import Box

NEAR = 4
"""Pages before and after to compare with: left and right pages may differ, and a chapter may be short."""

MAX_DRAWN = 1500
"""Pages of a document up to which doubtful text is looked for on the drawn page: drawing is slower than reading."""

_EDGE = 0.13  # share of the page's height at top and bottom where running lines stand
_EDGE_LINES = 3
_EDGE_CHARS = 40  # of a line that holds a page number and little else
_SAME_PLACE = 5.0  # points
_LESS = 0.5
"""A recognised text that is so much shorter than the page's own missed what is there."""
_DIGITS = re.compile(r"\d+|\b[ivxlc]+\b")
_NUMBER_ONLY = re.compile(
    r"\W*(?:page|seite|página|pagina|p\.?|s\.)?\W*#(?:\s*(?:/|of|von|de|sur|di|\W)\s*#)?\W*", re.I
)
_WIDE_SCRIPT = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uff9f\u0e00-\u0eff]")


@dataclass(slots=True)
class Piece:
    """A block of a page's text with what decides whether it is a heading."""

    kind: BlockKind
    start: int
    end: int
    size: float
    bold: bool
    lines: int


@dataclass(slots=True)
class PageText:
    """A page's text; offsets count from its start. `index` is pdfium's character of each code point, -1 for none."""

    number: int
    text: str
    index: list[int]
    pieces: list[Piece]
    lines: list[Line]
    hidden: bool = False
    pictures: bool = False
    recognised: bool = False


def read_pages(
    document: Document, hidden: HiddenTexts, first: int = 1, last: int | None = None, scans: Scans | None = None
) -> Iterator[PageText]:
    """The texts of a range of pages of a PDF, in order, with hidden text where it is wanted; of these pages it is
    noted. Of a page in `scans`, what was recognised there."""
    drawn = document.pages <= MAX_DRAWN

    def lines_of(number: int) -> PageLines:
        with opened(document, number) as page:
            return read_lines(page, hidden.wanted, drawn) if page is not None else PageLines([], 0.0, 0.0)

    return compose_pages(lines_of, document.pages, hidden, scans or {}, first, last)


def compose_pages(
    lines_of: Callable[[int], PageLines], pages: int, hidden: HiddenTexts, scans: Scans, first: int = 1,
    last: int | None = None,
) -> Iterator[PageText]:  # fmt: skip
    """The texts of a range of pages. At most `2 * NEAR + 1` pages are held at a time."""
    last = pages if last is None else last
    near: dict[int, _Near] = {}
    ahead = max(1, first - NEAR)
    for number in range(first, last + 1):
        while ahead <= min(number + NEAR, pages):
            near[ahead] = _Near(lines_of(ahead), scans.get(ahead))
            ahead += 1
        near.pop(number - NEAR - 1, None)
        for kind, text in near[number].page.hidden:
            hidden.take(kind, text, number)
        running = _running_lines(number, near, pages)
        yield _compose(number, near[number].page, running, near[number].scan)


class _Near:
    """A page that others are compared with: its lines, and which of them stand at an edge."""

    def __init__(self, page: PageLines, scan: Scan | None) -> None:
        seen = page_lines(scan) if scan is not None and page.pictures else None
        if seen is not None and _length(seen) < _LESS * _length(page):
            seen = None  # the page's own words say more
        self.page = seen or page
        self.scan = scan if seen else None
        self.edges = _edge_lines(self.page)
        self._tops: dict[tuple[str, str], list[float]] = {}
        for at, zone, key in self.edges:
            self._tops.setdefault((zone, key), []).append(self.page.lines[at].box.top)

    def bears(self, zone: str, key: str, top: float) -> bool:
        """Whether the same line stands in the same place here."""
        return any(abs(top - other) < _SAME_PLACE for other in self._tops.get((zone, key), ()))


def _length(page: PageLines) -> int:
    return sum(len(line.text) for line in page.lines)


def _running_lines(number: int, near: dict[int, _Near], pages: int) -> set[int]:
    """Lines at the edges that other pages bear in the same place. The first page that bears one keeps it."""
    found = set()
    enough = min(2, pages - 1)
    this = near[number]
    for at, zone, key in this.edges:
        top = this.page.lines[at].box.top
        matches = [other for other in near if other != number and near[other].bears(zone, key, top)]
        first = min(matches, default=number) >= number
        if len(matches) >= max(enough, 1) and (not first or (len(key) < _EDGE_CHARS and _NUMBER_ONLY.fullmatch(key))):
            found.add(at)
    return found


def _edge_lines(page: PageLines) -> list[tuple[int, str, str]]:
    """Index, "top" or "bottom", and the text with numbers masked, of the outermost lines."""
    order = sorted(range(len(page.lines)), key=lambda at: page.lines[at].box.top)
    top = [(at, "top") for at in order[:_EDGE_LINES] if page.lines[at].box.bottom < _EDGE * page.height]
    low = (1 - _EDGE) * page.height
    bottom = [(at, "bottom") for at in order[-_EDGE_LINES:] if page.lines[at].box.top > low]
    return [(at, zone, _DIGITS.sub("#", page.lines[at].text.casefold())) for at, zone in top + bottom]


@dataclass
class _Writer:
    parts: list[str] = field(default_factory=list)
    index: list[int] = field(default_factory=list)
    lines: list[tuple[int, int, Box]] = field(default_factory=list)

    @property
    def length(self) -> int:
        return len(self.index)

    def put(self, text: str) -> None:
        """Text of our own: a separator."""
        self.parts.append(text)
        self.index.extend([-1] * len(text))

    def put_cell(self, cell: Cell) -> None:
        self.parts.append(cell.text)
        self.index.extend(cell.index)


def _compose(number: int, page: PageLines, running: set[int], scan: Scan | None) -> PageText:
    writer = _Writer()
    pieces: list[Piece] = []
    for group in group_lines([line for at, line in enumerate(page.lines) if at not in running]):
        if pieces:
            writer.put(separator(pieces[-1].kind, group.kind))
        start = writer.length
        if group.columns:
            _write_row(writer, group.columns)
        else:
            _write_lines(writer, group.lines)
        # Text that stands upright on the page is a stamp or an axis, never a heading.
        size = 0.0 if group.lines[0].angle else max(group.lines, key=lambda line: len(line.text)).size
        pieces.append(Piece(group.kind, start, writer.length, size, group.bold, len(group.lines)))
    lines = [Line(start, end, number, box) for start, end, box in writer.lines]
    if scan is not None:
        lines = word_lines(scan, number, writer.index)
    text = "".join(writer.parts)
    return PageText(number, text, writer.index, pieces, lines, bool(page.hidden), page.pictures, scan is not None)


def _write_lines(writer: _Writer, lines: list[TextLine]) -> None:
    for at, line in enumerate(lines):
        start = writer.length
        for position, cell in enumerate(line.cells):
            if position:
                writer.put(" ")
            writer.put_cell(cell)
        if at + 1 < len(lines):
            writer.put(_joint(line.cells[-1], lines[at + 1].text))
        writer.lines.append((start, writer.length, line.box))


def _write_row(writer: _Writer, columns: list[list[Cell]]) -> None:
    """ "Munich | 165 € | 220 €", as `write_row` has it. A row of one line is one box, a taller one has a box for each
    line of each cell."""
    flat = all(len(cells) < 2 for cells in columns)
    row_start = writer.length
    for position, cells in enumerate(columns):
        if position or not cells:
            writer.put(" | " if position else "|")
        for at, cell in enumerate(cells):
            start = writer.length
            writer.put_cell(cell)
            if at + 1 < len(cells):
                writer.put(_joint(cell, cells[at + 1].text))
            if not flat:
                writer.lines.append((start, writer.length, cell.box))
    if flat:
        writer.lines.append((row_start, writer.length, union([cells[0].box for cells in columns if cells])))


def _joint(before: Cell, after: str) -> str:
    """What joins a line to the next: nothing where a word was divided or the script has no spaces, else a space."""
    if before.hyphen:
        return "" if after[:1].islower() else "-"
    if _WIDE_SCRIPT.match(before.text[-1:]) and _WIDE_SCRIPT.match(after[:1]):
        return ""
    return " "
