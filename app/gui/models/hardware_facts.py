"""What this computer has, in the bar of the Models page."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.gui.hardware import disk_free_bytes, memory_bytes, processor, size_text
from app.gui.widgets import IconLabel, Label
from app.types import ModelInfo


class HardwareFacts(QWidget):
    """Device with memory, and what is free where models are kept."""

    def __init__(self, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder, self._memory = folder, memory_bytes()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        self._device, self._disk = _Fact("cpu"), _Fact("hard-drive")
        row.addWidget(self._device)
        row.addWidget(self._disk)

    def show_info(self, info: ModelInfo | None) -> None:
        """The device as the engine says it, where a model is loaded on this computer."""
        device = info.device if info is not None and info.device and info.backend != "server" else processor()
        self._device.set_text(f"{device}, {size_text(self._memory)}")
        self._disk.set_text(self.tr("{0} free").format(size_text(disk_free_bytes(self._folder))))


class _Fact(QWidget):
    """An icon and a few words in the bar."""

    def __init__(self, symbol: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(IconLabel(symbol, "text2", 16))
        self._label = Label("", "ui", "text2")
        row.addWidget(self._label)

    def set_text(self, text: str) -> None:
        self._label.setText(text)
        self._label.setToolTip(text)
