"""New collections and new names: a name that is taken is refused before the core is asked, and by the core."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.errors import AppError
from app.gui.collections import KnownCollections
from app.gui.core_client import CoreClient
from app.workers.calls.documents import CollectionMade, CreateCollection, RenameCollection

LONGEST_NAME = 80


class Naming(QObject):
    """Creates and renames collections."""

    named = Signal(int)
    """Id of the collection that has the name now."""
    refused = Signal(str)
    """Why a name was not taken, for the field."""

    def __init__(self, core: CoreClient, known: KnownCollections, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core, self._known = core, known

    def problem(self, name: str, renamed: int = 0) -> str:
        """Why a collection cannot have this name, or "". `renamed` is the one that gets it."""
        name = name.strip()
        if not name:
            return self.tr("Enter a name.")
        if len(name) > LONGEST_NAME:
            return self.tr("This name is too long. Use at most {0} characters.").format(LONGEST_NAME)
        if any(name.casefold() == other.name.casefold() and other.id != renamed for other in self._known.all):
            return self.tr("This name is already in use. Choose another.")
        return ""

    def create(self, name: str, then: Callable[[int], object]) -> None:
        """Make a collection; `then` gets its id."""
        name = name.strip()
        problem = self.problem(name)
        if problem:
            self.refused.emit(problem)
            return

        def made(data: CollectionMade) -> None:
            then(data.collection.id)
            self.named.emit(data.collection.id)

        self._core.request(CreateCollection(name=name), done=made, failed=self._refuse)

    def rename(self, collection_id: int, name: str) -> None:
        name = name.strip()
        problem = self.problem(name, renamed=collection_id)
        if problem:
            self.refused.emit(problem)
            return
        call = RenameCollection(collection_id=collection_id, name=name)
        self._core.request(call, done=lambda _: self.named.emit(collection_id), failed=self._refuse)

    def _refuse(self, error: AppError) -> None:
        self.refused.emit(str(error))
