"""Documents of a window that is a door of a core in the test's own process; the documents process is played."""

from __future__ import annotations

from core_world import CoreWorld, MemoryLink
from fakes import FakeChild
from PySide6.QtCore import QObject

from app.gui.collections import KnownCollections
from app.gui.core_client import CoreClient
from app.gui.documents.controller import DocumentsController
from app.gui.shell.session import Session
from app.paths import Home
from app.types import Collection, Document
from app.workers.calls.documents import (
    Collections,
    Documents,
    Forgotten,
    ListCollections,
    ListDocuments,
    ListTombstones,
    Tombstones,
)
from app.workers.message import Done
from app.workers.protocol import Ready

TRAVEL, QUALITY = 1, 2


class DocumentsWorld:
    """The core, the window's client and the controller; nothing is known yet."""

    def __init__(
        self, place: Home | None = None, parent: QObject | None = None, world: CoreWorld | None = None
    ) -> None:
        self.world = world or CoreWorld(place)
        self.core, self.home, self.clock = self.world.core, self.world.home, self.world.clock
        self.link = MemoryLink(self.core)
        self.client = CoreClient(self.link, parent)
        self.known = KnownCollections(self.client, Session(self.home.session_file, parent), parent)
        self.controller = DocumentsController(self.client, self.known, parent)
        self.client.connect_core()
        self.kept: object = None
        """What must live as long as the test."""

    @property
    def child(self) -> FakeChild:
        """The documents process."""
        return self.world.documents

    def become_ready(self) -> None:
        """The documents process says its first word."""
        self.child.set_state("ready")
        self.child.ready.emit(Ready(role="documents"))
        self.child.last(ListTombstones).finish(Tombstones(ids=()))

    def follow(self, *ids: int, collections: tuple[int, ...] = ()) -> None:
        """The documents process tells of the tombstones of a removal, and drops them when the chats have followed."""
        self.child.last(ListTombstones).finish(Tombstones(ids=ids, collections=collections))
        self.child.last(Forgotten).finish(Done())

    def give_collections(self, *collections: str | Collection) -> None:
        """Answer each question for the collections with these, numbered from 1."""
        found = tuple(
            Collection(id=i, name=each) if isinstance(each, str) else each for i, each in enumerate(collections, 1)
        )
        while self.child.waiting(ListCollections):
            self.child.last(ListCollections).finish(Collections(collections=found))

    def give_documents(self, *documents: Document) -> None:
        for job in self.child.waiting(ListDocuments):
            job.finish(Documents(documents=documents))
