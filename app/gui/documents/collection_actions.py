"""What can be done with collections on their page: make, rename, delete, and choose one in a narrow window."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu, QWidget

from app.gui.documents.collection_dialog import CollectionDialog
from app.gui.documents.controller import DocumentsController
from app.gui.icons import icon
from app.gui.widgets import ConfirmDialog


class CollectionActions(QObject):
    """Asks in dialogs over `page`, and then the controller."""

    def __init__(self, controller: DocumentsController, page: QWidget) -> None:
        super().__init__(page)
        self._controller, self._page = controller, page
        self.taught_models: Callable[[Sequence[int]], str] = lambda ids: ""
        """A sentence that names the models which learned from these documents, or ""."""

    def create(self) -> None:
        """Ask for a name and make a collection."""
        self._open(CollectionDialog(self._controller, parent=self._page))

    def rename(self, name: str) -> None:
        """Ask for another name."""
        self._open(CollectionDialog(self._controller, name, parent=self._page))

    def delete(self, name: str) -> None:
        """Ask once, naming what goes and which models learned from it."""
        self._controller.list_ids(name, lambda ids: self._ask_to_delete(name, ids))

    def menu(self) -> QMenu:
        """The drop-down of a narrow window: the collections and what can be done with the current one."""
        controller, menu = self._controller, QMenu(self._page)
        for each in controller.totals:
            action = menu.addAction(
                icon("folder-open" if each.name == controller.current else "folder"),
                f"{each.name.replace('&', '&&')}\t{each.documents}",
            )
            action.triggered.connect(lambda _=False, name=each.name: controller.choose(name))
        menu.addSeparator()
        menu.addAction(icon("folder-plus"), self.tr("New collection"), self.create)
        if controller.current:
            name = controller.current
            menu.addAction(icon("pencil"), self.tr("Rename"), lambda: self.rename(name))
            menu.addAction(icon("trash-2", "danger"), self.tr("Delete"), lambda: self.delete(name))
        return menu

    @staticmethod
    def _open(dialog: CollectionDialog) -> None:
        dialog.exec()
        dialog.deleteLater()

    def _ask_to_delete(self, name: str, ids: tuple[int, ...]) -> None:
        count = next((each.documents for each in self._controller.totals if each.name == name), 0)
        title = self.tr("Delete the collection {0}?").format(name)
        plural = "" if count == 1 else "s"
        detail = self.tr("Its {0} document{1} can no longer be found or cited. The files themselves stay.")
        text = f"{detail.format(count, plural)} {self.taught_models(ids)}".strip()
        if ConfirmDialog.ask(self._page, title, text, self.tr("Delete collection")):
            self._controller.delete_collection(name, ids)
