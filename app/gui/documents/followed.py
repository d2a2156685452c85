"""What a person does with watched folders and the trash, as calls to the core, and what it says of them. No widgets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.core.calls import folders as f
from app.errors import AppError
from app.gui.core_client import CoreClient
from app.workers.calls.documents import Removed
from app.workers.calls.folders import (
    Change,
    ChangeFolder,
    Changes,
    FollowFolder,
    ListChanges,
    ListTrash,
    RestoreDocuments,
    Rules,
    Trash,
    Trashed,
    UnfollowFolder,
)
from app.workers.message import Call

DAY_S = 24 * 3600.0


class FollowedFolders(QObject):
    """The folders that collections follow, and for one collection its trash and what changed since yesterday."""

    changed = Signal()
    """How a folder is, or which there are."""
    listed = Signal()
    """The trash and the changes of the collection that was asked for."""

    def __init__(
        self,
        core: CoreClient,
        failed: Callable[[AppError], object],
        emptied: Callable[[Removed], object],
        parent: QObject | None = None,
    ) -> None:
        """`failed` is told what a wish met, `emptied` what came of emptying the trash."""
        super().__init__(parent)
        self._core, self._failed, self._emptied = core, failed, emptied
        self.all: tuple[f.FolderStatus, ...] = ()
        self.collection_id = 0
        """Whose trash and changes are known."""
        self.trash: tuple[Trashed, ...] = ()
        self.changes: tuple[Change, ...] = ()
        core.told.connect(self._told)
        core.welcomed.connect(lambda _: self.refresh())

    def of(self, collection_id: int) -> tuple[f.FolderStatus, ...]:
        """The folders of a collection."""
        return tuple(each for each in self.all if each.folder.collection_id == collection_id)

    def refresh(self) -> None:
        """Ask which folders are followed, and the trash and changes of the collection that is shown."""
        self._ask(f.WatchState(), self._told)
        if self.collection_id:
            self.show(self.collection_id)

    def show(self, collection_id: int) -> None:
        """Ask for the trash and the changes of a collection."""
        if collection_id != self.collection_id:
            self.collection_id, self.trash, self.changes = collection_id, (), ()
            self.listed.emit()

        def trash(data: Trash) -> None:
            if collection_id == self.collection_id:
                self.trash = data.documents
                self.listed.emit()

        def changes(data: Changes) -> None:
            if collection_id == self.collection_id:
                self.changes = data.changes
                self.listed.emit()

        midnight = datetime.now().replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
        self._ask(ListTrash(collection_id=collection_id), trash)
        self._ask(ListChanges(since=midnight - DAY_S, collection_id=collection_id), changes)

    def follow(self, path: str, collection_id: int, rules: Rules | None = None) -> None:
        """Follow a folder from now on, and read what it holds."""
        chosen = str(Path(path).absolute())
        self._ask(FollowFolder(path=chosen, collection_id=collection_id, rules=rules or Rules()))

    def is_followed(self, path: str, collection_id: int) -> bool:
        """Whether a folder, or one above it, is followed by a collection."""
        return any(Path(path).is_relative_to(each.folder.path) for each in self.of(collection_id))

    def pause(self, folder_id: int, *, paused: bool) -> None:
        self._ask(ChangeFolder(folder_id=folder_id, paused=paused))

    def set_rules(self, folder_id: int, rules: Rules) -> None:
        self._ask(ChangeFolder(folder_id=folder_id, rules=rules))

    def unfollow(self, folder_id: int) -> None:
        """Follow it no longer; its documents stay."""
        self._ask(UnfollowFolder(folder_id=folder_id))

    def confirm(self, folder_id: int) -> None:
        """What is gone all at once was deleted."""
        self._ask(f.ConfirmDeletion(folder_id=folder_id))

    def restore(self, ids: tuple[int, ...]) -> None:
        """Take documents out of the trash."""
        self._ask(RestoreDocuments(ids=ids))

    def empty(self) -> None:
        """Remove what lies in the trash of the collection for good."""
        self._ask(f.EmptyTrash(collection_id=self.collection_id), self._emptied)

    def _told(self, data: object) -> None:
        if isinstance(data, f.FoldersChanged):
            self.all = data.folders
            self.changed.emit()
        elif isinstance(data, f.TrashChanged) and self.collection_id:
            self.show(self.collection_id)

    def _ask(self, call: Call, done: Callable[[Any], object] = lambda _: None) -> None:
        self._core.request(call, done=done, failed=self._failed)
