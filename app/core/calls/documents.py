"""What a door says about documents beyond the calls that the documents process answers itself."""

from __future__ import annotations

from typing import Literal

from app.types import Collection
from app.workers.protocol import Call, Data, Failure, FileEvent

AddPhase = Literal["idle", "running", "paused", "stopping", "interrupted", "finished"]


class PauseAdding(Call, frozen=True):
    """→ Done."""


class ResumeAdding(Call, frozen=True):
    """→ Done."""


class CancelAdding(Call, frozen=True):
    """Stop the add under way and put those behind it aside; what is indexed stays; → Done."""


class ContinueAdding(Call, frozen=True):
    """Take up what was interrupted; → Done."""


class DismissAdding(Call, frozen=True):
    """Close the summary, or give up what was interrupted; → Done."""


class QueueFiles(Call, frozen=True):
    """Index files and folders when their turn comes; → Done at once, progress comes to every door as events.

    (`Add` of the documents process does the same and answers when it is through: for scripts.)
    `collection_name` is used, and the collection made, where `collection_id` is 0. `first` puts it before the others.
    """

    paths: tuple[str, ...]
    collection_id: int = 0
    collection_name: str = ""
    passwords: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it
    force: bool = False
    first: bool = False
    replaces: int = 0  # a failed document that goes when this one is indexed


class CollectionsChanged(Data, frozen=True):
    """Collections, or what is in them, are others now: told to every door after each change."""

    collections: tuple[Collection, ...]


class FileMoved(Data, frozen=True):
    """Where one file of an add stands."""

    collection_id: int
    file: FileEvent


class AddState(Data, frozen=True):
    """The add under way, or how the last one ended."""

    phase: AddPhase = "idle"
    collection_id: int = 0  # 0: several
    done: int = 0
    total: int = 0
    passages_per_s: float = 0.0
    seconds_left: float | None = None
    waiting: int = 0  # adds behind this one
    indexed: int = 0
    unchanged: int = 0
    failed: int = 0
    cancelled: bool = False
    failure: Failure | None = None
    paths: tuple[str, ...] = ()  # asked for and not through, as far as a list can show them


class DocumentsRemoved(Data, frozen=True):
    """Told to every door."""

    ids: tuple[int, ...]


class ReaderMoved(Data, frozen=True):
    """The documents process: "starting", "ready", "failed", "stopped"."""

    state: str


Calls = PauseAdding | ResumeAdding | CancelAdding | ContinueAdding | DismissAdding | QueueFiles
Answers = None
Events = CollectionsChanged | FileMoved | AddState | DocumentsRemoved | ReaderMoved
