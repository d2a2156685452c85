"""What a door says to list chats, to save them in files and to take in files of chats, also those of other apps."""

from __future__ import annotations

from app.chats.records import Chat, Project
from app.workers.message import Call, Data

CHAT_FORMATS = (".md", ".docx", ".pdf")
"""What one chat is saved as, to read. `.json` holds any number of them, to be imported again."""


class ListChats(Call, frozen=True):
    """→ ChatsListed: those that hold every word of `query`, best first, or all, newest first."""

    query: str = ""
    project_id: int | None = None  # None: all; 0: those in no project
    limit: int = 100


class ExportChats(Call, frozen=True):
    """Save chats in a file, replacing what is there; → Done. The ending says how: one of CHAT_FORMATS takes one chat,
    `.json` these or, with none named, all."""

    path: str
    chat_ids: tuple[int, ...] = ()


class ImportChats(Call, frozen=True):
    """Add the chats of a file beside those that are there; → ChatsStored…, ChatsImported."""

    path: str


class ChatsListed(Data, frozen=True):
    """Chats, and every project."""

    chats: tuple[Chat, ...]
    projects: tuple[Project, ...]


class ChatsStored(Data, frozen=True):
    """So many chats are stored."""

    done: int


class NotImported(Data, frozen=True):
    """A chat of the file that could not be read."""

    title: str
    reason: str


class ChatsImported(Data, frozen=True):
    """How it ended; what is stored stays, whatever came after it."""

    added: int
    known: int = 0  # that an earlier import had brought
    app: str = ""  # where they come from
    skipped: tuple[NotImported, ...] = ()
    left_out: int = 0  # other versions of messages, of chats that have too many of them


Calls = ListChats | ExportChats | ImportChats
Answers = ChatsListed | ChatsStored | ChatsImported
