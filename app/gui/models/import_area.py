"""Where a model file is brought in on the Models page."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDropEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app.formats import MODEL_SUFFIXES
from app.gui.theme import theme
from app.gui.widgets import Button, IconLabel, Label, ProgressBar, ThemedWidget, paint_box
from app.gui.widgets.file_dialogs import ask_for_folder
from app.llama.model_folders import is_meant_as_model
from app.models.model_files import first_file


class ImportArea(ThemedWidget):
    """Where a model file is dropped or chosen, and how far its import is."""

    dropped = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._over = False
        row = QHBoxLayout(self)
        row.setContentsMargins(18, 12, 18, 12)
        row.setSpacing(16)
        row.addWidget(IconLabel("file-box", "text2", 24))
        words = QVBoxLayout()
        words.setSpacing(2)
        self._title = Label("", "uiStrong", wrap=True)
        self._detail = Label("", "caption", "text2", wrap=True)
        self._bar = ProgressBar(self.tr("Import"))
        words.addWidget(self._title)
        words.addWidget(self._detail)
        words.addWidget(self._bar)
        row.addLayout(words, 1)
        self.choose = Button(self.tr("Choose file"))
        self.cancel = Button(self.tr("Cancel"))
        self.folder = Button(self.tr("Choose folder"))
        self.folder.setToolTip(
            self.tr("A model with safetensors, config.json and tokenizer.json, or an adapter that PEFT wrote")
        )
        self.folder.clicked.connect(self._choose_folder)
        row.addWidget(self.choose)
        row.addWidget(self.folder)
        row.addWidget(self.cancel)
        self.show_idle()

    def show_idle(self) -> None:
        self._title.setText(self.tr("Import a GGUF file or a model folder: drop it here"))
        self._detail.setText(
            self.tr("It is checked first. A file is copied; a folder stays, and a GGUF is made of it.")
        )
        self._bar.hide()
        self.folder.show()
        self._trade(self.cancel, self.choose)

    def show_progress(self, name: str, fraction: float, seconds_left: float) -> None:
        left = self.tr("about {0} s left").format(round(seconds_left)) if seconds_left >= 1 else ""
        self._title.setText(self.tr("Importing {0}").format(name))
        self._detail.setText(", ".join(part for part in (f"{fraction:.0%}", left) if part))
        self._bar.set_fraction(fraction)
        self._bar.show()
        self.folder.hide()
        self._trade(self.choose, self.cancel)

    def _choose_folder(self) -> None:
        path = ask_for_folder(self, self.tr("Import a model folder"))
        if path:
            self.dropped.emit(path)

    @staticmethod
    def _trade(old: Button, new: Button) -> None:
        """One button takes the other's place, and the keyboard with it."""
        focused = old.hasFocus()
        new.show()
        if focused:
            new.setFocus(Qt.FocusReason.OtherFocusReason)
        old.hide()

    def sizeHint(self) -> QSize:
        return QSize(300, max(super().sizeHint().height(), theme().px(64)))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if model_file(event) is not None:
            event.acceptProposedAction()
            self._over = True
            self.update()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        self._over = False
        self.update()

    def dropEvent(self, event: QDropEvent) -> None:
        self._over = False
        self.update()
        path = model_file(event)
        if path is not None:
            event.acceptProposedAction()
            self.dropped.emit(path)

    def paintEvent(self, event: QPaintEvent) -> None:
        fill, edge = ("accentSoft", "accent") if self._over else ("subtle", "borderStrong")
        box = QRectF(self.rect())
        paint_box(
            QPainter(self), box, fill=theme().color(fill), edge=theme().color(edge), radius=8, width=2, dashed=True
        )


def model_file(event: QDropEvent) -> str | None:
    """The one model that is dragged, by its first file where it comes in several; None where it is anything else."""
    paths = [url.toLocalFile() for url in event.mimeData().urls() if url.isLocalFile()]
    if len(paths) == 1 and is_meant_as_model(paths[0]):
        return paths[0]
    firsts = {first_file(path) for path in paths}
    only = firsts.pop() if len(firsts) == 1 else ""
    return only if only.lower().endswith(MODEL_SUFFIXES) else None
