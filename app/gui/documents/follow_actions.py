"""What can be done with followed folders on the Documents page: offered after a drop, shown in a line and a dialog."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.gui.documents.controller import DocumentsController
from app.gui.documents.followed_bar import FollowedBar
from app.gui.documents.followed_dialog import FollowedDialog
from app.gui.documents.page_banners import PageBanners
from app.gui.widgets.file_dialogs import ask_for_folder


class FollowActions(QObject):
    """Owns the line above the documents; asks in dialogs over `page`, and then the controller."""

    def __init__(self, controller: DocumentsController, banners: PageBanners, page: QWidget) -> None:
        super().__init__(page)
        self._controller, self._banners, self._page = controller, banners, page
        self.bar = FollowedBar(controller.followed, page)
        self.bar.opened.connect(self.show)
        controller.current_changed.connect(self.bar.show_collection)
        self.bar.show_collection(controller.current)

    def show(self, collection_id: int = 0) -> None:
        """The followed folders of this or the current collection, what changed, and its trash."""
        controller = self._controller
        controller.choose(collection_id or controller.current)
        controller.followed.show(controller.current)
        dialog = FollowedDialog(controller.followed, controller.current_name, self.ask, self._page)
        dialog.exec()
        dialog.deleteLater()

    def ask(self) -> None:
        """Ask for a folder that the current collection is to follow."""
        path = ask_for_folder(self._page, self.tr("Follow a folder"))
        if path:
            self._controller.followed.follow(path, self._controller.current)

    def offer(self, paths: Sequence[str], collection_id: int = 0) -> None:
        """Folders were added once: the first of them that is not followed can be, in this collection or the current
        one, which the add may still have to make."""
        controller = self._controller
        known = controller.followed.is_followed
        folder = next((each for each in paths if Path(each).is_dir() and not known(each, collection_id)), "")
        if folder:
            follow = controller.followed.follow
            self._banners.offer(folder, lambda: follow(folder, collection_id or controller.current))
