"""What is asked before documents are added, exchanged or removed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.formats import SUPPORTED_SUFFIXES
from app.gui.documents.controller import DocumentsController
from app.gui.documents.removal_dialog import RemovalDialog
from app.gui.documents.row import Row
from app.gui.documents.rules_dialog import FolderDialog
from app.gui.widgets.file_dialogs import ask_for_file, ask_for_files, ask_for_folder
from app.members import file_of, lies_in

FILTER = " ".join(f"*{suffix}" for suffix in SUPPORTED_SUFFIXES)


YES = (True, False)
"""A folder is added once, where there is no collection yet that could follow it."""


class AddingDialogs(QObject):
    """Asks in dialogs over `page`, and then the controller."""

    def __init__(self, controller: DocumentsController, page: QWidget) -> None:
        super().__init__(page)
        self._controller, self._page = controller, page

    def choose_files(self) -> list[str]:
        """Ask for files, of the kinds that can be read, and add them; → their paths."""
        paths = ask_for_files(self._page, self.tr("Add files"), self._kinds())
        self._controller.add(paths)
        return paths

    def choose_folder(self) -> list[str]:
        """Ask for a folder, which is added with all that is in it, or followed; → its path, if one was chosen."""
        path = ask_for_folder(self._page, self.tr("Add folder"))
        if not path:
            return []
        controller = self._controller
        agreed, keep = FolderDialog.ask_folder(self._page, path, controller.current_name) if controller.current else YES
        if keep:
            controller.followed.follow(path, controller.current)
        elif agreed:
            controller.add([path])
        return [path] if agreed else []

    def choose_copy(self, row: Row) -> None:
        """Ask for another copy of a file that failed."""
        title = self.tr("Choose another copy of {0}").format(row.name)
        path = ask_for_file(self._page, title, self._kinds(), str(Path(file_of(row.path)).parent))
        if path:
            self._controller.replace_copy(row, path)

    def remove(self, rows: Sequence[Row], taught_models: Callable[[Sequence[int]], str]) -> None:
        """Ask once and remove; what was never stored is only forgotten."""
        listed = self._controller.documents.rows()
        inside = (
            [each for each in listed if any(lies_in(each.path, row.path) for row in rows)] if len(rows) < 100 else []
        )
        stored = list(dict.fromkeys(row.id for row in [*rows, *inside] if row.id is not None))
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
        more = self.tr("With what lies in it: {0} documents.").format(len(stored)) if len(stored) > len(rows) else ""
        text = " ".join(part for part in (detail, more, taught_models(stored)) if part)

        def ask(answers: tuple[int, ...]) -> None:
            agreed, with_answers = RemovalDialog.ask_removal(self._page, title, text, self.tr("Remove"), len(answers))
            if agreed:
                self._controller.remove(stored, answers if with_answers else ())

        self._controller.find_answers(stored, ask)

    def _kinds(self) -> str:
        return self.tr("Documents ({0})").format(FILTER)
