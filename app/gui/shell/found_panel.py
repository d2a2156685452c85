"""The welcome's panel: what Inhouse promises, and what this computer has."""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.hardware import disk_free_bytes, memory_bytes, processor, size_text
from app.gui.shell.logo import Logo
from app.gui.theme import theme
from app.gui.widgets import IconLabel, Label, ThemedWidget
from app.gui.widgets.page_frame import ScrollColumn, Separator
from app.paths import Home
from app.types import ModelInfo

PROMISE = "Ask your company documents. On this computer."
SAID = "Inhouse reads your files, answers with the page it used, and works without internet."


class Found(ThemedWidget):
    """The panel with the promise and the hardware."""

    def __init__(self, home: Home) -> None:
        super().__init__()
        self._narrow = False
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 1, 0)
        outer.setSpacing(0)
        self._scroll = ScrollColumn((40, 48, 40, 16))
        outer.addWidget(self._scroll, 1)
        column = self._scroll.column
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(Logo())
        head.addWidget(Label("Inhouse", "heading"))
        head.addStretch(1)
        column.addLayout(head)
        column.addSpacing(44)
        self._promise = Label("", "verdict", wrap=True)
        column.addWidget(self._promise)
        column.addSpacing(16)
        self._said = Label("", "body", "text2", wrap=True)
        column.addWidget(self._said)
        self._space_words()
        column.addSpacing(40)
        column.addWidget(Label(self.tr("What we found"), "uiStrong"))
        column.addSpacing(8)
        self._gpu = _Found("zap", self.tr("Graphics card"), self.tr("Looking"), known=False)
        rows = (
            self._gpu,
            _Found("cpu", self.tr("Processor"), processor()),
            _Found("memory-stick", self.tr("Memory"), size_text(memory_bytes())),
            _Found("hard-drive", self.tr("Free disk space"), size_text(disk_free_bytes(home.root))),
        )
        for i, row in enumerate(rows):
            if i:
                column.addWidget(Separator())
            column.addWidget(row)
        column.addStretch(1)
        foot = QHBoxLayout()
        self._foot = foot
        foot.setContentsMargins(40, 8, 16, 32)
        foot.setSpacing(8)
        foot.addWidget(IconLabel("shield-check", "text2", 16))
        foot.addWidget(Label(self.tr("No account. No usage data is sent."), "caption", "text2", wrap=True), 1)
        outer.addLayout(foot)

    def set_narrow(self, narrow: bool) -> None:
        """Less air in a small window."""
        side = 24 if narrow else 40
        self._scroll.column.setContentsMargins(side, 24 if narrow else 48, side, 16)
        self._foot.setContentsMargins(side, 8, 16, 20 if narrow else 32)
        if narrow != self._narrow:
            self._narrow = narrow
            self._space_words()

    def show_engine(self, info: ModelInfo) -> None:
        """The graphics card as the engine sees it."""
        if info.backend == "server":
            return  # it says nothing of this computer
        if info.backend == "CPU":
            self._gpu.show_value(self.tr("None found, the processor is used"), good=None)
        else:
            self._gpu.show_value(info.device, good=True)

    def _theme_changed(self) -> None:
        self._space_words()
        super()._theme_changed()

    def _space_words(self) -> None:
        """Both in their sizes, with the distance between lines that a label of plain text cannot have."""
        font = theme().font("verdict")
        font.setPixelSize(round((22 if self._narrow else 28) * theme().scale))
        self._promise.setFont(font)
        line = theme().px(28 if self._narrow else 36)
        spaced = ((self._promise, PROMISE, line), (self._said, SAID, theme().line("body")))
        for label, words, pixels in spaced:
            label.setTextFormat(Qt.TextFormat.RichText)
            label.setText(f'<p style="line-height:{pixels}px; margin:0">{escape(self.tr(words))}</p>')

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(self.rect(), theme().color("window"))
        x = 0 if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else self.width() - 1
        painter.fillRect(x, 0, 1, self.height(), theme().color("border"))


class _Found(QWidget):
    def __init__(self, symbol: str, name: str, value: str, *, known: bool = True) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 10, 0, 10)
        row.setSpacing(16)
        row.addWidget(IconLabel(symbol, "text2", 20))
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(Label(name, "caption", "text2"))
        self._value = Label(value, "uiStrong", wrap=True)
        words.addWidget(self._value)
        row.addLayout(words, 1)
        self._mark = IconLabel("circle-check" if known else "circle-dashed", "success" if known else "text3", 16)
        row.addWidget(self._mark)

    def show_value(self, value: str, *, good: bool | None) -> None:
        self._value.setText(value)
        self._mark.set_icon("circle-check" if good else "circle-minus", "success" if good else "text3")
