"""The model in the chat's top bar; its list of models is another module, which the first click imports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QAbstractButton, QHBoxLayout, QSizePolicy, QWidget

from app.gui.icons import paint_icon
from app.gui.models.controller import ModelsController
from app.gui.theme import theme
from app.gui.widgets import FOCUS_RING, Chip, Label, paint_box
from app.late import Late

if TYPE_CHECKING:
    from app.gui.models import switcher_list as model_list
    from app.gui.models.switcher_list import ModelSwitcher
else:
    model_list = Late("app.gui.models.switcher_list")


class ModelBar(QWidget):
    """The button with the model's name, what it runs on and how fast, or how far loading is."""

    manage_asked = Signal()

    def __init__(self, models: ModelsController, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._models = models
        self._popup: ModelSwitcher | None = None
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self.button = ModelButton()
        self.button.clicked.connect(self.open_list)
        self._state = Label("", "ui", "text2")
        self._runs_on = Chip()
        self._runs_on.hide()
        self._short = False
        row.addWidget(self.button)
        row.addWidget(self._runs_on)
        row.addWidget(self._state)
        for signal in (models.engine_ready, models.engine_failed, models.models_changed, models.switched):
            signal.connect(self.refresh)
        models.loading.connect(self._loading)
        models.switching.connect(self._switching)
        models.switch_failed.connect(self.refresh)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Preferred)
        self.refresh()

    def refresh(self, *_: object) -> None:
        model = self._models.active
        if model is None:
            self.button.show_model(self.tr("No model"), "")
        else:
            self.button.show_model(model.name, model.quantization)
        info, speed = self._models.info, model.tokens_per_s if model is not None else None
        if info is not None:
            on_gpu = info.backend != "CPU"
            self._runs_on.show_state(*(("GPU", "success", "zap") if on_gpu else ("CPU", "neutral", "cpu")))
            self._runs_on.setToolTip(self.tr("Runs on {0} ({1})").format(info.device, info.backend))
            self._state.setText(self.tr("{0} tok/s").format(round(speed)) if speed else "")
            self._state.setToolTip(self.tr("Words are made of tokens. This is the last speed on this computer."))
        self._runs_on.setVisible(info is not None and not self._short)
        self._state.setVisible(info is not None and bool(speed) and not self._short)

    def set_short(self, short: bool) -> None:
        """Leave out what the model runs on, for want of room."""
        if short != self._short:
            self._short = short
            self.refresh()

    def open_list(self) -> None:
        """Show the list below the button, or close it."""
        if self._popup is not None:
            self._popup.close_list()
            return
        popup = model_list.ModelSwitcher(self._models, self)
        popup.manage_asked.connect(self.manage_asked)
        popup.closed.connect(self._closed)
        self._popup = popup
        self.button.set_open(True)
        popup.open_below(self.button)

    def _closed(self) -> None:
        self._popup = None
        self.button.set_open(False)

    def _loading(self, fraction: float) -> None:
        if self._models.info is None:
            self._state.setText(self.tr("Loading, {0} %").format(round(fraction * 100)))
            self._state.show()

    def _switching(self, name: str, fraction: float) -> None:
        self._state.setText(self.tr("Switching to {0}, {1} %").format(name, round(fraction * 100)))
        self._state.show()


class ModelButton(QAbstractButton):
    """ "Mistral 7B Instruct Q4_K_M" with a chevron."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name, self._quantization, self._open = "", "", False
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setProperty(FOCUS_RING, 6)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        theme().changed.connect(self.updateGeometry)

    def show_model(self, name: str, quantization: str) -> None:
        self._name, self._quantization = name, quantization
        self.setAccessibleName(self.tr("Model: {0}. Switch model").format(name))
        self.setToolTip(self.tr("{0}. Switch model (Ctrl+Shift+M)").format(f"{name} {quantization}".strip()))
        self.updateGeometry()
        self.update()

    def set_open(self, opened: bool) -> None:
        self._open = opened
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(self._words_width() + 13 + 16 + 8 + 8 + 16 + 13, theme().px(36))

    def minimumSizeHint(self) -> QSize:
        return QSize(120, theme().px(36))

    def _words_width(self) -> int:
        self.ensurePolished()
        name = _advance(self._name, strong=True)
        return name + (8 + _advance(self._quantization) if self._quantization else 0)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        fill = "pressed" if self._open or self.isDown() else "hover" if self.underMouse() else "surface"
        paint_box(painter, QRectF(self.rect()), fill=theme().color(fill), edge=theme().color("border"))
        rtl = self.layoutDirection() == Qt.LayoutDirection.RightToLeft
        top = (self.height() - 16) // 2
        ends = (self.width() - 29, 13) if rtl else (13, self.width() - 29)
        paint_icon(painter, "box", "text2", _square(ends[0], top))
        paint_icon(painter, "chevron-up" if self._open else "chevron-down", "text2", _square(ends[1], top))
        area = self.rect().adjusted(37, 0, -37, 0)
        start = int(Qt.AlignmentFlag.AlignLeading | Qt.AlignmentFlag.AlignVCenter)
        painter.setFont(theme().font("uiStrong"))
        painter.setPen(theme().color("text"))
        room = area.width() - (8 + _advance(self._quantization) if self._quantization else 0)
        name = painter.fontMetrics().elidedText(self._name, Qt.TextElideMode.ElideRight, room + 2)
        painter.drawText(area, start, name)
        painter.setFont(theme().font("ui"))
        painter.setPen(theme().color("text2"))
        painter.drawText(area, int(Qt.AlignmentFlag.AlignTrailing | Qt.AlignmentFlag.AlignVCenter), self._quantization)


def _advance(text: str, *, strong: bool = False) -> int:
    return QFontMetrics(theme().font("uiStrong" if strong else "ui")).horizontalAdvance(text) + 1


def _square(left: int, top: int) -> QRect:
    return QRect(left, top, 16, 16)
