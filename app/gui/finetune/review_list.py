"""The list of the review: a delegate that draws question, answer and source, and keys A, E and R."""

from __future__ import annotations

from PySide6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QRectF,
    QSize,
    Qt,
    Signal,
)
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter
from PySide6.QtWidgets import QListView, QStackedWidget, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.finetune.review import Entry
from app.gui.finetune.review_model import ENTRY_ROLE, ReviewModel
from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import Label, paint_box

Index = QModelIndex | QPersistentModelIndex
BUTTON = 32
GAP = 4
BUTTONS = (("approve", "check", "success"), ("edit", "pencil", "text2"), ("reject", "x", "danger"))
STATES = {"approved": ("check", "success", "Approved"), "rejected": ("x", "danger", "Rejected")}


class ReviewDelegate(QStyledItemDelegate):
    """Draws a line; a click on one of its buttons is told, not done."""

    asked = Signal(str, QModelIndex)

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(200, theme().px(68))

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry: Entry = index.data(ENTRY_ROLE)
        area: QRect = option.rect
        state: QStyle.StateFlag = option.state
        painter.save()
        selected = bool(state & QStyle.StateFlag.State_Selected)
        if selected:
            painter.fillRect(area, theme().color("selected"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(area, theme().color("hover"))
        painter.fillRect(area.left(), area.bottom(), area.width(), 1, theme().color("border"))
        rtl = option.direction == Qt.LayoutDirection.RightToLeft
        end = self._paint_end(painter, area, entry, rtl)
        room = area.adjusted(end if rtl else 16, 0, -16 if rtl else -end, 0)
        self._paint_words(painter, room, entry, rtl)
        painter.restore()

    def editorEvent(self, event: QEvent, model: QAbstractItemModel, option: QStyleOptionViewItem, index: Index) -> bool:
        if isinstance(event, QMouseEvent) and event.type() == QEvent.Type.MouseButtonRelease:
            entry: Entry | None = index.data(ENTRY_ROLE)
            if entry is not None and entry.state in ("open", "aside"):
                rtl = option.direction == Qt.LayoutDirection.RightToLeft
                for name, rect in button_rects(option.rect, rtl).items():
                    if rect.contains(event.position().toPoint()):
                        self.asked.emit(name, model.index(index.row(), 0))
                        return True
        return False

    def _paint_words(self, painter: QPainter, room: QRect, entry: Entry, rtl: bool) -> None:
        start = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        line = theme().px(19)
        top = room.top() + (room.height() - 3 * line) // 2
        quality = entry.example.quality
        source = entry.source_text + (f", quality {quality:.0%}" if quality is not None else "")
        if entry.state == "aside" and entry.example.reason:
            source = entry.example.reason
        rows = (
            (entry.example.question, "uiStrong", "text"),
            (entry.example.answer, "ui", "text2"),
            (source, "caption", "text2"),
        )
        for n, (text, role, token) in enumerate(rows):
            painter.setFont(theme().font(role))  # type: ignore[arg-type]
            painter.setPen(theme().color(token))
            place = QRect(room.left(), top + n * line, room.width(), line)
            if n == 2:
                x = place.right() - 12 if rtl else place.left()
                paint_icon(painter, "file-text", "text3", QRect(x, place.center().y() - 6, 12, 12))
                place.adjust(0 if rtl else 16, 0, -16 if rtl else 0, 0)
            flat = " ".join(text.split())
            shown = painter.fontMetrics().elidedText(flat, Qt.TextElideMode.ElideRight, place.width())
            painter.drawText(place, start, shown)

    def _paint_end(self, painter: QPainter, area: QRect, entry: Entry, rtl: bool) -> int:
        """The buttons, or what was decided; returns the room that they take."""
        if entry.state in STATES:
            icon, token, text = STATES[entry.state]
            text = "Edited" if entry.edited and entry.state == "approved" else text
            painter.setFont(theme().font("ui"))
            width = painter.fontMetrics().horizontalAdvance(text) + 22
            x = area.left() + 16 if rtl else area.right() - 16 - width
            paint_icon(painter, icon, token, QRect(x + (width - 14 if rtl else 0), area.center().y() - 7, 14, 14))
            painter.setPen(theme().color(token))
            place = QRect(x + (0 if rtl else 20), area.top(), width - 20, area.height())
            painter.drawText(place, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeading), text)
            return width + 32
        for name, rect in button_rects(area, rtl).items():
            _, icon, token = next(each for each in BUTTONS if each[0] == name)
            paint_box(painter, QRectF(rect), fill=theme().color("surface"), edge=theme().color("border"))
            paint_icon(painter, icon, token, rect.adjusted(8, 8, -8, -8))
        return 3 * BUTTON + 2 * GAP + 32


def button_rects(area: QRect, rtl: bool = False) -> dict[str, QRect]:
    """Where a line's buttons are."""
    top = area.top() + (area.height() - BUTTON) // 2
    width = 3 * BUTTON + 2 * GAP
    x = area.left() + 16 if rtl else area.right() + 1 - 16 - width
    return {name: QRect(x + n * (BUTTON + GAP), top, BUTTON, BUTTON) for n, (name, _, _) in enumerate(BUTTONS)}


class ReviewListView(QListView):
    """Lines that are decided by single keys while the list has the focus."""

    asked = Signal(str)
    """ "approve", "edit" or "reject", for the selected lines."""
    moved = Signal()

    def __init__(self, model: ReviewModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModel(model)
        self._delegate = ReviewDelegate(self)
        self._delegate.asked.connect(self._button)
        self.setItemDelegate(self._delegate)
        self.setSelectionMode(QListView.SelectionMode.ExtendedSelection)
        self.setUniformItemSizes(True)
        self.setMouseTracking(True)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setAccessibleName(self.tr("Questions and answers"))
        self.setAccessibleDescription(self.tr("A approves, E edits, R rejects"))
        self.selectionModel().currentChanged.connect(lambda *_: self.moved.emit())
        theme().changed.connect(self.doItemsLayout)

    def _button(self, name: str, index: QModelIndex) -> None:
        self.setCurrentIndex(index)
        self.asked.emit(name)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = {Qt.Key.Key_A: "approve", Qt.Key.Key_E: "edit", Qt.Key.Key_R: "reject"}
        plain = not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier
        if plain and event.key() in keys:
            self.asked.emit(keys[Qt.Key(event.key())])
            return
        super().keyPressEvent(event)


class OrNothing(QStackedWidget):
    """The list, or a sentence in its place where no line is in the chosen state."""

    def __init__(self, rows: ReviewListView) -> None:
        super().__init__()
        self.nothing = Label("", "ui", "text2", wrap=True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.addWidget(rows)
        self.addWidget(self.nothing)

    def show_state(self, state: str, count: int) -> None:
        """Which lines are wanted, and how many there are."""
        nothing = {
            "open": self.tr("Nothing is left to review."),
            "approved": self.tr("Nothing is approved yet."),
            "rejected": self.tr("Nothing is rejected."),
        }
        self.nothing.setText(nothing.get(state, ""))
        self.setCurrentIndex(0 if count else 1)
