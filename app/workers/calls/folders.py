"""What the documents process is asked about watched folders, the trash and what changed, and what it answers."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from app.types import Document
from app.workers.message import Call, Data

ChangeKind = Literal["added", "changed", "moved", "removed", "failed"]
Absence = Literal["", "gone", "denied", "silent", "emptied"]
"""Why a folder cannot be followed now: not there, not ours to read, no answer, or all that was in it is gone."""


class Rules(Struct, frozen=True):
    """What of a watched folder is left out, beside hidden, temporary and system files and kinds that are not read."""

    ignore: tuple[str, ...] = ()
    """Patterns as in a simple .gitignore: "*.bak", "drafts/", "/archive", "old/*.pdf"; "!" takes one back."""
    largest_mb: int = 0
    """Files above this size are left out; 0 is no limit."""


class Folder(Struct, frozen=True, kw_only=True):
    """A folder that a collection follows."""

    id: int
    collection_id: int
    path: str
    rules: Rules = Rules()
    paused: bool = False
    absence: Absence = ""
    since: float = 0.0  # of the absence, seconds since the epoch
    documents: int = 0  # of the collection that lie in it


class Trashed(Struct, frozen=True):
    """A document in the trash, as it is restored: in its own collection."""

    document: Document
    since: float
    collection_id: int
    collection: str


class Change(Struct, frozen=True, kw_only=True):
    """What happened to a document."""

    document_id: int
    collection_id: int
    collection: str
    kind: ChangeKind
    at: float
    name: str
    path: str
    before: str = ""  # where it was before it was moved
    reason: str = ""  # why it failed


class ListFolders(Call, frozen=True):
    """→ Folders."""


class FollowFolder(Call, frozen=True):
    """Follow a folder from now on; one that is followed already gets these rules; → FolderKept."""

    path: str
    collection_id: int
    rules: Rules = Rules()


class ChangeFolder(Call, frozen=True):
    """Other rules, pause or go on; what is None stays; → FolderKept."""

    folder_id: int
    paused: bool | None = None
    rules: Rules | None = None


class UnfollowFolder(Call, frozen=True):
    """Follow it no longer; its documents stay; → Folders."""

    folder_id: int


class ScanFolder(Call, frozen=True):
    """Compare a folder with the index; what moved or went is followed, what is to be read is told; → Scanned.

    `confirmed`: a person says that what is gone was deleted. `thorough`: what could not be opened is tried again.
    """

    folder_id: int
    confirmed: bool = False
    thorough: bool = False


class ListTrash(Call, frozen=True):
    """The trash of a collection, 0: of all; `before`: only what is in it since before this moment; → Trash."""

    collection_id: int = 0
    before: float = 0.0


class RestoreDocuments(Call, frozen=True):
    """Take documents out of the trash, without reading them; → Restored."""

    ids: tuple[int, ...]


class ListChanges(Call, frozen=True):
    """What changed since then, newest first; 0: in all collections; → Changes."""

    since: float
    collection_id: int = 0


class Folders(Data, frozen=True):
    folders: tuple[Folder, ...]


class FolderKept(Data, frozen=True):
    folder: Folder


class Scanned(Data, frozen=True):
    """`due` are settled and to be read; `unsettled` files were written a moment ago, or went: look again soon."""

    folder: Folder
    due: tuple[str, ...] = ()
    unsettled: int = 0
    moved: int = 0
    trashed: int = 0
    restored: int = 0
    dropped: int = 0  # rows of files that had failed and are gone
    skipped: int = 0  # files that are not read
    files: int = 0
    took_s: float = 0.0  # of the look itself


class Trash(Data, frozen=True):
    documents: tuple[Trashed, ...]


class Restored(Data, frozen=True):
    ids: tuple[int, ...]


class Changes(Data, frozen=True):
    changes: tuple[Change, ...]


Calls = (
    ListFolders | FollowFolder | ChangeFolder | UnfollowFolder | ScanFolder | ListTrash | RestoreDocuments | ListChanges
)
Answers = Folders | FolderKept | Scanned | Trash | Restored | Changes
