"""The model in the chat's top bar; its list of models is another module, which the first click imports."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.gui.hardware import runs_on
from app.gui.models.controller import ModelsController
from app.gui.models.model_button import ModelButton
from app.gui.widgets import Chip, Label
from app.gui.widgets.chips import ChipKind
from app.types import ModelInfo

if TYPE_CHECKING:
    from app.gui.models.switcher_list import ModelSwitcher


class ModelBar(QWidget):
    """The button with the model's name, what it runs on and how fast, or how far loading is."""

    manage_asked = Signal()
    compare_asked = Signal()

    def __init__(
        self, models: ModelsController, load_list: Callable[[], type[ModelSwitcher]], parent: QWidget | None = None
    ) -> None:
        """`load_list` imports the list, which a start does without."""
        super().__init__(parent)
        self._models, self._load_list = models, load_list
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
            self._runs_on.show_state(*_where(info))
            self._runs_on.setToolTip(runs_on(info))
            self._state.setText(self.tr("{0} tok/s").format(round(speed)) if speed else "")
            self._state.setToolTip(self.tr("Words are made of tokens. This is the last speed on this computer."))
        resting = self._models.is_resting and model is not None
        if resting:
            self._state.setText(self.tr("Memory freed"))
            self._state.setToolTip(self.tr("Nobody has asked for a while. The next key that you type loads it again."))
        self._runs_on.setVisible(info is not None and not self._short)
        self._state.setVisible((resting or (info is not None and bool(speed))) and not self._short)

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
        popup = self._load_list()(self._models, self)
        popup.manage_asked.connect(self.manage_asked)
        popup.compare_asked.connect(self.compare_asked)
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


def _where(info: ModelInfo) -> tuple[str, ChipKind, str]:
    """What does the work: text, kind and icon of the chip."""
    if info.backend == "server":
        return info.device, "info", "server"
    if info.placed.note:  # it could lie elsewhere; the tooltip says why it does not
        return ("GPU", "warning", "zap") if info.backend != "CPU" else ("CPU", "warning", "cpu")
    return ("GPU", "success", "zap") if info.backend != "CPU" else ("CPU", "neutral", "cpu")
