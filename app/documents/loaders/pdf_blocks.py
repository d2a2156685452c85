"""Groups the lines of a PDF page into paragraphs, list items and table rows by where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from statistics import quantiles

from app.documents.loaders.boxes import union
from app.documents.loaders.pdf_lines import LEADER, Cell, TextLine
from app.text.parsed import BlockKind
from app.types import Box

_MARKER = re.compile(r"(?:[•◦▪‣●○■□–—*·➢✓\uf0b7\uf0a7\uf0d8-]|\(?\d{1,3}[.)]|\(?[a-zA-Z][.)]|[ivx]{1,4}[.)])(?=\s|$)")
_SECTION = re.compile(r"(?:§\s*)?\d{1,2}(?:\.\d{1,2})*\.?")
_SENTENCE_END = re.compile(r"[.!?:;。！？]['\"”’)\]]*$")
_RIGHT_TO_LEFT = re.compile(r"[^\w]*[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_MAX_ROW_LINES = 12
"""Lines of a cell to look past for the next cell of the row; columns of running text are longer."""

_SLACK = 2.5  # em that a ragged margin may leave free beside a word that would have fitted
_COLUMN_LINES = 5  # lines side by side that make two columns of text rather than a table
_COLUMN_CHARS = 25  # mean characters of such a line


@dataclass(slots=True)
class Group:
    """Lines that belong together. `columns` holds the cells' lines of a table row, else it is empty."""

    kind: BlockKind
    lines: list[TextLine]
    columns: list[list[Cell]]

    @property
    def bold(self) -> bool:
        return all(line.bold for line in self.lines)


def group_lines(lines: list[TextLine]) -> list[Group]:
    """Blocks in reading order."""
    lines = _unweave([_join_marker(line) for line in lines])
    leading = _leading(lines)
    rights = _right_edges(lines)
    groups: list[Group] = []
    position = 0
    while position < len(lines):
        row = _row(lines, position)
        if row is not None:
            columns, after = row
            groups.append(Group("row", lines[position:after], columns))
            position = after
            continue
        after = position + 1
        while after < len(lines) and _row(lines, after) is None:
            if not _continues(lines[position:after], lines[after], leading, rights[after - 1]):
                break
            after += 1
        kind: BlockKind = "list" if _MARKER.match(lines[position].text) else "paragraph"
        groups.append(Group(kind, lines[position:after], []))
        position = after
    _mark_headers(groups)
    return groups


def _join_marker(line: TextLine) -> TextLine:
    """A bullet or a section number set apart by a tab is no table cell."""
    if len(line.cells) < 2:
        return line
    first, second = line.cells[0], line.cells[1]
    if len(line.cells) > 2 or not (_MARKER.fullmatch(first.text) or _SECTION.fullmatch(first.text)):
        return line
    if second.text[:1].isdigit():
        return line  # a number beside a number is a table
    cell = Cell(
        f"{first.text} {second.text}",
        [*first.index, -1, *second.index],
        line.box,
        second.size,
        second.bold,
        second.hyphen,
    )
    return TextLine([cell], line.box, line.size, line.bold, line.angle)


def _unweave(lines: list[TextLine]) -> list[TextLine]:
    """Two columns of text whose lines come in pairs: first the whole left column, then the right one."""
    out: list[TextLine] = []
    position = 0
    while position < len(lines):
        after, gutter = _woven(lines, position)
        if after - position < _COLUMN_LINES:
            out.append(lines[position])
            position += 1
            continue
        sides: tuple[list[TextLine], list[TextLine]] = ([], [])
        for line in lines[position:after]:
            for cell in line.cells:
                side = sides[0 if cell.box.left < gutter else 1]
                side.append(TextLine([cell], cell.box, cell.size, cell.bold, line.angle))
        out += sides[0] + sides[1]
        position = after
    return out


def _woven(lines: list[TextLine], start: int) -> tuple[int, float]:
    """How far two columns go on line by line from here, and where the gutter between them is."""
    if len(lines[start].cells) != 2:
        return start, 0.0
    left, right = 0.0, float("inf")
    pairs = chars = 0
    at = start
    while at < len(lines):
        cells = lines[at].cells
        if len(cells) == 2:
            new_left, new_right = max(left, cells[0].box.right), min(right, cells[1].box.left)
            if new_left >= new_right:
                break
            left, right = new_left, new_right
            pairs += 1
            chars += len(cells[0].text) + len(cells[1].text)
        elif len(cells) != 1 or not _on_one_side(cells[0], left, right):
            break
        at += 1
    if pairs < _COLUMN_LINES or chars < 2 * pairs * _COLUMN_CHARS:
        return start, 0.0
    return at, (left + right) / 2


def _on_one_side(cell: Cell, left: float, right: float) -> bool:
    """Whether a line of one column alone leaves the gutter between `left` and `right` free."""
    return cell.box.right < right or cell.box.left > max(left, right - cell.size)


def _row(lines: list[TextLine], start: int) -> tuple[list[list[Cell]], int] | None:
    """The table row that begins here, cells with their lines, and the line after it; None for running text."""
    line = lines[start]
    if line.angle:
        return None
    columns = [[cell] for cell in line.cells]
    if LEADER in line.text:
        return columns, start + 1  # a line of a table of contents
    end = start + 1
    stop = min(start + _MAX_ROW_LINES, len(lines))
    right = line.box.right
    bottom = line.box.bottom
    for at in range(start + 1, stop):
        other = lines[at]
        if other.angle or other.box.top > bottom + line.size:
            break
        if _beside(line.box, other.box) and other.box.left > right:
            for between in lines[end:at]:
                columns[-1].extend(between.cells)  # wrapped lines of the cell before
            columns.extend([cell] for cell in other.cells)
            end = at + 1
        right = max(right, other.box.right)
        bottom = max(bottom, other.box.bottom)
    if len(columns) < 2:
        return None
    while end < len(lines) and _wraps(columns, lines[end]):
        columns[-1].extend(lines[end].cells)
        end += 1
    return columns, end


def _beside(first: Box, other: Box) -> bool:
    overlap = min(first.bottom, other.bottom) - max(first.top, other.top)
    return overlap > 0.5 * min(first.bottom - first.top, other.bottom - other.top)


def _wraps(columns: list[list[Cell]], line: TextLine) -> bool:
    """Whether a line goes on with the row's last cell: below it, at its left edge, clear of the first column."""
    last = columns[-1][-1]
    if line.angle or len(line.cells) > 1:
        return False
    near = -0.5 * last.size < line.box.top - last.box.bottom < 0.6 * last.size
    aligned = abs(line.box.left - columns[-1][0].box.left) < 0.7 * last.size
    clear = line.box.left > columns[0][0].box.left + 2 * last.size
    return near and aligned and clear and not _MARKER.match(line.text)


def _continues(group: list[TextLine], line: TextLine, leading: float, right_edge: float) -> bool:
    """Whether a line goes on with the paragraph under way."""
    before = group[-1]
    if line.angle != before.angle or abs(line.size - before.size) > 0.15 * before.size:
        return False
    if before.hyphen:
        return True
    if line.bold != before.bold or _MARKER.match(line.text):
        return False
    if line.angle:
        return True
    step = line.box.top - before.box.top
    if step < 0:  # the next column
        return not _SENTENCE_END.search(before.text) and line.text[:1].islower()
    if step > (leading + 0.35) * before.size or line.box.left > before.box.right or line.box.right < before.box.left:
        return False
    if _RIGHT_TO_LEFT.match(line.text):
        return True  # its margins are mirrored; the spacing has to do
    return not _is_indented(group, line) and not _is_short(before, line, right_edge)


def _is_indented(group: list[TextLine], line: TextLine) -> bool:
    """A first line set in, or a line set out again after an indented block."""
    hanging = bool(_MARKER.match(group[0].text))
    body = group[1:] if hanging or len(group) > 1 else group
    edge = min(part.box.left for part in body) if body else group[0].box.left
    shift = line.box.left - edge
    if shift > 0.8 * line.size:
        return bool(body) and (len(group) > 1 or bool(_SENTENCE_END.search(group[-1].text)))
    return shift < -0.8 * line.size and len(group) > 1


def _is_short(before: TextLine, line: TextLine, right_edge: float) -> bool:
    """The line before stopped although the next word had room: its break was meant."""
    word = line.text.split(maxsplit=1)[0]
    width = (line.box.right - line.box.left) * len(word) / max(len(line.text), 1)
    return before.box.right + width + _SLACK * line.size < right_edge


def _leading(lines: list[TextLine]) -> float:
    """The usual step from line to line in type sizes. The lower third: between paragraphs it is wider."""
    steps = [
        (b.box.top - a.box.top) / a.size
        for a, b in pairwise(lines)
        if a.size > 0 and abs(a.size - b.size) < 0.1 * a.size and 0.7 * a.size < b.box.top - a.box.top < 3 * a.size
    ]
    return quantiles(steps, n=3)[0] if len(steps) > 2 else 1.3


def _right_edges(lines: list[TextLine]) -> list[float]:
    """For each line, how far to the right lines of its column reach nearby."""
    edges = []
    for at, line in enumerate(lines):
        near = lines[max(0, at - 8) : at + 9]
        edges.append(max(other.box.right for other in near if _same_column(other, line)))
    return edges


def _same_column(other: TextLine, line: TextLine) -> bool:
    """Set in the same type at about the same left edge, where a first line may be set in."""
    return abs(other.box.left - line.box.left) < 2.5 * line.size and abs(other.size - line.size) < 0.1 * line.size + 0.1


def _mark_headers(groups: list[Group]) -> None:
    """The first row of a table names its columns if it alone is bold, or alone holds no number."""
    start = 0
    while start < len(groups):
        end = start
        while end < len(groups) and groups[end].kind == "row":
            end += 1
        rows = groups[start:end]
        if len(rows) > 1:
            _align(rows)
            numbers = [any(char.isdigit() for line in row.lines for char in line.text) for row in rows]
            if (rows[0].bold and not rows[1].bold) or (not numbers[0] and all(numbers[1:])):
                rows[0].kind = "header_row"
        start = max(end, start) + 1


def _align(rows: list[Group]) -> None:
    """Give a row that lacks cells empty ones, so that the others stand in the columns of the row with most.

    A column is as wide as the cells that stand in it in the full rows; a row whose cells fit no column stays as it is.
    """
    most = max(len(row.columns) for row in rows)
    full = [row for row in rows if len(row.columns) == most]
    if len(full) * 2 < len(rows):
        return
    spans = [union([cell.box for row in full for cell in row.columns[at]]) for at in range(most)]
    for row in rows:
        places = [_column(union([cell.box for cell in cells]), spans) for cells in row.columns]
        if len(places) < most and all(a < b for a, b in pairwise([-1, *places])):
            given = dict(zip(places, row.columns, strict=True))
            row.columns = [given.get(at, []) for at in range(places[-1] + 1)]


def _column(box: Box, spans: list[Box]) -> int:
    """The column that a cell overlaps most; -1 for none."""
    overlaps = [min(box.right, span.right) - max(box.left, span.left) for span in spans]
    best = max(range(len(spans)), key=lambda at: overlaps[at])
    return best if overlaps[best] > 0 else -1
