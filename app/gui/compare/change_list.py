"""The list of changes: its kind, the section, and what became of what."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QPainter, QTextLayout, QTextOption
from PySide6.QtWidgets import QListView, QStyleOptionViewItem, QWidget

from app.gui.compare.changes_model import CHANGE_ROLE, ChangesModel, kind_name
from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets.list_rows import Index, RowPainter
from app.text.compare.result import Change, ChangeKind

ICONS: dict[ChangeKind, tuple[str, str]] = {
    "number": ("tags", "accent"),
    "changed": ("pencil", "text2"),
    "added": ("file-plus", "success"),
    "removed": ("circle-minus", "danger"),
    "moved": ("arrow-right", "text2"),
}
"""Icon and colour of a kind."""
LINES = 2


class _Delegate(RowPainter):
    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, theme().line("caption") + 4 + theme().line("ui") * LINES + 20)

    def paint_content(self, painter: QPainter, rect: QRect, index: Index, content: Change, *, selected: bool) -> None:
        area = QRectF(rect.adjusted(16, 10, -16, -10))
        self._paint_head(painter, area, content)
        self._paint_words(painter, area.adjusted(28, theme().line("caption") + 4, 0, 0), content, strong=selected)

    def _paint_head(self, painter: QPainter, area: QRectF, change: Change) -> None:
        icon, colour = ICONS[change.kind]
        side, line = theme().size("icon"), theme().line("caption")
        paint_icon(painter, icon, colour, QRectF(area.left(), area.top(), side, side).toRect())
        painter.setFont(theme().font("caption"))
        painter.setPen(theme().color("text2"))
        section = change.right.section or change.left.section
        said = f"{kind_name(change.kind)} · {section}" if section else kind_name(change.kind)
        room = area.adjusted(28, 0, 0, line - area.height())
        text = painter.fontMetrics().elidedText(said, Qt.TextElideMode.ElideRight, int(room.width()))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), text)

    def _paint_words(self, painter: QPainter, area: QRectF, change: Change, *, strong: bool) -> None:
        """As many lines as there is room for; what is left out is elided at the end of the last."""
        layout = QTextLayout(change.words, theme().font("uiStrong" if strong else "ui"))
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        layout.setTextOption(option)
        painter.setPen(theme().color("text"))
        painter.setFont(layout.font())
        layout.beginLayout()
        for number in range(LINES):
            line = layout.createLine()
            if not line.isValid():
                break
            line.setLineWidth(area.width())
            top = area.top() + number * theme().line("ui")
            rest = change.words[line.textStart() :]
            if number == LINES - 1 and len(rest) > line.textLength():
                shown = painter.fontMetrics().elidedText(rest, Qt.TextElideMode.ElideRight, int(area.width()))
                painter.drawText(QPointF(area.left(), top + line.ascent()), shown)
            else:
                line.draw(painter, QPointF(area.left(), top))
        layout.endLayout()


class ChangeList(QListView):
    """Arrow keys go from change to change."""

    chosen = Signal(object)
    """Change"""

    def __init__(self, model: ChangesModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._changes = model
        self.setModel(model)
        self.setItemDelegate(_Delegate(Change, CHANGE_ROLE, self))
        self.setMouseTracking(True)
        self.setUniformItemSizes(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Differences"))
        theme().changed.connect(self.scheduleDelayedItemsLayout)

    def currentChanged(self, current: Index, previous: Index) -> None:
        super().currentChanged(current, previous)
        change = self._changes.change(current)
        if change is not None:
            self.chosen.emit(change)

    def step(self, by: int) -> None:
        """The next (1) or the previous (-1) change; at an end it stays."""
        row = min(max(self.currentIndex().row() + by, 0), self._changes.rowCount() - 1)
        self.setCurrentIndex(self._changes.index(row, 0))
