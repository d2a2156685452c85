"""The documents of a collection as the chat knows them: to choose some, and to name those that were chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Signal

from app.core.calls.documents import DocumentsChanged, DocumentsRemoved
from app.gui.core_client import CoreClient
from app.text.find.plan import Condition, Plan, conditions
from app.types import Document, Filter
from app.workers.calls.documents import Documents, ListDocuments


class KnownDocuments(QObject):
    """Asked for with the first filter, and again when they have changed."""

    changed = Signal()

    def __init__(self, core: CoreClient, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._core = self.core = core
        self._known: dict[int, Document] | None = None
        self._asking = False
        core.told.connect(self._told)

    def want(self) -> None:
        """Ask for them unless they are known; `changed` follows."""
        if self._known is None and not self._asking:
            self._asking = True
            self._core.request(ListDocuments(collection_id=0), done=self._take, failed=lambda _: self._take(None))

    def of(self, collection_id: int) -> list[Document]:
        """Those of a collection that can be found, by name."""
        found = [each for each in (self._known or {}).values() if each.passages and each.collection_id == collection_id]
        return sorted(found, key=lambda each: each.name.casefold())

    def names(self, ids: Sequence[int]) -> list[str]:
        """What they are called; () while that is not known."""
        if self._known is None:
            return []
        gone = self.tr("a document that was removed")
        return [self._known[id_].name if id_ in self._known else gone for id_ in ids]

    def conditions(self, chosen: Filter) -> tuple[Condition, ...]:
        """The conditions of a filter, its documents named as far as they are known."""
        if chosen.documents:
            self.want()
        return conditions(Plan(filter=chosen), self.names(chosen.documents))

    def _take(self, data: Documents | None) -> None:
        self._asking = False
        if data is not None:
            self._known = {each.id: each for each in data.documents}
            self.changed.emit()

    def _told(self, data: object) -> None:
        if isinstance(data, DocumentsChanged | DocumentsRemoved) and self._known is not None:
            self._known = None
