"""The page that asks every document of a collection: a form, then the table as it fills, its sources beside it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from app.errors import AppError
from app.extraction.records import Cell, Row
from app.gui.chat.side_panel import SidePanelHost
from app.gui.chat.source_panel import SourcePanel
from app.gui.chat.sources import SourceReader
from app.gui.extraction.controller import TablesController
from app.gui.extraction.model import CELL_ROLE, ROW_ROLE, ShownRows
from app.gui.extraction.progress import ProgressLine
from app.gui.extraction.start import StartForm
from app.gui.extraction.view import FieldsTable
from app.gui.widgets import Banner, Button, ComboBox, ConfirmDialog, EmptyState, IconButton, Label, SearchField
from app.gui.widgets.file_dialogs import ask_where_to_save
from app.gui.widgets.page_frame import PageFrame
from app.types import Collection, Passage

KINDS = "Excel (*.xlsx);;Word (*.docx);;Markdown (*.md)"


class ExtractionPage(PageFrame):
    """Shows the controller's table and passes on what the person does."""

    documents_asked = Signal()
    """Back to the documents."""

    def __init__(
        self,
        controller: TablesController,
        reader: SourceReader,
        current: Callable[[], Collection | None],
        parent: QWidget | None = None,
    ) -> None:
        """`current` is the collection that is asked, as it is now."""
        super().__init__("", parent)
        self.setAccessibleName(self.tr("Ask every document"))
        self._controller, self._current = controller, current
        self._documents = 0
        self.rows = ShownRows(controller.model, self)
        self._build_bar()
        self._content = QWidget()
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.banner = Banner("danger", "", closable=True)
        self.banner.hide()
        self.progress = ProgressLine()
        self._column.addWidget(self.banner)
        self._column.addWidget(self.progress)
        self.stack = QStackedWidget()
        self.start = StartForm(controller)
        self.table = FieldsTable(self.rows)
        self.empty = EmptyState(
            "inbox",
            self.tr("No documents to ask"),
            self.tr("Choose a collection that holds documents, or add files to this one."),
            self.tr("Open documents"),
            action_icon="folder-open",
            primary=True,
        )
        for widget in (self.start, self.table, self.empty):
            self.stack.addWidget(widget)
        self._column.addWidget(self.stack, 1)
        self.source = SourcePanel(reader)
        self.host = SidePanelHost(self._content)
        self.body.addWidget(self.host, 1)
        self._connect()
        self._show()

    def _build_bar(self) -> None:
        back = IconButton("chevron-left", self.tr("Back to the documents"), side=32)
        back.clicked.connect(self.documents_asked)
        self.where = Label("", "title")
        self.chooser = ComboBox(self.tr("Table"))
        self.chooser.activated.connect(lambda: self._controller.open_table(self.chooser.currentData()))
        self.search = SearchField(self.tr("Filter rows"))
        self.search.textChanged.connect(self._filter)
        self.search.left.connect(lambda: self.table.setFocus())
        self.export_button = Button(self.tr("Export"), "primary", "download")
        self.export_button.clicked.connect(self.export)
        self.delete_button = IconButton("trash-2", self.tr("Delete this table"), side=32)
        self.delete_button.clicked.connect(self._delete)
        leading: tuple[QWidget, ...] = (back, self.where, self.chooser)
        for widget in leading:
            self.bar.add_leading(widget)
        trailing: tuple[QWidget, ...] = (self.search, self.delete_button, self.export_button)
        for widget in trailing:
            self.bar.add_trailing(widget)

    def _connect(self) -> None:
        controller = self._controller
        controller.listed.connect(self._list)
        controller.table_changed.connect(self._show)
        controller.failed.connect(self.show_error)
        for signal in (controller.model.rowsInserted, controller.model.rowsRemoved, controller.model.modelReset):
            signal.connect(self._show_progress)
        self.start.begin_wanted.connect(self._begin)
        self.table.source_wanted.connect(self.open_source)
        self.table.correction_dropped.connect(self._drop_correction)
        self.empty.acted.connect(self.documents_asked)
        self.progress.pause_wanted.connect(controller.pause)
        self.progress.resume_wanted.connect(controller.resume)
        self.progress.stop_wanted.connect(controller.stop)
        self.progress.update_wanted.connect(controller.go_on)
        self.progress.shown_changed.connect(self._show_only)
        self.source.closed.connect(self.close_source)
        self.source.width_wanted.connect(self.host.offer_width)
        self.host.covering_changed.connect(self.source.set_covering)

    # --- what a person does -------------------------------------------------------------------------------------------

    def shown(self) -> None:
        """The collection may be another one, or hold other documents, than when the page was last open."""
        collection = self._current()
        self._documents = collection.documents if collection is not None else 0
        self.where.setText(collection.name if collection is not None else self.tr("Ask every document"))
        self.start.count_documents(self._documents)
        self.banner.hide()
        self._controller.open_collection(collection.id if collection is not None else 0)
        self._show()

    def begin_with(self, field: str) -> None:
        """Show the form of a new table that asks this."""
        self._controller.new_table()
        self.start.ask_for(field)
        self.start.begin.setFocus()

    def export(self) -> None:
        """Save the rows that are shown, in their order."""
        table = self._controller.table
        if table is None:
            return
        path = ask_where_to_save(self, self.tr("Export table"), f"{table.name}.xlsx", KINDS)
        if path is not None:
            path = path if path.suffix else path.with_suffix(".xlsx")
            self._controller.export(str(path), self.rows.documents())

    def open_source(self, index: QModelIndex) -> None:
        """Show where the value of a cell stands; of a row's name, its document."""
        row, cell = index.data(ROW_ROLE), index.data(CELL_ROLE)
        if not isinstance(row, Row):
            return
        passage = cell.passage if isinstance(cell, Cell) else _beginning(row)
        if passage is None:
            self.close_source()
            return
        is_cell = isinstance(cell, Cell)
        self.table.show_active(row.document_id if is_cell else 0, index.column())
        self.host.open_panel(self.source)
        self.table.scrollTo(index)
        self.source.show_passages([passage], 0, numbered=False)

    def close_source(self) -> None:
        """The table alone again."""
        self.host.close_panel()
        self.table.show_active(0, 0)
        self.table.setFocus()

    def show_error(self, error: AppError) -> None:
        """Say what went wrong, and what to do."""
        self.banner.set_text(error.message, error.hint)
        self.banner.show()

    def _begin(self, name: str, fields: object, template: str) -> None:
        self.banner.hide()
        self._controller.begin(name, fields, template)  # type: ignore[arg-type]  # a signal carries an object

    def _drop_correction(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, Row):
            self._controller.correct(row.document_id, self._controller.model.fields[index.column() - 1].key, None)

    def _delete(self) -> None:
        table = self._controller.table
        if table is not None and ConfirmDialog.ask(
            self,
            self.tr("Delete the table “{0}”?").format(table.name),
            self.tr("Its corrections go too. The documents stay."),
            self.tr("Delete table"),
        ):
            self._controller.delete()

    # --- showing ------------------------------------------------------------------------------------------------------

    def _list(self) -> None:
        self.chooser.clear()
        for table in self._controller.tables:
            self.chooser.addItem(table.name, table.id)
        self.chooser.addItem(self.tr("New table"), 0)
        self._show()

    def _show(self) -> None:
        table = self._controller.table
        shown: QWidget = self.table if table is not None else self.start if self._documents else self.empty
        self.stack.setCurrentWidget(shown)
        for widget in (self.progress, self.search, self.export_button, self.delete_button):
            widget.setVisible(table is not None)
        self.chooser.setVisible(bool(self._controller.tables))
        self.chooser.setCurrentIndex(max(self.chooser.findData(table.id if table is not None else 0), 0))
        if table is None and self.host.is_open:
            self.host.close_panel()
        self._show_progress()

    def _show_progress(self, *_: object) -> None:
        table = self._controller.table
        if table is not None:
            model = self._controller.model
            self.progress.show_table(table, self.rows.rowCount(), model.rowCount(), outdated=model.is_outdated())

    def _filter(self, text: str) -> None:
        self.rows.look_for(text)
        self._show_progress()

    def _show_only(self, which: str) -> None:
        self.rows.show_only(which)  # type: ignore[arg-type]  # of the combo box
        self._show_progress()

    def first_focus(self) -> QWidget:
        """Where the keyboard starts."""
        shown = self.stack.currentWidget()
        if shown is self.empty and self.empty.button is not None:
            return self.empty.button
        return self.table if shown is self.table else self.start.template

    def regions(self) -> list[QWidget]:
        """The stops of F6."""
        stops: list[QWidget] = [self.first_focus(), self.search, *([self.source] if self.host.is_open else [])]
        return [stop for stop in stops if stop.isVisibleTo(self)]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            if self.host.is_open:
                self.close_source()
            else:
                self.documents_asked.emit()
            return
        super().keyPressEvent(event)


def _beginning(row: Row) -> Passage | None:
    """The document from its first page: a passage of no length marks nothing."""
    known = next((cell.passage for cell in row.cells.values() if cell.passage is not None), None)
    page = 1 if known is not None and known.page is not None else None
    return Passage(
        id=0, document_id=row.document_id, document=row.document, path=row.path, collection="", page=page, start=0,
        end=0, text="", indexed_at=known.indexed_at if known is not None else 0.0,
    )  # fmt: skip
