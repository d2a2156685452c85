"""What a door says about documents beyond the calls that the documents process answers itself."""

from __future__ import annotations

from typing import Literal

from app.types import Collection
from app.workers.calls.documents import FileEvent
from app.workers.message import Call, Data, Failure

AddPhase = Literal["idle", "running", "paused", "stopping", "interrupted", "finished"]


class PauseAdding(Call, frozen=True):
    """→ Done."""


class ResumeAdding(Call, frozen=True):
    """→ Done."""


class CancelAdding(Call, frozen=True):
    """Stop the add under way and put what is left of it and those behind it aside; what is indexed stays; → Done."""


class ContinueAdding(Call, frozen=True):
    """Take up what was interrupted; → Done."""


class DismissAdding(Call, frozen=True):
    """Close the summary, or give up what was interrupted; → Done."""


class QueueFiles(Call, frozen=True):
    """Index files and folders when their turn comes; → Queued, the progress comes to every door as events.

    (`Add` of the documents process enters the same queue and answers when it is through: for scripts.)
    `collection_name` is used, and the collection made, where `collection_id` is 0. `first` puts it before the others.
    """

    paths: tuple[str, ...]
    collection_id: int = 0
    collection_name: str = ""
    passwords: dict[str, str] = {}  # noqa: RUF012 - msgspec copies it
    force: bool = False
    first: bool = False
    read_hidden: bool | None = None  # as in Add
    exempt: bool | None = None  # as in Add
    replaces: int = 0  # a failed document that goes when this one is indexed


class ListAdding(Call, frozen=True):
    """→ AddingFiles: for a door that comes in the middle."""


class RestartReader(Call, frozen=True):
    """End the documents process and start it anew; → Done."""


class FindAnswers(Call, frozen=True):
    """Which stored answers hold the model's own words about these documents; → AnswersFound."""

    document_ids: tuple[int, ...]


class DeleteAnswers(Call, frozen=True):
    """Delete what these answers say, for good; the questions stay; → Done."""

    ids: tuple[int, ...]


class Queued(Data, frozen=True):
    """The files wait for their turn. It comes at once where the collection is known, else when it is made."""

    collection_id: int


class AnswersFound(Data, frozen=True):
    """Ids of answers' turns."""

    ids: tuple[int, ...]


# --- told to every door that listens ----------------------------------------------------------------------------------


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
    collection_id: int = 0  # 0: several, or one that is still to be made
    collection: str = ""  # its name now
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


class AddingFiles(Data, frozen=True):
    """Where adding stands, with the files of all adds that wait or are under way and are not through."""

    state: AddState
    files: tuple[FileMoved, ...]


class DocumentsChanged(Data, frozen=True):
    """The list of a collection's documents is another one; what an add says of single files comes as FileMoved."""

    collection_id: int  # 0: any of them


class DocumentsRemoved(Data, frozen=True):
    """Search and chats hold nothing of them any more."""

    ids: tuple[int, ...]


class ReaderMoved(Data, frozen=True):
    """The documents process: "starting", "ready", "failed", "stopped"."""

    state: str


Calls = (
    PauseAdding
    | ResumeAdding
    | CancelAdding
    | ContinueAdding
    | DismissAdding
    | QueueFiles
    | ListAdding
    | RestartReader
    | FindAnswers
    | DeleteAnswers
)
Answers = Queued | AnswersFound | AddingFiles
Events = CollectionsChanged | FileMoved | AddState | DocumentsChanged | DocumentsRemoved | ReaderMoved
