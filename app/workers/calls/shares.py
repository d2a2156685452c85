"""What the documents process is asked about collections that a team shares in a folder, and what it answers."""

from __future__ import annotations

from app.types import Collection
from app.workers.message import Call, Data


class PublishCollection(Call, frozen=True):
    """Write an edition of a collection into a folder that colleagues read; → BundleProgress…, EditionPublished.

    `folder`, `by` (who looks after it), `follows` (a new edition after each change) and `keep_paths` (as in an export)
    are kept; what is empty or None is as it was the last time.
    """

    collection_id: int
    folder: str = ""
    by: str = ""
    follows: bool | None = None
    keep_paths: bool | None = None


class StopPublishing(Call, frozen=True):
    """Take the edition out of the folder and share no more; colleagues keep the copy that they have; → Done."""

    collection_id: int


class OpenShared(Call, frozen=True):
    """Open a collection that a colleague shares: its file, or the folder it is in; → BundleProgress…, Imported.

    A file that was exported once, and is no edition, is refused with the code `exported`.
    """

    path: str


class LookAtShared(Call, frozen=True):
    """Look whether there is a new edition, and put it ready beside the one in use; → BundleProgress…, SharedSeen."""

    collection_id: int


class TakeShared(Call, frozen=True):
    """Take the edition over that is ready; → EditionTaken. What it does not hold leaves tombstones, as in `Remove`."""

    collection_id: int


class EditionPublished(Data, frozen=True):
    """The collection as it is shared now."""

    collection: Collection
    documents: int
    bytes: int


class SharedSeen(Data, frozen=True):
    """`ready`: a new edition waits for `TakeShared`; `changed`: what is said of the collection is otherwise now."""

    ready: bool = False
    changed: bool = False


class EditionTaken(Data, frozen=True):
    """`traces` counts what a search for the removed text still found in any file: 0 is the proof."""

    edition: int
    added: int = 0
    changed: int = 0
    removed: tuple[int, ...] = ()
    traces: int = 0


Calls = PublishCollection | StopPublishing | OpenShared | LookAtShared | TakeShared
Answers = EditionPublished | SharedSeen | EditionTaken
