"""What the documents process is asked about a collection in one file, and what it answers."""

from __future__ import annotations

from app.types import Collection
from app.workers.message import Call, Data


class ExportCollection(Call, frozen=True):
    """Write a collection into one file, vectors included; → BundleProgress…, Exported.

    The documents' own files do not go along. `keep_paths` leaves where they lie, for a drive that the other one sees
    under the same path; without it nothing of a path but the folders within the collection goes along.
    """

    collection_id: int
    path: str
    keep_paths: bool = False


class ImportCollection(Call, frozen=True):
    """Make a collection of such a file; → BundleProgress…, Imported.

    `name` "" takes its own; one that is taken gets a number.
    """

    path: str
    name: str = ""


class BundleProgress(Data, frozen=True):
    """Documents that are through, of so many."""

    done: int
    total: int


class Exported(Data, frozen=True):
    """What was written."""

    path: str
    documents: int
    bytes: int


class Imported(Data, frozen=True):
    """The new collection; `renewed` says that its vectors are another embedder's, and are made anew in idle moments."""

    collection: Collection
    renewed: bool = False


Calls = ExportCollection | ImportCollection
Answers = BundleProgress | Exported | Imported
