"""What a door says about watched folders and the trash, beyond what the documents process answers itself."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from msgspec import Struct

from app.workers.calls.folders import Absence, Folder
from app.workers.message import Call, Data

FolderPhase = Literal["watching", "scanning", "reading", "paused", "unreachable"]


_ABSENCES: dict[Absence, str] = {
    "gone": "Not reachable", "denied": "May not be opened", "silent": "The drive does not answer",
}  # fmt: skip


class EmptyTrash(Call, frozen=True):
    """Remove what lies in the trash of a collection for good, 0: of all; → Removed of the documents process."""

    collection_id: int = 0


class ConfirmDeletion(Call, frozen=True):
    """A folder is empty all at once: its documents were deleted and may go into the trash; → Done."""

    folder_id: int


class FolderStatus(Struct, frozen=True, kw_only=True):
    """A watched folder and how far it is."""

    folder: Folder
    phase: FolderPhase = "watching"
    done: int = 0  # files read of those that were found new
    total: int = 0
    skipped: int = 0  # files of kinds that are not read, or left out by size
    polled: bool = False  # looked at from time to time, since nothing tells of changes there
    problem: str = ""
    settled: bool = False  # the last look found nothing that is still to be done

    def words(self) -> str:
        """How it is, in a sentence."""
        since = datetime.fromtimestamp(self.folder.since).strftime("%d %b %Y, %H:%M")
        if self.phase == "unreachable" and self.folder.absence == "emptied":
            return f"Everything in it is gone since {since}. Its documents are kept until you say that it was deleted."
        if self.phase == "unreachable":
            return f"{_ABSENCES[self.folder.absence]} since {since}. Its documents are kept."
        if self.phase == "reading":
            return f"Reading {self.done} of {self.total} files"
        if self.phase == "watching":
            return "Followed, looked at every 15 seconds" if self.polled else "Followed"
        return {"paused": "Paused", "scanning": "Looking for changes"}[self.phase]


class FoldersChanged(Data, frozen=True):
    """Every watched folder; told to every door when one of them is otherwise, and answers a `WatchState`."""

    folders: tuple[FolderStatus, ...]


class WatchState(Call, frozen=True):
    """→ FoldersChanged."""


class TrashChanged(Data, frozen=True):
    """What lies in the trash, or what changed, is otherwise now."""


Calls = EmptyTrash | ConfirmDeletion | WatchState
Events = FoldersChanged | TrashChanged
