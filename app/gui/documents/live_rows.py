"""The rows of the collection that is shown: what is stored, and over it what adds of any door say of single files."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from app.core.calls.documents import FileMoved
from app.formats import SUPPORTED_SUFFIXES
from app.gui.documents.documents_model import DocumentsModel
from app.gui.documents.row import row_of
from app.types import Document
from app.workers.calls.documents import FileEvent

FLUSH_MS = 100
EVENTS_A_FLUSH = 1_000
"""So many file states are merged at once at most: 10,000 at once would hold the window for longer than 50 ms."""
RESORT_MS = 1_000


class LiveRows(QObject):
    """Keeps the model of the shown collection, and what is known of files of the others."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.model = DocumentsModel(self)
        self._shown = 0
        self._documents: tuple[Document, ...] = ()
        self._live: dict[int, dict[str, FileEvent]] = {}
        self._events: deque[FileEvent] = deque()
        self._flush_timer = self._timer(FLUSH_MS, self._flush)
        self._resort_timer = self._timer(RESORT_MS, self.model.resort)

    def _timer(self, ms: int, action: Callable[[], None]) -> QTimer:
        timer = QTimer(self, singleShot=True, interval=ms)
        timer.timeout.connect(action)
        return timer

    def show_collection(self, collection_id: int) -> None:
        """Show another collection; its documents are still to come."""
        if not self._shown and collection_id:  # files that waited for it to be made are there already
            self._live.setdefault(collection_id, {}).update(self._live.pop(0, {}))
            self._shown = collection_id
            return
        self._shown = collection_id
        self._documents = ()
        self._events.clear()
        self.model.clear()

    def show_documents(self, documents: tuple[Document, ...]) -> None:
        """What is stored of the shown collection."""
        self._documents = documents
        self._events.clear()
        self.model.merge([row_of(document) for document in documents])
        live = self._live.get(self._shown)
        if live:
            self._events.extend(live.values())
            self._flush()

    def show_adding(self, files: Iterable[FileMoved]) -> None:
        """Every file that is not through now: the store knows better of all others, but for failures without a row."""
        for collection_id, live in self._live.items():
            self._live[collection_id] = {
                path: event for path, event in live.items() if event.status == "failed" and event.document_id is None
            }
        for moved in files:
            self._live.setdefault(moved.collection_id, {})[moved.file.path] = moved.file

    def take(self, collection_id: int, event: FileEvent) -> None:
        """Where a file of an add stands."""
        self._live.setdefault(collection_id, {})[event.path] = event
        if collection_id == self._shown:
            self._events.append(event)
            if not self._flush_timer.isActive():
                self._flush_timer.start()

    def expect(self, collection_id: int, paths: Iterable[str]) -> None:
        """Files that were just asked for; folders are looked into later."""
        for path in paths:
            if Path(path).suffix.lower() in SUPPORTED_SUFFIXES:
                self.take(collection_id, FileEvent(path=path, status="waiting"))
        if collection_id == self._shown:
            self._flush()

    def forget(self, path: str) -> None:
        """Take one row out of sight."""
        self._live.get(self._shown, {}).pop(path, None)
        self.model.drop(path)

    def _flush(self) -> None:
        """Merge the newest state of a bounded number of files; the rest waits for the next turn."""
        newest: dict[str, FileEvent] = {}
        for _ in range(min(len(self._events), EVENTS_A_FLUSH)):
            event = self._events.popleft()
            newest[event.path] = event
        if newest:
            self.model.apply(newest.values())
        if self._events:
            self._flush_timer.start()
        if not self._resort_timer.isActive():
            self._resort_timer.start()
