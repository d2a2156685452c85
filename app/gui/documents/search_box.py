"""The search in the documents: the field in the bar, and the list of results that takes the table's place."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from app.gui.documents.controller import DocumentsController
from app.gui.documents.search_results import SearchResults
from app.gui.theme import theme
from app.gui.widgets import SearchField
from app.text.find.plan import Plan
from app.text.find.request import find_request, plan_of
from app.text.find.result import Findings
from app.types import SearchResult

SEARCH_DELAY_MS = 300


class SearchBox(QObject):
    """Searches a moment after the last key; Enter goes to the first result. “Which documents mention …” lists them."""

    changed = Signal()
    """Results, or the table again: what is to be shown may be another."""
    left = Signal()
    """The keyboard goes to the table."""

    def __init__(self, controller: DocumentsController, results: SearchResults, page: QWidget) -> None:
        super().__init__(page)
        self._controller, self._results = controller, results
        self._everywhere = False
        self._plan: Plan | None = None
        """What documents are looked for; None where passages are."""
        self.field = SearchField(self.tr("Search documents"))
        self.field.setAcceptDrops(False)  # files dropped here are meant for the window
        self.field.setFixedWidth(min(theme().px(240), 320))
        find = QShortcut(QKeySequence.StandardKey.Find, page, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.field.setFocus)
        self._timer = QTimer(self, singleShot=True, interval=SEARCH_DELAY_MS)
        self._timer.timeout.connect(self._search)
        self.field.textChanged.connect(self._typed)
        self.field.returnPressed.connect(self._entered)
        self.field.left.connect(self.left)
        controller.search_started.connect(results.show_searching)
        controller.search_finished.connect(self._show_result)
        controller.finder.found.connect(self._show_found)
        controller.search_cleared.connect(self.changed)
        results.chosen.connect(controller.open_passage)
        results.left.connect(self._leave)
        results.everywhere_wanted.connect(self._look_everywhere)
        results.every_wanted.connect(lambda: self._find(plan_of(self.field.text())))
        results.plan_wanted.connect(self._find)
        results.export_wanted.connect(controller.finder.export)

    @property
    def is_on(self) -> bool:
        """Whether results take the table's place."""
        return bool(self.field.text().strip()) and bool(self._controller.searching)

    def look_for(self, text: str) -> None:
        """Search for this now, as if it had been typed."""
        self.field.setText(text)
        self._timer.stop()
        self._search()

    def name_collection(self, name: str) -> None:
        """Say where is searched."""
        hint = self.tr("Search in {0}").format(name) if name else self.tr("Search documents")
        self.field.setPlaceholderText(hint)
        self.field.setAccessibleName(hint)

    def _typed(self, text: str) -> None:
        if text.strip():
            self._timer.start()
        else:
            self._timer.stop()
            self._controller.clear_search()

    def _search(self) -> None:
        """Documents where it plainly asks for them, passages anywhere else; in the collection that is shown."""
        self._everywhere = False
        plan = find_request(self.field.text())
        if plan is not None:
            self._find(plan)
        else:
            self._plan = None
            self._ask()

    def _find(self, plan: Plan) -> None:
        """Look for the documents of a plan; one that asks for nothing leads back to the documents."""
        if not plan.asks:
            self._leave()
            return
        self._plan = plan
        self._ask()

    def _look_everywhere(self) -> None:
        self._everywhere = True
        self._ask()

    def _ask(self) -> None:
        self._controller.search(self._plan or self.field.text(), everywhere=self._everywhere)
        self.changed.emit()

    def _entered(self) -> None:
        self._timer.stop()
        results = self._results.list
        if results.model().rowCount() and self._results.isVisible():
            results.setFocus(Qt.FocusReason.TabFocusReason)
            results.setCurrentIndex(results.model().index(0, 0))
        else:
            self._search()

    def _show_result(self, result: SearchResult) -> None:
        self._results.show_result(result, "" if self._everywhere else self._controller.current_name)
        self.changed.emit()

    def _show_found(self, found: Findings) -> None:
        self._results.show_found(found, "" if self._everywhere else self._controller.current_name)
        self.changed.emit()

    def _leave(self) -> None:
        self.field.clear()
        self.left.emit()
