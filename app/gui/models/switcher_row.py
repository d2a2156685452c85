"""A model in the switcher's list, or the progress of switching to it."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from app.gui.hardware import Fit
from app.gui.models.model_words import size_and_precision
from app.gui.models.row import symbol_of
from app.gui.theme import theme
from app.gui.widgets import Button, Chip, ElidedLabel, IconLabel, Label, ProgressBar, ThemedWidget, paint_box
from app.models.model_files import is_missing
from app.types import InstalledModel


class SwitcherRow(ThemedWidget):
    """Two lines and what matters for the choice: fit and speed."""

    clicked = Signal(str)
    cancel_asked = Signal()

    def __init__(
        self,
        model: InstalledModel,
        fit: Fit,
        *,
        in_use: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.model = model
        self._in_use, self._current, self._switching = in_use, False, False
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(12, 8, 12, 8)
        self._row.setSpacing(12)
        check = IconLabel("check", "accent", 16)
        check.setVisible(in_use)
        holder = QWidget()
        holder.setFixedWidth(16)
        mark = QHBoxLayout(holder)
        mark.setContentsMargins(0, 0, 0, 0)
        mark.addWidget(check)
        self._row.addWidget(holder)
        self._row.addWidget(IconLabel(symbol_of(model), tile=36, fill="surface" if in_use else "hover"))
        self._row.addLayout(self._words(), 1)
        self._fit = self._fit_chip(fit)
        self._speed = self._speed_label()
        self._row.addWidget(self._fit)
        self._row.addWidget(self._speed)
        self.setAccessibleName(f"{model.name}, {self._fit.text()}")

    def set_current(self, current: bool) -> None:
        """The row that Enter uses."""
        self._current = current
        self.update()

    def show_progress(self, fraction: float, seconds: float, text: str) -> None:
        """The switch to this model is under way."""
        if not self._switching:
            self._start_progress()
        self._bar.set_fraction(fraction)
        left = seconds / fraction - seconds if fraction > 0.05 else 0.0
        about = self.tr(", about {0} s").format(round(left)) if left >= 1 else ""
        self._percent.setText(f"{fraction:.0%}{about}")
        self._note.set_text(text)
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(400, theme().px(68 if self._switching else 60))

    def _start_progress(self) -> None:
        self._switching = True
        self._fit.hide()
        self._speed.hide()
        self._detail.hide()
        self._percent = Label("", "caption", "text2")
        self._bar = ProgressBar(self.tr("Switching"), height=4)
        self._note = ElidedLabel("", "caption", "text2")
        self._first.addWidget(self._percent)
        self._lines.addWidget(self._bar)
        self._lines.addWidget(self._note)
        cancel = Button(self.tr("Cancel"))
        cancel.clicked.connect(self.cancel_asked)
        self._row.addWidget(cancel)
        self.updateGeometry()

    def _words(self) -> QVBoxLayout:
        self._lines = QVBoxLayout()
        self._lines.setSpacing(2)
        self._first = QHBoxLayout()
        self._first.setSpacing(8)
        self._first.addWidget(ElidedLabel(self.model.name, "uiStrong"))
        if self._in_use:
            self._first.addWidget(Chip(self.tr("In use"), "surface"))
        if self.model.adapter or self.model.origin == "finetuned":
            self._first.addWidget(Chip(self.tr("Adapter") if self.model.adapter else self.tr("Fine-tuned"), "neutral"))
        self._first.addStretch(1)
        self._lines.addLayout(self._first)
        self._detail = Label(size_and_precision(self.model), "caption", "text2")
        self._lines.addWidget(self._detail)
        return self._lines

    def _fit_chip(self, fit: Fit) -> Chip:
        if is_missing(self.model):
            return Chip(self.tr("The file is gone"), "danger", "circle-x")
        return Chip(fit.short or fit.text, fit.kind, fit.icon)

    def _speed_label(self) -> QWidget:
        holder = QWidget()
        holder.setMinimumWidth(theme().px(64))
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        row.addStretch(1)
        speed = self.model.tokens_per_s
        if speed is not None:
            row.addWidget(Label(f"{speed:.0f}", "uiStrong"))
            row.addWidget(Label(self.tr("tok/s"), "ui", "text2"))
        return holder

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self.clicked.emit(self.model.name)

    def paintEvent(self, event: QPaintEvent) -> None:
        fill = "selected" if self._in_use else "hover" if self.underMouse() else None
        edge = theme().color("focus") if self._current and not self._in_use else None
        if fill or edge is not None:
            paint_box(
                QPainter(self),
                QRectF(self.rect()),
                fill=theme().color(fill) if fill else None,
                edge=edge,
                width=2,
                radius=6,
            )
