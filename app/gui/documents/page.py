"""The Documents page: collections, their documents, what is being added, and a search in them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QMenu, QStackedWidget, QVBoxLayout, QWidget

from app.formats import offered
from app.gui.chat.source_panel import SourcePanel
from app.gui.documents.add_bar import AddBar
from app.gui.documents.adding_dialogs import AddingDialogs
from app.gui.documents.collection_actions import CollectionActions
from app.gui.documents.collections_panel import CollectionsPanel
from app.gui.documents.controller import DocumentsController
from app.gui.documents.follow_actions import FollowActions
from app.gui.documents.opened import Opened
from app.gui.documents.page_banners import PageBanners
from app.gui.documents.search_box import SearchBox
from app.gui.documents.search_results import SearchResults
from app.gui.documents.table import DocumentsTable
from app.gui.documents.toolbar import Toolbar
from app.gui.open_file import FileOpener
from app.gui.theme import theme
from app.gui.widgets import EmptyState, Label
from app.gui.widgets.page_frame import PageFrame

LOADING_MS = 300


class DocumentsPage(PageFrame):
    """Shows the controller's models and passes on what the person does."""

    summary_wanted = Signal(object)
    """Row: of a document that a chat is to summarise."""

    def __init__(
        self, controller: DocumentsController, source: SourcePanel | None = None, parent: QWidget | None = None
    ) -> None:
        """`source` shows what is opened; without it the controller's signals are all that happens."""
        super().__init__("Documents", parent)
        self.bar.set_lead(20)  # over the collections
        self._controller, self.source = controller, source
        self.collections = CollectionActions(controller, self)
        self._dialogs = AddingDialogs(controller, self)
        self._added: list[str] = []  # what was chosen in a dialog; the first of it gets the keyboard
        across = QHBoxLayout()
        self.body.addLayout(across, 1)
        self.panel = CollectionsPanel(controller.collections, self)
        across.addWidget(self.panel)
        self._content = QWidget(self)
        self._column = QVBoxLayout(self._content)
        for layout in (across, self._column):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        across.addWidget(self._content, 1)
        self._opened = Opened(controller, source, across, self) if source is not None else None
        self.toolbar = Toolbar(self)
        self.chooser, self.add_files_button = self.toolbar.chooser, self.toolbar.add_files
        self._column.addWidget(self.toolbar)
        self.banners = PageBanners(self)
        self._opener = FileOpener(self)
        self.following = FollowActions(controller, self.banners, self)
        for each in (self.following.bar, self.collections.bar, self.banners):
            self._column.addWidget(each)
        self._build_stack()
        self.collections.keep(self.toolbar, self.table, self.empty)
        self.add_bar = AddBar(self)
        self._column.addWidget(self.add_bar)
        self._connect()
        self._show_collections()
        self._show_adding()
        self._fit()

    # --- building -----------------------------------------------------------------------------------------------------

    def _build_stack(self) -> None:
        controller = self._controller
        self.stack = QStackedWidget(self)
        self.table = DocumentsTable(controller.documents, self.stack)
        self.empty = EmptyState(
            "inbox",
            self.tr("No documents yet"),
            self.tr("Drop files here, or add a folder. {0} work.").format(offered()),
            self.tr("Add files"),
            action_icon="file-plus",
            primary=True,
        )
        self.empty.acted.connect(self.choose_files)
        self.results = SearchResults(controller.results, self.stack)
        self.search = SearchBox(controller, self.results, self)
        self.search_field = self.search.field
        self.bar.add_trailing(self.search_field)
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
        panel.new_wanted.connect(self.collections.create)
        panel.import_wanted.connect(self.collections.bring_in)
        panel.list.menu_wanted.connect(self.collections.fill)
        panel.rename_wanted.connect(self.collections.rename)
        panel.delete_wanted.connect(self.collections.delete)
        self.collections.follow_wanted.connect(self.following.show)
        self.chooser.clicked.connect(self._pop_collections)
        self.add_files_button.clicked.connect(self.choose_files)
        self.toolbar.add_folder.clicked.connect(self.choose_folder)
        self.banners.index_wanted.connect(self._index_changed)
        self.banners.restart_wanted.connect(controller.restart_reader)
        controller.collections_changed.connect(self._show_collections)
        controller.current_changed.connect(self._show_current)
        controller.documents_listed.connect(self._show_content)
        model = controller.documents
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._show_content)
        controller.add_changed.connect(self._show_adding)
        controller.reader_changed.connect(self.banners.show_reader)
        controller.failed.connect(self.banners.show_error)
        self.search.changed.connect(self._show_content)
        self.search.left.connect(table.setFocus)
        table.opened.connect(lambda row: controller.open_document.emit(row.id))
        table.file_wanted.connect(lambda row: self._opener.open(row.path))
        table.folder_wanted.connect(lambda row: self._opener.show_in_folder(row.path))
        self._opener.failed.connect(self.banners.show_error)
        table.summary_wanted.connect(self.summary_wanted)
        table.again_wanted.connect(controller.index_again)
        table.unlock_wanted.connect(controller.unlock)
        table.copy_wanted.connect(self._dialogs.choose_copy)
        table.skip_wanted.connect(controller.skip)
        table.remove_wanted.connect(lambda rows: self._dialogs.remove(rows, self.taught_models))
        (bar := self.add_bar).pause_wanted.connect(controller.pause)
        bar.resume_wanted.connect(controller.resume)
        bar.cancel_wanted.connect(controller.cancel)
        bar.continue_wanted.connect(controller.carry_on)
        bar.dismissed.connect(controller.dismiss)
        if self._opened is not None and self.source is not None:
            self._opened.changed.connect(self._fit)
            self.source.closed.connect(self.close_source)
        theme().changed.connect(self._fit)

    # --- what a person does -------------------------------------------------------------------------------------------

    def choose_files(self) -> None:
        """Ask for files and add them."""
        self._added = self._dialogs.choose_files()
        self._focus_added()

    def choose_folder(self) -> None:
        """Ask for a folder and add it."""
        self._added = self._dialogs.choose_folder()
        self._focus_added()

    @property
    def taught_models(self) -> Callable[[Sequence[int]], str]:
        """Names the models that learned from documents."""
        return self.collections.taught_models

    @taught_models.setter
    def taught_models(self, name_models: Callable[[Sequence[int]], str]) -> None:
        self.collections.taught_models = name_models

    def _pop_collections(self) -> None:
        menu = self.collections_menu()
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.chooser.mapToGlobal(self.chooser.rect().bottomLeft()))

    def collections_menu(self) -> QMenu:
        """The drop-down of a narrow window."""
        return self.collections.menu()

    # --- showing ------------------------------------------------------------------------------------------------------

    def _show_collections(self) -> None:
        self.panel.show_totals(self._controller.totals)
        self._show_current(self._controller.current)

    def _show_current(self, collection_id: int) -> None:
        self.panel.show_current(collection_id)
        name = self._controller.current_name
        self.chooser.setText(name or self.tr("No collection"))
        self.chooser.updateGeometry()
        self.search.name_collection(name)
        self._show_content()

    def _show_content(self, *_: object) -> None:
        """Results, table, empty state, or nothing yet."""
        controller = self._controller
        if self.search.is_on:
            shown: QWidget = self.results
        elif controller.documents.rowCount():
            shown = self.table
        else:
            shown = self.empty if controller.listed else self._blank
        self._show_in_stack(shown)
        self.add_files_button.set_kind("secondary" if shown is self.empty else "primary")
        if shown is self._blank:
            self._waiting.hide()
            QTimer.singleShot(LOADING_MS, self._waiting, self._waiting.show)
        self.banners.show_changed(sum(row.status == "changed" for row in controller.documents.rows()))
        self._focus_added()

    def _show_in_stack(self, shown: QWidget) -> None:
        """The keyboard goes along with what is shown: Qt would leave it to the sidebar."""
        focused, old = QApplication.focusWidget(), self.stack.currentWidget()
        goes = focused is not None and old is not None and old is not shown and old.isAncestorOf(focused)
        self.stack.setCurrentWidget(shown)
        if goes:
            self.first_focus().setFocus(Qt.FocusReason.OtherFocusReason)

    def _focus_added(self) -> None:
        """What was chosen in a dialog has a row now: the keyboard goes there."""
        rows = self._controller.documents.rows() if self._added else ()
        wanted = [Path(path).absolute() for path in self._added]
        found = next((row for row in rows if any(Path(row.path).is_relative_to(path) for path in wanted)), None)
        if found is not None:
            self._added = []
            self.table.setCurrentIndex(self._controller.documents.find(found.path))
            self.table.setFocus(Qt.FocusReason.OtherFocusReason)

    def _index_changed(self) -> None:
        self._controller.index_again([row for row in self._controller.documents.rows() if row.status == "changed"])

    def _show_adding(self, *_: object) -> None:
        self.add_bar.show_state(self._controller.add_state)

    def close_source(self) -> None:
        """Back to the documents as they were."""
        if self._opened is not None:
            self._opened.close()
        shown = self.stack.currentWidget()
        (self.results.list if shown is self.results else self.table).setFocus()

    def foot_height(self) -> int:
        """A message must not cover Pause and Cancel."""
        return self.add_bar.height() if self.add_bar.isVisible() else 0

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
        covered, tight = self._opened.fit(self.width(), self.panel.width()) if self._opened else (False, False)
        self.panel.setVisible(not (narrow or tight))
        self.chooser.setVisible(narrow or tight)
        self._content.setVisible(not covered)

    def regions(self) -> list[QWidget]:
        """The stops of F6."""
        content = self.empty.button if self.stack.currentWidget() is self.empty else self.stack.currentWidget()
        stops = (self.panel.list, content, self.search_field)
        return [stop for stop in stops if stop is not None and stop.isVisibleTo(self)]
