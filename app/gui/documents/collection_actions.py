"""What can be done with collections on their page: make, rename, delete, and choose one in a narrow window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.errors import AppError
from app.gui.documents.bundles import ask_for_collection, export_collection
from app.gui.documents.collection_dialog import CollectionDialog
from app.gui.documents.controller import DocumentsController
from app.gui.documents.removal_dialog import RemovalDialog
from app.gui.documents.share_dialogs import open_shared, share_collection
from app.gui.documents.shared_bar import SharedBar
from app.gui.documents.table import DocumentsTable
from app.gui.documents.toolbar import Toolbar
from app.gui.icons import icon
from app.gui.widgets import EmptyState
from app.types import Collection
from app.workers.calls.bundles import Imported


class CollectionActions(QObject):
    """Asks in dialogs over `page`, and then the controller."""

    follow_wanted = Signal(int)
    """Show the followed folders of a collection."""
    personal_wanted = Signal(int)
    """Show what it keeps of personal data."""

    def __init__(self, controller: DocumentsController, page: QWidget) -> None:
        super().__init__(page)
        self._controller, self._page = controller, page
        self.bar = SharedBar(page)
        self.bar.opened.connect(lambda: self.share(controller.current))
        self.taught_models: Callable[[Sequence[int]], str] = lambda ids: ""
        """A sentence that names the models which learned from these documents, or ""."""

    def keep(self, toolbar: Toolbar, table: DocumentsTable, empty: EmptyState) -> None:
        """Where a colleague's collection is shown, offer there nothing that would change it."""

        def show(*_: object) -> None:
            found = self._found(self._controller.current)
            shared = found.shared if found is not None else None
            self.bar.show_collection(found)
            table.shared = shared
            for button in (toolbar.add_files, toolbar.add_folder, empty.button):
                if button is not None:
                    button.setVisible(shared is None)

        self._controller.current_changed.connect(show)
        self._controller.collections_changed.connect(show)
        show()

    def create(self) -> None:
        """Ask for a name and make a collection."""
        self._open(CollectionDialog(self._controller, parent=self._page))

    def export(self, collection_id: int) -> None:
        """Put a collection into one file."""
        found = self._found(collection_id)
        if found is not None:
            export_collection(self._page, self._controller.core, found, self._controller.notice_raised.emit)

    def share(self, collection_id: int) -> None:
        """Share a collection in a folder, or see to one that is shared."""
        found = self._found(collection_id)
        if found is not None:
            share_collection(self._page, self._controller.core, found, self._controller.notice_raised.emit)

    def bring_in(self) -> None:
        """Ask for the file of a collection; an exported one is imported, a shared one is opened."""
        path = ask_for_collection(self._page)
        if path:
            self.open_file(path)

    def open_file(self, path: str) -> None:
        """Make a collection of such a file, and show it."""

        def arrived(data: Imported) -> None:
            said = self.tr("“{0}” is here.").format(data.collection.name)
            later = self.tr("It is read anew for search by meaning; until then it is found by its words.")
            self._controller.notice_raised.emit(f"{said} {later}" if data.renewed else said)
            self._controller.show_when_known(data.collection.id)

        open_shared(self._page, self._controller.core, path, arrived)

    def rename(self, collection_id: int) -> None:
        """Ask for another name."""
        if not self._may_change(collection_id):
            return
        self._open(CollectionDialog(self._controller, collection_id, parent=self._page))

    def delete(self, collection_id: int) -> None:
        """Ask once, naming what goes, which models learned from it and which answers tell of it."""
        controller, found = self._controller, self._found(collection_id)
        if found is not None and found.published is not None:
            controller.failed.emit(
                AppError(
                    self.tr("“{0}” is shared: its text lies in {1}.").format(found.name, found.published.path),
                    self.tr("Stop sharing it first, then delete it."),
                )
            )
            return
        controller.list_ids(
            collection_id,
            lambda ids: controller.find_answers(ids, lambda answers: self._ask_to_delete(collection_id, ids, answers)),
        )

    def menu(self) -> QMenu:
        """The drop-down of a narrow window: the collections and what can be done with the current one."""
        controller, menu = self._controller, QMenu(self._page)
        for each in controller.totals:
            action = menu.addAction(
                icon("folder-open" if each.id == controller.current else "folder"),
                f"{each.name.replace('&', '&&')}\t{each.documents}",
            )
            action.triggered.connect(lambda _=False, key=each.id: controller.choose(key))
        menu.addSeparator()
        menu.addAction(icon("folder-plus"), self.tr("New collection"), self.create)
        menu.addAction(icon("file-up"), self.tr("Import or open a collection…"), self.bring_in)
        current = self._found(controller.current)
        if current is not None:
            self.fill(menu, current)
        return menu

    def fill(self, menu: QMenu, collection: Collection) -> None:
        """What can be done with a collection; one of a colleague is only read."""
        key, mine = collection.id, collection.shared is None
        if mine:
            share = self.tr("Share in a folder…") if collection.published is None else self.tr("Shared in a folder…")
            menu.addAction(icon("share-2"), share, lambda: self.share(key))
        menu.addAction(icon("download"), self.tr("Export…"), lambda: self.export(key))
        if mine:
            rename = menu.addAction(icon("pencil"), self.tr("Rename"), lambda: self.rename(key))
            rename.setShortcut(Qt.Key.Key_F2)
            menu.addAction(icon("refresh-cw"), self.tr("Folders and changes"), lambda: self.follow_wanted.emit(key))
            personal = self.tr("Personal data")
            menu.addAction(icon("shield-check"), personal, lambda: self.personal_wanted.emit(key))
        words = self.tr("Delete") if mine else self.tr("Remove from this computer")
        delete = menu.addAction(icon("trash-2", "danger"), words, lambda: self.delete(key))
        delete.setShortcut(Qt.Key.Key_Delete)

    def _found(self, collection_id: int) -> Collection | None:
        return next((each for each in self._controller.totals if each.id == collection_id), None)

    def _may_change(self, collection_id: int) -> bool:
        """Whether it is ours; whose it is else is said."""
        found = self._found(collection_id)
        if found is None or found.shared is None:
            return True
        self._controller.failed.emit(AppError(found.shared.refusal(found.name)))
        return False

    @staticmethod
    def _open(dialog: CollectionDialog) -> None:
        dialog.exec()
        dialog.deleteLater()

    def _ask_to_delete(self, collection_id: int, ids: tuple[int, ...], answers: tuple[int, ...]) -> None:
        found = self._found(collection_id)
        name, count = (found.name, found.documents) if found is not None else ("", 0)
        title = self.tr("Delete the collection {0}?").format(name)
        plural = "" if count == 1 else "s"
        detail = self.tr("Its {0} document{1} can no longer be found or cited. The files themselves stay.")
        text = f"{detail.format(count, plural)} {self.taught_models(ids)}".strip()
        action = self.tr("Delete collection")
        if found is not None and found.shared is not None:
            title = self.tr("Remove {0} from this computer?").format(name)
            text = self.tr("Its copy goes, and cannot be found or cited here. What {0} shares stays as it is.").format(
                found.shared.by
            )
            action = self.tr("Remove")
        agreed, with_answers = RemovalDialog.ask_removal(self._page, title, text, action, len(answers))
        if agreed:
            self._controller.delete_collection(collection_id, answers if with_answers else ())
