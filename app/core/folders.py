"""Watched folders for every door: followed while a core runs, behind what a person adds; and the trash."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from app.core.calls import documents as c
from app.core.calls import folders as f
from app.core.clock import Debounce, Timer
from app.core.documents import DocumentsDesk
from app.core.followed import FollowedFolder
from app.core.house import Handler, House
from app.core.removal import Removals
from app.core.reply import Reply
from app.errors import AppError
from app.rules import FOLDERS
from app.settings import TRASH_DAYS
from app.workers.calls.documents import FileEvent
from app.workers.calls.folders import (
    ChangeFolder,
    Folder,
    FolderKept,
    Folders,
    FollowFolder,
    ListChanges,
    ListFolders,
    ListTrash,
    Restored,
    RestoreDocuments,
    Scanned,
    Trash,
    UnfollowFolder,
)
from app.workers.message import Call, Done

TELL_S = 0.2
"""Doors are told of a folder's progress as often as this."""
EMPTY_S = 3600.0
"""Between two looks for what has lain in the trash long enough."""


class FoldersDesk:
    """Answers doors, and keeps one `FollowedFolder` for each."""

    def __init__(self, house: House, documents: DocumentsDesk, removals: Removals) -> None:
        self._house, self._documents, self._removals = house, documents, removals
        self._followed: dict[int, FollowedFolder] = {}
        self._known = False
        self._stopped = False
        self._tell_soon = Debounce(house.clock, TELL_S, self._tell)
        self._empty_timer: Timer | None = None
        house.settings.subscribe(lambda key: self._look() if key == FOLDERS.key else None)
        documents.ready.connect(lambda _: self._begin())
        documents.adds.moved.connect(lambda _: self._hold())
        documents.list.changed.connect(lambda _: self._check_collections())

    def handlers(self) -> Mapping[type[Call], Handler]:
        """Which calls it answers, and how."""
        return {
            ListFolders: self._documents.hand_on,
            ListTrash: self._documents.hand_on,
            ListChanges: self._documents.hand_on,
            FollowFolder: self._keep,
            ChangeFolder: self._keep,
            UnfollowFolder: self._unfollow,
            RestoreDocuments: self._restore,
            f.EmptyTrash: self._empty,
            f.ConfirmDeletion: self._confirm,
            f.WatchState: self._state,
        }

    @property
    def is_busy(self) -> bool:
        """Whether files of a folder are being read: that does not end with a door."""
        return any(each.reading for each in self._followed.values())

    def stop(self) -> None:
        """The core ends; the next one looks at every folder and goes on."""
        self._stopped = True
        self._tell_soon.cancel()
        if self._empty_timer is not None:
            self._empty_timer.cancel()
        for each in self._followed.values():
            each.stop()

    # --- what a door wants --------------------------------------------------------------------------------------------

    def _keep(self, call: FollowFolder | ChangeFolder, reply: Reply) -> None:
        def kept(data: FolderKept) -> None:
            self._take(data)
            reply.done(data)

        self._documents.child.request(call, done=kept, failed=reply.failed)

    def _unfollow(self, call: UnfollowFolder, reply: Reply) -> None:
        def gone(data: Folders) -> None:
            followed = self._followed.pop(call.folder_id, None)
            if followed is not None:
                followed.stop()
            self._tell()
            reply.done(data)

        self._documents.child.request(call, done=gone, failed=reply.failed)

    def _restore(self, call: RestoreDocuments, reply: Reply) -> None:
        def restored(data: Restored) -> None:
            self._documents_changed()
            self._documents.masking.catch_up()
            reply.done(data)

        self._documents.child.request(call, done=restored, failed=reply.failed)

    def _empty(self, call: f.EmptyTrash, reply: Reply) -> None:
        def listed(data: Trash) -> None:
            ids = [each.document.id for each in data.documents]
            self._removals.remove(ids, reply, then=lambda: self._house.tell(f.TrashChanged()))

        self._documents.child.request(ListTrash(collection_id=call.collection_id), done=listed, failed=reply.failed)

    def _confirm(self, call: f.ConfirmDeletion, reply: Reply) -> None:
        followed = self._followed.get(call.folder_id)
        if followed is None:
            raise AppError("This folder is not followed any more.", "Follow it again.")
        followed.confirm()
        reply.done(Done())

    def _state(self, call: f.WatchState, reply: Reply) -> None:
        """Once the documents process has said which there are."""
        self._list(lambda: reply.done(self._all()), reply.failed)

    # --- following ----------------------------------------------------------------------------------------------------

    def _begin(self) -> None:
        """The documents process is there, or there again."""
        for each in self._followed.values():
            each.lost()
        self._known = False
        self._list(self._look, lambda _: None)
        self._empty_old()

    def _look(self) -> None:
        for each in self._followed.values():
            each.look()

    def _list(self, then: Callable[[], object], failed: Callable[[AppError], object]) -> None:
        if self._known:
            then()
            return

        def listed(data: Folders) -> None:
            self._known = True
            for folder in data.folders:
                if folder.id not in self._followed:
                    self._followed[folder.id] = self._make(folder)
            then()

        self._documents.child.request(ListFolders(), done=listed, failed=failed)

    def _make(self, folder: Folder) -> FollowedFolder:
        followed = FollowedFolder(
            self._house,
            self._documents.child,
            folder,
            self._tell_soon.begin,
            self._file_moved,
            self._scanned,
            self._documents_changed,
        )
        followed.hold(self._documents.adds.running)
        return followed

    def _take(self, data: FolderKept) -> None:
        followed = self._followed.get(data.folder.id)
        if followed is None:
            followed = self._followed[data.folder.id] = self._make(data.folder)
        followed.take(data.folder)
        self._tell()

    def _hold(self) -> None:
        for each in self._followed.values():
            each.hold(self._documents.adds.running)

    def _check_collections(self) -> None:
        """A collection that is gone took its folders along."""
        there = {each.id for each in self._documents.collections}
        for id_, each in list(self._followed.items()):
            if each.folder.collection_id not in there:
                each.stop()
                del self._followed[id_]
                self._tell()

    def _file_moved(self, collection_id: int, event: FileEvent) -> None:
        self._house.tell(c.FileMoved(collection_id=collection_id, file=event))
        if event.status in ("indexed", "failed"):
            self._documents.list.recount_soon()

    def _scanned(self, found: Scanned) -> None:
        if found.dropped:
            self._removals.finish()
        if found.moved or found.trashed or found.restored or found.dropped:
            self._documents_changed(found.folder.collection_id)

    def _documents_changed(self, collection_id: int = 0) -> None:
        self._house.tell(c.DocumentsChanged(collection_id=collection_id))
        self._house.tell(f.TrashChanged())
        self._documents.list.recount()

    def _all(self) -> f.FoldersChanged:
        ordered = sorted(self._followed.values(), key=lambda each: (each.folder.collection_id, each.folder.path))
        return f.FoldersChanged(tuple(each.status() for each in ordered))

    def _tell(self) -> None:
        if not self._stopped:
            self._house.tell(self._all())

    # --- the trash ----------------------------------------------------------------------------------------------------

    def _empty_old(self) -> None:
        """What has lain in the trash for so many days is removed, with proof."""
        if self._empty_timer is not None:
            self._empty_timer.cancel()
        self._empty_timer = self._house.clock.after(EMPTY_S, self._empty_old)
        before = time.time() - self._house.settings.get(TRASH_DAYS) * 24 * 3600.0

        def listed(data: Trash) -> None:
            if data.documents:
                self._removals.remove_quietly([each.document.id for each in data.documents])

        self._documents.child.request(ListTrash(before=before), done=listed, failed=lambda _: None)
