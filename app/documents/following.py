"""What the documents process does for watched folders: answers each of their calls over the store."""

from __future__ import annotations

from collections.abc import Callable, Generator

from app.documents import changes, folders, trash
from app.documents.scanning import Memory, Scan
from app.documents.store import Store
from app.workers.calls.folders import (
    Answers,
    Calls,
    ChangeFolder,
    FolderKept,
    FollowFolder,
    ListChanges,
    ListFolders,
    ListTrash,
    RestoreDocuments,
    ScanFolder,
    UnfollowFolder,
)


class Following:
    """Remembers between two looks at a folder what it looked like."""

    def __init__(self) -> None:
        self._looks: dict[int, Memory] = {}

    def answer(self, store: Store, call: Calls, purge: Callable[[], object]) -> Generator[None, None, Answers]:
        """`purge` leaves nothing in any file of what went."""
        match call:
            case ListFolders():
                return folders.list_folders(store)
            case ListTrash():
                return trash.list_trash(store, call)
            case ListChanges():
                return changes.list_changes(store, call)
            case FollowFolder():
                return FolderKept(folders.follow(store, call))
            case ChangeFolder():
                return FolderKept(folders.change(store, call))
            case _:
                try:
                    return (yield from self._change(store, call))
                finally:
                    purge()

    def _change(
        self, store: Store, call: UnfollowFolder | RestoreDocuments | ScanFolder
    ) -> Generator[None, None, Answers]:
        match call:
            case UnfollowFolder():
                self._looks.pop(call.folder_id, None)
                return folders.unfollow(store, call)
            case RestoreDocuments():
                return trash.restore(store, call)
            case ScanFolder():
                memory = self._looks.setdefault(call.folder_id, Memory())
                return (yield from Scan(store, call, memory).steps())
