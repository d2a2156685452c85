"""The search field of the Documents page: passages, or every document that fits a plan; the newest wish wins."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from app.errors import AppError
from app.gui.chat.source_cards import day_words
from app.gui.core_client import CoreClient
from app.gui.documents.passages_model import PassagesModel
from app.text.find.plan import Plan, in_words
from app.text.find.result import Findings, Hit
from app.text.find.words import often
from app.workers.calls.documents import Search, Searched
from app.workers.calls.finding import Find, Found

SEARCH_RESULTS = 20


class Finder(QObject):
    """Asks for passages or for documents, one search at a time."""

    started = Signal(str)
    finished = Signal(object)
    """SearchResult"""
    found = Signal(object)
    """Findings"""
    saved = Signal(str)
    """The path of the list."""
    cleared = Signal()
    failed = Signal(object)
    """AppError"""

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = core
        self.results = PassagesModel(self)
        self._asking = False
        self._wanted: Search | Find | None = None
        """None shows the documents."""

    @property
    def searching(self) -> bool:
        """Whether results are shown instead of the documents."""
        return self._wanted is not None

    def look_for(self, wanted: str | Plan, collections: tuple[int, ...]) -> None:
        """Find passages for a question, or every document that fits a plan, in these collections; none: in all."""
        if isinstance(wanted, Plan):
            self._ask(Find(plan=wanted, collections=collections))
        elif query := wanted.strip():
            self._ask(Search(query=query, collections=collections, k=SEARCH_RESULTS, highlight=True))
        else:
            self.clear()

    def export(self, path: str) -> None:
        """Save the list of documents that is shown; its format is the file's ending."""
        shown = self._wanted
        if isinstance(shown, Find):
            call = Find(plan=shown.plan, collections=shown.collections, export=path)
            self._core.request(call, done=lambda _: self.saved.emit(path), failed=self.failed.emit)

    def clear(self) -> None:
        """Back to the documents."""
        self._wanted = None
        self.results.replace(())
        self.cleared.emit()

    def _ask(self, call: Search | Find) -> None:
        self._wanted = call
        if self._asking:
            return  # it cannot be cut short without ending an add: the newest wish is asked when it is over
        self._asking = True
        self.started.emit(in_words(call.plan) if isinstance(call, Find) else call.query)

        def done(data: Any) -> None:
            self._asking = False
            if call != self._wanted:
                if self._wanted is not None:
                    self._ask(self._wanted)
            elif isinstance(data, Found):
                self._show(data.findings)
            else:
                assert isinstance(data, Searched)
                self.results.replace(data.result.passages)
                self.finished.emit(data.result)

        def failed(error: AppError) -> None:
            self._asking = False
            if call == self._wanted:
                self.clear()
                self.failed.emit(error)

        self._core.request(call, done=done, failed=failed)

    def _show(self, found: Findings) -> None:
        self.results.replace([hit.passage for hit in found.hits], [about(hit) for hit in found.hits])
        self.found.emit(found)


def about(hit: Hit) -> str:
    """ "mentioned 3 times · 1 March 2025"."""
    return " · ".join(part for part in (often(hit), day_words(hit.modified)) if part)
