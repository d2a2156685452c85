"""A sheet as a real table: the names of its columns, the numbers of its rows, and the cited rows marked."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QKeySequence, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QApplication,
    QFrame,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.gui.theme import theme
from app.gui.widgets import paint_box
from app.workers.calls.grid import Grid

Index = QModelIndex | QPersistentModelIndex
PADDING = 12
WIDEST = 280
"""Pixels of a column; what is longer is shortened, and whole in its tooltip."""
MEASURED = 100
"""Rows that the widths of the columns are taken from."""
EMPTY = Grid(sheet="", names=(), rows=(), marked=())


class GridModel(QAbstractTableModel):
    """The rows of a grid."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._grid = EMPTY
        self._width = 0

    @property
    def grid(self) -> Grid:
        return self._grid

    def show(self, grid: Grid) -> None:
        self.beginResetModel()
        self._grid = grid
        self._width = max([len(grid.names), *(len(row.cells) for row in grid.rows)], default=0)
        self.endResetModel()

    def rowCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self._grid.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else self._width

    def data(self, index: Index, role: int = 0) -> object:
        row = self._grid.rows[index.row()]
        marked = row.number in self._grid.marked
        text = row.cells[index.column()] if index.column() < len(row.cells) else ""
        match role:
            case Qt.ItemDataRole.DisplayRole | Qt.ItemDataRole.ToolTipRole:
                return text
            case Qt.ItemDataRole.AccessibleTextRole:
                said = self.tr("row {number}, {text}").format(number=row.number, text=text)
                return self.tr("cited: {0}").format(said) if marked else said
            case Qt.ItemDataRole.BackgroundRole if marked:
                return theme().color("mark")
            case Qt.ItemDataRole.ForegroundRole:
                return theme().color("onMark" if marked else "text")
            case Qt.ItemDataRole.FontRole if marked:  # not by colour alone
                font = QFont(theme().font("ui"))
                font.setWeight(QFont.Weight.DemiBold)
                return font
        return None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        if orientation == Qt.Orientation.Vertical:
            return str(self._grid.rows[section].number)
        return self._grid.names[section] if section < len(self._grid.names) else ""


class CellDelegate(QStyledItemDelegate):
    """A cell with the room at its sides that the names of the columns have."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        size = super().sizeHint(option, index)
        return QSize(size.width() + 2 * PADDING, size.height())

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        ground = index.data(Qt.ItemDataRole.BackgroundRole)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        if isinstance(ground, QColor):
            painter.fillRect(option.rect, ground)
        elif selected:
            painter.fillRect(option.rect, theme().color("selected"))
        painter.fillRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1, theme().color("border"))
        font = index.data(Qt.ItemDataRole.FontRole) or theme().font("ui")
        painter.setFont(font)
        painter.setPen(index.data(Qt.ItemDataRole.ForegroundRole))
        area = option.rect.adjusted(PADDING, 0, -PADDING, 0)
        text = QFontMetrics(font).elidedText(str(index.data() or ""), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), text)
        if option.state & QStyle.StateFlag.State_HasFocus:
            paint_box(painter, QRectF(option.rect).adjusted(1, 1, -1, -2), edge=theme().color("focus"), width=2)


class SheetView(QTableView):
    """Shows a grid from its marked rows on; Ctrl+C copies the selection as a spreadsheet takes it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = GridModel(self)
        self.setModel(self._model)
        self.setItemDelegate(CellDelegate(self))
        self.setShowGrid(False)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.setCornerButtonEnabled(False)
        corner = self.findChild(QAbstractButton)
        if corner is not None:
            corner.setAccessibleName(self.tr("All cells"))
        self.setAccessibleName(self.tr("Sheet"))
        self.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.verticalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.horizontalHeader().setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.horizontalHeader().setResizeContentsPrecision(MEASURED)
        self.horizontalHeader().setMaximumSectionSize(theme().px(WIDEST))
        theme().changed.connect(self.restyle)
        self.restyle()

    @property
    def grid(self) -> Grid:
        """What is shown."""
        return self._model.grid

    def show_grid(self, grid: Grid) -> None:
        """Show rows of a sheet, the first marked one in sight."""
        self._model.show(grid)
        self.horizontalHeader().setVisible(bool(grid.names))
        self.resizeColumnsToContents()
        at = next((at for at, row in enumerate(grid.rows) if row.number in grid.marked), -1)
        if at >= 0:
            self.scrollTo(self._model.index(at, 0), QAbstractItemView.ScrollHint.PositionAtCenter)

    def restyle(self) -> None:
        self.setFont(theme().font("ui"))
        self.verticalHeader().setDefaultSectionSize(theme().line("ui") + 12)
        self.resizeColumnsToContents()
        self.viewport().update()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.matches(QKeySequence.StandardKey.Copy):
            QApplication.clipboard().setText(self.selected_text())
            return
        super().keyPressEvent(event)

    def selected_text(self) -> str:
        """The selected cells, rows by lines and columns by tabs."""
        rows: dict[int, dict[int, str]] = {}
        for index in self.selectedIndexes():
            rows.setdefault(index.row(), {})[index.column()] = str(index.data() or "")
        return "\n".join("\t".join(cells[column] for column in sorted(cells)) for _, cells in sorted(rows.items()))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.fillRect(self.viewport().rect(), theme().color("surface"))
        painter.end()
        super().paintEvent(event)
