"""Rows below an answer's sources: a newer version, documents that disagree, text that speaks to an assistant.

A click opens what the row is about.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.assistant.notices import Kind, Notice
from app.gui.theme import theme
from app.gui.widgets import Button, IconLabel, Label, ThemedWidget, paint_box

ICONS: dict[Kind, str] = {
    "newer": "clock", "disagree": "triangle-alert", "by_model": "box", "unsure": "eye", "flagged": "shield-check",
}  # fmt: skip


class NoticeRows(QWidget):
    """One box a notice, most important first."""

    opened = Signal(object)
    """Passage"""

    def __init__(self, said: Sequence[Notice], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for notice in said:
            row = _Row(notice)
            row.button.clicked.connect(lambda _=False, passage=notice.passage: self.opened.emit(passage))
            column.addWidget(row)


class _Row(ThemedWidget):
    def __init__(self, notice: Notice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 8, 8, 8)
        row.setSpacing(8)
        row.addWidget(IconLabel(ICONS[notice.kind], "warning", 16), alignment=Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(Label(notice.text, "caption", "text", wrap=True), 1)
        self.button = Button(self._verb(notice.kind), trailing="chevron-right")
        self.button.setAccessibleDescription(notice.text)
        row.addWidget(self.button, alignment=Qt.AlignmentFlag.AlignVCenter)
        self.setAccessibleName(notice.text)

    def _verb(self, kind: Kind) -> str:
        verbs = {
            "newer": self.tr("Open"),
            "disagree": self.tr("Show"),
            "by_model": self.tr("Show"),
            "unsure": self.tr("Show"),
            "flagged": self.tr("Show"),
        }
        return verbs[kind]

    def paintEvent(self, event: QPaintEvent) -> None:
        paint_box(QPainter(self), QRectF(self.rect()), fill=theme().color("warningSoft"), radius=8)
