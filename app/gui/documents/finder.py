"""The search field of the Documents page: the newest question wins."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from app.errors import AppError
from app.gui.core_client import CoreClient
from app.gui.documents.passages_model import PassagesModel
from app.workers.calls.documents import Search, Searched

SEARCH_RESULTS = 20


class Finder(QObject):
    """Asks for passages, one search at a time."""

    started = Signal(str)
    finished = Signal(object)
    """SearchResult"""
    cleared = Signal()
    failed = Signal(object)
    """AppError"""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.results = PassagesModel(self)
        self._asking = False
        self._wanted: tuple[str, tuple[int, ...]] = ("", ())
        """Question and collections; no question shows the documents."""

    @property
    def searching(self) -> bool:
        """Whether results are shown instead of the documents."""
        return bool(self._wanted[0])

    def search(self, query: str, collections: tuple[int, ...]) -> None:
        """Find passages in these collections, or in all where none is named."""
        query = query.strip()
        if not query:
            self.clear()
            return
        self._wanted = asked = query, collections
        if self._asking:
            return  # it cannot be cut short without ending an add: the newest question is asked when it is over
        self._asking = True
        self.started.emit(query)

        def done(data: Searched) -> None:
            self._asking = False
            if asked != self._wanted:
                self.search(*self._wanted)
                return
            self.results.replace(data.result.passages)
            self.finished.emit(data.result)

        def failed(error: AppError) -> None:
            self._asking = False
            if asked == self._wanted:
                self.clear()
                self.failed.emit(error)

        call = Search(query=query, collections=collections, k=SEARCH_RESULTS, highlight=True)
        self._core.request(call, done=done, failed=failed)

    def clear(self) -> None:
        """Back to the documents."""
        self._wanted = ("", ())
        self.results.replace(())
        self.cleared.emit()
