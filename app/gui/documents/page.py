"""The Documents page: collections, their documents, what is being added, and a search in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QKeySequence, QPainter, QPaintEvent, QResizeEvent, QShortcut
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.errors import AppError
from app.gui.chat.source_panel import SourcePanel
from app.gui.documents.add_bar import AddBar
from app.gui.documents.collection_dialog import CollectionDialog
from app.gui.documents.collections_panel import CollectionsPanel
from app.gui.documents.controller import DocumentsController
from app.gui.documents.documents_model import Row
from app.gui.documents.removal_dialog import RemovalDialog
from app.gui.documents.search_results import SearchResults
from app.gui.documents.table import DocumentsTable
from app.gui.icons import icon
from app.gui.theme import theme
from app.gui.widgets import Banner, Button, EmptyState, Label, SearchField, ThemedWidget
from app.gui.widgets.page_frame import PageFrame, Separator
from app.types import SUPPORTED_SUFFIXES, Passage, SearchResult

SEARCH_DELAY_MS = 300
LOADING_MS = 300
TABLE_WIDTH = 420
"""The table keeps this much beside a source; below it the source covers the table."""
WIDEST = 16_777_215
"""QWIDGETSIZE_MAX"""
FILTER = " ".join(f"*{suffix}" for suffix in SUPPORTED_SUFFIXES)


class _Toolbar(ThemedWidget):
    """The line above the table."""

    def paintEvent(self, event: QPaintEvent) -> None:
        QPainter(self).fillRect(0, self.height() - 1, self.width(), 1, theme().color("border"))


class DocumentsPage(PageFrame):
    """Shows the controller's models and passes on what the person does."""

    def __init__(
        self, controller: DocumentsController, source: SourcePanel | None = None, parent: QWidget | None = None
    ) -> None:
        """`source` shows what is opened; without it the controller's signals are all that happens."""
        super().__init__("Documents", parent)
        self.bar.set_lead(20)  # over the collections
        self._controller, self.source = controller, source
        self.taught_models: Callable[[Sequence[int]], str] = lambda ids: ""
        """A sentence that names the models which learned from these documents, or ""."""
        self._banners: dict[str, Banner] = {}
        self._build_search()
        across = QHBoxLayout()
        across.setSpacing(0)
        self.body.addLayout(across, 1)
        self.panel = CollectionsPanel(controller.collections, self)
        across.addWidget(self.panel)
        self._content = QWidget(self)
        self._column = QVBoxLayout(self._content)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        across.addWidget(self._content, 1)
        if source is not None:
            self._edge = Separator(vertical=True, parent=self)
            across.addWidget(self._edge)
            across.addWidget(source)
            self._edge.hide()
            source.hide()
        self._build_toolbar()
        self._banner_space = QVBoxLayout()
        self._banner_space.setSpacing(8)
        self._column.addLayout(self._banner_space)
        self._build_stack()
        self.add_bar = AddBar(self)
        self._column.addWidget(self.add_bar)
        self._connect()
        self._show_collections()
        self._show_adding()
        self._fit()

    # --- building -----------------------------------------------------------------------------------------------------

    def _build_search(self) -> None:
        self.search_field = SearchField(self.tr("Search documents"))
        find = QShortcut(QKeySequence.StandardKey.Find, self, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        find.activated.connect(self.search_field.setFocus)
        self.search_field.setAcceptDrops(False)  # files dropped here are meant for the window
        self.search_field.setFixedWidth(min(theme().px(240), 320))
        self.bar.add_trailing(self.search_field)
        self._search_timer = QTimer(self, singleShot=True, interval=SEARCH_DELAY_MS)
        self._search_timer.timeout.connect(self._search)
        self.search_field.textChanged.connect(self._search_typed)
        self.search_field.returnPressed.connect(self._search_entered)

    def _build_toolbar(self) -> None:
        self.toolbar = _Toolbar(self)
        row = QHBoxLayout(self.toolbar)
        row.setContentsMargins(16, 12, 16, 13)
        row.setSpacing(8)
        self.chooser = Button("", icon="folder-open", trailing="chevron-down")
        self.chooser.setAccessibleName(self.tr("Collection"))
        self.chooser.clicked.connect(self._pop_collections)
        self.add_files_button = Button(self.tr("Add files"), "primary", "file-plus")
        self.add_files_button.setToolTip(self.tr("Add files (Ctrl+O)"))
        self.add_files_button.clicked.connect(self.choose_files)
        self.add_folder_button = Button(self.tr("Add folder"), icon="folder-plus")
        self.add_folder_button.setToolTip(self.tr("Add folder (Ctrl+Shift+O)"))
        self.add_folder_button.clicked.connect(self.choose_folder)
        row.addWidget(self.chooser)
        row.addWidget(self.add_files_button)
        row.addWidget(self.add_folder_button)
        row.addStretch(1)
        self._column.addWidget(self.toolbar)

    def _build_stack(self) -> None:
        controller = self._controller
        self.stack = QStackedWidget(self)
        self.table = DocumentsTable(controller.documents, self.stack)
        self.empty = EmptyState(
            "inbox",
            self.tr("No documents yet"),
            self.tr("Drop files here, or add a folder. PDF, Word, Markdown, web pages, CSV and plain text work."),
            self.tr("Add files"),
            action_icon="file-plus",
            primary=True,
        )
        self.empty.acted.connect(self.choose_files)
        self.results = SearchResults(controller.results, self.stack)
        self._waiting = Label(self.tr("Reading the list of documents"), "ui", "text3")
        self._waiting.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._waiting.hide()
        self._blank = QWidget(self.stack)
        QVBoxLayout(self._blank).addWidget(self._waiting)
        for each in (self._blank, self.table, self.empty, self.results):
            self.stack.addWidget(each)
        self.stack.setMinimumHeight(96)  # the tallest page of the stack must not make the window grow
        self._column.addWidget(self.stack, 1)

    def _connect(self) -> None:
        controller, table, panel = self._controller, self.table, self.panel
        panel.chosen.connect(controller.choose)
        panel.new_wanted.connect(self.new_collection)
        panel.rename_wanted.connect(self.rename_collection)
        panel.delete_wanted.connect(self.delete_collection)
        controller.collections_changed.connect(self._show_collections)
        controller.current_changed.connect(self._show_current)
        controller.documents_listed.connect(self._show_content)
        for signal in (controller.documents.rowsInserted, controller.documents.rowsRemoved):
            signal.connect(self._show_content)
        controller.documents.modelReset.connect(self._show_content)
        controller.add_changed.connect(self._show_adding)
        controller.reader_changed.connect(self._show_reader)
        controller.failed.connect(self._show_error)
        controller.search_started.connect(self.results.show_searching)
        controller.search_finished.connect(self._show_result)
        controller.search_cleared.connect(self._show_content)
        table.opened.connect(lambda row: controller.open_document.emit(row.id))
        table.file_wanted.connect(self._open_file)
        table.folder_wanted.connect(self._open_folder)
        table.again_wanted.connect(controller.index_again)
        table.unlock_wanted.connect(controller.unlock)
        table.copy_wanted.connect(self._choose_copy)
        table.skip_wanted.connect(controller.skip)
        table.remove_wanted.connect(self._remove)
        bar = self.add_bar
        bar.pause_wanted.connect(controller.pause)
        bar.resume_wanted.connect(controller.resume)
        bar.cancel_wanted.connect(controller.cancel)
        bar.continue_wanted.connect(controller.carry_on)
        bar.dismissed.connect(controller.dismiss)
        self.results.chosen.connect(controller.open_passage)
        self.results.left.connect(self._leave_search)
        self.results.everywhere_wanted.connect(lambda: self._search(everywhere=True))
        self.search_field.left.connect(table.setFocus)
        controller.open_passage.connect(self._open_passage)
        controller.open_document.connect(self._open_document)
        if self.source is not None:
            self.source.closed.connect(self.close_source)
            self.source.open_file_asked.connect(lambda path: self._open_path(Path(path)))
        theme().changed.connect(self._fit)

    # --- adding and removing ------------------------------------------------------------------------------------------

    def choose_files(self) -> None:
        """Ask for files, of the kinds that can be read."""
        title = self.tr("Add files")
        paths, _ = QFileDialog.getOpenFileNames(self, title, "", self.tr("Documents ({0})").format(FILTER))
        self._controller.add(paths)

    def choose_folder(self) -> None:
        """Ask for a folder, which is added with all that is in it."""
        path = QFileDialog.getExistingDirectory(self, self.tr("Add folder"))
        if path:
            self._controller.add([path])

    def _choose_copy(self, row: Row) -> None:
        title = self.tr("Choose another copy of {0}").format(row.name)
        folder = str(Path(row.path).parent)
        path, _ = QFileDialog.getOpenFileName(self, title, folder, self.tr("Documents ({0})").format(FILTER))
        if path:
            self._controller.replace_copy(row, path)

    def _remove(self, rows: list[Row]) -> None:
        stored = [row.id for row in rows if row.id is not None]
        if not stored:
            for row in rows:
                self._controller.skip(row)
            return
        one = len(rows) == 1
        title = self.tr("Remove {0}?").format(rows[0].name if one else self.tr("{0} documents").format(len(rows)))
        detail = self.tr(
            "It can no longer be found or cited. The file itself stays where it is."
            if one
            else "They can no longer be found or cited. The files themselves stay where they are."
        )
        text = f"{detail} {self.taught_models(stored)}".strip()

        def ask(answers: tuple[int, ...]) -> None:
            agreed, with_answers = RemovalDialog.ask_removal(self, title, text, self.tr("Remove"), len(answers))
            if agreed:
                self._controller.remove(stored, answers if with_answers else ())

        self._controller.find_answers(stored, ask)

    def _open_file(self, row: Row) -> None:
        self._open_path(Path(row.path))

    def _open_folder(self, row: Row) -> None:
        self._open_path(Path(row.path).parent)

    def _open_path(self, path: Path) -> None:
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            self._show_error(
                AppError(self.tr("{0} could not be opened.").format(path.name), self.tr("It may be gone."))
            )

    # --- collections --------------------------------------------------------------------------------------------------

    def new_collection(self) -> None:
        dialog = CollectionDialog(self._controller, parent=self)
        dialog.exec()
        dialog.deleteLater()

    def rename_collection(self, collection_id: int) -> None:
        dialog = CollectionDialog(self._controller, collection_id, parent=self)
        dialog.exec()
        dialog.deleteLater()

    def delete_collection(self, collection_id: int) -> None:
        """Ask once, naming what goes, which models learned from it and which answers tell of it."""
        controller = self._controller
        controller.list_ids(
            collection_id,
            lambda ids: controller.find_answers(ids, lambda answers: self._ask_to_delete(collection_id, ids, answers)),
        )

    def _ask_to_delete(self, collection_id: int, ids: tuple[int, ...], answers: tuple[int, ...]) -> None:
        found = next((each for each in self._controller.totals if each.id == collection_id), None)
        name, count = (found.name, found.documents) if found is not None else ("", 0)
        title = self.tr("Delete the collection {0}?").format(name)
        plural = "" if count == 1 else "s"
        detail = self.tr("Its {0} document{1} can no longer be found or cited. The files themselves stay.")
        text = f"{detail.format(count, plural)} {self.taught_models(ids)}".strip()
        action = self.tr("Delete collection")
        agreed, with_answers = RemovalDialog.ask_removal(self, title, text, action, len(answers))
        if agreed:
            self._controller.delete_collection(collection_id, answers if with_answers else ())

    def _pop_collections(self) -> None:
        menu = self.collections_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.chooser.mapToGlobal(self.chooser.rect().bottomLeft()))

    def collections_menu(self) -> QMenu:
        """The drop-down of a narrow window: the collections and what can be done with the current one."""
        controller, menu = self._controller, QMenu(self)
        for each in controller.totals:
            action = menu.addAction(
                icon("folder-open" if each.id == controller.current else "folder"),
                f"{each.name.replace('&', '&&')}\t{each.documents}",
            )
            action.triggered.connect(lambda _=False, key=each.id: controller.choose(key))
        menu.addSeparator()
        menu.addAction(icon("folder-plus"), self.tr("New collection"), self.new_collection)
        if controller.current:
            key = controller.current
            menu.addAction(icon("pencil"), self.tr("Rename"), lambda: self.rename_collection(key))
            menu.addAction(icon("trash-2", "danger"), self.tr("Delete"), lambda: self.delete_collection(key))
        return menu

    # --- showing ------------------------------------------------------------------------------------------------------

    def _show_collections(self) -> None:
        self.panel.show_totals(self._controller.totals)
        self._show_current(self._controller.current)

    def _show_current(self, collection_id: int) -> None:
        self.panel.show_current(collection_id)
        name = self._controller.current_name
        self.chooser.setText(name or self.tr("No collection"))
        self.chooser.updateGeometry()
        hint = self.tr("Search in {0}").format(name) if name else self.tr("Search documents")
        self.search_field.setPlaceholderText(hint)
        self.search_field.setAccessibleName(hint)
        self._show_content()

    def _show_content(self, *_: object) -> None:
        """Results, table, empty state, or nothing yet."""
        controller = self._controller
        if self.search_field.text().strip() and controller.searching:
            shown: QWidget = self.results
        elif controller.documents.rowCount():
            shown = self.table
        else:
            shown = self.empty if controller.listed else self._blank
        self.stack.setCurrentWidget(shown)
        self.add_files_button.set_kind("secondary" if shown is self.empty else "primary")
        if shown is self._blank:
            self._waiting.hide()
            QTimer.singleShot(LOADING_MS, self._waiting, self._waiting.show)
        self._show_changed()

    def _show_changed(self) -> None:
        """Documents whose files changed on disk, with one button for all."""
        changed = [row for row in self._controller.documents.rows() if row.status == "changed"]
        if not changed:
            self._drop_banner("changed")
            return
        count = len(changed)
        title = self.tr("1 document changed on disk.") if count == 1 else f"{count} documents changed on disk."
        detail = self.tr("Answers may use older text.")
        if "changed" in self._banners:
            self._banners["changed"].set_text(title, detail)
            return
        banner = self._banner("changed", Banner("info", title, detail, self.tr("Index again"), parent=self))
        banner.acted.connect(self._index_changed)

    def _index_changed(self) -> None:
        self._controller.index_again([row for row in self._controller.documents.rows() if row.status == "changed"])

    def _show_adding(self, *_: object) -> None:
        self.add_bar.show_state(self._controller.add_state)

    def _show_reader(self, state: str) -> None:
        if state != "failed":
            self._drop_banner("reader")
            return
        title = self.tr("The document reader stopped unexpectedly.")
        detail = self.tr("Nothing that was added is lost. It starts again by itself, or now.")
        restart = self.tr("Restart")
        banner = self._banner("reader", Banner("danger", title, detail, restart, action_icon="rotate-cw", parent=self))
        banner.acted.connect(self._controller.restart_reader)

    def _show_error(self, error: AppError) -> None:
        banner = self._banner("error", Banner("danger", error.message, error.hint, closable=True, parent=self))
        banner.setToolTip(error.detail)

    def _banner(self, key: str, banner: Banner) -> Banner:
        self._drop_banner(key)
        self._banners[key] = banner
        self._banner_space.addWidget(banner)
        self._banner_space.setContentsMargins(16, 12, 16, 12)
        banner.closed.connect(lambda: self._drop_banner(key))
        banner.show()
        return banner

    def _drop_banner(self, key: str) -> None:
        banner = self._banners.pop(key, None)
        if banner is not None:
            self._banner_space.removeWidget(banner)
            banner.hide()
            banner.deleteLater()
        if not self._banners:
            self._banner_space.setContentsMargins(0, 0, 0, 0)

    # --- search -------------------------------------------------------------------------------------------------------

    def _search_typed(self, text: str) -> None:
        if text.strip():
            self._search_timer.start()
        else:
            self._search_timer.stop()
            self._controller.clear_search()

    def _search(self, *, everywhere: bool = False) -> None:
        self._everywhere = everywhere
        self._controller.search(self.search_field.text(), everywhere=everywhere)
        self._show_content()

    def _search_entered(self) -> None:
        self._search_timer.stop()
        if self.results.list.model().rowCount() and self.stack.currentWidget() is self.results:
            self.results.list.setFocus(Qt.FocusReason.TabFocusReason)
            self.results.list.setCurrentIndex(self.results.list.model().index(0, 0))
        else:
            self._search()

    def _show_result(self, result: SearchResult) -> None:
        self.results.show_result(result, "" if self._everywhere else self._controller.current_name)
        self._show_content()

    def _leave_search(self) -> None:
        self.search_field.clear()
        self.table.setFocus()

    # --- the source panel ---------------------------------------------------------------------------------------------

    def _open_passage(self, passage: Passage) -> None:
        passages = self._controller.results.passages()
        at = next((i for i, each in enumerate(passages) if each is passage), 0)
        self._show_source(passages if passages and passages[at] is passage else (passage,), at)

    def _open_document(self, document_id: int) -> None:
        """Its beginning: a passage of no length marks nothing."""
        row = next((each for each in self._controller.documents.rows() if each.id == document_id), None)
        if row is None:
            return
        page = 1 if row.pages is not None and row.name.lower().endswith(".pdf") else None
        indexed = row.indexed_at or 0.0
        start = Passage(
            id=0,
            document_id=document_id,
            document=row.name,
            path=row.path,
            collection_id=self._controller.current,
            collection=self._controller.current_name,
            page=page,
            start=0,
            end=0,
            text="",
            indexed_at=indexed,
        )
        self._show_source((start,), 0)

    def _show_source(self, passages: Sequence[Passage], at: int) -> None:
        if self.source is None:
            return
        self.source.show()
        self._fit()
        self.source.show_passages(passages, at, numbered=False)

    def close_source(self) -> None:
        """Back to the documents as they were."""
        if self.source is not None:
            self.source.hide()
        self._fit()
        shown = self.stack.currentWidget()
        (self.results.list if shown is self.results else self.table).setFocus()

    def first_focus(self) -> QWidget:
        """Where the keyboard starts when the page is opened."""
        if self.stack.currentWidget() is self.empty and self.empty.button is not None:
            return self.empty.button
        return self.add_files_button if self.stack.currentWidget() is self._blank else self.table

    # --- the window's width -------------------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Below 1000 px the collections become a drop-down; a source takes the place that a table does not need."""
        narrow = self.window().width() < theme().px(theme().size("collapseBelow"))
        opened = self.source is not None and self.source.isVisibleTo(self)
        room = self.width() - theme().size("sourcePanel")
        covered = opened and room < TABLE_WIDTH
        narrow = narrow or (opened and room < TABLE_WIDTH + self.panel.width())
        self.panel.setVisible(not narrow)
        self.chooser.setVisible(narrow)
        self._content.setVisible(not covered)
        if self.source is not None:
            self._edge.setVisible(opened and not covered)
            self.source.set_covering(covered)
            self.source.setMinimumWidth(0 if covered else theme().size("sourcePanel"))
            self.source.setMaximumWidth(WIDEST if covered else theme().size("sourcePanel"))

    def regions(self) -> list[QWidget]:
        """The stops of F6."""
        content = self.empty.button if self.stack.currentWidget() is self.empty else self.stack.currentWidget()
        stops = (self.panel.list, content, self.search_field)
        return [stop for stop in stops if stop is not None and stop.isVisibleTo(self)]
