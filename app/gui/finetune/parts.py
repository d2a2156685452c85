"""What the steps of the wizard are built from: panels, facts, the foot, the verdict, and columns that stack."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QRect, QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.icons import paint_icon
from app.gui.theme import theme
from app.gui.widgets import (
    Button,
    IconLabel,
    Label,
    ProgressBar,
    ThemedWidget,
    paint_box,
)
from app.gui.widgets.page_frame import Separator

NARROW = 900
"""Below this width of the page what stands side by side stands below each other."""


class Panel(ThemedWidget):
    """A framed column; `flush` leaves no room at its edges, for rows."""

    def __init__(self, parent: QWidget | None = None, *, flush: bool = False, fill: str = "surface") -> None:
        super().__init__(parent)
        self._fill = fill
        self.column = QVBoxLayout(self)
        margin = 1 if flush else 16
        self.column.setContentsMargins(margin, margin if flush else 12, margin, margin if flush else 14)
        self.column.setSpacing(0 if flush else 8)

    def set_fill(self, fill: str) -> None:
        self._fill = fill
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        soft = self._fill.endswith("Soft") or self._fill in ("subtle", "bubble")
        edge = None if soft and not theme().high_contrast else theme().color("border")
        paint_box(QPainter(self), QRectF(self.rect()), fill=theme().color(self._fill), edge=edge, radius=8)


class TitledPanel(Panel):
    """A panel whose first row says with an icon what it holds; `head` takes more at its end."""

    def __init__(self, icon: str, title: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, flush=True)
        holder = QWidget()
        self.head = QHBoxLayout(holder)
        self.head.setContentsMargins(16, 8, 12, 8)
        self.head.setSpacing(8)
        self.head.addWidget(IconLabel(icon, "text2", 16))
        self.title = Label(title, "uiStrong")
        self.head.addWidget(self.title)
        self.head.addStretch(1)
        self.column.addWidget(holder)
        self.column.addWidget(Separator())


class Fact(QWidget):
    """Icon, name and value in a row, with a bar or a note below where there is one."""

    def __init__(self, icon: str, name: str, *, bar: bool = False, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 10, 16, 10)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(IconLabel(icon, "text2", 16))
        self._name = name
        row.addWidget(Label(name, "ui", "text2"))
        row.addStretch(1)
        self.value = Label("", "uiStrong")
        row.addWidget(self.value)
        column.addLayout(row)
        self._note = Label("", "caption", "text2", wrap=True)
        self._note.setContentsMargins(24, 0, 0, 0)
        self._note.hide()
        column.addWidget(self._note)
        self.bar = ProgressBar(name, height=4) if bar else None
        if self.bar is not None:
            held = QHBoxLayout()
            held.setContentsMargins(24, 0, 0, 0)
            held.addWidget(self.bar)
            column.addLayout(held)

    def show_value(self, value: str, *, fraction: float | None = None, note: str = "") -> None:
        self.value.setText(value)
        self.setAccessibleName(f"{self._name}: {value}. {note}".strip())
        if self.bar is not None and fraction is not None:
            self.bar.set_fraction(fraction)
        if note != self._note.text():
            self._note.setText(note)
            self._note.setVisible(bool(note))


class Foot(ThemedWidget):
    """The line at the foot of every step: back, what comes next or what is missing, and the one primary button."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 12, 24, 12)
        row.setSpacing(12)
        self.back = Button(self.tr("Back"), icon="chevron-left", large=True)
        self.again = Button(self.tr("Train again with changes"), "quiet")
        self._icon = IconLabel("info", "text2", 16)
        self.lead = Label("", "ui", "text2", wrap=True)
        self.hint = Label("", "ui", "text2", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter)
        self.second = Button("", large=True)
        self.next = Button("", "primary", trailing="chevron-right", large=True)
        self.elsewhere = Button(self.tr("Train elsewhere…"), "quiet")
        row.addWidget(self.back)
        row.addWidget(self.again)
        row.addWidget(self.elsewhere)
        row.addWidget(self._icon)
        row.addWidget(self.lead, 2)
        row.addWidget(self.hint, 3)
        row.addWidget(self.second)
        row.addWidget(self.next)
        self.setMinimumHeight(theme().px(64))

    def say(self, text: str, *, leading: bool = False, warning: bool = False, icon: bool = False) -> None:
        """The sentence of the foot, beside the button or at the other end, where an `icon` may stand before it."""
        self._icon.setVisible(leading and icon)
        shown, other = (self.lead, self.hint) if leading else (self.hint, self.lead)
        shown.setText(text)
        shown.set_color("warning" if warning else "text2")
        other.setText("")
        self.lead.setVisible(leading)
        self.hint.setVisible(not leading)

    def fit(self) -> None:
        """Leave out what can be reached another way where there is no room."""
        shown = (self.back, self.second, self.next)
        needed = 48 + sum(button.sizeHint().width() + 12 for button in shown if not button.isHidden())
        for quiet in (self.again, self.elsewhere):
            if not quiet.isHidden() and needed + quiet.sizeHint().width() > self.width():
                quiet.hide()

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, 0, self.width(), 1, theme().color("border"))


class Verdict(Panel):
    """The big sentence at the top of Compare and Use."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, fill="successSoft")
        self.column.setContentsMargins(17, 16, 16, 16)
        outer = QHBoxLayout()
        outer.setSpacing(14)
        row = QHBoxLayout()
        row.setSpacing(14)
        self._outer = outer
        self._icon = IconLabel("circle-check", "success", 24)
        row.addWidget(self._icon)
        words = QVBoxLayout()
        words.setSpacing(2)
        self.title_row = QHBoxLayout()
        self.title_row.setSpacing(8)
        self.title = Label("", "verdict", wrap=True)
        self.title_row.addWidget(self.title, 1000)
        self.title_row.addStretch(1)
        self.detail = Label("", "body", "text2", wrap=True)
        words.addLayout(self.title_row)
        words.addWidget(self.detail)
        row.addLayout(words, 1)
        outer.addLayout(row, 1)
        self.action = Button("")
        self.action.hide()
        outer.addWidget(self.action)
        self.column.addLayout(outer)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        narrow = self.width() < theme().px(520)
        self._outer.setDirection(QHBoxLayout.Direction.TopToBottom if narrow else QHBoxLayout.Direction.LeftToRight)

    def add_beside_title(self, button: QWidget) -> None:
        """Right behind its last word."""
        self.title_row.insertWidget(1, button)

    def _theme_changed(self) -> None:
        super()._theme_changed()
        self._measure()

    def _measure(self) -> None:
        """No wider than its words, which may still wrap."""
        self.title.setMaximumWidth(self.title.fontMetrics().horizontalAdvance(self.title.text()) + 4)

    def show_verdict(self, kind: Literal["success", "warning", "info"], title: str, detail: str) -> None:
        fill = {"success": "successSoft", "warning": "warningSoft", "info": "accentSoft"}[kind]
        icon = {"success": "circle-check", "warning": "triangle-alert", "info": "equal"}[kind]
        self.set_fill(fill)
        self._icon.set_icon(icon, "accent" if kind == "info" else kind)
        self.title.setText(title)
        self._measure()
        self.detail.setText(detail)
        self.detail.setVisible(bool(detail))
        self.setAccessibleName(f"{title} {detail}".strip())


class DetailsLink(Button):
    """A chevron and "Details" that folds something in and out."""

    toggled_open = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("", "quiet", "chevron-right", parent=parent)
        self.setText(self.tr("Details"))
        self.setCheckable(True)
        self.toggled.connect(self._turn)

    def _turn(self, opened: bool) -> None:
        self.set_icon("chevron-down" if opened else "chevron-right")
        self.toggled_open.emit(opened)


class TwoColumns(QWidget):
    """Two widgets side by side that stand below each other where the page is narrow."""

    def __init__(self, leading: QWidget, trailing: QWidget, stretch: tuple[int, int], spacing: int = 16) -> None:
        super().__init__()
        self._box = QHBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.setSpacing(spacing)
        self._box.addWidget(leading, stretch[0])
        self._box.addWidget(trailing, stretch[1])

    def set_narrow(self, narrow: bool) -> None:
        direction = QHBoxLayout.Direction.TopToBottom if narrow else QHBoxLayout.Direction.LeftToRight
        self._box.setDirection(direction)


class TwoAnswers(QWidget):
    """Two answers beside each other in boxes with a name."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(16)
        self.boxes = (AnswerBox(), AnswerBox())
        for box in self.boxes:
            row.addWidget(box, 1)


class AnswerBox(Panel):
    """One answer with its name above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, fill="subtle")
        self.column.setContentsMargins(12, 8, 12, 12)
        self.column.setSpacing(2)
        self.name = Label("", "uiStrong", "text2")
        self.text = Label("", "ui", wrap=True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeading)
        self.column.addWidget(self.name)
        self.column.addWidget(self.text, 1)

    def show_answer(self, name: str, text: str, *, marked: bool = False) -> None:
        self.name.setText(name)
        self.name.set_color("accent" if marked else "text2")
        self.text.setText(text)
        self.set_fill("accentSoft" if marked else "subtle")
        self.setAccessibleName(f"{name}: {text}")


class Arrow(ThemedWidget):
    """An arrow between two things that follow each other."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(16, 16)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            painter.translate(16, 0)
            painter.scale(-1, 1)
        paint_icon(painter, "arrow-right", "text2", QRect(0, 0, 16, 16))
