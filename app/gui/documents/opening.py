"""Files that a person opened with Inhouse: the window does with them what a drop on it does, as soon as it can."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from app.gui.collections import KnownCollections
from app.gui.documents.collections_model import target_of
from app.gui.documents.controller import DocumentsController
from app.gui.documents.drop_overlay import DropOverlay
from app.gui.shell.main_window import MainWindow
from app.opened import sort_out


class Opening(QObject):
    """Keeps what was opened until the collections are known and the first run is over."""

    def __init__(
        self, window: MainWindow, overlay: DropOverlay, documents: DocumentsController, known: KnownCollections
    ) -> None:
        super().__init__(window)
        self._window, self._overlay, self._documents, self._known = window, overlay, documents, known
        self._waiting: list[str] = []
        known.changed.connect(self._go_on)
        window.outer.currentChanged.connect(self._go_on)
        if (app := QApplication.instance()) is not None:
            app.installEventFilter(self)

    def open(self, paths: list[str]) -> None:
        """Add the documents among these paths and import the models; what cannot be opened is said."""
        self._waiting += paths
        if paths and self._window.outer.currentIndex():
            self._window.toast(self.tr("What you opened is added as soon as you have started here."))
        self._go_on()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """On macOS the system tells the running program of each file."""
        if isinstance(event, QFileOpenEvent) and event.file():
            self.open([event.file()])
            return True
        return False

    def _go_on(self) -> None:
        if not self._waiting or not self._known.told or self._window.outer.currentIndex():
            return
        paths, self._waiting = self._waiting, []
        opened = sort_out(paths)
        if opened.documents:  # into the collection that is shown, or the first of one's own
            target = target_of(self._documents.totals, self._documents.current)
            self._overlay.files_dropped.emit(list(opened.documents), target)
        for path in opened.models:
            self._overlay.model_dropped.emit(path)
        if refusal := opened.refusal():
            self._window.toast(refusal)
