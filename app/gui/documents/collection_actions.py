"""What can be done with collections on their page: make, rename, delete, and choose one in a narrow window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QMenu, QWidget

from app.gui.documents.bundles import export_collection, import_collection
from app.gui.documents.collection_dialog import CollectionDialog
from app.gui.documents.controller import DocumentsController
from app.gui.documents.removal_dialog import RemovalDialog
from app.gui.icons import icon
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
        self.taught_models: Callable[[Sequence[int]], str] = lambda ids: ""
        """A sentence that names the models which learned from these documents, or ""."""

    def create(self) -> None:
        """Ask for a name and make a collection."""
        self._open(CollectionDialog(self._controller, parent=self._page))

    def export(self, collection_id: int) -> None:
        """Put a collection into one file."""
        found = next((each for each in self._controller.totals if each.id == collection_id), None)
        if found is not None:
            export_collection(self._page, self._controller.core, found, self._controller.notice_raised.emit)

    def bring_in(self) -> None:
        """Make a collection of such a file, and show it."""

        def arrived(data: Imported) -> None:
            said = self.tr("“{0}” is here.").format(data.collection.name)
            later = self.tr("It is read anew for search by meaning; until then it is found by its words.")
            self._controller.notice_raised.emit(f"{said} {later}" if data.renewed else said)
            self._controller.show_when_known(data.collection.id)

        import_collection(self._page, self._controller.core, arrived)

    def rename(self, collection_id: int) -> None:
        """Ask for another name."""
        self._open(CollectionDialog(self._controller, collection_id, parent=self._page))

    def delete(self, collection_id: int) -> None:
        """Ask once, naming what goes, which models learned from it and which answers tell of it."""
        controller = self._controller
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
        menu.addAction(icon("file-up"), self.tr("Import a collection…"), self.bring_in)
        if controller.current:
            key = controller.current
            menu.addAction(icon("share-2"), self.tr("Export…"), lambda: self.export(key))
            menu.addAction(icon("pencil"), self.tr("Rename"), lambda: self.rename(key))
            menu.addAction(icon("refresh-cw"), self.tr("Folders and changes"), lambda: self.follow_wanted.emit(key))
            personal = self.tr("Personal data")
            menu.addAction(icon("shield-check"), personal, lambda: self.personal_wanted.emit(key))
            menu.addAction(icon("trash-2", "danger"), self.tr("Delete"), lambda: self.delete(key))
        return menu

    @staticmethod
    def _open(dialog: CollectionDialog) -> None:
        dialog.exec()
        dialog.deleteLater()

    def _ask_to_delete(self, collection_id: int, ids: tuple[int, ...], answers: tuple[int, ...]) -> None:
        found = next((each for each in self._controller.totals if each.id == collection_id), None)
        name, count = (found.name, found.documents) if found is not None else ("", 0)
        title = self.tr("Delete the collection {0}?").format(name)
        plural = "" if count == 1 else "s"
        detail = self.tr("Its {0} document{1} can no longer be found or cited. The files themselves stay.")
        text = f"{detail.format(count, plural)} {self.taught_models(ids)}".strip()
        action = self.tr("Delete collection")
        agreed, with_answers = RemovalDialog.ask_removal(self._page, title, text, action, len(answers))
        if agreed:
            self._controller.delete_collection(collection_id, answers if with_answers else ())
