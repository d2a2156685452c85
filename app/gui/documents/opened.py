"""The source panel of the Documents page: what is opened in it, and how it shares the width with the table."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QWidget

from app.formats import is_paged, is_slides
from app.gui.chat.side_panel import MOST
from app.gui.chat.source_panel import SourcePanel
from app.gui.documents.controller import DocumentsController
from app.gui.theme import theme
from app.gui.widgets.page_frame import Separator
from app.places import Slide
from app.types import Passage

WITHIN = Qt.ShortcutContext.WidgetWithChildrenShortcut
TABLE_WIDTH = 420
"""The table keeps this much beside a source; below it the source covers the table."""
WIDEST = 16_777_215
"""QWIDGETSIZE_MAX"""


class Opened(QObject):
    """Opens documents and passages in the panel, which stands last in `row`."""

    changed = Signal()
    """Opened or closed: the widths are others."""

    def __init__(self, controller: DocumentsController, panel: SourcePanel, row: QHBoxLayout, page: QWidget) -> None:
        super().__init__(page)
        self._controller, self._panel, self._page = controller, panel, page
        self._wanted = theme().size("sourcePanel")
        self._edge = Separator(vertical=True, parent=page)
        row.addWidget(self._edge)
        row.addWidget(panel)
        self._edge.hide()
        panel.hide()
        panel.width_wanted.connect(self._give_width)
        controller.open_passage.connect(self._open_passage)
        controller.open_document.connect(self._open_document)
        for keys, by in (("Ctrl+[", -1), ("Ctrl+]", 1)):
            QShortcut(QKeySequence(keys), page, lambda by=by: panel.step(by), context=WITHIN)

    def close(self) -> None:
        """Back to the documents as they were."""
        self._panel.hide()
        self.changed.emit()

    def fit(self, width: int, collections: int) -> tuple[bool, bool]:
        """Share the page's width; → whether the panel covers the table, and whether there is no room for collections.

        `collections` is the width of their column.
        """
        opened = self._panel.isVisibleTo(self._page)
        least = theme().size("sourcePanel")
        panel = max(min(self._wanted, width - TABLE_WIDTH), least)
        room = width - panel
        covered = opened and room < TABLE_WIDTH
        self._edge.setVisible(opened and not covered)
        self._panel.set_covering(covered)
        self._panel.setMinimumWidth(0 if covered else panel)
        self._panel.setMaximumWidth(WIDEST if covered else panel)
        return covered, opened and room < TABLE_WIDTH + collections

    def _give_width(self, width: int) -> None:
        """A page that would be too small to read gets more, and keeps it."""
        if width > self._wanted:
            self._wanted = min(width, MOST)
            self.changed.emit()

    def _open_passage(self, passage: Passage) -> None:
        passages = self._controller.results.passages()
        at = next((i for i, each in enumerate(passages) if each is passage), 0)
        self._show(passages if passages and passages[at] is passage else (passage,), at)

    def _open_document(self, document_id: int) -> None:
        """Its beginning: a passage of no length marks nothing."""
        row = next((each for each in self._controller.documents.rows() if each.id == document_id), None)
        if row is None:
            return
        page = 1 if row.pages is not None and is_paged(row.name) else None
        place = Slide(1) if is_slides(row.name) else None
        start = Passage(
            id=0, document_id=document_id, document=row.name, path=row.path, collection_id=self._controller.current,
            collection=self._controller.current_name, page=page, place=place, start=0, end=0, text="",
            indexed_at=row.indexed_at or 0.0, hidden=0 if row.read_hidden else row.hidden,
        )  # fmt: skip
        self._show((start,), 0)

    def _show(self, passages: Sequence[Passage], at: int) -> None:
        self._panel.show()
        self.changed.emit()
        self._panel.show_passages(passages, at, numbered=False)
