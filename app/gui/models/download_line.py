"""What is on its way, in the switcher: a line each, with no buttons; the Models page has those."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.gui.models import catalogue_words as words
from app.gui.models.catalogue import ModelCatalogue
from app.gui.theme import theme
from app.gui.widgets import ElidedLabel, IconLabel, Label, ProgressBar, empty_layout
from app.hub import Download

MOST = 3
"""Lines; the list of models is what the switcher is for."""


class DownloadLines(QWidget):
    """Hidden while nothing is on its way."""

    moved = Signal()
    """It takes another height now."""

    def __init__(self, catalogue: ModelCatalogue, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._catalogue = catalogue
        self._lines: list[DownloadLine] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 4, 0, 8)
        self._column.setSpacing(4)
        catalogue.downloads_changed.connect(self._refresh)
        self.setVisible(bool(catalogue.downloads))
        self._refresh()

    def _refresh(self) -> None:
        shown = self._catalogue.downloads[:MOST]
        if [line.key for line in self._lines] != [each.id for each in shown]:
            empty_layout(self._column)
            self._lines = [DownloadLine(each) for each in shown]
            for line in self._lines:
                self._column.addWidget(line)
            self.setVisible(bool(shown))
            self.moved.emit()
        for line, each in zip(self._lines, shown, strict=True):
            line.show_download(each)


class DownloadLine(QWidget):
    """Name, bar, and how fast it comes."""

    def __init__(self, download: Download, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.key = download.id
        row = QHBoxLayout(self)
        row.setContentsMargins(44, 2, 16, 2)
        row.setSpacing(12)
        row.addWidget(IconLabel("download", "text2", 16))
        row.addWidget(ElidedLabel(download.name, "caption", strong=True), 1)
        self._bar = ProgressBar("", height=4)
        self._bar.setFixedWidth(theme().px(112))
        row.addWidget(self._bar)
        self._percent = Label("", "caption", strong=True)
        self._percent.setMinimumWidth(theme().px(32))
        row.addWidget(self._percent)
        self._pace = ElidedLabel("", "caption", "text2")
        self._pace.setMinimumWidth(theme().px(148))
        row.addWidget(self._pace)

    def show_download(self, download: Download) -> None:
        """How far it is now."""
        self._bar.set_fraction(words.fraction(download))
        self._bar.set_color("danger" if download.state == "failed" else "accent")
        self._percent.setText(f"{words.fraction(download):.0%}")
        self._pace.set_text(words.pace(download))
        self.setAccessibleName(words.spoken(download))
        self.setToolTip(words.spoken(download))
