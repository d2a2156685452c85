"""How a recognised page becomes lines as a PDF's own text would give them.

What is kept of a page is what was seen. Columns, rows and blocks are found anew whenever the document is put together,
by the code that does it for a PDF.
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from statistics import median

from app.documents.loaders.pdf_lines import Cell, PageLines, TextLine, gather
from app.documents.loaders.scan import Scan, ScanLine, Word
from app.documents.loaders.scan_order import reading_order
from app.text.parsed import Line
from app.types import Box

_LINE_HEIGHT = 1.22
"""A found line's height in type sizes: measured on rendered pages, whose sizes are known."""
_ALIKE = 0.25
"""Heights of lines of one type size differ by as much, by the letters that reach up and down in them."""
_CELL_GAP = 1.8  # em between two words of a line that part two cells, as in pdf_lines
_DIVIDED = re.compile(r"[^\W\d_]-$")
_NOT_DIVIDED = re.compile(r"(?:und|oder|bis|sowie|beziehungsweise|bzw|and|or|to|et|ou|y|e|en|of)\b")
"""After these the hyphen before the line's end stands for a word that is left out: "Nah- und Fernverkehr"."""


def page_lines(scan: Scan) -> PageLines:
    """The lines of a recognised page in reading order; the `index` of a cell counts the page's words."""
    places = [_place(scan, line) for line in scan.lines]
    size = median(box.bottom - box.top for box in places) / _LINE_HEIGHT if places else 10.0
    cells = []
    first = 0
    for line, box in zip(scan.lines, places, strict=True):
        cells.append(_runs(scan, line, box, first, _size(box, size)))
        first += len(line.words)
    lines = [gather([run for at in row for run in cells[at]], 0) for row in reading_order(places, _lengths(scan))]
    _mark_hyphens(lines)
    upright = (scan.width, scan.height) if scan.turn % 2 == 0 else (scan.height, scan.width)
    return PageLines(lines, *upright, pictures=True)


def word_lines(scan: Scan, page: int, index: list[int]) -> list[Line]:
    """Where each word of a page's text stands; `index` is the word of each code point, -1 for none."""
    words = [word for line in scan.lines for word in line.words]
    found = []
    start = 0
    for end in range(1, len(index) + 1):
        if end < len(index) and index[end] == index[start]:
            continue
        if index[start] >= 0:
            word = words[index[start]]
            found.append(Line(start, end, page, word.box, word.sure))
        start = end
    return found


def _lengths(scan: Scan) -> list[int]:
    return [len(line.text) for line in scan.lines]


def _upright(scan: Scan, x: float, y: float) -> tuple[float, float]:
    """A point of the page where it would be if its text were level and upright."""
    for turned in range(scan.turn % 4):
        height = scan.height if turned % 2 == 0 else scan.width
        x, y = height - y, x
    sine, cosine = math.sin(scan.skew), math.cos(scan.skew)
    return x * cosine - y * sine, x * sine + y * cosine


def _place(scan: Scan, line: ScanLine) -> Box:
    """The box of a line on the upright page."""
    ends = [_word_span(scan, word, line.height) for word in line.words]
    middle = sum(each[1] for each in ends) / len(ends)
    half = line.height / 2
    return Box(min(each[0] for each in ends), middle - half, max(each[2] for each in ends), middle + half)


def _word_span(scan: Scan, word: Word, height: float) -> tuple[float, float, float]:
    """Left, middle and right of a word on the upright page."""
    x, y = _upright(scan, (word.box.left + word.box.right) / 2, (word.box.top + word.box.bottom) / 2)
    wide, high = word.box.right - word.box.left, word.box.bottom - word.box.top
    half = (wide if scan.turn % 2 == 0 else high) / 2 - abs(math.sin(scan.skew)) * height / 2
    return x - half, y, x + half


def _size(box: Box, usual: float) -> float:
    """The type size of a line: the page's usual one where it is about that."""
    size = (box.bottom - box.top) / _LINE_HEIGHT
    return usual if abs(size - usual) < _ALIKE * usual else size


def _runs(scan: Scan, line: ScanLine, place: Box, first: int, size: float) -> list[Cell]:
    """The text of a line as one run, or as several where a wide gap stands between two words."""
    spans = [_word_span(scan, word, line.height) for word in line.words]
    runs: list[Cell] = []
    start = 0
    for at in range(1, len(spans) + 1):
        if at < len(spans) and spans[at][0] - spans[at - 1][2] < _CELL_GAP * size:
            continue
        begin, end = line.words[start].start, line.words[at - 1].end
        box = Box(spans[start][0], place.top, spans[at - 1][2], place.bottom)
        index = [-1] * (end - begin)
        for number in range(start, at):
            word = line.words[number]
            index[word.start - begin : word.end - begin] = [first + number] * (word.end - word.start)
        runs.append(Cell(line.text[begin:end], index, box, size, False))
        start = at
    return runs


def _mark_hyphens(lines: list[TextLine]) -> None:
    """A word that the line's end divides: its hyphen goes, and the next line joins on."""
    for line, after in pairwise(lines):
        cell = line.cells[-1]
        follows = after.cells[0].text
        if _DIVIDED.search(cell.text) and follows[:1].islower() and not _NOT_DIVIDED.match(follows):
            line.cells[-1] = Cell(cell.text[:-1], cell.index[:-1], cell.box, cell.size, cell.bold, True)
