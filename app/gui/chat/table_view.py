"""A table in an answer: header, aligned and wrapped cells, citations in them. Long ones grow in bounded pieces."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextLength,
    QTextTable,
    QTextTableCellFormat,
    QTextTableFormat,
)
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from app.gui.chat.blocks import Align, Span, Table
from app.gui.chat.chips import MARGIN, Citations
from app.gui.chat.text_browser import SpanWriter
from app.gui.theme import theme
from app.gui.widgets import CITE_SIZE

PIECE_ROWS = 16
"""Rows of one document: laying out a table costs its length, so a long one is several."""
CELL_PADDING = 8
CELL, TABLE_END = "\ufdd0", "\ufdd1"
"""What Qt puts into a selection before each cell and after a table."""
Row = tuple[tuple[Span, ...], ...]

_ALIGN = {"left": Qt.AlignmentFlag.AlignLeading, "center": Qt.AlignmentFlag.AlignHCenter,
          "right": Qt.AlignmentFlag.AlignTrailing}  # fmt: skip


class TableView(QWidget):
    """Shows one Markdown table. The last rows may be unfinished and are then written anew."""

    chip_clicked = Signal(int)
    link_clicked = Signal(str)

    def __init__(self, citations: Citations, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._citations = citations
        self._header: Row = ()
        self._aligns: tuple[Align, ...] = ()
        self._rows: list[Row] = []
        self._tail = 0
        self._shares: list[float] = []
        self._pieces: list[_Piece] = []
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_table(self, table: Table, tail: bool = False) -> None:
        """Show this table; `tail` says that its last rows are not finished."""
        self._header, self._aligns = table.header, table.aligns
        self._rows = []
        self._tail = 0
        self.add_rows(table.rows, tail)

    def add_rows(self, rows: Sequence[Row], tail: bool = False) -> None:
        """Put rows in the place of the unfinished ones."""
        start = len(self._rows) - self._tail
        self._rows[start:] = rows
        self._tail = len(rows) if tail else 0
        if start < PIECE_ROWS:
            self._shares = self._measure()
        self._write(start)
        name = self.tr("Table, {rows} rows, {columns} columns").format(rows=len(self._rows), columns=len(self._header))
        for widget in (self, *self._pieces):
            widget.setAccessibleName(name)

    def restyle(self) -> None:
        self._shares = self._measure()
        self._write(0)

    def pieces(self) -> list[_Piece]:
        return self._pieces

    def _write(self, start: int) -> None:
        count = max((len(self._rows) + PIECE_ROWS - 1) // PIECE_ROWS, 1)
        while len(self._pieces) < count:
            piece = _Piece(self._citations, self)
            piece.chip_clicked.connect(self.chip_clicked)
            piece.link_clicked.connect(self.link_clicked)
            self._pieces.append(piece)
            self._layout.addWidget(piece)
        while len(self._pieces) > count:
            self._pieces.pop().deleteLater()
        for index in range(min(start // PIECE_ROWS, count - 1), count):
            rows = self._rows[index * PIECE_ROWS : (index + 1) * PIECE_ROWS]
            self._pieces[index].write(self._header if index == 0 else (), rows, self._aligns, self._shares)

    def _measure(self) -> list[float]:
        """Each column's share of the width, from the widest words of the first rows, no column under a tenth."""
        metrics = QFontMetricsF(theme().font("ui", strong=True))

        def width(cell: Sequence[Span]) -> float:
            chips = sum(1 for span in cell if span.cite)
            text = "".join(span.text for span in cell)
            return metrics.horizontalAdvance(text[:200]) + chips * (CITE_SIZE + 2 * MARGIN) + 2 * CELL_PADDING

        rows = [self._header, *self._rows[:PIECE_ROWS]]
        columns = len(self._header)
        natural = [max((width(row[at]) for row in rows if at < len(row)), default=20.0) for at in range(columns)]
        capped = [min(each, 360.0) for each in natural]
        total = sum(capped) or 1.0
        least = 100.0 / max(columns, 1) * 0.4
        shares = [max(100 * each / total, least) for each in capped]
        return [100 * share / sum(shares) for share in shares]


class _Piece(SpanWriter):
    """Some rows in one document."""

    def __init__(self, citations: Citations, parent: QWidget | None = None) -> None:
        super().__init__(citations, parent)
        self._shown: tuple[object, ...] = ()
        self._columns = 0

    def selected_text(self) -> str:
        """The selected cells as a spreadsheet takes them: tabs between cells, a line a row."""
        cursor = self.textCursor()
        table = cursor.currentTable()
        text = self._plain(cursor)
        if table is None and CELL not in text:
            return text
        cells = [cell.replace(TABLE_END, "").strip() for cell in text.split(CELL)]
        first = self._column_at(cursor.selectionStart())
        cells = cells[1:] if text.startswith(CELL) else cells
        columns = max(self._columns, 1)
        rows = [""] if not cells else []
        for index, cell in enumerate(cells):
            starts_row = index == 0 or (first + index) % columns == 0
            rows.append(cell) if starts_row else rows.append(rows.pop() + "\t" + cell)
        return "\n".join(rows)

    def _column_at(self, position: int) -> int:
        cursor = QTextCursor(self.document())
        cursor.setPosition(position)
        table = cursor.currentTable()
        return table.cellAt(cursor).column() if table is not None else 0

    def write(self, header: Row, rows: Sequence[Row], aligns: Sequence[Align], shares: Sequence[float]) -> None:
        key = (header, tuple(rows), tuple(shares), theme().name, theme().scale)
        if key == self._shown:
            return
        self._shown = key
        self._columns = len(shares)
        self.clear()
        if not shares or not (header or rows):
            self.fit()
            return
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()  # or each cell would lay out the table again
        table = cursor.insertTable(len(rows) + bool(header), len(shares), self._table_format(shares, bool(header)))
        if header:
            self._write_row(table, 0, header, aligns, header=True)
        for index, row in enumerate(rows):
            self._write_row(table, index + bool(header), row, aligns)
        cursor.endEditBlock()
        self.fit()

    def _table_format(self, shares: Sequence[float], header: bool) -> QTextTableFormat:
        made = QTextTableFormat()
        made.setBorder(0)
        made.setCellSpacing(0)
        made.setCellPadding(0)
        made.setMargin(0)
        made.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
        made.setColumnWidthConstraints([QTextLength(QTextLength.Type.PercentageLength, share) for share in shares])
        made.setHeaderRowCount(1 if header else 0)
        return made

    def _write_row(self, table: QTextTable, at: int, row: Row, aligns: Sequence[Align], header: bool = False) -> None:
        edge = theme().color("borderStrong" if header else "border")
        base = QTextCharFormat()
        base.setFont(theme().font("ui", strong=header))
        base.setForeground(theme().color("text2" if header else "text"))
        for column in range(table.columns()):
            cell = table.cellAt(at, column)
            look = QTextTableCellFormat()
            look.setBottomBorder(1)
            look.setBottomBorderBrush(edge)
            look.setBottomBorderStyle(QTextTableFormat.BorderStyle.BorderStyle_Solid)
            look.setTopPadding(CELL_PADDING)
            look.setBottomPadding(CELL_PADDING - 1)
            look.setRightPadding(CELL_PADDING if column + 1 < table.columns() else 0)
            cell.setFormat(look)
            cursor = cell.firstCursorPosition()
            block = QTextBlockFormat()
            block.setAlignment(_ALIGN[aligns[column] if column < len(aligns) else "left"])
            block.setLineHeight(theme().line("ui"), QTextBlockFormat.LineHeightTypes.MinimumHeight.value)
            cursor.setBlockFormat(block)
            for span in row[column] if column < len(row) else ():
                self.write_span(cursor, span, base)
