"""Fields to type into: text with an error below it, search, numbers and lists."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QDoubleSpinBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets.base import paint_box
from app.gui.widgets.text import Label


class SearchField(QLineEdit):
    """A line with a magnifier; Esc empties it, then `left` is sent."""

    left = Signal()

    def __init__(self, placeholder: str, shortcut: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        keys = QKeySequence(shortcut).toString(QKeySequence.SequenceFormat.NativeText) if shortcut else ""
        self._keys = keys.replace("+", " ")
        self.setPlaceholderText(placeholder)
        self.setAccessibleName(placeholder)
        self.setToolTip(f"{placeholder} ({keys})" if keys else "")
        self.setClearButtonEnabled(False)
        self.setTextMargins(22, 0, 0, 0)
        theme().changed.connect(self.update)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        x = self.width() - 26 if rtl else 10
        paint_icon(painter, "search", "text3", QRect(x, (self.height() - 16) // 2, 16, 16))
        if self._keys and not self.text() and not self.hasFocus():
            painter.setFont(theme().font("caption"))
            painter.setPen(theme().color("text3"))
            end = int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
            painter.drawText(self.rect().adjusted(9, 0, -9, 0), end, self._keys)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.text():
                self.clear()
            else:
                self.left.emit()
            return
        super().keyPressEvent(event)


class TextField(QWidget):
    """A labelled line whose error is a red edge, an icon and a sentence below."""

    def __init__(self, label: str = "", placeholder: str = "", text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        if label:
            layout.addWidget(Label(label, "uiStrong"))
        self.edit = QLineEdit(text, self)
        self.edit.setPlaceholderText(placeholder)
        self.edit.setAccessibleName(label or placeholder)
        layout.addWidget(self.edit)
        self._error = QWidget(self)
        row = QHBoxLayout(self._error)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(6)
        row.addWidget(IconLabel("circle-alert", "danger", 14), alignment=Qt.AlignmentFlag.AlignTop)
        self._reason = Label("", "caption", "danger", wrap=True)
        row.addWidget(self._reason, 1)
        layout.addWidget(self._error)
        self._error.hide()
        self.setFocusProxy(self.edit)

    def text(self) -> str:
        return self.edit.text()

    def set_error(self, reason: str) -> None:
        """Show what is wrong, or nothing for ""."""
        self._reason.setText(reason)
        self._error.setVisible(bool(reason))
        self.edit.setAccessibleDescription(reason)
        self.edit.setProperty("error", "true" if reason else "false")
        self.edit.style().unpolish(self.edit)
        self.edit.style().polish(self.edit)


class IconLabel(QWidget):
    """An icon that says nothing of its own; the text beside it does."""

    def __init__(
        self,
        icon: str,
        color: str = "text2",
        size: int = 16,
        *,
        tile: int = 0,
        fill: str = "hover",
        parent: QWidget | None = None,
    ) -> None:
        """`tile` is the side of the rounded square behind it, 0 for none, and `fill` its colour."""
        super().__init__(parent)
        self._icon, self._color, self._size, self._tile, self._fill = icon, color, size, tile, fill
        side = max(size, tile)
        self.setFixedSize(side, side)
        theme().changed.connect(self.update)

    def set_icon(self, icon: str, color: str | None = None) -> None:
        self._icon, self._color = icon, color or self._color
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self._tile:
            fill = "accentSoft" if self._color == "accent" else self._fill
            paint_box(painter, QRectF(self.rect()), fill=theme().color(fill), radius=8 if self._tile > 40 else 6)
        side = self._size
        at = QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)
        paint_icon(painter, self._icon, self._color, at)


class ComboBox(QComboBox):
    """A list to choose one from, drawn as a field with a chevron. The wheel scrolls the page, not the value."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        theme().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        longest = max((self.fontMetrics().horizontalAdvance(self.itemText(i)) for i in range(self.count())), default=60)
        return QSize(longest + 52, theme().px(32))

    def minimumSizeHint(self) -> QSize:
        return QSize(96, theme().px(32))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        paint_field(painter, self)
        painter.setFont(theme().font("ui"))
        painter.setPen(theme().color("text" if self.isEnabled() else "textDisabled"))
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        area = self.rect().adjusted(32, 0, -11, 0) if rtl else self.rect().adjusted(11, 0, -32, 0)
        text = painter.fontMetrics().elidedText(self.currentText(), Qt.TextElideMode.ElideRight, area.width())
        painter.drawText(area, int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter), text)
        x = 8 if rtl else self.width() - 26
        token = "text2" if self.isEnabled() else "textDisabled"
        paint_icon(painter, "chevron-down", token, QRect(x, (self.height() - 16) // 2, 16, 16))

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class SpinBox(QDoubleSpinBox):
    """A number with steps; the wheel scrolls the page, not the value."""

    def __init__(self, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setFrame(False)
        self.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._up = _Step(self, 1)
        self._down = _Step(self, -1)
        self.lineEdit().setAccessibleName(name)
        self.lineEdit().setStyleSheet("QLineEdit { border: 0; background: transparent; padding: 0 24px 0 10px; }")
        theme().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        return QSize(max(super().sizeHint().width(), 64), theme().px(32))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        half = self.height() // 2
        self.lineEdit().setGeometry(self.rect())
        x = 3 if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else self.width() - 21
        self._up.setGeometry(x, 3, 18, half - 3)
        self._down.setGeometry(x, half, 18, half - 3)
        self._up.raise_()
        self._down.raise_()

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_field(QPainter(self), self)

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class _Step(QWidget):
    """One half of a spin box's arrows; the keyboard has the arrow keys."""

    def __init__(self, box: SpinBox, direction: int) -> None:
        super().__init__(box)
        self._box, self._direction = box, direction
        self.setCursor(Qt.CursorShape.ArrowCursor)

    def mousePressEvent(self, event: object) -> None:
        self._box.stepBy(self._direction)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        name = "chevron-up" if self._direction > 0 else "chevron-down"
        paint_icon(painter, name, "text3", QRect((self.width() - 12) // 2, (self.height() - 12) // 2, 12, 12))


def paint_field(painter: QPainter, widget: QWidget) -> None:
    """The edge of an input in its states."""
    box = QRectF(widget.rect())
    if not widget.isEnabled():
        paint_box(painter, box, fill=theme().color("subtle"), edge=theme().color("border"))
    elif widget.hasFocus():
        paint_box(painter, box, fill=theme().color("surface"), edge=theme().color("focus"), width=2)
    else:
        paint_box(painter, box, fill=theme().color("surface"), edge=theme().color("borderStrong"))
