"""What a door says about the files that are only in one chat, and what every door is told of them."""

from __future__ import annotations

from msgspec import Struct

from app.chats.records import Chat
from app.types import Document
from app.workers.message import Call, Data


class Attachment(Struct, frozen=True):
    """A file of a chat; its document's status is "waiting", "reading", "indexing", "indexed" or "failed"."""

    document: Document
    fraction: float = 0.0  # of its reading

    @property
    def is_read(self) -> bool:
        """Whether nothing more comes: it can be asked, or says why not."""
        return self.document.status not in ("waiting", "reading", "indexing")


class AttachFiles(Call, frozen=True):
    """Read files for this chat alone; → ChatAttached at once, the progress comes to every door as AttachmentsChanged.

    `chat_id` 0 begins a chat that asks `collection_id`.
    """

    paths: tuple[str, ...]
    chat_id: int = 0
    collection_id: int = 0


class ListAttachments(Call, frozen=True):
    """→ AttachmentsChanged, to this door alone."""

    chat_id: int


class DetachFiles(Call, frozen=True):
    """Remove files from a chat, with all that was read of them; → Removed, whose `traces` are the proof."""

    chat_id: int
    ids: tuple[int, ...]


class PromoteFiles(Call, frozen=True):
    """Move files of a chat to a collection without reading them again; → Moved.

    The collection of this name is used, and made, where `collection_id` is 0. A chat that asks none asks this one from
    now on.
    """

    chat_id: int
    ids: tuple[int, ...]
    collection_id: int = 0
    collection_name: str = ""


class ChatAttached(Data, frozen=True):
    """The chat, and all of its files."""

    chat: Chat
    files: tuple[Attachment, ...]


class AttachmentsChanged(Data, frozen=True):
    """Every file of a chat, as it stands now; told to every door."""

    chat_id: int
    files: tuple[Attachment, ...]


Calls = AttachFiles | ListAttachments | DetachFiles | PromoteFiles
Answers = ChatAttached
Events = AttachmentsChanged
