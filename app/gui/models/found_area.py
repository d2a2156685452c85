"""Models of Ollama and LM Studio on the Models page: that they are here, and which of them to use from there."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QRectF, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget

from app.gui.hardware import size_text
from app.gui.models.found import FoundModels
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, IconLabel, Label, ThemedWidget, empty_layout, paint_box
from app.gui.widgets.choices import CheckBox
from app.gui.widgets.dialogs import head, scrolled
from app.hub import FoundFile

NAMED = 2
"""Models that the line of the page names."""


class FoundArea(ThemedWidget):
    """The line of the page that offers them; hidden where there are none."""

    asked = Signal()

    def __init__(self, found: FoundModels, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found = found
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 12, 18, 12)
        row.setSpacing(16)
        row.addWidget(IconLabel("hard-drive", "text2", 24))
        words = QVBoxLayout()
        words.setSpacing(2)
        self._title = Label("", "uiStrong", wrap=True)
        self._detail = Label("", "caption", "text2", wrap=True)
        words.addWidget(self._title)
        words.addWidget(self._detail)
        row.addLayout(words, 1)
        self.choose = Button(self.tr("Choose models"))
        self.choose.clicked.connect(self.asked)
        row.addWidget(self.choose)
        found.changed.connect(self._show)
        self._show()

    def _show(self) -> None:
        files = self._found.files
        self.setVisible(bool(files))
        self._title.setText(title_of(files))
        shown = [f"{file.name} ({size_text(file.bytes)})" for file in files[:NAMED]]
        if len(files) > NAMED:
            shown.append(self.tr("{0} more").format(len(files) - NAMED))
        self._detail.setText(self.tr("{0}. Linked, not copied.").format(", ".join(shown)))
        self.choose.setAccessibleName(f"{self.choose.text()}: {title_of(files)}")

    def paintEvent(self, event: QPaintEvent) -> None:
        box = QRectF(self.rect())
        paint_box(QPainter(self), box, fill=theme().color("surface"), edge=theme().color("border"), radius=8)


class FoundDialog(QDialog):
    """Which of them to list. It closes when all are; one that cannot be stays, with the reason."""

    def __init__(self, found: FoundModels, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._found = found
        self.setWindowTitle(self.tr("Models on this computer"))
        self.setModal(True)
        self.setMinimumWidth(theme().px(520))
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(16)
        owners = stores_text(found.files)
        said = self.tr(
            "They are linked, not copied: the files stay with {0} and take no more room. Once a file is deleted there, "
            "its model cannot be used here any more; your chats stay. Inhouse never changes or deletes these files."
        ).format(owners)
        column.addLayout(head("hard-drive", "text2", title_of(found.files), said))
        area, rows = scrolled(self.tr("Models"))
        self.boxes = [(self._box(file, rows), file) for file in found.files]
        rows.addStretch(1)
        area.setMinimumHeight(min(theme().px(32) * len(self.boxes) + 8, theme().px(280)))
        column.addWidget(area, 1)
        self._messages = QVBoxLayout()
        self._messages.setSpacing(8)
        column.addLayout(self._messages)
        column.addLayout(self._build_buttons())
        found.moved.connect(self._moved)
        found.ended.connect(self._ended)
        self.finished.connect(found.cancel)
        self._count()
        self.boxes[0][0].setFocus()

    def _box(self, file: FoundFile, rows: QVBoxLayout) -> CheckBox:
        line = QHBoxLayout()
        line.setSpacing(12)
        size = size_text(file.bytes)
        box = CheckBox(file.name, checked=True, name=f"{file.name}, {size}, {file.store}")
        box.setMinimumHeight(theme().px(24))
        box.clicked.connect(self._count)
        line.addWidget(box, 1)
        line.addWidget(Label(f"{size}, {file.store}", "caption", "text2"))
        rows.addLayout(line)
        return box

    def _build_buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(8)
        self.doing = Label("", "caption", "text2", wrap=True)
        row.addWidget(self.doing, 1)
        cancel = Button(self.tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.link = Button("", "primary")
        self.link.setDefault(True)
        self.link.clicked.connect(lambda: self._found.link(self._chosen()))
        row.addWidget(cancel)
        row.addWidget(self.link)
        return row

    def _chosen(self) -> list[FoundFile]:
        return [file for box, file in self.boxes if box.isChecked() and box.isEnabled()]

    def _count(self) -> None:
        count = len(self._chosen())
        self.link.setText(self.tr("Use 1 model") if count == 1 else self.tr("Use {0} models").format(count))
        if count:
            self.link.enable()
        else:
            self.link.disable(self.tr("Choose at least one model."))

    def _moved(self) -> None:
        linking = self._found.linking
        self.doing.setText(self.tr("Looking at {0}…").format(linking) if linking else "")
        if linking:
            self.link.disable(self.doing.text())

    def _ended(self, linked: object) -> None:
        """What could not be listed stays, greyed out, with the reason."""
        empty_layout(self._messages)
        problems = self._found.problems
        if not problems and linked:
            self.accept()
            return
        left = {file.path for file in self._found.files}
        for box, file in self.boxes:
            box.setEnabled(file.path in left and file.name not in problems)
        for name, error in problems.items():
            banner = Banner("danger", f"{name}: {error.message}", error.hint)
            self._messages.addWidget(banner)
            banner.show()
        self._count()


def title_of(files: Sequence[FoundFile]) -> str:
    """ "Ollama has 3 models on this computer"."""
    count = len(files)
    said = _tr("{0} has {1} models on this computer") if count != 1 else _tr("{0} has a model on this computer")
    if len({file.store for file in files}) > 1:
        said = _tr("{0} have {1} models on this computer")
    return said.format(stores_text(files), count)


def stores_text(files: Sequence[FoundFile]) -> str:
    """ "Ollama", or "LM Studio and Ollama"."""
    return _tr(" and ").join(sorted({file.store for file in files}))


def _tr(text: str) -> str:
    return QCoreApplication.translate("FoundModels", text)
