"""The collections as the window knows them: what the core tells, and until it does, what was known the last time."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.core.calls.documents import CollectionsChanged
from app.gui.core_client import CoreClient
from app.gui.shell.session import Session
from app.types import Collection
from app.workers.calls.documents import Collections, ListCollections

DEFAULT_COLLECTION = "My documents"
"""What the first collection is called where nobody named one."""


class KnownCollections(QObject):
    """Names and counts by id; a name is what a person sees and may change at any time."""

    changed = Signal()

    def __init__(self, core: CoreClient, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core, self._session = core, session
        self.all: tuple[Collection, ...] = tuple(session.state.collections)
        self.told = False
        """Whether the core has said them yet; until then they are those of the last time."""
        core.told.connect(self._told)
        core.welcomed.connect(lambda _: self.refresh())

    def __call__(self) -> Sequence[Collection]:
        return self.all

    def refresh(self) -> None:
        """Ask the core."""
        self._core.request(ListCollections(), done=self._listed, failed=lambda _: None)

    def find(self, collection_id: int) -> Collection | None:
        return next((each for each in self.all if each.id == collection_id), None)

    def name(self, collection_id: int) -> str:
        """What it is called now; "" for none, and for one that is gone."""
        found = self.find(collection_id)
        return found.name if found is not None else ""

    def _listed(self, data: Collections) -> None:
        self._take(data.collections)

    def _told(self, data: object) -> None:
        if isinstance(data, CollectionsChanged):
            self._take(data.collections)

    def _take(self, collections: tuple[Collection, ...]) -> None:
        if collections != self.all or not self.told:
            self.all, self.told = collections, True
            self._session.update(collections=list(collections))
            self.changed.emit()
